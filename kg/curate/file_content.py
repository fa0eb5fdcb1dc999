"""What the readers of files find, before anything is cleaned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.curate.text_cleaning import Line


@dataclass(frozen=True)
class FileContent:
    """The lines of a file, and what it tells of itself.

    ``format`` is the name of its format for people. ``told`` has the keys of ``document.toml`` that the file tells:
    title, language, date, author, rights, url. ``pictures`` are those without words beside them, ``blank_pages`` the
    pages without any.
    """

    format: str
    lines: tuple[Line, ...]
    told: Mapping[str, str] = field(default_factory=dict)
    pages: int = 0
    pictures: int = 0
    blank_pages: tuple[int, ...] = ()
    encoding: str = ""
    """The encoding of the text, where it had to be guessed."""
