"""The repository's own release, served, and a browser that visits it."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.chromium import PROGRAM, chromium
from browser.visiting import AXE, Visitor
from faults.service import make_root, service


@pytest.fixture(scope="session")
def served(tmp_path_factory, release):
    """Return the address of the service, which ends with a slash."""
    with service(make_root(tmp_path_factory.mktemp("browser") / "project", dict(release.files))) as running:
        yield running.address


@pytest.fixture(scope="module")
def browser(require):
    """Run a browser for one module.

    While it runs, no other test could run an event loop.
    """
    there = PROGRAM is not None and importlib.util.find_spec("playwright") is not None and AXE.is_file()
    require(there, "browser", "Debian's chromium, and 'npm ci --prefix tests/browser'")
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages():
    """Return the pages that the visits of a module have left for the next."""
    return {}


@pytest.fixture
def visitor(browser, served, pages):
    """Return a visitor, and fail where its pages complained.

    No page may have asked another host, broken its policy or logged an error.
    """
    visitor = Visitor(browser, served, pages)
    try:
        yield visitor
    finally:
        visitor.close()
    assert visitor.complaints == []
