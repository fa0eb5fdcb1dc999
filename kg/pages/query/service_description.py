"""The service description of the endpoint.

https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec.structs import asdict
from pyoxigraph import Literal, NamedNode, Triple, serialize

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Request
from kg.endpoint.problems import ProblemError
from kg.model.iris import HOME, RDF, RDFS, SD, TYPE, VOID, XSD, integer
from kg.pages.shared.app_context import AppContext

LIMIT = HOME + "limit#"
"""Namespace of our terms for limits, which no common vocabulary has."""

_LIMITS = {
    "seconds": "Longest time in seconds that a query may take; 'timeout=' in a request can lower it.",
    "memory": "Most bytes of memory that the evaluation of a query may use besides the data.",
    "rows": "Most rows or triples of an answer. A larger one is not sent at all.",
    "bytes": "Most bytes of an answer. A larger one is not sent at all.",
}
"""The terms of that namespace, properties of the service, with their comments."""

_GRAPHS = "SELECT ?graph (COUNT(*) AS ?n) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph ORDER BY ?graph"
_NOT_UNION = """ASK {
  { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }
  UNION { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }
}"""

_FORMATS = [
    iri.replace("https://www.w3.org/ns/formats/data/", "http://www.w3.org/ns/formats/")
    for iri in [form.iri for form in RESULT_TYPES.values()] + [form.iri for form in GRAPH_TYPES.values()]
]
"""The formats as the W3C names them; the engine names JSON-LD differently."""


@lru_cache(maxsize=8)
def describe_service(context: AppContext, media_type: str) -> bytes:
    """Return the description in one of GRAPH_TYPES.

    It names query language, formats, limits, and graphs with their size. It is cached, since it counts all triples.
    """
    prefixes = {"sd": SD, "void": VOID, "rdf": RDF, "rdfs": RDFS, "limit": LIMIT}
    order: dict[object, int] = {}
    for triple in _triples(context):
        order.setdefault(triple.subject, len(order))
    # Turtle groups only adjacent triples.
    grouped = sorted(_triples(context), key=lambda triple: order[triple.subject])
    return serialize(grouped, format=GRAPH_TYPES[media_type], prefixes=prefixes) or b""


@lru_cache(maxsize=2)
def _triples(context: AppContext) -> tuple[Triple, ...]:
    """Return the triples; every node is the endpoint with a fragment."""
    endpoint = f"{context.public_url}sparql"
    service, dataset, default = (NamedNode(f"{endpoint}#{name}") for name in ("service", "dataset", "default"))
    return (
        Triple(service, TYPE, NamedNode(SD + "Service")),
        Triple(service, NamedNode(SD + "endpoint"), NamedNode(endpoint)),
        Triple(service, NamedNode(SD + "supportedLanguage"), NamedNode(SD + "SPARQL11Query")),
        *(Triple(service, NamedNode(SD + "feature"), NamedNode(SD + name)) for name in _features(context)),
        *(Triple(service, NamedNode(SD + "resultFormat"), NamedNode(iri)) for iri in _FORMATS),
        *_limits(context, service),
        Triple(service, NamedNode(SD + "defaultDataset"), dataset),
        Triple(dataset, TYPE, NamedNode(SD + "Dataset")),
        Triple(dataset, NamedNode(SD + "defaultGraph"), default),
        *_graph(default, context.release_info.triples),
        *_named_graphs(context, endpoint, dataset),
        *(Triple(NamedNode(LIMIT + name), NamedNode(RDFS + "comment"), Literal(_LIMITS[name], language="en"))
          for name in _LIMITS),
    )  # fmt: skip


def _features(context: AppContext) -> list[str]:
    """Return the features (section 3.3) that hold.

    Graphs are never fetched, and other endpoints never queried.
    """
    try:
        answer = context.evaluate(Request(_NOT_UNION))
    except ProblemError as error:
        _raise_if_temporary(error)
        return []
    return ["UnionDefaultGraph"] if b"false" in answer.body else []


def _limits(context: AppContext, service: NamedNode) -> Iterable[Triple]:
    """Yield the limits as numbers."""
    limits = {**asdict(context.limits), "memory": context.project["limits.memory"]}
    for name in _LIMITS:
        value = limits[name]
        exact = integer(int(value)) if value == int(value) else Literal(str(value), datatype=NamedNode(XSD + "decimal"))
        yield Triple(service, NamedNode(LIMIT + name), exact)


def _named_graphs(context: AppContext, endpoint: str, dataset: NamedNode) -> Iterable[Triple]:
    """Yield the named graphs with their size.

    There are none if they exceed the rows of an answer.
    """
    try:
        rows = context.select(_GRAPHS)
    except ProblemError as error:
        _raise_if_temporary(error)
        return
    for place, row in enumerate(rows, 1):
        name, count = row["graph"], row["n"]
        if name["type"] == "uri":
            entry, graph = NamedNode(f"{endpoint}#named-{place}"), NamedNode(f"{endpoint}#graph-{place}")
            yield Triple(dataset, NamedNode(SD + "namedGraph"), entry)
            yield Triple(entry, TYPE, NamedNode(SD + "NamedGraph"))
            yield Triple(entry, NamedNode(SD + "name"), NamedNode(name["value"]))
            yield Triple(entry, NamedNode(SD + "graph"), graph)
            yield from _graph(graph, int(count["value"]))


def _raise_if_temporary(error: ProblemError) -> None:
    """Raise a temporary problem, so that an incomplete description is not cached."""
    if error.code in {"busy", "lost"}:
        raise error


def _graph(graph: NamedNode, triples: int) -> Iterable[Triple]:
    """Yield a graph with its size."""
    yield Triple(graph, TYPE, NamedNode(SD + "Graph"))
    yield Triple(graph, NamedNode(VOID + "triples"), integer(triples))
