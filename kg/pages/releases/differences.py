"""Differences between two releases, by line and by subject.

Graph files are sorted N-Quads without blank nodes, so one pass over both compares them in little memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.model.iris import TYPE, value_of
from kg.model.labels import LABELS
from kg.pages.shared.graph_queries import Evaluate, LabelledNode, fetch_labels

MAX_LINES = 20_000
"""Most lines that are kept; further differences are only counted."""

_SHOWN_GRAPHS = ("things", "concepts", "ontology", "metadata")
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
class ChangedTriple:
    """An added or removed triple; ``value`` is a JSON results term."""

    predicate: str
    value: Mapping[str, Any]
    is_new: bool

    @property
    def object(self) -> str:
        """The IRI of the value; empty if it is a literal."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> str:
        """The text of the value; empty if it is an IRI."""
        return "" if self.object else str(self.value["value"])


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
