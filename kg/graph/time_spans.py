"""Read EDTF literals, and compute the years of time spans.

EDTF is ISO 8601-2:2019 as the Library of Congress profiles it. The ``edtf`` library reads dates. Intervals and
sets are taken apart here, because it makes up a year for an open or unknown end and does not look at the order;
plain dates are read here too, because its import alone takes 0.12 s, and each literal 6 ms (a test holds that
both say the same).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import lru_cache
from io import StringIO
from typing import Any, NamedTuple

from pyoxigraph import NamedNode

from kg.curate.resolver import Statement
from kg.model.iris import SR, integer

EDTF = NamedNode(SR + "edtf")
EARLIEST = NamedNode(SR + "earliestYear")
LATEST = NamedNode(SR + "latestYear")

_OPEN = ("", "..")
_PLAIN = re.compile(r"(\d{3}X|\d{2}XX|\d{4}(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?)", re.ASCII)
_NO_CENTURY = re.compile(r"[?~%]?-?X")
_ROUNDED = re.compile(r"Y?(?P<year>-?\d+)(?:E(?P<power>\d))?S(?P<digits>\d+)", re.ASCII)
_MASKED = re.compile(r"(?P<year>[\dX]{4})-(?=.*\dX|.*-X\d)(?P<month>[01X][\dX])(?:-(?P<day>[0-3X][\dX]))?", re.ASCII)
_CALENDAR_DAY = re.compile(r"[?~%]?(-?\d{4})[?~%]?-[?~%]?(0[1-9]|1[0-2])[?~%]?-[?~%]?(\d\d)")

Day = tuple[int, ...]
"""Year, month and day; its first is the year."""


class YearBounds(NamedTuple):
    """The first and the last year of an EDTF literal.

    None stands for one that is open or unknown.
    """

    earliest: int | None
    latest: int | None
    is_ordered: bool
    """Whether what ends does so after it begins."""


@lru_cache(maxsize=10_000)
def year_bounds(literal: str) -> YearBounds | None:
    """Return the years of an EDTF literal.

    None where it is no EDTF or names a date that does not exist. An interval goes from the first day of what it
    begins with to the last of what it ends with; a set from the first day of its dates to the last.
    """
    if literal[:1] == " " or literal[-1:] == " ":
        return None
    is_set = literal[:1] + literal[-1:] in ("[]", "{}")
    elements = [element.strip() for element in literal[1:-1].split(",")] if is_set else [literal]
    ranges = [_ends(element, ".." if is_set else "/") for element in elements]
    if any(pair is None for pair in ranges):
        return None
    pairs = [pair for pair in ranges if pair]
    firsts, lasts = [first for first, _ in pairs], [last for _, last in pairs]
    return YearBounds(
        None if None in firsts else min(day for day in firsts if day)[0],
        None if None in lasts else max(day for day in lasts if day)[0],
        all(first <= last for first, last in pairs if first and last),
    )


def _ends(element: str, dots: str) -> tuple[Day | None, Day | None] | None:
    """Return first and last day of a date or range.

    None where it is none. An end that is open or unknown is None.
    """
    parts = element.split(dots) if element not in _OPEN and element.isascii() and " " not in element else []
    days = [(None, None) if part in _OPEN else _days(part) for part in parts]
    if len(days) not in (1, 2) or None in days or all(part in _OPEN for part in parts):
        return None
    known = [pair for pair in days if pair]
    return known[0][0], known[-1][1]


def _days(date: str) -> tuple[Day | None, Day | None] | None:
    """Return first and last day of a date that is no range.

    None where it is none. Both are None where not even the century is known.
    """
    if "/" in date:
        return None  # an interval within a set, which the library takes
    rounded, masked = _ROUNDED.fullmatch(date), _MASKED.fullmatch(date)
    if _NO_CENTURY.match(date):
        return (None, None) if _days_by_library(date) else None
    if rounded:
        return _rounded(rounded)
    if masked:
        return _masked(masked)
    plain = _PLAIN.fullmatch(date)
    if plain is None:
        return _days_by_library(date)
    year, month, day = plain[1][:4], int(plain[2] or 0), int(plain[3] or 0)
    first, last = int(year.replace("X", "0")), int(year.replace("X", "9"))
    longest = monthrange(first % 400 + 400, month or 12)[1]
    if day > longest:
        return None
    return (first, month or 1, day or 1), (last, month or 12, day or longest)


def _rounded(date: re.Match[str]) -> tuple[Day, Day] | None:
    """Return first and last day of a rounded year.

    This and the next are level 2 of EDTF, which the library reads otherwise: ``1950S2`` is any year from 1900 to 1999.
    """
    year = int(date["year"]) * 10 ** int(date["power"] or 0)
    unknown = len(str(abs(year))) - int(date["digits"])
    if int(date["digits"]) == 0 or unknown < 0:
        return None
    low = abs(year) // 10**unknown * 10**unknown
    high = low + 10**unknown - 1
    first, last = (low, high) if year >= 0 else (-high, -low)
    return (first, 1, 1), (last, 12, 31)


def _masked(date: re.Match[str]) -> tuple[Day, Day] | None:
    """Return first and last day of a date such as ``1984-1X``."""
    days = [
        (year, month, day)
        for year in {int(date["year"].replace("X", digit)) for digit in "09"}
        for month in _values(date["month"], 12)
        for day in _values(date["day"] or "XX", monthrange(year % 400 + 400, month)[1])
    ]
    return (min(days), max(days)) if days else None


def _values(mask: str, last: int) -> list[int]:
    """Return the numbers up to the last that fit ``1X``."""
    return [n for n in range(1, last + 1) if all(a in ("X", b) for a, b in zip(mask, f"{n:02}", strict=True))]


def _days_by_library(date: str) -> tuple[Day, Day] | None:
    """Return first and last day of a date by the library.

    None where it cannot read it.
    """
    import edtf  # here, where needed: see the head of the module

    day = _CALENDAR_DAY.match(date)
    if day and int(day[3]) > monthrange(int(day[1]) % 400 + 400, int(day[2]))[1]:
        return None  # it takes the 29th of any February
    try:
        with redirect_stdout(StringIO()):  # it prints what it cannot read
            parsed: Any = edtf.parse_edtf(date)
        return (*parsed.lower_strict()[:3],), (*parsed.upper_strict()[:3],)
    except (edtf.EDTFParseException, ValueError, TypeError, AttributeError, KeyError):
        return None


def add_years(statements: Mapping[str, list[Statement]]) -> dict[str, list[Statement]]:
    """Return the statements of each document with computed years.

    A year stands on the passage of the literal, with its modality and notes. One that is typed stays as it is, and
    nothing is computed beside it; queries/checks holds that it agrees.
    """
    typed = {
        (statement.subject, statement.predicate)
        for stated in statements.values()
        for statement in stated
        if statement.predicate in (EARLIEST, LATEST)
    }
    return {
        document: [
            one for statement in stated for one in (statement, *_years(statement)) if one is statement or
            (one.subject, one.predicate) not in typed
        ]
        for document, stated in statements.items()
    }  # fmt: skip


def _years(statement: Statement) -> list[Statement]:
    """Return the statements of years that an EDTF statement gives."""
    bounds = year_bounds(statement.value.value) if statement.predicate == EDTF else None
    if bounds is None or not bounds.is_ordered:
        return []
    years = ((EARLIEST, bounds.earliest), (LATEST, bounds.latest))
    return [
        replace(statement, predicate=predicate, value=integer(year)) for predicate, year in years if year is not None
    ]
