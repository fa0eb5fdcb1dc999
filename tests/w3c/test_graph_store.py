"""SPARQL 1.1 Graph Store HTTP Protocol: the suite's GET and HEAD requests.

What the suite's PUT, POST and DELETE requests would have made of the store is made beforehand, and the
store handed to the application. Graphs have addresses of two kinds here: ``/rdf-graph-store?graph=`` and
``?default`` name a graph, and below ``/graph/`` lie the graphs whose IRI is that address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from email import message_from_bytes
from urllib.parse import unquote

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from .exchanges import Exchange, Message, exchange_in_prose, exchanges
from .manifests import RDFS_COMMENT, SUITE, Entry, Manifest, cases
from .results import same
from .service import AUTHORITY, BASE, Applications, filled

INDIRECT = "/rdf-graph-store"
DIRECT = "/graph"
NEW = f"{BASE}graph/new"
"""The name that the store gives to a graph that was sent to it without one."""

DEFAULT = ""
"""Stands for the default graph among the names of graphs."""

PROSE = Manifest("http-rdf-update/manifest.ttl").entries if SUITE.is_dir() else []
GETTING = [entry for entry in PROSE if entry.name.startswith("get_")]
HEADING = [entry for entry in PROSE if entry.name.startswith("head_")]

FORMAL = [
    entry
    for name in ("direct", "indirect")
    if SUITE.is_dir()
    for entry in Manifest(f"graph-store-protocol/manifest-{name}.ttl").entries
]
"""The tests that have superseded those in prose."""

ERRATA = {
    "get_of_post__existing_graph": "the body that it expects is that of the first PUT, before the second and the POST",
}
"""Tests in prose whose expected body is not what the requests before them have made; what these made is expected."""


class Graphs:
    """The graphs of a store by name, and what requests that write do to them."""

    def __init__(self, written: Iterable[Exchange] = ()) -> None:
        self._graphs: dict[str, list[Triple]] = {DEFAULT: []}
        for exchange in written:
            self.write(exchange)

    def write(self, exchange: Exchange) -> None:
        """Do what a PUT, POST or DELETE says (sections 5.3 to 5.5)."""
        name = self.named_by(exchange.target)
        if exchange.method == "DELETE":
            self._graphs.pop(name, None)
            return
        triples = [triple for turtle in _parts(exchange.request) for triple in _triples(turtle)]
        self._graphs[name] = triples + (self._graphs.get(name, []) if exchange.method == "POST" else [])

    def named_by(self, target: str) -> str:
        """The name of the graph that a target names (sections 4.1 and 4.2), percent-decoded once."""
        path, _, query = target.partition("?")
        if path != INDIRECT:
            return BASE.rstrip("/") + path
        if query == "default":
            return DEFAULT
        return unquote(query.removeprefix("graph=")) if query else NEW

    def triples(self, target: str) -> list[Triple]:
        """The triples of the graph that a target names."""
        return self._graphs[self.named_by(target)]

    def store(self):
        """The graphs as a store."""
        named = {name: triples for name, triples in self._graphs.items() if name != DEFAULT}
        return filled(self._graphs[DEFAULT], named)


def _parts(request: Message) -> list[str]:
    """The Turtle in a request: its body, or each part of it; the prose leaves out the last full stop."""
    kind = request.header("content-type")
    bodies = [request.body]
    if kind.startswith("multipart/"):
        parts = message_from_bytes(f"Content-Type: {kind}\n\n".encode() + request.body).get_payload()
        bodies = [part.get_payload(decode=True) for part in parts]
    texts = [body.decode().rstrip() for body in bodies]
    return [text if not text or text.endswith(".") else f"{text} ." for text in texts]


def _triples(turtle: str | bytes) -> list[Triple]:
    return [quad.triple for quad in parse(turtle, RdfFormat.TURTLE, base_iri=BASE, rename_blank_nodes=True)]


def _here(exchange: Exchange) -> Exchange:
    """The exchange at the addresses that graphs have here."""
    target = exchange.target.replace("$LOCATION$", NEW).replace("$NEWPATH$", "$GRAPHSTORE$/new")
    target = target.replace("/gsp", "$GRAPHSTORE$", 1) if target.startswith("/gsp") else target
    address = target.removeprefix("$GRAPHSTORE$")
    path = DIRECT if address.startswith("/") else INDIRECT
    return _placed(replace(exchange, target=path + address))


def _placed(exchange: Exchange) -> Exchange:
    """The exchange with the host and the folder of graphs of this service where the prose leaves them open."""

    def place(text: str) -> str:
        return text.replace("$HOST$", AUTHORITY).replace("$GRAPHSTORE$", DIRECT.strip("/"))

    def placed(message: Message) -> Message:
        return replace(message, body=place(message.body.decode()).encode())

    return replace(
        exchange,
        target=place(exchange.target),
        request=placed(exchange.request),
        response=placed(exchange.response),
    )


def _in_prose(entry: Entry) -> Exchange:
    """The one exchange of a test in prose."""
    comments = [node.value for node in entry.manifest.all(entry.node, RDFS_COMMENT)]
    return _here(exchange_in_prose(next(comment for comment in comments if "#### Request" in comment)))


def _written_before(entry: Entry) -> Graphs:
    """The graphs that the requests of all tests in prose before this one have made."""
    before = [_in_prose(other) for other in PROSE[: PROSE.index(entry)]]
    return Graphs(exchange for exchange in before if exchange.method not in {"GET", "HEAD"})


def _demand(applications: Applications, graphs: Graphs, exchange: Exchange, expected: list[Triple] | None) -> None:
    """Send a request to the application over the graphs, and demand of its response what the test does.

    Where that is 404, the same request must find the graph once it is there: no route at all is a 404 too.
    """
    application = applications.over(graphs.store())
    reply = application.send(exchange.method, exchange.target, exchange.request.headers)
    assert reply.status in exchange.statuses, reply
    if exchange.response.headers:
        assert reply.headers["content-type"] == exchange.response.header("content-type"), reply
        assert int(reply.headers["content-length"]) > 0, reply
    if exchange.method == "HEAD":
        assert reply.body == b""
    if reply.status == 404:
        there = Graphs([replace(exchange, method="PUT")])
        assert applications.over(there.store()).send(exchange.method, exchange.target).status == 200
    if expected is not None:
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert same(_triples(reply.body), expected), reply


def _expected(exchange: Exchange) -> list[Triple] | None:
    """The graph that a response must hold; None where it need not hold one."""
    return _triples(exchange.response.body) if exchange.response.body else None


@pytest.mark.parametrize("entry", cases(GETTING))
def test_get_answers_with_the_graph_or_with_404(entry, applications: Applications):
    """A GET answers with the graph that it names, or with 404 where there is none."""
    graphs, exchange = _written_before(entry), _in_prose(entry)
    expected = graphs.triples(exchange.target) if entry.name in ERRATA else _expected(exchange)

    _demand(applications, graphs, exchange, expected)


@pytest.mark.parametrize("entry", cases(HEADING))
def test_head_answers_as_get_without_a_body(entry, applications: Applications):
    """A HEAD answers as a GET would, without a body."""
    _demand(applications, _written_before(entry), _in_prose(entry), None)


@pytest.mark.parametrize("entry", cases(FORMAL))
def test_reads_of_newer_tests_see_what_the_writes_would_have_made(entry, applications: Applications):
    """Each GET and HEAD of a newer test answers with what the writing requests before it would have made."""
    graphs = Graphs()
    for exchange in map(_here, exchanges(entry)):
        if exchange.method in {"GET", "HEAD"}:
            _demand(applications, graphs, exchange, _expected(exchange))
        else:
            graphs.write(exchange)


@pytest.mark.parametrize("name", sorted(ERRATA))
def test_a_test_with_an_erratum_really_needs_it(name):
    """A test in the table of errata expects something else than what was written before it."""
    entry = next(entry for entry in GETTING if entry.name == name)
    exchange = _in_prose(entry)

    assert not same(_written_before(entry).triples(exchange.target), _expected(exchange))


def test_all_are_accounted_for():
    """The suite has 8 tests of GET and 2 of HEAD in prose, and 14 newer ones."""
    assert (len(GETTING), len(HEADING), len(FORMAL)) == (8, 2, 14)
