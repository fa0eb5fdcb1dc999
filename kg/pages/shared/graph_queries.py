"""SELECT queries of the pages: their rows, and the labels and classes of nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.endpoint.evaluation import Answer, Request
from kg.model.iris import RDF, SR, shorten_iri
from kg.model.labels import LABELS
from kg.pages.shared.kinds import KINDS

Evaluate = Callable[[Request], Answer]
"""What answers the queries of the pages; it may be called from several threads and raises ProblemError."""

Row = dict[str, dict[str, Any]]
"""The bound variables of a solution, each with its term as the JSON results format has it."""


def select_rows(evaluate: Evaluate, query: str) -> list[Row]:
    """The rows of a SELECT.

    Errors: ProblemError where the query is not answered, as for want of time.
    """
    answer = evaluate(Request(query, results="application/sparql-results+json", graph=None))
    rows: list[Row] = json.loads(answer.body)["results"]["bindings"]
    return rows


def select_strings(evaluate: Evaluate, query: str) -> list[dict[str, str]]:
    """The rows of a SELECT, each bound variable with the words of its value."""
    return [{name: str(term["value"]) for name, term in row.items()} for row in select_rows(evaluate, query)]


def format_iris(iris: Iterable[str]) -> str:
    """The IRIs as a VALUES block lists them; they must be IRIs that came from the graph or were checked."""
    return " ".join(f"<{iri}>" for iri in iris)


LABEL_BATCH = 500
"""How many things a query names at most; more are asked for in turn."""

_LABEL_QUERY = "SELECT ?thing ?property ?value WHERE {{ VALUES ?thing {{ {things} }} OPTIONAL {{ {parts} }} }}"
"""One pass by thing: the engine answers OPTIONAL for each one in turn, where a join may read all labels there are."""

_LABEL_PATTERNS = " UNION ".join(
    f"{{ ?thing <{iri}> ?value BIND({place} AS ?property) }}" for place, iri in enumerate((*LABELS, RDF + "type"))
)


@dataclass(frozen=True)
class LangString:
    """A text in one language; the tag is empty where the language is not known."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class LabelledNode:
    """A thing with its labels by language and its classes, the one that readers know first."""

    iri: str
    labels: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The class that says best what the thing is; empty where it has none."""
        return self.kinds[0] if self.kinds else ""

    def label(self, language: str, base: str) -> LangString:
        """The label in the language, else in another, else the IRI as people read it."""
        return pick_language(self.labels, language) or LangString(shorten_iri(self.iri, base))


def pick_language(labels: Mapping[str, str], language: str) -> LangString | None:
    """The text in the language; else without one, else in the first other language; None where there is none."""
    for tag in (language, "", *sorted(labels)):
        if tag in labels:
            return LangString(labels[tag], tag)
    return None


def fetch_labels(evaluate: Evaluate, iris: Iterable[str]) -> dict[str, LabelledNode]:
    """The names of things, also of those that the graph does not describe; a query for each MANY of them."""
    every = list(dict.fromkeys(iris))
    found: dict[str, LabelledNode] = {}
    for start in range(0, len(every), LABEL_BATCH):
        found |= _fetch_batch(evaluate, every[start : start + LABEL_BATCH])
    return found


def _fetch_batch(evaluate: Evaluate, iris: list[str]) -> dict[str, LabelledNode]:
    labels: dict[str, dict[str, tuple[int, str]]] = {}
    kinds: dict[str, set[str]] = {}
    for row in select_rows(evaluate, _LABEL_QUERY.format(things=format_iris(iris), parts=_LABEL_PATTERNS)):
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
        iri: LabelledNode(
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
