"""The form of annotations: YAML read into entries that know where each of their words stands."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kg.curate.yaml_nodes import is_blank, read_nodes
from kg.model.errors import Problem
from kg.model.iris import THING_ID
from kg.model.languages import LANGUAGES

"""The languages in which labels and editors' words are given."""

ENTRY_KEYS = ("id", "type", "label", "definition", "note", "facts")
FACT_KEYS = ("property", "value", "quote", "modality", "occurrence", "note", "status", "confidence", "rules")
RESERVED = ("status", "confidence", "rules")
"""Keys that proposals will use; read, and not yet given a meaning (DESIGN section 4)."""

_INT = "tag:yaml.org,2002:int"
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def problem(self, code: str, found: str, todo: str) -> Problem:
        """A problem at this place."""
        return Problem(self.file, self.line, self.column, code, found, todo)


@dataclass(frozen=True)
class Fact:
    """One fact as written: a property, its value and the words that say it."""

    property: str
    value: str | int | Mapping[str, str] | None
    quote: str
    modality: str
    occurrence: int | None
    note: Mapping[str, str]
    marks: Mapping[str, Mark] = field(compare=False, repr=False)
    """Where each key's value stands; ``""`` is the fact itself."""

    def mark(self, key: str = "") -> Mark:
        """Where the value of a key stands, or the fact where the key is absent."""
        return self.marks.get(key, self.marks[""])


@dataclass(frozen=True)
class Entry:
    """One thing as written in one document, with its facts."""

    id: str
    type: str
    labels: Mapping[str, str]
    definition: Mapping[str, str]
    note: Mapping[str, str]
    facts: tuple[Fact, ...]
    marks: Mapping[str, Mark] = field(compare=False, repr=False)

    def mark(self, key: str = "") -> Mark:
        """Where the value of a key stands, or the entry where the key is absent."""
        return self.marks.get(key, self.marks[""])


def read_entries(data: bytes, shown: str, language: str = "") -> tuple[list[Entry], list[Problem]]:
    """The entries of an annotation file (YAML, hence also JSON), with everything that breaks the form.

    ``language`` is the document's: the language of a note that is given as plain text.
    """
    problems: list[Problem] = []
    root = read_nodes(data, shown, problems)
    reader = Reader(shown, language, problems)
    entries = [entry for node in reader.sequence(root, "the file") if (entry := reader.entry(node))]
    return entries, problems


def closest(word: str, words: Iterable[str]) -> str:
    """« Did you mean … », where a known word comes near."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'? " if near else ""


class Reader:
    """Walks the nodes of one file; every departure from the form becomes a problem."""

    def __init__(self, shown: str, language: str, problems: list[Problem]) -> None:
        self.shown, self.language, self.problems = shown, language, problems

    def mark(self, node: Any) -> Mark:
        """Where a node begins."""
        return Mark(self.shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def wrong(self, node: Any, found: str, todo: str) -> None:
        """Note a departure from the form at a node."""
        self.problems.append(self.mark(node).problem("form", found, todo))

    def sequence(self, node: Any, what: str) -> list[Any]:
        """The nodes of a list."""
        if node is None or is_blank(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, f"{what} is not a list", "Write each item on lines of its own that begin with '- '.")
            return []
        return list(node.value)

    def mapping(self, node: Any, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """The nodes of a mapping by key, keys checked."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, f"{what} is not a mapping", f"Write it as 'key: value' lines with {', '.join(keys)}.")
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in keys:
                todo = f"{closest(name, keys)}Keys: {', '.join(keys)}."
                self.wrong(key, f"{what} has the unknown key '{name}'", todo)
            elif name in found:
                self.wrong(key, f"the key '{name}' stands twice", "Keep one of them.")
            else:
                found[name] = value
        return found

    def scalar(self, nodes: dict[str, Any], key: str, owner: Any, what: str, required: bool = True) -> str:
        """The text of a key, or nothing where it has none."""
        node = nodes.get(key)
        if node is None or is_blank(node):
            if required or node is not None:
                self.wrong(node or owner, f"{what} has no {key}", f"Add '{key}: …'.")
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, f"the {key} of {what} is not plain text", f"Write '{key}: …' on one line.")
            return ""
        return self.words(node)

    def words(self, node: Any) -> str:
        """The text of a scalar, which must be in NFC and free of control characters."""
        value = str(node.value)
        if unicodedata.normalize("NFC", value) != value:
            todo = "Type it again or normalise the file."
            self.wrong(node, f"{value!r} is not in Unicode normalisation form C", todo)
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in value):
            self.wrong(node, f"{value!r} holds a control character", "Take it out.")
        return value

    def by_language(self, node: Any, what: str, all_languages: bool) -> dict[str, str]:
        """Words by language; plain text is in the document's language."""
        if node is None:
            return {}
        if is_blank(node):
            todo = "Write the words, in each language." if all_languages else "Write the words, or take the key out."
            self.wrong(node, f"{what} is empty", todo)
            return {}
        if isinstance(node, yaml.ScalarNode) and not all_languages and self.language:
            return {self.language: self.words(node)}
        nodes = self.mapping(node, what, LANGUAGES)
        words: dict[str, str] = {}
        for language in LANGUAGES:
            value = nodes.get(language)
            if isinstance(value, yaml.ScalarNode) and not is_blank(value):
                words[language] = self.words(value)
            elif isinstance(node, yaml.MappingNode):
                self.wrong(value or node, f"{what} has no text in '{language}'", f"Add '{language}: …'.")
        return words

    def entry(self, node: Any) -> Entry | None:
        """The entry of a node."""
        nodes = self.mapping(node, "an entry", ENTRY_KEYS)
        if not nodes:
            return None
        thing_id = self.scalar(nodes, "id", node, "an entry")
        what = thing_id or "the entry"
        if thing_id and not THING_ID.match(thing_id):
            todo = "An id is <kind>/<slug> with a-z, 0-9 and single hyphens, as in initiative/lhss."
            self.wrong(nodes["id"], f"'{thing_id}' is not an id", todo)
        if "label" not in nodes:
            self.wrong(node, f"{what} has no label", "Add 'label: {fr: …, en: …}'.")
        facts = [self.fact(item) for item in self.sequence(nodes.get("facts"), f"'facts' of {what}")]
        return Entry(
            id=thing_id,
            type=self.scalar(nodes, "type", node, what),
            labels=self.by_language(nodes.get("label"), f"the label of {what}", True),
            definition=self.by_language(nodes.get("definition"), f"the definition of {what}", True),
            note=self.by_language(nodes.get("note"), f"the note of {what}", False),
            facts=tuple(fact for fact in facts if fact),
            marks=self.marks(node, nodes),
        )

    def fact(self, node: Any) -> Fact | None:
        """The fact of a node."""
        nodes = self.mapping(node, "a fact", FACT_KEYS)
        if not nodes:
            return None
        occurrence = nodes.get("occurrence")
        number = None
        if occurrence is not None:
            if occurrence.tag == _INT and _COUNT.fullmatch(str(occurrence.value)):
                number = int(occurrence.value)
            else:
                self.wrong(occurrence, "the occurrence is not a number from 1", "Give 1 for the first, 2 for the next.")
        return Fact(
            property=self.scalar(nodes, "property", node, "a fact"),
            value=self.value(nodes.get("value")),
            quote=self.scalar(nodes, "quote", node, "a fact"),
            modality=self.scalar(nodes, "modality", node, "a fact"),
            occurrence=number,
            note=self.by_language(nodes.get("note"), "the note", False),
            marks=self.marks(node, nodes),
        )

    def value(self, node: Any) -> str | int | dict[str, str] | None:
        """The value of a fact: text, a whole number, words by language, or nothing."""
        if node is None or is_blank(node):
            return None
        if isinstance(node, yaml.MappingNode):
            return self.by_language(node, "the value", True)
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, "the value is a list", "Write one fact for each value.")
            return None
        words = self.words(node)
        is_number = node.tag == _INT and _NUMBER.fullmatch(words) and str(int(words)) == words
        return int(words) if is_number else words

    def marks(self, node: Any, nodes: dict[str, Any]) -> dict[str, Mark]:
        """Where a node and the value of each of its keys begin."""
        return {"": self.mark(node), **{key: self.mark(value) for key, value in nodes.items()}}


def facts_of(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Fact]]:
    """Each fact with its entry, in the order of the file."""
    for entry in entries:
        for fact in entry.facts:
            yield entry, fact
