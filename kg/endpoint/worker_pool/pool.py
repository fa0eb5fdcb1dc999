"""The pool: queries in, whole answers or refusals out, and a new release swapped in without a lost query."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.endpoint.evaluation import Answer, Limits, Request
from kg.endpoint.problems import EndpointError, ProblemError
from kg.endpoint.worker_pool import ipc as wire
from kg.endpoint.worker_pool.pool_problems import BusyError, LostError, MemoryLimitError, of_exit
from kg.endpoint.worker_pool.pool_settings import PoolSettings
from kg.endpoint.worker_pool.release_workers import Generation, Listener
from kg.endpoint.worker_pool.scheduler import Job, slow_lanes
from kg.endpoint.worker_pool.worker_handle import Evaluator, EvaluatorGoneError, Reply

Free = tuple[Generation, Evaluator]

_REASONS = ("timeout", "memory", "busy", "lost", "nesting")
_COUNTED = ("answered", "refused", "cancelled", *_REASONS, "keepers_lost", "recoveries_failed")
_AGAIN = 1.0
"""Seconds until a keeper that ended and could not be started is tried again."""


@dataclass(frozen=True)
class Outcome:
    """An answer, the release that all of it comes from, and how it came about.

    ``release`` is the SHA-256 of the file that was loaded (of the digests of all, where there are
    several); ``seconds`` is the time from arrival to answer; ``lane`` where it ended.
    """

    answer: Answer
    release: str
    seconds: float
    lane: str


class Pool:
    """Evaluators in processes that can be killed; for one event loop, on Linux."""

    def __init__(self, limits: Limits, settings: PoolSettings) -> None:
        self.limits = limits
        self.settings = settings
        self._loop = asyncio.get_running_loop()
        self._lanes = slow_lanes(settings)
        self._listener = Listener(self._free, self._keeper_lost)
        self._generation = Generation(limits, settings, self._listener)
        self._old: list[Generation] = []
        self._paths: tuple[Path, ...] = ()
        self._queue: deque[asyncio.Future[Free]] = deque()
        self._last_is_next = True
        self._changing = asyncio.Lock()
        self._recovery: asyncio.Task[None] | None = None
        self._counts: Counter[str] = Counter()
        self._closed = False

    @classmethod
    async def start(
        cls, paths: Sequence[Path], limits: Limits | None = None, settings: PoolSettings | None = None
    ) -> Pool:
        """A pool that answers from the files.

        Errors: LoadingError where they cannot be loaded, EndpointError where no process can be started.
        """
        pool = cls(limits or Limits(), settings or PoolSettings())
        await pool.replace(paths)
        return pool

    @property
    def release(self) -> str:
        """The release that new queries are answered from."""
        return self._generation.release

    @property
    def triples(self) -> int:
        """How many quads the store holds."""
        return self._generation.triples

    @property
    def ready(self) -> bool:
        """Whether queries can be answered now."""
        return not self._closed and bool(self._generation.evaluators)

    async def evaluate(self, request: Request, *, seconds: float | None = None) -> Outcome:
        """The answer to a request; ``seconds`` lowers the limit of time.

        A caller that is cancelled ends the evaluation.

        Errors: ProblemError as ``kg.endpoint.evaluation.evaluate``, and its subclasses TimeLimitError,
        MemoryLimitError, BusyError and LostError.
        """
        arrived = self._loop.time()
        most = self.settings.seconds if seconds is None else min(max(seconds, 0.001), self.settings.seconds)
        frame = wire.pack_request(request, self.limits, most)
        while True:
            generation, evaluator = await self._take(arrived, most)
            job = Job(generation, evaluator, self._lanes, self.settings, most)
            try:
                reply = await job.run(frame, arrived)
            except EvaluatorGoneError as error:
                raise self._counted(of_exit(error.code, self.settings, most)) from None
            except OSError:  # it had ended before the query reached it: take another
                generation.drop(evaluator)
                continue
            except ProblemError as error:
                raise self._counted(error) from None
            except BaseException:  # the caller is cancelled: its client went away
                self._counts["cancelled"] += 1
                generation.drop(evaluator)
                raise
            if job.has_given_way or reply[0].last or generation.has_grown(evaluator, reply[0].grown):
                generation.drop(evaluator)
            else:
                evaluator.quick = True
                self._free(generation, evaluator)
            return Outcome(
                self._answer(reply),
                generation.release,
                self._loop.time() - arrived,
                job.lane.name if job.lane else "quick",
            )

    async def replace(self, paths: Sequence[Path], check: Callable[[str], None] = lambda _: None) -> None:
        """Answer new queries from other files; those under way end on the old ones.

        ``check`` is handed the release that was loaded and raises where it is not to be served.

        Errors: as ``start``, and those of ``check``; the old files go on being served then.
        """
        async with self._changing:
            generation = Generation(self.limits, self.settings, self._listener)
            await generation.start(paths)
            try:
                check(generation.release)
            except Exception:
                await generation.close()
                raise
            if self._closed:
                await generation.close()
                return
            old, self._generation, self._paths = self._generation, generation, tuple(paths)
            self._counts["forks"] += old.forks
            self._old = [one for one in self._old if one.evaluators]
            self._old.append(old)
            old.retire()
            self._serve_queue()

    async def close(self) -> None:
        """End all processes; queries under way are lost."""
        self._closed = True
        if self._recovery:
            self._recovery.cancel()
        for waiting in self._queue:
            if not waiting.done():
                waiting.set_exception(LostError("the service is stopping"))
        for generation in [*self._old, self._generation]:
            await generation.close()

    def processes(self) -> list[int]:
        """The processes of the pool: keepers and evaluators."""
        generations = [*self._old, self._generation]
        return [pid for one in generations for pid in (one.pid, *one.evaluators) if pid]

    def figures(self) -> dict[str, int]:
        """Numbers for ``/metrics``: how many evaluators do what now, and what has happened since the start."""
        evaluators = self._generation.evaluators.values()
        return {
            "evaluators": sum(len(one.evaluators) for one in (*self._old, self._generation)),
            "quick_idle": len(self._generation.idle),
            "quick_busy": sum(one.busy and one.quick for one in evaluators),
            **{f"{lane.name}_running": len(lane.running) for lane in self._lanes},
            **{f"{lane.name}_waiting": len(lane.waiting) for lane in self._lanes},
            "queued": sum(not one.done() for one in self._queue),
            "generations": 1 + sum(bool(one.evaluators) for one in self._old),
            "forks": self._counts["forks"] + self._generation.forks,
            **{name: self._counts[name] for name in _COUNTED},
        }

    async def _take(self, arrived: float, most: float) -> Free:
        """An evaluator that is free, waited for with the patience that there is."""
        if self._closed:
            raise self._counted(LostError("the service is stopping"))
        evaluator = self._generation.take(len(self._queue))
        if evaluator:
            return self._generation, evaluator
        patience = min(self.settings.patience, most)
        if len(self._queue) >= self.settings.queue:
            raise self._counted(BusyError("queue", count=len(self._queue)))
        waiting: asyncio.Future[Free] = self._loop.create_future()
        self._queue.append(waiting)
        timer = self._loop.call_at(arrived + patience, _give_up, waiting, patience)
        try:
            return await waiting
        except ProblemError as error:
            raise self._counted(error) from None
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and not waiting.exception():
                self._free(*waiting.result())
            raise
        finally:
            timer.cancel()
            if waiting in self._queue:
                self._queue.remove(waiting)

    def _free(self, generation: Generation, evaluator: Evaluator) -> None:
        """Take in that an evaluator can be asked."""
        if generation.retired:
            generation.drop(evaluator)
        elif evaluator.alive:
            generation.idle.insert(
                len(generation.idle) if evaluator.asked else 0, evaluator
            )  # warm ones are used first
            self._serve_queue()

    def _serve_queue(self) -> None:
        """Hand free evaluators of the current release to the query that came last and to the one first in turns.

        There is a queue only in a rush, and those at its head are what the rush is made of: were they all served
        first, who came later would wait as long (Maurer, Fail at Scale, ACM Queue 13(8), 2015, on serving the last
        first). Yet nobody waits for more than twice as many as came before.
        """
        generation = self._generation
        while self._queue and generation.idle:
            waiting = self._queue.pop() if self._last_is_next else self._queue.popleft()
            if not waiting.done():
                waiting.set_result((generation, generation.idle.pop()))
                self._last_is_next = not self._last_is_next

    def _answer(self, reply: Reply) -> Answer:
        """The answer in a reply, or the refusal that it is."""
        head, body = reply
        if head.failed:
            is_memory = head.failed == "memory"
            raise self._counted(MemoryLimitError(self.settings.memory) if is_memory else LostError(head.failed))
        try:
            answer = head.answer(body)
        except ProblemError as error:
            raise self._counted(error) from None
        self._counts["answered"] += 1
        return answer

    def _counted(self, error: ProblemError) -> ProblemError:
        """The same error, counted by its reason."""
        self._counts[error.code if error.code in _REASONS else "refused"] += 1
        return error

    def _keeper_lost(self, generation: Generation) -> None:
        """Start another keeper in the place of one that has ended by itself."""
        if generation is self._generation and not self._closed:
            self._counts["keepers_lost"] += 1
            self._recovery = self._loop.create_task(self._recover())

    async def _recover(self) -> None:
        """Load the same files again, until that works; queries wait meanwhile, as long as they have patience."""
        while not self._closed and not self._generation.evaluators:
            try:
                await self.replace(self._paths)
            except EndpointError:
                self._counts["recoveries_failed"] += 1
                await asyncio.sleep(_AGAIN)


def _give_up(waiting: asyncio.Future[Free], patience: float) -> None:
    """Refuse a query that found no free evaluator in time."""
    if not waiting.done():
        waiting.set_exception(BusyError("patience", seconds=f"{patience:g}"))
