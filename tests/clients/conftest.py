"""The real service on a free port, for the clients to ask.

It serves the repository's own release.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kg.release.folder import write_release

FOLDER = Path(__file__).resolve().parent
COMUNICA = FOLDER / "node_modules" / "@comunica" / "query-sparql"
PATIENCE = 15
"""Seconds for the service to end by itself."""


@contextlib.contextmanager
def service(folder, *files):
    """Run a service and yield its address.

    It serves the release in the project folder, or the files given, and is ended by its process id.
    """
    command = [sys.executable, "-m", "kg", "--project", str(folder), "serve", *map(str, files), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        line = process.stdout.readline()
        address = re.search(r" on (http://\S+/) ", line)
        assert address, line + (process.stderr.read() if process.poll() is not None else "")
        yield address[1]
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its group is its own: whatever is left of what it started
        process.communicate()


@pytest.fixture(scope="session")
def served(release, root, tmp_path_factory):
    """Return the address of the service, which ends with a slash."""
    folder = tmp_path_factory.mktemp("clients")
    shutil.copy(root / "kg.toml", folder)
    shutil.copytree(root / "queries" / "examples", folder / "queries" / "examples")
    write_release(release.files, folder / "dist")
    with service(folder) as address:
        yield address


@pytest.fixture(scope="session")
def endpoint(served):
    """Return the address of the SPARQL endpoint."""
    return f"{served}sparql"


@pytest.fixture(scope="session")
def wikidata(tmp_path_factory):
    """Return the address of an endpoint that stands in for Wikidata's."""
    with service(tmp_path_factory.mktemp("wikidata"), FOLDER / "wikidata.ttl") as address:
        yield f"{address}sparql"


@pytest.fixture(scope="session")
def comunica(require):
    """Return the folder where Node finds Comunica."""
    there = shutil.which("node") is not None and COMUNICA.is_dir()
    require(there, "clients: Comunica", "Node 20.19 or newer and 'npm ci --prefix tests/clients'")
    return FOLDER


@pytest.fixture(scope="session")
def curl(require):
    """Return a function that runs curl.

    It returns the exit code and what curl wrote.
    """
    require(shutil.which("curl") is not None, "clients: curl", "curl")

    def run(*arguments, **named):
        done = subprocess.run(["curl", "-sS", *map(str, arguments)], capture_output=True, check=False, **named)
        return done.returncode, done.stdout.decode()

    return run


@pytest.fixture(scope="session")
def crises(release):
    """Return the French labels of the crises by IRI.

    They are read from the release itself.
    """
    kind = "https://w3id.org/social-response/ontology#Crisis"
    found = {quad.subject.value for quad in release.quads if getattr(quad.object, "value", None) == kind}
    return {
        quad.subject.value: quad.object.value
        for quad in release.quads
        if quad.subject.value in found and quad.predicate.value.endswith("#prefLabel") and quad.object.language == "fr"
    }


@pytest.fixture(scope="session")
def sizes(release):
    """Return the number of triples of each named graph."""
    return Counter(quad.graph_name.value for quad in release.quads)
