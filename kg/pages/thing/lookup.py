"""IRIs of things: those known, nearest, and with pages."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from kg.model import release_files
from kg.model.iris import DCT, OA, OWL, RDF, SKOS, SR
from kg.pages.releases.data import version_key
from kg.pages.shared.graph_queries import Evaluate, format_iris, select_rows, select_strings

MAX_NEAREST = 5
"""Most things that are offered in place of a missing one."""

_MAX_CANDIDATES = 20_000
"""Most things of a kind whose ids are compared."""

MAX_FRAGMENTS = 10_000
"""Most IRIs with a fragment that are found by what stands before it."""

_STATE = f"""SELECT ?thing ?there ?what ?value WHERE {{ VALUES ?thing {{ %s }}
  BIND(EXISTS {{ ?thing ?p ?o }} || EXISTS {{ ?s ?p ?thing }} AS ?there)
  OPTIONAL {{ {{ ?thing <{RDF}type> ?value BIND("kind" AS ?what) }}
    UNION {{ ?thing <{OWL}deprecated> ?value BIND("gone" AS ?what) }}
    UNION {{ ?thing <{SKOS}changeNote> ?value BIND("reason" AS ?what) }}
    UNION {{ ?thing <{DCT}isReplacedBy> ?value BIND("successor" AS ?what) }} }} }}"""
_SAME_KIND = f"""SELECT DISTINCT ?thing WHERE {{
  ?kind <{SR}idSegment> ?segment . FILTER(STR(?segment) = "%s") ?thing a ?kind }} LIMIT {_MAX_CANDIDATES}"""


@dataclass(frozen=True)
class LookupResult:
    """A known thing: its classes, or why it was withdrawn.

    ``reasons`` are by language; ``successor`` is empty where there is none. ``siblings`` are the other things at its
    address, whose IRIs differ in the fragment only. ``release`` is the kept release that has the thing, where this one
    knows nothing of it.
    """

    iri: str
    kinds: frozenset[str] = frozenset()
    is_gone: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)
    successor: str = ""
    siblings: tuple[str, ...] = ()
    release: str = ""


def look_up(evaluate: Evaluate, iris: Sequence[str]) -> LookupResult | None:
    """Return the first of the IRIs that the graph knows, or None.

    One query.
    """
    facts: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in select_rows(evaluate, _STATE % format_iris(iris)) if iris else ():
        if row["there"]["value"] == "true":
            known = facts.setdefault(row["thing"]["value"], [])
            if "what" in row:
                known.append((row["what"]["value"], row["value"]))
    iri = next((iri for iri in iris if iri in facts), None)
    if iri is None:
        return None
    kinds = frozenset(str(value["value"]) for what, value in facts[iri] if what == "kind")
    if kinds or not any(what == "gone" and value["value"] in {"true", "1"} for what, value in facts[iri]):
        return LookupResult(iri, kinds)
    reasons = {value.get("xml:lang", ""): str(value["value"]) for what, value in facts[iri] if what == "reason"}
    successors = sorted(str(value["value"]) for what, value in facts[iri] if what == "successor")
    return LookupResult(iri, is_gone=True, reasons=reasons, successor=successors[0] if successors else "")


def look_up_kept(releases: Path, iris: Sequence[str]) -> LookupResult | None:
    """Return the first IRI that a kept release describes, the newest first.

    Assertions and passages go when a statement does; nobody lists them one by one as withdrawn.
    """
    for graph in sorted(releases.glob(f"*/{release_files.GRAPH}"), key=lambda path: version_key(path.parent.name))[
        ::-1
    ]:
        for iri in iris:
            if _describes(graph, iri):
                return LookupResult(iri, is_gone=True, release=graph.parent.name)
    return None


def _describes(graph: Path, iri: str) -> bool:
    """Return whether sorted N-Quads have a subject.

    The lines are halved again and again where they lie, so that nothing is kept in memory.
    """
    wanted = f"<{iri}> ".encode()
    with graph.open("rb") as file:
        if not file.seek(0, 2):
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
            low, high = 0, len(lines)
            while low < high:
                start = lines.rfind(b"\n", 0, (low + high) // 2) + 1
                end = lines.find(b"\n", start) + 1 or len(lines)
                if lines[start:end] < wanted:
                    low = end
                else:
                    high = start
            return lines[low : low + len(wanted)] == wanted


def nearest_iris(evaluate: Evaluate, local_id: str, base: str) -> list[str]:
    """Return the IRIs of a kind most like ``<kind>/<slug>``."""
    segment, _, slug = local_id.partition("/")
    if not re.fullmatch(r"[a-z0-9-]+", segment) or not slug:
        return []
    start = f"{base}id/{segment}/"
    slugs = [
        row["thing"].removeprefix(start)
        for row in select_strings(evaluate, _SAME_KIND % segment)
        if row["thing"].startswith(start)
    ]
    hits = process.extract(slug, slugs, scorer=fuzz.ratio, limit=MAX_NEAREST, score_cutoff=50)
    return [f"{start}{hit}" for hit, _, _ in hits]


def iris_with_fragment(evaluate: Evaluate, starts: Iterable[str]) -> list[str]:
    """Return the things whose IRIs have these starts and a fragment, sorted.

    Reads all things; at most MAX_FRAGMENTS are returned. Errors: ProblemError where that takes too long.
    """
    begin = " || ".join(f'STRSTARTS(STR(?thing), "{start}")' for start in dict.fromkeys(starts))
    pattern = f"{{ SELECT DISTINCT ?thing WHERE {{ ?thing ?p ?o }} }} FILTER(CONTAINS(STR(?thing), '#') && ({begin}))"
    query = f"SELECT ?thing WHERE {{ {pattern} }} ORDER BY ?thing LIMIT {MAX_FRAGMENTS}"
    return [row["thing"] for row in select_strings(evaluate, query)]


_SELECTORS = f"<{OA}TextQuoteSelector>, <{OA}TextPositionSelector>"
"""The classes of selectors, which have no page: they are shown with their passage."""

_WITH_PAGES = f"?thing a ?class FILTER(?class NOT IN ({_SELECTORS}) && isIRI(?thing) && (%s))"


def count_things(evaluate: Evaluate, starts: Iterable[str]) -> int:
    """Return the number of things whose IRIs have these starts.

    Errors: ProblemError where they cannot be counted in time.
    """
    (row,) = select_strings(evaluate, f"SELECT (COUNT(DISTINCT ?thing) AS ?n) WHERE {{ {_pattern(starts)} }}")
    return int(row["n"])


def list_things(evaluate: Evaluate, starts: Iterable[str], size: int, offset: int) -> list[str]:
    """Return ``size`` of the IRIs from the offset on, sorted.

    Errors: ProblemError where they cannot be found in time.
    """
    query = f"SELECT DISTINCT ?thing WHERE {{ {_pattern(starts)} }} ORDER BY ?thing LIMIT {size} OFFSET {offset}"
    return [row["thing"] for row in select_strings(evaluate, query)]


def _pattern(starts: Iterable[str]) -> str:
    return _WITH_PAGES % " || ".join(f'STRSTARTS(STR(?thing), "{start}")' for start in dict.fromkeys(starts))
