"""Writes results and graphs so that every parser reads the same."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import IO, cast

import msgspec
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    serialize,
)

from kg.endpoint.evaluation.query_scanner import prefixes
from kg.endpoint.problems import ProblemError
from kg.model.iris import PREFIXES, RDF, TYPE, XSD, is_iri

RESULT_TYPES = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
"""Media types of the answers to SELECT and ASK, the one preferred first."""

GRAPH_TYPES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
"""Media types of the answers to CONSTRUCT and DESCRIBE, the one preferred first."""

Term = NamedNode | BlankNode | Literal | Triple
Results = QuerySolutions | QueryBoolean | QueryTriples

_LOCAL_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""What XML 1.0 forbids even escaped (section 2.2): control characters, U+FFFE and U+FFFF, in UTF-8."""

_UNSPELLED = {RDF + "langString", *(XSD + name for name in ("string", "integer", "decimal", "double", "boolean"))}


class Limits(msgspec.Struct, frozen=True):
    """The limits of an answer: rows or triples, bytes, and seconds.

    ``evaluate`` keeps to rows and bytes. The time is kept by whoever can end an evaluation, and stands
    here to be published with the others.
    """

    rows: int = 100_000
    bytes: int = 67_108_864
    seconds: float = 10


class OverLimitError(Exception):
    """Raised when an answer grows over the limit of bytes."""


class _Buffer(io.BytesIO):
    """A buffer that stops the evaluation which writes more than its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._room = limit

    def write(self, data: object, /) -> int:
        """Take bytes, or raise OverLimitError."""
        written = super().write(cast("bytes", data))
        self._room -= written
        if self._room < 0:
            raise OverLimitError
        return written


def write_results(
    results: QuerySolutions | QueryBoolean, form: QueryResultsFormat, limits: Limits, again: Callable[[], Results]
) -> bytes:
    """Return the rows, or yes or no, in a format.

    ``again`` evaluates the query once more, for what the engine cannot write and this module does.

    Errors: ProblemError where there are too many rows or XML cannot hold them, OverLimitError.
    """
    buffer = _Buffer(limits.bytes)
    results.serialize(cast("IO[bytes]", buffer), form)
    body = buffer.getvalue()
    if isinstance(results, QuerySolutions):
        if len(body) > limits.rows and _most_rows(body, form) > limits.rows and _rows(body, form) > limits.rows:
            raise ProblemError("rows", limit=limits.rows)
        if form == QueryResultsFormat.CSV and not _is_right_csv(body, len(results.variables)):
            return _csv(cast("QuerySolutions", again()), limits)
    return checked_xml(body) if form == QueryResultsFormat.XML else body


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
        return sum(1 for _ in _read_csv(body)) - 1
    return body.count(b"<result>") if form == QueryResultsFormat.XML else body.count(b"\n") - 1


def _read_csv(body: bytes) -> Iterable[list[str]]:
    """Return the rows of a table in CSV, with its head."""
    # the limit is that of the process: raise it for a long cell, and never lower it for other readers
    csv.field_size_limit(max(csv.field_size_limit(), len(body) + 1))
    return csv.reader(io.StringIO(body.decode(), newline=""))


def _is_right_csv(body: bytes, columns: int) -> bool:
    """Return whether each row of the engine's table has all columns.

    The engine quotes literals only: a comma in an IRI begins another column, and an empty cell that is alone in its
    row leaves an empty line, which many readers skip.
    """
    if not columns:
        return True
    if b'"' not in body and columns > 1:
        return body.count(b",") == body.count(b"\n") * (columns - 1)
    return all(len(row) == columns for row in _read_csv(body))


def _csv(results: QuerySolutions, limits: Limits) -> bytes:
    """Return the rows in CSV (RFC 4180; SPARQL 1.1 CSV, section 3)."""
    buffer = _Buffer(limits.bytes)
    text = io.TextIOWrapper(buffer, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([variable.value for variable in results.variables])
    for solution in results:
        writer.writerow([_plain(term) for term in solution])
    return buffer.getvalue()


def _plain(term: Term | None) -> str:
    """Return a term as CSV has it, without its kind."""
    if term is None:
        return ""
    return str(term) if isinstance(term, BlankNode | Triple) else term.value


def write_graph(results: QueryTriples, form: RdfFormat, query: str, limits: Limits) -> bytes:
    """Return the triples by subject, with the prefixes that they use.

    Errors: ProblemError where there are too many or the format cannot hold them, OverLimitError.
    """
    triples = list(islice(results, limits.rows + 1))
    if len(triples) > limits.rows:
        raise ProblemError("rows", limit=limits.rows)
    if form == RdfFormat.RDF_XML:
        demand_names({triple.predicate.value for triple in triples})
    buffer = _Buffer(limits.bytes)
    known = PREFIXES if form == RdfFormat.RDF_XML else PREFIXES | _absolute(prefixes(query))
    used = _used(known, triples) if form in {RdfFormat.TURTLE, RdfFormat.RDF_XML} else None
    try:
        serialize(_together(triples), cast("IO[bytes]", buffer), form, prefixes=used)
    except (OSError, ValueError) as error:  # RDF 1.2 in a format of RDF 1.1
        raise _no_shape(str(error).rstrip(".")) from None
    return checked_xml(buffer.getvalue()) if form == RdfFormat.RDF_XML else buffer.getvalue()


def _absolute(declared: dict[str, str]) -> dict[str, str]:
    """Return the prefixes that the writers take: not those relative to BASE."""
    return {prefix: namespace for prefix, namespace in declared.items() if is_iri(namespace)}


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


def demand_names(predicates: set[str]) -> None:
    """Refuse RDF/XML for a predicate that ends in no XML name."""
    for predicate in sorted(predicates):
        if not _LOCAL_NAME.search(predicate):
            raise _no_shape(f"RDF/XML has no way to write the property <{predicate}>")


def checked_xml(body: bytes) -> bytes:
    """Return XML of which parsers read every character as it was written.

    They read a carriage return as a line feed unless it is escaped (XML 1.0, section 2.11).

    Errors: ProblemError where a character cannot be in XML.
    """
    if _NOT_XML.search(body):
        raise _no_shape("The answer holds a character that XML cannot hold")
    return body.replace(b"\r", b"&#13;")


def _no_shape(reason: str) -> ProblemError:
    """Return the problem of an answer that its format cannot hold."""
    return ProblemError("shape", reason=reason)
