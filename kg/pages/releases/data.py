"""The served and the kept releases, with their changes and differences.

Graph files are sorted N-Quads without blank nodes, so one pass over two of them compares them in little memory.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.model import release_files
from kg.model.iris import DCT, OWL, TYPE, value_of
from kg.model.labels import LABELS
from kg.model.languages import LANGUAGES
from kg.pages.shared.graph_queries import Evaluate, HasObject, LabelledNode, fetch_labels

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


MAX_LINES = 20_000
"""Most lines that are kept; further differences are only counted."""

_SHOWN_GRAPHS = ("things", "inferred", "concepts", "alignments", "ontology", "metadata")
"""Graphs whose triples are shown; the others (passages, derived triples) are only counted."""


@dataclass
class Differences:
    """The lines that only one of two releases has.

    ``removed`` and ``added`` are N-Quads lines in order, at most MAX_LINES together. ``counts`` has the number of all
    removed and added lines, by the last part of the name of their graph.
    """

    removed: list[bytes] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of lines that differ."""
        return sum(removed + added for removed, added in self.counts.values())

    @property
    def is_whole(self) -> bool:
        """Whether all lines that differ are kept."""
        return len(self.removed) + len(self.added) == self.total

    def patch(self) -> bytes:
        """Return the differences as an RDF Patch: deletions, then additions."""
        rows = [*(b"D " + line for line in self.removed), *(b"A " + line for line in self.added)]
        return b"".join([b"TX .\n", *rows, b"TC .\n"])


@dataclass(frozen=True)
class ChangedTriple(HasObject):
    """An added or removed triple; ``value`` is a JSON results term."""

    predicate: str
    value: Mapping[str, Any]
    is_new: bool


@dataclass(frozen=True)
class SubjectChange:
    """The changed triples of a subject.

    ``is_new`` and ``is_lost`` tell that its class was added or removed as well.
    """

    subject: str
    triples: tuple[ChangedTriple, ...]
    is_new: bool
    is_lost: bool


def compare_graphs(old: Path, new: Path) -> Differences:
    """Return the differences from one graph file to another.

    They are cached until one of the files changes. Errors: OSError if one cannot be read.
    """
    return _compare(old, new, old.stat().st_mtime_ns, new.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _compare(old: Path, new: Path, _old_changed: int, _new_changed: int) -> Differences:
    differences, counts = Differences(), Counter[tuple[str, bool]]()
    with old.open("rb") as before, new.open("rb") as after:
        for line, is_new in _merged(before, after):
            counts[_graph(line), is_new] += 1
            if len(differences.removed) + len(differences.added) < MAX_LINES:
                (differences.added if is_new else differences.removed).append(line)
    graphs = sorted({graph for graph, _ in counts})
    differences.counts = {graph: (counts[graph, False], counts[graph, True]) for graph in graphs}
    return differences


def _merged(before: Iterable[bytes], after: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield lines in only one sorted file, and whether it is second."""
    first, second = iter(before), iter(after)
    left, right = next(first, b""), next(second, b"")
    while left or right:
        if left == right:
            left, right = next(first, b""), next(second, b"")
        elif right and (not left or right < left):
            yield right, True
            right = next(second, b"")
        else:
            yield left, False
            left = next(first, b"")


def _graph(line: bytes) -> str:
    """Return the last part of a line's graph name."""
    return line.rsplit(b" ", 2)[1].strip(b"<>").rsplit(b"/", 1)[-1].decode("utf-8", "replace")


def changes_by_subject(differences: Differences) -> list[SubjectChange]:
    """Return the changes of each subject, in IRI order.

    Only triples in the graphs that are shown count.
    """
    quads: dict[str, list[tuple[Quad, bool]]] = {}
    for lines, is_new in ((differences.removed, False), (differences.added, True)):
        shown = [line for line in lines if _graph(line) in _SHOWN_GRAPHS]
        for quad in parse(b"".join(shown), format=RdfFormat.N_QUADS):
            quads.setdefault(value_of(quad.subject), []).append((quad, is_new))
    return [_change(subject, quads[subject]) for subject in sorted(quads)]


def _change(subject: str, triples: list[tuple[Quad, bool]]) -> SubjectChange:
    classes = {is_new for quad, is_new in triples if quad.predicate == TYPE}
    return SubjectChange(
        subject,
        tuple(ChangedTriple(quad.predicate.value, _term(quad.object), is_new) for quad, is_new in triples),
        is_new=classes == {True},
        is_lost=classes == {False},
    )


def _term(term: object) -> dict[str, str]:
    """Return a term as in the JSON results format."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, Literal):
        tag = {"xml:lang": term.language} if term.language else {}
        return {"type": "literal", "value": term.value, **tag}
    return {"type": "literal", "value": str(term)}


def names_of(evaluate: Evaluate, shown: Iterable[SubjectChange]) -> dict[str, LabelledNode]:
    """Return labels of changed things, from the graph or the changes."""
    stated: dict[str, LabelledNode] = {}
    iris: dict[str, None] = {}
    for change in shown:
        iris |= dict.fromkeys([change.subject, *(triple.predicate for triple in change.triples)])
        iris |= {triple.object: None for triple in change.triples if triple.object}
        labels = {
            triple.value.get("xml:lang", ""): triple.text
            for triple in change.triples
            if triple.predicate in LABELS and triple.text
        }
        kinds = tuple(triple.object for triple in change.triples if triple.predicate == TYPE.value)
        stated[change.subject] = LabelledNode(change.subject, labels, kinds)
    current = fetch_labels(evaluate, (iri for iri in iris if not any(mark in iri for mark in '<>"{}|^`\\ ')))
    return {iri: name if name.labels else stated.get(iri, name) for iri, name in current.items()}
