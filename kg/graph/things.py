"""The things of all documents: types, labels, statements, and the schemes that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg.curate import Statement, Things
from kg.model.iris import BROADER, DCT, DEFINITION, IN_SCHEME, PREF_LABEL, SKOS, TYPE, IriMinter
from kg.model.ontology import Ontology, OntologyClass


def thing_quads(things: Things, statements: Sequence[Statement], minter: IriMinter) -> list[Quad]:
    """The graph ``things``: types, labels and direct statements of all documents, each once."""
    graph = minter.graph("things")
    narrower = {statement.subject for statement in statements if statement.predicate == BROADER}
    quads = []
    for thing in things.values():
        described = [(DEFINITION, thing.definition), (NamedNode(SKOS + "editorialNote"), thing.note)]
        if thing.kind.name != "Document":  # type and label of a document are in its own graph
            quads.append(Quad(thing.iri, TYPE, NamedNode(thing.kind.iri), graph))
            described.insert(0, (PREF_LABEL, thing.labels))
        for predicate, by_language in described:
            quads += [Quad(thing.iri, predicate, Literal(w, language=tag), graph) for tag, w in by_language.items()]
        if thing.kind.is_concept:
            scheme = minter.scheme(thing.kind.segment)
            quads.append(Quad(thing.iri, IN_SCHEME, scheme, graph))
            if thing.iri not in narrower:
                quads.append(Quad(thing.iri, NamedNode(SKOS + "topConceptOf"), scheme, graph))
    quads += [Quad(*statement.triple, graph) for statement in statements]
    return quads


def scheme_quads(things: Things, ontology: Ontology, minter: IriMinter) -> list[Quad]:
    """The concept schemes of the kinds that are concepts and have things, into the graph ``concepts``.

    A scheme bears the labels of the most general concept class of its segment.
    """
    graph = minter.graph("concepts")
    used = {thing.kind.segment for thing in things.values() if thing.kind.is_concept}
    quads = []
    for segment in sorted(used):
        labels = _most_general([kind for kind in ontology.classes_of_segment(segment) if kind.is_concept]).labels
        scheme = minter.scheme(segment)
        quads.append(Quad(scheme, TYPE, NamedNode(SKOS + "ConceptScheme"), graph))
        for tag, label in labels.items():
            title = Literal(label, language=tag)
            quads += [Quad(scheme, predicate, title, graph) for predicate in (PREF_LABEL, NamedNode(DCT + "title"))]
    return quads


def _most_general(kinds: Sequence[OntologyClass]) -> OntologyClass:
    return min(kinds, key=lambda kind: (len(kind.ancestors), kind.name))
