"""Fixtures that all tests share: projects, releases, and suites to skip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pyoxigraph import DefaultGraph, Quad, Store

from kg.graph.builder import build
from kg.model.project import Project

ROOT = Path(__file__).resolve().parent.parent
MINI = Path(__file__).resolve().parent / "mini"
LONG = (
    *("tests/browser/test_pages", "tests/static_site/test_static", "tests/docs/test_tutorials", "tests/browser/"),
    *("tests/faults/", "tests/test_wheel", "tests/release/test_kill", "tests/cli/", "tests/docs/", "tests/graph/"),
)
"""Where the tests stand that take long, the longest first."""

os.environ["LC_ALL"] = "C.UTF-8"  # commands speak English, whatever the language of this machine
for _name in ("KG_LANGUAGE", "LANGUAGE"):
    os.environ.pop(_name, None)

NEEDS = "needs "
"""How the reason of a suite that was left out begins."""


IS_THOROUGH = bool(os.environ.get("CI")) or os.environ.get("KG_REQUIRE") == "all"

# The same examples in every run, so that a test is never red for nothing, and no limit on the time of one.
settings.register_profile(
    "quick",
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
settings.load_profile("thorough" if IS_THOROUGH else "quick")


def make_mini(folder: Path) -> Project:
    """Copy the small project to a new folder and open it."""
    shutil.copytree(MINI, folder)
    return Project.open(folder)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def project() -> Project:
    """Return the repository's own project."""
    return Project.open(ROOT)


@pytest.fixture(scope="session")
def mini_factory():
    """Return a function that makes a small project in a folder."""
    return make_mini


@pytest.fixture
def mini(tmp_path) -> Project:
    """Return a small project that the test may spoil."""
    return make_mini(tmp_path / "mini")


@pytest.fixture(scope="session")
def built(project):
    """Return the graph of the repository's project, before any rule."""
    return build(project)


@pytest.fixture(scope="session")
def release(project):
    """Return the release of the repository's project, in memory."""
    from kg.release.assembly import make_release

    return make_release(project)


@pytest.fixture(scope="session")
def store(release) -> Store:
    """Return the release in a store as the service loads it.

    Each quad is in its named graph and in the default graph.
    """
    store = Store()
    store.bulk_extend(release.quads)
    store.bulk_extend(Quad(*quad.triple, DefaultGraph()) for quad in release.quads)
    return store


@pytest.fixture(scope="session")
def require():
    """Return a function that skips a suite whose needs are missing.

    It fails instead where the environment has KG_REQUIRE=all.
    """

    def hold(there: bool, suite: str, needs: str) -> None:
        if there:
            return
        if os.environ.get("KG_REQUIRE") == "all":
            pytest.fail(f"{suite}: {NEEDS}{needs}, and KG_REQUIRE=all demands every suite", pytrace=False)
        pytest.skip(f"{suite}: {NEEDS}{needs}")

    return hold


@contextmanager
def run_apache(program: str, prepare: Callable[[Path, int], None]) -> Iterator[int]:
    """Run an Apache on a free port and yield the port.

    ``prepare`` fills its folder, where its configuration is the file ``conf``.
    """
    with tempfile.TemporaryDirectory() as name, socket.socket() as held:
        folder = Path(name)
        folder.chmod(0o755)  # Apache drops its rights where it is started with many
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.close()
        prepare(folder, port)
        command = [program, "-X", "-f", folder / "conf"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_for(process, port, folder / "log")
                yield port
            finally:
                process.kill()


def wait_for(process, port, log) -> None:
    """Wait until the server answers, or fail with its messages."""
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    process.kill()
    pytest.fail(f"Apache does not answer: {process.communicate()[1]} {log.read_text() if log.exists() else ''}")


@pytest.fixture(scope="session")
def apache_with():
    """Return ``run_apache``."""
    return run_apache


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once where nobody says it.

    One more than there are processors: many a test waits for a service or a browser.
    """
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items) -> None:
    """Begin with the files that take long: none of them is to be the last."""

    def place(item) -> int:
        return next((place for place, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG))

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter) -> None:
    """Print one line for each suite that was left out.

    The line says what the suite needs.
    """
    reasons = {
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and f": {NEEDS}" in report.longrepr[2]
    }
    if reasons:
        terminalreporter.section("suites that did not run")
        for reason in sorted(reasons):
            terminalreporter.write_line(reason)
