"""Evaluates requests: query and data set in, a whole answer out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from traceback import clear_frames
from typing import Literal

import msgspec
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions, QueryTriples, Store

from kg.endpoint.evaluation.query_scanner import hint, refuse, refuse_update
from kg.endpoint.evaluation.regex_dialect import spell_expressions
from kg.endpoint.evaluation.serialization import (
    GRAPH_TYPES,
    RESULT_TYPES,
    Limits,
    OverLimitError,
    Results,
    write_graph,
    write_results,
)
from kg.endpoint.problems import ProblemError

_PLACE = re.compile(r"error at (\d+):(\d+)")
_SENTENCE = re.compile(r"(?:expected |one of |, )((?:[A-Z]\w+ )[^,\"]*?\w+ [^,\"]+?)(?=, |$)")


Kind = Literal["rows", "boolean", "graph"]
"""What a query asks for: a table (SELECT), yes or no (ASK), or a graph (CONSTRUCT, DESCRIBE)."""


class Request(msgspec.Struct, frozen=True, cache_hash=True):
    """A query, its data set and the media types of its answer.

    ``default_graphs`` and ``named_graphs`` make up the data set where either names a graph (SPARQL
    1.1 Protocol, section 2.1.4); otherwise the query's own FROM does, or else the whole store.
    ``results`` is a key of RESULT_TYPES and ``graph`` one of GRAPH_TYPES; None means that no type for
    that kind of answer is acceptable. ``base`` resolves relative IRIs of the query. ``seconds`` is the
    longest time that the client wants to wait; whoever ends evaluations keeps to it where it is below
    the limit.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results: str | None = "application/sparql-results+json"
    graph: str | None = "text/turtle"
    base: str | None = None
    seconds: float | None = None


class Answer(msgspec.Struct, frozen=True):
    """The whole answer to a request, in UTF-8.

    ``kind`` is what the query asked for.
    """

    body: bytes
    media_type: str
    kind: Kind


def evaluate(store: Store, request: Request, limits: Limits | None = None) -> Answer:
    """Return the answer of the store to the request.

    Errors: ProblemError where the query is malformed, closed here, not to be had in an acceptable media
    type, or its answer is over a limit.
    """
    limits = limits or Limits()
    refuse(request.query)
    spelled = spell_expressions(request.query)
    try:
        return _ask(store, msgspec.structs.replace(request, query=spelled), limits)
    except ProblemError as problem:
        if spelled == request.query or not problem.code.startswith("syntax"):
            raise
        return _ask(store, request, limits)  # which tells the place in the query as it was sent
    except OverLimitError:
        raise ProblemError("bytes", limit=limits.bytes) from None
    except (RuntimeError, OSError, ValueError) as error:
        raise ProblemError("function", reason=str(error)) from None


def asker(store: Store, limits: Limits | None = None) -> Callable[[Request], Answer]:
    """Return the function that answers requests from a store in this process.

    It raises as ``evaluate`` does.
    """
    return lambda request: evaluate(store, request, limits)


def _ask(store: Store, request: Request, limits: Limits) -> Answer:
    """Return the answer; clear the frames of an error before it leaves.

    They hold the engine's results, which only this thread may drop.
    """
    try:
        return _answer(_query(store, request), store, request, limits)
    except Exception as error:
        clear_frames(error.__traceback__)
        raise


def _query(store: Store, request: Request) -> Results:
    """Return the engine's results, which are evaluated as they are read."""
    graphs = request.default_graphs or request.named_graphs
    default: list[NamedNode | DefaultGraph] | None = [NamedNode(iri) for iri in request.default_graphs]
    named: list[NamedNode] | None = [NamedNode(iri) for iri in request.named_graphs]
    try:
        results = store.query(
            request.query,
            base_iri=request.base,
            default_graph=default if graphs else None,  # type: ignore[arg-type]
            named_graphs=named if graphs else None,  # type: ignore[arg-type]
        )
    except SyntaxError as error:
        refuse_update(request.query)
        raise _malformed(request.query, str(error)) from None
    return results


def _malformed(query: str, message: str) -> ProblemError:
    """Return the problem of a query that the engine could not parse.

    The engine names the farthest place that any of its rules reached, which is right only where the
    words are right; so a plain finding about the words goes first and stands alone.
    """
    found = hint(query)
    if found:
        reason, values = found
        return ProblemError(f"syntax.{reason}", reason=reason, **values)
    place, sentence = _PLACE.search(message), _SENTENCE.search(message)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    if sentence:
        return ProblemError("syntax.engine", {"sentence": sentence[1]}, line=line, column=column)
    return ProblemError("syntax", line=line, column=column)


def _answer(results: Results, store: Store, request: Request, limits: Limits) -> Answer:
    """Write the results in the media type that the request accepts."""
    if isinstance(results, QueryTriples):
        media_type = _accepted(request.graph, GRAPH_TYPES)
        return Answer(write_graph(results, GRAPH_TYPES[media_type], request.query, limits), media_type, "graph")
    media_type = _accepted(request.results, RESULT_TYPES)
    body = write_results(results, RESULT_TYPES[media_type], limits, lambda: _query(store, request))
    return Answer(body, media_type, "rows" if isinstance(results, QuerySolutions) else "boolean")


def _accepted(media_type: str | None, offered: Mapping[str, object]) -> str:
    """Return the media type.

    Errors: ProblemError if there is none, with those offered for this kind of query.
    """
    if media_type is None:
        raise ProblemError("accept.kind", types=", ".join(offered))
    return media_type
