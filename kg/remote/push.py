"""Puts graphs into a store: whole by the Graph Store Protocol, or in pieces by SPARQL Update.

Either way a graph that is pushed replaces the one of its name, so that pushing twice changes nothing;
graphs of other names are left alone. Graphs have no blank nodes: each node of a release has an IRI.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from pyoxigraph import BlankNode, NamedNode, Quad

from kg.model.errors import RemoteError
from kg.remote.remote_messages import answered, harmless
from kg.remote.store import Reply, Store

Way = Literal["graph-store", "update"]
"""The two protocols of SPARQL 1.1 that write."""

TRIPLES, BYTES = 500, 262_144
"""The most that one update inserts. Virtuoso compiles an update to 10,000 lines of SQL at the most."""

DEFAULT = "the default graph"
"""How messages name the graph that has no name."""

# N-Triples are Turtle, which every store reads; by old rules a text without a charset would be Latin-1.
_TURTLE = "text/turtle; charset=utf-8"
_UPDATE = "application/sparql-update"

_ELSEWHERE = "Give the address at which the store takes graphs (Graph Store Protocol) or updates."
_TODO = {
    400: "Read what the store says of the data; another store, or a newer version of it, may take them.",
    401: "Name a user with --user and give the password in KG_PASSWORD.",
    403: "Ask for the right to write there, or name another user with --user.",
    404: _ELSEWHERE,
    405: _ELSEWHERE,
    413: "Send the graph in pieces with --update, or let the store take larger requests.",
    415: "Send the graph with --update.",
    501: _ELSEWHERE,
    503: "Try again in a minute.",
    507: "Make room on the store.",
}


@dataclass(frozen=True)
class Graph:
    """A graph to push: its IRI, empty for the default graph, and its triples as lines of N-Triples."""

    name: str
    lines: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The name as messages show it."""
        return self.name or DEFAULT


@dataclass(frozen=True)
class Pushed:
    """What became of a graph: ``error`` says why it is not in the store, and is empty where it is."""

    graph: Graph
    error: str = ""


Report = Callable[[Graph, int], None]
"""Is told which graph is being pushed and how many of its triples have been sent."""


def graphs_of(quads: Iterable[Quad], *, union: bool = False) -> list[Graph]:
    """The graphs that the quads make up, sorted by name; with ``union`` the default graph holds all triples.

    Errors: RemoteError where a triple has a blank node, for two pushes would make two nodes of it.
    """
    lines: dict[str, set[str]] = defaultdict(set)
    for quad in quads:
        if any(isinstance(term, BlankNode) for term in quad):
            raise RemoteError(f"{quad}: a blank node cannot be pushed. Give the node an IRI.")
        name = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        line = f"{quad.triple} .\n"
        lines[name].add(line)
        if union:
            lines[""].add(line)
    return [Graph(name, tuple(sorted(lines[name]))) for name in sorted(lines, key=lambda name: (not name, name))]


def push(store: Store, graphs: Sequence[Graph], way: Way | None = None, report: Report | None = None) -> list[Pushed]:
    """Replace each graph in the store; what became of each of them.

    ``way`` forces a protocol; otherwise the address decides. A graph that the store does not take does not
    keep the others from being pushed.

    Errors: RemoteError where nothing can be pushed: no graph, no answer, no right, or an address that takes
    neither.
    """
    if not graphs:
        raise RemoteError("The release holds no triple; nothing is pushed. Build it again.")
    replace = _put if _way(store, way) == "graph-store" else _insert
    done = []
    for graph in graphs:
        try:
            replace(store, graph, report or (lambda _graph, _sent: None))
            done.append(Pushed(graph))
        except RemoteError as error:
            done.append(Pushed(graph, str(error)))
    return done


def _way(store: Store, wanted: Way | None) -> Way:
    """The protocol that the address speaks, found without writing anything.

    A PUT would tell as well, but at the address where RDF4J and GraphDB take updates it replaces all graphs
    of the repository. So the question is whether a graph that cannot be there is unknown at an address that
    is there itself.
    """
    reading = updating = ""
    if wanted != "update":
        reply = _admitted(store, store.send("GET", f"graph={_nowhere()}"))
        is_graph_store = reply.status == 404 and store.send("GET").status not in {404, 405}
        if is_graph_store or wanted == "graph-store":
            return "graph-store"
        reading = f"\nRead as a graph store it {answered(reply.status, reply.body)}"
    reply = _admitted(store, _update(store, f"DROP SILENT GRAPH <{_nowhere()}>"))
    if reply.status == 403:
        raise _refused(store, reply)
    if reply.ok:
        # A page may answer 200 to whatever is posted; what takes updates refuses one that is none.
        if not _update(store, "THIS IS NO UPDATE").ok:
            return "update"
        updating = "\nIt says yes even to what is no update."
    updating = updating or f"\nTo an update that changes nothing it {answered(reply.status, reply.body)}"
    forced = "" if wanted else " --graph-store and --update force a protocol."
    raise RemoteError(f"{store.url}: takes no release.{reading}{updating}\n{_ELSEWHERE}{forced}")


def _nowhere() -> str:
    """The name of a graph that no store holds."""
    return f"urn:uuid:{uuid4()}"


def _admitted(store: Store, reply: Reply) -> Reply:
    """The reply, where it is not that somebody else must ask, or ask elsewhere."""
    if reply.status == 401 and store.credentials:
        raise RemoteError(
            f"{store.url}: does not accept the password of {store.credentials.user}: "
            f"{answered(reply.status, reply.body)}\nCheck the user and KG_PASSWORD."
        )
    if reply.status == 401 or 300 <= reply.status < 400:
        raise _refused(store, reply)
    return reply


def _refused(store: Store, reply: Reply, also: str = "") -> RemoteError:
    """The error of a request that the store refused: its own words, and what to do."""
    todo = _TODO.get(reply.status, "Look into the log of the store.")
    if reply.location and 300 <= reply.status < 400:
        there = harmless(reply.location).partition("graph=urn")[0].rstrip("?&")
        todo = f"Redirects are not followed: push to {there} if that is the address that you mean."
    return RemoteError(f"{store.url}: {answered(reply.status, reply.body)}{also}\n{todo}")


def _put(store: Store, graph: Graph, report: Report) -> None:
    """Replace a graph with one PUT (Graph Store HTTP Protocol, section 5.3)."""
    report(graph, 0)
    where = f"graph={quote(graph.name, safe='')}" if graph.name else "default"
    reply = store.send("PUT", where, "".join(graph.lines).encode(), _TURTLE)
    if not reply.ok:
        raise _refused(store, reply)
    report(graph, len(graph.lines))


def _insert(store: Store, graph: Graph, report: Report) -> None:
    """Replace a graph with updates: it is filled beside the old one and copied over it when it is whole.

    So a graph that the store does not take leaves the last good one as it was. COPY rather than MOVE: what
    is sent twice because the first answer was lost must do no harm.
    """
    report(graph, 0)
    beside = f"{graph.name or 'urn:social-response-kg:default'}.incoming"
    drop = f"DROP SILENT GRAPH <{beside}>"
    sent = 0
    _done(store, drop, beside)
    for chunk in _chunks(graph.lines):
        _done(store, f"INSERT DATA {{ GRAPH <{beside}> {{\n{''.join(chunk)}}} }}", beside)
        sent += len(chunk)
        report(graph, sent)
    _done(store, f"COPY <{beside}> TO {f'<{graph.name}>' if graph.name else 'DEFAULT'}", beside)
    reply = _update(store, drop)
    if not reply.ok:
        left = f"\nThe graph is replaced, but what was sent first is still there as <{beside}>: drop it."
        raise _refused(store, reply, left)


def _done(store: Store, text: str, beside: str) -> None:
    """Have the store do one of the updates that replace a graph; what it refuses is cleared away."""
    try:
        reply = _update(store, text)
    except RemoteError as error:
        # It may still be at work, and half a graph would be left if what it copies from were dropped now.
        raise RemoteError(f"{error}\nWhat was sent may be there as <{beside}>; the next push drops it.") from None
    if not reply.ok:
        with suppress(RemoteError):
            _update(store, f"DROP SILENT GRAPH <{beside}>")
        raise _refused(store, reply, "\nThe graph there is as it was.")


def _chunks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines in pieces that one update can hold; a line that is longer is a piece of its own."""
    chunk: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode())
        if chunk and (len(chunk) == TRIPLES or size + length > BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += length
    if chunk:
        yield chunk


def _update(store: Store, text: str) -> Reply:
    return store.send("POST", "", text.encode(), _UPDATE)
