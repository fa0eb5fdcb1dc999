"""The drawing of a vocabulary: which classes its main properties lead from, and which they lead to.

Three columns are read as sentences: a class, a property, a class. Lengths are user units of the drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kg.pages.vocabulary.data import Term, Vocabulary

MOST_LINES = 8
"""A property with more pairs of classes than this would hide the others; the tables have it."""

MOST_PROPERTIES = 40
WIDTH, STEP, TOP = 730, 26, 34
FROM, LEFT, MIDDLE, RIGHT, TO = 150, 235, 362, 490, 575
"""Where the classes on the left end, where the band of a property begins, its middle and end, and the classes on the
right begin."""


@dataclass(frozen=True)
class Node:
    """A class or a property at its height; ``depth`` is 1 for a class under the one above it."""

    iri: str
    y: float
    depth: int = 0


@dataclass(frozen=True)
class Line:
    """A curve between a class and a property: the path of SVG, and the class that gives it its colour."""

    path: str
    kind: str


@dataclass(frozen=True)
class Diagram:
    """Everything that is drawn; ``left_out`` names main properties that have too many classes to be drawn."""

    left: tuple[Node, ...]
    middle: tuple[Node, ...]
    right: tuple[Node, ...]
    lines: tuple[Line, ...]
    left_out: tuple[str, ...]

    @property
    def height(self) -> float:
        """The height of the drawing."""
        return max((node.y for node in (*self.left, *self.middle, *self.right)), default=0) + STEP


def draw(vocabulary: Vocabulary) -> Diagram:
    """The drawing of the properties between things, those that need evidence where any does."""
    classes = {term.iri for term in vocabulary.classes}
    between = [
        term
        for term in vocabulary.properties
        if term.has_things and term.domains and term.ranges and classes.issuperset([*term.domains, *term.ranges])
    ]
    main = [term for term in between if term.needs_evidence] or between
    drawn = [term for term in main if len(term.domains) * len(term.ranges) <= MOST_LINES][:MOST_PROPERTIES]
    left_out = [term.iri for term in main if term not in drawn]
    left = _column(vocabulary, drawn, lambda term: term.domains)
    right = _column(vocabulary, drawn, lambda term: term.ranges)
    rows = max(len(drawn), len(left), len(right))
    middle = _spread([(term.iri, 0) for term in drawn], rows)
    placed = [_spread(column, rows) for column in (left, right)]
    return Diagram(placed[0], middle, placed[1], tuple(_lines(drawn, placed[0], middle, placed[1])), tuple(left_out))


def _column(
    vocabulary: Vocabulary, properties: Sequence[Term], ends: Callable[[Term], tuple[str, ...]]
) -> list[tuple[str, int]]:
    """The classes at one end of the properties, each about as high as these, a subclass under its class."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(properties):
        for iri in ends(term):
            places.setdefault(iri, []).append(place)
    above = {term.iri: next((one for one in term.supers if one in places), "") for term in vocabulary.classes}

    def height(iri: str) -> float:
        return sum(places[iri]) / len(places[iri])

    column = []
    for iri in sorted((one for one in places if not above[one]), key=height):
        column.append((iri, 0))
        column += [(one, 1) for one in sorted(places, key=height) if above[one] == iri]
    column += [(one, 1) for one in places if all(one != iri for iri, _ in column)]  # deeper than two levels
    return column


def _spread(column: Sequence[tuple[str, int]], rows: int) -> tuple[Node, ...]:
    """The nodes of a column over the whole height."""
    step = rows * STEP / len(column) if column else 0
    return tuple(Node(iri, round(TOP + (place + 0.5) * step, 1), depth) for place, (iri, depth) in enumerate(column))


def _lines(
    properties: Sequence[Term], left: Sequence[Node], middle: Sequence[Node], right: Sequence[Node]
) -> Iterable[Line]:
    before, band, after = ({node.iri: node.y for node in column} for column in (left, middle, right))
    for term in properties:
        y = band[term.iri]
        for iri in term.domains:
            yield Line(_curve(FROM, before[iri], LEFT, y), iri)
        for iri in term.ranges:
            yield Line(_curve(RIGHT, y, TO, after[iri]), iri)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """A curve that leaves and arrives level."""
    middle = (x1 + x2) / 2
    return f"M{x1} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2} {y2:g}"
