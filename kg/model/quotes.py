"""Find a quote in a text, or the passage nearest to it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice

from kg.model.messages import worded

LONGEST_COMPARED = 1000
"""Characters above which the differences of a quote are not looked for: that takes their square."""

WORD = re.compile(r"\w+")

CONTEXT = 32
"""How many code points of the text a quote keeps before and after it, at most."""

_LEAST_LIKENESS = 60
_INVISIBLE = re.compile(r"[^\S ]|[\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad\u0300-\u036f]")


@dataclass(frozen=True)
class Passage:
    """A span of a text in code points, zero-based, end exclusive."""

    start: int
    end: int


class QuoteIndex:
    """An index of the words of a text, which finds quotes quickly."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, list[int]] = {}
        for word in WORD.finditer(text):
            self._places.setdefault(word.group(), []).append(word.start())
        self._words = sorted(self._places)
        self._found: dict[str, list[int]] = {}

    def occurrences(self, quote: str) -> list[int]:
        """Return each place where the quote begins, overlaps included."""
        if quote not in self._found:
            self._found[quote] = self._find(quote)
        return self._found[quote]

    def _find(self, quote: str) -> list[int]:
        """Look where the rarest word of the quote stands.

        The first word is left out, since a quote may begin within one; the last may be the beginning of one.
        """
        words = [(word.group(), word.start()) for word in WORD.finditer(quote)][1:]
        if not words:
            return _all_places(self.text, quote)
        whole = [(self._places.get(word, []), offset) for word, offset in words[:-1]]
        last, offset = words[-1]
        places, offset = (
            min(whole, key=lambda choice: len(choice[0])) if whole else (self._beginning_with(last), offset)
        )
        starts = (place - offset for place in places)
        return [start for start in starts if start >= 0 and self.text.startswith(quote, start)]

    def _beginning_with(self, start: str) -> list[int]:
        """Return where words begin that begin with ``start``, in order."""
        found: list[int] = []
        for word in islice(self._words, bisect_left(self._words, start), None):
            if not word.startswith(start):
                break
            found += self._places[word]
        return sorted(found)


def _all_places(text: str, quote: str) -> list[int]:
    """Return each place of a quote by reading the whole text."""
    starts = []
    start = text.find(quote)
    while start >= 0 and quote:
        starts.append(start)
        start = text.find(quote, start + 1)
    return starts


def context_of(quotes: QuoteIndex, passage: Passage, *, only_needed: bool = False) -> tuple[Passage, Passage]:
    """Return what a quote keeps of the text around it.

    That is CONTEXT code points on each side. With ``only_needed`` it is nothing where the words stand once in the
    text, else the fewest code points, of one side if that will do, that no other place of these words has.
    """
    text, start, end = quotes.text, passage.start, passage.end
    before, after = min(CONTEXT, start), min(CONTEXT, len(text) - end)
    if only_needed:
        others = [place for place in quotes.occurrences(text[start:end]) if place != start]
        ours = text[start - before : start][::-1], text[end : end + after]
        alike = []
        for place in others:
            past = place + end - start
            behind, ahead = text[max(place - CONTEXT, 0) : place][::-1], text[past : past + CONTEXT]
            alike.append((_alike(ours[0], behind), _alike(ours[1], ahead)))
        before, after = _fewest(alike, before, after)
    return Passage(start - before, start), Passage(end, end + after)


def _alike(ours: str, theirs: str) -> int:
    """Return how many code points two texts begin with alike."""
    return next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))


def _fewest(alike: list[tuple[int, int]], before: int, after: int) -> tuple[int, int]:
    """Return the shortest context that every other place lacks on some side.

    ``alike`` has how far each other place agrees before and after; ``before`` and ``after`` are the most to keep,
    and what is returned where even these do not tell the places apart.
    """
    sizes = sorted(
        ((left, right) for left in range(before + 1) for right in range(after + 1)),
        key=lambda size: (size[0] + size[1], bool(size[0]) and bool(size[1]), size),
    )
    told = (size for size in sizes if all(size[0] > left or size[1] > right for left, right in alike))
    return next(told, (before, after))


def nearest_passage(text: str, quote: str) -> tuple[Passage, float] | None:
    """Return the passage most like the quote, and its likeness.

    The likeness goes from 0 to 100. The passage is cut at the ends of words. None where nothing in the text comes
    near (below 60).
    """
    from rapidfuzz import fuzz  # only where a quote is wrong: start-up stays quick

    quote = quote.strip()
    if not quote:
        return None
    match = fuzz.partial_ratio_alignment(quote, text) if len(quote) <= len(text) else None
    if match is None or match.score < _LEAST_LIKENESS:
        return None
    start, end = match.dest_start, match.dest_end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Passage(start, end), float(match.score)


def visible(words: str) -> str:
    """Return the words with each invisible character spelled out, as ‹U+00A0›."""
    return _INVISIBLE.sub(lambda sign: f"‹U+{ord(sign.group()):04X}›", words)


def differences(quote: str, passage: str) -> list[str]:
    """Return what differs between a quote and a passage, in words.

    Single characters are given with their Unicode names. Nothing where either is longer than LONGEST_COMPARED.
    """
    if max(len(quote), len(passage)) > LONGEST_COMPARED:
        return []
    lines = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, quote, passage, autojunk=False).get_opcodes():
        if kind != "equal":
            ours, theirs = _named(quote[a:b]), _named(passage[c:d])
            lines.append(
                worded(
                    "at character {number} the quote has {ours}, the text has {theirs}",
                    number=a + 1,
                    ours=ours,
                    theirs=theirs,
                )
            )
    return lines


def _named(piece: str) -> str:
    """Return a piece in quotation marks, short ones with character names."""
    if not piece:
        return worded("nothing")
    if len(piece) > 2:
        return f"“{visible(piece)}”"
    names = ", ".join(f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip() for sign in piece)
    return f"“{visible(piece)}” ({names})"
