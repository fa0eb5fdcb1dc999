"""The served and the kept releases, with their stated changes."""

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

MAX_BYTES = 16_777_216
"""Largest file of changes that is read for a page; larger ones can be downloaded."""

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML excludes (XML 1.0, section 2.2)."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class PublishedRelease:
    """A release: version, date (YYYY-MM-DD or empty), and folder.

    A kept release is never written again; the current one is served now.
    """

    version: str
    issued: str
    folder: Path
    is_kept: bool
    is_current: bool

    @property
    def graph(self) -> Path:
        """The N-Quads file with the whole graph."""
        return self.folder / release_files.GRAPH

    def has(self, name: str) -> bool:
        """Return whether the release has a file of that name."""
        return (self.folder / name).is_file()

    def sums(self) -> dict[str, str]:
        """Return the SHA-256 of each file in hex, by name."""
        try:
            lines = (self.folder / release_files.CHECKSUMS).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        rows = [line.partition("  ") for line in lines]
        return {name: digest for digest, _, name in rows if name}


@dataclass(frozen=True)
class ReleaseNote:
    """A change in words by language; ``thing`` is an IRI or empty.

    The words begin with the name of the thing.
    """

    thing: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class ReleaseNotes:
    """The changes since version ``old``: by thing, and counts by graph."""

    old: str
    things: Sequence[ReleaseNote]
    graphs: Sequence[ReleaseNote]


def read_releases(kept: Path, served: Path | None, current: tuple[str, str], dataset: str) -> list[PublishedRelease]:
    """Return the releases, the newest version first.

    Args:
        kept: the folder with a folder for each kept version; it may be missing.
        served: the folder of the release served, if any.
        current: its version and date.
        dataset: the IRI of the data set, whose date is in each graph.
    """
    by_version: dict[str, PublishedRelease] = {}
    for folder in kept.glob("*.*.*") if kept.is_dir() else ():
        if _VERSION.fullmatch(folder.name) and (folder / release_files.GRAPH).is_file():
            _, issued = version_and_date(folder / release_files.GRAPH, dataset)
            by_version[folder.name] = PublishedRelease(folder.name, issued, folder, is_kept=True, is_current=False)
    version, issued = current
    if served and version:
        same = by_version.get(version)
        if same is None:
            by_version[version] = PublishedRelease(version, issued, served, is_kept=False, is_current=True)
        elif same.sums() == PublishedRelease(version, issued, served, is_kept=False, is_current=True).sums():
            by_version[version] = PublishedRelease(
                version, issued or same.issued, same.folder, is_kept=True, is_current=True
            )
    return [by_version[version] for version in sorted(by_version, key=version_key, reverse=True)]


def version_key(version: str) -> tuple[tuple[int, ...], str]:
    """Return the sort key of a version: its numbers."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal()), version


def version_and_date(graph: Path, dataset: str) -> tuple[str, str]:
    """Return version and date from an N-Quads file; empty if missing."""
    try:
        return _version_and_date(graph, dataset, graph.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return "", ""


@lru_cache(maxsize=512)
def _version_and_date(graph: Path, dataset: str, _changed: int) -> tuple[str, str]:
    start, values = f"<{dataset}> ", dict[str, str]()
    with graph.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(start):
                _, predicate, value = line.split(" ", 2)
                values.setdefault(predicate, value.partition('"')[2].partition('"')[0])
            elif line > start:  # the lines are sorted
                break
    return values.get(f"<{OWL}versionInfo>", ""), values.get(f"<{DCT}issued>", "")


def notes_of(release: PublishedRelease) -> ReleaseNotes | None:
    """Return the changes that a release states; the first states none."""
    path = release.folder / release_files.CHANGES
    try:
        state = path.stat()
        return _read_notes(path, state.st_mtime_ns) if state.st_size <= MAX_BYTES else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _read_notes(path: Path, _changed: int) -> ReleaseNotes:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    notes = [
        ReleaseNote(row.get("id") or "", {tag: _UNFIT.sub("\N{REPLACEMENT CHARACTER}", row[tag]) for tag in LANGUAGES})
        for row in document["words"]
    ]
    return ReleaseNotes(
        str(document["old"]), [note for note in notes if note.thing], [note for note in notes if not note.thing]
    )
