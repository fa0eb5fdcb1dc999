"""What evaluation takes and returns: requests, answers and limits."""

from __future__ import annotations

from typing import Literal

import msgspec
from pyoxigraph import QueryResultsFormat, RdfFormat

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


class Limits(msgspec.Struct, frozen=True):
    """The limits of an answer: rows or triples, bytes, and seconds.

    ``evaluate`` keeps to rows and bytes. The time is kept by whoever can end an evaluation, and stands
    here to be published with the others.
    """

    rows: int = 100_000
    bytes: int = 67_108_864
    seconds: float = 10
