"""The VoID description, with figures that anyone can count again.

Describing Linked Datasets with the VoID Vocabulary: https://www.w3.org/TR/void/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store, Triple

from kg.model import release_files
from kg.model.iris import DCT, FOAF, HOME, OWL, PREFIXES, RDFS, SKOS, VOID, integer
from kg.model.languages import LANGUAGES
from kg.model.messages import in_all_languages, translations
from kg.model.ontology import property_name
from kg.release.catalogue.harvesters import describe, node, typed, words
from kg.release.formats.arrangement import Arrangement, Section
from kg.release.formats.turtle import write_turtle

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
    """The figures of a data set and of its parts."""

    whole: Figures
    graphs: Mapping[str, Figures]
    classes: Mapping[str, Figures]
    properties: Mapping[str, Figures]
    linksets: Mapping[tuple[str, str], Figures]
    """By start of the target's IRIs and linking property."""


def count(store: Store, base: str) -> Counts:
    """Count what a store with the graphs of a release holds.

    ``base`` starts the IRIs of its things.
    """
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
    """Return each row of a query: its keys and its figures."""
    answers = store.query(query)
    if not isinstance(answers, QuerySolutions):  # every query above is a SELECT
        return []
    names = [variable.value for variable in answers.variables]
    rows = []
    for answer in answers:
        cells = [(name, answer[name]) for name in names]
        keys = {name: value.value for name, value in cells if isinstance(value, NamedNode) or name == "target"}
        figures = {
            name: int(value.value)
            for name, value in cells
            if isinstance(value, Literal) and name not in ("target", "key")
        }
        rows.append((keys, figures))
    return rows


_WHOLE = (release_files.GRAPH, release_files.GRAPH_NTRIPLES, release_files.GRAPH_TRIG)
_DUMPS = {**release_files.OF_ONE_GRAPH, "ontology": release_files.ONTOLOGY}
"""The files that hold the whole graph, and those that hold one of its graphs."""

_FORMATS = ("N-Quads", "N-Triples", "TriG", "Turtle", "JSON-LD")
_FIGURES = {
    "triples": "triples",
    "entities": "entities",
    "classes": "classes",
    "properties": "properties",
    "subjects": "distinctSubjects",
    "objects": "distinctObjects",
}
"""The VoID property of each figure (section 4.6)."""

Groups = list[list[Triple]]


def void_turtle(arrangement: Arrangement) -> bytes:
    """Return ``void.ttl``: the data set and its parts with their figures."""
    store = Store()
    store.bulk_extend(arrangement.quads)
    counts = count(store, arrangement.minter.base)
    describing = _Description(arrangement, counts)
    links, graphs = describing.linksets(), describing.graphs()
    classes = describing.partitions("class", counts.classes)
    properties = describing.partitions("property", counts.properties)
    about = describing.dataset()
    for kind, groups in (("subset", [*graphs, *links]), ("classPartition", classes), ("propertyPartition", properties)):
        about += [Triple(about[0].subject, NamedNode(VOID + kind), group[0].subject) for group in groups]
    sections = [
        Section(in_all_languages("Data set"), [describing.document(), about]),
        Section(in_all_languages("Named graphs"), graphs),
        Section(in_all_languages("Links"), [*links, *describing.targets()]),
        Section(in_all_languages("Classes"), classes),
        Section(in_all_languages("Properties"), properties),
    ]
    project = arrangement.project
    header = [project["title.fr"], project["title.en"], "", f"VoID · {project['version']}"]
    return write_turtle(header, sections, describing.prefixes())


class _Description:
    """The parts of a VoID description.

    Their IRIs are fragments of ``.well-known/void``.
    """

    def __init__(self, arrangement: Arrangement, counts: Counts) -> None:
        self._arrangement = arrangement
        self._counts = counts
        self._public = arrangement.project.public_url
        self._page = f"{self._public}.well-known/void"

    def document(self) -> list[Triple]:
        """Return the triples of the description itself (section 6)."""
        dataset = self._arrangement.minter.dataset
        return describe(
            NamedNode(self._page),
            [VOID + "DatasetDescription"],
            (DCT + "title", words(translations("VoID description"))),
            (FOAF + "primaryTopic", dataset),
            (FOAF + "topic", dataset),
        )

    def dataset(self) -> list[Triple]:
        """Return the triples of the data set as a whole."""
        project, minter = self._arrangement.project, self._arrangement.minter
        return describe(
            minter.dataset,
            [VOID + "Dataset"],
            (DCT + "title", words({tag: project[f"title.{tag}"] for tag in LANGUAGES})),
            (DCT + "description", words({tag: project[f"description.{tag}"] for tag in LANGUAGES})),
            (DCT + "license", node(project["licence"])),
            (DCT + "modified", typed(project["released"], "date") if project["released"] else None),
            (FOAF + "homepage", NamedNode(self._public)),
            (FOAF + "page", [NamedNode(f"{self._public}{path}") for path in ("things", "releases", "feed")]),
            (VOID + "uriSpace", Literal(f"{minter.base}id/")),
            (VOID + "sparqlEndpoint", NamedNode(f"{self._public}sparql")),
            (VOID + "dataDump", [self._download(name) for name in _WHOLE]),
            (VOID + "feature", [NamedNode(f"http://www.w3.org/ns/formats/{name}") for name in _FORMATS]),
            (VOID + "exampleResource", self._examples()),
            (VOID + "vocabulary", self._vocabularies()),
            *_figures(self._counts.whole),
        )

    def graphs(self) -> Groups:
        """Return a subset for each named graph."""
        start = f"{self._arrangement.minter.base}graph/"
        groups = []
        for iri, figures in self._counts.graphs.items():
            name = iri.removeprefix(start)
            dump = self._download(_DUMPS[name]) if name in _DUMPS else None
            labels = self._arrangement.labels.get(NamedNode(iri), dict.fromkeys(LANGUAGES, name))
            title = (DCT + "title", words(labels))
            groups.append(
                describe(NamedNode(iri), [VOID + "Dataset"], title, (VOID + "dataDump", dump), *_figures(figures))
            )
        return groups

    def partitions(self, kind: str, partitions: Mapping[str, Figures]) -> Groups:
        """Return a partition for each class or property (section 4.5)."""
        groups = []
        for iri in sorted(partitions, key=self._arrangement.term_key):
            subject = NamedNode(f"{self._page}#{kind}-{self._fragment(iri)}")
            groups.append(
                describe(subject, [VOID + "Dataset"], (VOID + kind, NamedNode(iri)), *_figures(partitions[iri]))
            )
        return groups

    def linksets(self) -> Groups:
        """Return a linkset for each foreign data set and linking property.

        VoID, section 5.
        """
        groups = []
        for (target, predicate), figures in self._counts.linksets.items():
            link = self._fragment(predicate)
            groups.append(
                describe(
                    NamedNode(f"{self._page}#links-{_host(target)}-{link}"),
                    [VOID + "Linkset"],
                    (VOID + "subjectsTarget", self._arrangement.minter.dataset),
                    (VOID + "objectsTarget", self._target(target)),
                    (VOID + "linkPredicate", NamedNode(predicate)),
                    *_figures(figures),
                )
            )
        return groups

    def targets(self) -> Groups:
        """Return the foreign data sets that linksets lead to."""
        starts = dict.fromkeys(target for target, _ in self._counts.linksets)
        return [
            describe(
                self._target(start),
                [VOID + "Dataset"],
                (DCT + "title", Literal(_host(start))),
                (VOID + "uriSpace", Literal(start)),
            )
            for start in starts
        ]

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes of the file."""
        names = {name: PREFIXES[name] for name in ("dct", "foaf", "void", "xsd")}
        used = {prefix: ns for prefix, ns in sorted(PREFIXES.items()) if ns in self._namespaces()}
        own = {"graph": f"{self._arrangement.minter.base}graph/", "part": f"{self._page}#"}
        return {**names, **used, **own, "catalog": f"{self._arrangement.minter.base}catalog#"}

    def _examples(self) -> list[NamedNode]:
        """Return one thing of each class: the first by id."""
        first: dict[str, NamedNode] = {}
        for subject in self._arrangement.graphs.get("things", {}):
            first.setdefault(self._arrangement.classes.get(subject, ""), subject)
        return [first[iri] for iri in sorted(first, key=self._arrangement.term_key) if iri]

    def _namespaces(self) -> set[str]:
        terms = [*self._counts.classes, *self._counts.properties]
        return {re.sub(r"[^/#]*\Z", "", iri) or iri[: iri.rindex(":") + 1] for iri in terms}

    def _vocabularies(self) -> list[NamedNode]:
        return [NamedNode(ns) for ns in sorted(self._namespaces())]

    def _download(self, name: str) -> NamedNode:
        return NamedNode(f"{self._public}download/{name}")

    def _target(self, start: str) -> NamedNode:
        return NamedNode(f"{self._page}#target-{_host(start)}")

    def _fragment(self, iri: str) -> str:
        """Return a term as an IRI's fragment, with hyphens for other signs."""
        prefixes = {**self._arrangement.ontology.prefixes, **PREFIXES}
        return re.sub(r"[^A-Za-z0-9]+", "-", property_name(iri, prefixes)).strip("-")


def _figures(figures: Figures) -> Iterable[tuple[str, Sequence[Literal]]]:
    """Return the figures as VoID properties, in a fixed order."""
    return [(VOID + name, [integer(figures[key])]) for key, name in _FIGURES.items() if key in figures]


def _host(start: str) -> str:
    return urlsplit(start).netloc.lower()
