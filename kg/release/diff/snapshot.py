"""What people see of a release: things with their words, statements with their quotes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from kg.model.iris import DEFINITION, OA, OWL, PREF_LABEL, RDF, RDFS, SKOS, SR, TYPE, value_of

Triple = tuple[str, str, str]
Words = dict[str, str]


@dataclass(frozen=True, order=True)
class Quote:
    """The words of a passage and where they stand: code points, end exclusive."""

    document: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Evidence:
    """How a statement is meant and which quotes say it."""

    modality: str
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
    gone: Mapping[str, str]
    """Withdrawn ids and their successors, where there is one."""
    graphs: Mapping[str, frozenset[str]]
    """The triples of each graph as N-Triples, by the last part of its name."""


class _Index:
    """The values of subject and predicate, as strings and as words by language."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.words: dict[str, dict[str, Words]] = defaultdict(dict)

    def add(self, quad: Quad) -> None:
        value = quad.object
        subject = value_of(quad.subject)
        self.values[subject, quad.predicate.value].append(value_of(value))
        if isinstance(value, Literal) and value.language:
            self.words[quad.predicate.value].setdefault(subject, {})[value.language] = value.value

    def one(self, subject: str, predicate: str) -> str:
        return next(iter(self.values.get((subject, predicate), [])), "")


def snapshot(quads: Iterable[Quad]) -> Snapshot:
    """The snapshot of a release from its quads."""
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
        gone[iri] = index.one(iri, "http://purl.org/dc/terms/isReplacedBy")
    labels = {**index.words[RDFS + "label"], **index.words[PREF_LABEL.value]}
    return Snapshot(
        version=version,
        kinds=kinds,
        labels=labels,
        definitions=index.words[DEFINITION.value],
        phrases=index.words[SR + "objectPhrase"],
        statements=_statements(assertions, index),
        gone=gone,
        graphs={name: frozenset(lines) for name, lines in graphs.items()},
    )


def _statements(assertions: Mapping[str, Triple], index: _Index) -> dict[Triple, Evidence]:
    """The evidence of each statement; assertions of several documents add up."""
    found: dict[Triple, Evidence] = {}
    for iri, triple in sorted(assertions.items()):
        quotes = frozenset(_quote(passage, index) for passage in index.values.get((iri, SR + "evidence"), []))
        notes = frozenset(index.values.get((iri, SKOS + "note"), []))
        other = found.get(triple)
        if other:
            quotes, notes = quotes | other.quotes, notes | other.notes
        found[triple] = Evidence(index.one(iri, SR + "modality"), quotes, notes)
    return found


def _quote(passage: str, index: _Index) -> Quote:
    words, start, end = "", 0, 0
    for selector in index.values.get((passage, OA + "hasSelector"), []):
        words = index.one(selector, OA + "exact") or words
        start = int(index.one(selector, OA + "start") or start)
        end = int(index.one(selector, OA + "end") or end)
    return Quote(index.one(passage, OA + "hasSource"), words, start, end)
