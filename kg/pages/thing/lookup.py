"""Finds what stands under an address: a thing that is there, one that is gone, or those whose names are near."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process

from kg.model.iris import DCT, OWL, RDF, SKOS, SR
from kg.pages.shared.graph_queries import Evaluate, format_iris, select_rows, select_strings

MOST_NEAR = 5
"""How many things are offered in place of one that is not there."""

_READ = 20_000
"""How many things of a kind are looked through for near names."""

_STATE = f"""SELECT ?thing ?there ?what ?value WHERE {{ VALUES ?thing {{ %s }}
  BIND(EXISTS {{ ?thing ?p ?o }} || EXISTS {{ ?s ?p ?thing }} AS ?there)
  OPTIONAL {{ {{ ?thing <{RDF}type> ?value BIND("kind" AS ?what) }}
    UNION {{ ?thing <{OWL}deprecated> ?value BIND("gone" AS ?what) }}
    UNION {{ ?thing <{SKOS}changeNote> ?value BIND("reason" AS ?what) }}
    UNION {{ ?thing <{DCT}isReplacedBy> ?value BIND("successor" AS ?what) }} }} }}"""
_KIN = f"""SELECT DISTINCT ?thing WHERE {{
  ?kind <{SR}idSegment> ?segment . FILTER(STR(?segment) = "%s") ?thing a ?kind }} LIMIT {_READ}"""


@dataclass(frozen=True)
class Found:
    """A thing that the graph tells of: its classes, or that it is gone, for what reason and what stands in its place.

    ``reasons`` are by language; ``successor`` is empty where there is none.
    """

    iri: str
    kinds: frozenset[str] = frozenset()
    is_gone: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)
    successor: str = ""


def find(evaluate: Evaluate, iris: Sequence[str]) -> Found | None:
    """The first of the IRIs that the graph tells anything of, or None; one query."""
    told: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in select_rows(evaluate, _STATE % format_iris(iris)) if iris else ():
        if row["there"]["value"] == "true":
            told.setdefault(row["thing"]["value"], [])
            if "what" in row:
                told[row["thing"]["value"]].append((row["what"]["value"], row["value"]))
    iri = next((iri for iri in iris if iri in told), None)
    if iri is None:
        return None
    kinds = frozenset(str(value["value"]) for what, value in told[iri] if what == "kind")
    if kinds or not any(what == "gone" and value["value"] in {"true", "1"} for what, value in told[iri]):
        return Found(iri, kinds)
    reasons = {value.get("xml:lang", ""): str(value["value"]) for what, value in told[iri] if what == "reason"}
    successors = sorted(str(value["value"]) for what, value in told[iri] if what == "successor")
    return Found(iri, is_gone=True, reasons=reasons, successor=successors[0] if successors else "")


def nearest(evaluate: Evaluate, local_id: str, base: str) -> list[str]:
    """The IRIs of things of the kind that an id names, ``<kind>/<slug>``, those whose ids are most like it."""
    segment, _, slug = local_id.partition("/")
    if not re.fullmatch(r"[a-z0-9-]+", segment) or not slug:
        return []
    start = f"{base}id/"
    start = f"{base}id/{segment}/"
    known = [
        row["thing"].removeprefix(start)
        for row in select_strings(evaluate, _KIN % segment)
        if row["thing"].startswith(start)
    ]
    hits = process.extract(slug, known, scorer=fuzz.ratio, limit=MOST_NEAR, score_cutoff=50)
    return [f"{start}{hit}" for hit, _, _ in hits]
