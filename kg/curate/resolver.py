"""What annotations say: entries held against the text and the vocabulary give statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode

from kg.curate.documents import Document
from kg.curate.parser import Entry, Fact, Mark, closest, facts_of
from kg.model.errors import Problem
from kg.model.iris import SR, THING_ID, XSD, IriMinter, integer
from kg.model.ontology import CONCEPT, LANG_STRING, Ontology, OntologyClass, Property
from kg.model.quotes import Passage, describe_nearest, occurrences

QUOTED = "mentionedAs"
"""The property whose value is its quote: the words by which the text names a thing."""

INTEGER = XSD + "integer"
_NOT_ANNOTATED = ("Assertion",)


@dataclass(frozen=True)
class Thing:
    """A thing that some document describes."""

    id: str
    iri: NamedNode
    kind: OntologyClass
    labels: Mapping[str, str]
    definition: Mapping[str, str]
    note: Mapping[str, str]
    mark: Mark | None = field(compare=False)


Things = dict[str, Thing]


@dataclass(frozen=True)
class Statement:
    """One statement of a document and the passage that says it."""

    subject: NamedNode
    predicate: NamedNode
    value: NamedNode | Literal
    modality: NamedNode
    passage: Passage
    notes: Mapping[str, str]
    mark: Mark = field(compare=False)

    @property
    def triple(self) -> tuple[NamedNode, NamedNode, NamedNode | Literal]:
        """Subject, predicate and value."""
        return self.subject, self.predicate, self.value


def things_of(
    documents: Sequence[Document], entries: Mapping[str, Sequence[Entry]], ontology: Ontology, minter: IriMinter
) -> tuple[Things, list[Problem]]:
    """The things of all documents by id, with every disagreement about them.

    ``entries`` holds the entries of each document by its id, also of documents that cannot be used: their things
    are values for others. The documents are things themselves.
    """
    things: Things = {}
    problems: list[Problem] = []
    for document in documents:
        thing_id = f"document/{document.id}"
        kind = ontology.classes["Document"]
        things[thing_id] = Thing(thing_id, minter.thing(thing_id), kind, document.labels, {}, {}, None)
    for name, described in entries.items():
        seen: dict[str, Mark] = {}
        for entry in described:
            if entry.id == f"document/{name}" and entry.id not in things:
                continue  # its document cannot be used: a problem by itself
            if entry.id in seen:
                todo = f"Put its facts under the entry of line {seen[entry.id].line}."
                problems.append(entry.mark("id").problem("duplicate-id", f"'{entry.id}' is described twice", todo))
                continue
            seen[entry.id] = entry.mark()
            problems += _add_thing(things, entry, ontology, minter)
    return things, problems


def _add_thing(things: Things, entry: Entry, ontology: Ontology, minter: IriMinter) -> list[Problem]:
    """Add the thing of an entry, or hold it against the same thing in another document."""
    kind = ontology.classes.get(entry.type)
    if not entry.type or not THING_ID.match(entry.id):
        return []  # a problem of the form
    usable = [name for name in ontology.classes if name not in _NOT_ANNOTATED]
    if kind is None or kind.name in _NOT_ANNOTATED:
        todo = f"{closest(entry.type, usable)}Types: {', '.join(usable)}."
        return [entry.mark("type").problem("type", f"there is no type '{entry.type}'", todo)]
    if entry.id.split("/")[0] != kind.segment:
        todo = f"Ids of the type {kind.name} begin with '{kind.segment}/'; kg rename changes an id in all files."
        return [entry.mark("id").problem("id", f"'{entry.id}' is no id of the type {kind.name}", todo)]
    known = things.get(entry.id)
    if known is None and kind.name == "Document":
        todo = "Documents are the folders of data/; describe another source as one of them."
        return [entry.mark("id").problem("id", f"there is no document '{entry.id}'", todo)]
    if known is None:
        iri = minter.thing(entry.id)
        thing = Thing(entry.id, iri, kind, entry.labels, entry.definition, entry.note, entry.mark("id"))
        things[entry.id] = thing
        return []
    things[entry.id] = replace(
        known, definition={**entry.definition, **known.definition}, note={**entry.note, **known.note}
    )
    return _disagreements(known, entry, kind)


def _disagreements(known: Thing, entry: Entry, kind: OntologyClass) -> list[Problem]:
    where = f"{known.mark.file}:{known.mark.line}" if known.mark else "document.toml"
    problems = []
    if known.kind != kind:
        found = f"'{entry.id}' is of type {kind.name} here and {known.kind.name} in {where}"
        problems.append(entry.mark("type").problem("agreement", found, "Give it one type."))
    said = (("label", known.labels, entry.labels), ("definition", known.definition, entry.definition))
    for what, there, here in (*said, ("note", known.note, entry.note)):
        for language, words in here.items():
            other = there.get(language, words)
            if other != words:
                found = f"the {language} {what} of '{entry.id}' is “{words}” here and “{other}” in {where}"
                problems.append(entry.mark(what).problem("agreement", found, f"Give it one {what}."))
    return problems


def resolve(
    document: Document, entries: Sequence[Entry], things: Things, ontology: Ontology, minter: IriMinter
) -> tuple[list[Statement], list[Problem]]:
    """The statements of one document, in the order of its annotations, with everything that is wrong.

    A pure function of its arguments: documents can be resolved in any order and on any machine.
    """
    statements: list[Statement] = []
    problems: list[Problem] = []
    resolver = _Resolver(document, things, ontology, minter, problems)
    for entry, fact in facts_of(entries):
        statements += resolver.statements(entry, fact)
    problems += _conflicts(statements)
    return statements, problems


def _conflicts(statements: Sequence[Statement]) -> list[Problem]:
    """Facts that say one statement with two modalities, or from one passage twice."""
    problems = []
    first: dict[object, Statement] = {}
    passages: dict[object, Statement] = {}
    for statement in statements:
        other = first.setdefault(statement.triple, statement)
        if other.modality != statement.modality:
            said = other.modality.value.removeprefix(SR)
            found = f"the same statement has the modality '{said}' in line {other.mark.line}"
            problems.append(statement.mark.problem("modality", found, "Give both facts one modality."))
        twin = passages.setdefault((statement.triple, statement.passage), statement)
        if twin is not statement:
            found = f"the same fact with the same quote stands in line {twin.mark.line}"
            problems.append(statement.mark.problem("duplicate-fact", found, "Keep one of them."))
    return problems


class _Resolver:
    """Gives the statements of facts of one document; what is wrong goes to ``problems``."""

    def __init__(
        self, document: Document, things: Things, ontology: Ontology, minter: IriMinter, problems: list[Problem]
    ) -> None:
        self.document, self.things, self.ontology, self.minter = document, things, ontology, minter
        self.problems = problems

    def statements(self, entry: Entry, fact: Fact) -> list[Statement]:
        prop = self.property(entry, fact)
        modality = self.modality(fact)
        passage = self.passage(fact) if fact.quote else None
        subject = self.things.get(entry.id)
        values = self.values(prop, fact) if prop else []
        if not (prop and modality and passage and subject):
            return []
        predicate = NamedNode(prop.iri)
        return [Statement(subject.iri, predicate, value, modality, passage, fact.note, fact.mark()) for value in values]

    def wrong(self, fact: Fact, key: str, code: str, found: str, todo: str) -> None:
        self.problems.append(fact.mark(key).problem(code, found, todo))

    def property(self, entry: Entry, fact: Fact) -> Property | None:
        prop = self.ontology.properties.get(fact.property)
        if prop is None:
            if fact.property:
                near = closest(fact.property, self.ontology.properties)
                todo = f"{near}Properties: {', '.join(sorted(self.ontology.properties))}."
                self.wrong(fact, "property", "property", f"there is no property '{fact.property}'", todo)
            return None
        subject = self.things.get(entry.id)
        if subject and prop.domains and not prop.domains & subject.kind.ancestors:
            fitting = ", ".join(sorted(self.named(prop.domains)))
            found = f"'{prop.name}' does not go with a thing of type {subject.kind.name}"
            self.wrong(fact, "property", "domain", found, f"Its subjects are of type {fitting}.")
        return prop

    def named(self, iris: frozenset[str]) -> list[str]:
        names = {kind.iri: kind.name for kind in self.ontology.classes.values()}
        return [names.get(iri, iri) for iri in iris]

    def modality(self, fact: Fact) -> NamedNode | None:
        iri = self.ontology.modalities.get(fact.modality)
        if iri is None and fact.modality:
            todo = (
                f"{closest(fact.modality, self.ontology.modalities)}Modalities: {', '.join(self.ontology.modalities)}."
            )
            self.wrong(fact, "modality", "modality", f"there is no modality '{fact.modality}'", todo)
        return NamedNode(iri) if iri else None

    def passage(self, fact: Fact) -> Passage | None:
        text = self.document.text
        places = occurrences(text, fact.quote)
        if not places:
            todo = describe_nearest(self.document, fact.quote)
            self.wrong(fact, "quote", "quote", "the quote is not in the text", todo)
            return None
        if len(places) > 1 and fact.occurrence is None:
            sentences = ", ".join(str(self.document.sentence_at(place).number) for place in places)
            found = f"the quote stands {len(places)} times in the text (sentences {sentences})"
            self.wrong(fact, "quote", "occurrence", found, "Add 'occurrence: 1' (or 2, …), or quote more words.")
            return None
        number = fact.occurrence or 1
        if number > len(places):
            found = f"there is no occurrence {number} of the quote; it stands {len(places)} time(s)"
            todo = f"Give a number from 1 to {len(places)}, or take it out."
            self.wrong(fact, "occurrence", "occurrence", found, todo)
            return None
        passage = Passage(places[number - 1], places[number - 1] + len(fact.quote))
        sentence = self.document.sentence_at(passage.start)
        if passage.start < sentence.start or passage.end > sentence.end:
            found = f"the quote goes beyond sentence {sentence.number}"
            self.wrong(fact, "quote", "sentence", found, "Quote words of one sentence, without the spaces around them.")
        return passage

    def values(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        if prop.name == QUOTED:
            return self.mention(fact)
        if fact.value is None:
            self.wrong(fact, "value", "value", f"the fact '{prop.name}' has no value", "Add 'value: …'.")
            return []
        if prop.is_object:
            return self.thing(prop, fact)
        if isinstance(fact.value, dict):
            if prop.datatype != LANG_STRING:
                self.wrong(fact, "value", "value", f"'{prop.name}' takes one value", "Write it without languages.")
                return []
            return [Literal(words, language=tag) for tag, words in fact.value.items()]
        if prop.datatype == LANG_STRING:
            return [Literal(str(fact.value), language=self.document.language)]
        if prop.datatype == INTEGER:
            if not isinstance(fact.value, int):
                self.wrong(fact, "value", "value", f"'{fact.value}' is not a whole number", "Write digits only.")
                return []
            return [integer(fact.value)]
        return [Literal(str(fact.value), datatype=NamedNode(prop.datatype))]

    def mention(self, fact: Fact) -> list[NamedNode | Literal]:
        words = fact.quote if fact.value is None else str(fact.value)
        if isinstance(fact.value, dict) or words not in fact.quote:
            found = f"the value of '{QUOTED}' is not in its quote"
            self.wrong(fact, "value", "value", found, "Leave the value out: the quote is the value.")
            return []
        return [Literal(words, language=self.document.language)] if words else []

    def thing(self, prop: Property, fact: Fact) -> list[NamedNode | Literal]:
        value = str(fact.value)
        thing = self.things.get(value)
        iri = thing.iri.value if thing else self.ontology.concepts.get(value)
        if iri is None:
            known = [*self.things, *self.ontology.concepts]
            todo = f"{closest(value, known)}Describe it in an entry of its own, or correct the id."
            self.wrong(fact, "value", "value", f"'{value}' is defined nowhere", todo)
            return []
        ancestors = thing.kind.ancestors if thing else frozenset([CONCEPT])
        if prop.ranges and not prop.ranges & ancestors:
            is_a = thing.kind.name if thing else "a concept of a scheme"
            fitting = ", ".join(sorted(self.named(prop.ranges)))
            found = f"'{value}' ({is_a}) is no value for '{prop.name}'"
            self.wrong(fact, "value", "range", found, f"Its values are of type {fitting}.")
            return []
        return [NamedNode(iri)]
