"""Requests of the Reconciliation Service API 0.2, parsed from JSON and validated.

https://reconciliation-api.github.io/specs/0.2/. A request is a batch of questions, or an extension: properties whose
values are wanted. All errors of a batch are reported together, each with its key and what to change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, cast

from kg.model.errors import QueryError
from kg.pages.search.search_service import CatalogueTerm, TermCatalogue, TermIndex

MAX_BATCH = 50
"""Most questions of a batch."""

MAX_CANDIDATES = 50
"""Most candidates of a question, whatever its limit."""

_DEFAULT_LIMIT = 10
MAX_IDS = 200
"""Most things of an extension."""

MAX_PROPERTIES = 20
"""Most properties of a question or of an extension."""

Strictness = Literal["any", "should", "all"]
PropertyValue = str | float | bool | Mapping[str, Any]
"""A value requested for a property: text, number, truth value, or a thing by its ``id``."""


class BatchError(QueryError):
    """Raised for an invalid request; its message names keys and remedies."""


@dataclass(frozen=True)
class PropertyCondition:
    """A property and the values that a thing should have for it."""

    property: CatalogueTerm
    values: tuple[PropertyValue, ...]


@dataclass(frozen=True)
class Question:
    """A reconciliation query: words, types, conditions, and most candidates.

    ``strictness`` tells whether a thing needs any of the types, should have one, or needs all.
    """

    query: str
    types: tuple[CatalogueTerm, ...]
    strictness: Strictness
    properties: tuple[PropertyCondition, ...]
    limit: int


@dataclass(frozen=True)
class ExtensionColumn:
    """A wanted property, and most values per thing (0 is all).

    ``is_stated`` leaves only what the texts state.
    """

    property: CatalogueTerm
    limit: int
    is_stated: bool = False


def read_batch(text: str, catalogue: TermCatalogue) -> dict[str, Question]:
    """Return the questions of a batch by key, from JSON.

    Errors: BatchError, with everything that is wrong.
    """
    batch = _object(text, "queries", '{"q0": {"query": "…"}}')
    if len(batch) > MAX_BATCH:
        raise BatchError(f"queries has {len(batch)} questions. Send {MAX_BATCH} at most at once.")
    problems: list[str] = []
    questions: dict[str, Question] = {}
    for key, value in batch.items():
        try:
            questions[key] = _question(value, catalogue)
        except BatchError as error:
            problems.append(f"{key}{error}")
    if problems:
        raise BatchError(" ".join(problems))
    return questions


def read_extension(text: str, catalogue: TermCatalogue) -> tuple[list[str], list[ExtensionColumn]]:
    """Return ids and wanted properties of an extension, from JSON.

    Errors: BatchError.
    """
    extension = _object(text, "extend", '{"ids": ["…"], "properties": [{"id": "…"}]}')
    ids, properties = extension.get("ids"), extension.get("properties")
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise BatchError("extend.ids is no list of ids. Send the ids of candidates, as strings.")
    if not isinstance(properties, list):
        raise BatchError('extend.properties is no list. Send objects such as {"id": "targets"}.')
    for name, count, most in (("ids", len(ids), MAX_IDS), ("properties", len(properties), MAX_PROPERTIES)):
        if count > most:
            raise BatchError(f"extend.{name} has {count} members. Send {most} at most at once.")
    return ids, [_column(value, place, catalogue.properties) for place, value in enumerate(properties)]


def _object(text: str, name: str, example: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BatchError(f"{name} is not JSON. Send an object such as {example}.") from None
    if not isinstance(document, dict):
        raise BatchError(f"{name} is no JSON object. Send one such as {example}.")
    return document


def _question(value: object, catalogue: TermCatalogue) -> Question:
    """Return a question; error messages continue after its key."""
    if not isinstance(value, dict):
        raise BatchError(' is no object. Send one such as {"query": "…"}.')
    allowed = ("query", "type", "limit", "properties", "type_strict")
    unknown = [name for name in value if name not in allowed]
    if unknown:
        raise BatchError(f".{unknown[0]} is not known. Use {', '.join(allowed)}.")
    query, properties = value.get("query"), tuple(_conditions(value.get("properties"), catalogue.properties))
    if "query" not in value and not value.get("properties"):  # null is the empty cell of a table, and finds nothing
        raise BatchError(" has neither query nor properties. Send one of them at least.")
    if not isinstance(query, str | None):
        raise BatchError(".query is no string. Send the words to look for.")
    strictness = value.get("type_strict", "any")
    if strictness not in {"any", "should", "all"}:
        raise BatchError('.type_strict is none of "any", "should" and "all". Send one of them, or leave it out.')
    types = tuple(_types(value.get("type"), catalogue.types))
    return Question(query or "", types, cast("Strictness", strictness), properties, _limit(value.get("limit")))


def _types(value: object, types: TermIndex) -> Iterator[CatalogueTerm]:
    references = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(references, list) or not all(isinstance(item, str) for item in references):
        raise BatchError(".type is neither a string nor a list of strings. Send the ids of types.")
    for reference in references:
        yield _term(reference, types, ".type", "type")


def _limit(value: object) -> int:
    if value is None:
        return _DEFAULT_LIMIT
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 1:
        raise BatchError(f".limit is no number of at least 1. Send one up to {MAX_CANDIDATES}, or leave it out.")
    return int(min(value, MAX_CANDIDATES))


def _conditions(value: object, properties: TermIndex) -> Iterator[PropertyCondition]:
    if value is None:
        return
    if not isinstance(value, list) or len(value) > MAX_PROPERTIES:
        raise BatchError(
            f'.properties is no list of {MAX_PROPERTIES} at most. Send objects such as {{"pid": "…", "v": "…"}}.'
        )
    for place, item in enumerate(value):
        here = f".properties[{place}]"
        if not isinstance(item, dict) or not isinstance(item.get("pid"), str) or "v" not in item:
            raise BatchError(f"{here} lacks pid or v. Send the id of a property and what it should be.")
        term = _term(item["pid"], properties, f"{here}.pid", "property")
        values = item["v"] if isinstance(item["v"], list) else [item["v"]]
        values = [value for value in values if not _is_empty(value)]
        if not all(map(_is_value, values)):
            raise BatchError(f"{here}.v is no value. Send words, a number, true or false, or an object with an id.")
        if values:
            yield PropertyCondition(term, tuple(values))


def _is_empty(value: object) -> bool:
    """Return whether a value is that of an empty cell."""
    value = value["id"] if isinstance(value, dict) and "id" in value else value
    return value is None or (isinstance(value, str) and not value.strip())


def _is_value(value: object) -> bool:
    return isinstance(value, str | int | float) or (isinstance(value, dict) and isinstance(value.get("id"), str))


def _column(value: object, place: int, properties: TermIndex) -> ExtensionColumn:
    here = f"extend.properties[{place}]"
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise BatchError(f'{here} has no id. Send an object such as {{"id": "targets"}}.')
    settings = value.get("settings") or {}
    settings = settings if isinstance(settings, dict) else {}
    limit = settings.get("limit", 0)
    if isinstance(limit, str) and limit.isdecimal() and len(limit) < 10:
        limit = int(limit)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise BatchError(f"{here}.settings.limit is no whole number. Send one; 0 is for all values.")
    return ExtensionColumn(
        _term(value["id"], properties, f"{here}.id", "property"), limit, settings.get("stated") in (True, "true")
    )


def _term(reference: str, terms: TermIndex, where: str, noun: str) -> CatalogueTerm:
    """Return the meant term, or raise an error with near ones."""
    term = terms.find(reference)
    if term:
        return term
    near = terms.suggest(reference)[:3] or terms.terms[:3]
    ids = ", ".join(suggestion.id for suggestion in near)
    raise BatchError(
        f"{where} is {json.dumps(reference[:100], ensure_ascii=False)}, which is no {noun} here. Try {ids}."
    )
