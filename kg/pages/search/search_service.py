"""The search index of a release, with its classes and properties."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from kg.endpoint.problems import ProblemError
from kg.model.iris import DCT, OA, OWL, PAV, RDF, RDFS, SCHEMA, SKOS, SR, VANN, expand_curie, shorten_iri
from kg.model.messages import N_, translations
from kg.pages.search.entries import IndexedName, IndexEntry, read_entries
from kg.pages.search.index import SearchIndex
from kg.pages.shared.graph_queries import KINDS, Evaluate, fetch_labels, format_iris, select_strings
from kg.pages.shared.page_requests import PageError

PATIENCE = 8
"""Seconds that a search waits while another thread makes the index."""


class SearchService:
    """The index and the terms of what ``ask`` answers from; thread-safe.

    A release has one service, as it has one ``ask``: search results always match the data served.
    """

    def __init__(self, evaluate: Evaluate, base: str) -> None:
        self.evaluate = evaluate
        self.base = base
        self._index: SearchIndex | None = None
        self._lock = threading.Lock()

    @property
    def index(self) -> SearchIndex:
        """The index, made on first use; other threads wait up to PATIENCE.

        Errors: ProblemError if the index is not ready in time, or a query is refused; the next access tries again.
        """
        if self._index is None:
            if not self._lock.acquire(timeout=PATIENCE):
                raise PageError("busy.index", retry_after=PATIENCE)
            try:
                if self._index is None:
                    self._index = SearchIndex(read_entries(self.evaluate, self.base))
            finally:
                self._lock.release()
        return self._index

    @cached_property
    def catalogue(self) -> TermCatalogue:
        """The classes and properties of the indexed things."""
        return TermCatalogue(self.evaluate, self.index)

    def prepare(self) -> None:
        """Make the index in a background thread (3 s for 10,000 things)."""

        def make() -> None:
            with suppress(ProblemError):  # the first search tries again, and reports the problem
                _ = self.index

        threading.Thread(target=make, name="index", daemon=True).start()


SAMPLE = 1_000
"""Things whose properties are looked at, at most."""

_OWN_PREFIX = "sr:"
_MAX_TERMS = 200
_USED = """SELECT ?property (COUNT(DISTINCT ?thing) AS ?things) WHERE { VALUES ?thing { %s } ?thing ?property ?value }
GROUP BY ?property ORDER BY DESC(?things) ?property LIMIT %d"""
_DEFINED = f"""SELECT ?term ?text (LANG(?text) AS ?language) WHERE {{
  VALUES ?term {{ %s }} VALUES ?property {{ <{SKOS}definition> <{RDFS}comment> <{VANN}usageNote> }}
  ?term ?property ?text }}"""
_RANGES = f"""SELECT ?property ?class WHERE {{ VALUES ?property {{ %s }}
  ?property <{SCHEMA}rangeIncludes>|<{SR}usedTo> ?class }}"""
_EXCLUDED = (RDF + "type", OWL, OA)
_STANDARD = {
    SKOS + "Concept": N_("concept"),
    SKOS + "prefLabel": N_("label"),
    SKOS + "altLabel": N_("other name"),
    SKOS + "hiddenLabel": N_("related word"),
    SKOS + "notation": N_("acronym"),
    SKOS + "definition": N_("definition"),
    SKOS + "scopeNote": N_("scope note"),
    SKOS + "editorialNote": N_("editors’ note"),
    SKOS + "note": N_("note"),
    SKOS + "exactMatch": N_("same concept elsewhere"),
    SKOS + "closeMatch": N_("close concept elsewhere"),
    SKOS + "broadMatch": N_("broader concept elsewhere"),
    SKOS + "narrowMatch": N_("narrower concept elsewhere"),
    SKOS + "relatedMatch": N_("related concept elsewhere"),
    SKOS + "inScheme": N_("scheme"),
    SKOS + "topConceptOf": N_("top of the scheme"),
    SKOS + "broader": N_("broader concept"),
    SKOS + "narrower": N_("narrower concept"),
    SKOS + "related": N_("related concept"),
    RDFS + "label": N_("label"),
    RDFS + "comment": N_("comment"),
    DCT + "title": N_("title"),
    DCT + "creator": N_("author"),
    DCT + "replaces": N_("replaces"),
    PAV + "retrievedOn": N_("retrieved on"),
}
"""Names of common terms that a graph seldom describes."""


@dataclass(frozen=True)
class CatalogueTerm:
    """A class or property, and how many things have it."""

    entry: IndexEntry
    count: int

    @property
    def iri(self) -> str:
        """The IRI."""
        return self.entry.iri

    @property
    def id(self) -> str:
        """The CURIE, or the local name if our own."""
        return self.entry.id

    def name(self, language: str) -> str:
        """Return the name of the term in the language."""
        return self.entry.label(language).text

    def definition(self, language: str) -> str:
        """Return the definition of the term; empty if it has none."""
        definition = self.entry.definition(language)
        return definition.text if definition else ""


class TermIndex:
    """Classes or properties by id, CURIE, IRI, or typed words."""

    def __init__(self, evaluate: Evaluate, counts: Mapping[str, int]) -> None:
        iris = list(counts)[:_MAX_TERMS]
        names = fetch_labels(evaluate, iris)
        definitions: dict[str, list[IndexedName]] = {}
        for row in select_strings(evaluate, _DEFINED % format_iris(iris)) if iris else []:
            definitions.setdefault(row["term"], []).append(IndexedName(row["text"], "label", row["language"]))
        entries = [
            IndexEntry(
                iri,
                shorten_iri(iri).removeprefix(_OWN_PREFIX),
                names=tuple(
                    IndexedName(text, "label", tag) for tag, text in (names[iri].labels or _standard(iri)).items()
                ),
                definitions=tuple(sorted(definitions.get(iri, ()), key=lambda definition: definition.text)),
            )
            for iri in iris
        ]
        self.terms = [CatalogueTerm(entry, counts[entry.iri]) for entry in entries]
        self._by_iri = {term.iri: term for term in self.terms}
        self._index = SearchIndex(_with_id(entry) for entry in entries)

    def find(self, reference: str) -> CatalogueTerm | None:
        """Return the term with that id, prefixed name or IRI, if any."""
        return self._by_iri.get(_expand(reference)) or self._by_iri.get(_expand(_OWN_PREFIX + reference))

    def suggest(self, typed: str) -> list[CatalogueTerm]:
        """Return the terms that typed words may mean; all if empty."""
        if not typed.strip():
            return self.terms
        return [self._by_iri[hit.entry.iri] for hit in self._index.search(typed, is_typed=True).hits]


class TermCatalogue:
    """The classes and properties of indexed things, read lazily."""

    def __init__(self, evaluate: Evaluate, index: SearchIndex) -> None:
        self._evaluate, self._index = evaluate, index

    @cached_property
    def types(self) -> TermIndex:
        """The classes of the things, those of KINDS first, then by number."""
        counts = Counter(kind for entry in self._index.entries for kind in entry.kinds)
        order = {kind: place for place, kind in enumerate(KINDS)}
        ranked = sorted(counts, key=lambda kind: (order.get(kind, len(order)), -counts[kind], kind))
        return TermIndex(self._evaluate, {kind: counts[kind] for kind in ranked})

    @cached_property
    def properties(self) -> TermIndex:
        """The properties of a sample of things, in the order of ``used``."""
        entries = self._index.entries
        step = max(1, len(entries) // SAMPLE)
        return TermIndex(self._evaluate, self.used(entry.iri for entry in entries[::step][:SAMPLE]))

    def of_type(self, kind: str) -> dict[str, int]:
        """Return the properties of the things of a class, as ``used`` does."""
        members = (entry.iri for entry in self._index.entries if kind in entry.kinds)
        return self.used(iri for iri, _ in zip(members, range(SAMPLE), strict=False))

    def used(self, things: Iterable[str]) -> dict[str, int]:
        """Return how many of the things have each property.

        Our own properties come first, then the most frequent.
        """
        iris = list(things)
        if not iris:
            return {}
        rows = select_strings(self._evaluate, _USED % (format_iris(iris), _MAX_TERMS))
        counts = {row["property"]: int(row["things"]) for row in rows if not row["property"].startswith(_EXCLUDED)}
        return dict(sorted(counts.items(), key=lambda item: (not item[0].startswith(SR), -item[1], item[0])))

    def range_of(self, properties: Iterable[str]) -> dict[str, str]:
        """Return the class of values of each property with one range."""
        ranges: dict[str, list[str]] = {}
        for row in select_strings(self._evaluate, _RANGES % format_iris(properties)):
            ranges.setdefault(row["property"], []).append(row["class"])
        return {property_: classes[0] for property_, classes in ranges.items() if len(classes) == 1}


def _with_id(entry: IndexEntry) -> IndexEntry:
    """Return the entry with its id as one more name."""
    names = (*entry.names, IndexedName(entry.id, "notation"))
    return IndexEntry(entry.iri, entry.id, names=names, definitions=entry.definitions)


def _standard(iri: str) -> dict[str, str]:
    """Return the names of a common term by language; empty for others."""
    return translations(_STANDARD[iri]) if iri in _STANDARD else {}


def _expand(reference: str) -> str:
    """Return the IRI of a prefixed name; anything else unchanged."""
    return expand_curie(reference) or reference
