"""Comparison of two graphs by snapshots of what people see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from kg.model.iris import DEFINITION, OA, OWL, PREF_LABEL, RDF, RDFS, SKOS, SR, TYPE, value_of

Triple = tuple[str, str, str]
Words = dict[str, str]


@dataclass(frozen=True, order=True)
class Quote:
    """A quote and its place in code points, end exclusive."""

    document: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Evidence:
    """How a statement is meant and which quotes say it."""

    modalities: tuple[str, ...]
    """More than one where documents differ."""
    quotes: frozenset[Quote]
    notes: frozenset[str]


@dataclass(frozen=True)
class Snapshot:
    """One release as people see it; IRIs and N-Triples terms are strings."""

    version: str
    kinds: Mapping[str, str]
    """The class of each thing that has one in the graph of things, or that is a document."""
    labels: Mapping[str, Words]
    definitions: Mapping[str, Words]
    phrases: Mapping[str, Words]
    """The noun phrase that names the object of a property."""
    statements: Mapping[Triple, Evidence]
    texts: Mapping[str, str]
    """The SHA-256 of the text of each document."""
    gone: Mapping[str, str]
    """Withdrawn ids and their successors, where there is one."""
    graphs: Mapping[str, frozenset[str]]
    """The triples of each graph as N-Triples, by the last part of its name."""


class _Index:
    """Values by subject and predicate: as strings, and words by language."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.words: dict[str, dict[str, Words]] = defaultdict(dict)

    def add(self, quad: Quad) -> None:
        value = quad.object
        subject = value_of(quad.subject)
        self.values[subject, quad.predicate.value].append(value_of(value))
        if isinstance(value, Literal) and value.language:
            self.words[quad.predicate.value].setdefault(subject, {})[value.language] = value.value

    def first(self, subject: str, predicate: str) -> str:
        return next(iter(self.values.get((subject, predicate), [])), "")


def take_snapshot(quads: Iterable[Quad]) -> Snapshot:
    """Return the snapshot of a release from its quads."""
    index = _Index()
    kinds: dict[str, str] = {}
    assertions: dict[str, Triple] = {}
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    graphs: dict[str, set[str]] = defaultdict(set)
    gone: dict[str, str] = {}
    version = ""
    for quad in quads:
        name = quad.graph_name.value.rsplit("/", 1)[-1] if isinstance(quad.graph_name, NamedNode) else ""
        graphs[name].add(f"{quad.subject} {quad.predicate} {quad.object}")
        index.add(quad)
        subject, predicate = value_of(quad.subject), quad.predicate.value
        if quad.predicate == TYPE and (name == "things" or value_of(quad.object) == SR + "Document"):
            if value_of(quad.object) != SKOS + "Concept":  # which a concept is beside its class
                kinds[subject] = value_of(quad.object)
        elif predicate in (RDF + "subject", RDF + "predicate", RDF + "object"):
            parts[subject][predicate.removeprefix(RDF)] = str(quad.object)
        elif predicate == OWL + "versionInfo" and name == "metadata":  # the ontology has a version of its own
            version = getattr(quad.object, "value", "")
        elif predicate == OWL + "deprecated":
            gone[subject] = ""
    for iri, triple in parts.items():
        assertions[iri] = (triple.get("subject", ""), triple.get("predicate", ""), triple.get("object", ""))
    for iri in gone:
        gone[iri] = index.first(iri, "http://purl.org/dc/terms/isReplacedBy")
    labels = {**index.words[RDFS + "label"], **index.words[PREF_LABEL.value]}
    return Snapshot(
        version=version,
        kinds=kinds,
        labels=labels,
        definitions=index.words[DEFINITION.value],
        phrases=index.words[SR + "objectPhrase"],
        statements=_statements(assertions, index),
        texts={iri: index.first(iri, SR + "sha256") for iri, kind in kinds.items() if kind == SR + "Document"},
        gone=gone,
        graphs={name: frozenset(lines) for name, lines in graphs.items()},
    )


def _statements(assertions: Mapping[str, Triple], index: _Index) -> dict[Triple, Evidence]:
    """Return each statement's evidence, added up over documents."""
    statements: dict[Triple, Evidence] = {}
    for iri, triple in sorted(assertions.items()):
        quotes = frozenset(_quote(passage, index) for passage in index.values.get((iri, SR + "evidence"), []))
        notes = frozenset(index.values.get((iri, SKOS + "note"), []))
        modalities = {index.first(iri, SR + "modality")}
        other = statements.get(triple)
        if other:
            quotes, notes = quotes | other.quotes, notes | other.notes
            modalities |= {*other.modalities}
        statements[triple] = Evidence(tuple(sorted(modalities)), quotes, notes)
    return statements


def _quote(passage: str, index: _Index) -> Quote:
    words, start, end = "", 0, 0
    for selector in index.values.get((passage, OA + "hasSelector"), []):
        words = index.first(selector, OA + "exact") or words
        start = int(index.first(selector, OA + "start") or start)
        end = int(index.first(selector, OA + "end") or end)
    return Quote(index.first(passage, OA + "hasSource"), words, start, end)


@dataclass
class ThingChanges:
    """What changed about one thing that both releases have."""

    subject: str
    added: list[Triple] = field(default_factory=list)
    removed: list[Triple] = field(default_factory=list)
    modality: list[tuple[Triple, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    """The modalities of a statement, which is one save where documents differ, in the old and in the new release."""
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    """Language, old and new label."""
    definitions: list[tuple[str, str, str]] = field(default_factory=list)
    kind: tuple[str, str] | None = None
    quotes_moved: int = 0
    """Quotes with the same words at another place of the text."""
    quotes_changed: int = 0
    """Quotes that came, went, or have other words, on statements that both releases have."""
    notes_changed: int = 0
    text_changed: bool = False
    """Whether it is a document whose text is another; a text never is one once released."""


@dataclass(frozen=True)
class Changes:
    """Everything that changed; empty where two releases say the same."""

    old: Snapshot
    new: Snapshot
    added: tuple[str, ...]
    removed: tuple[str, ...]
    groups: tuple[ThingChanges, ...]
    graphs: Mapping[str, tuple[int, int]]
    """Triples that came and went in each graph that differs."""

    def __bool__(self) -> bool:
        return bool(self.graphs)


def compare(old: Snapshot, new: Snapshot) -> Changes:
    """Compare two snapshots thing by thing, in order of IRIs."""
    groups: dict[str, ThingChanges] = {}

    def group(subject: str) -> ThingChanges:
        return groups.setdefault(subject, ThingChanges(subject))

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
        groups=tuple(change for _, change in sorted(groups.items()) if change != ThingChanges(change.subject)),
        graphs=graphs,
    )


def _compare_thing(subject: str, old: Snapshot, new: Snapshot, group: Callable[[str], ThingChanges]) -> None:
    if old.kinds[subject] != new.kinds[subject]:
        group(subject).kind = (old.kinds[subject], new.kinds[subject])
    if old.texts.get(subject) != new.texts.get(subject):
        group(subject).text_changed = True
    for name in ("labels", "definitions"):
        before, after = getattr(old, name).get(subject, {}), getattr(new, name).get(subject, {})
        for language in sorted(before.keys() | after.keys()):
            if before.get(language) != after.get(language):
                getattr(group(subject), name).append((language, before.get(language, ""), after.get(language, "")))


def _compare_statement(triple: Triple, old: Snapshot, new: Snapshot, group: ThingChanges) -> None:
    before, after = old.statements.get(triple), new.statements.get(triple)
    if before is None:
        group.added.append(triple)
    elif after is None:
        group.removed.append(triple)
    else:
        if before.modalities != after.modalities:
            group.modality.append((triple, before.modalities, after.modalities))
        group.notes_changed += before.notes != after.notes
        moved = _moved(before.quotes - after.quotes, after.quotes - before.quotes)
        group.quotes_moved += moved
        group.quotes_changed += max(len(before.quotes - after.quotes), len(after.quotes - before.quotes)) - moved


def _moved(gone: frozenset[Quote], come: frozenset[Quote]) -> int:
    """Count the quotes that only moved: removed here, added there."""
    waiting: dict[tuple[str, str], int] = defaultdict(int)
    for quote in gone:
        waiting[quote.document, quote.words] += 1
    moved = 0
    for quote in come:
        if waiting[quote.document, quote.words]:
            waiting[quote.document, quote.words] -= 1
            moved += 1
    return moved
