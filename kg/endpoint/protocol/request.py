"""Reads requests of the query operation (https://www.w3.org/TR/sparql11-protocol/#query-operation)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode
from werkzeug.http import parse_options_header

from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol.form_decoding import decode_form, demand_text
from kg.endpoint.protocol.media_types import acceptable_types

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
MAX_QUERY = 131_072
"""Longest query in characters."""


@dataclass(frozen=True)
class ProtocolRequest:
    """What a request says, as it came: the query string and the body are bytes, headers "" where absent."""

    method: str
    query_string: bytes = b""
    content_type: str = ""
    accept: str = ""
    body: bytes = b""


def parse_request(received: ProtocolRequest, base: str | None = None) -> Request:
    """The query, data set and acceptable media types of a request.

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
        query=queries[0],
        default_graphs=_graphs(parameters, "default-graph-uri"),
        named_graphs=_graphs(parameters, "named-graph-uri"),
        results=results,
        graph=graph,
        base=base,
        seconds=_seconds(parameters),
    )


def _posted(received: ProtocolRequest) -> list[tuple[str, str]]:
    """The parameters of a POST: of a form (section 2.1.2), or the body as the query (2.1.3)."""
    media_type, options = parse_options_header(received.content_type.lower())
    if media_type in {FORM, DIRECT} and options.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ProblemError("charset", charset=options["charset"])
    if media_type == FORM:
        return decode_form(received.body)
    if media_type == DIRECT:
        return [("query", demand_text(received.body).removeprefix("\ufeff"))]
    if media_type == "application/sparql-update":
        raise ProblemError("update")
    raise ProblemError("media-type" if media_type else "media-type.none", given=media_type)


def _demand_one_query(queries: list[str], names: set[str]) -> None:
    """Refuse a request that has not exactly one query, or one that is too long."""
    if "update" in names:
        raise ProblemError("update")
    if not any(query.strip() for query in queries):
        raise ProblemError("no-query")
    if len(queries) > 1:
        raise ProblemError("many-queries", count=len(queries))
    if len(queries[0]) > MAX_QUERY:
        raise ProblemError("too-large.query", limit=MAX_QUERY)


def _seconds(parameters: Iterable[tuple[str, str]]) -> float | None:
    """The parameter ``timeout``: the longest that the client wants to wait, in seconds; not sent, or empty: None."""
    given = next((value for name, value in parameters if name == "timeout" and value), None)
    if given is None:
        return None
    seconds = float(given) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+", given) else math.nan
    if not seconds > 0:
        raise ProblemError("timeout-value", given=given)
    return seconds


def _graphs(parameters: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    """The graphs that the parameter names; those that forms send empty are left out."""
    graphs = tuple(dict.fromkeys(value for key, value in parameters if key == name and value))
    for graph in graphs:
        try:
            NamedNode(graph)
        except ValueError:
            raise ProblemError("graph-iri", parameter=name, graph=graph) from None
    return graphs
