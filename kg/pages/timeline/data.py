"""Crises and the answers to them, in the order of time: what the timeline draws and tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.model.iris import RDF, SR
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    Row,
    fetch_labels,
    format_iris,
    select_rows,
    select_strings,
)
from kg.pages.shared.statements import QuotedStatement, statements_of_assertions
from kg.pages.timeline.spans import Span, read_spans

PAGE = 20
"""How many situations a page of the timeline shows."""

ANSWERS = 5
"""How many answers to a situation it shows; of more the number is told."""

APART = 20
"""How many things that the texts do not date, or date apart from any situation, it shows."""

ANSWER = SR + "respondsTo"
STARTED = SR + "startedDuring"
LASTED = SR + "hasTimeSpan"

_SITUATION = f"VALUES ?kind {{ <{SR}Crisis> <{SR}SocialProblem> <{SR}Situation> }} ?thing a ?kind ."
_DATED = f"""SELECT ?thing (MIN(?first) AS ?from) (MAX(?last) AS ?to) WHERE {{
  {_SITUATION} ?thing <{LASTED}> ?span .
  OPTIONAL {{ ?span <{SR}earliestYear> ?first }} OPTIONAL {{ ?span <{SR}latestYear> ?last }}
  FILTER(BOUND(?first) || BOUND(?last)) }}
GROUP BY ?thing ORDER BY (COALESCE(?from, ?to)) (COALESCE(?to, 9999)) ?thing LIMIT %d OFFSET %d"""
_HOW_MANY = f"""SELECT (COUNT(DISTINCT ?thing) AS ?n) WHERE {{
  {_SITUATION} ?thing <{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?year }}"""
_COUNTED = f"""SELECT ?thing (COUNT(?answer) AS ?n) WHERE {{
  VALUES ?thing {{ %s }} OPTIONAL {{ ?answer <{ANSWER}> ?thing }} }} GROUP BY ?thing"""
_ANSWERS = f"SELECT ?thing ?answer WHERE {{ VALUES ?thing {{ %s }} OPTIONAL {{ ?answer <{ANSWER}> ?thing }} }}"
_FIRST_ANSWERS = f"""SELECT ?answer (MIN(?year) AS ?first) WHERE {{
  ?answer <{ANSWER}> <%s> OPTIONAL {{ ?answer (<{STARTED}>|<{LASTED}>)/<{SR}earliestYear> ?year }} }}
GROUP BY ?answer ORDER BY (!BOUND(?first)) ?first ?answer LIMIT %d"""
_DATES = f"""SELECT ?thing ?property ?span WHERE {{ VALUES ?thing {{ %s }} OPTIONAL {{
  {{ ?thing <{STARTED}> ?span BIND(0 AS ?property) }} UNION {{ ?thing <{LASTED}> ?span BIND(1 AS ?property) }} }} }}"""
_SAID = f"""SELECT ?assertion WHERE {{ VALUES ?thing {{ %s }} OPTIONAL {{ ?assertion <{RDF}subject> ?thing }}
  ?assertion <{RDF}predicate> ?property FILTER(?property IN (<{ANSWER}>, <{STARTED}>, <{LASTED}>)) }} LIMIT 9000"""
_APART = f"""SELECT DISTINCT ?thing WHERE {{
  {{ ?thing (<{STARTED}>|<{LASTED}>)/(<{SR}earliestYear>|<{SR}latestYear>) ?year }}
  MINUS {{ ?thing <{ANSWER}>/<{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?crisis }}
  MINUS {{ ?other <{ANSWER}> ?thing }} MINUS {{ {_SITUATION} }} }} LIMIT %d"""
_IN_WORDS = f"""SELECT DISTINCT ?thing WHERE {{
  {{ ?thing <{STARTED}>|<{LASTED}> ?span MINUS {{ ?span <{SR}earliestYear>|<{SR}latestYear> ?year }} }} }} LIMIT %d"""
_UNDATED = f"""SELECT ?thing (COUNT(DISTINCT ?answer) AS ?n) WHERE {{
  {{ ?answer <{ANSWER}> ?thing }} MINUS {{ ?thing <{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?year }} }}
GROUP BY ?thing ORDER BY DESC(?n) ?thing LIMIT %d"""


@dataclass(frozen=True)
class Date:
    """When a thing was, or only when it began, and the statement that says so, where one does."""

    span: Span
    is_start: bool
    statement: QuotedStatement | None


@dataclass(frozen=True)
class Dated:
    """A thing with its dates; an answer has the statement that it responds to the situation above it."""

    iri: str
    dates: tuple[Date, ...] = ()
    statement: QuotedStatement | None = None

    @property
    def is_dated(self) -> bool:
        """Whether any of its dates lies on the line of years."""
        return any(date.span.is_dated for date in self.dates)

    @property
    def statements(self) -> tuple[QuotedStatement, ...]:
        """The statements behind it: of its dates, and that it is an answer."""
        every = [*(date.statement for date in self.dates), self.statement]
        return tuple(each for each in every if each)


@dataclass(frozen=True)
class Stave:
    """A situation with the answers to it that are shown, and the number of all."""

    situation: Dated
    answers: tuple[Dated, ...]
    count: int


@dataclass(frozen=True)
class Timeline:
    """A page of the timeline.

    ``staves`` are the situations that texts date, by their years; ``apart`` what they date without a
    situation, ``in_words`` what they date with no year, ``undated`` the situations that they do not date.
    ``total`` counts all situations that are dated.
    """

    staves: tuple[Stave, ...]
    apart: tuple[Dated, ...]
    in_words: tuple[Dated, ...]
    undated: tuple[Stave, ...]
    page: int
    total: int
    names: Mapping[str, LabelledNode]

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.total // PAGE))


def read_timeline(evaluate: Evaluate, page: int = 1) -> Timeline:
    """A page of the timeline, counted from 1; what no situation dates stands on the first."""
    total = int(select_strings(evaluate, _HOW_MANY)[0]["n"])
    dated = _things(select_rows(evaluate, _DATED % (PAGE, (page - 1) * PAGE)))
    is_first = page == 1
    apart = _things(select_rows(evaluate, _APART % APART)) if is_first else []
    in_words = _things(select_rows(evaluate, _IN_WORDS % APART)) if is_first else []
    undated = _things(select_rows(evaluate, _UNDATED % APART)) if is_first else []
    answers = _answers(evaluate, [*dated, *undated])
    shown = [answer for each in answers.values() for answer in each[0]]
    every = list(dict.fromkeys([*dated, *apart, *in_words, *undated, *shown]))
    said = _said(evaluate, every)
    dates = _dates(evaluate, every, said)

    def thing(iri: str, situation: str = "") -> Dated:
        return Dated(iri, dates.get(iri, ()), said.get((iri, ANSWER, situation)))

    def stave(iri: str) -> Stave:
        first, count = answers.get(iri, ([], 0))
        found = sorted((thing(answer, iri) for answer in first), key=_begins)
        return Stave(thing(iri), tuple(found), count)

    return Timeline(
        tuple(map(stave, dated)),
        tuple(sorted(map(thing, apart), key=_begins)),
        tuple(map(thing, in_words)),
        tuple(map(stave, undated)),
        page,
        total,
        fetch_labels(
            evaluate,
            [*every, *_modalities(said.values()), *(date.span.iri for each in dates.values() for date in each)],
        ),
    )


def _things(rows: Iterable[Row]) -> list[str]:
    return [str(row["thing"]["value"]) for row in rows if row.get("thing", {}).get("type") == "uri"]


def _answers(evaluate: Evaluate, situations: list[str]) -> dict[str, tuple[list[str], int]]:
    """The answers to each situation with their number; of too many, those that are dated first."""
    if not situations:
        return {}
    counts = {row["thing"]: int(row["n"]) for row in select_strings(evaluate, _COUNTED % format_iris(situations))}
    found: dict[str, list[str]] = {}
    few = [iri for iri in situations if counts.get(iri, 0) <= ANSWERS]
    for row in select_strings(evaluate, _ANSWERS % format_iris(few)):
        if "answer" in row:
            found.setdefault(row["thing"], []).append(row["answer"])
    for iri in situations:
        if iri not in few:
            found[iri] = [row["answer"] for row in select_strings(evaluate, _FIRST_ANSWERS % (iri, ANSWERS))]
    return {iri: (sorted(found.get(iri, [])), counts.get(iri, 0)) for iri in situations}


def _said(evaluate: Evaluate, things: Sequence[str]) -> dict[tuple[str, str, str], QuotedStatement]:
    """The statements that date the things or say what they respond to, by subject, property and value."""
    if not things:
        return {}
    assertions = [
        row["assertion"] for row in select_strings(evaluate, _SAID % format_iris(things)) if "assertion" in row
    ]
    statements = statements_of_assertions(evaluate, assertions) if assertions else []
    return {(each.subject, each.predicate, each.object): each for each in statements}


def _dates(
    evaluate: Evaluate, things: Sequence[str], said: Mapping[tuple[str, str, str], QuotedStatement]
) -> dict[str, tuple[Date, ...]]:
    """The dates of each thing, in the order of time."""
    if not things:
        return {}
    rows = [row for row in select_strings(evaluate, _DATES % format_iris(things)) if "span" in row]
    spans = read_spans(evaluate, [row["span"] for row in rows])
    found: dict[str, list[Date]] = {}
    for row in rows:
        property_ = (STARTED, LASTED)[int(row["property"])]
        statement = said.get((row["thing"], property_, row["span"]))
        found.setdefault(row["thing"], []).append(Date(spans[row["span"]], property_ == STARTED, statement))
    return {iri: tuple(sorted(dates, key=_place)) for iri, dates in found.items()}


def _place(date: Date) -> tuple[bool, int, int, str]:
    years = date.span.years
    return not years, min(years, default=0), max(years, default=0), date.span.iri


def _begins(thing: Dated) -> tuple[bool, int, int, str]:
    return *min((_place(date)[:3] for date in thing.dates), default=(True, 0, 0)), thing.iri


def _modalities(statements: Iterable[QuotedStatement]) -> list[str]:
    return [each.modality for each in statements]
