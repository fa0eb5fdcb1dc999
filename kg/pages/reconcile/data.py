"""Candidates for reconciliation queries, and values of properties for matched things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import Literal, NamedNode
from rapidfuzz import fuzz

from kg.model.iris import RDF, SR, XSD, n3
from kg.pages.reconcile.batches import MAX_CANDIDATES, ExtensionColumn, PropertyCondition, PropertyValue, Question
from kg.pages.search.entries import IndexEntry
from kg.pages.search.index import Hit, SearchIndex
from kg.pages.search.search_service import SearchService
from kg.pages.shared.graph_queries import Evaluate, Row, fetch_labels, format_iris, select_rows
from kg.pages.shared.text_analysis import drop_stopwords, normalise_words

SURE = 95
"""Lowest score of a certain match, if no other candidate comes near."""

_MIN_LEAD = 3
"""Points by which a certain match leads the next candidate."""

_PROPERTY_WEIGHT = 0.4
"""Weight of a property; the name weighs 1."""

_OTHER_TYPE_FACTOR = 0.8
"""Factor on the score of a thing without any of the types it should have."""

_MIN_SIMILARITY = 70
"""Similarity (of 100) below which words do not count."""

_BATCH = 400
_ROWS = 20_000
_FACTS = """SELECT DISTINCT ?thing ?property ?value ?modality WHERE {{
  VALUES ?thing {{ {things} }} OPTIONAL {{ {parts} }} }} LIMIT {most}"""
_VALUES = f"""{{{{ ?thing <{{iri}}> ?value }}}} UNION {{{{
  ?statement <{RDF}subject> ?thing ; <{RDF}predicate> <{{iri}}> ; <{RDF}object> ?value ; <{SR}modality> ?modality
  FILTER NOT EXISTS {{{{ ?thing <{{iri}}> ?value }}}} }}}}"""
"""The values of a property; those that are only intended are read from their statements and have a modality."""

_HAVING = "SELECT DISTINCT ?thing WHERE {{ VALUES ?value {{ {values} }} {having} }} LIMIT {most}"

_INTEGERS = {XSD + name for name in ("integer", "int", "long", "short", "byte", "gYear", "nonNegativeInteger")}
_NUMBERS = {XSD + name for name in ("decimal", "double", "float")}
_DAY = re.compile(r"-?\d{4,}-\d\d-\d\d\Z")
_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z")

ValueCell = dict[str, Any]
"""A value in the form of the API: a thing by id and name, a text, a number, or a date."""

Facts = Mapping[tuple[str, str], Sequence[Mapping[str, str]]]
"""Values by thing and property, as terms of the JSON results format."""


@dataclass(frozen=True)
class Candidate:
    """A thing that may be meant, with a score to 100.

    ``features`` explains the score: ``name`` for the name, ``type`` for the types, and each property by its id.
    ``is_sure`` marks a certain match.
    """

    entry: IndexEntry
    score: float
    hit: Hit | None
    features: Mapping[str, float | bool] = field(default_factory=dict)
    is_sure: bool = False


def answer(evaluate: Evaluate, index: SearchIndex, questions: Mapping[str, Question]) -> dict[str, list[Candidate]]:
    """Return the candidates of each question, the best first.

    Errors: ProblemError if a SPARQL query is refused.
    """
    hits = {key: _hits(evaluate, index, question) for key, question in questions.items()}
    wanted = {condition.property.iri for question in questions.values() for condition in question.properties}
    things = {hit.entry.iri for key, results in hits.items() if questions[key].properties for hit in results}
    facts = read_facts(evaluate, things, wanted) if wanted and things else {}
    return {key: _ranked(index, question, hits[key], facts) for key, question in questions.items()}


def read_facts(
    evaluate: Evaluate, things: Iterable[str], properties: Iterable[str], graph: str = ""
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Return the values that things have for properties.

    They are those of a graph, or of all. A value that is only intended has its ``modality`` besides, which is no part
    of the term; in a graph there are none. For each _BATCH things, at most _ROWS values are read.
    """
    values = f"GRAPH <{graph}> {{{{ ?thing <{{iri}}> ?value }}}}" if graph else _VALUES
    every, wanted = sorted(things), sorted(properties)
    parts = " UNION ".join(
        f"{{ {values.format(iri=iri)} BIND({place} AS ?property) }}" for place, iri in enumerate(wanted)
    )
    facts: dict[tuple[str, str], list[dict[str, str]]] = {}
    for start in range(0, len(every), _BATCH):
        rows: list[Row] = select_rows(
            evaluate, _FACTS.format(things=format_iris(every[start : start + _BATCH]), parts=parts, most=_ROWS)
        )
        for row in rows:
            if "property" in row:
                key = str(row["thing"]["value"]), wanted[int(row["property"]["value"])]
                modality = {"modality": row["modality"]["value"]} if "modality" in row else {}
                facts.setdefault(key, []).append({**row["value"], **modality})
    return facts


def _hits(evaluate: Evaluate, index: SearchIndex, question: Question) -> list[Hit]:
    """Return the things that may be meant, of the required types."""
    kinds = [term.iri for term in question.types] if question.strictness != "should" else []
    if question.query.strip():
        hits = list(index.search(question.query, kinds, limit=MAX_CANDIDATES).hits)
    else:
        hits = [Hit(entry, 0.0, None, "text", frozenset()) for entry in _having(evaluate, index, question.properties)]
    if question.strictness == "all":
        return [hit for hit in hits if set(kinds) <= set(hit.entry.kinds)]
    return [hit for hit in hits if not kinds or set(kinds) & set(hit.entry.kinds)]


def _having(evaluate: Evaluate, index: SearchIndex, properties: Sequence[PropertyCondition]) -> list[IndexEntry]:
    """Return the things with a requested value, for questions without name."""
    entries: dict[str, IndexEntry] = {}
    for condition in properties:
        terms = [term for value in condition.values for term in _terms(index, value)]
        if not terms:
            continue
        having = _VALUES.format(iri=condition.property.iri)
        query = _HAVING.format(values=" ".join(terms), having=having, most=MAX_CANDIDATES)
        things = (str(row["thing"]["value"]) for row in select_rows(evaluate, query))
        entries |= {iri: index.by_iri[iri] for iri in things if iri in index.by_iri}
    return list(entries.values())


def _terms(index: SearchIndex, value: PropertyValue) -> list[str]:
    """Return the RDF terms that a value may be, in SPARQL syntax."""
    if isinstance(value, Mapping):
        thing = find(index, str(value["id"]))
        return [n3(NamedNode(thing.iri))] if thing else []
    if isinstance(value, bool):
        return [n3(Literal(value))]
    if not isinstance(value, str):
        return [n3(Literal(f"{value:g}", datatype=NamedNode(XSD + kind))) for kind in ("integer", "decimal", "double")]
    things = [hit.entry.iri for hit in index.search(value, limit=MAX_CANDIDATES).hits if hit.score >= SURE]
    return [*(n3(NamedNode(iri)) for iri in things), n3(Literal(value)),
            *(n3(Literal(value, language=tag)) for tag in index.languages)]  # fmt: skip


def find(index: SearchIndex, reference: str) -> IndexEntry | None:
    """Return the thing with that id or IRI, if any."""
    return index.by_id.get(reference) or index.by_iri.get(reference)


def _ranked(index: SearchIndex, question: Question, hits: Sequence[Hit], facts: Facts) -> list[Candidate]:
    """Return the candidates by final score; mark a certain match."""
    candidates = [_candidate(index, question, hit, facts) for hit in hits]
    candidates = [candidate for candidate in candidates if candidate.score > 0]
    candidates.sort(key=lambda candidate: -candidate.score)
    first = candidates[0] if candidates else None
    if first and _is_sure(first, candidates[1:]):
        candidates[0] = Candidate(first.entry, first.score, first.hit, first.features, is_sure=True)
    return candidates[: question.limit]


def _is_sure(first: Candidate, others: Sequence[Candidate]) -> bool:
    """Return whether the query is one whole name without rivals."""
    is_ahead = not others or first.score - others[0].score >= _MIN_LEAD
    return first.score >= SURE and first.hit is not None and first.hit.is_whole and is_ahead


def _candidate(index: SearchIndex, question: Question, hit: Hit, facts: Facts) -> Candidate:
    features: dict[str, float | bool] = {}
    total = weight = 0.0
    if question.query.strip():
        features["name"], total, weight = hit.score, hit.score, 1.0
    for condition in question.properties:
        agreement = _agreement(index, condition, facts.get((hit.entry.iri, condition.property.iri), ()))
        features[condition.property.id] = agreement
        total, weight = total + _PROPERTY_WEIGHT * agreement, weight + _PROPERTY_WEIGHT
    score = total / weight if weight else 0.0
    if question.types:
        features["type"] = bool({term.iri for term in question.types} & set(hit.entry.kinds))
        score *= 1 if features["type"] else _OTHER_TYPE_FACTOR
    return Candidate(hit.entry, round(score, 1), hit, features)


def _agreement(index: SearchIndex, condition: PropertyCondition, terms: Sequence[Mapping[str, str]]) -> float:
    """Return how well values meet a condition, from 0 to 100."""
    return float(max((_similarity(index, value, term) for value in condition.values for term in terms), default=0))


def _similarity(index: SearchIndex, value: PropertyValue, term: Mapping[str, str]) -> float:
    """Return the similarity of a value and a term, to 100."""
    thing = index.by_iri.get(term["value"]) if term["type"] == "uri" else None
    if isinstance(value, Mapping):
        meant = find(index, str(value["id"]))
        return 100.0 if str(value["id"]) == term["value"] or (meant and meant is thing) else 0.0
    if isinstance(value, bool):
        return 100.0 if term["value"] == str(value).lower() else 0.0
    if not isinstance(value, str):
        return 100.0 if term["value"] in {f"{value:g}", str(value)} else 0.0
    if thing and value in {thing.id, thing.iri}:
        return 100.0
    names = [name.text for name in thing.names] if thing else [term["value"]]
    wanted = _comparable(value)
    best = max((fuzz.token_sort_ratio(wanted, _comparable(name)) for name in names), default=0.0)
    return round(best, 1) if best >= _MIN_SIMILARITY else 0.0


def _comparable(text: str) -> str:
    return " ".join(drop_stopwords(normalise_words(text)))


def extend(
    service: SearchService, ids: Sequence[str], columns: Sequence[ExtensionColumn], language: str
) -> dict[str, dict[str, list[ValueCell]]]:
    """Return the values by id and property id.

    A value that is only intended says so in brackets. Errors: ProblemError if the query is refused.
    """
    index = service.index
    things = {reference: find(index, reference) for reference in dict.fromkeys(ids)}
    iris = [thing.iri for thing in things.values() if thing]
    facts: dict[tuple[str, str, bool], list[dict[str, str]]] = {}
    for is_stated in {column.is_stated for column in columns} if iris else ():
        properties = [column.property.iri for column in columns if column.is_stated == is_stated]
        graph = f"{service.base}graph/things" if is_stated else ""
        found = read_facts(service.evaluate, iris, properties, graph)
        facts |= {(*key, is_stated): terms for key, terms in found.items()}
    modalities = {term["modality"] for terms in facts.values() for term in terms if "modality" in term}
    names = fetch_labels(service.evaluate, modalities) if modalities else {}
    words = {iri: node.label(language, service.base).text for iri, node in names.items()}
    return {
        reference: {
            column.property.id: _cells(
                index, facts.get((thing.iri, column.property.iri, column.is_stated), ()), column, language, words
            )
            if thing
            else []
            for column in columns
        }
        for reference, thing in things.items()
    }


def _cells(
    index: SearchIndex,
    terms: Sequence[Mapping[str, str]],
    column: ExtensionColumn,
    language: str,
    modalities: Mapping[str, str],
) -> list[ValueCell]:
    """Return the values as sorted cells.

    Texts of other languages are used only if there are none in this one.
    """
    in_language = [term for term in terms if term.get("xml:lang", language) == language]
    cells = []
    for term in in_language or terms:
        if term["type"] != "bnode":
            cell = _cell(index, term, language)
            if "modality" in term:
                words = f"{cell.get('name', term['value'])} ({modalities[term['modality']]})"
                cell = {**cell, "name": words} if "name" in cell else {"str": words}
            cells.append(cell)
    cells.sort(key=lambda cell: [str(cell.get(name, "")) for name in ("name", "str", "date", "int", "float", "id")])
    return cells[: column.limit or None]


def _cell(index: SearchIndex, term: Mapping[str, str], language: str) -> ValueCell:
    value, datatype = term["value"], term.get("datatype", "")
    thing = index.by_iri.get(value) if term["type"] == "uri" else None
    if thing:
        return {"id": thing.id, "name": thing.label(language).text}
    if datatype in _INTEGERS and re.fullmatch(r"[+-]?\d{1,15}", value):
        return {"int": int(value)}
    if datatype in _NUMBERS and re.fullmatch(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?", value):
        return {"float": float(value)}
    if datatype == XSD + "date" and _DAY.match(value):
        return {"date": f"{value}T00:00:00Z"}
    if datatype == XSD + "dateTime" and _TIME.match(value):
        return {"date": value}
    return {"str": value}
