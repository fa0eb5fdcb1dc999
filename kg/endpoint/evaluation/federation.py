"""Rewrites a query that uses SERVICE for the client to run.

Works on tokens like ``surface``; what it writes is a courtesy in a message, never evaluated here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kg.endpoint.evaluation.query_scanner import tokens

_OPENING, _CLOSING = frozenset("({["), frozenset(")}]")
_OVER_BOTH = frozenset(["FILTER", "BIND"])
"""What may speak of both servers' variables, and so stays with the client."""


@dataclass
class _Parts:
    """The pieces of a group of patterns, by who evaluates them."""

    ours: list[re.Match[str]] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    client: list[str] = field(default_factory=list)


def federated(query: str, endpoint: str) -> str:
    """Return the query for the client's own engine, which calls this service.

    What was meant for this service stands in a SERVICE clause of its own.

    Empty where a SERVICE clause does not stand directly in the query's one group of patterns, since its
    meaning could change then.
    """
    marks = [token for token in tokens(query) if token.lastgroup != "comment"]
    group = _group(marks)
    if group is None:
        return ""
    parts = _parts(marks[group[0] : group[1]])
    if parts is None or not parts.theirs:
        return ""
    ours = re.sub(r"(?:^|(?<=\.))\s*\.(?=\s|$)", "", _one_line(parts.ours)).strip()
    clauses = [f"SERVICE <{endpoint}> {{ {ours} }}", *parts.theirs, *parts.client]
    head, tail = query[: marks[group[0]].start()], query[marks[group[1]].start() :]
    lines = "".join(f"\n  {clause}" for clause in clauses)
    return f"{head.rstrip()}{lines}\n{tail}"


def _one_line(marks: list[re.Match[str]]) -> str:
    """Write the tokens on one line; strings keep their spaces."""
    return "".join(" " if mark.lastgroup == "space" else mark[0] for mark in marks).strip()


def _group(marks: list[re.Match[str]]) -> tuple[int, int] | None:
    """Return where the tokens of the query's patterns begin and end.

    They stand in the last braces that open at level 0.
    """
    depth, begin, found = 0, 0, None
    for place, mark in enumerate(marks):
        if mark[0] == "{":
            if depth == 0:
                begin = place + 1
            depth += 1
        elif mark[0] == "}":
            depth -= 1
            if depth == 0:
                found = (begin, place)
    return found if found and found[0] < found[1] else None


def _parts(marks: list[re.Match[str]]) -> _Parts | None:
    """Return the pieces of a group; None if SERVICE stands deeper."""
    parts, place = _Parts(), 0
    while place < len(marks):
        word = marks[place][0].upper() if marks[place].lastgroup == "word" else ""
        bracket = "{" if word == "SERVICE" else ""
        if word == "SERVICE" or word in _OVER_BOTH:
            end = _end_of_clause(marks, place, bracket)
            clause = _one_line(marks[place:end])
            (parts.theirs if word == "SERVICE" else parts.client).append(clause)
            place = end
        else:
            end = _end_of_clause(marks, place, "") if marks[place][0] in _OPENING else place + 1
            if any(mark.lastgroup == "word" and mark[0].upper() == "SERVICE" for mark in marks[place:end]):
                return None
            parts.ours += marks[place:end]
            place = end
    return parts


def _end_of_clause(marks: list[re.Match[str]], place: int, bracket: str) -> int:
    """Return the place after the bracket that closes the next one.

    ``bracket`` limits it to those of a kind.
    """
    depth = 0
    for at in range(place, len(marks)):
        text = marks[at][0]
        if text in _OPENING and (depth or not bracket or text == bracket):
            depth += 1
        elif text in _CLOSING and depth:
            depth -= 1
            if depth == 0:
                return at + 1
    return len(marks)
