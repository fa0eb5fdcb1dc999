"""The media types of answers, by Accept or the parameter ``format``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec.structs import replace
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Request
from kg.endpoint.problems import ProblemError

PAGE = "text/html"
"""The media type in a Request whose answer is to be shown as a page."""

_ALIASES = {
    "application/json": ("application/sparql-results+json", "application/ld+json"),
    "application/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "text/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "text/plain": (None, "application/n-triples"),
    "application/x-turtle": (None, "text/turtle"),
    "application/xhtml+xml": (PAGE, PAGE),
}
"""Broader or older media types that clients ask for, with those of results and of graphs that answer them."""

FORMATS = {
    "json": ("application/sparql-results+json", "application/ld+json"),
    "srj": ("application/sparql-results+json", None),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "srx": ("application/sparql-results+xml", None),
    "csv": ("text/csv", None),
    "tsv": ("text/tab-separated-values", None),
    "turtle": (None, "text/turtle"),
    "ttl": (None, "text/turtle"),
    "ntriples": (None, "application/n-triples"),
    "n-triples": (None, "application/n-triples"),
    "nt": (None, "application/n-triples"),
    "jsonld": (None, "application/ld+json"),
    "json-ld": (None, "application/ld+json"),
    "rdf": (None, "application/rdf+xml"),
    "rdfxml": (None, "application/rdf+xml"),
    "rdf/xml": (None, "application/rdf+xml"),
    "rdf+xml": (None, "application/rdf+xml"),
    "n3": (None, "text/turtle"),
    "html": (PAGE, PAGE),
}
"""Values of ``format`` and ``output`` besides media types, with those of results and of graphs that they mean."""

HEADERS = 512
"""How many Accept headers are remembered: clients send few different ones, and weighing them is slow."""


@lru_cache(HEADERS)
def accepts(header: str) -> MIMEAccept:
    """Return the media ranges of an Accept header.

    An empty header accepts anything (RFC 9110, section 12.5.1). Werkzeug compares the parameters of a range too, so
    that ``text/csv;charset=utf-8`` would match nothing: they are dropped. The lone ``*`` that some clients send means
    ``*/*``.
    """
    ranges = parse_accept_header(header or "*/*", MIMEAccept)
    bare = [(value.split(";")[0].strip().lower(), quality) for value, quality in ranges]
    return MIMEAccept([("*/*" if value == "*" else value, quality) for value, quality in bare])


def wants_page(header: str) -> bool:
    """Return whether a client prefers pages to data, as browsers do."""
    offered = ["application/problem+json", "application/json", PAGE, "application/xhtml+xml"]
    return accepts(header).best_match(offered) in {PAGE, "application/xhtml+xml"}


@lru_cache(HEADERS)
def content_type(media_type: str, header: str) -> str:
    """Return the Content-Type of an answer: the name that the client used."""
    accepted = accepts(header)
    if accepted.quality(media_type) <= 0:
        for alias, meant in _ALIASES.items():
            if media_type in meant and accepted.quality(alias) > 0:
                media_type = alias
                break
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def as_data(request: Request) -> Request:
    """Return the request to evaluate for a page: JSON or Turtle."""
    return replace(
        request,
        results="application/sparql-results+json" if request.results == PAGE else request.results,
        graph="text/turtle" if request.graph == PAGE else request.graph,
    )


def acceptable_types(accept: str, parameters: Iterable[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Return the media types for results and for graphs.

    None where none fits that kind of answer. Errors: ProblemError where neither fits, or where there is no such format.
    """
    formats = dict(reversed([(name, value) for name, value in parameters if name in {"format", "output"} and value]))
    name = formats.get("format") or formats.get("output")
    if name is not None:
        return _of_format(name)
    results, graph = _preferred(accept)
    if results is None and graph is None:
        types = ", ".join([*RESULT_TYPES, *GRAPH_TYPES])
        raise ProblemError("accept", given=accept, types=types)
    return results, graph


@lru_cache(HEADERS)
def _preferred(accept: str) -> tuple[str | None, str | None]:
    """Return the media types that an Accept header likes best."""
    accepted = accepts(accept)
    return _best(accepted, [*RESULT_TYPES, PAGE], 0), _best(accepted, [*GRAPH_TYPES, PAGE], 1)


def _best(accepted: MIMEAccept, offered: list[str], kind: int) -> str | None:
    """Return the offered media type that the client likes best."""
    meanings: dict[str, str | None] = {name: name for name in offered}
    meanings |= {alias: meant[kind] for alias, meant in _ALIASES.items() if meant[kind]}
    return meanings.get(accepted.best_match(meanings) or "")


def _of_format(name: str) -> tuple[str | None, str | None]:
    """Return the media types that a value of ``format`` means.

    An unencoded plus sign has become a space.
    """
    value = name.strip().lower().replace(" ", "+").split(";")[0]
    if value in FORMATS:
        return FORMATS[value]
    if value in _ALIASES:
        return _ALIASES[value]
    if value == PAGE:
        return PAGE, PAGE
    if value in RESULT_TYPES or value in GRAPH_TYPES:
        return (value, None) if value in RESULT_TYPES else (None, value)
    raise ProblemError("format", given=name, types=", ".join(FORMATS))
