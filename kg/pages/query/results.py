"""Query answers as pages show them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from kg.endpoint.evaluation import Answer
from kg.model.iris import shorten_iri

MAX_ROWS = 1000
"""Most rows on a page; links lead to the whole answer."""

MAX_CHARACTERS = 200_000
"""Most characters of a graph on a page."""

_STAR = re.compile(r"SELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)


@dataclass(frozen=True)
class AnswerCell:
    """A value in the table: text, IRI, language or datatype."""

    text: str
    iri: str = ""
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True)
class AnswerView:
    """What a page shows of an answer: rows, boolean, or Turtle.

    ``total`` counts all rows; ``cut`` tells that some are not shown.
    """

    kind: str
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[AnswerCell | None, ...], ...] = ()
    total: int = 0
    boolean: bool = False
    turtle: str = ""
    cut: bool = False


def view_answer(answer: Answer, query: str, base: str) -> AnswerView:
    """Return what a page shows of an answer to the query.

    The answer is in JSON (rows, a boolean) or in Turtle (a graph).
    """
    if answer.kind == "graph":
        turtle = answer.body.decode()
        return AnswerView("graph", turtle=turtle[:MAX_CHARACTERS], cut=len(turtle) > MAX_CHARACTERS)
    document = json.loads(answer.body)
    if answer.kind == "boolean":
        return AnswerView("boolean", boolean=document["boolean"])
    variables = tuple(document["head"]["vars"])
    if _STAR.search(query):
        # The engine sorts the variables of SELECT * by name; their order in the query is more useful.
        variables = tuple(sorted(variables, key=lambda name: _first(name, query)))
    bindings = document["results"]["bindings"]
    rows = tuple(tuple(_cell(row.get(name), base) for name in variables) for row in bindings[:MAX_ROWS])
    return AnswerView("rows", variables, rows, total=len(bindings), cut=len(bindings) > MAX_ROWS)


def _first(variable: str, query: str) -> int:
    """Return the place of a variable in the query."""
    match = re.search(rf"[?$]{re.escape(variable)}\b", query)
    return match.start() if match else len(query)


def _cell(binding: dict[str, Any] | None, base: str) -> AnswerCell | None:
    """Return the cell of a JSON binding; None if unbound."""
    if binding is None:
        return None
    value = str(binding["value"])
    if binding["type"] == "uri":
        return AnswerCell(shorten_iri(value, base), iri=value)
    if binding["type"] == "bnode":
        return AnswerCell(f"_:{value}")
    return AnswerCell(
        value, language=binding.get("xml:lang", ""), datatype=shorten_iri(binding.get("datatype", ""), base)
    )
