"""Moves queries from the quick lane to the middle and heavy ones."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kg.endpoint.worker_pool.pool_limits import BusyError, PoolError, PoolSettings, TimeLimitError
from kg.endpoint.worker_pool.release_workers import ReleaseWorkers
from kg.endpoint.worker_pool.worker_handle import Reply, WorkerHandle

_SHORTEST_CHECK = 0.005
"""Least seconds between two looks at the CPU time of a query."""


_WHOLE_CORE = 0.9
"""The part of its time that a query must have computed for its time-out to be one of its own, not of a busy machine."""


@dataclass
class Lane:
    """A few places for long queries; the others are stopped and queue.

    ``until`` is how many CPU seconds a query may have used before it moves to the next lane. ``nice`` is its priority
    there (workers begin at 5). ``capacity`` bounds the queue, and ``patience`` is how many seconds a query waits for a
    place. Places in the middle lane are free again soon; a long wait there means a busy machine.
    """

    name: str
    nice: int
    until: float
    places: int
    capacity: int
    patience: float
    running: set[Job] = field(default_factory=set)
    waiting: deque[Job] = field(default_factory=deque)

    def enter(self, job: Job) -> bool:
        """Give the job a place or queue it; return whether that worked."""
        if len(self.running) < self.places:
            self.running.add(job)
        elif len(self.waiting) < self.capacity:
            self.waiting.append(job)
        else:
            return False
        return True

    def leave(self, job: Job) -> None:
        """Give the job's place to the one that has waited longest."""
        if job in self.waiting:
            self.waiting.remove(job)
        if job in self.running:
            self.running.discard(job)
            if self.waiting:
                successor = self.waiting.popleft()
                self.running.add(successor)
                successor.go_on()


def slow_lanes(settings: PoolSettings) -> tuple[Lane, Lane]:
    """Return the lanes after the quick one, in their order."""
    return (
        Lane("middle", 10, settings.middle_seconds, settings.middle, settings.waiting, 3 * settings.patience),
        Lane("heavy", 19, settings.seconds, settings.heavy, settings.waiting, settings.patience),
    )


class Job:
    """One query in a worker, until it is answered or ended.

    A query moves on by the CPU time that it has used. By the clock every query would seem heavy on a busy machine, and
    the forks that replace the workers of heavy queries would keep it busy.

    A lowered priority cannot be raised again without privileges, so a worker that got one is of no use to the next
    query and must be replaced (``has_low_priority``). Where forks are expensive, a query in the middle lane keeps its
    priority, and its worker goes on to the next query.
    """

    def __init__(
        self,
        workers: ReleaseWorkers,
        worker: WorkerHandle,
        lanes: tuple[Lane, ...],
        settings: PoolSettings,
        seconds: float,
    ) -> None:
        self.lane: Lane | None = None
        self.has_low_priority = False
        self._workers = workers
        self._worker = worker
        self._lanes = list(lanes)
        self._settings = settings
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._cpu_before = worker.cpu_seconds()
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, frame: bytes, arrived: float) -> Reply:
        """Send the query and return the reply.

        Errors: PoolError if a limit ended it, WorkerGoneError if its worker has ended, OSError if the worker had
        ended before it saw the query.
        """
        reply = self._worker.ask(frame)
        now = self._loop.time()
        self._deadline = arrived + self._seconds
        self._call_at(now + self._settings.quick_seconds, self._check)
        try:
            return await reply
        finally:
            if self._timer:
                self._timer.cancel()
            if self.lane:
                # A worker may have answered just before it was stopped. Left so, it would hold up its next query.
                if self in self.lane.waiting:
                    self._worker.resume()
                self.lane.leave(self)

    def go_on(self) -> None:
        """Run again after waiting for a place."""
        self._worker.resume()
        self._check()

    def _check(self) -> None:
        """Move to the next lane if this one is used up."""
        now = self._loop.time()
        until = self.lane.until if self.lane else self._settings.quick_seconds
        left = until - (self._worker.cpu_seconds() - self._cpu_before)
        if now >= self._deadline:
            self._end()
        elif not self._lanes:
            self._call_at(self._deadline, self._end)
        elif left > until / 10:
            self._call_at(now + max(left, _SHORTEST_CHECK), self._check)
        else:
            self._move(now)

    def _move(self, now: float) -> None:
        """Enter the next lane, to run there or wait for a place."""
        previous, self.lane = self.lane, self._lanes.pop(0)
        if previous:
            previous.leave(self)
        else:
            self._workers.leave_quick_lane(self._worker)
        if not self._lanes or not self._workers.forks_are_expensive:
            self._worker.lower_priority(self.lane.nice)
            self.has_low_priority = True
        if not self.lane.enter(self):
            self._end()
        elif self in self.lane.running:
            self._check()
        else:
            self._worker.stop()
            # Clients that are refused at the same moment come back at the same moment, so spread them.
            patience = self.lane.patience * random.uniform(0.75, 1)  # noqa: S311  nothing secret
            self._call_at(now + patience, self._end)

    def _call_at(self, moment: float, callback: Callable[[], None]) -> None:
        """Set the job's one timer to a moment or to the deadline."""
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(min(moment, self._deadline), callback)

    def _end(self) -> None:
        """End the query at its time limit or in a full lane."""
        used = self._worker.cpu_seconds() - self._cpu_before
        error: PoolError = TimeLimitError(self._seconds, had_core=used >= _WHOLE_CORE * self._seconds)
        if self.lane and self not in self.lane.running and self._loop.time() < self._deadline:
            error = BusyError("lane", count=self.lane.places, lane=self.lane.name)
        self._worker.fail(error)
        self._workers.drop(self._worker)
