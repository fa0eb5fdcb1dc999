"""Measure which words of a text some fact quotes, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kg.curate.documents import WORD, Document
from kg.model.quotes import Passage
from kg.model.sentences import Sentence

LONGEST_QUOTE = 60
"""Words above which a quote is no longer a passage but a paragraph."""


@dataclass(frozen=True)
class SentenceCoverage:
    """A sentence with its number of facts and the words that none quotes."""

    sentence: Sentence
    text: str
    facts: int
    words: int
    uncovered: tuple[Passage, ...]


@dataclass(frozen=True)
class Coverage:
    """How much of a document its facts quote."""

    document: str
    sentences: tuple[SentenceCoverage, ...]
    quotes: tuple[str, ...]
    """The words of each quote, longest first."""

    @property
    def words(self) -> int:
        """How many words the text has."""
        return sum(sentence.words for sentence in self.sentences)

    @property
    def covered(self) -> int:
        """How many of them lie within a quote."""
        return self.words - sum(len(sentence.uncovered) for sentence in self.sentences)

    @property
    def share(self) -> float:
        """The share of covered words, from 0 to 1."""
        return self.covered / self.words if self.words else 1.0

    @property
    def median_quote(self) -> float:
        """The median length of the quotes in words."""
        return float(median(word_count(quote) for quote in self.quotes)) if self.quotes else 0.0


def word_count(words: str) -> int:
    """Return how many words a text has; a word is a run of letters and digits."""
    return sum(1 for _ in WORD.finditer(words))


def measure_coverage(document: Document, passages: Sequence[Passage]) -> Coverage:
    """Return the coverage of a document by the passages of its facts, one a fact."""
    spans = _union(passages)
    sentences = []
    for sentence in document.sentences:
        words = [
            Passage(word.start(), word.end()) for word in WORD.finditer(document.text, sentence.start, sentence.end)
        ]
        uncovered = tuple(word for word in words if not _inside(word, spans))
        facts = sum(passage.start < sentence.end and passage.end > sentence.start for passage in passages)
        text = document.text[sentence.start : sentence.end]
        sentences.append(SentenceCoverage(sentence, text, facts, len(words), uncovered))
    quotes = {document.text[passage.start : passage.end] for passage in passages}
    longest_first = sorted(quotes, key=lambda quote: (-word_count(quote), quote))
    return Coverage(document.id, tuple(sentences), tuple(longest_first))


def _union(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages merged where they touch, in text order."""
    merged: list[Passage] = []
    for passage in sorted(passages, key=lambda passage: (passage.start, passage.end)):
        if merged and passage.start <= merged[-1].end:
            merged[-1] = Passage(merged[-1].start, max(merged[-1].end, passage.end))
        else:
            merged.append(passage)
    return merged


def _inside(word: Passage, spans: Sequence[Passage]) -> bool:
    return any(span.start <= word.start and word.end <= span.end for span in spans)
