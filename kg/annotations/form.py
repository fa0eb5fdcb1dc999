"""The form of annotations: YAML read into entries that know where each of their words stands."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kg.errors import Problem
from kg.terms import THING_ID
from kg.text import decode_utf8

LANGUAGES = ("fr", "en")
"""The languages in which labels and editors' words are given."""

ENTRY_KEYS = ("id", "type", "label", "definition", "note", "facts")
FACT_KEYS = ("property", "value", "quote", "modality", "occurrence", "note", "status", "confidence", "rules")
RESERVED = ("status", "confidence", "rules")
"""Keys that proposals will use; read, and not yet given a meaning (DESIGN section 4)."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = "tag:yaml.org,2002:int"
_NULL = "tag:yaml.org,2002:null"


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
    text = decode_utf8(data, shown, problems)
    if text is None:
        return [], problems
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        return [], [_yaml_problem(error, shown)]
    except RecursionError:
        return [], [Problem(shown, 0, 0, "yaml", "the YAML is nested too deeply", "Write the form without nesting.")]
    reader = _Reader(shown, language, problems)
    entries = [entry for node in reader.sequence(root, "the file") if (entry := reader.entry(node))]
    return entries, problems


def _yaml_problem(error: yaml.YAMLError, shown: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    found = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    todo = "Correct the YAML; a text that holds ': ' or ' #' or begins with a sign goes between quotation marks."
    return Problem(shown, *place, "yaml", f"invalid YAML: {found}", todo)


def closest(word: str, words: Iterable[str]) -> str:
    """« Did you mean … », where a known word comes near."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'? " if near else ""


class _Reader:
    """Walks the nodes of one file; every departure from the form becomes a problem."""

    def __init__(self, shown: str, language: str, problems: list[Problem]) -> None:
        self.shown, self.language, self.problems = shown, language, problems

    def mark(self, node: Any) -> Mark:
        return Mark(self.shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def wrong(self, node: Any, found: str, todo: str) -> None:
        self.problems.append(self.mark(node).problem("form", found, todo))

    def sequence(self, node: Any, what: str) -> list[Any]:
        if node is None:
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
        node = nodes.get(key)
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value.strip()):
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
        if isinstance(node, yaml.ScalarNode) and not all_languages and self.language:
            return {self.language: self.words(node)}
        nodes = self.mapping(node, what, LANGUAGES)
        words = {}
        for language in LANGUAGES:
            value = nodes.get(language)
            if isinstance(value, yaml.ScalarNode) and value.value.strip():
                words[language] = self.words(value)
            elif isinstance(node, yaml.MappingNode):
                self.wrong(value or node, f"{what} has no text in '{language}'", f"Add '{language}: …'.")
        return words

    def entry(self, node: Any) -> Entry | None:
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
        nodes = self.mapping(node, "a fact", FACT_KEYS)
        if not nodes:
            return None
        occurrence = nodes.get("occurrence")
        number = None
        if occurrence is not None:
            if occurrence.tag == _INT and occurrence.value.isdigit() and int(occurrence.value) > 0:
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
        if node is None or node.tag == _NULL:
            return None
        if isinstance(node, yaml.MappingNode):
            return self.by_language(node, "the value", True)
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, "the value is a list", "Write one fact for each value.")
            return None
        words = self.words(node)
        is_number = node.tag == _INT and words.lstrip("-").isdecimal() and len(words) < 19
        return int(words) if is_number and str(int(words)) == words else words

    def marks(self, node: Any, nodes: dict[str, Any]) -> dict[str, Mark]:
        return {"": self.mark(node), **{key: self.mark(value) for key, value in nodes.items()}}


def facts_of(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Fact]]:
    """Each fact with its entry, in the order of the file."""
    for entry in entries:
        for fact in entry.facts:
            yield entry, fact
