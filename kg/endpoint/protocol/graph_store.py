"""Requests of the Graph Store Protocol (https://www.w3.org/TR/sparql11-http-rdf-update/), for reading only."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol.media_types import PAGE, acceptable_types, accepts
from kg.model.iris import is_iri

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
    media_type = acceptable_types(accept, parameters or [])[1]
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
