"""How views ask the graph: queries in, rows out, one way whatever answers them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from kg.endpoint.evaluation import Answer, Request

Evaluate = Callable[[Request], Answer]
"""What answers the queries of the pages; it may be called from several threads and raises ProblemError."""

Row = dict[str, dict[str, Any]]
"""The bound variables of a solution, each with its term as the JSON results format has it."""


def select_rows(evaluate: Evaluate, query: str) -> list[Row]:
    """The rows of a SELECT.

    Errors: ProblemError where the query is not answered, as for want of time.
    """
    answer = evaluate(Request(query, results="application/sparql-results+json", graph=None))
    rows: list[Row] = json.loads(answer.body)["results"]["bindings"]
    return rows


def select_strings(evaluate: Evaluate, query: str) -> list[dict[str, str]]:
    """The rows of a SELECT, each bound variable with the words of its value."""
    return [{name: str(term["value"]) for name, term in row.items()} for row in select_rows(evaluate, query)]


def format_iris(iris: Iterable[str]) -> str:
    """The IRIs as a VALUES block lists them; they must be IRIs that came from the graph or were checked."""
    return " ".join(f"<{iri}>" for iri in iris)
