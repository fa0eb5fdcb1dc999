"""A list of things as a page shows it: lines with their cells, and filters with their counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import Lock

from kg.model.iris import RDF
from kg.pages.lists.list_config import Frame, Kind, Way, path, read_frame, read_kinds
from kg.pages.lists.selection import Choice, Selection, counting, every, faceting, some
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    Row,
    fetch_labels,
    format_iris,
    select_rows,
    select_strings,
)
from kg.pages.shared.text_analysis import strip_accents

PAGE = 50
"""How many things a page of a list shows."""

TOP = 20
"""How many values a filter offers at most."""

CELL = 4
"""How many values a cell shows; of things that point here more are only counted."""

MANY = 2_000
"""Up to how many things are put in order and the values of their filters counted for each page."""

DISTINCT = 20_000
"""How many different values of all filters together are counted at most, the commonest first."""


@dataclass(frozen=True)
class Value:
    """What a cell holds: a thing by its IRI, or words."""

    iri: str = ""
    words: LangString | None = None


@dataclass(frozen=True)
class Cell:
    """What a thing has in a column: the first values, and how many there are."""

    values: tuple[Value, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Line:
    """A thing of a list: its words where it is named by a quote, and a cell for each column."""

    iri: str
    label: LangString | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Facet:
    """A filter: a way with its commonest values, each with the number of things that it leaves.

    ``is_counted`` tells whether these numbers hold for the things chosen; if not, the values are those of
    all things of the kind. ``has_more`` tells that there are further values, ``is_closed`` that none
    have been asked for yet, since the list is long.
    """

    way: Way
    values: tuple[tuple[str, int], ...]
    is_counted: bool
    has_more: bool
    is_closed: bool = False


@dataclass(frozen=True)
class Listing:
    """A page of a list: what was chosen, how many things that is, the lines of this page, filters and names."""

    selection: Selection
    page: int
    total: int
    lines: tuple[Line, ...]
    facets: tuple[Facet, ...]
    names: Mapping[str, LabelledNode]
    loosened: Mapping[Choice, int] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.total // PAGE))

    @property
    def is_sorted(self) -> bool:
        """Whether the things are few enough to be put in order."""
        return self.total <= MANY


class Lists:
    """The lists of one set of data; what holds for all pages of a kind is asked once and kept."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._ask = evaluate
        self._frames: dict[str, Frame] = {}
        self._facets: dict[tuple[str, Way], list[tuple[str, int]]] = {}
        self._lock = Lock()
        self._count = lru_cache(1_000)(lambda query: int(select_strings(evaluate, query)[0]["n"]))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds by the segment of their address."""
        return read_kinds(self._ask)

    def frame(self, segment: str) -> Frame:
        """What the lists of a kind show.

        Errors: KeyError where there is no such kind.
        """
        kind = self.kinds[segment]
        if segment not in self._frames:
            self._frames[segment] = read_frame(self._ask, kind)
        return self._frames[segment]

    def show(self, selection: Selection, page: int, language: str, opened: str = "") -> Listing:
        """A page of a list, counted from 1; one after the last has no lines.

        ``opened`` is the key of the filter whose values are wanted where the list is too long to ask for all.
        """
        total, offset = self._total(selection), (page - 1) * PAGE
        if total <= MANY:
            rows = _ordered(select_rows(self._ask, every(selection, language)), selection)
            found, facets = rows[offset : offset + PAGE], self._facets_of(selection, [_thing(row) for row in rows])
        else:
            found = select_rows(self._ask, some(selection, PAGE, offset))
            facets = self._facets_of_kind(selection, opened)
        cells = self._cells(selection.frame.columns, [_thing(row) for row in found])
        lines = tuple(_line(selection, row, cells) for row in found)
        shown = tuple(facet for facet in facets if _helps(facet, total))
        loosened = {} if total else self._loosened(selection)
        return Listing(selection, page, total, lines, shown, self._names(selection, lines, shown), loosened)

    def _total(self, selection: Selection) -> int:
        if not selection.is_narrowed and len(selection.frame.kind.classes) == 1:
            return selection.frame.kind.count
        return self._count(counting(selection))

    def _cells(self, columns: tuple[Way, ...], things: list[str]) -> dict[tuple[str, Way], Cell]:
        """The cells of the things, by thing and column; three queries, whatever the number of things.

        Of what points at a thing only the number is asked for first: there may be 50,000 of them.
        """
        ahead, back = [way for way in columns if not way.inverse], [way for way in columns if way.inverse]
        cells = _gathered(self._beside(ahead, things), ahead)
        counted: dict[tuple[str, Way], int] = {}
        for row in self._beside(back, things, "(COUNT(?value) AS ?n)", "GROUP BY ?thing ?way"):
            if "way" in row:
                counted[_thing(row), back[int(row["way"]["value"])]] = int(row["n"]["value"])
        cells |= {key: Cell((), n) for key, n in counted.items()}
        for way in back:
            few = [thing for thing in things if counted.get((thing, way), CELL + 1) <= CELL]
            cells |= _gathered(self._beside([way], few), [way])
        return cells

    def _beside(self, ways: Sequence[Way], things: Sequence[str], head: str = "?value", tail: str = "") -> list[Row]:
        """What the ways lead to from each of the things: rows of ``?thing``, ``?value`` and ``?way``, its place.

        The engine answers OPTIONAL for each thing in turn, where a join may read all triples of a property.
        """
        if not ways or not things:
            return []
        steps = [_step(way, f"{place}") for place, way in enumerate(ways)]
        pattern = f"VALUES ?thing {{ {format_iris(things)} }} OPTIONAL {{ {' UNION '.join(steps)} }}"
        return select_rows(self._ask, f"SELECT ?thing ?way {head} WHERE {{ {pattern} }} {tail}")

    def _facets_of(self, selection: Selection, things: list[str]) -> list[Facet]:
        """The filters with how many of these things each value has; one query."""
        ways = selection.frame.facets
        if not ways or not things:
            return []
        steps = [_step(way, f"{place}", selection.frame.kind.classes) for place, way in enumerate(ways)]
        pattern = (
            f"VALUES ?thing {{ {format_iris(things)} }} OPTIONAL {{ {' UNION '.join(steps)} }} FILTER(isIRI(?value))"
        )
        query = f"SELECT ?way ?value (COUNT(DISTINCT ?thing) AS ?n) WHERE {{ {pattern} }}"
        found: dict[int, list[tuple[str, int]]] = {}
        for row in select_strings(self._ask, f"{query} GROUP BY ?way ?value ORDER BY DESC(?n) ?value LIMIT {DISTINCT}"):
            if "way" in row:
                found.setdefault(int(row["way"]), []).append((row["value"], int(row["n"])))
        taken = set(selection.choices)
        facets = []
        for place, way in enumerate(ways):
            left = [each for each in found.get(place, []) if Choice(way, each[0]) not in taken]
            facets.append(Facet(way, tuple(left[:TOP]), True, len(left) > TOP))
        return facets

    def _facets_of_kind(self, selection: Selection, opened: str) -> list[Facet]:
        """The filters with the values that all things of the kind have, those that somebody has opened yet.

        Each takes a tenth of a second and more on 60,000 things, so that only one is asked for at a time.
        """
        segment, taken = selection.frame.kind.segment, set(selection.choices)
        facets = []
        for way in selection.frame.facets:
            with self._lock:  # counted once, also where many ask at the same time
                if (segment, way) not in self._facets and way.key != opened:
                    facets.append(Facet(way, (), is_counted=False, has_more=False, is_closed=True))
                    continue
                if (segment, way) not in self._facets:
                    rows = select_strings(self._ask, faceting(Selection(selection.frame), way, TOP + 1))
                    self._facets[segment, way] = [(row["value"], int(row["n"])) for row in rows if "value" in row]
            left = [each for each in self._facets[segment, way] if Choice(way, each[0]) not in taken]
            facets.append(Facet(way, tuple(left[:TOP]), not selection.is_narrowed, len(left) > TOP))
        return facets

    def _loosened(self, selection: Selection) -> dict[Choice, int]:
        """How many things there would be without each of the choices."""
        return {each: self._total(selection.without(each)) for each in selection.choices}

    def _names(
        self, selection: Selection, lines: tuple[Line, ...], facets: tuple[Facet, ...]
    ) -> dict[str, LabelledNode]:
        named = [line.iri for line in lines]
        named += [value.iri for line in lines for cell in line.cells for value in cell.values if value.iri]
        named += [value for facet in facets for value, _ in facet.values]
        named += [choice.value for choice in selection.choices] + [*selection.frame.kind.classes]
        for way in (*selection.frame.columns, *selection.frame.facets):
            named += way.path
        return fetch_labels(self._ask, named)


def _thing(row: Row) -> str:
    return str(row["thing"]["value"])


def _step(way: Way, place: str, classes: Iterable[str] = ()) -> str:
    """The pattern for one way, numbered; for that to the classes, with those of the kind only."""
    way_ = path(way.path, bare=True)
    step = f"?value {way_} ?thing" if way.inverse else f"?thing {way_} ?value"
    among = f" FILTER(?value IN ({', '.join(f'<{one}>' for one in classes)}))" if way.path == (RDF + "type",) else ""
    return f"{{ {step} BIND({place} AS ?way){among} }}"


def _ordered(rows: list[Row], selection: Selection) -> list[Row]:
    """The rows in the order that was asked for; what has nothing to be sorted by comes last."""
    rows = sorted((row for row in rows if "thing" in row), key=_place)
    if not selection.sort:
        return rows[::-1] if selection.descending else rows
    bound = sorted((row for row in rows if "key" in row), key=_by_key, reverse=selection.descending)
    return bound + [row for row in rows if "key" not in row]


def _line(selection: Selection, row: Row, cells: Mapping[tuple[str, Way], Cell]) -> Line:
    thing, label = str(row["thing"]["value"]), row.get("label")
    quoted = (
        LangString(str(label["value"]), label.get("xml:lang", "")) if label and not selection.frame.languages else None
    )
    return Line(thing, quoted, tuple(cells.get((thing, way), Cell()) for way in selection.frame.columns))


def _gathered(rows: list[Row], ways: Sequence[Way]) -> dict[tuple[str, Way], Cell]:
    """The cells that rows of thing, property and value make."""
    found: dict[tuple[str, Way], dict[Value, None]] = {}
    for row in rows:
        if "value" not in row:
            continue
        term = row["value"]
        value = (
            Value(term["value"])
            if term["type"] == "uri"
            else Value("", LangString(term["value"], term.get("xml:lang", "")))
        )
        found.setdefault((_thing(row), ways[int(row["way"]["value"])]), {})[value] = None
    return {key: Cell(tuple(sorted(each, key=str)[:CELL]), len(each)) for key, each in found.items()}


def _helps(facet: Facet, total: int) -> bool:
    """Whether a filter leaves fewer things than there are; one of class says what the list is made of."""
    if facet.is_closed or not facet.is_counted:
        return facet.is_closed or bool(facet.values)
    return any(n < total for _, n in facet.values)


def _place(row: Row) -> tuple[bool, str, str]:
    """What sorts things by their names; those without one come last."""
    label = str(row.get("label", {}).get("value", ""))
    return not label, in_order(label), str(row["thing"]["value"])


def _by_key(row: Row) -> tuple[float, str]:
    """What sorts values: numbers by size, words as a dictionary does."""
    term = row["key"]
    is_number = term.get("datatype", "").endswith(("#integer", "#decimal", "#double"))
    return (float(term["value"]), "") if is_number else (0.0, in_order(term["value"]))


def in_order(text: str) -> str:
    """The text as a dictionary sorts it: without accents, signs at its start, and large letters."""
    letters = strip_accents(text)
    return letters.lstrip(" \t\n«»“”\"'’()[]-–—.…") or letters
