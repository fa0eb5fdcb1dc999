"""Situations, the answers to them and their time spans, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kg.model.iris import INTENDED, RDF, SR
from kg.model.iris import TIME as TIME_ONTOLOGY
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    Row,
    fetch_labels,
    format_iris,
    select_rows,
    select_strings,
)
from kg.pages.shared.statements import QuotedStatement, statements_of_assertions

Bound = Literal["firm", "vague", "open", "unknown"]
"""An end of a span: one year, one of several years, left open by the text, or not stated."""

_YEAR = re.compile(r"[?~%]?(-?[0-9X]{4})(?:-[0-9X]{2}(?:-[0-9X]{2})?)?[?~%]?")
_SPANS = f"""SELECT ?span ?property ?value WHERE {{ VALUES ?span {{ %s }} OPTIONAL {{ {
    " UNION ".join(
        f"{{ ?span <{iri}> ?value BIND({place} AS ?property) }}"
        for place, iri in enumerate(
            (SR + "edtf", SR + "earliestYear", SR + "latestYear", SR + "mentionedAs", TIME_ONTOLOGY + "hasXSDDuration")
        )
    )
} }} }}"""


@dataclass(frozen=True)
class SpanEnd:
    """One end of a span, in the years ``first`` to ``last``.

    The years of an open or unknown end are 0.
    """

    kind: Bound
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class TimeSpan:
    """A time span: ends, words of the text, EDTF notation or duration.

    Without years both ends are unknown.
    """

    iri: str
    start: SpanEnd
    end: SpanEnd
    words: LangString | None = None
    notation: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether the span names any year."""
        return bool(self.years)

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the firm and vague ends."""
        ends = [end for end in (self.start, self.end) if end.kind in {"firm", "vague"}]
        return tuple(year for end in ends for year in (end.first, end.last))


def read_spans(evaluate: Evaluate, iris: Iterable[str]) -> dict[str, TimeSpan]:
    """Return the spans by IRI, with one query."""
    distinct = list(dict.fromkeys(iris))
    if not distinct:
        return {}
    properties: dict[str, dict[int, LangString]] = {iri: {} for iri in distinct}
    for row in select_rows(evaluate, _SPANS % format_iris(distinct)):
        if "value" in row:
            text = LangString(str(row["value"]["value"]), row["value"].get("xml:lang", ""))
            values = properties[row["span"]["value"]]
            place = int(row["property"]["value"])
            values[place] = min(values.get(place, text), text, key=lambda value: value.text)
    return {iri: _span(iri, values) for iri, values in properties.items()}


def _span(iri: str, values: dict[int, LangString]) -> TimeSpan:
    edtf = values[0].text if 0 in values else ""
    years = [
        int(values[place].text) if place in values and _is_number(values[place].text) else None for place in (1, 2)
    ]
    start, end = span_ends(edtf, *years)
    notation = edtf or (values[4].text if 4 in values else "")
    return TimeSpan(iri, start, end, values.get(3), notation)


def span_ends(edtf: str, earliest: int | None, latest: int | None) -> tuple[SpanEnd, SpanEnd]:
    """Return both ends of a span, from notation and outer years.

    Without a notation, or if it is not a year or an interval, the outer years decide; with a notation (such as a set of
    years), an end somewhere between them is vague. A qualified year (?, ~, %) is vague by one year, or as far as the
    outer years reach.
    """
    parts = edtf.split("/")
    if len(parts) == 2 and all(part in {"", ".."} or _YEAR.fullmatch(part) for part in parts):
        return _end(parts[0], earliest, None), _end(parts[1], None, latest)
    if len(parts) == 1 and _YEAR.fullmatch(edtf):
        return _end(edtf, earliest, latest), _end(edtf, earliest, latest)
    if earliest is None and latest is None:
        return SpanEnd("unknown"), SpanEnd("unknown")
    start = SpanEnd("unknown") if earliest is None else SpanEnd("firm", earliest, earliest)
    end = SpanEnd("unknown") if latest is None else SpanEnd("firm", latest, latest)
    if edtf and earliest is not None and latest is not None and earliest != latest:
        return SpanEnd("vague", earliest, latest), SpanEnd("vague", earliest, latest)
    return start, end


def _end(text: str, earliest: int | None, latest: int | None) -> SpanEnd:
    """Return one end: open (``..``), unknown (empty), firm or vague.

    Missing digits (X) and qualifiers make it vague.
    """
    if text in {"", ".."}:
        return SpanEnd("open" if text else "unknown")
    matched = _YEAR.fullmatch(text)
    if matched is None:
        return SpanEnd("unknown")
    digits = matched[1]
    first, last = sorted((int(digits.replace("X", "0")), int(digits.replace("X", "9"))))
    if re.search("[?~%]", text):
        first = min(first - 1, earliest) if earliest is not None else first - 1
        last = max(last + 1, latest) if latest is not None else last + 1
    return SpanEnd("firm" if first == last else "vague", first, last)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,9}", text, re.ASCII) is not None


PAGE = 20
"""Situations on a page."""

MAX_ANSWERS = 5
"""Most answers shown for a situation; the number of all is shown as well."""

MAX_APART = 20
"""Most things shown that are undated, or dated without a situation."""

ANSWER = SR + "respondsTo"
STARTED = SR + "startedDuring"
LASTED = SR + "hasTimeSpan"


def _said(subject: str, property_: str, value: str) -> str:
    """Return the pattern for a statement, also one that is only intended."""
    assertion = f"<{RDF}subject> {subject} ; <{RDF}predicate> <{property_}> ; <{RDF}object> {value}"
    return f"{{ {subject} <{property_}> {value} }} UNION {{ [] {assertion} ; <{SR}modality> <{INTENDED}> }}"


_RESPONDS = _said("?answer", ANSWER, "?thing")
_SITUATION = f"VALUES ?kind {{ <{SR}Crisis> <{SR}SocialProblem> <{SR}Situation> }} ?thing a ?kind ."
_DATED = f"""SELECT ?thing (MIN(?first) AS ?from) (MAX(?last) AS ?to) WHERE {{
  {_SITUATION} ?thing <{LASTED}> ?span .
  OPTIONAL {{ ?span <{SR}earliestYear> ?first }} OPTIONAL {{ ?span <{SR}latestYear> ?last }}
  FILTER(BOUND(?first) || BOUND(?last)) }}
GROUP BY ?thing ORDER BY (COALESCE(?from, ?to)) (COALESCE(?to, 9999)) ?thing LIMIT %d OFFSET %d"""
_HOW_MANY = f"""SELECT (COUNT(DISTINCT ?thing) AS ?n) WHERE {{
  {_SITUATION} ?thing <{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?year }}"""
_COUNTED = f"""SELECT ?thing (COUNT(DISTINCT ?answer) AS ?n) WHERE {{
  VALUES ?thing {{ %s }} OPTIONAL {{ {_RESPONDS} }} }} GROUP BY ?thing"""
_ANSWERS = f"""SELECT DISTINCT ?thing ?answer WHERE {{
  VALUES ?thing {{ %s }} OPTIONAL {{ {_RESPONDS} }} }}"""
_FIRST_ANSWERS = f"""SELECT ?answer (MIN(?year) AS ?first) WHERE {{
  VALUES ?thing {{ <%s> }} {_RESPONDS}
  OPTIONAL {{ ?answer (<{STARTED}>|<{LASTED}>)/<{SR}earliestYear> ?year }} }}
GROUP BY ?answer ORDER BY (!BOUND(?first)) ?first ?answer LIMIT %d"""
_DATES = f"""SELECT DISTINCT ?thing ?property ?span WHERE {{ VALUES ?thing {{ %s }} OPTIONAL {{
  {{ {{ {_said("?thing", STARTED, "?span")} }} BIND(0 AS ?property) }}
  UNION {{ {{ {_said("?thing", LASTED, "?span")} }} BIND(1 AS ?property) }} }} }}"""
_ASSERTIONS = f"""SELECT ?assertion WHERE {{ VALUES ?thing {{ %s }} OPTIONAL {{ ?assertion <{RDF}subject> ?thing }}
  ?assertion <{RDF}predicate> ?property FILTER(?property IN (<{ANSWER}>, <{STARTED}>, <{LASTED}>)) }} LIMIT 9000"""
_APART = f"""SELECT DISTINCT ?thing WHERE {{
  {{ ?thing (<{STARTED}>|<{LASTED}>)/(<{SR}earliestYear>|<{SR}latestYear>) ?year }}
  MINUS {{ ?thing <{ANSWER}>/<{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?crisis }}
  MINUS {{ ?other <{ANSWER}> ?thing }} MINUS {{ {_SITUATION} }} }} LIMIT %d"""
_IN_WORDS = f"""SELECT DISTINCT ?thing WHERE {{
  {{ ?thing <{STARTED}>|<{LASTED}> ?span MINUS {{ ?span <{SR}earliestYear>|<{SR}latestYear> ?year }} }} }} LIMIT %d"""
_UNDATED = f"""SELECT ?thing (COUNT(DISTINCT ?answer) AS ?n) WHERE {{
  {{ {_RESPONDS} }} MINUS {{ ?thing <{LASTED}>/(<{SR}earliestYear>|<{SR}latestYear>) ?year }} }}
GROUP BY ?thing ORDER BY DESC(?n) ?thing LIMIT %d"""


@dataclass(frozen=True)
class Date:
    """When a thing was or only began, with its statement, if any."""

    span: TimeSpan
    is_start: bool
    statement: QuotedStatement | None


@dataclass(frozen=True)
class DatedThing:
    """A thing with its dates; ``statement`` says that it answers its situation."""

    iri: str
    dates: tuple[Date, ...] = ()
    statement: QuotedStatement | None = None

    @property
    def is_dated(self) -> bool:
        """Whether any of its dates names a year."""
        return any(date.span.is_dated for date in self.dates)

    @property
    def statements(self) -> tuple[QuotedStatement, ...]:
        """The statements behind its dates and behind its being an answer."""
        statements = [*(date.statement for date in self.dates), self.statement]
        return tuple(statement for statement in statements if statement)


@dataclass(frozen=True)
class SituationRow:
    """A situation with the answers shown, and the number of all answers."""

    situation: DatedThing
    answers: tuple[DatedThing, ...]
    count: int


@dataclass(frozen=True)
class Timeline:
    """A page of the timeline.

    ``rows`` are the dated situations by year, ``apart`` things dated without a situation, ``in_words`` things dated
    without a year, ``undated`` the undated situations. ``total`` counts all dated situations.
    """

    rows: tuple[SituationRow, ...]
    apart: tuple[DatedThing, ...]
    in_words: tuple[DatedThing, ...]
    undated: tuple[SituationRow, ...]
    page: int
    total: int
    names: Mapping[str, LabelledNode]

    @property
    def is_evidenced(self) -> bool:
        """Whether any statement has an assertion: one that has none is derived."""
        rows = [*self.rows, *self.undated]
        things = [thing for row in rows for thing in (row.situation, *row.answers)]
        return any(thing.statements for thing in (*things, *self.apart, *self.in_words))

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.total // PAGE))


def read_timeline(evaluate: Evaluate, page: int = 1) -> Timeline:
    """Return a page of the timeline, counted from 1.

    Only the first page has what is undated or has no situation.
    """
    total = int(select_strings(evaluate, _HOW_MANY)[0]["n"])
    dated = _things(select_rows(evaluate, _DATED % (PAGE, (page - 1) * PAGE)))
    is_first = page == 1
    apart = _things(select_rows(evaluate, _APART % MAX_APART)) if is_first else []
    in_words = _things(select_rows(evaluate, _IN_WORDS % MAX_APART)) if is_first else []
    undated = _things(select_rows(evaluate, _UNDATED % MAX_APART)) if is_first else []
    answers = _answers(evaluate, [*dated, *undated])
    answering = [answer for first, _ in answers.values() for answer in first]
    things = list(dict.fromkeys([*dated, *apart, *in_words, *undated, *answering]))
    statements = _statements(evaluate, things)
    dates = _dates(evaluate, things, statements)

    def thing(iri: str, situation: str = "") -> DatedThing:
        return DatedThing(iri, dates.get(iri, ()), statements.get((iri, ANSWER, situation)))

    def situation_row(iri: str) -> SituationRow:
        first, count = answers.get(iri, ([], 0))
        ordered = sorted((thing(answer, iri) for answer in first), key=_begins)
        return SituationRow(thing(iri), tuple(ordered), count)

    spans = [date.span.iri for own in dates.values() for date in own]
    modalities = [statement.modality for statement in statements.values()]
    return Timeline(
        tuple(map(situation_row, dated)),
        tuple(sorted(map(thing, apart), key=_begins)),
        tuple(map(thing, in_words)),
        tuple(map(situation_row, undated)),
        page,
        total,
        fetch_labels(evaluate, [*things, *modalities, *spans]),
    )


def _things(rows: Iterable[Row]) -> list[str]:
    return [str(row["thing"]["value"]) for row in rows if row.get("thing", {}).get("type") == "uri"]


def _answers(evaluate: Evaluate, situations: list[str]) -> dict[str, tuple[list[str], int]]:
    """Return the answers to each situation, and their number.

    Of more than MAX_ANSWERS, those with the earliest dates are returned.
    """
    if not situations:
        return {}
    counts = {row["thing"]: int(row["n"]) for row in select_strings(evaluate, _COUNTED % format_iris(situations))}
    answers: dict[str, list[str]] = {}
    few = [iri for iri in situations if counts.get(iri, 0) <= MAX_ANSWERS]
    for row in select_strings(evaluate, _ANSWERS % format_iris(few)):
        if "answer" in row:
            answers.setdefault(row["thing"], []).append(row["answer"])
    for iri in situations:
        if iri not in few:
            answers[iri] = [row["answer"] for row in select_strings(evaluate, _FIRST_ANSWERS % (iri, MAX_ANSWERS))]
    return {iri: (sorted(answers.get(iri, [])), counts.get(iri, 0)) for iri in situations}


def _statements(evaluate: Evaluate, things: Sequence[str]) -> dict[tuple[str, str, str], QuotedStatement]:
    """Return the statements behind dates and answers, by triple."""
    if not things:
        return {}
    assertions = [
        row["assertion"] for row in select_strings(evaluate, _ASSERTIONS % format_iris(things)) if "assertion" in row
    ]
    statements = statements_of_assertions(evaluate, assertions) if assertions else []
    return {(each.subject, each.predicate, each.object): each for each in statements}


def _dates(
    evaluate: Evaluate, things: Sequence[str], statements: Mapping[tuple[str, str, str], QuotedStatement]
) -> dict[str, tuple[Date, ...]]:
    """Return the dates of each thing, in the order of time."""
    if not things:
        return {}
    rows = [row for row in select_strings(evaluate, _DATES % format_iris(things)) if "span" in row]
    spans = read_spans(evaluate, [row["span"] for row in rows])
    dates: dict[str, list[Date]] = {}
    for row in rows:
        property_ = (STARTED, LASTED)[int(row["property"])]
        statement = statements.get((row["thing"], property_, row["span"]))
        dates.setdefault(row["thing"], []).append(Date(spans[row["span"]], property_ == STARTED, statement))
    return {iri: tuple(sorted(own, key=_place)) for iri, own in dates.items()}


def _place(date: Date) -> tuple[bool, int, int, str]:
    years = date.span.years
    return not years, min(years, default=0), max(years, default=0), date.span.iri


def _begins(thing: DatedThing) -> tuple[bool, int, int, str]:
    return *min((_place(date)[:3] for date in thing.dates), default=(True, 0, 0)), thing.iri
