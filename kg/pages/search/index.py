"""The index behind search, suggestions and reconciliation: from query words to things.

A search looks only at things that share a word with the query. Each word leads to the things that have it, rare words
count more than frequent ones (inverse document frequency), and the most promising things are compared name by name.

The score of a name is ``100 × role × (0.8 × share of the query in the name + 0.2 × share of the name in the query)``,
at most 97, and ``100 × role`` if query and name are the same words. The weight of a query word is its rarity times the
quality of its meaning (``kg.pages.search.lexicon``). Definitions and quotes count for words that no name has: such a
word counts 0.6, and the sum at most 85. The score of a thing is the best of these, from 0 to 100.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import nlargest
from itertools import pairwise
from math import log
from operator import mul
from typing import NamedTuple

from kg.pages.search.entries import ROLE_WEIGHTS, IndexedName, IndexEntry
from kg.pages.search.lexicon import SAME_STEM, Lexicon, MatchKind, Meaning
from kg.pages.shared.text_analysis import drop_stopwords, normalise_words

MAX_HITS = 300
"""Most things that a search returns: the best ones."""

MAX_WORDS = 16
"""Most words of a query, and of a name, that are looked at: the first ones."""

_COMPARED_PER_HIT = 15
"""Things that are compared name by name for each wanted hit."""

_MIN_SHARE = 0.25
"""Part of the weight of a query that a thing must have."""

_MAX_JOINED = 3
"""Most words of a name that people may type as one."""

_JOINED_QUALITY = 0.97
"""Quality of two query words that are one word of the index."""

_TEXT_QUALITY = 0.6
"""Weight of a word that only a definition or a quote has."""

_SCATTERED = 0.85
"""Weight of words that no single name has together."""

_MAX_INEXACT = 97.0
_MATCH_ORDER: tuple[MatchKind, ...] = ("words", "prefix", "approximate")


class NameVariant(NamedTuple):
    """A spelling of a name: place of the name, word numbers, weight."""

    name: int
    words: tuple[int, ...]
    weight: float


@dataclass(frozen=True)
class SearchQuery:
    """The words of a query: number in the lexicon, meanings, and weight.

    A number is None if the index lacks the word. The weights add up to 1.
    """

    words: tuple[int | None, ...]
    meanings: tuple[dict[int, Meaning], ...]
    weights: tuple[float, ...]

    @cached_property
    def meant_by(self) -> dict[int, list[tuple[int, Meaning]]]:
        """The query words that mean each word of the index."""
        meant_by: dict[int, list[tuple[int, Meaning]]] = {}
        for place, meanings in enumerate(self.meanings):
            for word, meaning in meanings.items():
                meant_by.setdefault(word, []).append((place, meaning))
        return meant_by

    @cached_property
    def meant_words(self) -> frozenset[int]:
        """The words of the index that are meant."""
        return frozenset(self.meant_by)


@dataclass(frozen=True)
class Hit:
    """A result: thing, score, matched name, how it matched, and matched words.

    ``name`` is None if only a definition or a quote matched. ``is_whole`` tells that query and name have the same words
    but for endings and order.
    """

    entry: IndexEntry
    score: float
    name: IndexedName | None
    how: MatchKind
    words: frozenset[str]
    is_whole: bool = False

    def weighted(self, weight: float) -> Hit:
        """Return the hit with its score multiplied."""
        return replace(self, score=round(self.score * weight, 1))


@dataclass(frozen=True)
class SearchResults:
    """The best hits, and the number of all, also by kind."""

    hits: Sequence[Hit] = ()
    total: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


class SearchIndex:
    """Finds things by names, definitions and quotes; thread-safe once made."""

    def __init__(self, entries: Iterable[IndexEntry]) -> None:
        self.entries = tuple(entries)
        self.by_id = {entry.id: entry for entry in self.entries}
        self.by_iri = {entry.iri: entry for entry in self.entries}
        self.languages = sorted({name.language for entry in self.entries for name in entry.names if name.language})
        self._kinds = [entry.kind for entry in self.entries]
        self._lexicon = Lexicon()
        self._variants: list[tuple[NameVariant, ...]] = []
        names, texts = self._read()
        self._names = [array("I", dict.fromkeys(key & 0xFFFFFFFF for key in sorted(keys))) for keys in names]
        self._texts = [array("I", dict.fromkeys(places)) for places in texts]
        self._frequency = [len(names) + len(texts) for names, texts in zip(self._names, self._texts, strict=True)]
        self._lexicon.freeze()

    def search(
        self,
        query: str,
        kinds: Collection[str] = (),
        limit: int = MAX_HITS,
        *,
        is_first: bool = False,
        is_typed: bool = False,
    ) -> SearchResults:
        """Return the things that a query may mean, filtered by kinds.

        ``is_first`` keeps only things whose main class is among the kinds, as the counts by kind do. ``is_typed`` is
        for suggestions: the last word may be a beginning of one letter, and definitions and quotes do not count.
        """
        parsed = self._parse(query, is_typed=is_typed)
        in_texts = [{} if is_typed else _reachable(word, self._texts, _TEXT_QUALITY) for word in parsed.meanings]
        reach = self._reach(parsed, in_texts)
        counts = Counter(map(self._kinds.__getitem__, reach))
        if kinds:
            wanted = set(kinds)
            most = 1 if is_first else None
            reach = {
                place: value for place, value in reach.items() if wanted.intersection(self.entries[place].kinds[:most])
            }
        hits = []
        for place in nlargest(min(MAX_HITS, _COMPARED_PER_HIT * limit), reach, reach.__getitem__):
            hit = self._score(parsed, place, [qualities.get(place, 0.0) for qualities in in_texts])
            hits.append(hit if kinds or hit.entry.weight == 1 else hit.weighted(hit.entry.weight))
        hits.sort(key=lambda hit: (-hit.score, -len(hit.entry.quotes), len(hit.entry.label("").text), hit.entry.id))
        return SearchResults(hits[:limit], len(reach), counts)

    def near(self, query: str) -> list[str]:
        """Return up to six words of the index similar to query words."""
        similar: dict[str, None] = {}
        for form in drop_stopwords(normalise_words(query))[:MAX_WORDS]:
            similar |= dict.fromkeys(self._lexicon.near(form))
        return list(similar)[:6]

    def _read(self) -> tuple[list[list[int]], list[list[int]]]:
        """Read all entries into postings: places of entries by word number.

        Returns: those whose names have the word, each as ``length of the name << 32 | place``, so that sorting puts
        short names first; and those whose definitions or quotes have it.
        """
        names: list[list[int]] = []
        texts: list[list[int]] = []

        def number_of(form: str) -> int:
            number = self._lexicon.number(form)
            if number == len(names):
                names.append([])
                texts.append([])
            return number

        for place, entry in enumerate(self.entries):
            variants = []
            for rank, name in enumerate(entry.names):
                for words, weight in _word_variants(name).items():
                    numbers = tuple(map(number_of, words))
                    variants.append(NameVariant(rank, numbers, weight))
                    for number in numbers:
                        names[number].append(len(numbers) << 32 | place)
            self._variants.append(tuple(variants))
            descriptions = [item.text for item in entry.definitions] + [quote.text for quote in entry.quotes]
            for text in descriptions:
                for number in set(map(number_of, drop_stopwords(normalise_words(text)))):
                    texts[number].append(place)
        return names, texts

    def _parse(self, query: str, *, is_typed: bool) -> SearchQuery:
        """Return the words of a query with their meanings and weights."""
        forms = normalise_words(query)
        words = drop_stopwords(forms)[:MAX_WORDS]
        meanings = [
            self._lexicon.meanings(
                word, self._frequency, is_open=place == len(words) - 1 and word == forms[-1], is_typed=is_typed
            )
            for place, word in enumerate(words)
        ]
        for place, pair in enumerate(pairwise(words)):
            joined = self._lexicon.find("".join(pair))
            if joined is not None:
                for word in meanings[place : place + 2]:
                    word[joined] = Meaning(_JOINED_QUALITY, "words")
        numbers = tuple(self._lexicon.find(word) for word in words)
        return SearchQuery(numbers, tuple(meanings), tuple(self._weigh(meanings)))

    def _weigh(self, meanings: Sequence[dict[int, Meaning]]) -> list[float]:
        """Return the weights of query words, which add up to 1.

        The rarer a word, the higher its weight. A word without any meaning weighs as much as the others on average.
        """
        weights = []
        for word in meanings:
            best = max((meaning.quality for meaning in word.values()), default=0)
            count = sum(self._frequency[number] for number, meaning in word.items() if meaning.quality >= best - 0.05)
            weights.append(log(1 + len(self.entries) / count) if count else 0.0)
        non_zero = [weight for weight in weights if weight]
        mean = sum(non_zero) / len(non_zero) if non_zero else 1.0
        filled = [weight or mean for weight in weights]
        return [weight / sum(filled) for weight in filled]

    def _reach(self, parsed: SearchQuery, in_texts: Sequence[dict[int, float]]) -> dict[int, float]:
        """Return an upper bound (0 to 1) of each reachable thing's share.

        Things that cannot reach _MIN_SHARE are left out.
        """
        reach: dict[int, float] = {}
        left = 1.0
        for word in sorted(range(len(in_texts)), key=parsed.weights.__getitem__, reverse=True):
            weight = parsed.weights[word]
            best = in_texts[word] | _reachable(parsed.meanings[word], self._names, 1.0)
            if left >= _MIN_SHARE:  # a thing without the rarer words may still have enough
                for place, quality in best.items():
                    reach[place] = reach.get(place, 0.0) + weight * quality
            else:
                for place in reach.keys() & best.keys():
                    reach[place] += weight * best[place]
            left -= weight
        return {place: value for place, value in reach.items() if value >= _MIN_SHARE * _TEXT_QUALITY}

    def _score(self, parsed: SearchQuery, place: int, in_texts: Sequence[float]) -> Hit:
        """Return the hit for a thing, with the best of its scores.

        ``in_texts`` is how much each query word counts in the definitions and quotes of the thing.
        """
        entry = self.entries[place]
        top, top_variant, top_ways, is_whole = 0.0, None, frozenset[MatchKind](), False
        widest = list(in_texts)
        for variant in self._variants[place]:
            matched = [word for word in variant.words if word in parsed.meant_by]
            if not matched:
                continue
            qualities, ways = _match(parsed, matched)
            widest = list(map(max, widest, qualities))
            score = _score_variant(parsed, entry.names[variant.name], variant, qualities, len(matched))
            if score > top:
                top, top_variant, top_ways = score, variant, ways
                is_whole = len(matched) == len(variant.words) and min(qualities) >= SAME_STEM
        scattered = 100 * _SCATTERED * _dot(parsed.weights, widest)
        words = frozenset(map(self._lexicon.forms.__getitem__, parsed.meant_words))
        name = entry.names[top_variant.name] if top_variant else None
        if scattered > top or top_variant is None:
            return Hit(entry, round(scattered, 1), name, "text", words)
        is_exact = top_variant.words == parsed.words
        how: MatchKind = "exact" if is_exact else max(top_ways, key=_MATCH_ORDER.index)
        return Hit(entry, round(top, 1), name, how, words, is_whole)


def _reachable(meanings: Mapping[int, Meaning], places: Sequence[array[int]], weight: float) -> dict[int, float]:
    """Return the things that a query word reaches, with quality."""
    qualities: dict[int, float] = {}
    for number in sorted(meanings, key=lambda number: meanings[number].quality):
        qualities |= dict.fromkeys(places[number], meanings[number].quality * weight)
    return qualities


def _word_variants(name: IndexedName) -> dict[tuple[str, ...], float]:
    """Return the spellings of a name as words, each with its weight.

    Stop words are dropped; a short name is also one joined word.
    """
    variants: dict[tuple[str, ...], float] = {}
    for text, weight in name.spellings():
        words = normalise_words(text)
        if words:
            variants.setdefault(tuple(drop_stopwords(words)[:MAX_WORDS]), weight)
        if 1 < len(words) <= _MAX_JOINED:
            variants.setdefault(("".join(words),), weight)
    return variants


def _match(parsed: SearchQuery, matched: Sequence[int]) -> tuple[list[float], frozenset[MatchKind]]:
    """Return how well words match each query word, and how."""
    qualities = [0.0] * len(parsed.weights)
    ways: dict[int, MatchKind] = {}
    for word in matched:
        for place, meaning in parsed.meant_by[word]:
            if meaning.quality > qualities[place]:
                qualities[place], ways[place] = meaning.quality, meaning.how
    return qualities, frozenset(ways.values())


def _score_variant(
    parsed: SearchQuery, name: IndexedName, variant: NameVariant, qualities: Sequence[float], matched: int
) -> float:
    """Return the score of one spelling, of which ``matched`` words match."""
    role = ROLE_WEIGHTS[name.role] * variant.weight
    if variant.words == parsed.words:
        return 100 * role
    share = _dot(parsed.weights, qualities)
    return min(_MAX_INEXACT, 100 * (0.8 * share + 0.2 * matched / len(variant.words))) * role


def _dot(weights: Iterable[float], qualities: Iterable[float]) -> float:
    """Return the sum of the products."""
    return float(sum(map(mul, weights, qualities)))
