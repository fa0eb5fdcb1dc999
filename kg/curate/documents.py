"""Read documents: the text byte for byte, and ``document.toml`` beside it."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pyoxigraph import Literal

from kg.model.errors import Problem
from kg.model.iris import GRAPHS, SLUG, is_iri
from kg.model.labels import is_one_line
from kg.model.languages import LANGUAGES
from kg.model.messages import N_, worded
from kg.model.quotes import QuoteIndex
from kg.model.sentences import Sentence, abbreviations_of, split_sentences
from kg.model.settings import is_date

TEXT_FILE = "text.txt"
DOCUMENT_FILE = "document.toml"
ANNOTATION_FILE = "annotations.yaml"

DOCUMENT_KEYS = {
    "title": N_("one line of text: the title, in the words of the document"),
    "label": N_("a table with fr and en, one line each: the name of the document for readers"),
    "language": N_("a language tag such as fr"),
    "sha256": N_("the checksum of text.txt"),
    "rights": N_("text or a table with fr and en: whose text it is and how it may be used"),
    "source": N_("text, an address, or a table with fr and en: where the text comes from"),
    "date": N_("a year, a month or a day, where it is known"),
    "url": N_("an http or https address: where the document stood"),
    "retrieved": N_("the day on which it was fetched from there, YYYY-MM-DD"),
    "author": N_("one line of text: who wrote it, a name or an address, or a list of them"),
    "replaces": N_("the name of another document of the project, of which this one is a new version"),
    "text": N_("'full', or 'quotes' to leave the full text out of release and site"),
    "abbreviations": N_("a list of words with a full stop that end no sentence, beside those of the language"),
}


@dataclass(frozen=True)
class Document:
    """A text with its description and its sentences."""

    id: str
    text: str
    title: str
    labels: Mapping[str, str]
    language: str
    sha256: str
    rights: Mapping[str, str]
    source: Mapping[str, str]
    date: str = ""
    full_text: bool = True
    sentences: tuple[Sentence, ...] = field(default=(), repr=False)
    url: str = ""
    retrieved: str = ""
    authors: tuple[str, ...] = ()
    replaces: str = ""

    def sentence_at(self, position: int) -> Sentence:
        """Return the sentence at a position, or the last one before it."""
        index = bisect_right(self.sentences, position, key=lambda sentence: sentence.start)
        return self.sentences[max(index - 1, 0)]

    @cached_property
    def quotes(self) -> QuoteIndex:
        """Where the quotes of facts stand in the text."""
        return QuoteIndex(self.text)


def parse_document(
    name: str, text: bytes, description: bytes, shown_path: str, languages: tuple[str, ...] = LANGUAGES
) -> tuple[Document | None, list[Problem]]:
    """Parse a document from its two files; return it with all problems.

    ``shown_path`` is the folder as messages show it. The document is None where it cannot be used at all.
    """
    problems: list[Problem] = []
    content = _decode_text(text, f"{shown_path}/{TEXT_FILE}", problems)
    table = _table(description, f"{shown_path}/{DOCUMENT_FILE}", problems)
    if not SLUG.match(name) or name in GRAPHS:
        todo = worded("Name it with a-z, 0-9 and single hyphens, and not one of {graphs}.", graphs=", ".join(GRAPHS))
        problems.append(
            Problem(
                shown_path, 0, 0, "document-name", worded("the folder name '{name}' cannot be used", name=name), todo
            )
        )
    if content is None or table is None:
        return None, problems
    digest = hashlib.sha256(text).hexdigest()
    problems += _wrong_keys(table, digest, f"{shown_path}/{DOCUMENT_FILE}", languages)
    if problems:
        return None, problems
    if table["sha256"] != digest:
        message = worded("the text is not the one that was described: its sha256 is {digest}", digest=digest)
        todo = worded(
            "A text never changes once released: put the old text back, or add the new one as a new document."
        )
        if table["sha256"] in _with_other_line_ends(text):
            todo = worded(
                "Only its line ends changed: save it as it was ('text.txt -text' in .gitattributes keeps them)."
            )
        line = _line_of(description, "sha256")
        problems.append(Problem(f"{shown_path}/{DOCUMENT_FILE}", line, 1, "sha256", message, todo))
    return _document(name, content, table, digest), problems


def _with_other_line_ends(text: bytes) -> set[str]:
    """Return the checksums of the text with other line ends."""
    plain = text.replace(b"\r\n", b"\n")
    return {hashlib.sha256(other).hexdigest() for other in (plain, plain.replace(b"\n", b"\r\n"))}


def _line_of(description: bytes, key: str) -> int:
    """Return the line of ``document.toml`` that gives a key, nothing for none."""
    found = re.search(rf"^\s*{key}\s*=".encode(), description, re.MULTILINE)
    return description.count(b"\n", 0, found.start(0) + len(found[0])) + 1 if found else 0


_SUM = re.compile(rb'id/document/([a-z0-9-]+)> <[^>]*#sha256> "([0-9a-f]{64})"')


def changed_texts(documents: Iterable[Document], releases: Mapping[str, bytes], data: str) -> list[Problem]:
    """Return a problem for each text that was released otherwise.

    ``releases`` are the N-Quads of kept releases by version, ``data`` is the folder of documents as messages show it.
    """
    problems = []
    for version, quads in releases.items():
        released = {name.decode(): digest.decode() for name, digest in _SUM.findall(quads)}
        for document in documents:
            if released.get(document.id, document.sha256) != document.sha256:
                old = released[document.id]
                message = worded(
                    "the text is not the one that was released in {version}: that has sha256 {old}",
                    version=version,
                    old=old,
                )
                todo = worded(
                    "A text never changes once released: put the old one back, or add this one as a new document."
                )
                problems.append(Problem(f"{data}/{document.id}/{TEXT_FILE}", 0, 0, "released-text", message, todo))
    return problems


def _document(name: str, text: str, table: dict[str, Any], digest: str) -> Document:
    """Return the document of a valid table."""
    language = table["language"]
    return Document(
        id=name,
        text=text,
        title=table["title"],
        labels=table["label"],
        language=language,
        sha256=digest,
        rights=_by_language(table["rights"], language),
        source=_by_language(table.get("source", {}), ""),
        date=str(table.get("date", "")),
        url=table.get("url", ""),
        retrieved=str(table.get("retrieved", "")),
        authors=tuple(_listed(table.get("author", ()))),
        replaces=table.get("replaces", ""),
        full_text=table.get("text", "full") == "full",
        sentences=split_sentences(text, abbreviations_of(language, table.get("abbreviations", ()))),
    )


def wrong_successors(documents: Iterable[Document], names: Iterable[str], data: str) -> list[Problem]:
    """Return a problem for each document that replaces what it cannot.

    It must be another one of ``names``, and no circle may come back to it; ``data`` is the folder of documents as
    messages show it.
    """
    known, replaced = set(names), {document.id: document.replaces for document in documents}
    problems = []
    for document, older in replaced.items():
        path, last = [document], older
        while last in replaced and last not in path:
            path.append(last)
            last = replaced[last]
        if older and older not in known:
            found = worded("it replaces '{name}', which is no document", name=older)
            todo = worded("Documents: {names}.", names=", ".join(sorted(known - {document})))
        elif last == document:
            found = worded("it replaces itself: {path}", path=" → ".join([*path, document]))
            todo = worded("Say 'replaces' only in the newer one of two documents.")
        else:
            continue
        problems.append(Problem(f"{data}/{document}/{DOCUMENT_FILE}", 0, 0, "replaces", found, todo))
    return problems


def _listed(value: Any) -> Any:
    """Return a value as a list, also where it is one alone."""
    return [value] if isinstance(value, str) else value


def _by_language(value: str | dict[str, str], language: str) -> dict[str, str]:
    """Return a text or table as a table by language."""
    return dict(value) if isinstance(value, dict) else {language: value}


def decode_utf8(data: bytes, shown_path: str, problems: list[Problem]) -> str | None:
    """Return the text of a UTF-8 file, or None with a problem.

    The problem names the first wrong byte.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = worded("byte {byte} is not UTF-8", byte=f"{data[error.start]:#04x}")
        problems.append(Problem(shown_path, line, column, "utf-8", message, worded("Save the file as UTF-8.")))
        return None


def _decode_text(data: bytes, shown_path: str, problems: list[Problem]) -> str | None:
    """Return the text of a document, None where it cannot be used.

    It must be UTF-8 and not empty; that it is in NFC and free of control characters is validated too.
    """
    text = decode_utf8(data, shown_path, problems)
    if text is None:
        return None
    if not text.strip():
        problems.append(
            Problem(
                shown_path, 0, 0, "empty", worded("the text is empty"), worded("Put the text of the document here.")
            )
        )
        return None
    for number, line in enumerate(text.splitlines(), 1):
        normal = unicodedata.normalize("NFC", line)
        if normal != line:
            column = next(i for i, (a, b) in enumerate(zip(line + " ", normal + " ", strict=False), 1) if a != b)
            message = worded(
                "the text is not in Unicode normalisation form C at {line}", line=repr(line[column - 1 : column + 1])
            )
            problems.append(
                Problem(shown_path, number, column, "nfc", message, worded("Normalise the file to NFC first."))
            )
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]", text)
    if control:
        line_number = text.count("\n", 0, control.start()) + 1
        column = control.start() - text.rfind("\n", 0, control.start())
        message = worded("the text holds the control character U+{sign}", sign=f"{ord(control.group()):04X}")
        problems.append(
            Problem(shown_path, line_number, column, "control", message, worded("Take it out of the text."))
        )
    return text


def _table(data: bytes, shown_path: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the table of a TOML file, or None with a problem."""
    text = decode_utf8(data, shown_path, problems)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets through numbers and nesting without end
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        problems.append(
            Problem(
                shown_path,
                line,
                column,
                "toml",
                worded("invalid TOML: {error}", error=error),
                worded("Correct the file."),
            )
        )
        return None


def _wrong_keys(table: dict[str, Any], digest: str, shown_path: str, languages: tuple[str, ...]) -> list[Problem]:
    """Return what is wrong with the keys and values of ``document.toml``."""

    def problem(code: str, message: str, todo: str) -> Problem:
        return Problem(shown_path, 0, 0, code, message, todo)

    problems = [
        problem(
            "document-key",
            worded("there is no key '{key}'", key=key),
            worded("Keys: {keys}.", keys=", ".join(DOCUMENT_KEYS)),
        )
        for key in table
        if key not in DOCUMENT_KEYS
    ]
    for key in ("title", "label", "language", "sha256", "rights"):
        if not table.get(key):
            extra = " " + worded('The text here has sha256 = "{digest}".', digest=digest) if key == "sha256" else ""
            problems.append(
                problem(
                    "document-key",
                    worded("'{key}' is missing", key=key),
                    worded("Give {what}.", what=worded(DOCUMENT_KEYS[key])) + extra,
                )
            )
    for key, value in table.items():
        if key in DOCUMENT_KEYS and not is_document_value(key, value, languages):
            problems.append(
                problem(
                    "document-key",
                    worded("'{key}' is {value}", key=key, value=repr(value)),
                    worded("Give {what}.", what=worded(DOCUMENT_KEYS[key])),
                )
            )
    return problems


def is_document_value(key: str, value: Any, languages: tuple[str, ...] = LANGUAGES) -> bool:
    """Return whether a value of ``document.toml`` fits its key."""
    if key == "label":
        return isinstance(value, dict) and value.keys() == set(languages) and all(map(_is_name, value.values()))
    if key in ("rights", "source"):
        tagged = value if isinstance(value, dict) else {"fr": value}
        return all(_is_language(tag) and _is_text(text) for tag, text in tagged.items())
    if key == "date":
        return _is_date(value)
    if key in ("url", "retrieved", "author", "replaces"):
        return _fits_origin(key, value)
    if key == "text":
        return value in ("full", "quotes")
    if key == "abbreviations":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if key == "title":
        return _is_name(value)
    return _is_language(value) if key == "language" else _is_text(value)


def _fits_origin(key: str, value: Any) -> bool:
    """Return whether a value fits a key of the document's origin."""
    if key == "url":
        return _is_text(value) and value.startswith(("http://", "https://"))
    if key == "retrieved":
        return _is_date(value) and len(str(value)) == 10
    if key == "author":
        return bool(value) and isinstance(_listed(value), list) and all(map(_is_name, _listed(value)))
    return isinstance(value, str) and SLUG.match(value) is not None


def _is_name(value: Any) -> bool:
    """Return whether a value is one line of text."""
    return _is_text(value) and is_one_line(value)


def _is_text(value: Any) -> bool:
    """Return whether a value is text.

    One that begins like an address must be an IRI.
    """
    is_address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return is_iri(value) if is_address else isinstance(value, str) and bool(value.strip())


def _is_language(value: Any) -> bool:
    """Return whether a value is a language tag (BCP 47) for RDF."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", value):
        return False
    try:
        Literal("", language=value)
    except ValueError:
        return False
    return True


def _is_date(value: Any) -> bool:
    """Return whether a value is a year, a month or a day."""
    if isinstance(value, date):
        return not isinstance(value, datetime)
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        return False
    return is_date(f"{text}-01-01"[:10])
