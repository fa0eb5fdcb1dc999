"""Values of properties for things that were recognised: what a reconciliation client adds as columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kg.model.iris import XSD
from kg.pages.reconcile.candidates import find, read_facts
from kg.pages.reconcile.questions import Column
from kg.pages.search.index import SearchIndex
from kg.pages.shared.graph_queries import Evaluate

_INTEGERS = {XSD + name for name in ("integer", "int", "long", "short", "byte", "gYear", "nonNegativeInteger")}
_NUMBERS = {XSD + name for name in ("decimal", "double", "float")}
_DAY = re.compile(r"-?\d{4,}-\d\d-\d\d\Z")
_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?\Z")

Cell = dict[str, Any]
"""A value as the API writes it: a thing by id and name, words, a whole or another number, or a point in time."""


def extend(
    evaluate: Evaluate, index: SearchIndex, ids: Sequence[str], columns: Sequence[Column], language: str
) -> dict[str, dict[str, list[Cell]]]:
    """For each id and each property (by its id) the values, in the language where they have one; of unknown ids none.

    Errors: ProblemError where the query is not answered.
    """
    things = {given: find(index, given) for given in dict.fromkeys(ids)}
    iris = [thing.iri for thing in things.values() if thing]
    facts = read_facts(evaluate, iris, [column.property.iri for column in columns]) if iris and columns else {}
    return {
        given: {
            column.property.id: _cells(index, facts.get((thing.iri, column.property.iri), ()), column, language)
            if thing
            else []
            for column in columns
        }
        for given, thing in things.items()
    }


def _cells(index: SearchIndex, held: Sequence[Mapping[str, str]], column: Column, language: str) -> list[Cell]:
    """The values as cells, sorted; words of another language only where there are none in this one."""
    spoken = [term for term in held if term.get("xml:lang", language) == language]
    cells = [_cell(index, term, language) for term in spoken or held if term["type"] != "bnode"]
    cells.sort(key=lambda cell: [str(cell.get(name, "")) for name in ("name", "str", "date", "int", "float", "id")])
    return cells[: column.limit or None]


def _cell(index: SearchIndex, term: Mapping[str, str], language: str) -> Cell:
    value, datatype = term["value"], term.get("datatype", "")
    thing = index.by_iri.get(value) if term["type"] == "uri" else None
    if thing:
        return {"id": thing.id, "name": thing.label(language).text}
    if datatype in _INTEGERS and re.fullmatch(r"[+-]?\d{1,15}", value):
        return {"int": int(value)}
    if datatype in _NUMBERS and re.fullmatch(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?", value):
        return {"float": float(value)}
    if datatype == XSD + "date" and _DAY.match(value):
        return {"date": f"{value}T00:00:00Z"}
    if datatype == XSD + "dateTime" and _TIME.match(value):
        return {"date": value}
    return {"str": value}
