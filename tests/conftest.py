"""What the tests share: the repository's own project and its release, a small project, and how suites are left out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Quad, Store

from kg.build import build
from kg.project import Project

ROOT = Path(__file__).resolve().parent.parent
FAULTS = Path(__file__).resolve().parent / "faults"
MINI = Path(__file__).resolve().parent / "mini"
SHARED = ("ontology", "shapes", "queries/rules", "queries/checks")
"""What the small project takes from the repository."""

NEEDS = "needs "
"""How the reason of a suite that was left out begins."""


def make_mini(folder: Path) -> Project:
    """A copy of the small project in a new folder."""
    shutil.copytree(MINI, folder)
    for name in SHARED:
        shutil.copytree(ROOT / name, folder / name)
    return Project.open(folder)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def project() -> Project:
    """The repository's own project."""
    return Project.open(ROOT)


@pytest.fixture(scope="session")
def mini_factory():
    """Makes a small project of one's own in the folder given."""
    return make_mini


@pytest.fixture
def mini(tmp_path) -> Project:
    """A small project of one's own, which the test may spoil."""
    return make_mini(tmp_path / "mini")


@pytest.fixture(scope="session")
def built(project):
    """The graph of the repository's project, before any rule."""
    return build(project)


@pytest.fixture(scope="session")
def release(project):
    """The release of the repository's project, in memory."""
    from kg.release import make_release

    return make_release(project)


@pytest.fixture(scope="session")
def store(release) -> Store:
    """The release in a store as the service loads it: each quad in its graph and in the default graph."""
    store = Store()
    store.bulk_extend(release.quads)
    store.bulk_extend(Quad(*quad.triple, DefaultGraph()) for quad in release.quads)
    return store


@pytest.fixture(scope="session")
def require():
    """Leaves a suite out where the machine lacks what it needs; fails instead where KG_REQUIRE=all."""

    def hold(there: bool, suite: str, needs: str) -> None:
        if there:
            return
        if os.environ.get("KG_REQUIRE") == "all":
            pytest.fail(f"{suite}: {NEEDS}{needs}, and KG_REQUIRE=all demands every suite", pytrace=False)
        pytest.skip(f"{suite}: {NEEDS}{needs}")

    return hold


def pytest_collection_modifyitems(items) -> None:
    """Mark the tests of faults: beside other tests they would measure these."""
    for item in items:
        if FAULTS in item.path.parents:
            item.add_marker(pytest.mark.alone)


def pytest_terminal_summary(terminalreporter) -> None:
    """Print one line for each suite that did not run, with what it needs."""
    reasons = {
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and f": {NEEDS}" in report.longrepr[2]
    }
    if reasons:
        terminalreporter.section("suites that did not run")
        for reason in sorted(reasons):
            terminalreporter.write_line(reason)
