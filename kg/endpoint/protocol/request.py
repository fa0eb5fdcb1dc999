"""Reads requests of the query operation (https://www.w3.org/TR/sparql11-protocol/#query-operation)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from pyoxigraph import NamedNode
from werkzeug.http import parse_options_header

from kg.endpoint.evaluation import ProblemError, Request
from kg.endpoint.protocol.form_decoding import demand_text, fields
from kg.endpoint.protocol.media_types import PAGE, media_types

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
MAX_QUERY = 131_072
"""Longest query in characters."""

_STATUS = {
    "method": HTTPStatus.METHOD_NOT_ALLOWED,
    "media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "charset": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too-long": HTTPStatus.REQUEST_URI_TOO_LONG,
    "long-header": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "slow-body": HTTPStatus.REQUEST_TIMEOUT,
    "accept": HTTPStatus.NOT_ACCEPTABLE,
    "shape": HTTPStatus.NOT_ACCEPTABLE,
    "no-graph": HTTPStatus.NOT_FOUND,
    "no-thing": HTTPStatus.NOT_FOUND,
    "gone": HTTPStatus.GONE,
    "timeout": HTTPStatus.GATEWAY_TIMEOUT,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "lost": HTTPStatus.SERVICE_UNAVAILABLE,
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

    Errors: ProblemError where the request is not one of the protocol's query operation (section 2.1).
    """
    if received.method not in METHODS:
        raise ProblemError(
            "method",
            f"{received.method} is not a method of this address.",
            "Send the query with GET or POST.",
            method=received.method,
        )
    parameters = fields(received.query_string)
    if received.method == "POST":
        parameters += _posted(received)
    queries = [value for name, value in parameters if name == "query"]
    _demand_one_query(queries, {name for name, _ in parameters})
    results, graph = media_types(received.accept, parameters)
    return Request(
        query=queries[0],
        default_graphs=_graphs(parameters, "default-graph-uri"),
        named_graphs=_graphs(parameters, "named-graph-uri"),
        results=results,
        graph=graph,
        base=base,
        seconds=_seconds(parameters),
    )


def description_type(received: Received) -> str | None:
    """The media type for a description of the service, which a GET without a query asks for; None where none fits."""
    parameters = fields(received.query_string)
    if received.method == "POST" or any(name == "query" for name, _ in parameters):
        return None
    graph = media_types(received.accept, parameters)[1]
    return None if graph == PAGE else graph


def status(error: ProblemError) -> int:
    """The HTTP status of a refusal: 400, that is "change the request", where no other is more exact."""
    return int(_STATUS.get(error.code, HTTPStatus.BAD_REQUEST))


def problem(error: ProblemError) -> dict[str, str | int]:
    """The refusal as a problem document (RFC 9457), whose ``code`` and values are for programs."""
    code = status(error)
    title = HTTPStatus(code).phrase
    return {"title": title, "status": code, "detail": str(error), "code": error.code, **error.values}


def too_large(limit: int) -> ProblemError:
    """The refusal of a body that has more bytes than the limit."""
    return ProblemError(
        "too-large",
        f"The body of the request is larger than {limit:,} bytes, the most that is read.",
        "Send a shorter query.",
        limit=limit,
    )


def _posted(received: Received) -> list[tuple[str, str]]:
    """The parameters of a POST: of a form (section 2.1.2), or the body as the query (2.1.3)."""
    media_type, options = parse_options_header(received.content_type.lower())
    if media_type in {FORM, DIRECT} and options.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ProblemError(
            "charset",
            f"The body is declared as {options['charset']}.",
            "Send it in UTF-8, the one encoding of the protocol.",
            charset=options["charset"],
        )
    if media_type == FORM:
        return fields(received.body)
    if media_type == DIRECT:
        return [("query", demand_text(received.body).removeprefix("\ufeff"))]
    if media_type == "application/sparql-update":
        raise _no_update()
    given = f"as '{media_type}'" if media_type else "without a media type"
    raise ProblemError(
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
        raise ProblemError(
            "no-query", "There is no query in the request.", "Send it as the parameter 'query', or POST it."
        )
    if len(queries) > 1:
        raise ProblemError(
            "many-queries",
            f"There are {len(queries)} queries in the request.",
            "Send one query in each request.",
            count=len(queries),
        )
    if len(queries[0]) > MAX_QUERY:
        raise ProblemError(
            "too-large",
            f"The query is longer than {MAX_QUERY:,} characters, the most that one query may have.",
            "Split it, or load the download of the graph into a store of your own.",
            limit=MAX_QUERY,
        )


def _no_update() -> ProblemError:
    """The refusal of an update request."""
    return ProblemError(
        "update",
        "This is an update, and this service only reads.",
        "Send a query; to change the data, load the release into a store of your own.",
    )


def _seconds(parameters: Iterable[tuple[str, str]]) -> float | None:
    """The parameter ``timeout``: the longest that the client wants to wait, in seconds; not sent, or empty: None."""
    given = next((value for name, value in parameters if name == "timeout" and value), None)
    if given is None:
        return None
    seconds = float(given) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+", given) else math.nan
    if not seconds > 0:
        raise ProblemError(
            "timeout-value",
            f"The parameter 'timeout' holds '{given}', which is no number of seconds above zero.",
            "Give a number, as in timeout=2.5; it can only lower the limit of the service.",
            given=given,
        )
    return seconds


def _graphs(parameters: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    """The graphs that the parameter names; those that forms send empty are left out."""
    graphs = tuple(dict.fromkeys(value for key, value in parameters if key == name and value))
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError:
            raise ProblemError(
                "graph-iri",
                f"The parameter '{name}' holds '{graph}', which is not an absolute IRI.",
                "Give the whole IRI of the graph; SELECT DISTINCT ?g { GRAPH ?g {} } lists those there are.",
                parameter=name,
                graph=graph,
            ) from None
    return graphs
