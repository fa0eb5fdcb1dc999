"""What things are called and of which kind they are, many things in one query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kg.model.iris import RDF, SR, shorten_iri
from kg.model.labels import LABELS
from kg.pages.shared.graph_queries import Ask, select, values
from kg.pages.shared.kinds import KINDS

MANY = 500
"""How many things a query names at most; more are asked for in turn."""

_NAMES = "SELECT ?thing ?property ?value WHERE {{ VALUES ?thing {{ {things} }} OPTIONAL {{ {parts} }} }}"
"""One pass by thing: the engine answers OPTIONAL for each one in turn, where a join may read all labels there are."""

_PARTS = " UNION ".join(
    f"{{ ?thing <{iri}> ?value BIND({place} AS ?property) }}" for place, iri in enumerate((*LABELS, RDF + "type"))
)


@dataclass(frozen=True)
class Words:
    """A text in one language; the tag is empty where the language is not known."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Name:
    """A thing with its labels by language and its classes, the one that readers know first."""

    iri: str
    labels: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The class that says best what the thing is; empty where it has none."""
        return self.kinds[0] if self.kinds else ""

    def words(self, language: str, base: str) -> Words:
        """The label in the language, else in another, else the IRI as people read it."""
        return in_language(self.labels, language) or Words(shorten_iri(self.iri, base))


def in_language(labels: Mapping[str, str], language: str) -> Words | None:
    """The text in the language; else without one, else in the first other language; None where there is none."""
    for tag in (language, "", *sorted(labels)):
        if tag in labels:
            return Words(labels[tag], tag)
    return None


def name_all(ask: Ask, iris: Iterable[str]) -> dict[str, Name]:
    """The names of things, also of those that the graph does not describe; a query for each MANY of them."""
    every = list(dict.fromkeys(iris))
    found: dict[str, Name] = {}
    for start in range(0, len(every), MANY):
        found |= _name(ask, every[start : start + MANY])
    return found


def _name(ask: Ask, iris: list[str]) -> dict[str, Name]:
    labels: dict[str, dict[str, tuple[int, str]]] = {}
    kinds: dict[str, set[str]] = {}
    for row in select(ask, _NAMES.format(things=values(iris), parts=_PARTS)):
        if "value" not in row:
            continue
        iri, rank, value = row["thing"]["value"], int(row["property"]["value"]), row["value"]
        if rank == len(LABELS):
            kinds.setdefault(iri, set()).add(str(value["value"]))
        elif value["type"] == "literal":
            given, told = labels.setdefault(iri, {}), (rank, str(value["value"]))
            tag = value.get("xml:lang", "")
            given[tag] = min(given.get(tag, told), told)  # the first by alphabet, so that pages stay the same
    return {
        iri: Name(
            iri,
            {tag: label for tag, (_, label) in sorted(labels.get(iri, {}).items())},
            tuple(sorted(kinds.get(iri, ()), key=_rank)),
        )
        for iri in iris
    }


_ORDER = {kind: place for place, kind in enumerate(KINDS)}


def _rank(kind: str) -> tuple[int, str]:
    """What sorts the classes of a thing: those that pages count, then our own, then others."""
    return _ORDER.get(kind, len(_ORDER) + (not kind.startswith(SR))), kind
