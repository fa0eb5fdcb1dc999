"""Read query files: YAML in ``#+`` comment lines, then SPARQL.

Rules, checks and examples are such files. Only the form of the file is read here; the query itself is
parsed where it is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

from kg.model.errors import QueryError
from kg.model.languages import LANGUAGES, Language
from kg.model.messages import worded
from kg.model.shared_files import visible_files
from kg.model.yaml_loader import safe_loader

_MARK = "#+"
_BILINGUAL = ("summary", "description", "message")
_LISTS = ("tags", "about")
_NUMBER = re.compile(r"(\d+)-")
_LABELS_IN = re.compile(rf'(\bLANG\(\?\w+\) = )"(?:{"|".join(LANGUAGES)})"')
_SYNTAX = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class QueryFile:
    """A query file: name, path for messages, header and SPARQL."""

    name: str
    """The stem of the file: ``01-superclass``."""
    path: str
    header: Mapping[str, Any] = field(hash=False)
    text: str
    """The SPARQL, without the header."""
    first_line: int = 1
    """The line of the file in which ``text`` begins."""

    @property
    def number(self) -> str:
        """The digits that the name begins with, or nothing."""
        match = _NUMBER.match(self.name)
        return match[1] if match else ""

    @property
    def slug(self) -> str:
        """The name without its number."""
        return _NUMBER.sub("", self.name, count=1)

    @property
    def summary(self) -> Mapping[str, str]:
        """What the query is for, by language."""
        summary: Mapping[str, str] = self.header["summary"]
        return summary

    def in_language(self, language: Language) -> str:
        """Return the SPARQL with labels asked for in a language.

        A file asks for those of one language of the interface, as in ``LANG(?label) = "fr"``.
        """
        return _LABELS_IN.sub(rf'\1"{language}"', self.text)

    def not_sparql(self, error: SyntaxError) -> QueryError:
        """Return the error for a query that pyoxigraph cannot parse."""
        match = _SYNTAX.match(error.msg)
        place = f":{int(match[1]) + self.first_line - 1}:{match[2]}" if match else ""
        what = shorten(match[3] if match else error.msg, 160, placeholder=" …")
        return QueryError(
            "{path}{place}: the query is not valid SPARQL: {what}. Correct the query.",
            path=self.path,
            place=place,
            what=what,
        )


def read_query(path: Path, shown_path: str) -> QueryFile:
    """Read one query file; ``shown_path`` is its path as messages show it.

    Errors: QueryError with every problem of the header, each with its line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise QueryError(
            "{shown_path}: byte {start} is not UTF-8. Save the file as UTF-8.", shown_path=shown_path, start=error.start
        ) from None
    except OSError as error:
        raise QueryError(
            "{shown_path}: cannot be read: {reason}. Put the file there.",
            shown_path=shown_path,
            reason=worded(str(error.strerror)),
        ) from None
    length = next((at for at, line in enumerate(lines) if not line.startswith(_MARK)), len(lines))
    header = _header(lines[:length], shown_path)
    text = "\n".join(lines[length:]).rstrip()
    skipped = len(text) - len(text.lstrip("\n"))
    problems = [f"{shown_path}:{line}: {message}" for line, message in _problems(header, lines[:length])]
    if not text.strip():
        problems.append(
            worded(
                "{path}:{line}: there is no query after the header. Write the SPARQL there.",
                path=shown_path,
                line=length + 1,
            )
        )
    if problems:
        raise QueryError("\n".join(problems))
    return QueryFile(path.stem, shown_path, header, text.lstrip("\n") + "\n", length + skipped + 1)


def read_queries(where: Path | Sequence[Path]) -> list[QueryFile]:
    """Read query files in order, or a folder's by name.

    None where there is no such folder.

    Errors: QueryError with every problem of every file, for two files of one number in a folder, and for two of one
    name but the number.
    """
    queries: list[QueryFile] = []
    problems: list[str] = []
    first: dict[object, QueryFile] = {}
    for path in visible_files(where, "*.rq") if isinstance(where, Path) else where:
        folder = path.parent
        try:
            query = read_query(path, f"{folder.parent.name}/{folder.name}/{path.name}")
        except QueryError as error:
            problems.append(str(error))
            continue
        queries.append(query)
        names: list[tuple[str, object, str]] = []
        if query.number:
            names.append((query.number, (folder, query.number), worded("Give the file another number.")))
        if query.slug and not isinstance(where, Path):  # what is found is named by it
            names.append((query.slug, query.slug, worded("Give the file other words after its number.")))
        for word, key, todo in names:
            other = first.setdefault(key, query)
            if other is not query:
                found = worded("{path}: '{word}' is taken by {other}.", path=query.path, word=word, other=other.path)
                problems.append(f"{found} {todo}")
    if problems:
        raise QueryError("\n".join(problems))
    return queries


def _header(lines: Sequence[str], shown_path: str) -> dict[str, Any]:
    """Return the YAML of the header lines."""
    import yaml  # the service reads query files too, and starts without YAML otherwise

    try:
        header = yaml.load("\n".join(_content(line) for line in lines), Loader=safe_loader())  # noqa: S506  it is safe
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line, len(lines) - 1) + 1 if mark else 1
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        todo = worded("Correct the header; put a text that holds ': ' or ' #' between quotation marks.")
        raise QueryError(
            "{shown_path}:{line}: the header is not valid YAML: {what}. {todo}",
            shown_path=shown_path,
            line=line,
            what=what,
            todo=todo,
        ) from None
    except (RecursionError, ValueError) as error:
        raise QueryError(
            "{shown_path}:1: the header cannot be read: {error}. Correct the header.",
            shown_path=shown_path,
            error=error,
        ) from None
    if header is None:
        return {}
    if not isinstance(header, dict):
        raise QueryError(
            "{shown_path}:1: the header is not a mapping. Write '#+ summary:' with fr and en below it.",
            shown_path=shown_path,
        )
    return header


def _content(line: str) -> str:
    """Return a header line without its mark and the space after it."""
    return line.removeprefix(_MARK).removeprefix(" ")


def _problems(header: Mapping[str, Any], lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return what is wrong with a header, each with its line.

    The line is 1 where a key is missing.
    """
    problems = []
    if "summary" not in header:
        problems.append((1, worded("the header has no summary. Add '#+ summary:' with '#+   fr: …' and '#+   en: …'.")))
    for key, value in header.items():
        line = next((at for at, text in enumerate(lines, 1) if _content(text).startswith(f"{key}:")), 1)
        if key in _BILINGUAL:
            missing = [tag for tag in LANGUAGES if not _has_words(value, tag)]
            if missing:
                todo, tags = ", ".join(f"'#+   {tag}: …'" for tag in missing), ", ".join(missing)
                message = worded("the {key} has no text in {tags}. Add {todo} below it.", key=key, tags=tags, todo=todo)
                problems.append((line, message))
        elif key in _LISTS and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            problems.append((line, worded("'{key}' is not a list of words. Write '#+ {key}: [one, two]'.", key=key)))
    return problems


def _has_words(value: Any, tag: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(tag), str) and bool(value[tag].strip())
