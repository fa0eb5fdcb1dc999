"""Candidates for what a client of the Reconciliation Service API wants to recognise: searched, compared, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode
from rapidfuzz import fuzz

from kg.model.iris import XSD, n3
from kg.pages.reconcile.questions import CANDIDATES, Given, Question, Value
from kg.pages.search.entries import IndexEntry
from kg.pages.search.index import Hit, SearchIndex
from kg.pages.shared.graph_queries import Evaluate, Row, format_iris, select_rows
from kg.pages.shared.text_analysis import drop_stopwords, normalise_words

SURE = 95
"""The score from which a candidate is taken for the thing, where no other comes near."""

_AHEAD = 3
_PROPERTY = 0.4
"""How much a property counts beside the name, which counts 1."""

_OTHER_TYPE = 0.8
"""What is left of the score of a thing that is not of a type that it should have."""

_ALIKE = 70
"""How alike words have to be, of 100, to count at all."""

_MANY = 400
_ROWS = 20_000
_FACTS = "SELECT ?thing ?property ?value WHERE {{ VALUES ?thing {{ {things} }} OPTIONAL {{ {parts} }} }} LIMIT {most}"
_WITH = "SELECT DISTINCT ?thing WHERE {{ VALUES ?value {{ {values} }} ?thing <{property}> ?value }} LIMIT {most}"

Facts = Mapping[tuple[str, str], Sequence[Mapping[str, str]]]
"""The values of things and properties, as terms of the JSON results format."""


@dataclass(frozen=True)
class Candidate:
    """A thing that may be meant: its score from 0 to 100, what makes it up, and whether it surely is the one.

    ``features`` holds what the score is made of: ``name`` for the name, ``type`` for the types, and each property by
    its id.
    """

    entry: IndexEntry
    score: float
    hit: Hit | None
    features: Mapping[str, float | bool] = field(default_factory=dict)
    is_sure: bool = False


def answer(evaluate: Evaluate, index: SearchIndex, questions: Mapping[str, Question]) -> dict[str, list[Candidate]]:
    """The candidates of each question, the best first.

    Errors: ProblemError where a query is not answered.
    """
    hits = {key: _hits(evaluate, index, question) for key, question in questions.items()}
    wanted = {given.property.iri for question in questions.values() for given in question.properties}
    things = {hit.entry.iri for key, found in hits.items() if questions[key].properties for hit in found}
    facts = read_facts(evaluate, things, wanted) if wanted and things else {}
    return {key: _ranked(index, question, hits[key], facts) for key, question in questions.items()}


def read_facts(
    evaluate: Evaluate, things: Iterable[str], properties: Iterable[str]
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The values that things have for properties; of _MANY things at once _ROWS at most."""
    every, wanted = sorted(things), sorted(properties)
    parts = " UNION ".join(
        f"{{ ?thing <{iri}> ?value BIND({place} AS ?property) }}" for place, iri in enumerate(wanted)
    )
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for start in range(0, len(every), _MANY):
        rows: list[Row] = select_rows(
            evaluate, _FACTS.format(things=format_iris(every[start : start + _MANY]), parts=parts, most=_ROWS)
        )
        for row in rows:
            if "property" in row:
                key = str(row["thing"]["value"]), wanted[int(row["property"]["value"])]
                found.setdefault(key, []).append(row["value"])
    return found


def _hits(evaluate: Evaluate, index: SearchIndex, question: Question) -> list[Hit]:
    """The things that may be meant, of a type that is wanted where it has to be."""
    kinds = [term.iri for term in question.types] if question.strictness != "should" else []
    if question.query.strip():
        hits = list(index.search(question.query, kinds, limit=CANDIDATES).hits)
    else:
        hits = [Hit(entry, 0.0, None, "text", frozenset()) for entry in _having(evaluate, index, question.properties)]
    if question.strictness == "all":
        return [hit for hit in hits if set(kinds) <= set(hit.entry.kinds)]
    return [hit for hit in hits if not kinds or set(kinds) & set(hit.entry.kinds)]


def _having(evaluate: Evaluate, index: SearchIndex, properties: Sequence[Given]) -> list[IndexEntry]:
    """The things that have one of the values, where no name is given."""
    found: dict[str, IndexEntry] = {}
    for given in properties:
        terms = [term for value in given.values for term in _terms(index, value)]
        if not terms:
            continue
        query = _WITH.format(values=" ".join(terms), property=given.property.iri, most=CANDIDATES)
        things = (str(row["thing"]["value"]) for row in select_rows(evaluate, query))
        found |= {iri: index.by_iri[iri] for iri in things if iri in index.by_iri}
    return list(found.values())


def _terms(index: SearchIndex, value: Value) -> list[str]:
    """The terms that a value may be in the graph, as SPARQL writes them."""
    if isinstance(value, Mapping):
        thing = find(index, str(value["id"]))
        return [n3(NamedNode(thing.iri))] if thing else []
    if isinstance(value, bool):
        return [n3(Literal(value))]
    if not isinstance(value, str):
        return [n3(Literal(f"{value:g}", datatype=NamedNode(XSD + kind))) for kind in ("integer", "decimal", "double")]
    things = [hit.entry.iri for hit in index.search(value, limit=CANDIDATES).hits if hit.score >= SURE]
    return [*(n3(NamedNode(iri)) for iri in things), n3(Literal(value)),
            *(n3(Literal(value, language=tag)) for tag in index.languages)]  # fmt: skip


def find(index: SearchIndex, given: str) -> IndexEntry | None:
    """The thing with that id or IRI; None where there is none."""
    return index.by_id.get(given) or index.by_iri.get(given)


def _ranked(index: SearchIndex, question: Question, hits: Sequence[Hit], facts: Facts) -> list[Candidate]:
    """The candidates with their whole scores, the best first; the first is sure where no other comes near."""
    found = [_candidate(index, question, hit, facts) for hit in hits]
    found = [candidate for candidate in found if candidate.score > 0]
    found.sort(key=lambda candidate: -candidate.score)
    first = found[0] if found else None
    if first and _is_sure(first, found[1:]):
        found[0] = Candidate(first.entry, first.score, first.hit, first.features, is_sure=True)
    return found[: question.limit]


def _is_sure(first: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether a candidate is the thing: all of one of its names was given, and no other comes near."""
    is_ahead = not others or first.score - others[0].score >= _AHEAD
    return first.score >= SURE and first.hit is not None and first.hit.is_whole and is_ahead


def _candidate(index: SearchIndex, question: Question, hit: Hit, facts: Facts) -> Candidate:
    features: dict[str, float | bool] = {}
    total = weight = 0.0
    if question.query.strip():
        features["name"], total, weight = hit.score, hit.score, 1.0
    for given in question.properties:
        alike = _agreement(index, given, facts.get((hit.entry.iri, given.property.iri), ()))
        features[given.property.id] = alike
        total, weight = total + _PROPERTY * alike, weight + _PROPERTY
    score = total / weight if weight else 0.0
    if question.types:
        features["type"] = bool({term.iri for term in question.types} & set(hit.entry.kinds))
        score *= 1 if features["type"] else _OTHER_TYPE
    return Candidate(hit.entry, round(score, 1), hit, features)


def _agreement(index: SearchIndex, given: Given, held: Sequence[Mapping[str, str]]) -> float:
    """How well the values of a thing agree with those that are given, from 0 to 100."""
    return float(max((_alike(index, value, term) for value in given.values for term in held), default=0))


def _alike(index: SearchIndex, value: Value, term: Mapping[str, str]) -> float:
    """How alike a value that is given and one that a thing has are, from 0 to 100."""
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
    given = " ".join(drop_stopwords(normalise_words(value)))
    best = max(
        (fuzz.token_sort_ratio(given, " ".join(drop_stopwords(normalise_words(name)))) for name in names), default=0.0
    )
    return round(best, 1) if best >= _ALIKE else 0.0
