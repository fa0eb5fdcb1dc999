"""The things that have a page of their own, in the order of their IRIs, a part at a time."""

from __future__ import annotations

from collections.abc import Iterable

from kg.model.iris import OA
from kg.pages.shared.graph_queries import Evaluate, select_strings

_SELECTORS = f"<{OA}TextQuoteSelector>, <{OA}TextPositionSelector>"
"""The classes of what is shown with the passage that it finds, and has no page."""

_WITH_PAGES = f"?thing a ?class FILTER(?class NOT IN ({_SELECTORS}) && isIRI(?thing) && (%s))"


def count_things(evaluate: Evaluate, starts: Iterable[str]) -> int:
    """How many things there are whose IRIs have one of the starts.

    Errors: ProblemError where they cannot be counted in time.
    """
    (row,) = select_strings(evaluate, f"SELECT (COUNT(DISTINCT ?thing) AS ?n) WHERE {{ {_pattern(starts)} }}")
    return int(row["n"])


def some_things(evaluate: Evaluate, starts: Iterable[str], size: int, offset: int) -> list[str]:
    """So many of the IRIs, from the offset on.

    Errors: ProblemError where they cannot be found in time.
    """
    query = f"SELECT DISTINCT ?thing WHERE {{ {_pattern(starts)} }} ORDER BY ?thing LIMIT {size} OFFSET {offset}"
    return [row["thing"] for row in select_strings(evaluate, query)]


def _pattern(starts: Iterable[str]) -> str:
    return _WITH_PAGES % " || ".join(f'STRSTARTS(STR(?thing), "{start}")' for start in dict.fromkeys(starts))
