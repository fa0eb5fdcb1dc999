"""The figures of a graph, each counted by a SPARQL query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from kg.model.iris import HOME, OWL, RDFS, SKOS

LINKS = (
    OWL + "sameAs",
    *(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")),
    RDFS + "seeAlso",
)
"""The properties that lead to the data of others."""

_TOTALS = """
SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?p) AS ?properties)
       (COUNT(DISTINCT ?o) AS ?objects)
WHERE { SELECT DISTINCT ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o } } }"""

_ENTITIES = """
SELECT (COUNT(DISTINCT ?s) AS ?entities) WHERE { GRAPH ?g { ?s a ?class } FILTER(STRSTARTS(STR(?s), "%(space)s")) }"""

_GRAPHS = """
SELECT ?key (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?p) AS ?properties)
       (COUNT(DISTINCT ?o) AS ?objects)
WHERE { GRAPH ?key { ?s ?p ?o } } GROUP BY ?key"""

_GRAPH_ENTITIES = """
SELECT ?key (COUNT(DISTINCT ?s) AS ?entities)
WHERE { GRAPH ?key { ?s a ?class } FILTER(STRSTARTS(STR(?s), "%(space)s")) } GROUP BY ?key"""

_GRAPH_CLASSES = "SELECT ?key (COUNT(DISTINCT ?class) AS ?classes) WHERE { GRAPH ?key { ?s a ?class } } GROUP BY ?key"

_CLASSES = "SELECT ?key (COUNT(DISTINCT ?s) AS ?entities) WHERE { GRAPH ?g { ?s a ?key } } GROUP BY ?key"

_PROPERTIES = """
SELECT ?key (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { SELECT DISTINCT ?s ?key ?o WHERE { GRAPH ?g { ?s ?key ?o } } } GROUP BY ?key"""

_LINKSETS = """
SELECT ?target ?key (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { SELECT DISTINCT ?s ?key ?o ?target WHERE {
  VALUES ?key { %(links)s }
  GRAPH ?g { ?s ?key ?o }
  FILTER(ISIRI(?o) && !STRSTARTS(STR(?o), "%(base)s") && !STRSTARTS(STR(?o), "%(home)s"))
  BIND(REPLACE(STR(?o), "^([a-z]+://[^/]+/).*$", "$1") AS ?target)
} } GROUP BY ?target ?key"""

Figures = dict[str, int]


@dataclass(frozen=True)
class Counts:
    """The figures of a data set: as a whole, and by graph, class, property and linkset."""

    whole: Figures
    graphs: Mapping[str, Figures]
    classes: Mapping[str, Figures]
    properties: Mapping[str, Figures]
    linksets: Mapping[tuple[str, str], Figures]
    """By start of the target's IRIs and linking property."""


def count(store: Store, base: str) -> Counts:
    """Count what a store with the named graphs of a release holds; ``base`` starts the IRIs of its things."""
    names = {"space": f"{base}id/", "base": base, "home": HOME, "links": " ".join(f"<{iri}>" for iri in LINKS)}
    graphs = _by_key(store, _GRAPHS)
    for query in (_GRAPH_ENTITIES % names, _GRAPH_CLASSES):
        for key, figures in _by_key(store, query).items():
            graphs[key] |= figures
    classes = _by_key(store, _CLASSES)
    whole = _rows(store, _TOTALS)[0][1] | _rows(store, _ENTITIES % names)[0][1] | {"classes": len(classes)}
    linksets = {(keys["target"], keys["key"]): figures for keys, figures in _rows(store, _LINKSETS % names)}
    return Counts(whole, graphs, classes, _by_key(store, _PROPERTIES), {key: linksets[key] for key in sorted(linksets)})


def _by_key(store: Store, query: str) -> dict[str, Figures]:
    rows = {keys["key"]: figures for keys, figures in _rows(store, query)}
    return {key: rows[key] for key in sorted(rows)}


def _rows(store: Store, query: str) -> list[tuple[dict[str, str], Figures]]:
    """The rows of a query: the values that name a row, and its figures."""
    answers = store.query(query)
    if not isinstance(answers, QuerySolutions):  # every query above is a SELECT
        return []
    names = [variable.value for variable in answers.variables]
    rows = []
    for answer in answers:
        found = [(name, answer[name]) for name in names]
        keys = {name: value.value for name, value in found if isinstance(value, NamedNode) or name == "target"}
        figures = {
            name: int(value.value)
            for name, value in found
            if isinstance(value, Literal) and name not in ("target", "key")
        }
        rows.append((keys, figures))
    return rows
