"""Time spans with firm, vague, open or unknown ends (EDTF)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kg.model.iris import SR
from kg.model.iris import TIME as TIME_ONTOLOGY
from kg.pages.shared.graph_queries import Evaluate, LangString, format_iris, select_rows

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
