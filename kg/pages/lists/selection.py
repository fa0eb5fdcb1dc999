"""Which things of a kind are chosen, and the queries that say so: the one that people read, and those of its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kg.model.iris import PREFIXES, RDF, SR, curie, expand_curie, is_iri
from kg.pages.lists.list_config import Frame, Way, path
from kg.pages.shared.graph_queries import format_iris, sparql_iri

FILTERS = 8
"""How many filters a list takes at once."""

_APART = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"|#[^\n]*")
"""What no prefix stands in: an IRI, a string, a comment."""

_ABOUT = 72
"""How many characters of a name a comment in a query repeats."""


@dataclass(frozen=True)
class Choice:
    """A filter: the things from which this way leads to this value."""

    way: Way
    value: str


@dataclass(frozen=True)
class Selection:
    """Things of a kind: those that meet all choices and lie in these years, in this order.

    ``since`` and ``until`` are years; None is an open end. ``sort`` is a way of the frame, or None for the name.
    """

    frame: Frame
    choices: tuple[Choice, ...] = ()
    since: int | None = None
    until: int | None = None
    sort: Way | None = None
    descending: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether it is less than all things of the kind."""
        return bool(self.choices) or self.is_dated

    @property
    def is_dated(self) -> bool:
        """Whether years are given."""
        return self.since is not None or self.until is not None

    @property
    def variable(self) -> str:
        """The name of the things in queries."""
        return re.sub(r"\W", "_", self.frame.kind.segment, flags=re.ASCII)

    def without(self, choice: Choice) -> Selection:
        """The selection with one choice less."""
        return replace(self, choices=tuple(each for each in self.choices if each != choice))


@dataclass(frozen=True)
class Said:
    """What the comments of a query say, in the reader's language: names of ways and values, and a few phrases."""

    title: str
    ways: Mapping[Way, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    years: str = ""
    joined: str = ""


def conditions(selection: Selection, note: Callable[[Choice], str] = lambda _: "") -> list[str]:
    """The lines of SPARQL that choose the things; ``note`` gives a comment for each choice."""
    thing, classes = f"?{selection.variable}", selection.frame.kind.classes
    if len(classes) == 1:
        lines = [f"{thing} a {sparql_iri(classes[0])} ."]
    else:
        lines = [f"VALUES ?class {{ {' '.join(map(sparql_iri, classes))} }}", f"{thing} a ?class ."]
    for choice in selection.choices:
        lines.append(f"{thing} {path(choice.way.path)} {sparql_iri(choice.value)} .{note(choice)}")
    if selection.is_dated:
        lines += _years(selection, thing)
    return lines


def _years(selection: Selection, thing: str) -> list[str]:
    """The lines that choose things whose time can lie in the years; a bound that the text leaves open is open.

    The engine answers a selection inside once. FILTER EXISTS it would answer for each thing, and without the
    selection of spans it would follow every way to every span: minutes and a third of a second on 60,000 things.
    """
    within = [f"COALESCE(?from <= {selection.until}, true)"] if selection.until is not None else []
    within += [f"COALESCE(?to >= {selection.since}, true)"] if selection.since is not None else []
    return [
        f"{{ SELECT DISTINCT {thing} WHERE {{",
        "    { SELECT ?time WHERE {",
        "        ?time a sr:TimeSpan .",
        "        OPTIONAL { ?time sr:earliestYear ?from }",
        "        OPTIONAL { ?time sr:latestYear ?to }",
        f"        FILTER((BOUND(?from) || BOUND(?to)) && {' && '.join(within)})",
        "    } }",
        f"    {thing} {'|'.join(path(way) for way in selection.frame.times)} ?time .",
        "} }",
    ]


def counting(selection: Selection) -> str:
    """The query for the number ``?n`` of things chosen."""
    return _query(f"SELECT (COUNT(DISTINCT ?{selection.variable}) AS ?n)", conditions(selection))


def some(selection: Selection, limit: int, offset: int) -> str:
    """The query for some of the things chosen, ``?thing``, in no order: the engine reads no more of them."""
    head = f"SELECT DISTINCT (?{selection.variable} AS ?thing)"
    return _query(head, conditions(selection), f"LIMIT {limit} OFFSET {offset}")


def every(selection: Selection, language: str) -> str:
    """The query for all things chosen, ``?thing``, each with its name ``?label`` and what it is sorted by, ``?key``."""
    thing, way = f"?{selection.variable}", selection.sort
    lines = conditions(selection) + _label(selection.frame, thing, language, "?name")
    head = f"SELECT ({thing} AS ?thing) (MIN(?name) AS ?label)"
    if way:
        lines += _sorting(way, thing, language)
        head += " (COUNT(DISTINCT ?sorted) AS ?key)" if way.inverse else " (MIN(?sorted) AS ?key)"
    return _query(head, lines, f"GROUP BY {thing}")


def faceting(selection: Selection, way: Way, limit: int) -> str:
    """The query for the values of a way that most of the things chosen have, with the number of these things."""
    thing = f"?{selection.variable}"
    lines = [*conditions(selection), f"{thing} {path(way.path)} ?value ."]
    if way.path == (RDF + "type",):
        lines.append(f"VALUES ?value {{ {format_iris(selection.frame.kind.classes)} }}")
    head = f"SELECT ?value (COUNT(DISTINCT {thing}) AS ?n)"
    return _query(head, lines, f"GROUP BY ?value ORDER BY DESC(?n) ?value LIMIT {limit}")


def written(selection: Selection, language: str, said: Said) -> str:
    """The query behind a list, as people read it: names, columns, comments, and the prefixes that it needs.

    Its rows are those of all pages of the list together; a cell holds the names of its values, joined.
    """
    thing = f"?{selection.variable}"
    body = conditions(
        selection,
        lambda choice: f"   # {_brief(said.ways.get(choice.way, ''))}: {_brief(said.names.get(choice.value, ''))}",
    )
    if selection.is_dated:
        body.append(f"# {_brief(said.years)}")
    body += _label(selection.frame, thing, language, "?label") if selection.frame.languages else _quotes(selection)
    columns = {way: _variable(way, selection.variable) for way in selection.frame.columns}
    if columns:
        body += ["", f"# {_brief(said.joined)}"]
    for way, variable in columns.items():
        body += _column(selection, way, variable, language, _brief(said.ways.get(way, "")))
    sort = columns.get(selection.sort) if selection.sort else None
    key = f"?{sort}" if sort else "LCASE(STR(?label))" if selection.frame.label else thing
    order = f"ORDER BY {'DESC' if selection.descending else ''}{f'({key})' if selection.descending else key} {thing}"
    head = " ".join([thing, *(["?label"] if selection.frame.label else []), *(f"?{name}" for name in columns.values())])
    return _query(f"SELECT DISTINCT {head}", body, order, start=f"# {_brief(said.title)}\n")


def _quotes(selection: Selection) -> list[str]:
    """The lines that gather the words that name a thing, where it has several, as a statement has quotes."""
    if not selection.frame.label:
        return []
    return _column(selection, Way(selection.frame.label, is_thing=False), "label", "", "")


def _label(frame: Frame, thing: str, language: str, variable: str) -> list[str]:
    """The line that gives the name of a thing, in the language where there are names in it."""
    if not frame.label:
        return []
    tongue = language if language in frame.languages else next(iter(frame.languages), None)
    chosen = "" if tongue is None else f' FILTER(LANG({variable}) = "{tongue}")'
    return [f"OPTIONAL {{ {thing} {path(frame.label)} {variable} .{chosen} }}"]


def _sorting(way: Way, thing: str, language: str) -> list[str]:
    """The line that binds ``?sorted``: the name, the word or the first year of a value; the thing that points here."""
    if way.inverse:
        return [f"OPTIONAL {{ ?sorted {path(way.path)} {thing} }}"]
    if way.is_time:
        return [f"OPTIONAL {{ {thing} {path(way.path)}/sr:earliestYear ?sorted }}"]
    if not way.is_thing:
        return [f"OPTIONAL {{ {thing} {path(way.path)} ?sorted }}"]
    return [f'OPTIONAL {{ {thing} {path(way.path)}/{_NAMES} ?sorted . FILTER(LANG(?sorted) = "{language}") }}']


_NAMES = "(skos:prefLabel|rdfs:label)"


def _column(selection: Selection, way: Way, variable: str, language: str, title: str) -> list[str]:
    """The lines that gather the values of a column in one cell: their names, or their number where they point here."""
    thing = f"?{selection.variable}"
    inside = conditions(replace(selection, choices=(), since=None, until=None))
    if way.inverse:
        head = f"(COUNT(DISTINCT ?value) AS ?{variable})"
        inside.append(f"?value {path(way.path)} {thing} .")
    else:
        named = "?name" if way.is_thing else "STR(?value)"
        head = f'(GROUP_CONCAT(DISTINCT {named}; SEPARATOR=" | ") AS ?{variable})'
        inside.append(f"{thing} {path(way.path)} ?value .")
    if way.is_thing and not way.inverse:
        inside += [
            f'OPTIONAL {{ ?value {_NAMES} ?given . FILTER(LANG(?given) = "{language}") }}',
            "BIND(COALESCE(?given, STR(?value)) AS ?name)",
        ]
    return [
        f"OPTIONAL {{{f'   # {title}' if title else ''}",
        f"  SELECT {thing} {head}",
        "  WHERE {",
        *(f"    {line}" for line in inside),
        "  }",
        f"  GROUP BY {thing}",
        "}",
    ]


def _query(head: str, body: Iterable[str], tail: str = "", start: str = "") -> str:
    """The query, with a declaration of each prefix that it uses and no other."""
    text = "\n".join([head, "WHERE {", *(f"  {line}".rstrip() for line in body), "}", *([tail] if tail else [])])
    bare = _APART.sub("", text)
    used = [
        f"PREFIX {prefix}: <{iri}>" for prefix, iri in PREFIXES.items() if re.search(rf"(?<![\w?]){prefix}:\w", bare)
    ]
    return "\n".join([f"{start}{used[0]}", *used[1:], "", text]) if used else start + text


def _variable(way: Way, taken: str) -> str:
    """The name of a column in a query: that of its property."""
    name = re.sub(r"\W", "_", re.split(r"[#/:]", way.path[-1])[-1], flags=re.ASCII) or "value"
    name = f"{name}_of" if way.inverse else name
    return f"{name}_" if name in {taken, "label", "name", "given", "value", "class"} else name


def _brief(text: str) -> str:
    """Words for a comment: on one line, and not endless."""
    line = " ".join(text.split())
    return line if len(line) <= _ABOUT else f"{line[: _ABOUT - 1]}…"


def spelled(iri: str, base: str) -> str:
    """The IRI as addresses of lists write it: the id of a thing of the project, a prefixed name, or itself."""
    local = iri.removeprefix(f"{base}id/")
    if local != iri and re.fullmatch(r"[a-z0-9-]+(/[a-z0-9.-]+)+", local):
        return local
    return curie(iri) or iri


def meant(text: str, base: str) -> str:
    """The IRI that an address means; empty where it means none."""
    iri = expand_curie(text) or text
    if ":" not in text:
        iri = f"{base}id/{text}" if "/" in text else SR + text
    return iri if is_iri(iri) else ""
