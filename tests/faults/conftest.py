"""The release that these tests serve, and another with other answers."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.service import make_root, service


@pytest.fixture(scope="session")
def files(release):
    """Return the files of the repository's own release."""
    return dict(release.files)


@pytest.fixture(scope="module")
def served(tmp_path_factory, files):
    """Run a service for the tests of one module."""
    with service(make_root(tmp_path_factory.mktemp("served") / "project", files)) as served:
        yield served
