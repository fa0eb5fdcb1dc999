"""Reads requests of the SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/) and finds media types.

Pure: bytes and header values in, a Request or a RefusedError out. Updates are not offered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from kg.evaluator import GRAPH_TYPES, RESULT_TYPES, RefusedError, Request

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
PAGE = "text/html"
"""The media type of a Request whose answer is to be shown as a page."""

MAX_QUERY = 131_072
"""Longest query in characters."""

_ALIASES = {
    "application/json": ("application/sparql-results+json", "application/ld+json"),
    "application/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "text/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "text/plain": (None, "application/n-triples"),
    "application/x-turtle": (None, "text/turtle"),
    "application/xhtml+xml": (PAGE, PAGE),
}
"""Broader or older media types that clients ask for: what answers them for results and for graphs."""

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
    "html": (PAGE, PAGE),
}
"""Values of ``format`` and ``output``, besides media types: what they mean for results and for graphs."""

_STATUS = {
    "method": HTTPStatus.METHOD_NOT_ALLOWED,
    "media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "charset": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "slow-body": HTTPStatus.REQUEST_TIMEOUT,
    "accept": HTTPStatus.NOT_ACCEPTABLE,
    "shape": HTTPStatus.NOT_ACCEPTABLE,
}


@dataclass(frozen=True)
class Received:
    """What a request says, as it came: the query string and the body are bytes, headers "" where absent."""

    method: str
    query_string: bytes = b""
    content_type: str = ""
    accept: str = ""
    body: bytes = b""


def read(received: Received, base: str | None = None) -> Request:
    """The query, data set and acceptable media types of a request.

    Errors: RefusedError where the request is not one of the protocol's query operation (section 2.1).
    """
    if received.method not in METHODS:
        raise RefusedError(
            "method",
            f"{received.method} is not a method of this address.",
            "Send the query with GET or POST.",
            method=received.method,
        )
    parameters = _fields(received.query_string)
    if received.method == "POST":
        parameters += _posted(received)
    queries = [value for name, value in parameters if name == "query"]
    _demand_one_query(queries, {name for name, _ in parameters})
    results, graph = _media_types(received.accept, parameters)
    return Request(
        query=queries[0],
        default_graphs=_graphs(parameters, "default-graph-uri"),
        named_graphs=_graphs(parameters, "named-graph-uri"),
        results=results,
        graph=graph,
        base=base,
    )


def status(error: RefusedError) -> int:
    """The HTTP status of a refusal: 400, that is "change the request", where no other is more exact."""
    return int(_STATUS.get(error.code, HTTPStatus.BAD_REQUEST))


def problem(error: RefusedError) -> dict[str, str | int]:
    """The refusal as a problem document (RFC 9457), whose ``code`` and values are for programs."""
    code = status(error)
    title = HTTPStatus(code).phrase
    return {"title": title, "status": code, "detail": str(error), "code": error.code, **error.values}


def accepts(header: str) -> MIMEAccept:
    """The media ranges of an Accept header; an empty one accepts anything (RFC 9110, section 12.5.1).

    Werkzeug compares the parameters of a range too, so that ``text/csv;charset=utf-8`` would match
    nothing: they are dropped. The lone ``*`` that some clients send means ``*/*``.
    """
    ranges = parse_accept_header(header or "*/*", MIMEAccept)
    bare = [(value.split(";")[0].strip().lower(), quality) for value, quality in ranges]
    return MIMEAccept([("*/*" if value == "*" else value, quality) for value, quality in bare])


def wants_page(header: str) -> bool:
    """Whether a client would rather have a page than data: a browser, most often."""
    offered = ["application/problem+json", "application/json", PAGE, "application/xhtml+xml"]
    return accepts(header).best_match(offered) in {PAGE, "application/xhtml+xml"}


def content_type(media_type: str, header: str) -> str:
    """The Content-Type of an answer: the name under which the client asked for that media type."""
    accepted = accepts(header)
    if accepted.quality(media_type) <= 0:
        for alias, meant in _ALIASES.items():
            if media_type in meant and accepted.quality(alias) > 0:
                media_type = alias
                break
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def too_large(limit: int) -> RefusedError:
    """The refusal of a body that has more bytes than the limit."""
    return RefusedError(
        "too-large",
        f"The body of the request is larger than {limit:,} bytes, the most that is read.",
        "Send a shorter query.",
        limit=limit,
    )


def _posted(received: Received) -> list[tuple[str, str]]:
    """The parameters of a POST: of a form (section 2.1.2), or the body as the query (2.1.3)."""
    media_type, options = parse_options_header(received.content_type)
    if media_type in {FORM, DIRECT} and options.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise RefusedError(
            "charset",
            f"The body is declared as {options['charset']}.",
            "Send it in UTF-8, the one encoding of the protocol.",
            charset=options["charset"],
        )
    if media_type == FORM:
        return _fields(received.body)
    if media_type == DIRECT:
        return [("query", _text(received.body).removeprefix("\ufeff"))]
    if media_type == "application/sparql-update":
        raise _no_update()
    given = f"as '{media_type}'" if media_type else "without a media type"
    raise RefusedError(
        "media-type",
        f"The body came {given}.",
        f"Set Content-Type to {FORM} (query=...) or to {DIRECT} (the query itself).",
        given=media_type,
    )


def _demand_one_query(queries: list[str], names: set[str]) -> None:
    """Refuse a request that has not exactly one query, or one that is too long."""
    if "update" in names:
        raise _no_update()
    if not any(query.strip() for query in queries):
        raise RefusedError(
            "no-query", "There is no query in the request.", "Send it as the parameter 'query', or POST it."
        )
    if len(queries) > 1:
        raise RefusedError(
            "many-queries",
            f"There are {len(queries)} queries in the request.",
            "Send one query in each request.",
            count=len(queries),
        )
    if len(queries[0]) > MAX_QUERY:
        raise RefusedError(
            "too-large",
            f"The query is longer than {MAX_QUERY:,} characters, the most that one query may have.",
            "Split it, or load the download of the graph into a store of your own.",
            limit=MAX_QUERY,
        )


def _no_update() -> RefusedError:
    """The refusal of an update request."""
    return RefusedError(
        "update",
        "This is an update, and this service only reads.",
        "Send a query; to change the data, load the release into a store of your own.",
    )


def _text(body: bytes) -> str:
    """Bytes of a request as text."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(
            "encoding",
            f"The request is not UTF-8: byte {error.start + 1} cannot be read.",
            "Encode the query in UTF-8 before any percent-encoding.",
            byte=error.start + 1,
        ) from None


def _fields(encoded: bytes) -> list[tuple[str, str]]:
    """The fields of a query string or a form, percent-decoded exactly once."""
    try:
        return parse_qsl(_text(encoded), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError:
        raise RefusedError(
            "encoding",
            "The percent-encoded bytes of the request are not UTF-8.",
            "Encode the query in UTF-8 before the percent-encoding.",
        ) from None
    except ValueError:
        raise RefusedError(
            "too-large", "The request has more than 1,000 fields.", "Send fewer graphs.", limit=1000
        ) from None


def _graphs(parameters: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    """The graphs that the parameter names; those that forms send empty are left out."""
    graphs = tuple(dict.fromkeys(value for key, value in parameters if key == name and value))
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError:
            raise RefusedError(
                "graph-iri",
                f"The parameter '{name}' holds '{graph}', which is not an absolute IRI.",
                "Give the whole IRI of the graph; SELECT DISTINCT ?g { GRAPH ?g {} } lists those there are.",
                parameter=name,
                graph=graph,
            ) from None
    return graphs


def _media_types(accept: str, parameters: Iterable[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The media types that answer a SELECT or ASK and a CONSTRUCT or DESCRIBE; None where none does."""
    given = dict(reversed([(name, value) for name, value in parameters if name in {"format", "output"} and value]))
    name = given.get("format") or given.get("output")
    if name is not None:
        return _of_format(name)
    accepted = accepts(accept)
    results = _best(accepted, [*RESULT_TYPES, PAGE], 0)
    graph = _best(accepted, [*GRAPH_TYPES, PAGE], 1)
    if results is None and graph is None:
        types = ", ".join([*RESULT_TYPES, *GRAPH_TYPES])
        raise RefusedError(
            "accept", f"No answer is to be had as '{accept}'.", f"Accept one of {types}.", given=accept, types=types
        )
    return results, graph


def _best(accepted: MIMEAccept, offered: list[str], kind: int) -> str | None:
    """The offered media type that the client likes best; the order offered decides between equals."""
    meanings: dict[str, str | None] = {name: name for name in offered}
    meanings |= {alias: meant[kind] for alias, meant in _ALIASES.items() if meant[kind]}
    return meanings.get(accepted.best_match(meanings) or "")


def _of_format(name: str) -> tuple[str | None, str | None]:
    """What a value of ``format`` means; a plus sign that was sent unencoded has become a space."""
    value = name.strip().lower().replace(" ", "+").split(";")[0]
    if value in FORMATS:
        return FORMATS[value]
    if value in _ALIASES:
        return _ALIASES[value]
    if value == PAGE:
        return PAGE, PAGE
    if value in RESULT_TYPES or value in GRAPH_TYPES:
        return (value, None) if value in RESULT_TYPES else (None, value)
    raise RefusedError(
        "format",
        f"There is no format '{name}'.",
        f"Take one of {', '.join(FORMATS)}, or a media type.",
        given=name,
        types=", ".join(FORMATS),
    )
