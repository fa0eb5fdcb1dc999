"""The releases that can be had: the one that is served and those that are kept, each with what it changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kg.model import release_files
from kg.model.iris import DCT, OWL
from kg.model.languages import LANGUAGES

MOST_BYTES = 16_777_216
"""Largest file of changes that is read for a page; what a larger one says is left to those who download it."""

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What neither a page nor a feed can hold (XML 1.0, section 2.2)."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Release:
    """A release: its version, its date (YYYY-MM-DD, or empty), and the folder that holds its files.

    One that is kept is never written again; one that is current is what is served now.
    """

    version: str
    issued: str
    folder: Path
    is_kept: bool
    is_current: bool

    @property
    def graph(self) -> Path:
        """The N-Quads file that holds all of it."""
        return self.folder / release_files.GRAPH

    def has(self, name: str) -> bool:
        """Whether the release has a file of that name."""
        return (self.folder / name).is_file()

    def sums(self) -> dict[str, str]:
        """The sha256 of each file in hex, by name."""
        try:
            lines = (self.folder / release_files.CHECKSUMS).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        rows = [line.partition("  ") for line in lines]
        return {name: digest for digest, _, name in rows if name}


@dataclass(frozen=True)
class Line:
    """One change in words, by language; ``thing`` is the IRI of what it begins with, or empty."""

    thing: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What a release says that it changed since the version ``old``: about things, and how much in which graph."""

    old: str
    lines: Sequence[Line]
    graphs: Sequence[Line]


def read_releases(kept: Path, served: Path | None, current: tuple[str, str], dataset: str) -> list[Release]:
    """The releases, the newest version first.

    Args:
        kept: the folder of kept releases, one folder a version; it need not be there.
        served: the folder of the release that is served, where there is one.
        current: its version and date.
        dataset: the IRI of the data set, of which each graph tells the date.
    """
    found: dict[str, Release] = {}
    for folder in kept.glob("*.*.*") if kept.is_dir() else ():
        if _VERSION.fullmatch(folder.name) and (folder / release_files.GRAPH).is_file():
            _, issued = told_of(folder / release_files.GRAPH, dataset)
            found[folder.name] = Release(folder.name, issued, folder, is_kept=True, is_current=False)
    version, issued = current
    if served and version:
        same = found.get(version)
        if same is None:
            found[version] = Release(version, issued, served, is_kept=False, is_current=True)
        elif same.sums() == Release(version, issued, served, is_kept=False, is_current=True).sums():
            found[version] = Release(version, issued or same.issued, same.folder, is_kept=True, is_current=True)
    return [found[version] for version in sorted(found, key=number, reverse=True)]


def number(version: str) -> tuple[tuple[int, ...], str]:
    """What sorts versions: their numbers."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal()), version


def told_of(graph: Path, dataset: str) -> tuple[str, str]:
    """Version and date of a release, from its N-Quads file; each empty where the file does not say it."""
    try:
        return _told_of(graph, dataset, graph.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return "", ""


@lru_cache(maxsize=512)
def _told_of(graph: Path, dataset: str, _changed: int) -> tuple[str, str]:
    """The lines are sorted, so that those after the data set need not be read."""
    start, told = f"<{dataset}> ", dict[str, str]()
    with graph.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(start):
                _, predicate, value = line.split(" ", 2)
                told.setdefault(predicate, value.partition('"')[2].partition('"')[0])
            elif line > start:
                break
    return told.get(f"<{OWL}versionInfo>", ""), told.get(f"<{DCT}issued>", "")


def told_by(release: Release) -> Told | None:
    """What a release says that it changed; None where it does not say so, as the first one."""
    path = release.folder / release_files.CHANGES
    try:
        state = path.stat()
        return _told_by(path, state.st_mtime_ns) if state.st_size <= MOST_BYTES else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _told_by(path: Path, _changed: int) -> Told:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        Line(row.get("id") or "", {tag: _UNFIT.sub("\N{REPLACEMENT CHARACTER}", row[tag]) for tag in LANGUAGES})
        for row in told["words"]
    ]
    return Told(str(told["old"]), [one for one in lines if one.thing], [one for one in lines if not one.thing])
