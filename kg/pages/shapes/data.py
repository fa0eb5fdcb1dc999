"""The shapes as their page tells them: what each demands, of what, and with which words it complains (SHACL)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.model.iris import HOME, PREFIXES, RDF, RDFS, SH, TYPE, curie

SHAPES = HOME + "shapes#"
"""The namespace of the shapes; a check is one of them by its name, as ``shapes#check-two-graphs``."""

_KINDS = (NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape"))
_TARGETS = tuple(SH + name for name in ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode"))
_WORDS = tuple(SH + name for name in ("name", "description", "message"))
_APART = {RDF + "type", SH + "path", SH + "severity", SH + "order", SH + "group", RDFS + "isDefinedBy"}
_NAMES = PREFIXES | {"shape": SHAPES}

Term = NamedNode | BlankNode | Literal
_Node = NamedNode | BlankNode
_Facts = Mapping[_Node, Sequence[tuple[NamedNode, Term]]]


@dataclass(frozen=True)
class Value:
    """An IRI or a text that a constraint names."""

    iri: str = ""
    text: str = ""


@dataclass(frozen=True)
class Constraint:
    """A constraint: its parameter without the namespace (``minCount``), and its values; those of a list one by one."""

    parameter: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Shape:
    """A shape; ``targets`` are pairs of a kind of target (``targetClass``) and an IRI."""

    iri: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    messages: Mapping[str, str]
    severity: str
    """``violation``, ``warning`` or ``info``."""
    targets: tuple[tuple[str, str], ...]
    path: Value | None
    constraints: tuple[Constraint, ...]
    turtle: str
    """The shape without its words, in Turtle."""

    @property
    def anchor(self) -> str:
        """Its name in the page: the local name of its IRI."""
        return self.iri.rpartition("#")[2].rpartition("/")[2]

    @property
    def section(self) -> str:
        """Where the page has it: ``recommended``, ``classes``, ``properties``, or ``parts`` where others use it."""
        if not self.targets:
            return "parts"
        if self.severity != "violation":
            return "recommended"
        return "classes" if any(kind in {"targetClass", "targetNode"} for kind, _ in self.targets) else "properties"


def read_shapes(turtle: bytes) -> list[Shape]:
    """The shapes of a Turtle file that have an IRI, in the order of the file.

    Errors: SyntaxError where it is not Turtle.
    """
    facts: dict[_Node, list[tuple[NamedNode, Term]]] = {}
    for triple in parse(turtle, format=RdfFormat.TURTLE):
        if not isinstance(triple.subject, Triple) and not isinstance(triple.object, Triple):
            facts.setdefault(triple.subject, []).append((triple.predicate, triple.object))
    return [
        _shape(node, facts)
        for node, said in facts.items()
        if isinstance(node, NamedNode) and any(one == (TYPE, kind) for one in said for kind in _KINDS)
    ]


def _shape(node: NamedNode, facts: _Facts) -> Shape:
    said = facts[node]
    severity = next((value.value for name, value in said if name.value == SH + "severity"), SH + "Violation")
    rest = [one for one in said if one[0].value not in {*_WORDS, *_TARGETS, *_APART}]
    grouped: dict[str, list[Value]] = {}
    for name, value in rest:
        grouped.setdefault(name.value.removeprefix(SH), []).extend(_values(value, facts))
    return Shape(
        iri=node.value,
        names=_texts(said, "name"),
        descriptions=_texts(said, "description"),
        messages=_texts(said, "message"),
        severity=severity.removeprefix(SH).lower(),
        targets=tuple((name.value.removeprefix(SH), value.value) for name, value in said if name.value in _TARGETS),
        path=next((_path(value, facts) for name, value in said if name.value == SH + "path"), None),
        constraints=tuple(Constraint(name, tuple(found)) for name, found in grouped.items()),
        turtle=_turtle(node, [one for one in said if one[0].value not in _WORDS], facts),
    )


def _texts(said: Sequence[tuple[NamedNode, Term]], name: str) -> dict[str, str]:
    return {
        value.language or "": value.value
        for predicate, value in said
        if predicate.value == SH + name and isinstance(value, Literal)
    }


def _path(term: Term, facts: _Facts) -> Value:
    return Value(term.value) if isinstance(term, NamedNode) else Value(text=_written(term, facts))


def _values(term: Term, facts: _Facts) -> list[Value]:
    """What a value of a constraint names: each member of a list, the inside of a blank node as Turtle."""
    if isinstance(term, BlankNode) and (members := _members(term, facts)) is not None:
        return [value for member in members for value in _values(member, facts)]
    if isinstance(term, NamedNode):
        return [Value(term.value)] if term.value != RDF + "nil" else []
    return [Value(text=term.value if isinstance(term, Literal) else _written(term, facts))]


def _members(node: Term, facts: _Facts) -> list[Term] | None:
    """The members of an RDF list; None where the node is no list."""
    found: list[Term] = []
    seen: set[Term] = set()
    while isinstance(node, BlankNode) and node not in seen:
        seen.add(node)
        said = {name.value: value for name, value in facts.get(node, ())}
        if RDF + "first" not in said:
            return None
        found.append(said[RDF + "first"])
        node = said.get(RDF + "rest", NamedNode(RDF + "nil"))
    return found


def _turtle(node: NamedNode, said: Sequence[tuple[NamedNode, Term]], facts: _Facts) -> str:
    """The subject and what is said of it, a property to a line."""
    lines: dict[str, list[str]] = {}
    for name, value in said:
        lines.setdefault("a" if name == TYPE else _name(name), []).append(_written(value, facts))
    body = " ;\n    ".join(f"{name} {' , '.join(values)}" for name, values in lines.items())
    return f"{_name(node)} {body} ."


def _written(term: Term, facts: _Facts, depth: int = 0) -> str:
    """The term in Turtle; a blank node with what is said of it, as deep as paths and lists of people go."""
    if isinstance(term, NamedNode):
        return _name(term)
    if isinstance(term, Literal):
        is_plain = term.datatype.value in {PREFIXES["xsd"] + "integer", PREFIXES["xsd"] + "boolean"}
        return term.value if is_plain else str(term)
    if depth > 8:
        return "[ … ]"
    members = _members(term, facts)
    if members is not None:
        return f"( {' '.join(_written(one, facts, depth + 1) for one in members)} )"
    inside = " ; ".join(f"{_name(name)} {_written(value, facts, depth + 1)}" for name, value in facts.get(term, ()))
    return f"[ {inside} ]" if inside else "[]"


def _name(node: NamedNode) -> str:
    """The IRI with its prefix where that can be written so."""
    return curie(node.value, _NAMES) or str(node)
