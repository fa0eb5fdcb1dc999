"""The reading order of a graph: classes, subjects, properties and values.

Every text format of a release takes its order from here, so that it depends on the quads and the
vocabulary alone: not on the order that the quads come in, nor on hash seed or locale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.model.errors import ReleaseError
from kg.model.iris import DCT, GRAPHS, OA, RDF, RDFS, SCHEMA, SKOS, SR, TYPE, VOID, IriMinter
from kg.model.ontology import Ontology
from kg.model.project import Project

_FIRST = (
    RDF + "type",
    *(SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel")),
    RDFS + "label",
    DCT + "title",
    SKOS + "definition",
    DCT + "description",
    *(RDF + name for name in ("subject", "predicate", "object", "reifies")),
    *(OA + name for name in ("hasSource", "hasSelector", "exact", "prefix", "suffix", "start", "end")),
)
"""Properties that come before those of the ontology, in this order."""

_LAST = (
    *(SKOS + name for name in ("note", "editorialNote", "changeNote", "inScheme", "topConceptOf", "hasTopConcept")),
    VOID + "subset",
    RDFS + "isDefinedBy",
    SCHEMA + "text",
)
"""Properties that come after all others, in this order."""

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Section:
    """A part of a file under one comment line.

    Each group of triples stands between blank lines.
    """

    title: str
    groups: Sequence[Sequence[Triple]]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Prefixes that only this section and those of the same document use."""


@dataclass(frozen=True)
class Arrangement:
    """The quads of a release in order, by graph and subject."""

    project: Project
    ontology: Ontology
    quads: frozenset[Quad]
    sections: dict[str, list[Section]] = field(default_factory=dict, compare=False, repr=False)
    """The sections of each graph, once they have been made; several formats need them."""

    @property
    def minter(self) -> IriMinter:
        """The IRIs that the project mints."""
        return self.project.minter

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of the vocabulary's labels, in their order there."""
        tags = (getattr(triple.object, "language", None) for triple in self.ontology.triples)
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    @cached_property
    def _language_ranks(self) -> dict[str, int]:
        return {tag: rank for rank, tag in enumerate(self.languages)}

    @cached_property
    def _term_ranks(self) -> dict[str, int]:
        """Where the vocabulary describes a term: the order of the ontology's files."""
        triples = (*self.ontology.triples, *self.ontology.concept_triples)
        return {iri: rank for rank, iri in enumerate(dict.fromkeys(iri_of(t.subject) for t in triples))}

    @cached_property
    def _property_ranks(self) -> dict[str, tuple[int, int]]:
        ranks = {iri: (1, rank) for iri, rank in self._term_ranks.items()}
        ranks |= {iri: (0, rank) for rank, iri in enumerate(_FIRST)}
        return ranks | {iri: (3, rank) for rank, iri in enumerate(_LAST)}

    @cached_property
    def graphs(self) -> dict[str, dict[NamedNode, list[Triple]]]:
        """The triples in order, by graph name and by subject.

        Subjects are in order of IRI.
        """
        by_graph: dict[NamedNode, dict[NamedNode, list[Triple]]] = {}
        for quad in self.quads:
            graph, subject = quad.graph_name, quad.subject
            if isinstance(graph, NamedNode) and isinstance(subject, NamedNode):  # as arrange() has made sure
                by_graph.setdefault(graph, {}).setdefault(subject, []).append(quad.triple)
        start = f"{self.minter.base}graph/"
        graphs = {}
        for graph in sorted(by_graph, key=iri_of):
            subjects = by_graph[graph]
            for triples in subjects.values():
                triples.sort(key=self.triple_key)
            graphs[graph.value.removeprefix(start)] = {
                subject: subjects[subject] for subject in sorted(subjects, key=iri_of)
            }
        return graphs

    @cached_property
    def documents(self) -> list[str]:
        """The ids of the documents, sorted."""
        return sorted(name for name in self.graphs if name not in GRAPHS)

    @cached_property
    def classes(self) -> dict[NamedNode, str]:
        """The class of each thing and document.

        Where there are several, the first in the ontology.
        """
        classes: dict[NamedNode, str] = {}
        for name in ("things", *self.documents):
            for subject, triples in self.graphs.get(name, {}).items():
                types = [iri_of(t.object) for t in triples if t.predicate == TYPE]
                if types:
                    classes.setdefault(subject, min(types, key=self.term_key))
        return classes

    @cached_property
    def labels(self) -> dict[NamedNode, dict[str, str]]:
        """The label of each subject by language.

        The preferred label comes first, then the label, then the title.
        """
        labels: dict[NamedNode, dict[str, str]] = {}
        for predicate in (DCT + "title", RDFS + "label", SKOS + "prefLabel"):
            for subjects in self.graphs.values():
                for subject, triples in subjects.items():
                    for triple in triples:
                        label = triple.object
                        if triple.predicate.value == predicate and isinstance(label, Literal) and label.language:
                            labels.setdefault(subject, {})[label.language] = label.value
        return labels

    def graph_iri(self, name: str) -> NamedNode:
        """Return the IRI of a graph from its name in :attr:`graphs`."""
        return NamedNode(name) if ":" in name else self.minter.graph(name)

    def term_key(self, iri: str) -> tuple[int, str]:
        """Return the sort key of a term.

        It is its place in the vocabulary; terms of others come after, by IRI.
        """
        return (self._term_ranks.get(iri, len(self._term_ranks)), iri)

    def property_key(self, iri: str) -> Key:
        """Return the sort key of a property of a subject."""
        return (*self._property_ranks.get(iri, (2, 0)), iri)

    def language_key(self, tag: str) -> tuple[int, str]:
        """Return the sort key of a language.

        Those of the vocabulary come first, others by tag.
        """
        return (self._language_ranks.get(tag, len(self._language_ranks)), tag)

    def value_key(self, value: object) -> Key:
        """Return the sort key of a value: IRIs, words by language, numbers."""
        if isinstance(value, NamedNode):
            return (0, value.value)
        if isinstance(value, Literal):
            return (1, *self.language_key(value.language or ""), value.value, value.datatype.value)
        return (2, str(value))

    def triple_key(self, triple: Triple) -> tuple[Key, Key]:
        """Return the sort key of a triple of a subject."""
        return (self.property_key(triple.predicate.value), self.value_key(triple.object))

    def words(self, subject: NamedNode | str) -> str:
        """Return a comment line with the labels in all languages."""
        node = NamedNode(subject) if isinstance(subject, str) else subject
        labels = self.labels.get(node, {})
        return " / ".join(dict.fromkeys(labels[tag] for tag in sorted(labels, key=self.language_key)))


def iri_of(term: object) -> str:
    """Return the IRI of a node, or another term in N-Triples."""
    return term.value if isinstance(term, NamedNode) else str(term)


def arrange(quads: Iterable[Quad], ontology: Ontology, project: Project) -> Arrangement:
    """Arrange the quads of a release once for all its formats.

    Errors: ReleaseError as ``validate_names``.
    """
    unique = frozenset(quads)
    validate_names(unique)
    return Arrangement(project, ontology, unique)


def validate_names(quads: Iterable[Quad]) -> None:
    """Refuse a node without an IRI and a triple without a graph.

    Errors: ReleaseError where a quad holds a blank node or stands in no named graph.
    """
    for quad in quads:
        named = isinstance(quad.subject, NamedNode) and isinstance(quad.graph_name, NamedNode)
        if not named or not isinstance(quad.object, NamedNode | Literal):
            raise ReleaseError(
                "the graph of the release holds '{quad}': every node of a release has an IRI, "
                "and every triple a graph of this project. "
                "Correct what makes this triple (kg check, queries/rules/).",
                quad=quad,
            )


def by_class(arrangement: Arrangement, subjects: Mapping[NamedNode, list[Triple]]) -> Iterator[Section]:
    """Yield a section for each class, then one for the rest."""
    members: dict[str, list[NamedNode]] = {}
    for subject in subjects:
        members.setdefault(arrangement.classes.get(subject, ""), []).append(subject)
    for iri in sorted(members, key=lambda iri: (not iri, arrangement.term_key(iri))):
        title = (arrangement.words(iri) or iri) if iri else "Autres / Others"
        yield Section(title, [subjects[subject] for subject in members[iri]])


Subjects = Mapping[NamedNode, list[Triple]]

_CONCEPT_SCHEME = NamedNode(SKOS + "ConceptScheme")
_ASSERTION = NamedNode(SR + "Assertion")
_PASSAGE = NamedNode(OA + "SpecificResource")
_SENTENCE = NamedNode(SR + "Sentence")
_OF_DOCUMENTS = ("assertion", "passage", "sentence")
"""Kinds whose ids begin with the document's: each document has its own prefixes for them."""


def sections(arrangement: Arrangement, graph: str) -> list[Section]:
    """Return the sections of a graph, which hold each triple once."""
    if graph not in arrangement.sections:
        arrangement.sections[graph] = list(_sections(arrangement, graph))
    return arrangement.sections[graph]


def _sections(arrangement: Arrangement, graph: str) -> Iterable[Section]:
    subjects = arrangement.graphs.get(graph, {})
    if graph in arrangement.documents:
        return _evidence(arrangement, graph, subjects)
    if graph == "concepts":
        return _concepts(arrangement, subjects)
    if graph in ("ontology", "metadata"):
        return [_vocabulary(arrangement, subjects)] if graph == "ontology" else [_plain(subjects)]
    return by_class(arrangement, subjects)


def _plain(subjects: Subjects) -> Section:
    return Section("", list(subjects.values()))


def _vocabulary(arrangement: Arrangement, subjects: Subjects) -> Section:
    """Classes and properties in the order of the ontology's file."""
    ordered = sorted(subjects, key=lambda subject: arrangement.term_key(subject.value))
    return Section("", [subjects[subject] for subject in ordered])


def _concepts(arrangement: Arrangement, subjects: Subjects) -> Iterator[Section]:
    """Yield each scheme with its concepts, then the editors' additions by class."""
    schemes = [s for s, triples in subjects.items() if any(t.object == _CONCEPT_SCHEME for t in triples)]
    members: dict[NamedNode, list[NamedNode]] = {scheme: [] for scheme in schemes}
    rest = {}
    for subject, triples in subjects.items():
        of = next((scheme for scheme in _objects(triples, SKOS + "inScheme") if scheme in members), None)
        if of is not None and subject not in members:
            members[of].append(subject)
        elif subject not in members:
            rest[subject] = triples
    for scheme in sorted(schemes, key=lambda scheme: arrangement.term_key(scheme.value)):
        title = arrangement.words(scheme) or scheme.value
        yield Section(title, [subjects[subject] for subject in (scheme, *members[scheme])])
    yield from by_class(arrangement, rest)


def _evidence(arrangement: Arrangement, document: str, subjects: Subjects) -> Iterator[Section]:
    """Yield the sections of a document: itself, its assertions, passages and sentences.

    Assertions are in the order of their first passages; passages have their selectors.
    """
    places = _places(subjects)
    last = (len(places) + 1, 0)
    first = {}
    for subject, triples in subjects.items():
        if any(t.object == _ASSERTION for t in triples):
            first[subject] = min((places.get(p, last) for p in _objects(triples, SR + "evidence")), default=last)
    assertions = sorted(first, key=lambda subject: (first[subject], _statement_key(arrangement, subjects[subject])))
    passages = [(subjects[p], *_selectors(subjects, p)) for p in sorted(places, key=lambda p: (places[p], p.value))]
    groups = [[triple for triples in group for triple in triples] for group in passages]
    sentences = [subject for subject, triples in subjects.items() if any(t.object == _SENTENCE for t in triples)]
    sentences.sort(key=lambda subject: (len(subject.value), subject.value))  # in the order of their numbers
    placed = {*assertions, *(triple.subject for group in groups for triple in group), *sentences}
    rest = [triples for subject, triples in subjects.items() if subject not in placed]
    title = arrangement.words(arrangement.minter.document(document)) or document
    prefixes = {f"{kind}-{document}": f"{arrangement.minter.base}id/{kind}/{document}/" for kind in _OF_DOCUMENTS}
    yield Section(title, rest, prefixes)
    yield Section(f"{title} · assertions", [subjects[assertion] for assertion in assertions], prefixes)
    yield Section(f"{title} · passages", groups, prefixes)
    yield Section(f"{title} · phrases / sentences", [subjects[sentence] for sentence in sentences], prefixes)


def _objects(triples: list[Triple], predicate: str) -> list[NamedNode]:
    return [t.object for t in triples if t.predicate.value == predicate and isinstance(t.object, NamedNode)]


def _selectors(subjects: Subjects, passage: NamedNode) -> list[list[Triple]]:
    return [subjects[s] for s in _objects(subjects[passage], OA + "hasSelector") if s in subjects]


def _places(subjects: Subjects) -> dict[NamedNode, tuple[int, int]]:
    """Return the start and end of each passage, in code points."""
    places = {}
    for subject, triples in subjects.items():
        if not any(t.predicate == TYPE and t.object == _PASSAGE for t in triples):
            continue
        offsets = {
            triple.predicate.value: int(triple.object.value)
            for selector in _selectors(subjects, subject)
            for triple in selector
            if triple.predicate.value in (OA + "start", OA + "end") and isinstance(triple.object, Literal)
        }
        places[subject] = (offsets.get(OA + "start", 0), offsets.get(OA + "end", 0))
    return places


def _statement_key(arrangement: Arrangement, triples: list[Triple]) -> tuple[object, ...]:
    """Return the sort key of an assertion among those of a passage.

    It is the subject, the property in the order of the ontology, then the value.
    """
    by_name = {t.predicate.value.removeprefix(RDF): t.object for t in triples}
    subject, predicate, value = (by_name.get(name) for name in ("subject", "predicate", "object"))
    return (
        subject.value if isinstance(subject, NamedNode) else "",
        arrangement.property_key(predicate.value) if isinstance(predicate, NamedNode) else (),
        arrangement.value_key(value) if isinstance(value, NamedNode | Literal) else (),
        iri_of(triples[0].subject),
    )
