"""Time spans as texts give them: which of their ends are firm, vague, open or not told (EDTF, ISO 8601-2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kg.model.iris import SR
from kg.model.iris import TIME as TIME_ONTOLOGY
from kg.pages.shared.graph_queries import Evaluate, LangString, format_iris, select_rows

Bound = Literal["firm", "vague", "open", "unknown"]
"""An end of a span: a year, somewhere in several years, left open by the text, or not told."""

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
class End:
    """One end of a span; it lies in the years ``first`` to ``last``, which mean nothing where it is open or unknown."""

    kind: Bound
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Span:
    """A time span: its two ends, the words of the text for it, and its EDTF notation or its duration, if any.

    Without years both ends are unknown.
    """

    iri: str
    start: End
    end: End
    words: LangString | None = None
    notation: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether it lies anywhere on a line of years."""
        return bool(self.years)

    @property
    def years(self) -> tuple[int, ...]:
        """The outer years that it names."""
        ends = [end for end in (self.start, self.end) if end.kind in {"firm", "vague"}]
        return tuple(year for end in ends for year in (end.first, end.last))


def read_spans(evaluate: Evaluate, iris: Iterable[str]) -> dict[str, Span]:
    """The spans by their IRI; one query."""
    every = list(dict.fromkeys(iris))
    if not every:
        return {}
    found: dict[str, dict[int, LangString]] = {iri: {} for iri in every}
    for row in select_rows(evaluate, _SPANS % format_iris(every)):
        if "value" in row:
            words = LangString(str(row["value"]["value"]), row["value"].get("xml:lang", ""))
            held = found[row["span"]["value"]]
            place = int(row["property"]["value"])
            held[place] = min(held.get(place, words), words, key=lambda each: each.text)
    return {iri: _span(iri, each) for iri, each in found.items()}


def _span(iri: str, told: dict[int, LangString]) -> Span:
    edtf = told[0].text if 0 in told else ""
    years = [int(told[place].text) if place in told and _is_number(told[place].text) else None for place in (1, 2)]
    start, end = ends(edtf, *years)
    notation = edtf or (told[4].text if 4 in told else "")
    return Span(iri, start, end, told.get(3), notation)


def ends(edtf: str, earliest: int | None, latest: int | None) -> tuple[End, End]:
    """The two ends of a span, from its notation and its outer years.

    A notation that names sets of years, or none, gives way to the outer years: several years between
    them are then vague, for the text leaves open which. A qualified year (?, ~, %) is vague by a year,
    or as far as the outer years say.
    """
    parts = edtf.split("/")
    if len(parts) == 2 and all(part in {"", ".."} or _YEAR.fullmatch(part) for part in parts):
        return _end(parts[0], earliest, None), _end(parts[1], None, latest)
    if len(parts) == 1 and _YEAR.fullmatch(edtf):
        return _end(edtf, earliest, latest), _end(edtf, earliest, latest)
    if earliest is None and latest is None:
        return End("unknown"), End("unknown")
    start = End("unknown") if earliest is None else End("firm", earliest, earliest)
    end = End("unknown") if latest is None else End("firm", latest, latest)
    if edtf and earliest is not None and latest is not None and earliest != latest:
        return End("vague", earliest, latest), End("vague", earliest, latest)
    return start, end


def _end(text: str, earliest: int | None, latest: int | None) -> End:
    """One end: a date whose missing digits and qualifiers make it vague, ``..`` for open, nothing for unknown."""
    if text in {"", ".."}:
        return End("open" if text else "unknown")
    matched = _YEAR.fullmatch(text)
    if matched is None:
        return End("unknown")
    digits = matched[1]
    first, last = sorted((int(digits.replace("X", "0")), int(digits.replace("X", "9"))))
    if re.search("[?~%]", text):
        first = min(first - 1, earliest) if earliest is not None else first - 1
        last = max(last + 1, latest) if latest is not None else last + 1
    return End("firm" if first == last else "vague", first, last)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,9}", text, re.ASCII) is not None
