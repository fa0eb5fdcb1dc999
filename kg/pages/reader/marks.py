"""How passages lie in a text: paragraphs, lanes of lines under the words, and text and lines woven into one sequence.

Pure functions over code points, for any page that shows a text with lines under its passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_PARAGRAPH = re.compile(r"\S(?:(?!\n[^\S\n]*\n).)*", re.DOTALL)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Run:
    """A stretch of a document: its words and the code point at which they begin."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The code point after the last one."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Mark:
    """A line under a passage: whose passage, in the manner of which family, in which lane.

    ``lane`` counts from 1, the line next to the words, among all lines; ``alone`` counts among the
    lines of its family, for when no others are shown.
    """

    start: int
    end: int
    family: str
    lane: int = 1
    alone: int = 1

    @property
    def anchor(self) -> str:
        """The fragment of the passage."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class Piece:
    """A step in a text with its lines: lines that end, lines that begin, a sentence's number, then words.

    ``closing`` are as many as end here; ``anchor`` is the shortest passage that holds the words, empty
    where none does, and ``depth`` the outermost lane under them.
    """

    text: str
    closing: int = 0
    opening: tuple[Mark, ...] = ()
    sentence: int = 0
    anchor: str = ""
    depth: int = 0


def paragraphs(text: str, longest: int) -> list[Run]:
    """The paragraphs of a text, which blank lines part; one over ``longest`` code points is cut at a space."""
    found = []
    for match in _PARAGRAPH.finditer(text):
        start, end = match.start(), match.start() + len(match[0].rstrip())
        while end - start > longest:
            spaces = [space.end() for space in _SPACE.finditer(text, start + longest // 2, start + longest)]
            cut = spaces[-1] if spaces else start + longest
            found.append(Run(start, text[start:cut]))
            start = cut
        found.append(Run(start, text[start:end]))
    return found


def runs_of(quotes: Iterable[tuple[int, str]]) -> list[Run]:
    """What quotes that overlap or touch say together; each is given as the code point where it begins and its words."""
    runs: list[Run] = []
    for start, words in sorted(quotes):
        if runs and start <= runs[-1].end:
            runs[-1] = Run(runs[-1].start, runs[-1].text + words[runs[-1].end - start :])
        else:
            runs.append(Run(start, words))
    return runs


def lay(spans: Iterable[tuple[int, int, str]]) -> list[Mark]:
    """The marks of spans (start, end, family), each in one lane over its whole length.

    A passage lies below those that begin before it and hold it, so that the lines under a word are not
    many more than the passages that hold it.
    """
    every = sorted(set(spans), key=lambda span: (span[0], -span[1], span[2]))
    lane = _lanes(every)
    alone: dict[tuple[int, int, str], int] = {}
    for family in {family for _, _, family in every}:
        alone |= _lanes([span for span in every if span[2] == family])
    return [Mark(*span, lane[span], alone[span]) for span in every]


def _lanes(spans: Sequence[tuple[int, int, str]]) -> dict[tuple[int, int, str], int]:
    """The first free lane of each span, in the order given; lines that touch would read as one and part too."""
    lanes: list[list[tuple[int, int]]] = []
    found = {}
    for span in spans:
        start, end, _ = span
        free = (n for n, held in enumerate(lanes) if all(end < begin or finish < start for begin, finish in held))
        number = next(free, len(lanes))
        if number == len(lanes):
            lanes.append([])
        lanes[number].append((start, end))
        found[span] = number + 1
    return found


def weave(run: Run, marks: Sequence[Mark], sentences: Mapping[int, int]) -> list[Piece]:
    """A stretch of text cut wherever a line begins or ends, with its lines nested as elements of a page must be.

    A line that crosses another is taken up again where the other ends. ``sentences`` gives the number
    of the sentence that begins at a code point. The last piece has no words; it ends the lines.
    """
    marks = [mark for mark in marks if mark.start < run.end and run.start < mark.end and mark.start < mark.end]
    starts: dict[int, list[Mark]] = {}
    for mark in marks:
        starts.setdefault(max(mark.start, run.start), []).append(mark)
    ends = {min(mark.end, run.end) for mark in marks}
    numbered = {place for place in sentences if run.start <= place < run.end}
    borders = sorted({run.start, run.end} | ends | starts.keys() | numbered)
    pieces: list[Piece] = []
    opened: list[Mark] = []
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
