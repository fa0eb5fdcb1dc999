"""Turns the answers of queries into what a page shows of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from kg.endpoint.evaluation import Answer
from kg.model.iris import shorten_iri

SHOWN = 1000
"""Most rows that a page shows; the whole answer is one link away."""

SHOWN_CHARACTERS = 200_000
"""Most characters of a graph that a page shows."""


_STAR = re.compile(r"SELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A value in the table: its text, the IRI if it is one, and its language or datatype."""

    text: str
    iri: str = ""
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True)
class Shown:
    """What a page shows of an answer: a table, a yes or no, or a graph in Turtle; ``total`` counts its rows."""

    kind: str
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell | None, ...], ...] = ()
    total: int = 0
    boolean: bool = False
    turtle: str = ""
    cut: bool = False


def show(answer: Answer, query: str, base: str) -> Shown:
    """What a page shows of an answer to the query, in JSON (rows, a boolean) or in Turtle (a graph)."""
    if answer.kind == "graph":
        turtle = answer.body.decode()
        return Shown("graph", turtle=turtle[:SHOWN_CHARACTERS], cut=len(turtle) > SHOWN_CHARACTERS)
    document = json.loads(answer.body)
    if answer.kind == "boolean":
        return Shown("boolean", boolean=document["boolean"])
    variables = tuple(document["head"]["vars"])
    if _STAR.search(query):
        # The engine sorts the variables of SELECT * by name; people wrote them in an order that means something.
        variables = tuple(sorted(variables, key=lambda name: _first(name, query)))
    bindings = document["results"]["bindings"]
    rows = tuple(tuple(_cell(row.get(name), base) for name in variables) for row in bindings[:SHOWN])
    return Shown("rows", variables, rows, total=len(bindings), cut=len(bindings) > SHOWN)


def _first(variable: str, query: str) -> int:
    """Where a variable first stands in the query."""
    found = re.search(rf"[?$]{re.escape(variable)}\b", query)
    return found.start() if found else len(query)


def _cell(binding: dict[str, Any] | None, base: str) -> Cell | None:
    """The cell of a binding in the JSON results format; None where the variable is not bound."""
    if binding is None:
        return None
    value = str(binding["value"])
    if binding["type"] == "uri":
        return Cell(shorten_iri(value, base), iri=value)
    if binding["type"] == "bnode":
        return Cell(f"_:{value}")
    return Cell(value, language=binding.get("xml:lang", ""), datatype=shorten_iri(binding.get("datatype", ""), base))
