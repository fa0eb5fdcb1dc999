"""Split texts into sentences, for the release and for the pages alike.

The marks of every script are those of UAX #29, section 5 (``sentences.toml``). What a full stop ends follows rules of
our own and the abbreviations of the language, since the annex leaves both to those who know the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_LONGEST_WORD = 40
"""How many code points before a stop are looked at for an abbreviation."""

_INITIAL = re.compile(r"(?:^|[\s(«“‘'’])(?:[^\W\d_]\.?-)*[^\W\d_]\.$")
_LIST_NUMBER = re.compile(r"[\s(\[]*(?:\d{1,2}|[^\W\d_])[.)]+$")
_ORDINAL = re.compile(r"(?<!\d)(?<!\d[.,])\d{1,2}\.$")


@dataclass(frozen=True)
class Sentence:
    """A sentence: number from 1, span in code points, end exclusive."""

    number: int
    start: int
    end: int


@dataclass(frozen=True)
class Abbreviations:
    """Words of a language, in small letters, whose full stop ends nothing."""

    words: frozenset[str] = frozenset()
    before_numbers: frozenset[str] = frozenset()
    has_ordinals: bool = False


def abbreviations_of(language: str, own: Iterable[str] = ()) -> Abbreviations:
    """Return the abbreviations of a language, and a document's own."""
    known = _data().get(language.partition("-")[0].lower(), {})
    words = [*known.get("words", "").split(), *(word.casefold() for word in own)]
    return Abbreviations(
        frozenset(words), frozenset(known.get("before_numbers", "").split()), bool(known.get("ordinals"))
    )


@cache
def _data() -> dict[str, Any]:
    """Return the marks of the scripts, and the table of each language."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _signs(name: str) -> str:
    """Return ranges of code points as the inside of a character class."""
    ends = (span.split("-") for span in _data()[name].split())
    return "".join("-".join(f"\\U{int(end, 16):08x}" for end in span) for span in ends)


@cache
def _stop() -> re.Pattern[str]:
    """Return the pattern of what may be the end of a sentence.

    Marks, what closes after them, the mark of a footnote, white space; then, looked at only, what opens the next
    sentence (quotes, brackets, dashes, signs, emoji) and its first letter or digit, as group ``first``. Each
    repetition is possessive and none can take a mark, so that the time is linear in the text.
    """
    marks, goes_on = _signs("terminators"), _signs("continuations")
    closing = r"[\"'”’»›)\]}」』】〕》〉］）｝｣]*+(?:[ \u00a0\u202f]»)?«?+"
    note = r"(?:(?:[\[(]\d{1,3}[\])])++|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079*†‡]+|(?<=[^\W\d_][.!?…])\d{1,3}(?=\s))?+"
    opens = rf"[^\w.!?…．{marks}{goes_on})\]}}”»]*+(?:»(?=\w))?(?P<first>[^\W_])"
    spaced = rf"[.!?…]++{closing}{note}\s++(?={opens})"
    run = rf"(?:[.!?…]*+[{marks}]|(?<!\d)．|．(?!\d))[.!?…．{marks}]*+"
    dense = rf"(?P<dense>{run}{closing}\s*+)(?![{goes_on}]|$|(?<=[」』])と)"
    return re.compile(rf"(?<![.!?…])(?:{dense}|{spaced})")


def split_sentences(text: str, abbreviations: Abbreviations | None = None) -> tuple[Sentence, ...]:
    """Split a text into sentences.

    They end at each line break, after a mark such as 。 or ؟ of a script that needs no space, and after . ! ? …
    with white space before a letter that is no small one or before a number, whatever opens them. The full stop of
    an initial, of an abbreviation and of the number of a list ends nothing. No sentence begins or ends with white
    space.
    """
    known = abbreviations or Abbreviations()
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\r\n\u0085\u2028\u2029]+", text):
        start = line.start()
        for stop in _stop().finditer(text, line.start(), line.end()):
            if stop["dense"] is None and _goes_on(text, start, stop, known):
                continue
            spans.append((start, stop.end()))
            start = stop.end()
        spans.append((start, line.end()))
    sentences: list[Sentence] = []
    for start, end in spans:
        piece = text[start:end]
        if piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            sentences.append(Sentence(len(sentences) + 1, begin, start + len(piece.rstrip())))
    return tuple(sentences)


def _goes_on(text: str, start: int, stop: re.Match[str], known: Abbreviations) -> bool:
    """Return whether the sentence from ``start`` goes on after a stop."""
    first = stop["first"]
    if first.islower():
        return True
    head = text[max(start, stop.start() - _LONGEST_WORD) : stop.end()].rstrip()
    if not head.endswith("."):
        return False
    word = head.split()[-1].lstrip("([«“„‘'\"").casefold()
    words = {word, re.split("[’']", word)[-1]}  # « l’art. »
    if words & known.words or (stop.start() <= start + _LONGEST_WORD and _LIST_NUMBER.match(head)):
        return True
    if first.isdecimal():
        return bool(words & known.before_numbers)
    return bool(_INITIAL.search(head)) or (known.has_ordinals and bool(_ORDINAL.search(head)))


def sentence_around(text: str, start: int, end: int, abbreviations: Abbreviations | None = None) -> tuple[int, int]:
    """Return where the sentence of some words begins and ends.

    ``start`` and ``end`` are the span of the words. They stand in one sentence: where the splitter sees several,
    these are joined.
    """
    sentences = split_sentences(text, abbreviations)
    first = max((sentence.start for sentence in sentences if sentence.start <= start), default=start)
    last = min((sentence.end for sentence in sentences if sentence.end >= end), default=end)
    return first, last
