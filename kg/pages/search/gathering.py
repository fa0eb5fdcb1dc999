"""Reads from a graph what an index holds: everything that has a label, with its other names, definitions and quotes.

What describes the description (classes, properties, schemes, data sets, statements, passages) is left out. Things are
asked for by the hundred, since no answer holds more than the limit of rows, and a graph of millions of triples is read
without any query over all of them but the list of what has a label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from kg.endpoint.problems import ProblemError
from kg.model.iris import DCAT, OA, OWL, RDF, RDFS, SCHEMA, SH, SKOS, SR, VOID, shorten_iri
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.search.entry import Entry, Name, Passage, Role
from kg.pages.shared.graph_queries import Evaluate, Row, format_iris, select_rows
from kg.pages.shared.kinds import KINDS

MOST_ENTRIES = 250_000
"""Things that an index holds at most, the first ones by IRI."""

MOST_QUOTES = 40
"""Quotes of a thing that an index holds at most, in the order of the texts."""

_PAGE = 20_000
_BATCH = 400
_ROWS = 20_000
"""Rows of an answer at which a batch is asked for again in halves."""

_ROLES: dict[str, Role] = {
    SKOS + "notation": "notation",
    SKOS + "altLabel": "alternative",
    SCHEMA + "alternateName": "alternative",
    SKOS + "hiddenLabel": "hidden",
    SR + "mentionedAs": "mention",
}
_ASIDE = (OWL, RDFS, RDF, OA, SH, VOID, DCAT, SR + "Assertion", SKOS + "ConceptScheme", SKOS + "Collection")
"""How the classes begin whose members are not searched for."""

_LIST = """SELECT DISTINCT ?thing WHERE { VALUES ?property { %s } ?thing ?property ?label FILTER(ISIRI(?thing)) }
ORDER BY ?thing LIMIT %d OFFSET %d"""
_PROPERTIES = (RDF + "type", *LABELS, *_ROLES, *DEFINITIONS)
_PARTS = " UNION ".join(f"{{ ?thing <{iri}> ?value BIND({rank} AS ?rank) }}" for rank, iri in enumerate(_PROPERTIES))
_FACTS = "SELECT ?thing ?rank ?value WHERE { VALUES ?thing { %s } OPTIONAL { " + _PARTS + " } } LIMIT %d"
"""The engine answers OPTIONAL for each thing in turn, where a join may read all labels that there are."""

_QUOTES = f"""PREFIX sr: <{SR}>
PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
SELECT DISTINCT ?thing ?document ?start ?end ?exact WHERE {{
  VALUES ?thing {{ %s }}
  ?assertion rdf:subject ?thing ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; oa:hasSelector ?words, ?place .
  ?words oa:exact ?exact . ?place oa:start ?start ; oa:end ?end }} LIMIT %d"""

_TOO_MUCH = frozenset({"rows", "bytes", "timeout", "memory"})
"""Why a query may be refused that is answered when it asks for less."""

_CONCEPT_WEIGHT = 0.9
_RANK = {kind: place for place, kind in enumerate(KINDS)}


class _Fact(NamedTuple):
    """What the graph says of a thing: a property of _PROPERTIES, and its value."""

    property: str
    text: str
    language: str


def read_entries(evaluate: Evaluate, base: str) -> Iterator[Entry]:
    """The entries of a graph, by IRI; the first MOST_ENTRIES of them.

    Errors: ProblemError where a query is not answered.
    """
    things = islice(_things(evaluate), MOST_ENTRIES)
    while batch := list(islice(things, _BATCH)):
        rows = _by_thing(evaluate, _FACTS, batch)
        facts = {iri: [_fact(row) for row in rows[iri] if "rank" in row] for iri in batch}
        wanted = [iri for iri in batch if not any(kind.startswith(_ASIDE) for kind in _kinds(facts[iri]))]
        quotes = _by_thing(evaluate, _QUOTES, wanted)
        for iri in wanted:
            yield _entry(iri, facts[iri], quotes[iri], base)


def _things(evaluate: Evaluate) -> Iterator[str]:
    """The IRIs of everything that has a label, in order."""
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


def _by_thing(evaluate: Evaluate, query: str, things: Sequence[str], most: int = _ROWS) -> defaultdict[str, list[Row]]:
    """The rows of a query for each of some things, ``most`` of them at most; asked for in parts where it is much."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    if not things:
        return found
    try:
        rows = select_rows(evaluate, query % (format_iris(things), most))
    except ProblemError as error:
        if error.code not in _TOO_MUCH or most == 1:
            raise
        rows = None
    middle = len(things) // 2
    if middle and (rows is None or len(rows) == most):
        return _by_thing(evaluate, query, things[:middle], most) | _by_thing(evaluate, query, things[middle:], most)
    if rows is None:
        return _by_thing(evaluate, query, things, most // 2)
    for row in rows:
        found[row["thing"]["value"]].append(row)
    return found


def _fact(row: Row) -> _Fact:
    value = row["value"]
    return _Fact(_PROPERTIES[int(row["rank"]["value"])], str(value["value"]), str(value.get("xml:lang", "")))


def _kinds(facts: Sequence[_Fact]) -> list[str]:
    """The classes of a thing: those that readers know first, then our own, then others."""
    kinds = {fact.text for fact in facts if fact.property == RDF + "type"}
    return sorted(kinds, key=lambda kind: (_RANK.get(kind, len(_RANK) + (not kind.startswith(SR))), kind))


def _entry(iri: str, facts: Sequence[_Fact], quotes: Sequence[Row], base: str) -> Entry:
    kinds = tuple(_kinds(facts))
    is_heading = kinds == (SKOS + "Concept",) and not quotes
    return Entry(
        iri=iri,
        id=shorten_iri(iri, base),
        kinds=kinds,
        names=tuple(_names(facts)),
        definitions=tuple(Name(fact.text, "label", fact.language) for fact in _ranked(facts, DEFINITIONS)),
        quotes=tuple(sorted(map(_passage, quotes), key=lambda quote: (quote.document, quote.start)))[:MOST_QUOTES],
        weight=_CONCEPT_WEIGHT if is_heading else 1.0,
    )


def _ranked(facts: Sequence[_Fact], properties: Sequence[str]) -> list[_Fact]:
    """The facts of these properties, in their order."""
    found = {fact for fact in facts if fact.property in properties}
    return sorted(found, key=lambda fact: (properties.index(fact.property), fact.text, fact.language))


def _names(facts: Sequence[_Fact]) -> list[Name]:
    """The names of a thing: its label in each language, then all others."""
    labels: dict[str, Name] = {}
    others: list[Name] = []
    for fact in _ranked(facts, LABELS):
        if fact.language in labels:
            others.append(Name(fact.text, "alternative", fact.language))
        else:
            labels[fact.language] = Name(fact.text, "label", fact.language)
    others += [Name(fact.text, _ROLES[fact.property], fact.language) for fact in _ranked(facts, list(_ROLES))]
    return [*labels.values(), *others]


def _passage(row: Row) -> Passage:
    return Passage(
        text=str(row["exact"]["value"]),
        document=str(row["document"]["value"]),
        start=int(row["start"]["value"]),
        end=int(row["end"]["value"]),
        language=str(row["exact"].get("xml:lang", "")),
    )
