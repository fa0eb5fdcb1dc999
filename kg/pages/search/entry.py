"""What a search finds: things with their names, and the texts that speak of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["label", "notation", "alternative", "mention", "hidden"]
"""What a name is to its thing: what it is called, its acronym, another name, what the text calls it, a near word."""

ROLES: Mapping[Role, float] = {"label": 1.0, "notation": 1.0, "alternative": 0.99, "mention": 0.98, "hidden": 0.94}
"""How much each role counts; 1 is all. A near word is no name: alone it makes nothing sure."""

_INNER = 0.96
"""How much an acronym in brackets counts: it may be a part of the name only."""

_BRACKET = re.compile(r"\s*\(([^()]+)\)\s*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a thing; the language is empty where it is not known."""

    text: str
    role: Role = "label"
    language: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a document about a thing, and where they stand: its IRI, code points, the end exclusive."""

    text: str
    document: str
    start: int
    end: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that can be found.

    ``id`` is the short form of its IRI. ``kinds`` are its classes with their superclasses, the one that
    readers know first. ``weight`` below 1 lowers a thing that is seldom meant, such as a heading of a
    classification.
    """

    iri: str
    id: str
    kinds: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    definitions: tuple[Name, ...] = ()
    quotes: tuple[Passage, ...] = ()
    weight: float = 1.0

    @property
    def kind(self) -> str:
        """The class that says best what the thing is; empty where it has none."""
        return self.kinds[0] if self.kinds else ""

    def label(self, language: str) -> Name:
        """What the thing is called in the language, else in another; its id where it has no label."""
        return _first(self.names, language) or Name(self.id)

    def definition(self, language: str) -> Name | None:
        """What the thing is, in the language or else in another; None where nothing says so."""
        return _first(self.definitions, language)


def _first(names: tuple[Name, ...], language: str) -> Name | None:
    """The name in the language, else without one, else the first; labels before all others."""
    labels = [name for name in names if name.role == "label"]
    for tag in (language, ""):
        for name in labels:
            if name.language == tag:
                return name
    return labels[0] if labels else None


def variants(name: Name) -> list[tuple[str, float]]:
    """What people may type for a name, and how much it counts: the name; and what stands before a bracket and in it.

    ``Lits halte soins santé (LHSS)`` is known by its words, and by its acronym.
    """
    bracket = _BRACKET.search(name.text)
    if not bracket:
        return [(name.text, 1.0)]
    inner = [(bracket[1], _INNER)] if bracket[1].isupper() or bracket[1].isdigit() else []
    return [(name.text, 1.0), (name.text[: bracket.start()], 1.0), *inner]
