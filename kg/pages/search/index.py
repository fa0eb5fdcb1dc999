"""The index behind search, suggestions and reconciliation: from the words of a search to the things they may mean.

A search looks at the things that share a word with it and never at all of them: each word leads to the things it
stands in, rare words count more than frequent ones (inverse document frequency), and only the most promising
things are compared name by name (``kg.pages.search.scoring``).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain, pairwise
from math import log

from kg.pages.search.entry import Entry, Name, variants
from kg.pages.search.lexicon import Meaning, Vocabulary
from kg.pages.search.scoring import TEXT, Asked, Hit, Variant, best
from kg.pages.search.tokens import forms, telling

MOST = 300
"""Things at most that a search finds: the best ones."""

LONGEST = 16
"""Words of a search at most that are looked at, and of a name: the first ones."""

_COMPARED = 15
"""Things that are compared name by name for each that is wanted."""

_SHARE = 0.25
"""Part of the weight of a search that a thing has to meet."""

_JOINED = 3
"""Words of a name at most that people may type as one."""


@dataclass(frozen=True)
class Found:
    """What a search found: the best things first, how many there are in all, and of which kinds."""

    hits: Sequence[Hit] = ()
    total: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


class Index:
    """Finds things by their names and by what is said of them; safe for many threads once made."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.by_id = {entry.id: entry for entry in self.entries}
        self.by_iri = {entry.iri: entry for entry in self.entries}
        self.languages = sorted({name.language for entry in self.entries for name in entry.names if name.language})
        self._kinds = [entry.kind for entry in self.entries]
        self._words = Vocabulary()
        self._variants: list[tuple[Variant, ...]] = []
        names, texts = self._read()
        self._names = [array("I", dict.fromkeys(place & 0xFFFFFFFF for place in sorted(each))) for each in names]
        self._texts = [array("I", dict.fromkeys(each)) for each in texts]
        self._frequency = [len(each) + len(more) for each, more in zip(self._names, self._texts, strict=True)]
        self._words.freeze()

    def search(
        self,
        query: str,
        kinds: Collection[str] = (),
        limit: int = MOST,
        *,
        is_first: bool = False,
        is_typed: bool = False,
    ) -> Found:
        """The things that a search may mean, of any of these kinds, or of all.

        ``is_first`` leaves those of which a kind is the first, as they are counted by kind. ``is_typed`` is for
        suggestions: the last word may be a beginning of one letter.
        """
        asked = self._ask(query, is_typed=is_typed)
        said = [{} if is_typed else self._places(each, self._texts, TEXT) for each in asked.meanings]
        reach = self._reach(asked, said)
        counts = Counter(map(self._kinds.__getitem__, reach))
        if kinds:
            wanted = set(kinds)
            most = 1 if is_first else None
            reach = {
                place: value for place, value in reach.items() if wanted.intersection(self.entries[place].kinds[:most])
            }
        hits = []
        for place in nlargest(min(MOST, _COMPARED * limit), reach, reach.__getitem__):
            entry = self.entries[place]
            hit = best(asked, entry, self._variants[place], [each.get(place, 0.0) for each in said], self._words.forms)
            hits.append(hit if kinds or entry.weight == 1 else hit.lowered(entry.weight))
        hits.sort(key=lambda hit: (-hit.score, -len(hit.entry.quotes), len(hit.entry.label("").text), hit.entry.id))
        return Found(hits[:limit], len(reach), counts)

    def near(self, query: str) -> list[str]:
        """Searches that find something, near to one that finds nothing."""
        found: dict[str, None] = {}
        for form in telling(forms(query))[:LONGEST]:
            found |= dict.fromkeys(self._words.near(form))
        return list(found)[:6]

    def _read(self) -> tuple[list[list[int]], list[list[int]]]:
        """Read all entries; for each word the things it names, with the length of the name above, and speaks of."""
        names: list[list[int]] = []
        texts: list[list[int]] = []

        def number(form: str) -> int:
            found = self._words.number(form)
            if found == len(names):
                names.append([])
                texts.append([])
            return found

        for place, entry in enumerate(self.entries):
            given = []
            for rank, name in enumerate(entry.names):
                for words, share in _spellings(name).items():
                    numbers = tuple(map(number, words))
                    given.append(Variant(rank, numbers, share))
                    for each in numbers:
                        names[each].append(len(numbers) << 32 | place)
            self._variants.append(tuple(given))
            for text in chain((each.text for each in entry.definitions), (each.text for each in entry.quotes)):
                for each in set(map(number, telling(forms(text)))):
                    texts[each].append(place)
        return names, texts

    def _ask(self, query: str, *, is_typed: bool) -> Asked:
        """The words of a search with what each may mean, and how much each counts."""
        written = forms(query)
        words = telling(written)[:LONGEST]
        meanings = [
            self._words.meanings(
                word, self._frequency, is_open=place == len(words) - 1 and word == written[-1], is_typed=is_typed
            )
            for place, word in enumerate(words)
        ]
        for place, pair in enumerate(pairwise(words)):
            joined = self._words.find("".join(pair))
            if joined is not None:
                for each in meanings[place : place + 2]:
                    each[joined] = Meaning(0.97, "words")
        exact = tuple(self._words.find(word) for word in words)
        return Asked(exact, tuple(meanings), tuple(self._weigh(meanings)))

    def _weigh(self, meanings: Sequence[dict[int, Meaning]]) -> list[float]:
        """How much each word of a search counts: the rarer the more; one that nothing has, as the others on average.

        The weights add up to 1.
        """
        weights = []
        for each in meanings:
            surest = max((meaning.quality for meaning in each.values()), default=0)
            count = sum(self._frequency[form] for form, meaning in each.items() if meaning.quality >= surest - 0.05)
            weights.append(log(1 + len(self.entries) / count) if count else 0.0)
        known = [weight for weight in weights if weight]
        mean = sum(known) / len(known) if known else 1.0
        given = [weight or mean for weight in weights]
        return [weight / sum(given) for weight in given]

    def _reach(self, asked: Asked, said: Sequence[dict[int, float]]) -> dict[int, float]:
        """The things that share enough of a search, each with the most that it can share, between 0 and 1."""
        reach: dict[int, float] = {}
        left = 1.0
        for word in sorted(range(len(said)), key=asked.weights.__getitem__, reverse=True):
            weight = asked.weights[word]
            surest = said[word] | self._places(asked.meanings[word], self._names, 1.0)
            if left >= _SHARE:  # a thing that none of the rarer words met may still meet enough
                for place, quality in surest.items():
                    reach[place] = reach.get(place, 0.0) + weight * quality
            else:
                for place in reach.keys() & surest.keys():
                    reach[place] += weight * surest[place]
            left -= weight
        return {place: value for place, value in reach.items() if value >= _SHARE * TEXT}

    @staticmethod
    def _places(meanings: dict[int, Meaning], places: Sequence[array[int]], share: float) -> dict[int, float]:
        """The things that a word of a search leads to, each with how surely."""
        surest: dict[int, float] = {}
        for form in sorted(meanings, key=lambda form: meanings[form].quality):
            surest |= dict.fromkeys(places[form], meanings[form].quality * share)
        return surest


def _spellings(name: Name) -> dict[tuple[str, ...], float]:
    """The words of a name that carry something, also short names as one word; each spelling with how much it counts."""
    found: dict[tuple[str, ...], float] = {}
    for text, share in variants(name):
        words = forms(text)
        if words:
            found.setdefault(tuple(telling(words)[:LONGEST]), share)
        if 1 < len(words) <= _JOINED:
            found.setdefault(("".join(words),), share)
    return found
