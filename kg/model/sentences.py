"""Split texts into sentences, for the release and for the pages alike."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?:\s»)?\s++(?=[\"'“‘«(\[\s]*+([^\W\d_]))")
_INITIAL = re.compile(r"(?:^|[\s(«“])[^\W\d_]\.$")
_LONGEST_WORD = 40
"""How many code points before a stop are looked at for an abbreviation."""

_ABBREVIATIONS = {
    "fr": "art. av. bd. cf. chap. dir. dr. éd. env. ex. fig. hab. mgr. mm. pp. pr. prof. réf. st. ste. tél. vol.",
    "en": "approx. cf. dept. dr. e.g. est. fig. i.e. mr. mrs. ms. no. pp. prof. st. vol. vs.",
}


@dataclass(frozen=True)
class Sentence:
    """A sentence: number from 1, span in code points, end exclusive."""

    number: int
    start: int
    end: int


def abbreviations_of(language: str) -> frozenset[str]:
    """Return abbreviations of a language, whose full stop ends no sentence.

    They are what pages know of a text, whose own list is not in the release. ``language`` is a language tag.
    """
    words = _ABBREVIATIONS.get(language.partition("-")[0], "").split()
    return frozenset([*words, *(word.capitalize() for word in words)])


def split_sentences(text: str, abbreviations: Collection[str] = ()) -> tuple[Sentence, ...]:
    """Split a text into sentences.

    They end at each line break, and after . ! ? … before a letter that is no small one. An initial such as « M. » and
    the words of ``abbreviations`` do not end a sentence. No sentence begins or ends with white space.
    """
    spans: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\r\n]+", text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            head = text[max(start, stop.start() - _LONGEST_WORD) : stop.end()].rstrip()
            if stop[1].islower() or _INITIAL.search(head) or head.split()[-1].lstrip("(«“") in abbreviations:
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


def sentence_around(text: str, start: int, end: int, abbreviations: Collection[str] = ()) -> tuple[int, int]:
    """Return where the sentence of some words begins and ends.

    ``start`` and ``end`` are the span of the words. They stand in one sentence: where the splitter sees several,
    these are joined.
    """
    sentences = split_sentences(text, abbreviations)
    first = max((sentence.start for sentence in sentences if sentence.start <= start), default=start)
    last = min((sentence.end for sentence in sentences if sentence.end >= end), default=end)
    return first, last
