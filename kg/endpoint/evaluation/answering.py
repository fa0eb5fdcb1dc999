"""Evaluates a request and writes its answer, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from itertools import islice
from traceback import clear_frames
from typing import IO, cast

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from kg.endpoint.evaluation.query_request import GRAPH_TYPES, RESULT_TYPES, Answer, Limits, Request
from kg.endpoint.evaluation.query_scanner import hint, prefixes, refuse, refuse_update
from kg.endpoint.problems import ProblemError
from kg.model.iris import PREFIXES, RDF, TYPE, XSD

_LOCAL_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UNSPELLED = {RDF + "langString", *(XSD + name for name in ("string", "integer", "decimal", "double", "boolean"))}
_PLACE = re.compile(r"error at (\d+):(\d+)")
_SENTENCE = re.compile(r"(?:expected |one of |, )((?:[A-Z]\w+ )[^,\"]*?\w+ [^,\"]+?)(?=, |$)")


class _OverLimit(Exception):  # noqa: N818  it never leaves this module
    """Raised when an answer grows over the limit of bytes."""


class _Buffer(io.BytesIO):
    """A buffer that stops the evaluation which writes more than its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._room = limit

    def write(self, data: object, /) -> int:
        """Take bytes, or raise _OverLimit."""
        written = super().write(cast("bytes", data))
        self._room -= written
        if self._room < 0:
            raise _OverLimit
        return written


def evaluate(store: Store, request: Request, limits: Limits | None = None) -> Answer:
    """Return the answer of the store to the request.

    Errors: ProblemError where the query is malformed, closed here, not to be had in an acceptable media
    type, or its answer is over a limit.
    """
    limits = limits or Limits()
    refuse(request.query)
    try:
        return _ask(store, request, limits)
    except _OverLimit:
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
        return _answer(_query(store, request), request, limits)
    except Exception as error:
        clear_frames(error.__traceback__)
        raise


def _query(store: Store, request: Request) -> QuerySolutions | QueryBoolean | QueryTriples:
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


def _answer(results: QuerySolutions | QueryBoolean | QueryTriples, request: Request, limits: Limits) -> Answer:
    """Write the results in the media type that the request accepts."""
    if isinstance(results, QueryTriples):
        kind = _accepted(request.graph, GRAPH_TYPES)
        return Answer(_write_graph(results, GRAPH_TYPES[kind], request.query, limits), kind, "graph")
    kind = _accepted(request.results, RESULT_TYPES)
    form = RESULT_TYPES[kind]
    buffer = _Buffer(limits.bytes)
    results.serialize(cast("IO[bytes]", buffer), form)
    body = buffer.getvalue()
    if form == QueryResultsFormat.XML:
        _demand_xml(body)
    if isinstance(results, QueryBoolean):
        return Answer(body, kind, "boolean")
    if len(body) > limits.rows and _most_rows(body, form) > limits.rows and _rows(body, form) > limits.rows:
        raise _too_many_rows(limits)
    return Answer(body, kind, "rows")


def _accepted(media_type: str | None, offered: dict[str, RdfFormat] | dict[str, QueryResultsFormat]) -> str:
    """Return the media type.

    Errors: ProblemError if there is none, with those offered for this kind of query.
    """
    if media_type is None:
        types = ", ".join(offered)
        raise ProblemError("accept.kind", types=types)
    return media_type


def _too_many_rows(limits: Limits) -> ProblemError:
    """Return the problem of an answer with too many rows or triples."""
    return ProblemError("rows", limit=limits.rows)


def _most_rows(body: bytes, form: QueryResultsFormat) -> int:
    """At most how many rows an answer has, found without parsing it.

    A mark that stands between rows is counted; literals may hold it too, so the truth may be less.
    """
    mark = {QueryResultsFormat.JSON: b"},{", QueryResultsFormat.XML: b"<result>"}.get(form, b"\n")
    return body.count(mark) + 1


def _rows(body: bytes, form: QueryResultsFormat) -> int:
    """Count the rows of an answer."""
    if form == QueryResultsFormat.JSON:
        return len(json.loads(body)["results"]["bindings"])
    if form == QueryResultsFormat.CSV:
        csv.field_size_limit(len(body) + 1)
        return sum(1 for _ in csv.reader(io.StringIO(body.decode(), newline=""))) - 1
    return body.count(b"<result>") if form == QueryResultsFormat.XML else body.count(b"\n") - 1


def _write_graph(results: QueryTriples, form: RdfFormat, query: str, limits: Limits) -> bytes:
    """Write the triples by subject, with the prefixes that they use."""
    triples = list(islice(results, limits.rows + 1))
    if len(triples) > limits.rows:
        raise _too_many_rows(limits)
    if form == RdfFormat.RDF_XML:
        _demand_names({triple.predicate.value for triple in triples})
    buffer = _Buffer(limits.bytes)
    known = PREFIXES if form == RdfFormat.RDF_XML else PREFIXES | prefixes(query)
    used = _used(known, triples) if form in {RdfFormat.TURTLE, RdfFormat.RDF_XML} else None
    serialize(_together(triples), cast("IO[bytes]", buffer), form, prefixes=used)
    if form == RdfFormat.RDF_XML:
        _demand_xml(buffer.getvalue())
    return buffer.getvalue()


def _together(triples: Sequence[Triple]) -> list[Triple]:
    """Sort the triples by the first use of their subjects and properties.

    The writers write neighbours with the same subject or property in short.
    """
    subjects: dict[object, int] = {}
    predicates: dict[object, int] = {TYPE: 0}
    for triple in triples:
        subjects.setdefault(triple.subject, len(subjects))
        predicates.setdefault(triple.predicate, len(predicates))
    return sorted(triples, key=lambda triple: (subjects[triple.subject], predicates[triple.predicate]))


def _used(known: dict[str, str], triples: Sequence[Triple]) -> dict[str, str]:
    """Return the prefixes whose namespace begins an IRI to be spelled out."""
    iris: set[str] = set()
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, NamedNode) and term != TYPE:
                iris.add(term.value)
            elif isinstance(term, Literal) and term.datatype.value not in _UNSPELLED:
                iris.add(term.datatype.value)
    starts = {iri[: end + 1] for iri in iris for end in (iri.rfind("/"), iri.rfind("#")) if end > 0}
    return {
        prefix: namespace
        for prefix, namespace in known.items()
        if namespace in starts or (namespace[-1:] not in {"/", "#"} and any(iri.startswith(namespace) for iri in iris))
    }


def _demand_names(predicates: set[str]) -> None:
    """Refuse RDF/XML for a predicate that ends in no XML name."""
    for predicate in sorted(predicates):
        if not _LOCAL_NAME.search(predicate):
            raise _no_xml(f"RDF/XML has no way to write the property <{predicate}>")


def _demand_xml(body: bytes) -> None:
    """Refuse XML with a control character, which XML 1.0 forbids even escaped."""
    if _NOT_XML.search(body):
        raise _no_xml("The answer holds a control character, which XML cannot hold")


def _no_xml(reason: str) -> ProblemError:
    """Return the problem of an answer that XML cannot write."""
    return ProblemError("shape", reason=reason)
