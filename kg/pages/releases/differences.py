"""The differences between two releases, line by line, and what they mean for the things they are about.

Graph files are sorted N-Quads without blank nodes, so that two are compared in one pass over both, in little memory.
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

MOST = 20_000
"""How many lines that differ are held; of more only their number is told."""

_IN_FULL = ("things", "concepts", "ontology", "metadata")
"""The graphs whose triples are shown; of the others, which describe passages or follow from rules, the number is."""


@dataclass
class Differences:
    """What one release has and the other has not.

    ``gone`` and ``come`` are N-Quads lines in their order, at most MOST together; ``counts`` has for each graph, by
    the last part of its name, how many went and came, all of them.
    """

    gone: list[bytes] = field(default_factory=list)
    come: list[bytes] = field(default_factory=list)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many lines differ."""
        return sum(went + came for went, came in self.counts.values())

    @property
    def is_whole(self) -> bool:
        """Whether all lines that differ are held."""
        return len(self.gone) + len(self.come) == self.total

    def patch(self) -> bytes:
        """The differences as an RDF Patch: what goes, then what comes."""
        rows = [*(b"D " + line for line in self.gone), *(b"A " + line for line in self.come)]
        return b"".join([b"TX .\n", *rows, b"TC .\n"])


@dataclass(frozen=True)
class Said:
    """A triple that came or went; ``value`` is a term as the JSON results format has it."""

    predicate: str
    value: Mapping[str, Any]
    is_new: bool

    @property
    def object(self) -> str:
        """The IRI of the value; empty where it is a literal."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> str:
        """The words of the value; empty where it is a thing."""
        return "" if self.object else str(self.value["value"])


@dataclass(frozen=True)
class Change:
    """What changed about one subject; it is ``new`` or ``lost`` where its class came or went with it."""

    subject: str
    said: tuple[Said, ...]
    is_new: bool
    is_lost: bool


def differences(old: Path, new: Path) -> Differences:
    """The differences from one graph file to another; found once for as long as both stay as they are.

    Errors: OSError where one cannot be read.
    """
    return _differences(old, new, old.stat().st_mtime_ns, new.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _differences(old: Path, new: Path, _old_changed: int, _new_changed: int) -> Differences:
    found, counts = Differences(), Counter[tuple[str, bool]]()
    with old.open("rb") as before, new.open("rb") as after:
        for line, is_new in _merged(before, after):
            counts[_graph(line), is_new] += 1
            if len(found.gone) + len(found.come) < MOST:
                (found.come if is_new else found.gone).append(line)
    graphs = sorted({graph for graph, _ in counts})
    found.counts = {graph: (counts[graph, False], counts[graph, True]) for graph in graphs}
    return found


def _merged(before: Iterable[bytes], after: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The lines that stand in one of two sorted files only, with whether that is the second."""
    one, other = iter(before), iter(after)
    left, right = next(one, b""), next(other, b"")
    while left or right:
        if left == right:
            left, right = next(one, b""), next(other, b"")
        elif right and (not left or right < left):
            yield right, True
            right = next(other, b"")
        else:
            yield left, False
            left = next(one, b"")


def _graph(line: bytes) -> str:
    """The last part of the name of a line's graph."""
    return line.rsplit(b" ", 2)[1].strip(b"<>").rsplit(b"/", 1)[-1].decode("utf-8", "replace")


def changes(found: Differences) -> list[Change]:
    """What changed about each subject, in the order of their IRIs, but for passages and derived triples."""
    told: dict[str, list[tuple[Quad, bool]]] = {}
    for lines, is_new in ((found.gone, False), (found.come, True)):
        shown = [line for line in lines if _graph(line) in _IN_FULL]
        for quad in parse(b"".join(shown), format=RdfFormat.N_QUADS):
            told.setdefault(value_of(quad.subject), []).append((quad, is_new))
    return [_change(subject, told[subject]) for subject in sorted(told)]


def _change(subject: str, triples: list[tuple[Quad, bool]]) -> Change:
    classes = {is_new for quad, is_new in triples if quad.predicate == TYPE}
    return Change(
        subject,
        tuple(Said(quad.predicate.value, _term(quad.object), is_new) for quad, is_new in triples),
        is_new=classes == {True},
        is_lost=classes == {False},
    )


def _term(term: object) -> dict[str, str]:
    """A term as the JSON results format has it."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, Literal):
        tag = {"xml:lang": term.language} if term.language else {}
        return {"type": "literal", "value": term.value, **tag}
    return {"type": "literal", "value": str(term)}


def names_of(evaluate: Evaluate, shown: Iterable[Change]) -> dict[str, LabelledNode]:
    """The names of all that the changes tell of: as the graph has them now, else as the changes themselves do."""
    given: dict[str, LabelledNode] = {}
    iris: dict[str, None] = {}
    for change in shown:
        iris |= dict.fromkeys([change.subject, *(said.predicate for said in change.said)])
        iris |= {said.object: None for said in change.said if said.object}
        labels = {
            said.value.get("xml:lang", ""): said.text for said in change.said if said.predicate in LABELS and said.text
        }
        kinds = tuple(said.object for said in change.said if said.predicate == TYPE.value)
        given[change.subject] = LabelledNode(change.subject, labels, kinds)
    found = fetch_labels(evaluate, (iri for iri in iris if not any(mark in iri for mark in '<>"{}|^`\\ ')))
    return {iri: name if name.labels else given.get(iri, name) for iri, name in found.items()}
