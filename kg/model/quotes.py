"""Find a quote in a text, or the passage nearest to it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass

LONGEST_COMPARED = 1000
"""Characters above which the differences of a quote are not looked for: that takes their square."""

_LEAST_LIKENESS = 60
_INVISIBLE = re.compile(r"[^\S \n]|[\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad\u0300-\u036f]")


@dataclass(frozen=True)
class Passage:
    """A span of a text in code points, zero-based, end exclusive."""

    start: int
    end: int


def occurrences(text: str, quote: str) -> list[int]:
    """Return each place where the quote begins, overlaps included."""
    starts = []
    start = text.find(quote)
    while start >= 0 and quote:
        starts.append(start)
        start = text.find(quote, start + 1)
    return starts


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
            lines.append(f"at character {a + 1} the quote has {ours}, the text has {theirs}")
    return lines


def _named(piece: str) -> str:
    """Return a piece in quotation marks, short ones with character names."""
    if not piece:
        return "nothing"
    if len(piece) > 2:
        return f"“{visible(piece)}”"
    names = ", ".join(f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip() for sign in piece)
    return f"“{visible(piece)}” ({names})"
