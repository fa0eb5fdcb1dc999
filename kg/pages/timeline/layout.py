"""The layout of the timeline: years across, rows by situation.

Lengths are in user units, y downwards. Nothing here depends on SVG, colours or languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kg.model.iris import INFERRED, INTENDED
from kg.pages.timeline.data import Date, DatedThing, SituationRow, Timeline, TimeSpan

NameOf = Callable[[str], str]
"""Returns the name of a thing in the language of the drawing."""


@dataclass(frozen=True)
class Dimensions:
    """The dimensions of a drawing.

    ``name`` is the width of the column of names; if 0, names stand above their line. ``left`` and ``right`` bound the
    years, ``undated`` is the middle of the column of undated things. ``large`` and ``small`` are the font sizes of
    situations and answers, ``tick`` is the least distance of marked years.
    """

    width: int
    name: int
    left: int
    right: int
    undated: int
    large: float
    small: float
    tick: int

    @property
    def name_width(self) -> int:
        """The width available for a name."""
        return (self.name or self.width) - 6


WIDE = Dimensions(width=1080, name=290, left=312, right=930, undated=1020, large=16.5, small=13.5, tick=44)
NARROW = Dimensions(width=350, name=0, left=18, right=286, undated=324, large=16, small=13.5, tick=34)


_HEAD = 44
_MIN_YEARS = 8
_FADE = 26
_MARK = 10
"""The characters that tell what is inferred or only intended."""


@dataclass(frozen=True)
class Bar:
    """A span on its line, from ``x`` to ``end``, with faded ends.

    It fades in until ``full``, and out from ``ebb``.
    ``is_start`` marks the time of a beginning. ``to_left`` and ``to_right`` mark ends that the text leaves open.
    ``is_unsaid`` marks what the text does not say to be so.
    """

    x: float
    full: float
    ebb: float
    end: float
    is_start: bool = False
    to_left: bool = False
    to_right: bool = False
    is_unsaid: bool = False


@dataclass(frozen=True)
class TextLabel:
    """A text at a place; ``anchor`` is start or end.

    ``modality`` is that of what the text does not say to be so, else empty.
    """

    x: float
    y: float
    text: str
    language: str = ""
    anchor: str = "start"
    modality: str = ""


@dataclass(frozen=True)
class ThingRow:
    """A thing with its name, and bars or an undated mark.

    ``lyric`` is the line for the quotes, below the rows of its situation.
    """

    thing: DatedThing
    is_situation: bool
    name: tuple[TextLabel, ...]
    y: float
    bars: tuple[Bar, ...]
    words: tuple[TextLabel, ...]
    undated: float | None
    bottom: float
    lyric: float = 0


@dataclass(frozen=True)
class Band:
    """The background of the answers, as wide as their situation's bar."""

    bar: Bar
    top: float
    bottom: float


@dataclass(frozen=True)
class Drawing:
    """The drawing: height, year marks, rows, backgrounds, lines between situations.

    ``more`` has, for each situation with answers not shown, the place, its IRI, and their number.
    """

    dimensions: Dimensions
    height: float
    ticks: tuple[tuple[float, int], ...]
    rows: tuple[ThingRow, ...]
    bands: tuple[Band, ...]
    rules: tuple[float, ...]
    more: tuple[tuple[TextLabel, str, int], ...]


@dataclass
class YearScale:
    """Maps years to x; a year extends to the next one."""

    first: int
    last: int
    left: float
    right: float

    def x(self, year: float) -> float:
        """Return the x at which a year begins."""
        return round(self.left + (year - self.first) * (self.right - self.left) / (self.last - self.first), 1)

    def ticks(self, apart: float) -> tuple[tuple[float, int], ...]:
        """Return round years with their x, at least ``apart`` from each other."""
        year_width = (self.right - self.left) / (self.last - self.first)
        steps = (step * 10**power for power in range(8) for step in (1, 2, 5))
        step = next(step for step in steps if step * year_width >= apart)
        start = -(-self.first // step) * step
        return tuple((self.x(year), year) for year in range(start, self.last + 1, step))


def fit_scale(spans: Iterable[TimeSpan], dimensions: Dimensions) -> YearScale | None:
    """Return the scale that fits all spans, with some margin.

    Returns: None if no span has a year.
    """
    dated = [span for span in spans if span.is_dated]
    if not dated:
        return None
    years = [year for span in dated for year in span.years]
    first, last = min(years), max(years) + 1
    spare = max(1, round((last - first) / 14))
    first -= spare if any(span.start.kind in {"open", "unknown"} for span in dated) else 0
    last += spare
    missing = max(0, _MIN_YEARS - (last - first))
    return YearScale(first - missing // 2, last + (missing + 1) // 2, dimensions.left, dimensions.right)


def place_bar(date: Date, scale: YearScale) -> Bar:
    """Return the bar of a date.

    A firm end is an edge, a vague one fades over its years, an open one extends to the border of the years.
    """
    start, end = date.span.start, date.span.end
    x, full = (scale.x(start.first), scale.x(start.last + 1)) if start.kind == "vague" else (scale.x(start.first),) * 2
    ebb, stop = (scale.x(end.first), scale.x(end.last + 1)) if end.kind == "vague" else (scale.x(end.last + 1),) * 2
    if start.kind in {"open", "unknown"}:
        full = ebb if start.kind == "open" else max(scale.left, ebb - _FADE)
        x = scale.left if start.kind == "open" else max(scale.left, full - _FADE)
    if end.kind in {"open", "unknown"}:
        ebb = full if end.kind == "open" else min(scale.right, full + _FADE)
        stop = scale.right if end.kind == "open" else min(scale.right, ebb + _FADE)
    if full > ebb:  # both ends lie in the same years: fade in up to their middle, then out
        full = ebb = round((x + stop) / 2, 1)
    return Bar(x, full, ebb, stop, date.is_start, start.kind == "open", end.kind == "open", bool(_unsaid(date)))


def _unsaid(item: Date | DatedThing) -> str:
    """Return the modality of what is inferred or intended, else nothing."""
    modality = item.statement.modality if item.statement else ""
    return modality if modality in {INFERRED, INTENDED} else ""


@dataclass
class _RowLayout:
    """Places rows from top to bottom; ``y`` is the bottom so far."""

    dimensions: Dimensions
    scale: YearScale
    name_of: NameOf
    y: float = _HEAD
    rows: list[ThingRow] = field(default_factory=list)

    def row(self, thing: DatedThing, *, is_situation: bool) -> ThingRow:
        """Add the row of a thing; a long name takes two lines."""
        dimensions, size = self.dimensions, self.dimensions.large if is_situation else self.dimensions.small
        indent = 0 if is_situation else 16
        leading = round(size * 1.28, 1)
        modality = _unsaid(thing)
        columns = (dimensions.name_width - indent) / (size * 0.5)
        lines = wrap_text(self.name_of(thing.iri), columns - _MARK * bool(modality), 2)
        top = self.y + (size if is_situation else size * 0.95)
        name = tuple(TextLabel(indent, round(top + place * leading, 1), text) for place, text in enumerate(lines))
        name = (*name[:-1], replace(name[-1], modality=modality))
        y = top - size * 0.32 if dimensions.name else name[-1].y + 13
        self.y = max(name[-1].y + 8, y + 15) if dimensions.name else y + 13
        bars = tuple(place_bar(date, self.scale) for date in thing.dates if date.span.is_dated)
        words = tuple(self._words(thing, bars, round(y, 1)))
        undated = None if bars else dimensions.undated
        row = ThingRow(thing, is_situation, name, round(y, 1), bars, words, undated, self.y)
        self.rows.append(row)
        return row

    def _words(self, thing: DatedThing, bars: Iterable[Bar], y: float) -> Iterator[TextLabel]:
        """Yield the words for dates, where nothing else stands."""
        taken = [(bar.x - 7, bar.end + (38 if bar.is_start else 7)) for bar in bars]
        for date in thing.dates:
            words = date.span.words
            if words is None:
                continue
            modality = _unsaid(date)
            need = (len(words.text) + _MARK * bool(modality)) * 5.9 + 12
            for x, anchor in self._places_for_words(date, need):
                extent = (x, x + need - 12) if anchor == "start" else (x - need + 12, x)
                if not any(left < extent[1] and right > extent[0] for left, right in taken):
                    taken.append(extent)
                    yield TextLabel(x, y + 4, words.text, words.language, anchor, modality)
                    break

    def _places_for_words(self, date: Date, need: float) -> Iterator[tuple[float, str]]:
        """Yield places for words of a width, the best first."""
        if not date.span.is_dated:
            yield self.dimensions.undated - 10, "end"
            return
        drawn = place_bar(date, self.scale)
        after = drawn.end + (40 if drawn.is_start else 8)
        if after + need <= self.dimensions.right + 34 and not drawn.to_right:
            yield after, "start"
        if drawn.x - need >= self.dimensions.left:
            yield drawn.x - 8, "end"


def lay_out(timeline: Timeline, name_of: NameOf, dimensions: Dimensions) -> Drawing | None:
    """Return the drawing of a page of the timeline.

    Returns: None if nothing on the page has a year.
    """
    groups: list[tuple[DatedThing | None, Sequence[DatedThing], SituationRow | None]] = [
        (row.situation, row.answers, row) for row in timeline.rows
    ]
    groups += [(None, (thing,), None) for thing in (*timeline.apart, *timeline.in_words)]
    things = [thing for head, under, _ in groups for thing in (*([head] if head else []), *under)]
    scale = fit_scale((date.span for thing in things for date in thing.dates), dimensions)
    if scale is None:
        return None
    placed, bands, rules, more = _RowLayout(dimensions, scale, name_of), [], [], []
    for head, under, group in groups:
        rules.append(round(placed.y, 1))
        placed.y, first_row = placed.y + 10, len(placed.rows)
        top = placed.row(head, is_situation=True) if head else None
        for thing in under:
            placed.row(thing, is_situation=False)
        if group and group.count > len(under):
            placed.y += 12
            more.append((TextLabel(16, round(placed.y, 1), ""), group.situation.iri, group.count - len(under)))
            placed.y += 6
        if top:
            bands += [Band(bar, round(top.y, 1), round(placed.y + 4, 1)) for bar in top.bars]
        placed.y += 20 if dimensions.name else 12
        placed.rows[first_row:] = [replace(row, lyric=round(placed.y - 6, 1)) for row in placed.rows[first_row:]]
    return Drawing(
        dimensions,
        round(placed.y + 26, 1),
        scale.ticks(dimensions.tick),
        tuple(placed.rows),
        tuple(bands),
        tuple(rules),
        tuple(more),
    )


def wrap_text(text: str, columns: float, most: int) -> list[str]:
    """Wrap the text to ``most`` lines of ``columns`` characters, with an ellipsis."""
    lines, room = [""], int(columns)
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
        if len(lines) > most:
            break
    cut = [line if len(line) <= room else f"{line[: room - 1]}…" for line in lines[:most]]
    if len(lines) > most and not cut[-1].endswith("…"):
        cut[-1] = f"{cut[-1][: room - 1]}…"
    return cut
