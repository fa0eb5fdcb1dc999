"""Pushes of graphs, by Graph Store Protocol or SPARQL Update.

By the first a graph is sent whole, by the second in pieces. Either way it replaces the one of its name, so that pushing
twice changes nothing; graphs of other names are left alone. Graphs have no blank nodes: each node of a release has an
IRI.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from pyoxigraph import BlankNode, NamedNode, Quad

from kg.model.errors import RemoteError
from kg.model.messages import N_, worded
from kg.remote.http_client import HttpClient, Reply, describe_reply, without_control_characters

Way = Literal["graph-store", "update"]
"""The two protocols of SPARQL 1.1 that write."""

TRIPLES, BYTES = 500, 262_144
"""The most that one update inserts. Virtuoso compiles an update to 10,000 lines of SQL at the most."""

DEFAULT = N_("the default graph")
"""How messages name the graph that has no name."""

# N-Triples are Turtle, which every store reads; by old rules a text without a charset would be Latin-1.
_TURTLE = "text/turtle; charset=utf-8"
_UPDATE = "application/sparql-update"

_VIRTUOSO = re.compile(r"^([^?]*/sparql)-auth(?=\?|$)")
"""The address at which Virtuoso takes updates, by default and nearly always."""
_VIRTUOSO_GRAPHS = r"\1-graph-crud-auth"

_ELSEWHERE = N_("Give the address at which the store takes graphs (Graph Store Protocol) or updates.")
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
    """A graph to push."""

    name: str
    """Its IRI; empty for the default graph."""
    lines: tuple[str, ...]
    """Its triples in N-Triples."""

    @property
    def label(self) -> str:
        """The name as messages show it."""
        return self.name or worded(DEFAULT)


@dataclass(frozen=True)
class PushResult:
    """What became of a graph that was pushed."""

    graph: Graph
    error: str = ""
    """Why the graph is not in the store; empty where it is."""
    address: str = ""
    """The address of the store that took the graph, where the one given refused it."""
    refusal: str = ""
    """What the one given said then."""


class _RefusedError(RemoteError):
    """The store answered, and did not do what was asked."""


ReportProgress = Callable[[Graph, int], None]
"""Called with the graph that is being pushed and the number of its triples that have been sent."""


def group_by_graph(quads: Iterable[Quad], *, union: bool = False) -> list[Graph]:
    """Return the graphs that the quads make up, sorted by name.

    With ``union`` the default graph holds all triples.

    Errors: RemoteError where a triple has a blank node, for two pushes would make two nodes of it.
    """
    lines: dict[str, set[str]] = defaultdict(set)
    for quad in quads:
        if any(isinstance(term, BlankNode) for term in quad):
            raise RemoteError("{quad}: a blank node cannot be pushed. Give the node an IRI.", quad=quad)
        name = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        line = f"{quad.triple} .\n"
        lines[name].add(line)
        if union:
            lines[""].add(line)
    return [Graph(name, tuple(sorted(lines[name]))) for name in sorted(lines, key=lambda name: (not name, name))]


def push(
    client: HttpClient, graphs: Sequence[Graph], way: Way | None = None, report: ReportProgress | None = None
) -> list[PushResult]:
    """Replace each graph in the store and return what became of each.

    ``way`` forces a protocol; otherwise the address decides. A graph that the store does not take does not
    keep the others from being pushed. What Virtuoso refuses as an update it gets as a graph, unless a way is forced.

    Errors: RemoteError where nothing can be pushed: no graph, no answer, no right, or an address that takes
    neither.
    """
    if not graphs:
        raise RemoteError("The release holds no triple; nothing is pushed. Build it again.")
    replace = _put if _way(client, way) == "graph-store" else _insert
    results = []
    for graph in graphs:
        try:
            replace(client, graph, report or (lambda _graph, _sent: None))
            results.append(PushResult(graph))
        except _RefusedError as error:
            results.append(_push_beside(client, graph, str(error)) if way is None else PushResult(graph, str(error)))
        except RemoteError as error:
            results.append(PushResult(graph, str(error)))
    return results


def _way(client: HttpClient, wanted: Way | None) -> Way:
    """Find the protocol that the address speaks, without writing anything.

    A PUT would tell as well, but at the address where RDF4J and GraphDB take updates it replaces all graphs
    of the repository. So the question is whether a graph that cannot be there is unknown at an address that
    is there itself.
    """
    reading = updating = ""
    if wanted != "update":
        reply = _demand_admission(client, client.send("GET", f"graph={_nowhere()}"))
        if _is_graph_store(client, reply) or wanted == "graph-store":
            return "graph-store"
        reading = "\n" + worded("Read as a graph store it {reply}", reply=describe_reply(reply.status, reply.body))
    reply = _demand_admission(client, _update(client, f"DROP SILENT GRAPH <{_nowhere()}>"))
    if reply.status == 403:
        raise _refused(client, reply)
    if reply.ok:
        # A page may answer 200 to whatever is posted; what takes updates refuses one that is none.
        if not _update(client, "THIS IS NO UPDATE").ok:
            return "update"
        updating = "\n" + worded("It says yes even to what is no update.")
    described = describe_reply(reply.status, reply.body)
    updating = updating or "\n" + worded("To an update that changes nothing it {reply}", reply=described)
    forced = "" if wanted else " " + worded("--graph-store and --update force a protocol.")
    raise RemoteError(
        "{url}: takes no release.{reading}{updating}\n{elsewhere}{forced}",
        url=client.url,
        reading=reading,
        updating=updating,
        elsewhere=worded(_ELSEWHERE),
        forced=forced,
    )


def _push_beside(client: HttpClient, graph: Graph, refusal: str) -> PushResult:
    """Put what Virtuoso refused as an update to its other address.

    In an update it takes no xsd:duration, in a graph it does. Other stores' addresses are not guessed. The error is
    the first one where there is no such address, and both where that refuses too.
    """
    address, is_virtuoso = _VIRTUOSO.subn(_VIRTUOSO_GRAPHS, client.url)
    if not is_virtuoso:
        return PushResult(graph, refusal)
    beside = HttpClient(address, client.credentials, client.timeout)
    try:
        if not _is_graph_store(beside, beside.send("GET", f"graph={_nowhere()}")):
            return PushResult(graph, refusal)
        _put(beside, graph, lambda _graph, _sent: None)
    except RemoteError as error:
        return PushResult(graph, refusal + "\n" + worded("The next way failed too: {error}", error=error))
    return PushResult(graph, address=beside.url, refusal=refusal)


def _is_graph_store(client: HttpClient, unknown: Reply) -> bool:
    """Return whether the address is one.

    ``unknown`` is its answer about a graph that cannot be there.
    """
    return unknown.status == 404 and client.send("GET").status not in {404, 405}


def _nowhere() -> str:
    """Return the name of a graph that no store holds."""
    return f"urn:uuid:{uuid4()}"


def _demand_admission(client: HttpClient, reply: Reply) -> Reply:
    """Return the reply unless it demands another user or another address.

    Errors: RemoteError where it does.
    """
    if reply.status == 401 and client.credentials:
        raise RemoteError(
            "{url}: does not accept the password of {user}: {status}\nCheck the user and KG_PASSWORD.",
            url=client.url,
            user=client.credentials.user,
            status=describe_reply(reply.status, reply.body),
        )
    if reply.status == 401 or 300 <= reply.status < 400:
        raise _refused(client, reply)
    return reply


def _refused(client: HttpClient, reply: Reply, also: str = "") -> _RefusedError:
    """Return the error of a refused request with the remedy."""
    todo = _TODO.get(reply.status, "Look into the log of the store.")
    if reply.location and 300 <= reply.status < 400:
        there = without_control_characters(reply.location).partition("graph=urn")[0].rstrip("?&")
        todo = worded("Redirects are not followed: push to {there} if that is the address that you mean.", there=there)
    return _RefusedError(f"{client.url}: {describe_reply(reply.status, reply.body)}{also}\n{todo}")


def _put(client: HttpClient, graph: Graph, report: ReportProgress) -> None:
    """Replace a graph with one PUT (Graph Store HTTP Protocol, section 5.3)."""
    report(graph, 0)
    where = f"graph={quote(graph.name, safe='')}" if graph.name else "default"
    reply = client.send("PUT", where, "".join(graph.lines).encode(), _TURTLE)
    if not reply.ok:
        raise _refused(client, reply)
    report(graph, len(graph.lines))


def _insert(client: HttpClient, graph: Graph, report: ReportProgress) -> None:
    """Replace a graph by updates.

    It is filled beside the old one and copied over it once it is whole, so that a graph that the store does not take
    leaves the last good one as it was. COPY rather than MOVE: what is sent twice because the first answer was lost
    must do no harm.
    """
    report(graph, 0)
    beside = f"{graph.name or 'urn:social-response-kg:default'}.incoming"
    drop = f"DROP SILENT GRAPH <{beside}>"
    sent = 0
    _require(client, drop, beside)
    for chunk in _chunks(graph.lines):
        _require(client, f"INSERT DATA {{ GRAPH <{beside}> {{\n{''.join(chunk)}}} }}", beside)
        sent += len(chunk)
        report(graph, sent)
    _require(client, f"COPY <{beside}> TO {f'<{graph.name}>' if graph.name else 'DEFAULT'}", beside)
    reply = _update(client, drop)
    if not reply.ok:
        left = "\n" + worded(
            "The graph is replaced, but what was sent first is still there as <{beside}>: drop it.", beside=beside
        )
        raise RemoteError(str(_refused(client, reply, left)))


def _require(client: HttpClient, text: str, beside: str) -> None:
    """Send an update, and clear up where the store refuses it."""
    try:
        reply = _update(client, text)
    except RemoteError as error:
        # It may still be at work, and half a graph would be left if what it copies from were dropped now.
        raise RemoteError(
            "{error}\nWhat was sent may be there as <{beside}>; the next push drops it.", error=error, beside=beside
        ) from None
    if not reply.ok:
        with suppress(RemoteError):
            _update(client, f"DROP SILENT GRAPH <{beside}>")
        raise _refused(client, reply, "\nThe graph there is as it was.")


def _chunks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines in pieces that one update can hold.

    A line that is longer is a piece of its own.
    """
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


def _update(client: HttpClient, text: str) -> Reply:
    return client.send("POST", "", text.encode(), _UPDATE)
