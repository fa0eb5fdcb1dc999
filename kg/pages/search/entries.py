"""What a search returns: things with names, definitions and quotes.

``read_entries`` reads everything with a label from a graph. Of a graph with statements of texts, what describes the
description is left out (classes, properties, schemes, data sets, statements, passages): people do not look for it
there. Of others, such as a catalogue or a vocabulary, everything is found. Things are requested in batches, since no
answer holds more rows than the limit; on a graph of millions of triples, only the list of labelled things needs a query
over all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from kg.endpoint.problems import ProblemError
from kg.model.iris import DCAT, OA, OWL, RDF, RDFS, SCHEMA, SH, SKOS, SR, VOID, shorten_iri
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.shared.graph_queries import KINDS, Evaluate, Row, format_iris, select_rows

MAX_ENTRIES = 250_000
"""Most things in an index, the first by IRI."""

MAX_QUOTES = 40
"""Most quotes of a thing in an index, in the order of the texts."""

Role = Literal["label", "notation", "alternative", "mention", "hidden"]
"""How a name relates to its thing: label, acronym, other name, wording of the text, related word."""

ROLE_WEIGHTS: Mapping[Role, float] = {
    "label": 1.0,
    "notation": 1.0,
    "alternative": 0.99,
    "mention": 0.98,
    "hidden": 0.94,
}
"""Weight of each role, at most 1. A related word ("hidden") is no name: alone it gives no certain match."""

_INNER_WEIGHT = 0.96
"""Weight of an acronym in brackets, which may be only a part of the name."""

_BRACKET = re.compile(r"\s*\(([^()]+)\)\s*$")

_PAGE = 20_000
_BATCH = 400
_ROWS = 20_000
"""Rows of an answer from which on a batch is halved and requested again."""

_ROLES: dict[str, Role] = {
    SKOS + "notation": "notation",
    SKOS + "altLabel": "alternative",
    SCHEMA + "alternateName": "alternative",
    SKOS + "hiddenLabel": "hidden",
    SR + "mentionedAs": "mention",
}
_EXCLUDED = (
    *(OWL, RDFS, RDF, OA, SH, VOID, DCAT),
    *(SR + "Assertion", SR + "Sentence", SKOS + "ConceptScheme", SKOS + "Collection"),
)
"""Prefixes of the classes whose members are not searched in a graph of statements."""

_HAS_STATEMENTS = f"SELECT ?statement WHERE {{ ?statement a <{SR}Assertion> }} LIMIT 1"

_LIST = """SELECT DISTINCT ?thing WHERE { VALUES ?property { %s } ?thing ?property ?label FILTER(ISIRI(?thing)) }
ORDER BY ?thing LIMIT %d OFFSET %d"""
_PROPERTIES = (RDF + "type", *LABELS, *_ROLES, *DEFINITIONS)
_PARTS = " UNION ".join(f"{{ ?thing <{iri}> ?value BIND({rank} AS ?rank) }}" for rank, iri in enumerate(_PROPERTIES))
_FACTS = "SELECT ?thing ?rank ?value WHERE { VALUES ?thing { %s } OPTIONAL { " + _PARTS + " } } LIMIT %d"
"""OPTIONAL makes the engine go thing by thing; a join may read all labels of the graph."""

_QUOTES = f"""PREFIX sr: <{SR}>
PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
SELECT DISTINCT ?thing ?document ?start ?end ?sentence ?exact WHERE {{
  VALUES ?thing {{ %s }}
  ?assertion rdf:subject ?thing ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; oa:hasSelector ?words, ?place .
  ?words oa:exact ?exact . ?place oa:start ?start ; oa:end ?end
  OPTIONAL {{ ?passage sr:inSentence ?sentence }} }} LIMIT %d"""

_TOO_MUCH = frozenset({"rows", "bytes", "timeout", "memory"})
"""Codes of problems that a query for fewer things may not have."""

_CONCEPT_WEIGHT = 0.9
_KIND_ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class IndexedName:
    """A name of a thing; the language is empty if unknown."""

    text: str
    role: Role = "label"
    language: str = ""

    def spellings(self) -> list[tuple[str, float]]:
        """Return what people may type for the name, each with its weight.

        A name that ends in brackets is also known by the words before them, and by an acronym or number in them:
        ``Lits halte soins santé (LHSS)``.
        """
        bracket = _BRACKET.search(self.text)
        if not bracket:
            return [(self.text, 1.0)]
        inner = [(bracket[1], _INNER_WEIGHT)] if bracket[1].isupper() or bracket[1].isdigit() else []
        return [(self.text, 1.0), (self.text[: bracket.start()], 1.0), *inner]


@dataclass(frozen=True, slots=True)
class IndexedQuote:
    """A quote with document IRI and code points, end exclusive.

    ``sentence`` is the number of its sentence; 0 where the graph does not tell it.
    """

    text: str
    document: str
    start: int
    end: int
    language: str = ""
    sentence: int = 0


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A thing that can be found.

    ``id`` is the short form of its IRI. ``kinds`` are its classes with their superclasses, the best-known first.
    A ``weight`` below 1 lowers a thing that is seldom meant, such as a heading of a classification.
    """

    iri: str
    id: str
    kinds: tuple[str, ...] = ()
    names: tuple[IndexedName, ...] = ()
    definitions: tuple[IndexedName, ...] = ()
    quotes: tuple[IndexedQuote, ...] = ()
    weight: float = 1.0

    @property
    def kind(self) -> str:
        """The main class; empty if it has none."""
        return self.kinds[0] if self.kinds else ""

    def label(self, language: str) -> IndexedName:
        """Return the label in the language, else another one, else the id."""
        return _best_label(self.names, language) or IndexedName(self.id)

    def definition(self, language: str) -> IndexedName | None:
        """Return the definition in the language, else another one, if any."""
        return _best_label(self.definitions, language)


def _best_label(names: tuple[IndexedName, ...], language: str) -> IndexedName | None:
    """Return the label in the language, else untagged, else the first."""
    labels = [name for name in names if name.role == "label"]
    for tag in (language, ""):
        for name in labels:
            if name.language == tag:
                return name
    return labels[0] if labels else None


class _Fact(NamedTuple):
    """A property of _PROPERTIES with its value, for one thing."""

    property: str
    text: str
    language: str


def read_entries(evaluate: Evaluate, base: str) -> Iterator[IndexEntry]:
    """Yield the first MAX_ENTRIES entries of a graph by IRI.

    Errors: ProblemError if a query is refused.
    """
    excluded = _EXCLUDED if select_rows(evaluate, _HAS_STATEMENTS) else ()
    things = islice(_labelled_things(evaluate), MAX_ENTRIES)
    while batch := list(islice(things, _BATCH)):
        rows = _rows_by_thing(evaluate, _FACTS, batch)
        facts = {iri: [_fact(row) for row in rows[iri] if "rank" in row] for iri in batch}
        included = [iri for iri in batch if not any(kind.startswith(excluded) for kind in _kinds(facts[iri]))]
        quotes = _rows_by_thing(evaluate, _QUOTES, included)
        for iri in included:
            yield _entry(iri, facts[iri], quotes[iri], base)


def _labelled_things(evaluate: Evaluate) -> Iterator[str]:
    """Yield the IRIs of everything with a label, in order."""
    size, offset = _PAGE, 0
    while True:
        try:
            rows = select_rows(evaluate, _LIST % (format_iris(LABELS), size, offset))
        except ProblemError as error:
            if error.code not in _TOO_MUCH or size == 1:
                raise
            size //= 2
            continue
        yield from (str(row["thing"]["value"]) for row in rows)
        if len(rows) < size:
            return
        offset += size


def _rows_by_thing(
    evaluate: Evaluate, query: str, things: Sequence[str], most: int = _ROWS
) -> defaultdict[str, list[Row]]:
    """Return the rows by thing, in smaller parts if refused.

    ``most`` is the most rows of an answer, and of one thing.
    """
    rows_by_thing: defaultdict[str, list[Row]] = defaultdict(list)
    if not things:
        return rows_by_thing
    try:
        rows = select_rows(evaluate, query % (format_iris(things), most))
    except ProblemError as error:
        if error.code not in _TOO_MUCH or most == 1:
            raise
        rows = None
    middle = len(things) // 2
    if middle and (rows is None or len(rows) == most):
        return _rows_by_thing(evaluate, query, things[:middle], most) | _rows_by_thing(
            evaluate, query, things[middle:], most
        )
    if rows is None:
        return _rows_by_thing(evaluate, query, things, most // 2)
    for row in rows:
        rows_by_thing[row["thing"]["value"]].append(row)
    return rows_by_thing


def _fact(row: Row) -> _Fact:
    value = row["value"]
    return _Fact(_PROPERTIES[int(row["rank"]["value"])], str(value["value"]), str(value.get("xml:lang", "")))


def _kinds(facts: Sequence[_Fact]) -> list[str]:
    """Return the classes of a thing, KINDS first, then our own."""
    kinds = {fact.text for fact in facts if fact.property == RDF + "type"}
    return sorted(kinds, key=lambda kind: (_KIND_ORDER.get(kind, len(_KIND_ORDER) + (not kind.startswith(SR))), kind))


def _entry(iri: str, facts: Sequence[_Fact], quotes: Sequence[Row], base: str) -> IndexEntry:
    kinds = tuple(_kinds(facts))
    is_heading = kinds == (SKOS + "Concept",) and not quotes
    return IndexEntry(
        iri=iri,
        id=shorten_iri(iri, base),
        kinds=kinds,
        names=tuple(_names(facts)),
        definitions=tuple(IndexedName(fact.text, "label", fact.language) for fact in _ranked(facts, DEFINITIONS)),
        quotes=tuple(sorted(map(_quote, quotes), key=lambda quote: (quote.document, quote.start)))[:MAX_QUOTES],
        weight=_CONCEPT_WEIGHT if is_heading else 1.0,
    )


def _ranked(facts: Sequence[_Fact], properties: Sequence[str]) -> list[_Fact]:
    """Return the facts of these properties, in the order of the properties."""
    chosen = {fact for fact in facts if fact.property in properties}
    return sorted(chosen, key=lambda fact: (properties.index(fact.property), fact.text, fact.language))


def _names(facts: Sequence[_Fact]) -> list[IndexedName]:
    """Return one label per language, then all other names."""
    labels: dict[str, IndexedName] = {}
    others: list[IndexedName] = []
    for fact in _ranked(facts, LABELS):
        if fact.language in labels:
            others.append(IndexedName(fact.text, "alternative", fact.language))
        else:
            labels[fact.language] = IndexedName(fact.text, "label", fact.language)
    others += [IndexedName(fact.text, _ROLES[fact.property], fact.language) for fact in _ranked(facts, list(_ROLES))]
    return [*labels.values(), *others]


def _quote(row: Row) -> IndexedQuote:
    return IndexedQuote(
        text=str(row["exact"]["value"]),
        document=str(row["document"]["value"]),
        start=int(row["start"]["value"]),
        end=int(row["end"]["value"]),
        language=str(row["exact"].get("xml:lang", "")),
        sentence=int(row["sentence"]["value"]) if "sentence" in row else 0,
    )
