"""The things chosen from a list, and the queries for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kg.model.iris import PREFIXES, RDF, SR, curie, expand_curie, is_iri
from kg.model.messages import N_
from kg.pages.lists.list_config import ListConfig, PropertyPath, sparql_path
from kg.pages.shared.graph_queries import format_iris, sparql_iri

MAX_FILTERS = 8
"""Most filters of a list at once."""

STATEMENT_SETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stated": (N_("as stated"), ("things", "concepts", "ontology")),
    "inferred": (N_("with the editors’ inferences"), ("things", "inferred", "concepts", "ontology")),
    "": (N_("with derived triples"), ()),
}
"""The sets of statements by their names in addresses: words, and the graphs asked; none for the whole graph."""

_NO_PREFIXES = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"|#[^\n]*")
"""IRIs, strings and comments: what looks like a prefix in them is none."""

_MAX_COMMENT = 72
"""Most characters of a name in a comment."""


@dataclass(frozen=True)
class Filter:
    """A filter: only things from which the path leads to the value."""

    path: PropertyPath
    value: str


@dataclass(frozen=True)
class Selection:
    """The things of a kind that meet all filters, in an order.

    ``since`` and ``until`` are years; None leaves that end open. ``sort`` is a path of the config; None is the name.
    ``statements`` names one of STATEMENT_SETS, ``graphs`` the IRI that those of the project begin with.
    """

    config: ListConfig
    filters: tuple[Filter, ...] = ()
    since: int | None = None
    until: int | None = None
    sort: PropertyPath | None = None
    descending: bool = False
    statements: str = ""
    graphs: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the whole graph is asked, with what is only intended."""
        return not self.statements

    @property
    def dataset(self) -> list[str]:
        """The FROM lines that restrict a query to the set."""
        return [f"FROM <{self.graphs}{name}>" for name in STATEMENT_SETS[self.statements][1]]

    @property
    def is_narrowed(self) -> bool:
        """Whether it is less than all things of the kind."""
        return bool(self.filters) or self.is_dated

    @property
    def is_dated(self) -> bool:
        """Whether years are given."""
        return self.since is not None or self.until is not None

    @property
    def variable(self) -> str:
        """The variable of the things in queries."""
        return re.sub(r"\W", "_", self.config.kind.segment, flags=re.ASCII)

    def without(self, filter_: Filter) -> Selection:
        """Return the selection without one of its filters."""
        return replace(self, filters=tuple(other for other in self.filters if other != filter_))


@dataclass(frozen=True)
class QueryComments:
    """The comments of a query, in the reader's language."""

    title: str
    paths: Mapping[PropertyPath, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    years: str = ""
    joined: str = ""


def conditions(selection: Selection, note: Callable[[Filter], str] = lambda _: "") -> list[str]:
    """Return the lines of SPARQL that choose the things.

    ``note`` comments each filter.
    """
    thing, classes = f"?{selection.variable}", selection.config.kind.classes
    if len(classes) == 1:
        lines = [f"{thing} a {sparql_iri(classes[0])} ."]
    else:
        lines = [f"VALUES ?class {{ {' '.join(map(sparql_iri, classes))} }}", f"{thing} a ?class ."]
    for filter_ in selection.filters:
        chosen = filter_.path.pattern(thing, sparql_iri(filter_.value), with_intended=selection.is_whole)
        lines.append(f"{chosen} .{note(filter_)}")
    if selection.is_dated:
        lines += _years(selection, thing)
    return lines


def _years(selection: Selection, thing: str) -> list[str]:
    """Return the lines for things whose time may be these years.

    A bound that the text leaves open is open. The engine evaluates a subquery once. It would evaluate FILTER EXISTS for
    each thing; and without the subquery of spans it would follow every path to every span. On 60,000 things that takes
    minutes, against a third of a second.
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
        f"    {thing} {'|'.join(sparql_path(path) for path in selection.config.times)} ?time .",
        "} }",
    ]


def count_query(selection: Selection) -> str:
    """Return the query for the number ``?n`` of things chosen."""
    return _query(f"SELECT (COUNT(DISTINCT ?{selection.variable}) AS ?n)", conditions(selection), selection.dataset)


def page_query(selection: Selection, limit: int, offset: int) -> str:
    """Return the query for some things chosen, unsorted, as ``?thing``.

    The engine reads no more than ``limit`` of them.
    """
    head = f"SELECT DISTINCT (?{selection.variable} AS ?thing)"
    return _query(head, conditions(selection), selection.dataset, f"LIMIT {limit} OFFSET {offset}")


def all_query(selection: Selection, language: str) -> str:
    """Return the query for all things chosen.

    It binds ``?thing``, its name ``?label``, and ``?key`` to sort by.
    """
    thing, path = f"?{selection.variable}", selection.sort
    lines = conditions(selection) + _label(selection.config, thing, language, "?name")
    head = f"SELECT ({thing} AS ?thing) (MIN(?name) AS ?label)"
    if path:
        lines += _sorting(selection, path, language)
        head += " (COUNT(DISTINCT ?sorted) AS ?key)" if path.inverse else " (MIN(?sorted) AS ?key)"
    return _query(head, lines, selection.dataset, f"GROUP BY {thing}")


def facet_query(selection: Selection, path: PropertyPath, limit: int) -> str:
    """Return the query for the most frequent values of a path."""
    thing = f"?{selection.variable}"
    lines = [*conditions(selection), f"{path.pattern(thing, '?value', with_intended=selection.is_whole)} ."]
    if path.properties == (RDF + "type",):
        lines.append(f"VALUES ?value {{ {format_iris(selection.config.kind.classes)} }}")
    head = f"SELECT ?value (COUNT(DISTINCT {thing}) AS ?n)"
    return _query(head, lines, selection.dataset, f"GROUP BY ?value ORDER BY DESC(?n) ?value LIMIT {limit}")


def display_query(selection: Selection, language: str, comments: QueryComments) -> str:
    """Return the query behind a list, as people read it.

    It has names, columns and comments. Its rows are those of all pages of the list; a cell holds the names of its
    values, joined.
    """
    thing = f"?{selection.variable}"

    def note(filter_: Filter) -> str:
        path, value = comments.paths.get(filter_.path, ""), comments.names.get(filter_.value, "")
        return f"   # {_one_line(path)}: {_one_line(value)}"

    body = conditions(selection, note)
    if selection.is_dated:
        body.append(f"# {_one_line(comments.years)}")
    body += _label(selection.config, thing, language, "?label") if selection.config.languages else _quotes(selection)
    columns = {path: _variable(path, selection.variable) for path in selection.config.columns}
    if columns:
        body += ["", f"# {_one_line(comments.joined)}"]
    for path, variable in columns.items():
        body += _column(selection, path, variable, language, _one_line(comments.paths.get(path, "")))
    sort = columns.get(selection.sort) if selection.sort else None
    key = f"?{sort}" if sort else "LCASE(STR(?label))" if selection.config.label else thing
    order = f"ORDER BY {'DESC' if selection.descending else ''}{f'({key})' if selection.descending else key} {thing}"
    head = " ".join(
        [thing, *(["?label"] if selection.config.label else []), *(f"?{name}" for name in columns.values())]
    )
    return _query(f"SELECT DISTINCT {head}", body, selection.dataset, order, start=f"# {_one_line(comments.title)}\n")


def _quotes(selection: Selection) -> list[str]:
    """Return the lines that join the several quotes that name a thing."""
    if not selection.config.label:
        return []
    return _column(selection, PropertyPath(selection.config.label, is_thing=False), "label", "", "")


def _label(config: ListConfig, thing: str, language: str, variable: str) -> list[str]:
    """Return the line for the name of a thing.

    It is in the language if the list has names in it, else in the commonest one.
    """
    if not config.label:
        return []
    tag = language if language in config.languages else next(iter(config.languages), None)
    restriction = "" if tag is None else f' FILTER(LANG({variable}) = "{tag}")'
    return [f"OPTIONAL {{ {thing} {sparql_path(config.label)} {variable} .{restriction} }}"]


def _sorting(selection: Selection, path: PropertyPath, language: str) -> list[str]:
    """Return the line that binds ``?sorted``.

    That is the name, text or first year of a value, or a thing that points here.
    """
    thing = f"?{selection.variable}"
    if path.inverse:
        return [f"OPTIONAL {{ {path.pattern(thing, '?sorted', with_intended=selection.is_whole)} }}"]
    if path.is_time:
        return [f"OPTIONAL {{ {thing} {sparql_path(path.properties)}/sr:earliestYear ?sorted }}"]
    if not path.is_thing:
        return [f"OPTIONAL {{ {thing} {sparql_path(path.properties)} ?sorted }}"]
    step = path.pattern(thing, "?value", with_intended=selection.is_whole)
    return [f'OPTIONAL {{ {step} . ?value {_NAMES} ?sorted . FILTER(LANG(?sorted) = "{language}") }}']


_NAMES = "(skos:prefLabel|rdfs:label)"


def _column(selection: Selection, path: PropertyPath, variable: str, language: str, title: str) -> list[str]:
    """Return the lines that gather a column in one cell.

    The cell has the names of the values, or the number of things that point here.
    """
    thing = f"?{selection.variable}"
    inside = conditions(replace(selection, filters=(), since=None, until=None))
    if path.inverse:
        head = f"(COUNT(DISTINCT ?value) AS ?{variable})"
    else:
        named = "?name" if path.is_thing else "STR(?value)"
        head = f'(GROUP_CONCAT(DISTINCT {named}; SEPARATOR=" | ") AS ?{variable})'
    inside.append(f"{path.pattern(thing, '?value', with_intended=selection.is_whole)} .")
    if path.is_thing and not path.inverse:
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


def _query(head: str, body: Iterable[str], dataset: Iterable[str], tail: str = "", start: str = "") -> str:
    """Return the query with declarations of the prefixes that it uses."""
    text = "\n".join(
        [head, *dataset, "WHERE {", *(f"  {line}".rstrip() for line in body), "}", *([tail] if tail else [])]
    )
    bare = _NO_PREFIXES.sub("", text)
    used = [
        f"PREFIX {prefix}: <{iri}>" for prefix, iri in PREFIXES.items() if re.search(rf"(?<![\w?]){prefix}:\w", bare)
    ]
    return "\n".join([f"{start}{used[0]}", *used[1:], "", text]) if used else start + text


def _variable(path: PropertyPath, taken: str) -> str:
    """Return the variable of a column: the name of its property."""
    name = re.sub(r"\W", "_", re.split(r"[#/:]", path.properties[-1])[-1], flags=re.ASCII) or "value"
    name = f"{name}_of" if path.inverse else name
    return f"{name}_" if name in {taken, "label", "name", "given", "value", "class"} else name


def _one_line(text: str) -> str:
    """Return a text as one short line for a comment."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_COMMENT else f"{line[: _MAX_COMMENT - 1]}…"


def shorten_value(iri: str, base: str) -> str:
    """Return the IRI as addresses of lists write it.

    That is an id, a CURIE or the IRI.
    """
    local = iri.removeprefix(f"{base}id/")
    if local != iri and re.fullmatch(r"[a-z0-9-]+(/[a-z0-9.-]+)+", local):
        return local
    return curie(iri) or iri


def expand_value(text: str, base: str) -> str:
    """Return the IRI that a value in an address means.

    Empty where it means none.
    """
    iri = expand_curie(text) or text
    if ":" not in text:
        iri = f"{base}id/{text}" if "/" in text else SR + text
    return iri if is_iri(iri) else ""
