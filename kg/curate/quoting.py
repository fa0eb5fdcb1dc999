"""Quotes: the passage nearest to one, and the words that some cover."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kg.curate.documents import Document
from kg.curate.parser import yaml_scalar
from kg.model.languages import decimal, percent
from kg.model.messages import spoken, worded, worded_plural
from kg.model.quotes import WORD, Passage, context_of, differences, nearest_passage, visible
from kg.model.sentences import Sentence

_MOST_DIFFERENCES = 4

LONGEST_QUOTE = 60
"""Words above which a quote is no longer a passage but a paragraph."""


@dataclass(frozen=True)
class SentenceCoverage:
    """A sentence, its number of facts and the words that none quotes."""

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
    published: float = 1.0
    """The share of the text that a release holds (see ``published_share``)."""

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

    def as_dict(self) -> dict[str, object]:
        """Return the coverage as a JSON object."""
        return {
            "document": self.document,
            "words": self.words,
            "covered": self.covered,
            "published": self.published,
            "median_quote": self.median_quote,
            "sentences": [
                {
                    "number": row.sentence.number,
                    "start": row.sentence.start,
                    "end": row.sentence.end,
                    "facts": row.facts,
                    "uncovered": [
                        row.text[word.start - row.sentence.start : word.end - row.sentence.start]
                        for word in row.uncovered
                    ],
                }
                for row in self.sentences
            ],
        }

    def summary(self) -> str:
        """Return the coverage in one line of text."""
        line = worded(
            "{document}: {sentences} sentences, {covered} of {words} words covered ({share}), quotes of {median} words "
            "at the median.",
            document=self.document,
            sentences=len(self.sentences),
            covered=self.covered,
            words=self.words,
            share=percent(self.share, spoken()),
            median=decimal(self.median_quote, spoken()),
        )
        if self.published == 1:
            return line
        share = percent(self.published, spoken())
        return line + " " + worded("Quotes publish {share} of the text.", share=share)

    def details(self) -> list[str]:
        """Return a line for each sentence, then the longest quotes.

        Uncovered words stand between ⟦ ⟧.
        """
        lines = []
        for row in self.sentences:
            text = row.text
            for word in reversed(row.uncovered):
                start, end = word.start - row.sentence.start, word.end - row.sentence.start
                text = f"{text[:start]}⟦{text[start:end]}⟧{text[end:]}"
            facts = worded_plural("{count} fact", "{count} facts", row.facts, count=row.facts)
            lines.append(f"{row.sentence.number:>4}  {facts:>9}  {text}")
        lines.append(worded("Longest quotes:"))
        for quote in self.quotes[:5]:
            count = word_count(quote)
            too_long = worded("(over {most}: quote less)", most=LONGEST_QUOTE) if count > LONGEST_QUOTE else ""
            words = worded_plural("{count} word", "{count} words", count, count=count)
            lines.append(f"{words:>10}  {quote}  {too_long}".rstrip())
        return lines

    @property
    def median_quote(self) -> float:
        """The median length of the quotes in words."""
        return float(median(word_count(quote) for quote in self.quotes)) if self.quotes else 0.0


def word_count(words: str) -> int:
    """Return how many words (runs of letters and digits) a text has."""
    return sum(1 for _ in WORD.finditer(words))


def measure_coverage(document: Document, passages: Sequence[Passage]) -> Coverage:
    """Return the coverage of a document by passages, one a fact."""
    spans = _union(passages)
    beginnings = [span.start for span in spans]
    starts, ends = sorted(passage.start for passage in passages), sorted(passage.end for passage in passages)
    sentences = []
    for sentence in document.sentences:
        words = [
            Passage(word.start(), word.end()) for word in WORD.finditer(document.text, sentence.start, sentence.end)
        ]
        uncovered = tuple(word for word in words if not _inside(word, spans, beginnings))
        facts = bisect_left(starts, sentence.end) - bisect_right(ends, sentence.start)
        text = document.text[sentence.start : sentence.end]
        sentences.append(SentenceCoverage(sentence, text, facts, len(words), uncovered))
    quotes = {document.text[passage.start : passage.end] for passage in passages}
    longest_first = sorted(quotes, key=lambda quote: (-word_count(quote), quote))
    return Coverage(document.id, tuple(sentences), tuple(longest_first), published_share(document, passages))


def published_share(document: Document, passages: Sequence[Passage]) -> float:
    """Return the share of a document's text that a release holds.

    It goes from 0 to 1, in thousandths, and counts the code points that are no white space. Where the full text is
    left out, these are those of the quotes and of what their selectors keep before and after them.
    """
    if document.full_text:
        return 1.0
    held = [part for each in set(passages) for part in (each, *context_of(document.quotes, each, only_needed=True))]
    signs = sum(len("".join(document.text[span.start : span.end].split())) for span in _union(held))
    return round(signs / len("".join(document.text.split())), 3)


def _union(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages merged where they touch, in text order."""
    merged: list[Passage] = []
    for passage in sorted(passages, key=lambda passage: (passage.start, passage.end)):
        if merged and passage.start <= merged[-1].end:
            merged[-1] = Passage(merged[-1].start, max(merged[-1].end, passage.end))
        else:
            merged.append(passage)
    return merged


def _inside(word: Passage, spans: Sequence[Passage], beginnings: Sequence[int]) -> bool:
    """Return whether a word lies in one of the ordered spans."""
    before = bisect_right(beginnings, word.start)
    return before > 0 and word.end <= spans[before - 1].end


def describe_nearest(document: Document, quote: str) -> str:
    """Return what to do about a quote that the text lacks.

    That is the nearest passage and how it differs.
    """
    match = nearest_passage(document.text, quote)
    if match is None:
        return worded("Nothing in the text comes near it: copy the words from the text.")
    passage, _ = match
    words = document.text[passage.start : passage.end]
    place, shown = _place(document, passage), visible(words)
    lines = [worded("Nearest passage ({place}): “{words}”", place=place, words=shown)]
    details = differences(quote, words)
    lines += details[:_MOST_DIFFERENCES]
    if len(details) > _MOST_DIFFERENCES:
        count = len(details) - _MOST_DIFFERENCES
        lines.append(worded_plural("and {count} more difference", "and {count} more differences", count, count=count))
    return "\n".join([*lines, worded("Copy the passage into the quote; 'kg find' prints it as a fact.")])


def find_fact(document: Document, quote: str) -> tuple[str, float] | None:
    """Return the nearest passage as a fact, and its likeness.

    The fact is text for an annotation file; the likeness goes from 0 to 100.
    """
    quote = quote.strip()
    start = document.text.find(quote) if quote else -1
    match = (Passage(start, start + len(quote)), 100.0) if start >= 0 else nearest_passage(document.text, quote)
    if match is None:
        return None
    passage, likeness = match
    words = document.text[passage.start : passage.end]
    starts = document.quotes.occurrences(words)
    lines = [
        f"  # {document.id}, {_place(document, passage)}",
        "  - property: ",
        "    value: ",
        f"    quote: {yaml_scalar(words)}",
        "    modality: reported",
    ]
    if len(starts) > 1:
        lines.append(f"    occurrence: {starts.index(passage.start) + 1}")
    return "\n".join(lines), likeness


def _place(document: Document, passage: Passage) -> str:
    """Return where a passage stands, for people."""
    sentence = document.sentence_at(passage.start).number
    return worded("sentence {number}, characters {start}–{end}", number=sentence, start=passage.start, end=passage.end)
