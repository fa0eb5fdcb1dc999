"""Small help to write descriptions as triples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import TYPE, XSD

Value = NamedNode | Literal
Pair = tuple[str, Value | Iterable[Value] | None]


def describe(subject: NamedNode, classes: Iterable[str], *pairs: Pair) -> list[Triple]:
    """The triples of one subject in the order given; a value of None says nothing."""
    types = [Triple(subject, TYPE, NamedNode(iri)) for iri in classes]
    said = [Triple(subject, NamedNode(p), value) for p, values in pairs for value in _listed(values)]
    return list(dict.fromkeys([*types, *said]))


def _listed(values: Value | Iterable[Value] | None) -> Iterator[Value]:
    if isinstance(values, NamedNode | Literal):
        yield values
    elif values is not None:
        yield from values


def words(by_language: Mapping[str, str]) -> list[Value]:
    """The texts as literals in their languages; empty ones are left out."""
    return [Literal(text, language=tag) for tag, text in by_language.items() if text]


def typed(value: str, datatype: str) -> Literal:
    """A literal of an XML Schema datatype."""
    return Literal(value, datatype=NamedNode(XSD + datatype))


def node(iri: str) -> NamedNode | None:
    """The IRI as a node, or None where it is empty."""
    return NamedNode(iri) if iri else None
