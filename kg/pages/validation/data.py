"""The report of validation as its page tells it: results by what demanded them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAGE = 100
"""How many results a page shows."""


@dataclass(frozen=True)
class Result:
    """A result of validation; ``number`` counts from 1 in the order of the report.

    ``value`` is a term as the JSON results format has it.
    """

    number: int
    severity: str
    source: str
    focus: str
    path: str
    value: Mapping[str, Any] | None
    messages: Mapping[str, str]

    @property
    def is_check(self) -> bool:
        """Whether a check found it, and not a shape."""
        return "#check-" in self.source


@dataclass(frozen=True)
class Report:
    """What validation found; ``shapes`` and ``checks`` are None where the report does not count them."""

    conforms: bool
    violations: int
    warnings: int
    shapes: int | None
    checks: int | None
    results: tuple[Result, ...]

    def totals(self) -> dict[str, int]:
        """How many results each shape or check has, in the order of the report."""
        found: dict[str, int] = {}
        for result in self.results:
            found[result.source] = found.get(result.source, 0) + 1
        return found

    def groups(self, start: int = 0, count: int = PAGE) -> list[tuple[str, list[Result]]]:
        """Some of the results, those of one shape or check together, as they are in the report."""
        found: dict[str, list[Result]] = {}
        for result in self.results[start : start + count]:
            found.setdefault(result.source, []).append(result)
        return list(found.items())


def read_report(text: str) -> Report | None:
    """The report in the JSON of a release; None where it is none."""
    try:
        told = json.loads(text)
        rows = told.get("results", [])
        return Report(
            conforms=bool(told["conforms"]),
            violations=int(told["violations"]),
            warnings=int(told["warnings"]),
            shapes=told.get("shapes"),
            checks=told.get("checks"),
            results=tuple(_result(number, row) for number, row in enumerate(rows, 1)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _result(number: int, row: Mapping[str, Any]) -> Result:
    return Result(
        number=number,
        severity=str(row["severity"]),
        source=str(row["source"]),
        focus=str(row["focus"]),
        path=str(row.get("path") or ""),
        value=row.get("value"),
        messages=row.get("messages", {}),
    )
