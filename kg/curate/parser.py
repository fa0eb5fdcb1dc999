"""Parse annotation files into entries that know their places."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kg.curate.yaml_nodes import is_blank, read_nodes
from kg.model.errors import Problem
from kg.model.iris import THING_ID
from kg.model.languages import LANGUAGES

ENTRY_KEYS = ("id", "type", "label", "definition", "note", "facts")
FACT_KEYS = ("property", "value", "quote", "modality", "occurrence", "note", "status", "confidence", "rules")
"""The keys of a fact; ``status``, ``confidence`` and ``rules`` are for proposals and mean nothing yet."""

_INT = "tag:yaml.org,2002:int"
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, order=True)
class SourceLocation:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def problem(self, code: str, found: str, todo: str) -> Problem:
        """Return a problem at this place."""
        return Problem(self.file, self.line, self.column, code, found, todo)


@dataclass(frozen=True)
class Fact:
    """A fact as written: property, value and the words that say it."""

    property: str
    value: str | int | Mapping[str, str] | None
    quote: str
    modality: str
    occurrence: int | None
    note: Mapping[str, str]
    locations: Mapping[str, SourceLocation] = field(compare=False, repr=False)
    """Where each key's value stands; ``""`` is the fact itself."""

    def location(self, key: str = "") -> SourceLocation:
        """Return where a value stands, or the fact where it is absent."""
        return self.locations.get(key, self.locations[""])


@dataclass(frozen=True)
class AnnotationEntry:
    """A thing as written in one document, with its facts."""

    id: str
    type: str
    labels: Mapping[str, str]
    definition: Mapping[str, str]
    note: Mapping[str, str]
    facts: tuple[Fact, ...]
    locations: Mapping[str, SourceLocation] = field(compare=False, repr=False)
    """Where each key's value stands; ``""`` is the entry itself."""

    def location(self, key: str = "") -> SourceLocation:
        """Return where a value stands, or the entry where it is absent."""
        return self.locations.get(key, self.locations[""])


def parse_entries(data: bytes, shown_path: str, language: str = "") -> tuple[list[AnnotationEntry], list[Problem]]:
    """Parse an annotation file; return its entries and all problems.

    The file is YAML, hence may be JSON. ``shown_path`` is the name of the file in messages. ``language`` is the
    document's: the language of a note that is given as plain text.
    """
    problems: list[Problem] = []
    root = read_nodes(data, shown_path, problems)
    reader = NodeReader(shown_path, language, problems)
    entries = [entry for node in reader.sequence(root, "the file") if (entry := _entry(reader, node))]
    return entries, problems


def suggest(word: str, words: Iterable[str]) -> str:
    """Return a question for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'? " if near else ""


class NodeReader:
    """A reader of the nodes of one file that collects problems.

    What departs from the form goes to ``problems``. ``what`` is how a message names the thing that is read.
    """

    def __init__(self, shown_path: str, language: str, problems: list[Problem]) -> None:
        self.shown_path, self.language, self.problems = shown_path, language, problems

    def location(self, node: Any) -> SourceLocation:
        """Return where a node begins."""
        return SourceLocation(self.shown_path, node.start_mark.line + 1, node.start_mark.column + 1)

    def locations(self, node: Any, nodes: dict[str, Any]) -> dict[str, SourceLocation]:
        """Return where a node and the values of its keys begin."""
        return {"": self.location(node), **{key: self.location(value) for key, value in nodes.items()}}

    def report(self, node: Any, found: str, todo: str) -> None:
        """Add a departure from the form at a node to the problems."""
        self.problems.append(self.location(node).problem("form", found, todo))

    def sequence(self, node: Any, what: str) -> list[Any]:
        """Return the nodes of a list."""
        if node is None or is_blank(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.report(node, f"{what} is not a list", "Write each item on lines of its own that begin with '- '.")
            return []
        return list(node.value)

    def mapping(self, node: Any, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """Return the nodes of a mapping by key.

        Unknown and repeated keys are problems.
        """
        if not isinstance(node, yaml.MappingNode):
            self.report(node, f"{what} is not a mapping", f"Write it as 'key: value' lines with {', '.join(keys)}.")
            return {}
        nodes: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in keys:
                todo = f"{suggest(name, keys)}Keys: {', '.join(keys)}."
                self.report(key, f"{what} has the unknown key '{name}'", todo)
            elif name in nodes:
                self.report(key, f"the key '{name}' stands twice", "Keep one of them.")
            else:
                nodes[name] = value
        return nodes

    def scalar(self, nodes: dict[str, Any], key: str, owner: Any, what: str, required: bool = True) -> str:
        """Return the text of a key of ``owner``, else nothing."""
        node = nodes.get(key)
        if node is None or is_blank(node):
            if required or node is not None:
                self.report(node or owner, f"{what} has no {key}", f"Add '{key}: …'.")
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.report(node, f"the {key} of {what} is not plain text", f"Write '{key}: …' on one line.")
            return ""
        return self.text(node)

    def text(self, node: Any) -> str:
        """Return the text of a scalar.

        It must be in NFC and free of control characters.
        """
        text = str(node.value)
        if unicodedata.normalize("NFC", text) != text:
            todo = "Type it again or normalise the file."
            self.report(node, f"{text!r} is not in Unicode normalisation form C", todo)
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
            self.report(node, f"{text!r} holds a control character", "Take it out.")
        return text

    def texts_by_language(self, node: Any, what: str, all_languages: bool) -> dict[str, str]:
        """Return texts by language.

        Plain text is in the document's language, where not ``all_languages`` are required.
        """
        if node is None:
            return {}
        if is_blank(node):
            todo = "Write the words, in each language." if all_languages else "Write the words, or take the key out."
            self.report(node, f"{what} is empty", todo)
            return {}
        if isinstance(node, yaml.ScalarNode) and not all_languages and self.language:
            return {self.language: self.text(node)}
        nodes = self.mapping(node, what, LANGUAGES)
        texts: dict[str, str] = {}
        for language in LANGUAGES:
            value = nodes.get(language)
            if isinstance(value, yaml.ScalarNode) and not is_blank(value):
                texts[language] = self.text(value)
            elif isinstance(node, yaml.MappingNode):
                self.report(value or node, f"{what} has no text in '{language}'", f"Add '{language}: …'.")
        return texts


def _entry(reader: NodeReader, node: Any) -> AnnotationEntry | None:
    """Return the entry of a node, None where it is no mapping."""
    nodes = reader.mapping(node, "an entry", ENTRY_KEYS)
    if not nodes:
        return None
    thing_id = reader.scalar(nodes, "id", node, "an entry")
    what = thing_id or "the entry"
    if thing_id and not THING_ID.match(thing_id):
        todo = "An id is <kind>/<slug> with a-z, 0-9 and single hyphens, as in initiative/lhss."
        reader.report(nodes["id"], f"'{thing_id}' is not an id", todo)
    if "label" not in nodes:
        reader.report(node, f"{what} has no label", "Add 'label: {fr: …, en: …}'.")
    facts = [_fact(reader, item) for item in reader.sequence(nodes.get("facts"), f"'facts' of {what}")]
    return AnnotationEntry(
        id=thing_id,
        type=reader.scalar(nodes, "type", node, what),
        labels=reader.texts_by_language(nodes.get("label"), f"the label of {what}", True),
        definition=reader.texts_by_language(nodes.get("definition"), f"the definition of {what}", True),
        note=reader.texts_by_language(nodes.get("note"), f"the note of {what}", False),
        facts=tuple(fact for fact in facts if fact),
        locations=reader.locations(node, nodes),
    )


def _fact(reader: NodeReader, node: Any) -> Fact | None:
    """Return the fact of a node, None where it is no mapping."""
    nodes = reader.mapping(node, "a fact", FACT_KEYS)
    if not nodes:
        return None
    occurrence = nodes.get("occurrence")
    number = None
    if occurrence is not None:
        if occurrence.tag == _INT and _COUNT.fullmatch(str(occurrence.value)):
            number = int(occurrence.value)
        else:
            reader.report(occurrence, "the occurrence is not a number from 1", "Give 1 for the first, 2 for the next.")
    return Fact(
        property=reader.scalar(nodes, "property", node, "a fact"),
        value=_value(reader, nodes.get("value")),
        quote=reader.scalar(nodes, "quote", node, "a fact"),
        modality=reader.scalar(nodes, "modality", node, "a fact"),
        occurrence=number,
        note=reader.texts_by_language(nodes.get("note"), "the note", False),
        locations=reader.locations(node, nodes),
    )


def _value(reader: NodeReader, node: Any) -> str | int | dict[str, str] | None:
    """Return the value of a fact: text, number, texts by language, None."""
    if node is None or is_blank(node):
        return None
    if isinstance(node, yaml.MappingNode):
        return reader.texts_by_language(node, "the value", True)
    if not isinstance(node, yaml.ScalarNode):
        reader.report(node, "the value is a list", "Write one fact for each value.")
        return None
    text = reader.text(node)
    is_number = node.tag == _INT and _NUMBER.fullmatch(text) and str(int(text)) == text
    return int(text) if is_number else text
