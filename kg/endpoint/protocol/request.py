"""Requests of the SPARQL 1.1 Protocol and the Graph Store Protocol.

See https://www.w3.org/TR/sparql11-protocol/#query-operation and https://www.w3.org/TR/sparql11-http-rdf-update/.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from pyoxigraph import NamedNode
from werkzeug.http import parse_options_header

from kg.endpoint.evaluation import GRAPH_TYPES, Request
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol.media_types import PAGE, acceptable_types, accepts
from kg.model.iris import is_iri

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
BOM = "\ufeff"
"""The byte order mark that some editors write before a text (RFC 3629, section 6)."""

MAX_QUERY = 131_072
"""Longest query in characters."""

MAX_FIELDS = 1_000
"""Most fields of a query string or of a form."""


@dataclass(frozen=True)
class ProtocolRequest:
    """The parts of an HTTP request that the protocol uses."""

    method: str
    query_string: bytes = b""
    content_type: str = ""
    accept: str = ""
    body: bytes = b""


def parse_request(received: ProtocolRequest, base: str | None = None) -> Request:
    """Return the query, data set and acceptable media types of a request.

    Errors: ProblemError where the request is not one of the protocol's query operation (section 2.1).
    """
    if received.method not in METHODS:
        raise ProblemError("method", method=received.method)
    parameters = decode_form(received.query_string)
    if received.method == "POST":
        parameters += _posted(received)
    queries = [value for name, value in parameters if name == "query"]
    _demand_one_query(queries, {name for name, _ in parameters})
    results, graph = acceptable_types(received.accept, parameters)
    return Request(
        query=queries[0].removeprefix(BOM),
        default_graphs=_graphs(parameters, "default-graph-uri"),
        named_graphs=_graphs(parameters, "named-graph-uri"),
        results=results,
        graph=graph,
        base=base,
        seconds=_seconds(parameters),
    )


def decode_form(encoded: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a form or query string.

    See https://url.spec.whatwg.org/#application/x-www-form-urlencoded. Errors: ProblemError where there are more
    than MAX_FIELDS, or where they are not UTF-8 before or after the percent-decoding.
    """
    _decode_text(encoded)
    if encoded.count(b"&") >= MAX_FIELDS:
        raise ProblemError("too-large.fields", limit=MAX_FIELDS)
    try:
        pairs = [field.partition(b"=") for field in encoded.split(b"&") if field]
        return [(_percent_decoded(name).decode(), _percent_decoded(value).decode()) for name, _, value in pairs]
    except UnicodeDecodeError:
        raise ProblemError("encoding.percent") from None


def _percent_decoded(value: bytes) -> bytes:
    """Return a name or value with ``+`` as a space, percent-decoded."""
    value = value.replace(b"+", b" ")
    marks = value.count(b"%")
    if not marks:
        return value
    # The decoder of "quoted-printable" does the same at "=" in C; urllib's parse_qsl, in Python, takes four times as
    # long, 2 to 6 % of what the HTTP process spends on a query. A "%" that begins no byte leaves the value longer,
    # and line ends may be dropped (RFC 2045, section 6.7): those values are left to urllib.
    decoded = a2b_qp(value.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(decoded) != len(value) - 2 * marks or b"\n" in value or b"\r" in value:
        return unquote_to_bytes(value)
    return decoded


def _decode_text(body: bytes) -> str:
    """Return bytes of a request as text.

    Errors: ProblemError where they are not UTF-8.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProblemError("encoding", byte=error.start + 1) from None


def _posted(received: ProtocolRequest) -> list[tuple[str, str]]:
    """Return the parameters of a POST (sections 2.1.2 and 2.1.3)."""
    media_type, options = parse_options_header(received.content_type.lower())
    if media_type in {FORM, DIRECT} and options.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ProblemError("charset", charset=options["charset"])
    if media_type == FORM:
        return decode_form(received.body)
    if media_type == DIRECT:
        return [("query", _decode_text(received.body))]
    if media_type == "application/sparql-update":
        raise ProblemError("update")
    raise ProblemError("media-type" if media_type else "media-type.none", given=media_type)


def _demand_one_query(queries: list[str], names: set[str]) -> None:
    """Refuse anything but one query of bounded length."""
    if "update" in names:
        raise ProblemError("update")
    if not any(query.removeprefix(BOM).strip() for query in queries):
        raise ProblemError("no-query")
    if len(queries) > 1:
        raise ProblemError("many-queries", count=len(queries))
    if len(queries[0]) > MAX_QUERY:
        raise ProblemError("too-large.query", limit=MAX_QUERY)


def _seconds(parameters: Iterable[tuple[str, str]]) -> float | None:
    """Return the parameter ``timeout`` in seconds; None for 0 or none."""
    timeout = next((value for name, value in parameters if name == "timeout" and value), "0")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+", timeout):
        raise ProblemError("timeout-value", given=timeout)
    return float(timeout) or None


def _graphs(parameters: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    """Return the graphs that a parameter names; empty values do not count."""
    graphs = tuple(dict.fromkeys(value for key, value in parameters if key == name and value))
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError:
            raise ProblemError("graph-iri", parameter=name, graph=graph) from None
    return graphs


SUFFIXES = {
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
}
"""The media types by the end of an address."""


def named_graph(query_string: bytes) -> str | None:
    """Return the IRI of the graph asked for; None for the default.

    See sections 4.1 and 4.2. The name is percent-decoded exactly once, and a plus sign stays one: this is not a form.

    Errors: ProblemError where not exactly one graph is named, or not by an absolute IRI.
    """
    fields = [field.partition(b"=") for field in query_string.split(b"&") if field]
    names = [_decoded(value) for name, _, value in fields if name == b"graph"]
    is_default = any(name == b"default" for name, _, _ in fields)
    if len(names) + is_default != 1:
        raise ProblemError("graph-parameter" if names else "graph-parameter.none")
    if is_default:
        return None
    if not is_iri(names[0]):
        raise ProblemError("graph-iri", parameter="graph", graph=names[0])
    return names[0]


def graph_type(accept: str, parameters: list[tuple[str, str]] | None = None) -> str:
    """Return the media type for a graph, preferably Turtle, also for browsers.

    Errors: ProblemError where none of GRAPH_TYPES is acceptable.
    """
    try:
        media_type = acceptable_types(accept, parameters or [])[1]
    except ProblemError as error:
        if error.code != "accept":
            raise
        media_type = None  # told below, without the media types of results
    if media_type == PAGE and accepts(accept).quality("text/turtle") > 0:
        media_type = "text/turtle"
    if media_type in {None, PAGE}:
        raise ProblemError("accept.graph", given=accept, types=", ".join(GRAPH_TYPES))
    return str(media_type)


def _decoded(value: bytes) -> str:
    """Return a value of the query string, percent-decoded once."""
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise ProblemError("encoding.percent") from None
