"""The shapes, the checks and the validation report as pages show them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.model import release_files
from kg.model.errors import QueryError
from kg.model.iris import HOME, PREFIXES, RDF, RDFS, SH, TYPE, curie, is_iri
from kg.model.query_files import QueryFile, read_queries
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import LabelledNode, fetch_labels
from kg.pages.shared.page_responses import read_release_file

PAGE = 100
"""Results on a page."""


@dataclass(frozen=True)
class ReportedResult:
    """A validation result; ``number`` is its place, from 1.

    ``source`` is the shape or check; ``value`` is a term as in the JSON results format.
    """

    number: int
    severity: str
    source: str
    focus: str
    path: str
    value: Mapping[str, Any] | None
    messages: Mapping[str, str]

    @property
    def is_check(self) -> bool:
        """Whether a check reported it, not a shape."""
        return "#check-" in self.source


@dataclass(frozen=True)
class ReportSummary:
    """A validation report with its counts.

    ``shapes`` and ``checks`` are None if the report does not count them.
    """

    conforms: bool
    violations: int
    warnings: int
    shapes: int | None
    checks: int | None
    results: tuple[ReportedResult, ...]

    def totals(self) -> dict[str, int]:
        """Return the number of results by shape or check, in order."""
        totals: dict[str, int] = {}
        for result in self.results:
            totals[result.source] = totals.get(result.source, 0) + 1
        return totals

    def groups(self, start: int = 0, count: int = PAGE) -> list[tuple[str, list[ReportedResult]]]:
        """Return some results, grouped by shape or check."""
        groups: dict[str, list[ReportedResult]] = {}
        for result in self.results[start : start + count]:
            groups.setdefault(result.source, []).append(result)
        return list(groups.items())


def read_report(text: str) -> ReportSummary | None:
    """Return a report from JSON, or None if it is invalid."""
    try:
        document = json.loads(text)
        rows = document.get("results", [])
        return ReportSummary(
            conforms=bool(document["conforms"]),
            violations=int(document["violations"]),
            warnings=int(document["warnings"]),
            shapes=document.get("shapes"),
            checks=document.get("checks"),
            results=tuple(_result(number, row) for number, row in enumerate(rows, 1)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=2)
def report_of(context: AppContext) -> ReportSummary | None:
    """Return the report of the release served, if it has one."""
    return read_report((read_release_file(context, release_files.REPORT_JSON) or b"").decode(errors="replace"))


def _result(number: int, row: Mapping[str, Any]) -> ReportedResult:
    return ReportedResult(
        number=number,
        severity=str(row["severity"]),
        source=str(row["source"]),
        focus=str(row["focus"]),
        path=str(row.get("path") or ""),
        value=row.get("value"),
        messages=row.get("messages", {}),
    )


SHAPES = HOME + "shapes#"
"""Namespace of shapes and checks; a check is ``shapes#check-`` with its name."""

_KINDS = (NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape"))
_TARGETS = tuple(SH + name for name in ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode"))
_WORDS = tuple(SH + name for name in ("name", "description", "message"))
_NO_CONSTRAINTS = {RDF + "type", SH + "path", SH + "severity", SH + "order", SH + "group", RDFS + "isDefinedBy"}
_NAMES = PREFIXES | {"shape": SHAPES}

RdfTerm = NamedNode | BlankNode | Literal
_Subject = NamedNode | BlankNode
_Facts = Mapping[_Subject, Sequence[tuple[NamedNode, RdfTerm]]]


@dataclass(frozen=True)
class ShapeValue:
    """An IRI or a text that a constraint names."""

    iri: str = ""
    text: str = ""


@dataclass(frozen=True)
class Constraint:
    """A constraint: its parameter without namespace (``minCount``), and its values.

    The members of a list are values of their own.
    """

    parameter: str
    values: tuple[ShapeValue, ...]


@dataclass(frozen=True)
class Shape:
    """A shape; ``targets`` pairs a kind of target (``targetClass``) with an IRI."""

    iri: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    messages: Mapping[str, str]
    severity: str
    """``violation``, ``warning`` or ``info``."""
    targets: tuple[tuple[str, str], ...]
    path: ShapeValue | None
    constraints: tuple[Constraint, ...]
    turtle: str
    """The shape in Turtle, without name, description and message."""

    @property
    def anchor(self) -> str:
        """The anchor in the page: the local name of the IRI."""
        return self.iri.rpartition("#")[2].rpartition("/")[2]

    @property
    def section(self) -> str:
        """The section of the page: recommended, classes, properties, or parts.

        A shape without targets is a part of others.
        """
        if not self.targets:
            return "parts"
        if self.severity != "violation":
            return "recommended"
        return "classes" if any(kind in {"targetClass", "targetNode"} for kind, _ in self.targets) else "properties"


def read_shapes(turtle: bytes) -> list[Shape]:
    """Return the shapes with an IRI in a Turtle file, in order.

    Errors: SyntaxError if it is not Turtle.
    """
    facts: dict[_Subject, list[tuple[NamedNode, RdfTerm]]] = {}
    for triple in parse(turtle, format=RdfFormat.TURTLE):
        if not isinstance(triple.subject, Triple) and not isinstance(triple.object, Triple):
            facts.setdefault(triple.subject, []).append((triple.predicate, triple.object))
    return [
        _shape(node, facts)
        for node, properties in facts.items()
        if isinstance(node, NamedNode) and any((TYPE, kind) in properties for kind in _KINDS)
    ]


@lru_cache(maxsize=2)
def shapes_of(context: AppContext) -> Sequence[Shape]:
    """Return the shapes of the release served, if it has any."""
    try:
        return read_shapes(read_release_file(context, release_files.SHAPES) or b"")
    except SyntaxError:
        return []


@lru_cache(maxsize=2)
def checks_of(context: AppContext) -> dict[str, QueryFile]:
    """Return the project's checks by IRI, if a release is served."""
    try:
        checks = read_queries(context.project.checks) if context.release_info.folder else []
    except QueryError:
        checks = []
    return {f"{SHAPES}check-{check.slug}": check for check in checks}


@lru_cache(maxsize=2)
def names_of(context: AppContext) -> dict[str, LabelledNode]:
    """Return the labels of the terms that the shapes name."""
    iris: dict[str, None] = {}
    for shape in shapes_of(context):
        values = [value for constraint in shape.constraints for value in constraint.values]
        paths = [shape.path] if shape.path else []
        iris |= dict.fromkeys(iri for _, iri in shape.targets)
        iris |= dict.fromkeys(value.iri for value in (*values, *paths) if value.iri)
    return fetch_labels(context.evaluate, filter(is_iri, iris))


def _shape(node: NamedNode, facts: _Facts) -> Shape:
    properties = facts[node]
    severity = next((value.value for name, value in properties if name.value == SH + "severity"), SH + "Violation")
    rest = [(name, value) for name, value in properties if name.value not in {*_WORDS, *_TARGETS, *_NO_CONSTRAINTS}]
    grouped: dict[str, list[ShapeValue]] = {}
    for name, value in rest:
        grouped.setdefault(name.value.removeprefix(SH), []).extend(_values(value, facts))
    return Shape(
        iri=node.value,
        names=_texts(properties, "name"),
        descriptions=_texts(properties, "description"),
        messages=_texts(properties, "message"),
        severity=severity.removeprefix(SH).lower(),
        targets=tuple(
            (name.value.removeprefix(SH), value.value) for name, value in properties if name.value in _TARGETS
        ),
        path=next((_path(value, facts) for name, value in properties if name.value == SH + "path"), None),
        constraints=tuple(Constraint(name, tuple(values)) for name, values in grouped.items()),
        turtle=_turtle(node, [(name, value) for name, value in properties if name.value not in _WORDS], facts),
    )


def _texts(properties: Sequence[tuple[NamedNode, RdfTerm]], name: str) -> dict[str, str]:
    return {
        value.language or "": value.value
        for predicate, value in properties
        if predicate.value == SH + name and isinstance(value, Literal)
    }


def _path(term: RdfTerm, facts: _Facts) -> ShapeValue:
    return ShapeValue(term.value) if isinstance(term, NamedNode) else ShapeValue(text=_to_turtle(term, facts))


def _values(term: RdfTerm, facts: _Facts) -> list[ShapeValue]:
    """Return the values of a constraint, blank nodes as Turtle."""
    if isinstance(term, BlankNode) and (members := _members(term, facts)) is not None:
        return [value for member in members for value in _values(member, facts)]
    if isinstance(term, NamedNode):
        return [ShapeValue(term.value)] if term.value != RDF + "nil" else []
    return [ShapeValue(text=term.value if isinstance(term, Literal) else _to_turtle(term, facts))]


def _members(node: RdfTerm, facts: _Facts) -> list[RdfTerm] | None:
    """Return the members of an RDF list; None for other nodes."""
    members: list[RdfTerm] = []
    seen: set[RdfTerm] = set()
    while isinstance(node, BlankNode) and node not in seen:
        seen.add(node)
        properties = {name.value: value for name, value in facts.get(node, ())}
        if RDF + "first" not in properties:
            return None
        members.append(properties[RDF + "first"])
        node = properties.get(RDF + "rest", NamedNode(RDF + "nil"))
    return members


def _turtle(node: NamedNode, properties: Sequence[tuple[NamedNode, RdfTerm]], facts: _Facts) -> str:
    """Return a subject with its properties in Turtle, one property per line."""
    lines: dict[str, list[str]] = {}
    for name, value in properties:
        lines.setdefault("a" if name == TYPE else _name(name), []).append(_to_turtle(value, facts))
    body = " ;\n    ".join(f"{name} {' , '.join(values)}" for name, values in lines.items())
    return f"{_name(node)} {body} ."


def _to_turtle(term: RdfTerm, facts: _Facts, depth: int = 0) -> str:
    """Return the term in Turtle, a blank node with its properties.

    The depth is limited, since blank nodes may form a cycle.
    """
    if isinstance(term, NamedNode):
        return _name(term)
    if isinstance(term, Literal):
        is_plain = term.datatype.value in {PREFIXES["xsd"] + "integer", PREFIXES["xsd"] + "boolean"}
        return term.value if is_plain else str(term)
    if depth > 8:
        return "[ … ]"
    members = _members(term, facts)
    if members is not None:
        return f"( {' '.join(_to_turtle(member, facts, depth + 1) for member in members)} )"
    inside = " ; ".join(f"{_name(name)} {_to_turtle(value, facts, depth + 1)}" for name, value in facts.get(term, ()))
    return f"[ {inside} ]" if inside else "[]"


def _name(node: NamedNode) -> str:
    """Return the IRI as a CURIE, else in angle brackets."""
    return curie(node.value, _NAMES) or str(node)
