"""Words that people read: English messages and their translations.

A message is its English text, with values as ``{name}``. Each language has a catalogue
``kg/locale/LANGUAGE/LC_MESSAGES/kg.po``; ``hatch_build.py`` compiles it to the ``.mo`` that is read here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from kg.model.languages import LANGUAGES, Language

LOCALE = Path(__file__).resolve().parent.parent / "locale"


VARIABLE = "KG_LANGUAGE"
"""The variable that names the language of the terminal, whatever its locale."""

_terminal = os.environ.get(VARIABLE, "en")


class CatalogueError(Exception):
    """Raised when the messages of a language are not compiled."""

    exit_code = 2


def spoken() -> Language:
    """Return the language in which commands and errors are worded."""
    return next((language for language in LANGUAGES if language == _terminal), "en")


def speak(language: str) -> None:
    """Word commands and errors in a language, in child processes too."""
    global _terminal  # noqa: PLW0603  one terminal a process
    _terminal = os.environ[VARIABLE] = language


def language_of_locale(environment: Mapping[str, str]) -> str:
    """Return the language of a locale (POSIX), English where we have none."""
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    language = locale.partition(".")[0].partition("_")[0].partition("@")[0].lower()
    return language if language in LANGUAGES else "en"


def worded(message: str, /, **values: object) -> str:
    """Return a message in the language of the terminal."""
    return translate(message, spoken(), **values)


def worded_plural(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form of a message for ``count``, for the terminal."""
    return translate_plural(one, many, count, spoken(), **values)


def translate(message: str, language: str, /, **values: object) -> str:
    """Return a message in a language, filled with the values."""
    words = _gettext(message, language)
    return words.format(**values) if values else words


@cache
def _gettext(message: str, language: str) -> str:
    """Return a message in a language; braces stay."""
    return _catalogue(language).gettext(message) if message else ""


def translate_plural(one: str, many: str, count: int, language: str, /, **values: object) -> str:
    """Return the form of a message that a language uses for ``count``."""
    return _fill(_catalogue(language).ngettext(one, many, count), values)


def translate_in(context: str, message: str, language: str, /, **values: object) -> str:
    """Return a message that has another translation in this context."""
    return _fill(_catalogue(language).pgettext(context, message), values)


def translations(message: str, /, **values: object) -> dict[str, str]:
    """Return a message in every language, by language."""
    return {language: translate(message, language, **values) for language in LANGUAGES}


def in_all_languages(message: str, /) -> str:
    """Return a message in all languages, slashes between, equal ones once."""
    return " / ".join(dict.fromkeys(translations(message).values()))


def N_(message: str) -> str:  # noqa: N802  the name that tools for catalogues know
    """Mark a message that is translated elsewhere, and return it."""
    return message


def N_plural(one: str, many: str) -> tuple[str, str]:  # noqa: N802  beside N_
    """Mark a message with singular and plural for translation; return it."""
    return one, many


def _fill(text: str, values: dict[str, object]) -> str:
    """Put values into the text; without any, braces stay as they are."""
    return text.format(**values) if values else text


@cache
def _catalogue(language: str) -> GNUTranslations:
    """Read the compiled catalogue of a language."""
    path = LOCALE / language / "LC_MESSAGES" / "kg.mo"
    try:
        with path.open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError:
        reason = f"{path}: the catalogue is not compiled: run `python hatch_build.py` in the folder of the project"
        raise CatalogueError(reason) from None
