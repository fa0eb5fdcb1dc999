"""How well a thing meets a search, from 0 to 100, and why: which name met it, and how.

The score of a name is ``100 × role × (0.8 × share of the search that the name has + 0.2 × share of the name that was
searched for)``, at most 97, and ``100 × role`` where search and name are the same words. A word counts as much as it is
rare, times how surely it is meant (``kg.pages.search.lexicon``). What is said of a thing counts for words that none
of its names has: such a word counts 0.6, and the sum at most 85. The best of these is the thing's score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import mul
from typing import NamedTuple

from kg.pages.search.entry import ROLES, Entry, Name
from kg.pages.search.lexicon import SAME_STEM, How, Meaning

TEXT = 0.6
"""How much a word counts that stands in a definition or a quote only."""

_SCATTERED = 0.85
"""How much words count that no one name has together."""

_NOT_EXACT = 97.0
_ORDER: tuple[How, ...] = ("words", "prefix", "approximate")


class Variant(NamedTuple):
    """One spelling of a name: the place of the name in its entry, the numbers of its words, and how much it counts."""

    name: int
    words: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Asked:
    """A search: for each of its words its number if the index has it, what it may mean, and how much it counts.

    The weights add up to 1.
    """

    words: tuple[int | None, ...]
    meanings: tuple[dict[int, Meaning], ...]
    weights: tuple[float, ...]

    @cached_property
    def met_by(self) -> dict[int, list[tuple[int, Meaning]]]:
        """For each word of the index that is meant: the words of the search that mean it."""
        met: dict[int, list[tuple[int, Meaning]]] = {}
        for place, meanings in enumerate(self.meanings):
            for word, meaning in meanings.items():
                met.setdefault(word, []).append((place, meaning))
        return met

    @cached_property
    def forms(self) -> frozenset[int]:
        """The words of the index that are meant."""
        return frozenset(self.met_by)


@dataclass(frozen=True)
class Hit:
    """A thing that was found: its score, the name that met the search, how, and the folded words that did.

    ``name`` is None where no name met it, but only what is said of the thing. ``is_whole`` tells that search and
    name have the same words, but for their endings and order.
    """

    entry: Entry
    score: float
    name: Name | None
    how: How
    words: frozenset[str]
    is_whole: bool = False

    def lowered(self, weight: float) -> Hit:
        """The hit with its score lowered."""
        return replace(self, score=round(self.score * weight, 1))


def best(asked: Asked, entry: Entry, variants: Sequence[Variant], said: Sequence[float], forms: Sequence[str]) -> Hit:
    """The thing with the best of its scores.

    ``said`` is how much each word of the search counts in what is said of the thing, and ``forms`` the words of
    the index by number.
    """
    top, top_variant, top_ways, is_whole = 0.0, None, frozenset[How](), False
    widest = list(said)
    for variant in variants:
        met = [word for word in variant.words if word in asked.met_by]
        if not met:
            continue
        found, ways = _meet(asked, met)
        widest = list(map(max, widest, found))
        score = _of_name(asked, entry.names[variant.name], variant, found, len(met))
        if score > top:
            top, top_variant, top_ways = score, variant, ways
            is_whole = len(met) == len(variant.words) and min(found) >= SAME_STEM
    scattered = 100 * _SCATTERED * _sum(asked.weights, widest)
    words = frozenset(map(forms.__getitem__, asked.forms))
    name = entry.names[top_variant.name] if top_variant else None
    if scattered > top or top_variant is None:
        return Hit(entry, round(scattered, 1), name, "text", words)
    how: How = "exact" if top_variant.words == asked.words else max(top_ways, key=_ORDER.index)
    return Hit(entry, round(top, 1), name, how, words, is_whole)


def _meet(asked: Asked, met: Sequence[int]) -> tuple[list[float], frozenset[How]]:
    """How surely each word of a search is one of some words, and the ways by which the words are met."""
    found = [0.0] * len(asked.weights)
    ways: dict[int, How] = {}
    for word in met:
        for place, meaning in asked.met_by[word]:
            if meaning.quality > found[place]:
                found[place], ways[place] = meaning.quality, meaning.how
    return found, frozenset(ways.values())


def _of_name(asked: Asked, name: Name, variant: Variant, found: Sequence[float], met: int) -> float:
    """The score of one spelling of a name; ``met`` is how many of its words are met."""
    role = ROLES[name.role] * variant.share
    if variant.words == asked.words:
        return 100 * role
    share = _sum(asked.weights, found)
    return min(_NOT_EXACT, 100 * (0.8 * share + 0.2 * met / len(variant.words))) * role


def _sum(weights: Iterable[float], values: Iterable[float]) -> float:
    """The sum of the products."""
    return float(sum(map(mul, weights, values)))
