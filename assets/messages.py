#!/usr/bin/env python3
"""Bring the catalogues of messages up to date with the code and the templates, and compile them: `make messages`.

New messages come in untranslated, those that nothing uses any more go. The English ones are filled in.
"""

import io
import sys
from copy import deepcopy
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
ERRORS = ("FileError", "KgError", "NotValidError", "ProjectError", "QueryError", "ReleaseError", "RemoteError")
"""The errors that take a message and its values (kg/model/errors.py)."""
KEYWORDS = {
    "_": None,
    "N_": None,
    "translate": None,
    "worded": None,
    **dict.fromkeys(ERRORS),
    "Setting": (3,),
    "translations": None,
    "in_all_languages": None,
    "ngettext": (1, 2),
    "plural_forms": (1, 2),
    "N_plural": (1, 2),
    "translate_plural": (1, 2),
    "worded_plural": (1, 2),
    "pgettext": ((1, "c"), 2),
    "translate_in": ((1, "c"), 2),
}
HEADER = '# Words of the pages, the release and the commands; see CONTRIBUTING.md, "Words that people read".'
LEFT_OUT = ("Report-", "POT-", "PO-", "Last-", "Language-Team", "Generated-By")
"""Headers of catalogues that would change at each run, or say nothing."""


def extract() -> Catalog:
    """Return every message of the code and the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for _, _, message, _, context in extract_from_dir(ROOT / "kg", methods, options, KEYWORDS):
        if "".join(message).strip():  # a join of lines is none
            found.add(message, context=context)
    for text in problem_texts():
        found.add(text)
    for text in help_texts():
        found.add(text)
    return found


def help_texts() -> set[str]:
    """Return the help of the commands and their options, which click holds unmarked."""
    from click import Option

    from kg.cli.program import paragraphs

    commands = all_commands()
    options = [option for command in commands for option in command.params if isinstance(option, Option)]
    return {text for one in (*commands, *options) for text in paragraphs(one.help)} - {""}


def all_commands() -> list:
    """Return the program and its commands."""
    from kg.cli import program

    return [program, *program.commands.values()]


def problem_texts() -> dict[str, set[str]]:
    """Return the words of problems, which the endpoint holds unmarked, each with all words of its problems."""
    from kg.pages.shared.page_requests import PAGE_PROBLEMS

    texts: dict[str, set[str]] = {}
    for name, problem in PAGE_PROBLEMS.items():
        for text in (problem.detail, problem.remedy):
            if text and name != "http.other":
                texts.setdefault(text, set()).update((problem.detail, problem.remedy))
    return texts


def read(path: Path) -> Catalog:
    """Return the catalogue of a file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def update(catalogue: Catalog, template: Catalog, *, is_english: bool) -> None:
    """Add the messages that are new, drop those that are gone, and fill the English ones."""
    catalogue.update(deepcopy(template), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in catalogue:
        message.flags.discard("fuzzy")  # a message that becomes plural
        if is_english and message.id and not all(message.string or [""]):
            message.string = message.id


def write(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue in a fixed order, a line a message."""
    catalogue.project, catalogue.version, catalogue.header_comment = "social-response-kg", "", HEADER
    catalogue.fuzzy = False
    text = io.BytesIO()
    write_po(text, catalogue, width=None, no_location=True, sort_output=True)
    headers = tuple(f'"{name}' for name in LEFT_OUT)
    lines = text.getvalue().decode().rstrip().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(headers)) + "\n", encoding="utf-8")


def main() -> None:
    """Update every catalogue under ``kg/locale``, and compile it."""
    sys.path.insert(0, str(ROOT))
    from hatch_build import compile_catalogues

    for path in sorted((ROOT / "kg" / "locale").glob("*/LC_MESSAGES/kg.po")):
        catalogue = read(path)
        update(catalogue, extract(), is_english=path.parts[-3] == "en")
        write(catalogue, path)
        missing = sum(not message.string or not all(message.string) for message in catalogue if message.id)
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages, {missing} to translate")  # noqa: T201
    compile_catalogues(ROOT)


if __name__ == "__main__":
    main()
