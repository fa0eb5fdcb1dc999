"""The validation report as its page shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kg.model import release_files
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.rdf_response import read_release_file

PAGE = 100
"""Results on a page."""


@dataclass(frozen=True)
class ReportedResult:
    """A validation result; ``number`` is its place, from 1.

    ``source`` is the shape or check; ``value`` is a term as in the JSON results format.
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
        """Whether a check reported it, not a shape."""
        return "#check-" in self.source


@dataclass(frozen=True)
class ReportSummary:
    """A validation report with its counts.

    ``shapes`` and ``checks`` are None if the report does not count them.
    """

    conforms: bool
    violations: int
    warnings: int
    shapes: int | None
    checks: int | None
    results: tuple[ReportedResult, ...]

    def totals(self) -> dict[str, int]:
        """Return the number of results by shape or check, in order."""
        totals: dict[str, int] = {}
        for result in self.results:
            totals[result.source] = totals.get(result.source, 0) + 1
        return totals

    def groups(self, start: int = 0, count: int = PAGE) -> list[tuple[str, list[ReportedResult]]]:
        """Return some results, grouped by shape or check."""
        groups: dict[str, list[ReportedResult]] = {}
        for result in self.results[start : start + count]:
            groups.setdefault(result.source, []).append(result)
        return list(groups.items())


def read_report(text: str) -> ReportSummary | None:
    """Return a report from JSON, or None if it is invalid."""
    try:
        document = json.loads(text)
        rows = document.get("results", [])
        return ReportSummary(
            conforms=bool(document["conforms"]),
            violations=int(document["violations"]),
            warnings=int(document["warnings"]),
            shapes=document.get("shapes"),
            checks=document.get("checks"),
            results=tuple(_result(number, row) for number, row in enumerate(rows, 1)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=2)
def report_of(context: AppContext) -> ReportSummary | None:
    """Return the report of the release served, if it has one."""
    return read_report((read_release_file(context, release_files.REPORT_JSON) or b"").decode(errors="replace"))


def _result(number: int, row: Mapping[str, Any]) -> ReportedResult:
    return ReportedResult(
        number=number,
        severity=str(row["severity"]),
        source=str(row["source"]),
        focus=str(row["focus"]),
        path=str(row.get("path") or ""),
        value=row.get("value"),
        messages=row.get("messages", {}),
    )
