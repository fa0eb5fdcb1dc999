"""VoID: what the data set holds, in figures that anyone can count again.

Describing Linked Datasets with the VoID Vocabulary: https://www.w3.org/TR/void/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.model import release_files
from kg.model.iris import DCT, FOAF, PREFIXES, VOID, integer
from kg.model.languages import LANGUAGES
from kg.model.ontology import property_name
from kg.release.catalogue.counts import Counts, Figures, count
from kg.release.catalogue.triples import describe, node, typed, words
from kg.release.formats import Arrangement, Section, write_turtle

_WHOLE = (release_files.GRAPH, release_files.GRAPH_NTRIPLES, release_files.GRAPH_TRIG)
_DUMPS = {name: f"{name}.ttl" for name in ("things", "concepts", "derived", "ontology")}
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
    """``void.ttl``: the data set, its graphs, classes, properties and links, each with its figures."""
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
        Section("Jeu de données / Data set", [describing.document(), about]),
        Section("Graphes nommés / Named graphs", graphs),
        Section("Liens / Links", [*links, *describing.targets()]),
        Section("Classes", classes),
        Section("Propriétés / Properties", properties),
    ]
    project = arrangement.project
    header = [project["title.fr"], project["title.en"], "", f"VoID · {project['version']}"]
    return write_turtle(header, sections, describing.prefixes())


class _Description:
    """Writes the parts of a VoID description; their IRIs are fragments of ``.well-known/void``."""

    def __init__(self, arrangement: Arrangement, counts: Counts) -> None:
        self._arrangement = arrangement
        self._counts = counts
        self._public = arrangement.project.public_url
        self._page = f"{self._public}.well-known/void"

    def document(self) -> list[Triple]:
        """The description itself (section 6)."""
        dataset = self._arrangement.minter.dataset
        return describe(
            NamedNode(self._page),
            [VOID + "DatasetDescription"],
            (DCT + "title", words({"fr": "Description VoID", "en": "VoID description"})),
            (FOAF + "primaryTopic", dataset),
            (FOAF + "topic", dataset),
        )

    def dataset(self) -> list[Triple]:
        """The data set as a whole."""
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
        """A subset for each named graph."""
        start = f"{self._arrangement.minter.base}graph/"
        groups = []
        for iri, figures in self._counts.graphs.items():
            name = iri.removeprefix(start)
            dump = self._download(_DUMPS[name]) if name in _DUMPS else None
            labels = self._arrangement.labels.get(NamedNode(iri), {"fr": name, "en": name})
            title = (DCT + "title", words(labels))
            groups.append(
                describe(NamedNode(iri), [VOID + "Dataset"], title, (VOID + "dataDump", dump), *_figures(figures))
            )
        return groups

    def partitions(self, kind: str, partitions: Mapping[str, Figures]) -> Groups:
        """A partition for each class or property (section 4.5)."""
        groups = []
        for iri in sorted(partitions, key=self._arrangement.term_key):
            subject = NamedNode(f"{self._page}#{kind}-{self._fragment(iri)}")
            groups.append(
                describe(subject, [VOID + "Dataset"], (VOID + kind, NamedNode(iri)), *_figures(partitions[iri]))
            )
        return groups

    def linksets(self) -> Groups:
        """A linkset for each data set of others and linking property (section 5)."""
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
        """The data sets of others that linksets lead to."""
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
        """The prefixes of the file."""
        names = {name: PREFIXES[name] for name in ("dct", "foaf", "void", "xsd")}
        used = {prefix: ns for prefix, ns in sorted(PREFIXES.items()) if ns in self._namespaces()}
        own = {"graph": f"{self._arrangement.minter.base}graph/", "part": f"{self._page}#"}
        return {**names, **used, **own, "catalog": f"{self._arrangement.minter.base}catalog#"}

    def _examples(self) -> list[NamedNode]:
        """One thing of each class: the first by id."""
        first: dict[str, NamedNode] = {}
        for subject in self._arrangement.graphs.get("things", {}):
            first.setdefault(self._arrangement.classes.get(subject, ""), subject)
        return [first[iri] for iri in sorted(first, key=self._arrangement.term_key) if iri]

    def _namespaces(self) -> set[str]:
        terms = [*self._counts.classes, *self._counts.properties]
        return {re.sub(r"[^/#]*\Z", "", iri) for iri in terms}

    def _vocabularies(self) -> list[NamedNode]:
        return [NamedNode(ns) for ns in sorted(self._namespaces())]

    def _download(self, name: str) -> NamedNode:
        return NamedNode(f"{self._public}download/{name}")

    def _target(self, start: str) -> NamedNode:
        return NamedNode(f"{self._page}#target-{_host(start)}")

    def _fragment(self, iri: str) -> str:
        """A term as part of an IRI: its prefixed name with a hyphen, or its IRI without signs."""
        prefixes = {**self._arrangement.ontology.prefixes, **PREFIXES}
        return re.sub(r"[^A-Za-z0-9]+", "-", property_name(iri, prefixes)).strip("-")


def _figures(figures: Figures) -> Iterable[tuple[str, Sequence[Literal]]]:
    """The figures as VoID says them, in one order."""
    return [(VOID + name, [integer(figures[key])]) for key, name in _FIGURES.items() if key in figures]


def _host(start: str) -> str:
    return urlsplit(start).netloc.lower()
