"""The words of an index: which of them a word of a search may mean, and how surely."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kg.pages.search.tokens import stem

How = Literal["exact", "words", "prefix", "approximate", "text"]
"""How a search met a thing: its whole name, words of it, their beginnings, a near spelling, or what is said of it."""

SAME_STEM, KIN, CLOSE, CLOSER = 0.95, 0.7, 0.72, 0.86
"""How sure a word is that has another ending, is of one family, differs by two letters (or in a short word by one), or
by one."""

_MANY = 64
"""Words at most that one word of a search may mean in one way."""

_SPAN = 4_000
"""Words with one beginning that are looked through for the most frequent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word of a search may mean: a word of the index, how surely (0 to 1), and by what way."""

    quality: float
    how: How


class Vocabulary:
    """The folded words of an index, each with its number; looked up after ``freeze``."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.forms: list[str] = []
        self._stems: dict[str, list[int]] = {}
        self._sorted: list[str] = []
        self._by_length: dict[int, list[str]] = {}

    def number(self, form: str) -> int:
        """The number of a word, a new one where it has none."""
        found = self._numbers.get(form)
        if found is None:
            found = self._numbers[form] = len(self.forms)
            self.forms.append(form)
        return found

    def find(self, form: str) -> int | None:
        """The number of a word; None where the index does not have it."""
        return self._numbers.get(form)

    def freeze(self) -> None:
        """Make ready what the look-ups need; no word comes after."""
        self._sorted = sorted(self.forms)
        for number, form in enumerate(self.forms):
            self._stems.setdefault(stem(form), []).append(number)
            if form.isalpha() and len(form) > 3:
                self._by_length.setdefault(len(form), []).append(form)

    def meanings(self, form: str, frequency: list[int], *, is_open: bool, is_typed: bool) -> dict[int, Meaning]:
        """What a word may mean, by number; ``frequency`` is in how many things each word stands.

        ``is_open``: the last word, which may be the beginning of another; ``is_typed``: it is being typed,
        so that the beginning may be one letter.
        """
        found: dict[int, Meaning] = {}
        if len(form) > 5 and form.isalpha():
            self._add(found, self._kin(form, frequency))
        if is_open and len(form) >= (1 if is_typed else 3):
            self._add(found, self._beginnings(form, frequency))
        if len(form) == 2 and form.isdigit():  # les années 80
            decades = (self._numbers.get(century + form) for century in ("19", "20"))
            self._add(found, ((number, Meaning(KIN, "approximate")) for number in decades if number is not None))
        same = self._stems.get(stem(form), ())
        if form not in self._numbers and not same and not (is_typed and found):
            self._add(found, self._close(form))
        self._add(found, ((number, Meaning(SAME_STEM, "words")) for number in islice(same, _MANY)))
        if form in self._numbers:
            found[self._numbers[form]] = Meaning(1.0, "words")
        return found

    def near(self, form: str, count: int = 4) -> list[str]:
        """Words of the index that look like a word, the most alike first."""
        most = max(2, len(form) // 2)
        every = self._of_length(len(form), 2)
        found = process.extract(form, every, scorer=OSA.distance, score_cutoff=most, limit=count)
        return [word for word, _, _ in found]

    @staticmethod
    def _add(found: dict[int, Meaning], more: Iterable[tuple[int, Meaning]]) -> None:
        for number, meaning in more:
            held = found.get(number)
            if held is None or held.quality < meaning.quality:
                found[number] = meaning

    def _starting(self, start: str, frequency: list[int]) -> list[str]:
        """The most frequent words that begin so."""
        place = bisect_left(self._sorted, start)
        span: list[str] = []
        for word in islice(self._sorted, place, place + _SPAN):
            if not word.startswith(start):
                break
            span.append(word)
        return nlargest(_MANY, span, key=lambda word: frequency[self._numbers[word]])

    def _beginnings(self, form: str, frequency: list[int]) -> Iterator[tuple[int, Meaning]]:
        """The words that a beginning may be of."""
        for word in self._starting(form, frequency):
            yield self._numbers[word], Meaning(0.6 + 0.3 * len(form) / len(word), "prefix")

    def _kin(self, form: str, frequency: list[int]) -> Iterator[tuple[int, Meaning]]:
        """The words of one family, told by a long common beginning: ``ukrainiens`` and ``ukraine``."""
        start = form[: max(5, round(len(form) * 0.6))]
        for word in self._starting(start, frequency):
            if len(word) <= len(form) + 4 and word.isalpha():
                yield self._numbers[word], Meaning(KIN, "approximate")

    def _close(self, form: str) -> Iterator[tuple[int, Meaning]]:
        """The words that a typing error makes of it: one letter, two from eight letters on; none in numbers."""
        if not form.isalpha() or len(form) < 4:
            return
        most = 1 if len(form) < 8 else 2
        every = self._of_length(len(form), most)
        for word, distance, _ in process.extract(form, every, scorer=OSA.distance, score_cutoff=most, limit=_MANY):
            is_near = distance == 1 and len(form) > 5
            yield self._numbers[word], Meaning(CLOSER if is_near else CLOSE, "approximate")

    def _of_length(self, length: int, most: int) -> list[str]:
        """The words whose length differs by so much at most."""
        return [word for size in range(length - most, length + most + 1) for word in self._by_length.get(size, ())]
