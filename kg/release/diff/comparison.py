"""Compare two snapshots of a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kg.release.diff.snapshot import Quote, Snapshot, Triple


@dataclass
class Group:
    """What changed about one thing that both releases have."""

    subject: str
    added: list[Triple] = field(default_factory=list)
    removed: list[Triple] = field(default_factory=list)
    modality: list[tuple[Triple, str, str]] = field(default_factory=list)
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    """Language, old and new label."""
    definitions: list[tuple[str, str, str]] = field(default_factory=list)
    kind: tuple[str, str] | None = None
    quotes_moved: int = 0
    """Quotes with the same words at another place of the text."""
    quotes_changed: int = 0
    """Quotes that came, went, or have other words, on statements that both releases have."""
    notes_changed: int = 0


@dataclass(frozen=True)
class Changes:
    """Everything that changed; empty where two releases say the same."""

    old: Snapshot
    new: Snapshot
    added: tuple[str, ...]
    removed: tuple[str, ...]
    groups: tuple[Group, ...]
    graphs: Mapping[str, tuple[int, int]]
    """Triples that came and went in each graph that differs."""

    def __bool__(self) -> bool:
        return bool(self.graphs)


def compare(old: Snapshot, new: Snapshot) -> Changes:
    """What changed from ``old`` to ``new``, thing by thing, in the order of their IRIs."""
    groups: dict[str, Group] = {}

    def group(subject: str) -> Group:
        return groups.setdefault(subject, Group(subject))

    for subject in sorted(old.kinds.keys() & new.kinds.keys()):
        _compare_thing(subject, old, new, group)
    for triple in sorted(old.statements.keys() | new.statements.keys()):
        subject = triple[0].strip("<>")
        if subject in old.kinds and subject in new.kinds:
            _compare_statement(triple, old, new, group(subject))
    graphs = {
        name: (len(after - before), len(before - after))
        for name in sorted(old.graphs.keys() | new.graphs.keys())
        if (before := old.graphs.get(name, frozenset())) != (after := new.graphs.get(name, frozenset()))
    }
    return Changes(
        old,
        new,
        added=tuple(sorted(new.kinds.keys() - old.kinds.keys())),
        removed=tuple(sorted(old.kinds.keys() - new.kinds.keys())),
        groups=tuple(one for _, one in sorted(groups.items()) if one != Group(one.subject)),
        graphs=graphs,
    )


def _compare_thing(subject: str, old: Snapshot, new: Snapshot, group: Callable[[str], Group]) -> None:
    if old.kinds[subject] != new.kinds[subject]:
        group(subject).kind = (old.kinds[subject], new.kinds[subject])
    for name in ("labels", "definitions"):
        before, after = getattr(old, name).get(subject, {}), getattr(new, name).get(subject, {})
        for language in sorted(before.keys() | after.keys()):
            if before.get(language) != after.get(language):
                getattr(group(subject), name).append((language, before.get(language, ""), after.get(language, "")))


def _compare_statement(triple: Triple, old: Snapshot, new: Snapshot, group: Group) -> None:
    before, after = old.statements.get(triple), new.statements.get(triple)
    if before is None:
        group.added.append(triple)
    elif after is None:
        group.removed.append(triple)
    else:
        if before.modality != after.modality:
            group.modality.append((triple, before.modality, after.modality))
        group.notes_changed += before.notes != after.notes
        moved = _moved(before.quotes - after.quotes, after.quotes - before.quotes)
        group.quotes_moved += moved
        group.quotes_changed += max(len(before.quotes - after.quotes), len(after.quotes - before.quotes)) - moved


def _moved(gone: frozenset[Quote], come: frozenset[Quote]) -> int:
    """How many of the quotes that went came back with the same words at another place."""
    waiting: dict[tuple[str, str], int] = defaultdict(int)
    for quote in gone:
        waiting[quote.document, quote.words] += 1
    moved = 0
    for quote in come:
        if waiting[quote.document, quote.words]:
            waiting[quote.document, quote.words] -= 1
            moved += 1
    return moved
