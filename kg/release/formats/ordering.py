"""The order in which people read a graph: classes, subjects, properties and values, each in its place.

Every text format of a release takes its order from here, so that it depends on the quads and the
vocabulary alone: not on the order that the quads come in, nor on hash seed or locale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.model.errors import ReleaseError
from kg.model.iris import DCT, GRAPHS, OA, RDF, RDFS, SCHEMA, SKOS, TYPE, VOID, IriMinter
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
    """A part of a file under one comment line; each group of triples stands between blank lines."""

    title: str
    groups: Sequence[Sequence[Triple]]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Prefixes that only this section and those of the same document use."""


@dataclass(frozen=True)
class Arrangement:
    """The quads of a release by graph and subject, in the order of the vocabulary."""

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
        """The languages of the vocabulary's words, in the order in which they first come."""
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
        """The triples of each graph by its name and by subject; subjects in order of IRI, triples in order."""
        found: dict[NamedNode, dict[NamedNode, list[Triple]]] = {}
        for quad in self.quads:
            graph, subject = quad.graph_name, quad.subject
            if isinstance(graph, NamedNode) and isinstance(subject, NamedNode):  # as arrange() has made sure
                found.setdefault(graph, {}).setdefault(subject, []).append(quad.triple)
        start = f"{self.minter.base}graph/"
        graphs = {}
        for graph in sorted(found, key=iri_of):
            subjects = found[graph]
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
        """The class that each thing and document was given; where it was given several, the first in the ontology."""
        classes: dict[NamedNode, str] = {}
        for name in ("things", *self.documents):
            for subject, triples in self.graphs.get(name, {}).items():
                given = [iri_of(t.object) for t in triples if t.predicate == TYPE]
                if given:
                    classes.setdefault(subject, min(given, key=self.term_key))
        return classes

    @cached_property
    def labels(self) -> dict[NamedNode, dict[str, str]]:
        """The words for each subject by language: its preferred label, else its label, else its title."""
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
        """The IRI of a graph from its name in :attr:`graphs`."""
        return NamedNode(name) if ":" in name else self.minter.graph(name)

    def term_key(self, iri: str) -> tuple[int, str]:
        """Where a term stands in the vocabulary; terms of others come after, in order of IRI."""
        return (self._term_ranks.get(iri, len(self._term_ranks)), iri)

    def property_key(self, iri: str) -> Key:
        """Where a property stands among those of one subject."""
        return (*self._property_ranks.get(iri, (2, 0)), iri)

    def language_key(self, tag: str) -> tuple[int, str]:
        """Where a language stands: that of the vocabulary first, others in order of tag."""
        return (self._language_ranks.get(tag, len(self._language_ranks)), tag)

    def value_key(self, value: object) -> Key:
        """Where a value stands among those of one property: IRIs, then words by language, then numbers."""
        if isinstance(value, NamedNode):
            return (0, value.value)
        if isinstance(value, Literal):
            return (1, *self.language_key(value.language or ""), value.value, value.datatype.value)
        return (2, str(value))

    def triple_key(self, triple: Triple) -> tuple[Key, Key]:
        """Where a triple stands among those of one subject."""
        return (self.property_key(triple.predicate.value), self.value_key(triple.object))

    def words(self, subject: NamedNode | str) -> str:
        """The labels of a thing or term in all languages, for a comment line."""
        node = NamedNode(subject) if isinstance(subject, str) else subject
        labels = self.labels.get(node, {})
        return " / ".join(dict.fromkeys(labels[tag] for tag in sorted(labels, key=self.language_key)))


def iri_of(term: object) -> str:
    """The IRI of a node; any other term as N-Triples write it."""
    return term.value if isinstance(term, NamedNode) else str(term)


def arrange(quads: Iterable[Quad], ontology: Ontology, project: Project) -> Arrangement:
    """Arrange the quads of a release once for all its formats.

    Errors: ReleaseError where a quad holds a blank node or stands in no named graph.
    """
    unique = frozenset(quads)
    for quad in unique:
        named = isinstance(quad.subject, NamedNode) and isinstance(quad.graph_name, NamedNode)
        if not named or not isinstance(quad.object, NamedNode | Literal):
            raise ReleaseError(
                f"the graph of the release holds '{quad}': every node of a release has an IRI, and every triple a "
                f"graph of this project. Correct what makes this triple (kg check, queries/rules/)."
            )
    return Arrangement(project, ontology, unique)


def by_class(arrangement: Arrangement, subjects: Mapping[NamedNode, list[Triple]]) -> Iterator[Section]:
    """A section for each class in the order of the ontology, and one for subjects of no class."""
    members: dict[str, list[NamedNode]] = {}
    for subject in subjects:
        members.setdefault(arrangement.classes.get(subject, ""), []).append(subject)
    for iri in sorted(members, key=lambda iri: (not iri, arrangement.term_key(iri))):
        title = (arrangement.words(iri) or iri) if iri else "Autres / Others"
        yield Section(title, [subjects[subject] for subject in members[iri]])
