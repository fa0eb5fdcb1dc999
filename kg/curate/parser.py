"""Parse annotation files into entries that know their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from kg.curate.documents import decode_utf8
from kg.model.errors import Problem
from kg.model.iris import THING_ID
from kg.model.languages import LANGUAGES
from kg.model.messages import worded
from kg.model.quotes import visible
from kg.model.yaml_loader import safe_loader

ENTRY_KEYS = ("id", "type", "label", "definition", "note", "facts")
FACT_KEYS = ("property", "value", "quote", "modality", "occurrence", "note")
RESERVED_KEYS = ("status", "confidence", "rules")
"""Words that are kept for proposals; until they mean something, whoever writes one would be misunderstood."""

_NULL = "tag:yaml.org,2002:null"
_INT = "tag:yaml.org,2002:int"
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_LEAST_LIKENESS = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LOOK_ALIKES = str.maketrans("асеіјорѕухοανρ", "aceijopsyxoavp")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


def compose(text: str) -> Any:
    """Return the root node of a YAML text, None if empty.

    Errors: yaml.YAMLError where it is no YAML or nested too deeply.
    """
    return yaml.compose(text, Loader=safe_loader())


def read_nodes(data: bytes, shown_path: str, problems: list[Problem]) -> Any:
    """Return the root node of a YAML file, if it has one.

    What is wrong is added to ``problems``; ``shown_path`` is the name of the file in messages.
    """
    text = decode_utf8(data, shown_path, problems)
    if text is None:
        return None
    try:
        return compose(text)
    except yaml.YAMLError as error:
        problems.append(_problem(error, shown_path))
        return None


def is_blank(node: Any) -> bool:
    """Return whether a node holds nothing: no words, or null."""
    return isinstance(node, yaml.ScalarNode) and (node.tag == _NULL or not node.value.strip())


def yaml_scalar(words: str) -> str:
    """Return the words as a YAML scalar on one line."""
    style = '"' if len(words.splitlines()) > 1 else None
    dumped = str(yaml.safe_dump(words, allow_unicode=True, width=10**9, default_style=style))
    return dumped.removesuffix("\n").removesuffix("\n...")


def _problem(error: yaml.YAMLError, shown_path: str) -> Problem:
    """Return what is wrong with the YAML of a file, and where."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    todo = worded(
        "Correct the YAML; a text that holds ': ' or ' #' or begins with a sign goes between quotation marks."
    )
    return Problem(shown_path, line, column, "yaml", worded("invalid YAML: {message}", message=message), todo)


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
    comment: str = field(default="", compare=False, repr=False)
    """What follows the quote on its line, from the space before # on: YAML takes it for a comment."""

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
    reader = NodeReader(shown_path, language, problems, data.decode(errors="replace").removeprefix("\ufeff"))
    entries = [entry for node in reader.sequence(root, worded("the file")) if (entry := _entry(reader, node))]
    return entries, problems


def suggest(word: str, words: Iterable[str]) -> str:
    """Return a question for the nearest known word, or nothing.

    Ids of one kind are compared by what follows it, so that a long kind does not make them alike.
    """
    from rapidfuzz import fuzz, process  # only where a word is wrong: start-up stays quick

    kind, slash, _ = word.rpartition("/")
    fitting = [known for known in words if known.startswith(kind + slash)] if slash else []
    start = len(kind + slash) if fitting else 0
    choices = {known: known[start:].lower() for known in fitting or words}
    near = process.extractOne(_typed(word[start:]), choices, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
    return worded("Did you mean '{word}'?", word=near[2]) + " " if near else ""


def _typed(word: str) -> str:
    """Return a word in small Latin letters without accents."""
    plain = unicodedata.normalize("NFKD", word.lower().translate(_LOOK_ALIKES))
    return "".join(character for character in plain if not unicodedata.combining(character))


class NodeReader:
    """A reader of the nodes of one file that collects problems.

    What departs from the form goes to ``problems``. ``what`` is how a message names the thing that is read.
    """

    def __init__(self, shown_path: str, language: str, problems: list[Problem], source: str = "") -> None:
        self.shown_path, self.language, self.problems, self.source = shown_path, language, problems, source

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
            self.report(
                node,
                worded("{what} is not a list", what=what),
                worded("Write each item on lines of its own that begin with '- '."),
            )
            return []
        return list(node.value)

    def mapping(self, node: Any, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """Return the nodes of a mapping by key.

        Unknown and repeated keys are problems.
        """
        if not isinstance(node, yaml.MappingNode):
            self.report(
                node,
                worded("{what} is not a mapping", what=what),
                worded("Write it as 'key: value' lines with {keys}.", keys=", ".join(keys)),
            )
            return {}
        nodes: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name in RESERVED_KEYS and name not in keys:
                todo = worded("Take it out, and what is not decided with it: whatever stands in this file is released.")
                self.report(key, worded("'{name}' is kept for proposals and means nothing here", name=name), todo)
            elif name not in keys:
                todo = suggest(name, keys) + worded("Keys: {keys}.", keys=", ".join(keys))
                self.report(key, worded("{what} has the unknown key '{name}'", what=what, name=name), todo)
            elif name in nodes:
                self.report(key, worded("the key '{name}' stands twice", name=name), worded("Keep one of them."))
            else:
                nodes[name] = value
        return nodes

    def scalar(self, nodes: dict[str, Any], key: str, owner: Any, what: str, required: bool = True) -> str:
        """Return the text of a key of ``owner``, else nothing."""
        node = nodes.get(key)
        if node is None or is_blank(node):
            if required or node is not None:
                self.report(
                    node or owner, worded("{what} has no {key}", what=what, key=key), worded("Add '{key}: …'.", key=key)
                )
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.report(
                node,
                worded("the {key} of {what} is not plain text", key=key, what=what),
                worded("Write '{key}: …' on one line.", key=key),
            )
            return ""
        return self.line(node, worded("the {key} of {what}", key=key, what=what))

    def line(self, node: Any, what: str) -> str:
        """Return the text of a scalar of one trimmed line.

        Whoever looks for the words, character by character, would miss others.
        """
        text = self.text(node)
        if text != text.strip():
            self.report(
                node,
                worded("{what} has white space around it: “{text}”", what=what, text=visible(text)),
                worded("Take it out."),
            )
        elif len(text.splitlines()) > 1:
            self.report(
                node,
                worded("{what} has a line break: “{text}”", what=what, text=visible(text)),
                worded("Write it on one line."),
            )
        return text.strip()

    def comment(self, node: Any) -> str:
        """Return the comment that follows a plain scalar on its line."""
        if not isinstance(node, yaml.ScalarNode) or node.style:
            return ""
        start = node.end_mark.index
        end = self.source.find("\n", start)
        rest = self.source[start : end if end >= 0 else None].rstrip()
        return rest if rest.lstrip().startswith("#") else ""

    def text(self, node: Any) -> str:
        """Return the text of a scalar.

        It must be in NFC and free of control characters.
        """
        text = str(node.value)
        if unicodedata.normalize("NFC", text) != text:
            todo = worded("Type it again or normalise the file.")
            self.report(node, worded("{text} is not in Unicode normalisation form C", text=repr(text)), todo)
        if _CONTROL.search(text):
            self.report(node, worded("{text} holds a control character", text=repr(text)), worded("Take it out."))
        return text

    def texts_by_language(self, node: Any, what: str, all_languages: bool, one_line: bool = False) -> dict[str, str]:
        """Return texts by language, without the white space around them.

        Plain text is in the document's language, where not ``all_languages`` are required. ``one_line`` refuses line
        breaks and white space around the words.
        """
        if node is None:
            return {}
        if is_blank(node):
            todo = (
                worded("Write the words, in each language.")
                if all_languages
                else worded("Write the words, or take the key out.")
            )
            self.report(node, worded("{what} is empty", what=what), todo)
            return {}
        if isinstance(node, yaml.ScalarNode) and not all_languages and self.language:
            return {self.language: self.text(node).strip()}
        nodes = self.mapping(node, what, LANGUAGES)
        texts: dict[str, str] = {}
        for language in LANGUAGES:
            value = nodes.get(language)
            if isinstance(value, yaml.ScalarNode) and not is_blank(value):
                text = self.line(value, what) if one_line else self.text(value).strip()
                texts[language] = text
            elif isinstance(node, yaml.MappingNode):
                self.report(
                    value or node,
                    worded("{what} has no text in '{language}'", what=what, language=language),
                    worded("Add '{language}: …'.", language=language),
                )
        return texts


def _entry(reader: NodeReader, node: Any) -> AnnotationEntry | None:
    """Return the entry of a node, None where it is no mapping."""
    nodes = reader.mapping(node, worded("an entry"), ENTRY_KEYS)
    if not nodes:
        return None
    thing_id = reader.scalar(nodes, "id", node, worded("an entry"))
    what = thing_id or worded("the entry")
    if thing_id and not THING_ID.match(thing_id):
        todo = worded("An id is <kind>/<slug> with a-z, 0-9 and single hyphens, as in initiative/lhss.")
        reader.report(nodes["id"], worded("'{id}' is not an id", id=thing_id), todo)
    if "label" not in nodes:
        reader.report(node, worded("{what} has no label", what=what), worded("Add 'label: {fr: …, en: …}'."))
    facts = [
        _fact(reader, item) for item in reader.sequence(nodes.get("facts"), worded("'facts' of {what}", what=what))
    ]
    return AnnotationEntry(
        id=thing_id,
        type=reader.scalar(nodes, "type", node, what),
        labels=reader.texts_by_language(
            nodes.get("label"), worded("the label of {what}", what=what), True, one_line=True
        ),
        definition=reader.texts_by_language(
            nodes.get("definition"), worded("the definition of {what}", what=what), True
        ),
        note=reader.texts_by_language(nodes.get("note"), worded("the note of {what}", what=what), False),
        facts=tuple(fact for fact in facts if fact),
        locations=reader.locations(node, nodes),
    )


def _fact(reader: NodeReader, node: Any) -> Fact | None:
    """Return the fact of a node, None where it is no mapping."""
    nodes = reader.mapping(node, worded("a fact"), FACT_KEYS)
    if not nodes:
        return None
    occurrence = nodes.get("occurrence")
    number = None
    if occurrence is not None:
        if occurrence.tag == _INT and _COUNT.fullmatch(str(occurrence.value)):
            number = int(occurrence.value)
        else:
            reader.report(
                occurrence,
                worded("the occurrence is not a number from 1"),
                worded("Give 1 for the first, 2 for the next."),
            )
    return Fact(
        property=reader.scalar(nodes, "property", node, worded("a fact")),
        value=_value(reader, nodes.get("value")),
        quote=reader.scalar(nodes, "quote", node, worded("a fact")),
        modality=reader.scalar(nodes, "modality", node, worded("a fact")),
        occurrence=number,
        note=reader.texts_by_language(nodes.get("note"), worded("the note"), False),
        locations=reader.locations(node, nodes),
        comment=reader.comment(nodes.get("quote")),
    )


def _value(reader: NodeReader, node: Any) -> str | int | dict[str, str] | None:
    """Return the value of a fact: text, number, texts by language, None."""
    if node is None or is_blank(node):
        return None
    if isinstance(node, yaml.MappingNode):
        return reader.texts_by_language(node, worded("the value"), True)
    if not isinstance(node, yaml.ScalarNode):
        reader.report(node, worded("the value is a list"), worded("Write one fact for each value."))
        return None
    text = reader.text(node)
    is_number = node.tag == _INT and _NUMBER.fullmatch(text) and str(int(text)) == text
    return int(text) if is_number else text
