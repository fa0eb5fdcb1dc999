"""What a graph covers, as a catalogue says it: keywords, places, years."""

from __future__ import annotations

from collections import Counter

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import DCAT, DCT, OWL, SKOS, SR
from kg.release.catalogue.triples import Value, describe, typed, words
from kg.release.formats import Arrangement

_KEYWORDS = 20
_LONGEST = 60
"""How many keywords are given, and the longest that a label may be to serve as one."""

_TOPICS = {SR + name for name in ("Organization", "PopulationGroup", "Situation", "Offering")}
"""The classes whose things serve as keywords: who, for whom, in answer to what, and what is offered."""

_GEONAMES = "https://sws.geonames.org/"


def keywords(arrangement: Arrangement) -> list[Value]:
    """The labels, in all languages, of the topics that the most statements lead to."""
    things = arrangement.graphs.get("things", {})
    kinds = {kind.iri for kind in arrangement.ontology.classes.values() if kind.ancestors & _TOPICS}
    led_to = Counter(
        triple.object
        for triples in things.values()
        for triple in triples
        if isinstance(triple.object, NamedNode) and arrangement.classes.get(triple.object) in kinds
    )
    ranked = sorted(led_to, key=lambda thing: (-led_to[thing], thing.value))
    labels = [arrangement.labels.get(thing, {}) for thing in ranked]
    short = [label for label in labels if label and all(len(text) <= _LONGEST for text in label.values())]
    return [word for label in short[:_KEYWORDS] for word in words(label)]


def places(arrangement: Arrangement) -> list[list[Triple]]:
    """The named places where initiatives are, by their GeoNames IRI where the alignments give one."""
    things, concepts = (arrangement.graphs.get(name, {}) for name in ("things", "concepts"))
    located = {
        triple.object
        for subject, triples in things.items()
        if arrangement.classes.get(subject) == SR + "Initiative"
        for triple in triples
        if isinstance(triple.object, NamedNode) and arrangement.classes.get(triple.object) == SR + "Place"
    }
    groups = []
    for place in sorted(located, key=lambda place: place.value):
        same = [t.object for t in concepts.get(place, []) if t.predicate.value == OWL + "sameAs"]
        known = [iri for iri in same if isinstance(iri, NamedNode) and iri.value.startswith(_GEONAMES)]
        labels = words(arrangement.labels.get(place, {}))
        groups.append(describe([*known, place][0], [DCT + "Location"], (SKOS + "prefLabel", labels)))
    return groups


def period(arrangement: Arrangement, iri: NamedNode) -> list[list[Triple]]:
    """The years that the time spans of the things reach from and to; an open end is left open."""
    earliest: list[int] = []
    latest: list[int] = []
    is_open = False
    for subject, triples in arrangement.graphs.get("things", {}).items():
        if arrangement.classes.get(subject) != SR + "TimeSpan":
            continue
        first, last = _years(triples, "earliestYear"), _years(triples, "latestYear")
        is_open = is_open or bool(first and not last)
        earliest, latest = earliest + first, latest + last
    if not earliest:
        return []
    end = typed(f"{max(latest):04}", "gYear") if latest and not is_open else None
    start = (DCAT + "startDate", typed(f"{min(earliest):04}", "gYear"))
    return [describe(iri, [DCT + "PeriodOfTime"], start, (DCAT + "endDate", end))]


def _years(triples: list[Triple], name: str) -> list[int]:
    values = [triple.object for triple in triples if triple.predicate.value == SR + name]
    return [int(value.value) for value in values if isinstance(value, Literal)]
