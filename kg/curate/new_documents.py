"""Make a document of the project from what a file holds."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.curate.documents import ANNOTATION_FILE, DOCUMENT_FILE, TEXT_FILE, is_document_value
from kg.curate.file_content import FileContent
from kg.curate.text_cleaning import CleaningReport, clean
from kg.model.errors import FileError
from kg.model.folders import replace_folder
from kg.model.iris import GRAPHS, SLUG
from kg.model.messages import N_, translations, worded
from kg.model.sentences import abbreviations_of, split_sentences

SCHEMA_LINE = "# yaml-language-server: $schema=../annotations.schema.json\n"

_LONGEST_ID = 60
_LONGEST_TITLE = 200
_SPELLED = str.maketrans({chr(0x153): "oe", chr(0x152): "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})
LABEL = N_("Text “{title}”")
RIGHTS = N_("Rights not stated yet: the text belongs to its author.")
SOURCE = N_("File {name}")
_INSTEAD = N_("Choose another name with --id.")


@dataclass(frozen=True)
class NewDocument:
    """A document that is not written yet.

    ``told`` are the values of ``document.toml`` by key, ``open`` the keys that nobody told, with their stand-ins, and
    ``unlike`` the keys for which the file tells something that does not fit.
    """

    id: str
    text: str
    told: Mapping[str, str]
    open: tuple[str, ...]
    unlike: Mapping[str, str]
    content: FileContent
    report: CleaningReport

    @property
    def sentence_count(self) -> int:
        """How many sentences the text has."""
        return len(split_sentences(self.text, abbreviations_of(self.told["language"])))

    def files(self, name: str) -> dict[str, bytes]:
        """Return the files of the document's folder.

        ``name`` is that of the file that it came from.
        """
        text = self.text.encode()
        described = _description(self, hashlib.sha256(text).hexdigest(), name)
        return {TEXT_FILE: text, DOCUMENT_FILE: described.encode(), ANNOTATION_FILE: SCHEMA_LINE.encode()}


def new_document(
    content: FileContent, name: str, given: Mapping[str, str], language: str, wanted_id: str = ""
) -> NewDocument:
    """Return the document that a file becomes.

    ``given`` are the keys of ``document.toml`` that the curator tells, which count more than what the file tells;
    ``language`` is what the text has where neither tells.

    Errors: FileError where nothing is left of the text, or no id can be made of its title.
    """
    found = {key: " ".join(unicodedata.normalize("NFC", value).split()) for key, value in content.told.items()}
    found["language"] = _tag(found.get("language", ""))
    told = {key: value for key, value in found.items() if value and is_document_value(key, value)}
    unlike = {key: value for key, value in found.items() if value and key not in told}
    told |= {key: value for key, value in given.items() if value}
    is_open = [key for key in ("language", "date", "author", "rights") if key not in told]
    told.setdefault("language", language)
    text, report = clean(content.lines, told["language"])
    if not text:
        raise FileError(
            "{name}: nothing is left of the text but headers and page numbers. Look at the file.", name=name
        )
    if "title" not in told:
        first = text.partition("\n")[0]
        told["title"] = first if len(first) <= _LONGEST_TITLE else Path(name).stem
        is_open.insert(0, "title")
    if "url" in told and "retrieved" not in told:
        is_open.append("retrieved")
    document_id = wanted_id or _slug(told["title"]) or _slug(Path(name).stem)
    if not SLUG.match(document_id) or document_id in GRAPHS:
        raise FileError(
            "{name}: '{id}' cannot be the name of a document: give one with --id, of a-z, 0-9 and single hyphens, "
            "not one of {names}.",
            name=name,
            id=document_id,
            names=", ".join(GRAPHS),
        )
    return NewDocument(document_id, text, told, tuple(is_open), unlike, content, report)


def write_document(folder: Path, files: Mapping[str, bytes], taken: Iterable[str]) -> None:
    """Write the folder of a new document, whole or not at all.

    Errors: FileError where there is such a folder, ReleaseError where it cannot be written.
    """

    def hold(place: Path) -> None:
        if place.exists() or place.name in taken:
            raise FileError(
                "{place}: there is such a document already. Give this one another name with --id.", place=place
            )

    with replace_folder(folder, "document", hold, instead=_INSTEAD, keep_old=True) as draft:
        for name, data in files.items():
            (draft / name).write_bytes(data)


def _slug(title: str) -> str:
    """Return an id for a title; empty where no letter is Latin."""
    letters = unicodedata.normalize("NFKD", title.translate(_SPELLED)).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", re.sub(r"['’]", "-", letters)))
    return slug if len(slug) <= _LONGEST_ID else slug[: _LONGEST_ID + 1].rpartition("-")[0] or slug[:_LONGEST_ID]


def _tag(language: str) -> str:
    """Return a language as a tag, also of ``fr_FR``."""
    first, *more = re.split("[-_,; ]", language.strip())[:2]
    region = [part.upper() for part in more if re.fullmatch("[A-Za-z]{2}", part)]
    return "-".join([first.lower(), *region])


def _description(new: NewDocument, digest: str, name: str) -> str:
    """Return ``document.toml``, with a mark where somebody has to look."""
    told = new.told
    look = "  # " + worded("to look at")
    head = worded("From {name}, by kg add.", name=name)
    lines = [f"# {head}"]
    lines += [f"{key} = {_quoted(told[key])}{look * (key in new.open)}" for key in ("title", "language") if key in told]
    lines += [f'sha256 = "{digest}"', 'text = "full"']
    for key in ("date", "url", "retrieved", "author", "replaces"):
        if key in told:
            # A date that the file tells is often its own, and not that of the text.
            guessed = key == "date" and new.content.told.get(key) == told[key]
            value = told[key] if re.fullmatch(r"[0-9-]{10}", told[key]) else _quoted(told[key])
            lines.append(f"{key} = {value}{look * guessed}")
    for key in ("rights", "source"):
        if key in told:
            lines.append(f"{key} = {_quoted(told[key])}")
    lines += ["", "[label]" + look, *_by_language(translations(LABEL, title=told["title"]))]
    if "rights" not in told:
        lines += ["", "[rights]" + look, *_by_language(translations(RIGHTS))]
    if "source" not in told and "url" not in told:
        lines += ["", "[source]" + look, *_by_language(translations(SOURCE, name=name))]
    return "\n".join(lines) + "\n"


def _by_language(words: Mapping[str, str]) -> list[str]:
    """Return words as lines of a TOML table."""
    return [f"{tag} = {_quoted(text)}" for tag, text in words.items()]


def _quoted(words: str) -> str:
    """Return words as a TOML string; JSON escapes alike, but DEL."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
