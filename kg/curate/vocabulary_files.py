"""Validate what Turtle files say: evidence, ids and terms.

A statement has a quote wherever it is written; what is said of an id has something that describes it; and what a
project adds changes nothing that others share.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from kg.curate.parser import suggest
from kg.curate.resolver import ThingsById
from kg.model.errors import Problem
from kg.model.iris import ADMS, DCT, HOME, OWL, RDF, RDFS, SCHEMA, SKOS, SR, IriMinter, shorten_iri, value_of
from kg.model.labels import LABELS, OTHER_LABELS, is_one_line
from kg.model.messages import worded
from kg.model.ontology import CONCEPT, DOMAINS, MATCHES, RANGES, Ontology
from kg.model.quotes import visible

EDITORS_RELATIONS = frozenset(SKOS + name for name in ("broader", "narrower", "related", "notation"))
"""What editors say of concepts without a quote: a thesaurus is theirs."""

_AXIOMS = frozenset(
    [RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")]
    + [OWL + name for name in ("equivalentClass", "equivalentProperty", "inverseOf", "propertyChainAxiom")]
)
"""What is said of terms and makes statements out of others."""

_DECLARATIONS = {SR + name for name in ("needsEvidence", "idSegment", "usedInstead")}
_DECLARATIONS |= {RDF + "type", DCT + "isReplacedBy", OWL + "deprecated", *DOMAINS, *RANGES}
"""What makes a term what it is."""

_EDITORS_SKOS = """prefLabel altLabel hiddenLabel definition note scopeNote editorialNote historyNote changeNote example
inScheme topConceptOf hasTopConcept"""
EDITORS_WORDS = MATCHES | {SKOS + name for name in _EDITORS_SKOS.split()}
EDITORS_WORDS |= {RDF + "type", RDFS + "label", RDFS + "isDefinedBy", OWL + "deprecated"}
EDITORS_WORDS |= {
    DCT + name
    for name in ("title", "identifier", "source", "creator", "isReplacedBy", "replaces", "issued", "modified")
}
EDITORS_WORDS |= {ADMS + "identifier", SCHEMA + "identifier", "http://rdf.insee.fr/def/geo#codeINSEE"}
"""What editors say of any thing without a quote: names, types, notes, schemes, alignments and identifiers.

Whatever else is said of a thing is a fact, also with a property that no ontology here knows.
"""

_ID = re.compile(r"(https?://\S+?/)id/[a-z0-9-]+/[a-z0-9-]+")
"""The id of a thing at some base."""


def validate_vocabulary(ontology: Ontology, things: ThingsById, minter: IriMinter) -> list[Problem]:
    """Return problems of Turtle files with evidence, ids and terms.

    What they say of the things of another project is left aside.
    """
    validator = _TripleValidator(ontology, things, minter)
    parts = (ontology.triples, ontology.concept_triples, ontology.alignments)
    found = (validator.problem(triple, part is parts[1]) for part in parts for triple in part)
    return [*filter(None, found), *_ids_taken(ontology, things, minter)]


def ids_elsewhere(ontology: Ontology, things: ThingsById, minter: IriMinter) -> list[Problem]:
    """Return notes on what files say of the things of another base.

    It is left out: nothing describes them here. Most often the base of the project has changed.
    """
    validator = _TripleValidator(ontology, things, minter)
    lines: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for triple in (*ontology.triples, *ontology.concept_triples, *ontology.alignments):
        subject = value_of(triple.subject)
        if validator.is_elsewhere(subject):
            file, line = ontology.places.get(triple, ("ontology", 0))
            base = _ID.fullmatch(subject)[1]  # type: ignore[index]  # as is_elsewhere has seen
            lines.setdefault((file, base), []).append((line, subject))
    notes = []
    for (file, base), said in lines.items():
        line, subject = min(said)
        found = worded(
            "what is said of things that nothing describes here is left out (statements: {count}), as of <{iri}>",
            count=len(said),
            iri=subject,
        )
        todo = worded(
            "The base of this project is {base}, theirs {other}: correct the ids, or take the lines out.",
            base=minter.base,
            other=base,
        )
        notes.append(Problem(file, line, 1, "elsewhere", found, todo))
    return notes


def _ids_taken(ontology: Ontology, things: ThingsById, minter: IriMinter) -> Iterator[Problem]:
    """Yield a problem for each short id that stands for two things."""
    places: dict[str, str] = {}
    own: dict[str, tuple[str, int]] = {}
    for triple in ontology.concept_triples:
        if triple.predicate.value == RDF + "type" and value_of(triple.object) == CONCEPT:
            subject, place = value_of(triple.subject), ontology.places.get(triple, ("ontology", 0))
            if triple in ontology.own and subject.startswith(f"{minter.base}id/"):
                own.setdefault(subject.removeprefix(f"{minter.base}id/"), place)
            elif subject.startswith(f"{HOME}id/"):
                places[subject.removeprefix(f"{HOME}id/")] = ":".join(map(str, place))
    todo = worded("Give it another id: shared concepts keep theirs in every project.")

    def found(thing_id: str) -> str:
        place = places[thing_id]
        return worded("'{id}' is a concept of the shared schemes too, in {place}", id=thing_id, place=place)

    for thing_id, (file, line) in own.items():
        if thing_id in places:
            yield Problem(file, line, 1, "duplicate-id", found(thing_id), todo)
    for thing in things.values():
        if thing.id in places and thing.location:
            yield thing.location.problem("duplicate-id", found(thing.id), todo)


class _TripleValidator:
    """Validates single triples of a project's Turtle files."""

    def __init__(self, ontology: Ontology, things: ThingsById, minter: IriMinter) -> None:
        self.ontology, self.minter = ontology, minter
        self.described = {thing.iri.value for thing in things.values()}
        terms = {value_of(triple.subject) for triple in ontology.triples}
        ids = f"{minter.base}id/"
        self.known = self.described | ontology.defined | {iri for iri in terms if not iri.startswith(ids)}
        self.concepts = ontology.defined | {thing.iri.value for thing in things.values() if thing.kind.is_concept}
        self.things = self.described | {iri for iri in ontology.defined if not iri.startswith(SR)}
        self.classes = {kind.iri for kind in ontology.classes.values()} | {CONCEPT, SKOS + "ConceptScheme"}
        self.needed = {prop.iri for prop in ontology.properties.values()}
        self.ours = (SR, ids)
        self.shared = {value_of(triple.subject) for triple in ontology.triples if triple not in ontology.own}

    def is_elsewhere(self, iri: str) -> bool:
        """Return whether an IRI is an id at another base."""
        match = _ID.fullmatch(iri)
        return match is not None and match[1] != self.minter.base and iri not in self.known

    def problem(self, triple: Triple, of_concepts: bool) -> Problem | None:
        """Return what is wrong with a triple, if anything is."""
        subject, value = value_of(triple.subject), triple.object
        if self.is_elsewhere(subject):
            return None
        file, line = self.ontology.places.get(triple, ("ontology", 0))
        is_own = triple in self.ontology.own
        if subject not in self.known and not (is_own and not isinstance(triple.subject, NamedNode)):
            return self._undescribed(subject, file, line)
        if isinstance(value, NamedNode) and value.value not in self.known and value.value.startswith(self.ours):
            return self._undescribed(value.value, file, line)
        if subject in self.described and triple.predicate.value == RDF + "type" and value_of(value) not in self.classes:
            return self._undescribed(value_of(value), file, line)
        if self._is_statement(triple, of_concepts):
            words = " ".join(shorten_iri(value_of(term), self.minter.base) for term in triple)
            message = worded("the statement '{words}' has no quote here", words=words)
            todo = worded("Write it as a fact with its quote into the annotations of the document that says it.")
            return Problem(file, line, 1, "evidence", message, todo)
        if triple.predicate.value in (*LABELS, *OTHER_LABELS) and not is_one_line(value_of(value)):
            words = visible(value_of(value))
            message = worded("the label “{words}” is not one line, or has white space around it", words=words)
            todo = worded("Write it on one line, and take the space out.")
            return Problem(file, line, 1, "form", message, todo)
        return self._wrong_term(triple, file, line) if is_own else None

    def _is_statement(self, triple: Triple, of_concepts: bool) -> bool:
        """Return whether a triple says of the world what needs a quote."""
        predicate = triple.predicate.value
        is_of_things = value_of(triple.subject) in self.things or value_of(triple.object) in self.things
        if predicate in self.needed or (is_of_things and predicate not in EDITORS_WORDS):
            return not (of_concepts and _is_editors(triple, self.concepts))
        return False

    def _wrong_term(self, triple: Triple, file: str, line: int) -> Problem | None:
        """Return how what a project adds would change the terms of others."""
        subject, predicate, value = value_of(triple.subject), triple.predicate.value, value_of(triple.object)
        name = shorten_iri(subject, self.minter.base)
        is_ours = subject.startswith(self.minter.base) and not subject.startswith(SR)
        example = f"<{self.minter.base}terms#name>"
        todo = worded("Declare a term of your own, as {example}, and say it of that one.", example=example)
        if predicate in _DECLARATIONS and (subject.startswith(SR) or subject in self.shared):
            found = worded("'{name}' is a term that every project shares, and is declared anew here", name=name)
            return Problem(file, line, 1, "shared-term", found, todo)
        if predicate in _AXIOMS and not is_ours:
            found = worded(
                "'{name}' is no term of this project: its statements would say here what no text says", name=name
            )
            return Problem(file, line, 1, "shared-term", found, todo)
        if predicate in _AXIOMS and value in self.needed and subject not in self.needed:
            above = shorten_iri(value, self.minter.base)
            found = worded(
                "'{name}' stands under '{above}', whose statements have quotes, and its own have none",
                name=name,
                above=above,
            )
            todo = worded("Add 'sr:needsEvidence true' to '{name}'.", name=name)
            return Problem(file, line, 1, "evidence", found, todo)
        return None

    def _undescribed(self, iri: str, file: str, line: int) -> Problem:
        """Return the problem of an id or a term that nothing describes."""
        base = self.minter.base
        name = shorten_iri(iri, base)
        near = suggest(name, sorted(shorten_iri(other, base) for other in self.known))
        todo = near + worded("Describe it in the annotations, declare it in the ontology, or take the line out.")
        return Problem(file, line, 1, "undescribed", worded("nothing describes '{name}'", name=name), todo)


def _is_editors(triple: Triple, concepts: Container[str]) -> bool:
    """Return whether editors may say it of concepts without a quote."""
    ends = [triple.subject] if isinstance(triple.object, Literal) else [triple.subject, triple.object]
    return triple.predicate.value in EDITORS_RELATIONS and all(value_of(end) in concepts for end in ends)
