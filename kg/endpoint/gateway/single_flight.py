"""Answers of an immutable release, kept up to a number of bytes; what many ask at once is evaluated once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from kg.endpoint.gateway.segmented_lru import SegmentedLRU
from kg.endpoint.worker_pool.pool import Outcome

MAX_BYTES = 67_108_864
"""Most bytes of answers that are kept."""

OVERHEAD = 1_024
"""Bytes that a small answer counts besides its body, for its key and its place."""

Found = Literal["hit", "joined", "miss"]
"""Whether an answer was kept, is under way for someone else, or is to be found."""


@dataclass
class _Flight:
    """An evaluation under way and how many wait for it."""

    task: asyncio.Task[Outcome]
    waiting: int = 0


class SingleFlight:
    """Keeps the answers used last, and joins equal questions; for one event loop.

    ``hits`` counts answers from here, ``joined`` questions that waited for an equal one, ``misses`` the rest.
    """

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._kept: SegmentedLRU[Outcome] = SegmentedLRU(most)
        self._flights: dict[Hashable, _Flight] = {}
        self.hits = self.joined = self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """How many bytes of answers it holds."""
        return self._kept.bytes

    async def get(
        self,
        release: str,
        question: Hashable,
        evaluate: Callable[[], Awaitable[Outcome]],
        patience: float | None = None,
        told: Callable[[Found], None] = lambda _: None,
    ) -> Outcome:
        """The answer of that release, or that of an equal question of equal patience under way, or a new one.

        A new answer is kept for the release that it says it comes from, which may be a later one. An evaluation
        ends when nobody waits for it any more. Errors go to all who wait and are not kept. ``told`` hears at
        once which of the three it is.
        """
        kept = self._kept.get((release, question))
        if kept is not None:
            self.hits += 1
            told("hit")
            return kept
        under_way = (release, question, patience)
        flight = self._flights.get(under_way)
        if flight is None:
            self.misses += 1
            told("miss")
            flight = self._flights[under_way] = _Flight(asyncio.ensure_future(self._fly(question, under_way, evaluate)))
        else:
            self.joined += 1
            told("joined")
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._flights.pop(under_way, None)
                flight.task.cancel()

    async def _fly(
        self, question: Hashable, under_way: Hashable, evaluate: Callable[[], Awaitable[Outcome]]
    ) -> Outcome:
        try:
            outcome = await evaluate()
        finally:
            flight = self._flights.get(under_way)
            if flight and flight.task is asyncio.current_task():
                del self._flights[under_way]
        self._kept.keep((outcome.release, question), outcome, len(outcome.answer.body) + OVERHEAD)
        return outcome

    def clear(self) -> None:
        """Forget all answers, as after a new release."""
        self._kept.clear()
