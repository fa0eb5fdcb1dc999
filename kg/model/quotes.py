"""Quotes and the text: where a quote stands, and the nearest passage where it does not."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass

from kg.curate.documents import Document

_INVISIBLE = re.compile(r"[^\S \n]|[\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad\u0300-\u036f]")


@dataclass(frozen=True)
class Passage:
    """A span of a document in code points, zero-based, end exclusive."""

    start: int
    end: int


def occurrences(text: str, quote: str) -> list[int]:
    """Where the quote begins, at each place where it stands, overlaps included."""
    found = []
    position = text.find(quote)
    while position >= 0 and quote:
        found.append(position)
        position = text.find(quote, position + 1)
    return found


def nearest(text: str, quote: str) -> tuple[Passage, float] | None:
    """The passage most like the quote, with its likeness from 0 to 100, cut at the ends of words.

    None where nothing in the text comes near (below 60).
    """
    from rapidfuzz import fuzz  # only where a quote is wrong: start-up stays quick

    plain = quote.strip()
    if not plain:
        return None
    found = fuzz.partial_ratio_alignment(plain, text) if len(plain) <= len(text) else None
    if found is None or found.score < 60:
        return None
    start, end = found.dest_start, found.dest_end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Passage(start, end), float(found.score)


def visible(words: str) -> str:
    """The words with each invisible character spelled out, as ‹U+00A0›."""
    return _INVISIBLE.sub(lambda sign: f"‹U+{ord(sign.group()):04X}›", words)


def differences(quote: str, passage: str) -> list[str]:
    """What differs between a quote and a passage, in words; single characters with their Unicode names."""
    lines = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, quote, passage, autojunk=False).get_opcodes():
        if kind != "equal":
            one, other = _named(quote[a:b]), _named(passage[c:d])
            lines.append(f"at character {a + 1} the quote has {one}, the text has {other}")
    return lines


def _named(piece: str) -> str:
    if not piece:
        return "nothing"
    if len(piece) > 2:
        return f"“{visible(piece)}”"
    names = ", ".join(f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip() for sign in piece)
    return f"“{visible(piece)}” ({names})"


LONGEST_COMPARED = 1000
"""Characters above which the differences of a quote are not looked for: that takes their square."""


def describe_nearest(document: Document, quote: str) -> str:
    """What to do about a quote that is not in the text: the nearest passage and how it differs."""
    found = nearest(document.text, quote)
    if found is None:
        return "Nothing in the text comes near it: copy the words from the text."
    passage = found[0]
    words = document.text[passage.start : passage.end]
    sentence = document.sentence_at(passage.start).number
    lines = [f"Nearest passage (sentence {sentence}, characters {passage.start}–{passage.end}): “{visible(words)}”"]
    details = differences(quote, words) if max(len(quote), len(words)) <= LONGEST_COMPARED else []
    lines += details[:4]
    if len(details) > 4:
        lines.append(f"and {len(details) - 4} more differences")
    return "\n".join([*lines, "Copy the passage into the quote; 'kg find' prints it as a fact."])


def find_fact(document: Document, quote: str) -> tuple[str, float] | None:
    """The nearest passage as a fact in the form of annotations, with its likeness from 0 to 100."""
    quote = quote.strip()
    start = document.text.find(quote) if quote else -1
    found = (Passage(start, start + len(quote)), 100.0) if start >= 0 else nearest(document.text, quote)
    if found is None:
        return None
    passage, likeness = found
    words = document.text[passage.start : passage.end]
    places = occurrences(document.text, words)
    sentence = document.sentence_at(passage.start).number
    lines = [
        f"  # {document.id}, sentence {sentence}, characters {passage.start}–{passage.end}",
        "  - property: ",
        "    value: ",
        f"    quote: {yaml_text(words)}",
        "    modality: reported",
    ]
    if len(places) > 1:
        lines.append(f"    occurrence: {places.index(passage.start) + 1}")
    return "\n".join(lines), likeness


def yaml_text(words: str) -> str:
    """The words as a YAML scalar on one line that reads back to them exactly."""
    import yaml

    style = '"' if len(words.splitlines()) > 1 else None
    dumped = str(yaml.safe_dump(words, allow_unicode=True, width=10**9, default_style=style))
    return dumped.removesuffix("\n").removesuffix("\n...")
