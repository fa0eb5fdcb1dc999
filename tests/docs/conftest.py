"""The repository's own release, served for the pages of docs/.

An endpoint stands in for Wikidata.
"""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docs.session import free_port
from faults.service import make_root, service

STAND_IN = Path(__file__).resolve().parents[1] / "clients" / "wikidata.ttl"


@pytest.fixture(scope="session")
def served(tmp_path_factory, release):
    """Return the address of the service, which ends with a slash.

    It is the public address too.
    """
    root = make_root(tmp_path_factory.mktemp("docs") / "project", dict(release.files))
    port = free_port()
    with service(root, "--port", port, "--public-url", f"http://127.0.0.1:{port}/") as running:
        yield running.address


@pytest.fixture(scope="session")
def wikidata(tmp_path_factory):
    """Return the address of an endpoint that stands in for Wikidata's."""
    with service(tmp_path_factory.mktemp("wikidata"), STAND_IN) as running:
        yield f"{running.address}sparql"


@pytest.fixture(scope="session")
def tools(require):
    """Skip where a program that the pages use is missing."""
    require(shutil.which("curl") is not None, "tutorials: curl", "curl")
    beside = Path(sys.executable).parent
    require(shutil.which("oxigraph", path=beside) is not None, "tutorials: a store", "oxigraph")
