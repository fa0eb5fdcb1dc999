r"""Spells regular expressions so that the engine reads them as SPARQL says.

REGEX and REPLACE take the expressions of XPath (XPath and XQuery Functions and Operators, section 5.6.1; XML Schema
Datatypes, appendix G). The engine has those of the regex library of Rust. Most are the same. In a constant of a query
``\s`` and ``\w`` are written out, since they match more or less in Rust; where something else differs, the query is
refused, since the answer would be wrong without a word of it. Expressions that are computed stay as they are, which is
documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pyoxigraph import Literal

from kg.endpoint.evaluation.query_scanner import tokens
from kg.endpoint.problems import ProblemError

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}

_CLASSES = {
    "i": r"[\p{L}_:]",
    "c": r"[\p{L}\p{M}\p{Nd}._:·-]",
    "I": r"[^\p{L}_:]",
    "C": r"[^\p{L}\p{M}\p{Nd}._:·-]",
}
"""What to write for the escapes of XML names."""

_SPELLED = {
    "s": r"[\t\n\r\x20]",
    "S": r"[^\t\n\r\x20]",
    "w": r"[^\p{P}\p{Z}\p{C}]",
    "W": r"[\p{P}\p{Z}\p{C}]",
}
"""How the engine must be told what the escapes match by XML Schema: in a class they are classes within it."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def spell_expressions(query: str) -> str:
    """Return the query with expressions as the engine reads them.

    Errors: ProblemError for a constant that the engine would read otherwise, however it is spelled.
    """
    words = query.upper()
    if "REGEX" not in words and "REPLACE" not in words:
        return query
    spelled: list[tuple[int, int, str]] = []
    for name, marks in _calls(query):
        arguments = [mark and _value(mark[0]) for mark in marks]
        flags = "" if len(arguments) <= 2 + (name == "REPLACE") else arguments[-1]
        pattern = arguments[1] if len(arguments) > 1 else None
        if pattern is not None and flags is not None and "q" not in flags:
            _refuse_pattern(pattern, "x" in flags)
            mark, plain = marks[1], _ESCAPED.sub(lambda escape: _SPELLED.get(escape[1], escape[0]), pattern)
            if mark and plain != pattern:
                spelled.append((mark.start(), mark.end(), str(Literal(plain))))
        if name == "REPLACE" and len(arguments) > 2 and arguments[2] is not None and "q" not in (flags or ""):
            _refuse_replacement(arguments[2])
    for start, end, literal in sorted(spelled, reverse=True):
        query = query[:start] + literal + query[end:]
    return query


def _calls(query: str) -> Iterator[tuple[str, list[re.Match[str] | None]]]:
    """Yield each call of REGEX and REPLACE with its arguments' tokens.

    None stands for one that is no constant string.
    """
    marks = [token for token in tokens(query) if token.lastgroup not in {"space", "comment"}]
    for place, mark in enumerate(marks[:-1]):
        if mark.lastgroup == "word" and mark[0].upper() in {"REGEX", "REPLACE"} and marks[place + 1][0] == "(":
            yield mark[0].upper(), _arguments(marks[place + 2 :])


def _arguments(marks: Sequence[re.Match[str]]) -> list[re.Match[str] | None]:
    """Return the arguments of a call from the tokens after its bracket."""
    arguments: list[list[re.Match[str]]] = [[]]
    depth = 0
    for mark in marks:
        if depth == 0 and mark[0] == ")":
            break
        if depth == 0 and mark[0] == ",":
            arguments.append([])
            continue
        depth += (mark[0] in {"(", "{", "["}) - (mark[0] in {")", "}", "]"})
        arguments[-1].append(mark)
    return [argument[0] if len(argument) == 1 and argument[0].lastgroup == "string" else None for argument in arguments]


def _value(literal: str) -> str:
    """Return the characters that a string of SPARQL stands for."""
    quotes = 3 if len(literal) >= 6 and literal[:3] in {'"""', "'''"} else 1

    def character(escape: re.Match[str]) -> str:
        name = escape[1]
        return chr(int(name[1:], 16)) if len(name) > 1 else _PLAIN_ESCAPES.get(name, name)

    try:
        return _ESCAPE.sub(character, literal[quotes:-quotes])
    except (ValueError, OverflowError):  # no character has that number, which the engine will say
        return ""


def _refuse_pattern(pattern: str, is_spaced: bool) -> None:
    """Refuse an expression with something that has another meaning in the engine.

    ``is_spaced`` says whether the flag x is set.
    """
    depth = place = 0
    while place < len(pattern):
        mark, rest = pattern[place], pattern[place + 1 :]
        if mark == "\\":
            _refuse_escape(rest, is_in_class=depth > 0)
            place += 1
        elif mark == "[":
            if depth and not pattern.startswith("--", place - 2):
                is_minus = pattern[place - 1] == "-"
                raise _problem("subtraction" if is_minus else "bracket", pattern[place - 1 : place + 1])
            depth += 1
            # A bracket that closes at once stands for itself in the engine; XPath has no empty class.
            place += rest.startswith("^") + (rest.removeprefix("^")[:1] == "]")
        elif mark == "]" and depth:
            depth -= 1
        elif depth and pattern[place : place + 2] in {"&&", "~~", "--"} and not rest.startswith("-["):
            raise _problem("set", pattern[place : place + 2])
        elif is_spaced and (mark == "#" or (depth and mark in " \t\r\n")):
            raise _problem("spaced", mark)
        place += 1


def _refuse_escape(rest: str, *, is_in_class: bool) -> None:
    """Refuse a backslash before what has another meaning in the engine."""
    if rest[:1].isdigit() and not is_in_class:
        raise _problem("group", "\\" + rest[:1])
    if rest[:1] in _CLASSES and rest:
        raise ProblemError("regex", part="\\" + rest[0], instead=_CLASSES[rest[0]])
    if block := re.match(r"[pP]\{Is[^}]*\}?", rest):
        raise _problem("block", "\\" + block[0])


def _refuse_replacement(replacement: str) -> None:
    """Refuse a replacement that the engine would read otherwise."""
    if escape := re.search(r"\\[\\$]", replacement):
        raise _problem("replaced", escape[0], instead="$$" if escape[0] == r"\$" else "\\")
    if group := re.search(r"(?<!\$)(?:\$\$)*\$([0-9])([0-9A-Za-z_])", replacement):
        raise _problem("replaced", f"${group[1]}{group[2]}", instead=f"${{{group[1]}}}{group[2]}")


def _problem(reason: str, part: str, **values: str) -> ProblemError:
    """Return the problem of a part of an expression."""
    return ProblemError(f"regex.{reason}", part=part, **values)
