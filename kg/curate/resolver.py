"""Resolve annotations: validate them against text and ontology, and give the statements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode

from kg.curate.documents import Document
from kg.curate.parser import AnnotationEntry, Fact, SourceLocation, suggest
from kg.curate.quoting import describe_nearest
from kg.model.errors import Problem
from kg.model.iris import SR, THING_ID, XSD, IriMinter, integer
from kg.model.ontology import CONCEPT, LANG_STRING, Ontology, OntologyClass, Property
from kg.model.quotes import Passage, visible

QUOTED = "mentionedAs"
"""The property whose value is its quote: the words by which the text names a thing."""

_NOT_ANNOTATED = ("Assertion", "Sentence")
"""Classes of things that the build makes, so that no annotation has them."""

_INTEGER = XSD + "integer"

_MOST_PLACES = 5
"""How many sentences a message names."""


@dataclass(frozen=True)
class DescribedThing:
    """A thing that some document describes."""

    id: str
    iri: NamedNode
    kind: OntologyClass
    labels: Mapping[str, str]
    definition: Mapping[str, str]
    note: Mapping[str, str]
    location: SourceLocation | None = field(compare=False)
    """Where the first entry has it; None for a document without an entry."""


ThingsById = dict[str, DescribedThing]


@dataclass(frozen=True)
class Statement:
    """A statement of a document and the passage that says it."""

    subject: NamedNode
    predicate: NamedNode
    value: NamedNode | Literal
    modality: NamedNode
    passage: Passage
    notes: Mapping[str, str]
    location: SourceLocation = field(compare=False)

    @property
    def triple(self) -> tuple[NamedNode, NamedNode, NamedNode | Literal]:
        """Subject, predicate and value."""
        return self.subject, self.predicate, self.value


def annotatable_classes(ontology: Ontology) -> list[str]:
    """Return the names of the classes that annotations may give to things."""
    return [name for name in ontology.classes if name not in _NOT_ANNOTATED]


def collect_things(
    documents: Sequence[Document],
    entries: Mapping[str, Sequence[AnnotationEntry]],
    ontology: Ontology,
    minter: IriMinter,
) -> tuple[ThingsById, list[Problem]]:
    """Return the things of all documents by id, and all problems.

    ``entries`` holds the entries of each document by its id, also of documents that cannot be used: their things
    are values for others. The documents are things themselves.
    """
    things: ThingsById = {}
    problems: list[Problem] = []
    for document in documents:
        thing_id = f"document/{document.id}"
        kind = ontology.classes["Document"]
        things[thing_id] = DescribedThing(thing_id, minter.thing(thing_id), kind, document.labels, {}, {}, None)
    for name, described in entries.items():
        first: dict[str, SourceLocation] = {}
        for entry in described:
            if entry.id == f"document/{name}" and entry.id not in things:
                continue  # its document cannot be used: a problem by itself
            if entry.id in first:
                todo = f"Put its facts under the entry of line {first[entry.id].line}."
                problems.append(entry.location("id").problem("duplicate-id", f"'{entry.id}' is described twice", todo))
                continue
            first[entry.id] = entry.location()
            problems += _add_thing(things, entry, ontology, minter)
    return things, problems


def _add_thing(things: ThingsById, entry: AnnotationEntry, ontology: Ontology, minter: IriMinter) -> list[Problem]:
    """Add the thing of an entry, or merge it with another document's."""
    kind = ontology.classes.get(entry.type)
    if not entry.type or not THING_ID.match(entry.id):
        return []  # a problem of the form
    usable = annotatable_classes(ontology)
    if kind is None or kind.name not in usable:
        todo = f"{suggest(entry.type, usable)}Types: {', '.join(usable)}."
        return [entry.location("type").problem("type", f"there is no type '{entry.type}'", todo)]
    if entry.id.split("/")[0] != kind.segment:
        todo = f"Ids of the type {kind.name} begin with '{kind.segment}/'; kg rename changes an id in all files."
        return [entry.location("id").problem("id", f"'{entry.id}' is no id of the type {kind.name}", todo)]
    existing = things.get(entry.id)
    if existing is None and kind.name == "Document":
        todo = "Documents are the folders of data/; describe another source as one of them."
        return [entry.location("id").problem("id", f"there is no document '{entry.id}'", todo)]
    if existing is None:
        iri = minter.thing(entry.id)
        things[entry.id] = DescribedThing(
            entry.id, iri, kind, entry.labels, entry.definition, entry.note, entry.location("id")
        )
        return []
    things[entry.id] = replace(
        existing, definition={**entry.definition, **existing.definition}, note={**entry.note, **existing.note}
    )
    return _disagreements(existing, entry, kind)


def _disagreements(existing: DescribedThing, entry: AnnotationEntry, kind: OntologyClass) -> list[Problem]:
    """Return where an entry contradicts another document about a thing."""
    where = f"{existing.location.file}:{existing.location.line}" if existing.location else "document.toml"
    problems = []
    if existing.kind != kind:
        message = f"'{entry.id}' is of type {kind.name} here and {existing.kind.name} in {where}"
        problems.append(entry.location("type").problem("agreement", message, "Give it one type."))
    for what, there, here in (
        ("label", existing.labels, entry.labels),
        ("definition", existing.definition, entry.definition),
        ("note", existing.note, entry.note),
    ):
        for language, text in here.items():
            other = there.get(language, text)
            if other != text:
                message = f"the {language} {what} of '{entry.id}' is “{text}” here and “{other}” in {where}"
                problems.append(entry.location(what).problem("agreement", message, f"Give it one {what}."))
    return problems


def resolve(
    document: Document, entries: Sequence[AnnotationEntry], things: ThingsById, ontology: Ontology, minter: IriMinter
) -> tuple[list[Statement], list[Problem]]:
    """Return the statements of one document in order, and all problems.

    A pure function of its arguments: documents can be resolved in any order and on any machine.
    """
    statements: list[Statement] = []
    problems: list[Problem] = []
    resolver = _Resolver(document, things, ontology, minter, problems)
    for entry in entries:
        for fact in entry.facts:
            statements += resolver.statements(entry, fact)
    problems += _conflicts(statements)
    return statements, problems


def _conflicts(statements: Sequence[Statement]) -> list[Problem]:
    """Return problems of statements with two modalities or one passage twice."""
    problems = []
    first: dict[object, Statement] = {}
    passages: dict[object, Statement] = {}
    for statement in statements:
        other = first.setdefault(statement.triple, statement)
        if other.modality != statement.modality:
            modality = other.modality.value.removeprefix(SR)
            message = f"the same statement has the modality '{modality}' in line {other.location.line}"
            problems.append(statement.location.problem("modality", message, "Give both facts one modality."))
        twin = passages.setdefault((statement.triple, statement.passage), statement)
        if twin is not statement:
            message = f"the same fact with the same quote stands in line {twin.location.line}"
            problems.append(statement.location.problem("duplicate-fact", message, "Keep one of them."))
    return problems


class _Resolver:
    """Resolves the facts of one document; what is wrong goes to ``problems``."""

    def __init__(
        self, document: Document, things: ThingsById, ontology: Ontology, minter: IriMinter, problems: list[Problem]
    ) -> None:
        self.document, self.things, self.ontology, self.minter = document, things, ontology, minter
        self.problems = problems

    def statements(self, entry: AnnotationEntry, fact: Fact) -> list[Statement]:
        """Return the statements of a fact, none where something is wrong.

        A value in two languages gives two.
        """
        prop = self.property(entry, fact)
        modality = self.modality(fact)
        passage = self.passage(fact) if fact.quote else None
        subject = self.things.get(entry.id)
        values = self.values(prop, fact) if prop else []
        if not (prop and modality and passage and subject):
            return []
        predicate = NamedNode(prop.iri)
        return [
            Statement(subject.iri, predicate, value, modality, passage, fact.note, fact.location()) for value in values
        ]

    def report(self, fact: Fact, key: str, code: str, message: str, todo: str) -> None:
        """Add a problem at the value of a key."""
        self.problems.append(fact.location(key).problem(code, message, todo))

    def property(self, entry: AnnotationEntry, fact: Fact) -> Property | None:
        """Return the property of a fact, None where there is no such."""
        prop = self.ontology.properties.get(fact.property)
        if prop is None:
            if successor := self.ontology.replaced.get(fact.property):
                message = f"the property '{fact.property}' is not used any more"
                self.report(fact, "property", "property", message, f"Write '{successor}' in its place.")
            elif fact.property:
                near = suggest(fact.property, self.ontology.properties)
                todo = f"{near}Properties: {', '.join(sorted(self.ontology.properties))}."
                self.report(fact, "property", "property", f"there is no property '{fact.property}'", todo)
            return None
        subject = self.things.get(entry.id)
        if subject and prop.domains and not prop.domains & subject.kind.ancestors:
            fitting = ", ".join(sorted(self.class_names(prop.domains)))
            message = f"'{prop.name}' does not go with a thing of type {subject.kind.name}"
            self.report(fact, "property", "domain", message, f"Its subjects are of type {fitting}.")
        return prop

    def class_names(self, iris: frozenset[str]) -> list[str]:
        """Return the classes as annotations spell them."""
        names = {kind.iri: kind.name for kind in self.ontology.classes.values()}
        return [names.get(iri, iri) for iri in iris]

    def modality(self, fact: Fact) -> NamedNode | None:
        """Return the modality of a fact, None where there is no such."""
        iri = self.ontology.modalities.get(fact.modality)
        if iri is None and fact.modality:
            todo = (
                f"{suggest(fact.modality, self.ontology.modalities)}Modalities: {', '.join(self.ontology.modalities)}."
            )
            self.report(fact, "modality", "modality", f"there is no modality '{fact.modality}'", todo)
        return NamedNode(iri) if iri else None

    def passage(self, fact: Fact) -> Passage | None:
        """Return where the quote of a fact stands, None where unclear."""
        starts = self.document.quotes.occurrences(fact.quote)
        if not starts:
            todo = describe_nearest(self.document, fact.quote)
            self.report(fact, "quote", "quote", "the quote is not in the text", todo)
            return None
        if len(starts) > 1 and fact.occurrence is None:
            message = f"the quote stands {len(starts)} times in the text ({self.sentences(starts)})"
            self.report(fact, "quote", "occurrence", message, "Add 'occurrence: 1' (or 2, …), or quote more words.")
            return None
        number = fact.occurrence or 1
        if number > len(starts):
            message = f"there is no occurrence {number} of the quote; it stands {len(starts)} time(s)"
            todo = f"Give a number from 1 to {len(starts)}, or take it out."
            self.report(fact, "occurrence", "occurrence", message, todo)
            return None
        passage = Passage(starts[number - 1], starts[number - 1] + len(fact.quote))
        if fact.comment and self.document.text.startswith(fact.comment.split("#")[0] + "#", passage.end):
            message = f"the quote ends before “{visible(fact.comment)}”, which YAML takes for a comment"
            todo = "The text goes on with these words: put the quote between quotation marks, or quote words without #."
            self.report(fact, "quote", "comment", message, todo)
        sentence = self.document.sentence_at(passage.start)
        if passage.start < sentence.start or passage.end > sentence.end:
            message = f"the quote goes beyond sentence {sentence.number}"
            self.report(
                fact, "quote", "sentence", message, "Quote words of one sentence, without the spaces around them."
            )
        return passage

    def sentences(self, starts: Sequence[int]) -> str:
        """Return the numbers of the first sentences in which a quote stands."""
        numbers = list(dict.fromkeys(self.document.sentence_at(start).number for start in starts[: 4 * _MOST_PLACES]))
        more = ", …" if len(numbers) > _MOST_PLACES or len(starts) > 4 * _MOST_PLACES else ""
        return f"{'sentences' if len(numbers) > 1 else 'sentence'} {', '.join(map(str, numbers[:_MOST_PLACES]))}{more}"

    def values(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        """Return the values of a fact: one, or one a language."""
        if prop.name == QUOTED:
            return self.mention(fact)
        if fact.value is None:
            self.report(fact, "value", "value", f"the fact '{prop.name}' has no value", "Add 'value: …'.")
            return []
        if prop.is_object:
            return self.thing(prop, fact)
        if isinstance(fact.value, dict):
            if prop.datatype != LANG_STRING:
                self.report(fact, "value", "value", f"'{prop.name}' takes one value", "Write it without languages.")
                return []
            return [Literal(text, language=tag) for tag, text in fact.value.items()]
        if prop.datatype == LANG_STRING:
            return [Literal(str(fact.value), language=self.document.language)]
        if prop.datatype == _INTEGER:
            if not isinstance(fact.value, int):
                self.report(fact, "value", "value", f"'{fact.value}' is not a whole number", _digits(str(fact.value)))
                return []
            return [integer(fact.value)]
        return [Literal(str(fact.value), datatype=NamedNode(prop.datatype))]

    def mention(self, fact: Fact) -> list[NamedNode | Literal]:
        """Return the words of a quote that name a thing."""
        words = fact.quote if fact.value is None else str(fact.value)
        if isinstance(fact.value, dict) or words not in fact.quote:
            message = f"the value of '{QUOTED}' is not in its quote"
            self.report(fact, "value", "value", message, "Leave the value out: the quote is the value.")
            return []
        return [Literal(words, language=self.document.language)] if words else []

    def thing(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        """Return the thing or concept that is the value of a fact."""
        value = str(fact.value)
        thing = self.things.get(value)
        iri = thing.iri.value if thing else self.ontology.concepts.get(value)
        if iri is None:
            ids = [*self.things, *self.ontology.concepts]
            todo = f"{suggest(value, ids)}Describe it in an entry of its own, or correct the id."
            self.report(fact, "value", "value", f"'{value}' is defined nowhere", todo)
            return []
        ancestors = thing.kind.ancestors if thing else frozenset([CONCEPT])
        if prop.ranges and not prop.ranges & ancestors:
            is_a = thing.kind.name if thing else "a concept of a scheme"
            fitting = ", ".join(sorted(self.class_names(prop.ranges)))
            message = f"'{value}' ({is_a}) is no value for '{prop.name}'"
            self.report(fact, "value", "range", message, f"Its values are of type {fitting}.")
            return []
        return [NamedNode(iri)]


def _digits(written: str) -> str:
    """Return how to write a number that was not taken for one."""
    number = re.fullmatch(r"([+-]?)0*([0-9]+)", written)
    if not number:
        return "Write digits only."
    plain = ("-" if number[1] == "-" else "") + number[2]
    return f"Write {plain} without {'quotation marks' if plain == written else 'a sign or zeros before it'}."
