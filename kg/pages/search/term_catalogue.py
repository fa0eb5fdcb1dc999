"""The classes and properties of what an index holds, by name: what a searcher may narrow a search to, or ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.model.iris import DCT, OA, OWL, RDF, RDFS, SCHEMA, SKOS, SR, expand_curie, shorten_iri
from kg.model.languages import LANGUAGES
from kg.pages.search.entry import Entry, Name
from kg.pages.search.index import Index
from kg.pages.shared.graph_queries import Evaluate, fetch_labels, format_iris, select_strings
from kg.pages.shared.kinds import KINDS

SAMPLE = 1_000
"""How many things are looked at to find out which properties they have."""

_OWN = "sr:"
_MOST = 200
_USED = """SELECT ?property (COUNT(DISTINCT ?thing) AS ?things) WHERE { VALUES ?thing { %s } ?thing ?property ?value }
GROUP BY ?property ORDER BY DESC(?things) ?property LIMIT %d"""
_DEFINED = f"""SELECT ?term ?text (LANG(?text) AS ?language) WHERE {{
  VALUES ?term {{ %s }} VALUES ?property {{ <{SKOS}definition> <{RDFS}comment> }} ?term ?property ?text }}"""
_RANGES = f"SELECT ?property ?class WHERE {{ VALUES ?property {{ %s }} ?property <{SCHEMA}rangeIncludes> ?class }}"
_ASIDE = (RDF + "type", OWL, OA)
_STANDARD = {
    SKOS + "Concept": ("notion", "concept"),
    SKOS + "prefLabel": ("libellé", "label"),
    SKOS + "altLabel": ("autre nom", "other name"),
    SKOS + "hiddenLabel": ("mot voisin", "related word"),
    SKOS + "notation": ("sigle", "acronym"),
    SKOS + "definition": ("définition", "definition"),
    SKOS + "scopeNote": ("précision", "scope note"),
    SKOS + "editorialNote": ("note des éditeurs", "editors’ note"),
    SKOS + "note": ("note", "note"),
    SKOS + "exactMatch": ("même notion ailleurs", "same concept elsewhere"),
    SKOS + "closeMatch": ("notion proche ailleurs", "close concept elsewhere"),
    SKOS + "broadMatch": ("notion plus large ailleurs", "broader concept elsewhere"),
    SKOS + "narrowMatch": ("notion plus étroite ailleurs", "narrower concept elsewhere"),
    SKOS + "relatedMatch": ("notion liée ailleurs", "related concept elsewhere"),
    SKOS + "inScheme": ("classement", "scheme"),
    SKOS + "topConceptOf": ("en tête du classement", "top of the scheme"),
    SKOS + "broader": ("notion plus large", "broader concept"),
    SKOS + "narrower": ("notion plus étroite", "narrower concept"),
    SKOS + "related": ("notion liée", "related concept"),
    RDFS + "label": ("libellé", "label"),
    RDFS + "comment": ("commentaire", "comment"),
    DCT + "title": ("titre", "title"),
}
"""Names of terms that everyone uses and that a graph seldom describes, in French and English."""


@dataclass(frozen=True)
class Term:
    """A class or a property: its short name, and how many things of the index (or of the sample) have it."""

    entry: Entry
    count: int

    @property
    def iri(self) -> str:
        """The IRI."""
        return self.entry.iri

    @property
    def id(self) -> str:
        """The IRI as people write it: a name of our own vocabulary without its prefix, another with it."""
        return self.entry.id

    def name(self, language: str) -> str:
        """What the term is called in the language."""
        return self.entry.label(language).text

    def definition(self, language: str) -> str:
        """What the term means; empty where nothing says so."""
        found = self.entry.definition(language)
        return found.text if found else ""


class Terms:
    """Classes or properties that can be looked up by id, by prefixed name, by IRI, and by what is typed."""

    def __init__(self, evaluate: Evaluate, counts: Mapping[str, int]) -> None:
        kept = list(counts)[:_MOST]
        names = fetch_labels(evaluate, kept)
        definitions: dict[str, list[Name]] = {}
        for row in select_strings(evaluate, _DEFINED % format_iris(kept)) if kept else []:
            definitions.setdefault(row["term"], []).append(Name(row["text"], "label", row["language"]))
        entries = [
            Entry(
                iri,
                shorten_iri(iri).removeprefix(_OWN),
                names=tuple(Name(text, "label", tag) for tag, text in (names[iri].labels or _standard(iri)).items()),
                definitions=tuple(sorted(definitions.get(iri, ()), key=lambda each: each.text)),
            )
            for iri in kept
        ]
        self.every = [Term(entry, counts[entry.iri]) for entry in entries]
        self._by_iri = {term.iri: term for term in self.every}
        self._index = Index(_with_id(entry) for entry in entries)

    def find(self, given: str) -> Term | None:
        """The term of that id, prefixed name or IRI; None where there is none."""
        return self._by_iri.get(_whole(given)) or self._by_iri.get(_whole(_OWN + given))

    def suggest(self, typed: str) -> list[Term]:
        """The terms that one may mean who is typing; all of them where nothing is typed."""
        if not typed.strip():
            return self.every
        return [self._by_iri[hit.entry.iri] for hit in self._index.search(typed, is_typed=True).hits]


class Vocabulary:
    """The classes and properties of what an index holds; asked for when they are first needed."""

    def __init__(self, evaluate: Evaluate, index: Index) -> None:
        self._ask, self._index = evaluate, index

    @cached_property
    def types(self) -> Terms:
        """The classes of the things, those that readers know first, then by number."""
        counts = Counter(kind for entry in self._index.entries for kind in entry.kinds)
        order = {kind: place for place, kind in enumerate(KINDS)}
        ranked = sorted(counts, key=lambda kind: (order.get(kind, len(order)), -counts[kind], kind))
        return Terms(self._ask, {kind: counts[kind] for kind in ranked})

    @cached_property
    def properties(self) -> Terms:
        """The properties of the things of a sample, our own first, then the most frequent."""
        every = self._index.entries
        step = max(1, len(every) // SAMPLE)
        return Terms(self._ask, self.used(entry.iri for entry in every[::step][:SAMPLE]))

    def of_type(self, kind: str) -> dict[str, int]:
        """The properties that the things of a class have, each with how many have it, in the same order."""
        members = (entry.iri for entry in self._index.entries if kind in entry.kinds)
        return self.used(iri for iri, _ in zip(members, range(SAMPLE), strict=False))

    def used(self, things: Iterable[str]) -> dict[str, int]:
        """The properties that things have, each with how many have it: our own first, then the most frequent."""
        wanted = list(things)
        if not wanted:
            return {}
        rows = select_strings(self._ask, _USED % (format_iris(wanted), _MOST))
        counts = {row["property"]: int(row["things"]) for row in rows if not row["property"].startswith(_ASIDE)}
        return dict(sorted(counts.items(), key=lambda each: (not each[0].startswith(SR), -each[1], each[0])))

    def range_of(self, properties: Iterable[str]) -> dict[str, str]:
        """The class of the values of properties, where the ontology names one alone."""
        found: dict[str, list[str]] = {}
        for row in select_strings(self._ask, _RANGES % format_iris(properties)):
            found.setdefault(row["property"], []).append(row["class"])
        return {property_: classes[0] for property_, classes in found.items() if len(classes) == 1}


def _with_id(entry: Entry) -> Entry:
    """The entry with its id as one more name, so that it is found by it."""
    return Entry(entry.iri, entry.id, names=(*entry.names, Name(entry.id, "notation")), definitions=entry.definitions)


def _standard(iri: str) -> dict[str, str]:
    """The names of a term that everyone uses, by language; empty for any other."""
    return dict(zip(LANGUAGES, _STANDARD.get(iri, ()), strict=False))


def _whole(given: str) -> str:
    """The IRI of a prefixed name; anything else as it is."""
    return expand_curie(given) or given
