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
from kg.model.messages import N_, worded, worded_plural
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
                todo = worded("Put its facts under the entry of line {line}.", line=first[entry.id].line)
                problems.append(
                    entry.location("id").problem("duplicate-id", worded("'{id}' is described twice", id=entry.id), todo)
                )
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
        todo = suggest(entry.type, usable) + worded("Types: {types}.", types=", ".join(usable))
        return [entry.location("type").problem("type", worded("there is no type '{type}'", type=entry.type), todo)]
    if entry.id.split("/")[0] != kind.segment:
        todo = worded(
            "Ids of the type {name} begin with '{segment}/'; kg rename changes an id in all files.",
            name=kind.name,
            segment=kind.segment,
        )
        return [
            entry.location("id").problem(
                "id", worded("'{id}' is no id of the type {name}", id=entry.id, name=kind.name), todo
            )
        ]
    existing = things.get(entry.id)
    if existing is None and kind.name == "Document":
        todo = worded("Documents are the folders of data/; describe another source as one of them.")
        return [entry.location("id").problem("id", worded("there is no document '{id}'", id=entry.id), todo)]
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
        message = worded(
            "'{id}' is of type {here} here and {there} in {where}",
            id=entry.id,
            here=kind.name,
            there=existing.kind.name,
            where=where,
        )
        problems.append(entry.location("type").problem("agreement", message, worded("Give it one type.")))
    for what, there, here in (
        ("label", existing.labels, entry.labels),
        ("definition", existing.definition, entry.definition),
        ("note", existing.note, entry.note),
    ):
        for language, text in here.items():
            other = there.get(language, text)
            if other != text:
                message = worded(
                    "the {language} {what} of '{id}' is “{text}” here and “{other}” in {where}",
                    language=language,
                    what=what,
                    id=entry.id,
                    text=text,
                    other=other,
                    where=where,
                )
                problems.append(
                    entry.location(what).problem("agreement", message, worded("Give it one {what}.", what=what))
                )
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
            message = worded(
                "the same statement has the modality '{modality}' in line {line}",
                modality=modality,
                line=other.location.line,
            )
            problems.append(statement.location.problem("modality", message, worded("Give both facts one modality.")))
        twin = passages.setdefault((statement.triple, statement.passage), statement)
        if twin is not statement:
            message = worded("the same fact with the same quote stands in line {line}", line=twin.location.line)
            problems.append(statement.location.problem("duplicate-fact", message, worded("Keep one of them.")))
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
                message = worded("the property '{property}' is not used any more", property=fact.property)
                self.report(
                    fact,
                    "property",
                    "property",
                    message,
                    worded("Write '{successor}' in its place.", successor=successor),
                )
            elif fact.property:
                near = suggest(fact.property, self.ontology.properties)
                todo = near + worded(
                    "Properties: {properties}.", properties=", ".join(sorted(self.ontology.properties))
                )
                self.report(
                    fact,
                    "property",
                    "property",
                    worded("there is no property '{property}'", property=fact.property),
                    todo,
                )
            return None
        subject = self.things.get(entry.id)
        if subject and prop.domains and not prop.domains & subject.kind.ancestors:
            fitting = ", ".join(sorted(self.class_names(prop.domains)))
            message = worded("'{name}' does not go with a thing of type {type}", name=prop.name, type=subject.kind.name)
            self.report(
                fact, "property", "domain", message, worded("Its subjects are of type {fitting}.", fitting=fitting)
            )
        return prop

    def class_names(self, iris: frozenset[str]) -> list[str]:
        """Return the classes as annotations spell them."""
        names = {kind.iri: kind.name for kind in self.ontology.classes.values()}
        return [names.get(iri, iri) for iri in iris]

    def modality(self, fact: Fact) -> NamedNode | None:
        """Return the modality of a fact, None where there is no such."""
        iri = self.ontology.modalities.get(fact.modality)
        if iri is None and fact.modality:
            todo = suggest(fact.modality, self.ontology.modalities) + worded(
                "Modalities: {modalities}.", modalities=", ".join(self.ontology.modalities)
            )
            self.report(
                fact, "modality", "modality", worded("there is no modality '{modality}'", modality=fact.modality), todo
            )
        return NamedNode(iri) if iri else None

    def passage(self, fact: Fact) -> Passage | None:
        """Return where the quote of a fact stands, None where unclear."""
        starts = self.document.quotes.occurrences(fact.quote)
        if not starts:
            todo = describe_nearest(self.document, fact.quote)
            self.report(fact, "quote", "quote", worded("the quote is not in the text"), todo)
            return None
        if len(starts) > 1 and fact.occurrence is None:
            message = worded(
                "the quote stands {count} times in the text ({places})",
                count=len(starts),
                places=self.sentences(starts),
            )
            self.report(
                fact, "quote", "occurrence", message, worded("Add 'occurrence: 1' (or 2, …), or quote more words.")
            )
            return None
        number = fact.occurrence or 1
        if number > len(starts):
            message = worded(
                "there is no occurrence {number} of the quote; it stands there {count} times",
                number=number,
                count=len(starts),
            )
            todo = worded("Give a number from 1 to {count}, or take it out.", count=len(starts))
            self.report(fact, "occurrence", "occurrence", message, todo)
            return None
        passage = Passage(starts[number - 1], starts[number - 1] + len(fact.quote))
        self.validate_quote(fact, passage)
        return passage

    def validate_quote(self, fact: Fact, passage: Passage) -> None:
        """Report a quote that is cut short, or leaves its sentence."""
        if fact.comment and self.document.text.startswith(fact.comment.split("#")[0] + "#", passage.end):
            message = worded(
                "the quote ends before “{comment}”, which YAML takes for a comment", comment=visible(fact.comment)
            )
            todo = worded(
                "The text goes on with these words: put the quote between quotation marks, or quote words without #."
            )
            self.report(fact, "quote", "comment", message, todo)
        sentence = self.document.sentence_at(passage.start)
        if passage.start < sentence.start or passage.end > sentence.end:
            message = worded("the quote goes beyond sentence {number}", number=sentence.number)
            self.report(
                fact,
                "quote",
                "sentence",
                message,
                worded("Quote words of one sentence, without the spaces around them."),
            )

    def sentences(self, starts: Sequence[int]) -> str:
        """Return the numbers of the first sentences in which a quote stands."""
        numbers = list(dict.fromkeys(self.document.sentence_at(start).number for start in starts[: 4 * _MOST_PLACES]))
        more = ", …" if len(numbers) > _MOST_PLACES or len(starts) > 4 * _MOST_PLACES else ""
        listed = ", ".join(map(str, numbers[:_MOST_PLACES])) + more
        return worded_plural("sentence {numbers}", "sentences {numbers}", len(numbers), numbers=listed)

    def values(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        """Return the values of a fact: one, or one a language."""
        if prop.name == QUOTED:
            return self.mention(fact)
        if fact.value is None:
            self.report(
                fact,
                "value",
                "value",
                worded("the fact '{name}' has no value", name=prop.name),
                worded("Add 'value: …'."),
            )
            return []
        if prop.is_object:
            return self.thing(prop, fact)
        if isinstance(fact.value, dict):
            if prop.datatype != LANG_STRING:
                self.report(
                    fact,
                    "value",
                    "value",
                    worded("'{name}' takes one value", name=prop.name),
                    worded("Write it without languages."),
                )
                return []
            return [Literal(text, language=tag) for tag, text in fact.value.items()]
        if prop.datatype == LANG_STRING:
            return [Literal(str(fact.value), language=self.document.language)]
        if prop.datatype == _INTEGER:
            if not isinstance(fact.value, int):
                self.report(
                    fact,
                    "value",
                    "value",
                    worded("'{value}' is not a whole number", value=fact.value),
                    _digits(str(fact.value)),
                )
                return []
            return [integer(fact.value)]
        return [Literal(str(fact.value), datatype=NamedNode(prop.datatype))]

    def where_to_define(self, prop: Property, value: str) -> str:
        """Return what to do about a value that nothing defines."""
        todo = [suggest(value, [*self.things, *self.ontology.concepts]).strip()]
        usable = (self.ontology.classes[name] for name in annotatable_classes(self.ontology))
        types = sorted(kind.name for kind in usable if not prop.ranges or prop.ranges & kind.ancestors)
        if types:
            message = N_("Describe it in an entry of its own (type: {types}), or correct the id.")
            todo.append(worded(message, types=", ".join(types)))
        if CONCEPT in prop.ranges:
            scheme = value.partition("/")[0]
            of_scheme = sorted(name for name in self.ontology.concepts if name.startswith(f"{scheme}/"))
            schemes = sorted({name.partition("/")[0] for name in self.ontology.concepts})
            if of_scheme:
                todo.append(worded("Concepts of this scheme: {concepts}.", concepts=", ".join(of_scheme)))
            else:
                todo.append(worded("Schemes of concepts: {schemes}.", schemes=", ".join(schemes)))
            todo.append(worded("A new concept goes into ontology/concepts.ttl."))
        return " ".join(filter(None, todo))

    def mention(self, fact: Fact) -> list[NamedNode | Literal]:
        """Return the words of a quote that name a thing."""
        words = fact.quote if fact.value is None else str(fact.value)
        if isinstance(fact.value, dict) or words not in fact.quote:
            message = worded("the value of '{quoted}' is not in its quote", quoted=QUOTED)
            self.report(fact, "value", "value", message, worded("Leave the value out: the quote is the value."))
            return []
        return [Literal(words, language=self.document.language)] if words else []

    def thing(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        """Return the thing or concept that is the value of a fact."""
        value = str(fact.value)
        thing = self.things.get(value)
        iri = thing.iri.value if thing else self.ontology.concepts.get(value)
        if iri is None:
            message = worded("'{value}' is defined nowhere", value=value)
            self.report(fact, "value", "value", message, self.where_to_define(prop, value))
            return []
        ancestors = thing.kind.ancestors if thing else frozenset([CONCEPT])
        if prop.ranges and not prop.ranges & ancestors:
            is_a = thing.kind.name if thing else worded("a concept of a scheme")
            fitting = ", ".join(sorted(self.class_names(prop.ranges)))
            message = worded("'{value}' ({is_a}) is no value for '{name}'", value=value, is_a=is_a, name=prop.name)
            self.report(fact, "value", "range", message, worded("Its values are of type {fitting}.", fitting=fitting))
            return []
        return [NamedNode(iri)]


def _digits(written: str) -> str:
    """Return how to write a number that was not taken for one."""
    number = re.fullmatch(r"([+-]?)0*([0-9]+)", written)
    if not number:
        return worded("Write digits only.")
    plain = ("-" if number[1] == "-" else "") + number[2]
    if plain == written:
        return worded("Write {number} without quotation marks.", number=plain)
    return worded("Write {number} without a sign or zeros before it.", number=plain)
