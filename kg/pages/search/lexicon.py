"""The words of an index, and which a query word means."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg.pages.shared.text_analysis import stem

MatchKind = Literal["exact", "words", "prefix", "approximate", "text"]
"""How a query matched: a whole name, its words, their beginnings, a near spelling, or a definition or quote."""

SAME_STEM, SAME_FAMILY, TWO_EDITS, ONE_EDIT = 0.95, 0.7, 0.72, 0.86
"""Quality of a word with another ending, of the same family, two edits away (or one, if short), one edit away."""

_MAX_MEANINGS = 64
"""Most words that a query word may mean in one way."""

_MAX_SCANNED = 4_000
"""Most words with a common beginning that are scanned for the most frequent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How surely (0 to 1) a query word means a word."""

    quality: float
    how: MatchKind


class Lexicon:
    """The numbered, normalised words of an index; looked up after ``freeze``."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.forms: list[str] = []
        self._stems: dict[str, list[int]] = {}
        self._sorted: list[str] = []
        self._by_length: dict[int, list[str]] = {}

    def number(self, form: str) -> int:
        """Return the number of a word, adding a new word."""
        number = self._numbers.get(form)
        if number is None:
            number = self._numbers[form] = len(self.forms)
            self.forms.append(form)
        return number

    def find(self, form: str) -> int | None:
        """Return the number of a word; None if unknown."""
        return self._numbers.get(form)

    def freeze(self) -> None:
        """Prepare the look-ups; no word can be added afterwards."""
        self._sorted = sorted(self.forms)
        for number, form in enumerate(self.forms):
            self._stems.setdefault(stem(form), []).append(number)
            if form.isalpha() and len(form) > 3:
                self._by_length.setdefault(len(form), []).append(form)

    def meanings(self, form: str, frequency: list[int], *, is_open: bool, is_typed: bool) -> dict[int, Meaning]:
        """Return what a query word may mean, by word number.

        Args:
            form: the normalised query word.
            frequency: how many things have each word, by number.
            is_open: it is the last word, so it may be the beginning of another one.
            is_typed: it is being typed, so one letter may be a beginning.
        """
        meanings: dict[int, Meaning] = {}
        if len(form) > 5 and form.isalpha():
            self._add(meanings, self._same_family(form, frequency))
        if is_open and len(form) >= (1 if is_typed else 3):
            self._add(meanings, self._completions(form, frequency))
        if len(form) == 2 and form.isdigit():  # "les années 80"
            decades = (self._numbers.get(century + form) for century in ("19", "20"))
            self._add(
                meanings, ((number, Meaning(SAME_FAMILY, "approximate")) for number in decades if number is not None)
            )
        same = self._stems.get(stem(form), ())
        if form not in self._numbers and not same and not (is_typed and meanings):
            self._add(meanings, self._misspelled(form))
        self._add(meanings, ((number, Meaning(SAME_STEM, "words")) for number in islice(same, _MAX_MEANINGS)))
        if form in self._numbers:
            meanings[self._numbers[form]] = Meaning(1.0, "words")
        return meanings

    def near(self, form: str, count: int = 4) -> list[str]:
        """Return the words most similar to a word, the most similar first."""
        most = max(2, len(form) // 2)
        candidates = self._of_length(len(form), 2)
        matches = process.extract(form, candidates, scorer=OSA.distance, score_cutoff=most, limit=count)
        return [word for word, _, _ in matches]

    @staticmethod
    def _add(meanings: dict[int, Meaning], more: Iterable[tuple[int, Meaning]]) -> None:
        for number, meaning in more:
            existing = meanings.get(number)
            if existing is None or existing.quality < meaning.quality:
                meanings[number] = meaning

    def _starting(self, start: str, frequency: list[int]) -> list[str]:
        """Return the most frequent words with this beginning."""
        place = bisect_left(self._sorted, start)
        scanned: list[str] = []
        for word in islice(self._sorted, place, place + _MAX_SCANNED):
            if not word.startswith(start):
                break
            scanned.append(word)
        return nlargest(_MAX_MEANINGS, scanned, key=lambda word: frequency[self._numbers[word]])

    def _completions(self, form: str, frequency: list[int]) -> Iterator[tuple[int, Meaning]]:
        """Yield the words that begin with this one."""
        for word in self._starting(form, frequency):
            yield self._numbers[word], Meaning(0.6 + 0.3 * len(form) / len(word), "prefix")

    def _same_family(self, form: str, frequency: list[int]) -> Iterator[tuple[int, Meaning]]:
        """Yield the words with a long common beginning: ``ukrainiens`` and ``ukraine``."""
        start = form[: max(5, round(len(form) * 0.6))]
        for word in self._starting(start, frequency):
            if len(word) <= len(form) + 4 and word.isalpha():
                yield self._numbers[word], Meaning(SAME_FAMILY, "approximate")

    def _misspelled(self, form: str) -> Iterator[tuple[int, Meaning]]:
        """Yield words one edit away, or two from eight letters on.

        Numbers have no misspellings.
        """
        if not form.isalpha() or len(form) < 4:
            return
        most = 1 if len(form) < 8 else 2
        candidates = self._of_length(len(form), most)
        matches = process.extract(form, candidates, scorer=OSA.distance, score_cutoff=most, limit=_MAX_MEANINGS)
        for word, distance, _ in matches:
            is_near = distance == 1 and len(form) > 5
            yield self._numbers[word], Meaning(ONE_EDIT if is_near else TWO_EDITS, "approximate")

    def _of_length(self, length: int, most: int) -> list[str]:
        """Return the words whose length differs by at most ``most``."""
        return [word for size in range(length - most, length + most + 1) for word in self._by_length.get(size, ())]
