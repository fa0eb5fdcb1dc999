"""Reads the surface of a query, its tokens, without parsing it.

This finds what must be refused before the engine sees the query, says in plain words what is wrong
with one that the engine could not parse, and tells which queries answer the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kg.endpoint.problems import ProblemError
from kg.model.iris import PREFIXES

MAX_NESTING = 200
"""Deepest nesting of brackets; the engine's parser uses the stack, and a few thousand exhaust it."""

MANY_WORDS = 100
"""How often the word of the clause may stand in a query for which a first look at what follows it is worth while."""

_TOKEN = re.compile(
    r"""(?P<space>\s++)
    |(?P<comment>\#[^\r\n]*+)
    |(?P<string>\"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*+\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*+'''
               |"(?:[^"\\\r\n]|\\.)*+"|'(?:[^'\\\r\n]|\\.)*+')
    |(?P<iri><[^\x00-\x20<>"{}|^`]*+>)
    |(?P<variable>[?$]\w+)
    |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<blank>_:[\w.-]*)
    |(?P<name>(?P<prefix>(?:[^\W\d_](?:[\w.-]*\w)?)?):(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\.)*)
    |(?P<word>\w+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_FILLER = r"(?>\s++|\#[^\r\n]*+)*+"
_CALL = re.compile(
    rf"{_FILLER}(?:SILENT{_FILLER})?(?><[^\x00-\x20<>\"{{}}|^`]*+>|(?:[^\s{{}}\#\\<]|\\.)++){_FILLER}\{{", re.IGNORECASE
)
_SERVICE = re.compile("service", re.IGNORECASE)
_WORD = re.compile(r"service(?:[^\s{}#\\<]|\\.)*+", re.IGNORECASE)
_OPENING = re.compile(rf"{_FILLER}\{{")
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_CHANGING_WORDS = ("NOW", "RAND", "UUID", "BNODE")
_CHANGING = re.compile(rf"(?<![?$])(?:{'|'.join(_CHANGING_WORDS)})[\s#(]", re.IGNORECASE)
_TEMPLATE_PART = re.compile(r"CONSTRUCT|[{}(\[]|_:", re.IGNORECASE)
_CLOSING = {"(": ")", "{": "}", "[": "]"}


def refuse(query: str) -> None:
    """Refuse a query that uses SERVICE or nests too deep.

    Errors: ProblemError.
    """
    if sum(map(query.count, _CLOSING)) > MAX_NESTING:  # else it cannot be too deep
        _demand_flat(query)
    if calls_service(query):
        raise ProblemError("service")


def refuse_update(query: str) -> None:
    """Refuse what changes data, which the engine calls a malformed query.

    Errors: ProblemError.
    """
    word = verb(query)
    if word in _UPDATES:
        raise ProblemError("update.verb", verb=word)


def _demand_flat(query: str) -> None:
    """Refuse a query whose brackets nest too deep."""
    depth = 0
    for bracket in re.finditer(r"[(\[{}\])]", query):
        depth += 1 if bracket[0] in _CLOSING else -1
        if depth > MAX_NESTING:
            raise ProblemError("nesting", limit=MAX_NESTING)


def calls_service(query: str) -> bool:
    """Return whether a SERVICE clause is in the query, however spelled.

    The word in strings, comments, IRIs, variables and local names does not count. Where ``<`` may
    begin an IRI or be "less than", which only a parser can tell (after GRAPH it is the begin of an IRI),
    both readings are followed; and a keyword that touches the token before it (``trueSERVICE``) counts,
    since the engine reads it.
    """
    if "SERVICE" not in query.upper():
        return False
    ends = [found.end() for found in _WORD.finditer(query)]
    if len(ends) <= MANY_WORDS and not any(_OPENING.match(query, end) or _CALL.match(query, end) for end in ends):
        return False  # most often the word is part of an IRI, and nothing needs to be read in two ways
    for token in _readings(query):
        if token.lastgroup == "word":
            start, end = token.span()
        elif token.lastgroup == "name":
            start, end = token.span("prefix")
        else:
            continue
        if any(_CALL.match(query, found.end()) for found in _SERVICE.finditer(query, start, end)):
            return True
    return False


def is_repeatable(query: str) -> bool:
    """Return whether the same data always gives the query the same bytes.

    Not so with NOW, RAND, UUID, STRUUID and BNODE, and where a template makes blank nodes. In doubt
    the answer is no: it costs only a cache entry. The time is linear in the length of any text, since this
    is asked where a query cannot be ended.
    """
    words = query.upper()  # most queries hold none of the words at all, which is found at once
    if any(word in words for word in _CHANGING_WORDS) and _CHANGING.search(query):
        return False
    return "CONSTRUCT" not in words or not _makes_blank_nodes(query)


def _makes_blank_nodes(query: str) -> bool:
    """Return whether a template may have blank nodes.

    These are ``[`` or ``_:`` after CONSTRUCT, or a list in its braces.
    """
    is_construct = is_template = False
    for part in _TEMPLATE_PART.finditer(query):
        if part[0] == "{":
            is_template = is_template or is_construct
        elif part[0] == "}":
            is_template = False
        elif part[0] == "(":
            if is_template:
                return True
        elif part[0] in {"[", "_:"}:
            if is_construct:
                return True
        else:
            is_construct = True
    return False


def prefixes(query: str) -> dict[str, str]:
    """Return the prefixes that the query declares."""
    declared = {}
    words = [token for token in tokens(query) if token.lastgroup not in {"space", "comment"}]
    for keyword, name, iri in zip(words, words[1:], words[2:], strict=False):
        if keyword[0].upper() == "PREFIX" and name.lastgroup == "name" and iri.lastgroup == "iri":
            declared[name["prefix"]] = iri[0][1:-1]
    return declared


def hint(query: str) -> tuple[str, dict[str, str]] | None:
    """Return what is probably wrong with a query that cannot be parsed.

    It is what follows ``syntax.`` in the table of problems, with its values.
    """
    if verb(query) not in _FORMS:
        return "form", {}
    declared = prefixes(query)
    open_brackets: list[str] = []
    for token in tokens(query):
        if token.lastgroup == "name" and token["prefix"] not in declared:
            return "prefix", {"prefix": token["prefix"], "iri": PREFIXES.get(token["prefix"], "...")}
        if token[0] in _CLOSING:
            open_brackets.append(token[0])
        elif token[0] in _CLOSING.values() and (not open_brackets or _CLOSING[open_brackets.pop()] != token[0]):
            return "closing", {"mark": token[0], **_place(query, token.start())}
        elif token[0] in {'"', "'"}:
            return "string", _place(query, token.start())
    if open_brackets:
        return "open", {"mark": open_brackets[-1], "closing": _CLOSING[open_brackets[-1]]}
    return None


def verb(query: str) -> str:
    """Return the first keyword after the prologue in capitals, or ""."""
    for token in tokens(query):
        if token.lastgroup == "word" and token[0].upper() not in {"PREFIX", "BASE"}:
            return token[0].upper()
        if token.lastgroup == "other":
            return ""
    return ""


def tokens(query: str) -> Iterator[re.Match[str]]:
    """Return the tokens of the query.

    Each ``<`` is read as the begin of an IRI where it can be one.
    """
    return _TOKEN.finditer(query)


def _readings(query: str) -> Iterator[re.Match[str]]:
    """Yield the tokens of all readings of the query.

    They differ in whether a ``<`` begins an IRI or is an operator.
    """
    starts, seen = [(0, False)], set[tuple[int, bool]]()
    while starts:
        position, after_graph = starts.pop()
        while position < len(query) and (position, after_graph) not in seen:
            seen.add((position, after_graph))
            token = _TOKEN.match(query, position)
            if token is None:
                break
            yield token
            if token.lastgroup == "iri" and not after_graph:
                starts.append((position + 1, False))
            if token.lastgroup not in {"space", "comment"}:
                after_graph = token.lastgroup == "word" and token[0].upper() == "GRAPH"
            position = token.end()


def _place(query: str, position: int) -> dict[str, str]:
    """Return the line and column of a position, counted from 1."""
    line = query.count("\n", 0, position) + 1
    return {"line": str(line), "column": str(position - query.rfind("\n", 0, position))}


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
            end = _end_of_clause(marks, place, "") if marks[place][0] in _CLOSING else place + 1
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
        if text in _CLOSING and (depth or not bracket or text == bracket):
            depth += 1
        elif text in _CLOSING.values() and depth:
            depth -= 1
            if depth == 0:
                return at + 1
    return len(marks)
