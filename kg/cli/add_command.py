"""The command add: a file of any kind becomes a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import json_option, print_json, program
from kg.model.messages import N_, N_plural, worded, worded_plural

if TYPE_CHECKING:
    from kg.curate.file_content import FileContent
    from kg.curate.new_documents import NewDocument

_MOST_SHOWN = 12
"""Most words or lines of one kind that are named."""


@program.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--id", "wanted_id", default="", metavar="NAME", help="Name of the document; made of its title unless told."
)
@click.option("--title", default="", help="Title, in the words of the document.")
@click.option("--language", default="", metavar="TAG", help="Language of the text, as in fr.")
@click.option("--url", default="", help="Address where the document stood. Nothing is fetched from there.")
@click.option("--retrieved", default="", metavar="DATE", help="Day on which it was fetched, YYYY-MM-DD or 'today'.")
@click.option("--author", default="", help="Who wrote it: a name or an address.")
@click.option("--date", default="", help="Date of the document: a year, a month or a day.")
@click.option("--rights", default="", help="Whose text it is and how it may be used.")
@click.option("--source", default="", help="Where the text comes from, in words.")
@click.option("--replaces", default="", metavar="DOCUMENT", help="The document of which this is a new version.")
@click.option("--encoding", default="", help="Encoding of a text that is not UTF-8, as in cp1252.")
@click.option("--dry-run", is_flag=True, help="Print the cleaned text, and write nothing.")
@json_option
@click.pass_obj
def add(root: Path, /, file: Path, wanted_id: str, encoding: str, dry_run: bool, as_json: bool, **given: str) -> None:
    """Make a document of the project from FILE.

    Takes text, Markdown, HTML, PDF, DOCX and ODT. Lines that were broken at the margin are joined, running headers and
    page numbers dropped, notes put at the end. Says what was done, and what to look at.
    """
    from kg.curate.file_readers import read_file
    from kg.curate.new_documents import new_document, write_document
    from kg.model.languages import LANGUAGES
    from kg.model.project import Project

    project = Project.open(root)
    names = [folder.name for folder in project.documents()]
    _check_given(given, names)
    content = read_file(_bytes_of(file), file.name, encoding)
    document = new_document(content, file.name, given, LANGUAGES[0], wanted_id)
    folder = project.data / document.id
    if dry_run:
        click.echo(document.text, nl=False)
    else:
        write_document(folder, document.files(file.name), names)
    if as_json and not dry_run:
        print_json(as_rows(document, project.relative(folder)))
        return
    for line in report_lines(document, project.relative(folder)):
        click.echo(line, err=dry_run)


def _check_given(given: dict[str, str], names: list[str]) -> None:
    """Refuse options that do not fit, and resolve ``today``.

    Errors: FileError with the option and what it takes.
    """
    from datetime import datetime

    from kg.curate.documents import DOCUMENT_KEYS, is_document_value
    from kg.model.errors import FileError

    if given["retrieved"] == "today":
        given["retrieved"] = datetime.now().astimezone().date().isoformat()
    for key, value in given.items():
        if value and not is_document_value(key, value):
            raise FileError("--{key} is '{value}'. Give {what}.", key=key, value=value, what=worded(DOCUMENT_KEYS[key]))
    older = given["replaces"]
    if older and older not in names:
        raise FileError(
            "--replaces is '{older}', which is no document. Documents: {names}.",
            older=older,
            names=", ".join(names) or "none",
        )


def _bytes_of(file: Path) -> bytes:
    """Return the bytes of a file, not more than may be read.

    Errors: FileError where it cannot be read.
    """
    from kg.curate.file_readers import MOST_BYTES
    from kg.model.errors import FileError
    from kg.model.folders import reason

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(
            "{file}: the file cannot be read: {reason} Choose another.", file=file, reason=reason(error)
        ) from None


def as_rows(document: NewDocument, folder: str) -> dict[str, object]:
    """Return what was done for a document as a JSON object."""
    report, content = document.report, document.content
    return {
        "document": document.id,
        "folder": folder,
        "format": content.format,
        "pages": content.pages,
        "lines": document.text.count("\n"),
        "sentences": document.sentence_count,
        "joined": report.joined,
        "hyphens_removed": report.unhyphenated,
        "hyphens_kept": report.kept_hyphens,
        "dropped": report.running,
        "page_numbers": report.page_numbers,
        "notes": report.notes,
        "table_rows": report.rows,
        "pictures": content.pictures,
        "blank_pages": list(content.blank_pages),
        "encoding": content.encoding,
        "told": dict(document.told),
        "open": list(document.open),
        "look": [{"line": line, "why": why} for line, why in report.suspicious],
    }


def report_lines(document: NewDocument, folder: str) -> Iterator[str]:
    """Return what was done and what to look at, in words."""
    yield f"{folder}: {_size_in_words(document)}"
    yield from (f"  {line}" for line in _done_in_words(document))
    yield from _to_look_at(document, folder)


def _done_in_words(document: NewDocument) -> Iterator[str]:
    """Return what was joined, dropped and moved."""
    report, content = document.report, document.content

    def counted(message: tuple[str, str], count: int) -> Iterator[str]:
        if count:
            yield worded_plural(*message, count, n=count)

    yield from counted(N_plural("{n} page was read.", "{n} pages were read."), content.pages)
    yield from counted(
        N_plural("{n} line was joined to the one before it.", "{n} lines were joined to the ones before them."),
        report.joined,
    )
    if report.unhyphenated:
        yield worded("Hyphens at ends of lines taken out: {words}.", words=_some(report.unhyphenated))
    if report.kept_hyphens:
        yield worded("Hyphens at ends of lines kept: {words}.", words=_some(report.kept_hyphens))
    for words, count in list(report.running.items())[:_MOST_SHOWN]:
        yield worded_plural(
            "Dropped {n} time: “{words}”.", "Dropped {n} times: “{words}”.", count, n=count, words=words
        )
    yield from counted(N_plural("{n} page number was dropped.", "{n} page numbers were dropped."), report.page_numbers)
    yield from counted(N_plural("{n} note stands at the end.", "{n} notes stand at the end."), report.notes)
    yield from counted(
        N_plural("{n} row of a table is a line with |.", "{n} rows of tables are lines with |."), report.rows
    )
    yield from counted(N_plural("{n} picture has no words here.", "{n} pictures have no words here."), content.pictures)
    yield from _not_read_in_words(content)


def _not_read_in_words(content: FileContent) -> Iterator[str]:
    """Return what could not be read, or not for sure."""
    if content.blank_pages:
        pages = _some([str(page) for page in content.blank_pages])
        yield worded(
            "Pages without text: {pages}. If they were scanned, they need text recognition (OCR).",
            pages=pages,
        )
    if content.encoding:
        yield worded(
            "The text was no UTF-8; it was read as {encoding}. Another one: --encoding.",
            encoding=content.encoding,
        )


def _size_in_words(document: NewDocument) -> str:
    """Return how much text was read, and from what."""
    kind = worded("text") if document.content.format == "text" else document.content.format
    lines = document.text.count("\n")
    count = document.sentence_count
    sentences = worded_plural("{n} sentence", "{n} sentences", count, n=count)
    size = {"n": lines, "kind": kind, "sentences": sentences}
    return worded_plural("{n} line from {kind}, {sentences}.", "{n} lines from {kind}, {sentences}.", lines, **size)


def _to_look_at(document: NewDocument, folder: str) -> Iterator[str]:
    """Return the places and settings that a curator should look at."""
    reasons = {
        "letter": N_("a letter could not be read"),
        "cut": N_("the sentence may go on in the next line"),
        "spread": N_("letters stand apart"),
        "hyphen": N_("is “{word}” right?"),
    }
    for number, why in document.report.suspicious[:_MOST_SHOWN]:
        kind, _, word = why.partition(":")
        words = worded(reasons[kind], word=word) if word else worded(reasons[kind])
        yield f"{folder}/text.txt:{number}: {words}"
    more = len(document.report.suspicious) - _MOST_SHOWN
    if more > 0:
        yield worded("… and {n} more; --json tells all.", n=more)
    for key, value in document.unlike.items():
        yield f"{folder}/document.toml: " + worded(
            "the file tells {key} as “{value}”, which does not fit.", key=key, value=value
        )
    told = [
        key
        for key in ("title", "language", "date", "author", "url")
        if key in document.content.told and key not in document.open
    ]
    if told:
        yield f"{folder}/document.toml: " + worded(
            "look at what the file tells: {keys}.", keys=_told(document.told, told)
        )
    to_fill = [*document.open, "label", *(["source"] if {"source", "url"}.isdisjoint(document.told) else [])]
    yield f"{folder}/document.toml: " + worded("fill in or look at: {keys}.", keys=", ".join(to_fill))
    yield worded("Then: kg check")


def _told(told: Mapping[str, str], keys: list[str]) -> str:
    """Return keys with their values."""
    return ", ".join(f"{key} = {told[key]}" for key in keys)


def _some(words: list[str]) -> str:
    """Return the first of some words, with how many more there are."""
    unique = list(dict.fromkeys(words))
    more = len(unique) - _MOST_SHOWN
    return ", ".join(unique[:_MOST_SHOWN]) + (f", … (+{more})" if more > 0 else "")
