"""The service description (https://www.w3.org/TR/sparql11-service-description/) of the endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pyoxigraph import NamedNode, Triple, serialize

from kg.evaluator import GRAPH_TYPES, RESULT_TYPES
from kg.terms import RDF, SD, TYPE, VOID, integer
from kg.web.site import Site

_GRAPHS = "SELECT ?graph (COUNT(*) AS ?n) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph ORDER BY ?graph"

_FORMATS = [
    iri.replace("https://www.w3.org/ns/formats/data/", "http://www.w3.org/ns/formats/")
    for iri in [form.iri for form in RESULT_TYPES.values()] + [form.iri for form in GRAPH_TYPES.values()]
]
"""The names of the formats as the W3C lists them; the engine has another one for JSON-LD."""


@lru_cache(maxsize=8)
def describe_service(site: Site, media_type: str) -> bytes:
    """The description in one of GRAPH_TYPES: language, formats, and the graphs with their numbers of triples."""
    prefixes = {"sd": SD, "void": VOID, "rdf": RDF}
    return serialize(_triples(site), format=GRAPH_TYPES[media_type], prefixes=prefixes) or b""


def _triples(site: Site) -> Iterable[Triple]:
    """The triples of the description; every node has an IRI, below the endpoint's."""
    endpoint = f"{site.public_url}sparql"
    service, dataset, default = (NamedNode(f"{endpoint}#{name}") for name in ("service", "dataset", "default"))
    yield Triple(service, TYPE, NamedNode(SD + "Service"))
    yield Triple(service, NamedNode(SD + "endpoint"), NamedNode(endpoint))
    yield Triple(service, NamedNode(SD + "supportedLanguage"), NamedNode(SD + "SPARQL11Query"))
    for iri in _FORMATS:
        yield Triple(service, NamedNode(SD + "resultFormat"), NamedNode(iri))
    yield Triple(service, NamedNode(SD + "defaultDataset"), dataset)
    yield Triple(dataset, TYPE, NamedNode(SD + "Dataset"))
    yield Triple(dataset, NamedNode(SD + "defaultGraph"), default)
    yield from _graph(default, site.about.triples)
    for place, row in enumerate(site.select(_GRAPHS), 1):
        name, count = row["graph"], row["n"]
        if name["type"] == "uri":
            entry, graph = NamedNode(f"{endpoint}#named-{place}"), NamedNode(f"{endpoint}#graph-{place}")
            yield Triple(dataset, NamedNode(SD + "namedGraph"), entry)
            yield Triple(entry, TYPE, NamedNode(SD + "NamedGraph"))
            yield Triple(entry, NamedNode(SD + "name"), NamedNode(name["value"]))
            yield Triple(entry, NamedNode(SD + "graph"), graph)
            yield from _graph(graph, int(count["value"]))


def _graph(graph: NamedNode, triples: int) -> Iterable[Triple]:
    """A graph and its number of triples."""
    yield Triple(graph, TYPE, NamedNode(SD + "Graph"))
    yield Triple(graph, NamedNode(VOID + "triples"), integer(triples))
