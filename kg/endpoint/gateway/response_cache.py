"""One bounded store of answers and responses, and single flight."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from kg.endpoint.evaluation import Request
from kg.endpoint.gateway.responses import WholeResponse
from kg.endpoint.problems import ProblemError, Value
from kg.endpoint.worker_pool import TimeLimitError
from kg.endpoint.worker_pool.pool import Outcome

MAX_BYTES = 67_108_864
"""Most bytes that are kept."""

OVERHEAD = 1_024
"""Bytes that an answer counts besides its body and its query, for its place."""

RESPONSE_OVERHEAD = 2_048
"""Bytes that a response counts besides a coded body, for its headers."""

Found = Literal["hit", "joined", "miss"]
"""Whether an answer was kept, is being evaluated for somebody else, or is to be evaluated."""


_LASTING = frozenset(["rows", "bytes", "memory", "nesting"])
"""The problems that an equal query has again on the same release, whatever else the machine does."""


@dataclass
class Kept:
    """An answer, and the responses made of it by their variant."""

    outcome: Outcome
    size: int
    responses: dict[Hashable, WholeResponse] = field(default_factory=dict)


@dataclass
class KeptRefusal:
    """The limit that a query has reached, as parts of a problem.

    ``seconds`` is the time after which it was ended, if that was the limit, and ``patience`` what its client had given
    it, None for all that the service gives.
    """

    name: str
    words: dict[str, Value]
    values: dict[str, Value]
    seconds: float | None
    patience: float | None
    size: int

    @classmethod
    def of(cls, error: ProblemError, patience: float | None, size: int) -> KeptRefusal:
        """Return what is kept of an error.

        The error itself would keep all frames that it goes through.
        """
        seconds = error.seconds if isinstance(error, TimeLimitError) else None
        return cls(error.name, error.words, error.values, seconds, patience, size)

    def problem(self, patience: float | None) -> ProblemError | None:
        """Return the problem for a client with this patience, if any."""
        if self.seconds is None:
            return ProblemError(self.name, self.words, **self.values)
        if self.patience is not None and (patience is None or patience > self.patience):
            return None
        return TimeLimitError(self.seconds if patience is None else min(patience, self.seconds))


def is_lasting(error: ProblemError) -> bool:
    """Return whether an equal query would always be refused again."""
    return error.code in _LASTING or (isinstance(error, TimeLimitError) and error.had_core)


_Entry = Kept | KeptRefusal

MAX_REQUESTS = 512
"""Most requests that are remembered byte for byte."""

MAX_REMEMBERED = 16_384
"""Most bytes of a request and its response that are remembered so: they count apart from MAX_BYTES."""


class Remembered(NamedTuple):
    """The response to the same bytes, and what is logged of it."""

    release: str
    response: WholeResponse
    query: str
    lane: str


class SegmentedLRU:
    """Answers by key in bounded memory; the least recently used leave first.

    New entries have a sixteenth of the bytes to themselves, so that one-off queries cannot evict popular
    ones (segmented LRU: Karedla, Love and Wherry 1994). ``bytes`` is what it holds. For one event loop.
    """

    def __init__(self, most: int) -> None:
        self._most, self._most_new = most, most // 16
        self._new: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._popular: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes_new = self._bytes_popular = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._popular)

    @property
    def bytes(self) -> int:
        """How many bytes it holds."""
        return self._bytes_new + self._bytes_popular

    def get(self, key: Hashable) -> _Entry | None:
        """Return the entry of a key, which is popular from now on."""
        entry = self._popular.get(key)
        if entry:
            self._popular.move_to_end(key)
            return entry
        entry = self._new.pop(key, None)
        if entry:
            self._bytes_new -= entry.size
            self._popular[key] = entry
            self._bytes_popular += entry.size
            self._evict()
        return entry

    def add(self, key: Hashable, entry: _Entry) -> None:
        """Add an entry, unless too large or the key has an answer."""
        held = self._popular.get(key) or self._new.get(key)
        if entry.size > self._most // 4 or isinstance(held, Kept):
            return
        self._remove(key)
        self._new[key] = entry
        self._bytes_new += entry.size
        while self._bytes_new > self._most_new and len(self._new) > 1:  # a large one alone may become popular
            self._bytes_new -= self._new.popitem(last=False)[1].size
        self._evict()

    def _remove(self, key: Hashable) -> None:
        if entry := self._new.pop(key, None):
            self._bytes_new -= entry.size
        if entry := self._popular.pop(key, None):
            self._bytes_popular -= entry.size

    def grow(self, key: Hashable, size: int) -> None:
        """Count more bytes for a popular entry."""
        if entry := self._popular.get(key):
            entry.size += size
            self._bytes_popular += size
            self._evict()

    def clear(self) -> None:
        """Forget everything."""
        self._new.clear()
        self._popular.clear()
        self._bytes_new = self._bytes_popular = 0

    def _evict(self) -> None:
        while self.bytes > self._most:
            self._bytes_popular -= self._popular.popitem(last=False)[1].size


@dataclass
class _Flight:
    """An evaluation under way and how many wait for it."""

    task: asyncio.Task[Outcome]
    waiting: int = 0


class ResponseCache:
    """Answers and refusals of immutable releases, and evaluations under way.

    Equal queries at one time are evaluated once (single flight). For one event loop.
    ``hits`` counts queries that were answered from here, ``joined`` those that waited for an equal one,
    ``misses`` the rest.
    """

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._store = SegmentedLRU(most)
        self._flights: dict[Hashable, _Flight] = {}
        self._requests: dict[Hashable, Remembered] = {}
        self.hits = self.joined = self.misses = 0

    def __len__(self) -> int:
        return len(self._store)

    @property
    def bytes(self) -> int:
        """How many bytes it holds."""
        return self._store.bytes

    def remembered(self, request: Hashable, release: str) -> Remembered | None:
        """Return the response to the same bytes, and count a hit."""
        remembered = self._requests.get(request)
        if remembered is None or remembered.release != release:
            return None
        self.hits += 1
        return remembered

    def remember(self, request: Hashable, size: int, remembered: Remembered) -> None:
        """Remember a response that depends on these bytes and the release alone.

        ``size`` is how many bytes the request has.
        """
        if size + len(remembered.response.body) <= MAX_REMEMBERED:
            if len(self._requests) >= MAX_REQUESTS:
                del self._requests[next(iter(self._requests))]
            self._requests[request] = remembered

    def peek(self, release: str, query: Request) -> Kept | None:
        """Return the answer kept of a query without counting a hit."""
        entry = self._store.get((release, query))
        return entry if isinstance(entry, Kept) else None

    def get(self, release: str, query: Request, patience: float | None = None) -> Kept | None:
        """Return the answer kept of a query, and count a hit.

        Errors: the ProblemError that is kept of it.
        """
        entry = self._store.get((release, query))
        if isinstance(entry, KeptRefusal):
            problem = entry.problem(patience)
            self.hits += problem is not None
            if problem:
                raise problem
            return None
        self.hits += entry is not None
        return entry

    def keep_response(self, release: str, query: Request, variant: Hashable, response: WholeResponse) -> None:
        """Keep a response beside its answer, unless that has left."""
        entry = self._store.get((release, query))
        if isinstance(entry, Kept) and variant not in entry.responses:
            entry.responses[variant] = response
            own = 0 if response.body is entry.outcome.answer.body else len(response.body)
            self._store.grow((release, query), RESPONSE_OVERHEAD + own)

    async def evaluate(
        self,
        release: str,
        query: Request,
        evaluate: Callable[[], Awaitable[Outcome]],
        patience: float | None = None,
        tell: Callable[[Found], None] = lambda _: None,
    ) -> Outcome:
        """Return the outcome of an equal evaluation under way, or anew.

        Queries are equal where their patience is, too. The answer is kept for the release that it says it comes from,
        which may be a later one. An evaluation ends when nobody waits for it any more. Errors go to all who wait, and
        are kept where the query would be refused again. ``tell`` is called at once with which of the two it is.
        """
        under_way = (release, query, patience)
        flight = self._flights.get(under_way)
        if flight is None:
            self.misses += 1
            tell("miss")
            flight = self._flights[under_way] = _Flight(asyncio.ensure_future(self._fly(under_way, evaluate)))
        else:
            self.joined += 1
            tell("joined")
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._flights.pop(under_way, None)
                flight.task.cancel()

    async def _fly(
        self, under_way: tuple[str, Request, float | None], evaluate: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        release, query, patience = under_way
        room = OVERHEAD + len(query.query)
        try:
            outcome = await evaluate()
        except ProblemError as error:
            if is_lasting(error):
                self._store.add((release, query), KeptRefusal.of(error, patience, room))
            raise
        finally:
            flight = self._flights.get(under_way)
            if flight and flight.task is asyncio.current_task():
                del self._flights[under_way]
        self._store.add((outcome.release, query), Kept(outcome, len(outcome.answer.body) + room))
        return outcome

    def clear(self) -> None:
        """Forget all answers, as after a new release."""
        self._store.clear()
        self._requests.clear()
