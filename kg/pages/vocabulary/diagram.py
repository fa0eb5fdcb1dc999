"""The diagram of a vocabulary: domains, main properties, ranges.

The three columns read as sentences: class, property, class. Lengths are in user units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kg.pages.vocabulary.data import GraphVocabulary, VocabularyTerm

MAX_PAIRS = 8
"""Most pairs of classes of a property; one with more would hide the others, and only the tables have it."""

MAX_PROPERTIES = 40
WIDTH, STEP, TOP = 730, 26, 34
FROM, LEFT, MIDDLE, RIGHT, TO = 150, 235, 362, 490, 575
"""The x where the left classes end, a property begins, its middle, its end, and where the right classes begin."""


@dataclass(frozen=True)
class DiagramNode:
    """A class or property; ``depth`` is 1 for a subclass."""

    iri: str
    y: float
    depth: int = 0


@dataclass(frozen=True)
class Curve:
    """A curve between class and property: SVG path, coloured by class."""

    path: str
    kind: str


@dataclass(frozen=True)
class Diagram:
    """The diagram; ``left_out`` has main properties with too many classes."""

    left: tuple[DiagramNode, ...]
    middle: tuple[DiagramNode, ...]
    right: tuple[DiagramNode, ...]
    lines: tuple[Curve, ...]
    left_out: tuple[str, ...]

    @property
    def height(self) -> float:
        """The height of the diagram."""
        return max((node.y for node in (*self.left, *self.middle, *self.right)), default=0) + STEP


def draw(vocabulary: GraphVocabulary) -> Diagram:
    """Return the diagram of the object properties.

    If any need evidence, only these are drawn.
    """
    classes = {term.iri for term in vocabulary.classes}
    between = [
        term
        for term in vocabulary.properties
        if term.has_things and term.domains and term.ranges and classes.issuperset([*term.domains, *term.ranges])
    ]
    main = [term for term in between if term.needs_evidence] or between
    drawn = [term for term in main if len(term.domains) * len(term.ranges) <= MAX_PAIRS][:MAX_PROPERTIES]
    left_out = [term.iri for term in main if term not in drawn]
    left = _column(vocabulary, drawn, lambda term: term.domains)
    right = _column(vocabulary, drawn, lambda term: term.ranges)
    rows = max(len(drawn), len(left), len(right))
    middle = _spread([(term.iri, 0) for term in drawn], rows)
    placed = [_spread(column, rows) for column in (left, right)]
    return Diagram(placed[0], middle, placed[1], tuple(_lines(drawn, placed[0], middle, placed[1])), tuple(left_out))


def _column(
    vocabulary: GraphVocabulary, properties: Sequence[VocabularyTerm], ends: Callable[[VocabularyTerm], tuple[str, ...]]
) -> list[tuple[str, int]]:
    """Return the classes at one end of the properties, with their depth.

    They are ordered by the mean place of their properties, each subclass below its class.
    """
    places: dict[str, list[int]] = {}
    for place, term in enumerate(properties):
        for iri in ends(term):
            places.setdefault(iri, []).append(place)
    above = {term.iri: next((super_ for super_ in term.supers if super_ in places), "") for term in vocabulary.classes}

    def height(iri: str) -> float:
        return sum(places[iri]) / len(places[iri])

    column = []
    for iri in sorted((iri for iri in places if not above[iri]), key=height):
        column.append((iri, 0))
        column += [(sub, 1) for sub in sorted(places, key=height) if above[sub] == iri]
    placed = {iri for iri, _ in column}
    column += [(iri, 1) for iri in places if iri not in placed]  # deeper than two levels
    return column


def _spread(column: Sequence[tuple[str, int]], rows: int) -> tuple[DiagramNode, ...]:
    """Return the nodes of a column, spread over the height."""
    step = rows * STEP / len(column) if column else 0
    return tuple(
        DiagramNode(iri, round(TOP + (place + 0.5) * step, 1), depth) for place, (iri, depth) in enumerate(column)
    )


def _lines(
    properties: Sequence[VocabularyTerm],
    left: Sequence[DiagramNode],
    middle: Sequence[DiagramNode],
    right: Sequence[DiagramNode],
) -> Iterable[Curve]:
    before, band, after = ({node.iri: node.y for node in column} for column in (left, middle, right))
    for term in properties:
        y = band[term.iri]
        for iri in term.domains:
            yield Curve(_curve(FROM, before[iri], LEFT, y), iri)
        for iri in term.ranges:
            yield Curve(_curve(RIGHT, y, TO, after[iri]), iri)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of a curve with horizontal ends."""
    middle = (x1 + x2) / 2
    return f"M{x1} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2} {y2:g}"
