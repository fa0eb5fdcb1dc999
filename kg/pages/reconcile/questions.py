"""What a client of the Reconciliation Service API 0.2 asks: a batch of questions, or values of properties.

https://reconciliation-api.github.io/specs/0.2/. Whatever is wrong in a batch is told at once, each with its key and
what to change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, cast

from kg.model.errors import QueryError
from kg.pages.search.term_catalogue import CatalogueTerm, TermCatalogue, TermIndex

BATCH = 50
"""Questions of a batch at most."""

CANDIDATES = 50
"""Candidates of a question at most, whatever its limit."""

_USUAL = 10
IDS = 200
"""Things whose values are asked for at once, at most."""

PROPERTIES = 20
"""Properties of a question, or whose values are asked for at once, at most."""

Strictness = Literal["any", "should", "all"]
Value = str | float | bool | Mapping[str, Any]
"""A value that is given for a property: words, a number, a truth value, or a thing by its ``id``."""


class QuestionsError(QueryError):
    """Raised when a batch is not one that can be answered; the message names the keys and what to change."""


@dataclass(frozen=True)
class Given:
    """A property and the values that a thing should have for it."""

    property: CatalogueTerm
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Question:
    """What is looked for: words, classes and how strictly, values of properties, and how many candidates at most."""

    query: str
    types: tuple[CatalogueTerm, ...]
    strictness: Strictness
    properties: tuple[Given, ...]
    limit: int


@dataclass(frozen=True)
class Column:
    """A property whose values are asked for, and how many of them at most; 0 is all."""

    property: CatalogueTerm
    limit: int


def read_batch(text: str, vocabulary: TermCatalogue) -> dict[str, Question]:
    """The questions of a batch by key, from JSON.

    Errors: QuestionsError, with all that is wrong.
    """
    batch = _object(text, "queries", '{"q0": {"query": "…"}}')
    if len(batch) > BATCH:
        raise QuestionsError(f"queries has {len(batch)} questions. Send {BATCH} at most at once.")
    problems: list[str] = []
    found: dict[str, Question] = {}
    for key, given in batch.items():
        try:
            found[key] = _question(given, vocabulary)
        except QuestionsError as error:
            problems.append(f"{key}{error}")
    if problems:
        raise QuestionsError(" ".join(problems))
    return found


def read_extension(text: str, vocabulary: TermCatalogue) -> tuple[list[str], list[Column]]:
    """The ids of things and the properties whose values are asked for, from JSON.

    Errors: QuestionsError.
    """
    given = _object(text, "extend", '{"ids": ["…"], "properties": [{"id": "…"}]}')
    ids, wanted = given.get("ids"), given.get("properties")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise QuestionsError("extend.ids is no list of ids. Send the ids of candidates, as strings.")
    if not isinstance(wanted, list):
        raise QuestionsError('extend.properties is no list. Send objects such as {"id": "targets"}.')
    for name, count, most in (("ids", len(ids), IDS), ("properties", len(wanted), PROPERTIES)):
        if count > most:
            raise QuestionsError(f"extend.{name} has {count} members. Send {most} at most at once.")
    return ids, [_column(each, place, vocabulary.properties) for place, each in enumerate(wanted)]


def _object(text: str, name: str, example: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise QuestionsError(f"{name} is not JSON. Send an object such as {example}.") from None
    if not isinstance(found, dict):
        raise QuestionsError(f"{name} is no JSON object. Send one such as {example}.")
    return found


def _question(given: object, vocabulary: TermCatalogue) -> Question:
    """A question; the messages of errors begin after its key."""
    if not isinstance(given, dict):
        raise QuestionsError(' is no object. Send one such as {"query": "…"}.')
    known = ("query", "type", "limit", "properties", "type_strict")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise QuestionsError(f".{unknown[0]} is not known. Use {', '.join(known)}.")
    query, properties = given.get("query"), tuple(_properties(given.get("properties"), vocabulary.properties))
    if query is None and not properties:
        raise QuestionsError(" has neither query nor properties. Send one of them at least.")
    if not isinstance(query, str | None):
        raise QuestionsError(".query is no string. Send the words to look for.")
    strictness = given.get("type_strict", "any")
    if strictness not in {"any", "should", "all"}:
        raise QuestionsError('.type_strict is none of "any", "should" and "all". Send one of them, or leave it out.')
    types = tuple(_types(given.get("type"), vocabulary.types))
    return Question(query or "", types, cast("Strictness", strictness), properties, _limit(given.get("limit")))


def _types(given: object, types: TermIndex) -> Iterator[CatalogueTerm]:
    wanted = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
        raise QuestionsError(".type is neither a string nor a list of strings. Send the ids of types.")
    for each in wanted:
        yield _known(each, types, ".type", "type")


def _limit(given: object) -> int:
    if given is None:
        return _USUAL
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given) or given < 1:
        raise QuestionsError(f".limit is no number of at least 1. Send one up to {CANDIDATES}, or leave it out.")
    return int(min(given, CANDIDATES))


def _properties(given: object, properties: TermIndex) -> Iterator[Given]:
    if given is None:
        return
    if not isinstance(given, list) or len(given) > PROPERTIES:
        raise QuestionsError(
            f'.properties is no list of {PROPERTIES} at most. Send objects such as {{"pid": "…", "v": "…"}}.'
        )
    for place, each in enumerate(given):
        here = f".properties[{place}]"
        if not isinstance(each, dict) or not isinstance(each.get("pid"), str) or "v" not in each:
            raise QuestionsError(f"{here} lacks pid or v. Send the id of a property and what it should be.")
        term = _known(each["pid"], properties, f"{here}.pid", "property")
        many = each["v"] if isinstance(each["v"], list) else [each["v"]]
        if not all(_is_value(one) for one in many):
            raise QuestionsError(f"{here}.v is no value. Send words, a number, true or false, or an object with an id.")
        yield Given(term, tuple(many))


def _is_value(given: object) -> bool:
    return isinstance(given, str | int | float) or (isinstance(given, dict) and isinstance(given.get("id"), str))


def _column(given: object, place: int, properties: TermIndex) -> Column:
    here = f"extend.properties[{place}]"
    if not isinstance(given, dict) or not isinstance(given.get("id"), str):
        raise QuestionsError(f'{here} has no id. Send an object such as {{"id": "targets"}}.')
    settings = given.get("settings") or {}
    limit = settings.get("limit", 0) if isinstance(settings, dict) else 0
    if isinstance(limit, str) and limit.isdecimal() and len(limit) < 10:
        limit = int(limit)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise QuestionsError(f"{here}.settings.limit is no whole number. Send one; 0 is for all values.")
    return Column(_known(given["id"], properties, f"{here}.id", "property"), limit)


def _known(given: str, terms: TermIndex, where: str, noun: str) -> CatalogueTerm:
    """The term that is meant, or an error that names the nearest ones."""
    found = terms.find(given)
    if found:
        return found
    near: Sequence[CatalogueTerm] = terms.suggest(given)[:3] or terms.terms[:3]
    known = ", ".join(term.id for term in near)
    raise QuestionsError(
        f"{where} is {json.dumps(given[:100], ensure_ascii=False)}, which is no {noun} here. Try {known}."
    )
