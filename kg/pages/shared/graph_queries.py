"""SELECT queries of the pages, labels of nodes, kinds of things."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.endpoint.evaluation import Answer, Request
from kg.model.iris import OA, RDF, SR, curie, shorten_iri
from kg.model.labels import LABELS
from kg.model.languages import Language
from kg.model.messages import N_plural, translate_plural

KINDS: dict[str, tuple[str, str]] = {
    SR + "Initiative": N_plural("initiative", "initiatives"),
    SR + "PopulationGroup": N_plural("population group", "population groups"),
    SR + "Crisis": N_plural("crisis", "crises"),
    SR + "SocialProblem": N_plural("social problem", "social problems"),
    SR + "Offering": N_plural("offering", "offerings"),
    SR + "Approach": N_plural("approach", "approaches"),
    SR + "Aim": N_plural("aim", "aims"),
    SR + "Effect": N_plural("effect", "effects"),
    SR + "Claim": N_plural("claim", "claims"),
    SR + "AdvocacyTheme": N_plural("advocacy theme", "advocacy themes"),
    SR + "Value": N_plural("value", "values"),
    SR + "Setting": N_plural("setting", "settings"),
    SR + "Place": N_plural("place", "places"),
    SR + "TimeSpan": N_plural("time span", "time spans"),
    SR + "Organization": N_plural("organisation", "organisations"),
    SR + "Document": N_plural("document", "documents"),
    SR + "Assertion": N_plural("statement", "statements"),
    OA + "TextQuoteSelector": N_plural("quoted passage", "quoted passages"),
}
"""The kinds that pages count and list, in order: the messages for singular and plural."""

_FAMILIES = {
    "organisation": ("Organization",),
    "initiative": ("Initiative",),
    "public": ("PopulationGroup",),
    "situation": ("Crisis", "SocialProblem", "Situation"),
    "offre": ("Offering", "Approach"),
    "resultat": ("Aim", "Effect", "Outcome"),
    "affirmation": ("Claim", "Value", "AdvocacyTheme"),
    "lieu": ("Place", "Setting"),
    "temps": ("TimeSpan",),
}

FAMILY_BY_KIND = {SR + kind: family for family, kinds in _FAMILIES.items() for kind in kinds}
"""The family of each kind: kinds of a family share a colour, a form of underline and a switch in the reader."""

Evaluate = Callable[[Request], Answer]
"""The function that answers queries; called from several threads, it raises ProblemError."""

Row = dict[str, dict[str, Any]]
"""A solution: the term of each bound variable, as in the JSON results format."""


class HasObject:
    """A triple or statement whose object is a term of JSON results."""

    value: Mapping[str, Any]

    @property
    def object(self) -> str:
        """The IRI of the value; empty where it is a literal."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> str:
        """The text of the value; empty where it is an IRI."""
        return "" if self.object else str(self.value["value"])


def select_rows(evaluate: Evaluate, query: str) -> list[Row]:
    """Return the rows of a SELECT.

    Errors: ProblemError where the query is not answered, for example within the time limit.
    """
    answer = evaluate(Request(query, results="application/sparql-results+json", graph=None))
    rows: list[Row] = json.loads(answer.body)["results"]["bindings"]
    return rows


def select_strings(evaluate: Evaluate, query: str) -> list[dict[str, str]]:
    """Return the rows of a SELECT with values as strings."""
    return [{name: str(term["value"]) for name, term in row.items()} for row in select_rows(evaluate, query)]


def format_iris(iris: Iterable[str]) -> str:
    """Return the IRIs as a VALUES block lists them.

    They are not escaped: they must come from the graph or have been checked.
    """
    return " ".join(f"<{iri}>" for iri in iris)


def sparql_iri(iri: str) -> str:
    """Return the IRI as a CURIE, else in angle brackets."""
    return curie(iri) or f"<{iri}>"


LABEL_BATCH = 500
"""Most nodes in one query for labels; more are asked for in turn."""

_LABEL_QUERY = "SELECT ?thing ?property ?value WHERE {{ VALUES ?thing {{ {things} }} OPTIONAL {{ {parts} }} }}"
"""OPTIONAL makes the engine look up one thing at a time; a join may read all labels of the graph."""

_LABEL_PATTERNS = " UNION ".join(
    f"{{ ?thing <{iri}> ?value BIND({place} AS ?property) }}" for place, iri in enumerate((*LABELS, RDF + "type"))
)


@dataclass(frozen=True)
class LangString:
    """A text and its language tag, empty where the language is unknown."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class LabelledNode:
    """A node with labels by language, and its classes.

    The most familiar class is first.
    """

    iri: str
    labels: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The most familiar class; empty where the node has none."""
        return self.kinds[0] if self.kinds else ""

    def label(self, language: str, base: str) -> LangString:
        """Return the label in the language, another label, or the short IRI."""
        return pick_language(self.labels, language) or LangString(shorten_iri(self.iri, base))


def pick_language(labels: Mapping[str, str], language: str) -> LangString | None:
    """Return the text in a language, else the best other one.

    That is one without language, else that in the first other language. None where there is no text.
    """
    for tag in (language, "", *sorted(labels)):
        if tag in labels:
            return LangString(labels[tag], tag)
    return None


def fetch_labels(evaluate: Evaluate, iris: Iterable[str]) -> dict[str, LabelledNode]:
    """Return a node for each IRI.

    Those that the graph does not describe have neither labels nor classes. One query for each LABEL_BATCH of
    them.
    """
    distinct = list(dict.fromkeys(iris))
    nodes: dict[str, LabelledNode] = {}
    for start in range(0, len(distinct), LABEL_BATCH):
        nodes |= _fetch_batch(evaluate, distinct[start : start + LABEL_BATCH])
    return nodes


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
            texts, ranked = labels.setdefault(iri, {}), (rank, str(value["value"]))
            tag = value.get("xml:lang", "")
            texts[tag] = min(texts.get(tag, ranked), ranked)  # of equal rank the first by alphabet: rows have no order
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
    """Return the sort key of a class.

    Those that pages count come first, then our own, then others.
    """
    return _ORDER.get(kind, len(_ORDER) + (not kind.startswith(SR))), kind


def kind_words(kind: str, language: Language, *, is_plural: bool = False) -> str:
    """Return the name of one thing, or several, of a kind."""
    return translate_plural(*KINDS[kind], 2 if is_plural else 1, language)


def family_of(kind: str) -> str:
    """Return the family of a kind; empty where it has none."""
    return FAMILY_BY_KIND.get(kind, "")
