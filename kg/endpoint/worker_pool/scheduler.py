"""The way of one query through the lanes: quick at first, then middle, then heavy, ended at its limits."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kg.endpoint.worker_pool.pool_problems import BusyError, PoolError, TimeLimitError
from kg.endpoint.worker_pool.pool_settings import PoolSettings
from kg.endpoint.worker_pool.release_workers import Generation
from kg.endpoint.worker_pool.worker_handle import Evaluator, Reply

_SHORTEST = 0.005
"""Seconds between two looks at how much a query has used of a processor."""


@dataclass
class Lane:
    """A few places for queries that take long; those without a place are stopped and wait in turn.

    ``until`` is how many seconds of a processor a query may have used when it leaves for the next lane;
    ``nice`` how far it gives way to others (evaluators begin at 5), ``patience`` how many seconds a query
    waits for a place. In the middle lane places are soon free; waiting long there means a busy machine.
    """

    name: str
    nice: int
    until: float
    places: int
    room: int
    patience: float
    running: set[Job] = field(default_factory=set)
    waiting: deque[Job] = field(default_factory=deque)

    def enter(self, job: Job) -> bool:
        """Whether there is a place for the job, or else room to wait for one."""
        if len(self.running) < self.places:
            self.running.add(job)
        elif len(self.waiting) < self.room:
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
                following = self.waiting.popleft()
                self.running.add(following)
                following.go_on()


def slow_lanes(settings: PoolSettings) -> tuple[Lane, Lane]:
    """The lanes of queries that have left the quick one, the first of which they enter first."""
    return (
        Lane("middle", 10, settings.middle_seconds, settings.middle, settings.waiting, 3 * settings.patience),
        Lane("heavy", 19, settings.seconds, settings.heavy, settings.waiting, settings.patience),
    )


class Job:
    """One query in an evaluator, from when it is sent until its reply is there or it is ended.

    A query moves on by the processor time that it has used, not by the clock: else every query would
    seem heavy where the machine is busy, and the forks in their places keep it so. Who has given way to others
    does so for good, since nobody without privileges can take that back: its evaluator is of no use to the next
    query. Where a fork is dear, a query in the middle lane does not, and its evaluator goes on to another.
    """

    def __init__(
        self,
        generation: Generation,
        evaluator: Evaluator,
        lanes: tuple[Lane, ...],
        settings: PoolSettings,
        seconds: float,
    ) -> None:
        self.lane: Lane | None = None
        self.has_given_way = False
        self._generation = generation
        self._evaluator = evaluator
        self._lanes = list(lanes)
        self._settings = settings
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._began = evaluator.used()
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, frame: bytes, arrived: float) -> Reply:
        """Send the query and wait for the reply.

        Errors: PoolError where a limit ended it, EvaluatorGoneError where its evaluator has ended, OSError
        where that had happened before.
        """
        reply = self._evaluator.ask(frame)
        now = self._loop.time()
        self._deadline = arrived + self._seconds
        self._set(now + self._settings.quick_seconds, self._look)
        try:
            return await reply
        finally:
            if self._timer:
                self._timer.cancel()
            if self.lane:
                if self in self.lane.waiting:  # it had answered already when it was stopped
                    self._evaluator.resume()
                self.lane.leave(self)

    def go_on(self) -> None:
        """Run again after waiting."""
        self._evaluator.resume()
        self._look()

    def _look(self) -> None:
        """Move to the next lane once the query has used what this one allows, or look again later."""
        now = self._loop.time()
        until = self.lane.until if self.lane else self._settings.quick_seconds
        lacking = until - (self._evaluator.used() - self._began)
        if now >= self._deadline:
            self._end()
        elif not self._lanes:
            self._set(self._deadline, self._end)
        elif lacking > until / 10:
            self._set(now + max(lacking, _SHORTEST), self._look)
        else:
            self._move(now)

    def _move(self, now: float) -> None:
        """Enter the next lane: run there, or stop and wait for a place."""
        old, self.lane = self.lane, self._lanes.pop(0)
        if old:
            old.leave(self)
        else:
            self._generation.leave_quick_lane(self._evaluator)
        if not self._lanes or not self._generation.is_dear:
            self._evaluator.step_back(self.lane.nice)
            self.has_given_way = True
        if not self.lane.enter(self):
            self._end()
        elif self in self.lane.running:
            self._look()
        else:
            self._evaluator.stop()
            # Clients that are refused at the same moment come back at the same moment: spread them.
            patience = self.lane.patience * random.uniform(0.75, 1)  # noqa: S311  nothing secret
            self._set(now + patience, self._end)

    def _set(self, moment: float, then: Callable[[], None]) -> None:
        """Do that at a moment, or at the deadline if it is earlier."""
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(min(moment, self._deadline), then)

    def _end(self) -> None:
        """End the query: at its limit of time, or because too many are before it in its lane."""
        error: PoolError = TimeLimitError(self._seconds)
        if self.lane and self not in self.lane.running and self._loop.time() < self._deadline:
            error = BusyError("lane", count=self.lane.places, lane=self.lane.name)
        self._evaluator.fail(error)
        self._generation.drop(self._evaluator)
