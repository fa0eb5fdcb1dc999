"""SPARQL 1.1 Protocol: the suite's requests, sent byte by byte.

They go to the application and to a server's socket.
"""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from pyoxigraph import RdfFormat, parse

from .exchanges import Exchange, exchanges
from .manifests import RDFS_LABEL, SUITE, UT, Entry, Manifest, cases, triples_in
from .results import RESULT_KINDS, read_result
from .service import Applications, Reply, Server, filled

TESTS = Manifest("protocol/manifest.ttl").entries if SUITE.is_dir() else []
READING = [entry for entry in TESTS if "update" not in entry.name]
UPDATING = [entry for entry in TESTS if "update" in entry.name]
"""The tests of updates are left out as a group, because the service only reads; what they ask for is refused."""

RESULT_KINDS_OF = {"boolean": {"srj", "srx"}, "tabular": {"srj", "srx", "csv", "tsv"}}
"""The formats that may hold what the suite calls boolean and tabular."""


def _graphs(entry: Entry) -> dict[str, list]:
    """The named graphs that a test prescribes."""
    manifest = entry.manifest
    described = manifest.all(entry.node, UT + "graphData")
    files = {manifest.text(node, RDFS_LABEL): manifest.text(node, UT + "graph") for node in described}
    return {name: triples_in(file) for name, file in files.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server over a socket, that serves all graphs that the tests prescribe; each test names those that it asks."""
    folder = tmp_path_factory.mktemp("protocol")
    graphs = {name: triples for entry in READING for name, triples in _graphs(entry).items()}
    filled(named=graphs).dump(str(folder / "graphs.nq"), RdfFormat.N_QUADS)
    command = [sys.executable, "-m", "kg", "serve", "graphs.nq", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert "http://" in line, line
            address = urlsplit(next(word for word in line.split() if word.startswith("http://")))
            yield Server(address.hostname, address.port)
        finally:
            process.terminate()


def _send(to, exchange: Exchange) -> Reply:
    """The reply to a request, at the address that the endpoint has here."""
    target = exchange.target.replace("/sparql/", "/sparql", 1)
    return to.send(exchange.method, target, exchange.request.headers, exchange.request.body)


def _demand(to, entry: Entry) -> None:
    """Send the requests of a test in their order, and demand of each response what the test does."""
    for exchange in exchanges(entry):
        reply = _send(to, exchange)
        assert reply.status in exchange.statuses, reply
        if exchange.format == "RDF":
            assert RdfFormat.from_media_type(reply.media_type), reply
            list(parse(reply.body, RdfFormat.from_media_type(reply.media_type)))
        elif exchange.format:
            kind = RESULT_KINDS.get(reply.media_type)
            assert kind in RESULT_KINDS_OF[exchange.format], reply
            found = read_result(reply.body, kind, "")
            assert isinstance(found, bool) == (exchange.format == "boolean"), reply
            assert exchange.boolean in (None, found), reply


@pytest.mark.parametrize("entry", cases(READING))
def test_requests_are_answered_as_the_protocol_says(entry, applications: Applications):
    """The application answers the requests of the test as the protocol says."""
    _demand(applications.over(filled(named=_graphs(entry))), entry)


@pytest.mark.parametrize("entry", cases(READING))
def test_reading_over_a_socket(entry, server):
    """A running server answers the requests of the test as the protocol says."""
    _demand(server, entry)


@pytest.mark.parametrize("entry", cases(UPDATING))
def test_updates_are_refused(entry, applications: Applications):
    """The application refuses an update, the right ones of the suite as well as the wrong ones."""
    first, *_ = exchanges(entry)

    assert 400 <= _send(applications.over(filled()), first).status < 500


def test_all_are_accounted_for():
    """The suite has 20 tests of a service that only reads, and 14 of updates."""
    assert (len(READING), len(UPDATING)) == (20, 14)
