"""Where everything of the timeline stands on its drawing: a score with years across and a stave for each situation.

Lengths are in units of the drawing, y downwards; nothing here knows of SVG, colours or languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from kg.model.iris import SR
from kg.pages.timeline.data import Date, Dated, Stave, Timeline
from kg.pages.timeline.spans import Span

Say = Callable[[str], str]
"""Gives the name of a thing in the language of the drawing."""


@dataclass(frozen=True)
class Layout:
    """The measures of a drawing: names stand in a column of their own, or, where ``name`` is 0, above the line.

    ``left`` and ``right`` bound the years, ``undated`` is the middle of the column of what has no year.
    ``large`` and ``small`` are the sizes of the names of situations and answers, ``line`` the height of a line.
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
    def room(self) -> int:
        """The width for a name."""
        return (self.name or self.width) - 6


WIDE = Layout(width=1080, name=290, left=312, right=930, undated=1020, large=16.5, small=13.5, tick=44)
NARROW = Layout(width=350, name=0, left=18, right=286, undated=324, large=16, small=13.5, tick=34)

INFERRED = SR + "inferred"

_HEAD = 44
_MIN_YEARS = 8
_FADE = 26


@dataclass(frozen=True)
class Bar:
    """A span on its line: from ``x`` to ``end``; it comes in until ``full`` and goes out from ``ebb``.

    ``is_start`` marks the time of a beginning, after which nothing is said. ``to_left`` and ``to_right``
    tell that the text leaves that end open.
    """

    x: float
    full: float
    ebb: float
    end: float
    is_start: bool = False
    to_left: bool = False
    to_right: bool = False


@dataclass(frozen=True)
class Written:
    """Words at a place, with a remark that they are inferred or without; ``anchor`` is start or end."""

    x: float
    y: float
    text: str
    language: str = ""
    anchor: str = "start"
    is_inferred: bool = False


@dataclass(frozen=True)
class Row:
    """A thing with its name on several lines, its bars on the line at ``y``, or its mark where it has no year.

    ``lyric`` is where the words of the text may be shown, on the last line of the stave.
    """

    thing: Dated
    is_situation: bool
    name: tuple[Written, ...]
    y: float
    bars: tuple[Bar, ...]
    words: tuple[Written, ...]
    undated: float | None
    bottom: float
    lyric: float = 0


@dataclass(frozen=True)
class Band:
    """The pale ground under the answers to a situation, as wide as its bar."""

    bar: Bar
    top: float
    bottom: float


@dataclass(frozen=True)
class Drawing:
    """The whole: size, years with their place, rows from top to bottom, grounds, and lines between staves."""

    layout: Layout
    height: float
    ticks: tuple[tuple[float, int], ...]
    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    rules: tuple[float, ...]
    more: tuple[tuple[Written, str, int], ...]


@dataclass
class Scale:
    """Turns years into places; a year is as wide as the next one begins."""

    first: int
    last: int
    left: float
    right: float

    def x(self, year: float) -> float:
        """The place where a year begins."""
        return round(self.left + (year - self.first) * (self.right - self.left) / (self.last - self.first), 1)

    def ticks(self, apart: float) -> tuple[tuple[float, int], ...]:
        """Round years with their places, no nearer to each other than ``apart``."""
        wide = (self.right - self.left) / (self.last - self.first)
        steps = (step * 10**power for power in range(8) for step in (1, 2, 5))
        step = next(step for step in steps if step * wide >= apart)
        start = -(-self.first // step) * step
        return tuple((self.x(year), year) for year in range(start, self.last + 1, step))


def scale(spans: Iterable[Span], layout: Layout) -> Scale | None:
    """The scale on which all the spans have room, with some to spare at open ends; None where none has a year."""
    every = [span for span in spans if span.is_dated]
    if not every:
        return None
    years = [year for span in every for year in span.years]
    first, last = min(years), max(years) + 1
    spare = max(1, round((last - first) / 14))
    first -= spare if any(span.start.kind in {"open", "unknown"} for span in every) else 0
    last += spare
    missing = max(0, _MIN_YEARS - (last - first))
    return Scale(first - missing // 2, last + (missing + 1) // 2, layout.left, layout.right)


def bar(date: Date, on: Scale) -> Bar:
    """The bar of a date: firm ends are edges, vague ones fade across the years where they lie, open ones to the rim."""
    start, end = date.span.start, date.span.end
    x, full = (on.x(start.first), on.x(start.last + 1)) if start.kind == "vague" else (on.x(start.first),) * 2
    ebb, stop = (on.x(end.first), on.x(end.last + 1)) if end.kind == "vague" else (on.x(end.last + 1),) * 2
    if start.kind in {"open", "unknown"}:
        full = ebb if start.kind == "open" else max(on.left, ebb - _FADE)
        x = on.left if start.kind == "open" else max(on.left, full - _FADE)
    if end.kind in {"open", "unknown"}:
        ebb = full if end.kind == "open" else min(on.right, full + _FADE)
        stop = on.right if end.kind == "open" else min(on.right, ebb + _FADE)
    if full > ebb:  # both ends lie in the same years: it comes in and goes out in the middle of them
        full = ebb = round((x + stop) / 2, 1)
    return Bar(x, full, ebb, stop, date.is_start, start.kind == "open", end.kind == "open")


@dataclass
class _Pen:
    """Draws row after row and remembers how far down it is."""

    layout: Layout
    on: Scale
    say: Say
    y: float = _HEAD
    rows: list[Row] = field(default_factory=list)

    def row(self, thing: Dated, *, is_situation: bool) -> Row:
        """Draw a thing on its line, or two where its name is long."""
        layout, size = self.layout, self.layout.large if is_situation else self.layout.small
        indent = 0 if is_situation else 16
        leading = round(size * 1.28, 1)
        lines = wrapped(self.say(thing.iri), (layout.room - indent) / (size * 0.5), 2)
        top = self.y + (size if is_situation else size * 0.95)
        name = tuple(Written(indent, round(top + place * leading, 1), text) for place, text in enumerate(lines))
        y = top - size * 0.32 if layout.name else name[-1].y + 13
        self.y = max(name[-1].y + 8, y + 15) if layout.name else y + 13
        bars = tuple(bar(date, self.on) for date in thing.dates if date.span.is_dated)
        words = tuple(self._beside(date, round(y, 1), self.on) for date in thing.dates)
        undated = None if bars else layout.undated
        found = Row(thing, is_situation, name, round(y, 1), bars, tuple(w for w in words if w), undated, self.y)
        self.rows.append(found)
        return found

    def _beside(self, date: Date, y: float, on: Scale) -> Written | None:
        """The words of the text for a time, right of its bar, or left of it, where there is room."""
        words = date.span.words
        if words is None:
            return None
        inferred = date.statement is not None and date.statement.modality == INFERRED
        need = (len(words.text) + 10 * inferred) * 5.9 + 12
        if not date.span.is_dated:
            return Written(self.layout.undated - 10, y + 4, words.text, words.language, "end", inferred)
        drawn = bar(date, on)
        after = drawn.end + (40 if drawn.is_start else 8)
        if after + need <= self.layout.right + 34 and not drawn.to_right:
            return Written(after, y + 4, words.text, words.language, "start", inferred)
        if drawn.x - need >= self.layout.left:
            return Written(drawn.x - 8, y + 4, words.text, words.language, "end", inferred)
        return None


def draw(timeline: Timeline, say: Say, layout: Layout) -> Drawing | None:
    """The drawing of a page of the timeline; None where nothing on it has a year."""
    groups: list[tuple[Dated | None, Sequence[Dated], Stave | None]] = [
        (stave.situation, stave.answers, stave) for stave in timeline.staves
    ]
    groups += [(None, (thing,), None) for thing in (*timeline.apart, *timeline.in_words)]
    things = [thing for head, under, _ in groups for thing in (*([head] if head else []), *under)]
    on = scale((date.span for thing in things for date in thing.dates), layout)
    if on is None:
        return None
    pen, bands, rules, more = _Pen(layout, on, say), [], [], []
    for head, under, stave in groups:
        rules.append(round(pen.y, 1))
        pen.y, begun = pen.y + 10, len(pen.rows)
        top = pen.row(head, is_situation=True) if head else None
        for thing in under:
            pen.row(thing, is_situation=False)
        if stave and stave.count > len(under):
            pen.y += 12
            more.append((Written(16, round(pen.y, 1), ""), stave.situation.iri, stave.count - len(under)))
            pen.y += 6
        if top:
            bands += [Band(each, round(top.y, 1), round(pen.y + 4, 1)) for each in top.bars]
        pen.y += 20 if layout.name else 12
        pen.rows[begun:] = [replace(row, lyric=round(pen.y - 6, 1)) for row in pen.rows[begun:]]
    return Drawing(
        layout, round(pen.y + 26, 1), on.ticks(layout.tick), tuple(pen.rows), tuple(bands), tuple(rules), tuple(more)
    )


def wrapped(text: str, columns: float, most: int) -> list[str]:
    """The text on at most so many lines of about so many letters; what has no room is left out with an ellipsis."""
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
