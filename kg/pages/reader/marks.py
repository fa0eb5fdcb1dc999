"""Passages in a text: paragraphs, underlines, and text with marks.

Pure functions over code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_PARAGRAPH = re.compile(r"\S(?:(?!\n[^\S\n]*\n).)*", re.DOTALL)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class TextRun:
    """A stretch of a document: its words and first code point."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The code point after the last one."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class PassageMark:
    """An underline below a passage, of a family, in a lane.

    ``lane`` counts from 1, next to the words, among all underlines; ``alone`` among those of its family, for when no
    others are shown.
    """

    start: int
    end: int
    family: str
    lane: int = 1
    alone: int = 1

    @property
    def anchor(self) -> str:
        """The URL fragment of the passage."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class Piece:
    """A step in a marked text: ends, beginnings, sentence number, words.

    ``closing`` is how many marks end here. ``anchor`` is that of the shortest passage that holds the words, empty where
    none does; ``depth`` is the outermost lane under them.
    """

    text: str
    closing: int = 0
    opening: tuple[PassageMark, ...] = ()
    sentence: int = 0
    anchor: str = ""
    depth: int = 0


def split_paragraphs(text: str, longest: int) -> list[TextRun]:
    """Return the paragraphs of a text, which blank lines separate.

    One of more than ``longest`` code points is cut at white space.
    """
    runs = []
    for match in _PARAGRAPH.finditer(text):
        start, end = match.start(), match.start() + len(match[0].rstrip())
        while end - start > longest:
            spaces = [space.end() for space in _SPACE.finditer(text, start + longest // 2, start + longest)]
            cut = spaces[-1] if spaces else start + longest
            runs.append(TextRun(start, text[start:cut]))
            start = cut
        runs.append(TextRun(start, text[start:end]))
    return runs


def merge_quotes(quotes: Iterable[tuple[int, str]]) -> list[TextRun]:
    """Return runs of text from quotes that overlap or touch.

    A quote is the code point where it begins, and its words.
    """
    runs: list[TextRun] = []
    for start, words in sorted(quotes):
        if runs and start <= runs[-1].end:
            runs[-1] = TextRun(runs[-1].start, runs[-1].text + words[runs[-1].end - start :])
        else:
            runs.append(TextRun(start, words))
    return runs


def assign_lanes(spans: Iterable[tuple[int, int, str]]) -> list[PassageMark]:
    """Return marks for spans (start, end, family), each in a lane.

    A mark keeps its lane over its whole length. A passage lies below those that begin before it and hold it, so
    that there are not many more lines under a word than passages that hold it.
    """
    distinct = sorted(set(spans), key=lambda span: (span[0], -span[1], span[2]))
    lane = _first_free_lanes(distinct)
    alone: dict[tuple[int, int, str], int] = {}
    for family in {family for _, _, family in distinct}:
        alone |= _first_free_lanes([span for span in distinct if span[2] == family])
    return [PassageMark(*span, lane[span], alone[span]) for span in distinct]


def _first_free_lanes(spans: Sequence[tuple[int, int, str]]) -> dict[tuple[int, int, str], int]:
    """Return the first free lane of each span, in the order given.

    Lines that touch would look like one, so they take different lanes.
    """
    lanes: list[list[tuple[int, int]]] = []
    numbers = {}
    for span in spans:
        start, end, _ = span
        free = (n for n, lane in enumerate(lanes) if all(end < begin or finish < start for begin, finish in lane))
        number = next(free, len(lanes))
        if number == len(lanes):
            lanes.append([])
        lanes[number].append((start, end))
        numbers[span] = number + 1
    return numbers


def weave(run: TextRun, marks: Sequence[PassageMark], sentences: Mapping[int, int]) -> list[Piece]:
    """Return a run cut wherever a mark begins or ends.

    Marks nest as HTML elements must. A mark that crosses another is closed and opened again where the other ends.
    ``sentences`` gives the number of the sentence that begins at a code point. The last piece has no words; it
    closes the marks.
    """
    marks = [mark for mark in marks if mark.start < run.end and run.start < mark.end and mark.start < mark.end]
    starts: dict[int, list[PassageMark]] = {}
    for mark in marks:
        starts.setdefault(max(mark.start, run.start), []).append(mark)
    ends = {min(mark.end, run.end) for mark in marks}
    numbered = {place for place in sentences if run.start <= place < run.end}
    borders = sorted({run.start, run.end} | ends | starts.keys() | numbered)
    pieces: list[Piece] = []
    opened: list[PassageMark] = []
    for place, following in zip(borders, [*borders[1:], run.end], strict=True):
        keep = next((n for n, mark in enumerate(opened) if mark.end <= place or place == run.end), len(opened))
        again = [mark for mark in opened[keep:] if mark.end > place] if place < run.end else []
        opening = sorted(again + starts.get(place, []), key=lambda mark: (-mark.end, mark.start, mark.family))
        closing, opened = len(opened) - keep, opened[:keep] + opening
        pieces.append(
            Piece(
                run.text[place - run.start : following - run.start],
                closing,
                tuple(opening),
                sentences.get(place, 0) if place < run.end else 0,
                min(opened, key=lambda mark: (mark.end - mark.start, mark.start)).anchor if opened else "",
                max((mark.lane for mark in opened), default=0),
            )
        )
    return pieces
