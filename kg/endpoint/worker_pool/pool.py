"""The pool: hands queries to workers, and swaps data without losing one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.endpoint.evaluation import Answer, Limits, Request
from kg.endpoint.problems import EndpointError, ProblemError
from kg.endpoint.worker_pool.ipc import pack_request
from kg.endpoint.worker_pool.pool_limits import (
    BusyError,
    LostError,
    MemoryLimitError,
    PoolSettings,
    problem_of_exit,
)
from kg.endpoint.worker_pool.release_workers import Listener, ReleaseWorkers
from kg.endpoint.worker_pool.scheduler import Job, slow_lanes
from kg.endpoint.worker_pool.worker_handle import Reply, WorkerGoneError, WorkerHandle

_FreeWorker = tuple[ReleaseWorkers, WorkerHandle]

_REASONS = ("timeout", "memory", "busy", "lost", "nesting")
_COUNTED = ("answered", "refused", "cancelled", *_REASONS, "keepers_lost", "recoveries_failed")
_RETRY_SECONDS = 1.0
"""Seconds until the start of a zygote is tried again, after one ended and none could be started."""


@dataclass(frozen=True)
class Outcome:
    """An answer, the release it comes from, and how it came about.

    ``release`` is the SHA-256 of the file that was loaded (of the digests of all, if there are several); ``seconds``
    is the time from arrival to answer; ``lane`` is where the query ended.
    """

    answer: Answer
    release: str
    seconds: float
    lane: str


class Pool:
    """Workers in processes that can be killed, for one event loop."""

    def __init__(self, limits: Limits, settings: PoolSettings) -> None:
        self.limits = limits
        self.settings = settings
        self._loop = asyncio.get_running_loop()
        self._lanes = slow_lanes(settings)
        self._listener = Listener(self._on_free, self._on_zygote_lost)
        self._current = ReleaseWorkers(limits, settings, self._listener)
        self._retired: list[ReleaseWorkers] = []
        self._paths: tuple[Path, ...] = ()
        self._queue: deque[asyncio.Future[_FreeWorker]] = deque()
        self._newest_is_next = True
        self._replacing = asyncio.Lock()
        self._recovery: asyncio.Task[None] | None = None
        self._counts: Counter[str] = Counter()
        self._closed = False

    @classmethod
    async def start(
        cls, paths: Sequence[Path], limits: Limits | None = None, settings: PoolSettings | None = None
    ) -> Pool:
        """Start a pool that answers from the files.

        Errors: LoadingError if they cannot be loaded, EndpointError if no process can be started.
        """
        pool = cls(limits or Limits(), settings or PoolSettings())
        await pool.replace(paths)
        return pool

    @property
    def release(self) -> str:
        """The release that new queries are answered from."""
        return self._current.release

    @property
    def triples(self) -> int:
        """The number of triples in the default graph."""
        return self._current.triples

    @property
    def ready(self) -> bool:
        """Whether queries can be answered now."""
        return not self._closed and bool(self._current.workers)

    async def evaluate(self, request: Request, *, seconds: float | None = None) -> Outcome:
        """Return the answer to a request; ``seconds`` lowers the time limit.

        If the caller is cancelled, the evaluation ends.

        Errors: ProblemError as ``kg.endpoint.evaluation.evaluate``, and its subclasses TimeLimitError,
        MemoryLimitError, BusyError and LostError.
        """
        arrived = self._loop.time()
        limit = self.settings.seconds if seconds is None else min(max(seconds, 0.001), self.settings.seconds)
        frame = pack_request(request, self.limits, limit)
        while True:
            workers, worker = await self._take(arrived, limit)
            job = Job(workers, worker, self._lanes, self.settings, limit)
            try:
                reply = await job.run(frame, arrived)
            except WorkerGoneError as error:
                raise self._counted(problem_of_exit(error.code, self.settings, limit)) from None
            except OSError:  # the worker had ended before it saw the query: take another
                workers.drop(worker)
                continue
            except ProblemError as error:
                raise self._counted(error) from None
            except BaseException:  # the caller is cancelled because its client went away
                self._counts["cancelled"] += 1
                workers.drop(worker)
                raise
            if job.has_low_priority or reply[0].last or workers.has_grown(worker, reply[0].grown):
                workers.drop(worker)
            else:
                worker.quick = True
                self._on_free(workers, worker)
            return Outcome(
                self._answer(reply),
                workers.release,
                self._loop.time() - arrived,
                job.lane.name if job.lane else "quick",
            )

    async def replace(self, paths: Sequence[Path], check: Callable[[str], None] = lambda _: None) -> None:
        """Answer new queries from other files; older ones end where they began.

        ``check`` is called with the release that was loaded, and raises EndpointError if it may not be served.

        Errors: as ``start``, and those of ``check``; the old files stay in service then.
        """
        async with self._replacing:
            workers = ReleaseWorkers(self.limits, self.settings, self._listener)
            await workers.start(paths)
            try:
                check(workers.release)
            except BaseException:
                await workers.close()
                raise
            if self._closed:
                await workers.close()
                return
            replaced, self._current, self._paths = self._current, workers, tuple(paths)
            self._counts["forks"] += replaced.forks
            self._retired = [retired for retired in self._retired if not retired.ended]
            self._retired.append(replaced)
            replaced.retire()
            self._serve_queue()

    async def close(self) -> None:
        """End all processes; queries under way are lost."""
        self._closed = True
        if self._recovery:
            self._recovery.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._recovery
        for waiting in self._queue:
            if not waiting.done():
                waiting.set_exception(LostError("the service is stopping"))
        for workers in [*self._retired, self._current]:
            await workers.close()

    def processes(self) -> list[int]:
        """Return the ids of the pool's processes: zygotes and workers."""
        return [pid for workers in (*self._retired, self._current) for pid in (workers.pid, *workers.workers) if pid]

    def figures(self) -> dict[str, int]:
        """Return the numbers for ``/metrics``.

        They say what the workers do now, and what has happened since the start.
        """
        workers = self._current.workers.values()
        return {
            "evaluators": sum(len(release.workers) for release in (*self._retired, self._current)),
            "quick_idle": len(self._current.idle),
            "quick_busy": sum(worker.busy and worker.quick for worker in workers),
            **{f"{lane.name}_running": len(lane.running) for lane in self._lanes},
            **{f"{lane.name}_waiting": len(lane.waiting) for lane in self._lanes},
            "queued": sum(not waiting.done() for waiting in self._queue),
            "generations": 1 + sum(bool(retired.workers) for retired in self._retired),
            "forks": self._counts["forks"] + self._current.forks,
            **{name: self._counts[name] for name in _COUNTED},
        }

    async def _take(self, arrived: float, limit: float) -> _FreeWorker:
        """Return a free worker, waiting for one within the settings' patience."""
        if self._closed:
            raise self._counted(LostError("the service is stopping"))
        worker = self._current.take(len(self._queue))
        if worker:
            return self._current, worker
        patience = min(self.settings.patience, limit)
        if len(self._queue) >= self.settings.queue:
            raise self._counted(BusyError("queue", count=len(self._queue)))
        waiting: asyncio.Future[_FreeWorker] = self._loop.create_future()
        self._queue.append(waiting)
        timer = self._loop.call_at(arrived + patience, _give_up, waiting, patience)
        try:
            return await waiting
        except ProblemError as error:
            raise self._counted(error) from None
        except asyncio.CancelledError:
            # The worker may have been assigned in the same moment; nobody else would ever free it.
            if waiting.done() and not waiting.cancelled() and not waiting.exception():
                self._on_free(*waiting.result())
            raise
        finally:
            timer.cancel()
            if waiting in self._queue:
                self._queue.remove(waiting)

    def _on_free(self, workers: ReleaseWorkers, worker: WorkerHandle) -> None:
        """Make a worker idle, or end it if its release is retired.

        One that has answered before is used first: it has copied already what queries need.
        """
        if workers.retired:
            workers.drop(worker)
        elif worker.alive:
            workers.idle.insert(len(workers.idle) if worker.asked else 0, worker)
            self._serve_queue()

    def _serve_queue(self) -> None:
        """Hand free workers to the newest and oldest waiting query in turns.

        There is a queue only under overload, and its oldest queries are those that cause it. If all of them went
        first, every newcomer would wait as long (Maurer, Fail at Scale, ACM Queue 13(8), 2015, on serving the newest
        first). Serving the oldest every other time means that nobody waits for more than twice as many as came before.
        """
        workers = self._current
        while self._queue and workers.idle:
            waiting = self._queue.pop() if self._newest_is_next else self._queue.popleft()
            if not waiting.done():
                waiting.set_result((workers, workers.idle.pop()))
                self._newest_is_next = not self._newest_is_next

    def _answer(self, reply: Reply) -> Answer:
        """Return the answer in a reply.

        Errors: ProblemError if the reply is one.
        """
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
        """Count the error by its reason, and return it."""
        self._counts[error.code if error.code in _REASONS else "refused"] += 1
        return error

    def _on_zygote_lost(self, workers: ReleaseWorkers) -> None:
        """Start another zygote in the place of one that ended by itself."""
        if workers is self._current and not self._closed:
            self._counts["keepers_lost"] += 1
            self._recovery = self._loop.create_task(self._recover())

    async def _recover(self) -> None:
        """Load the same files again until that works.

        Queries wait meanwhile, within their patience.
        """
        while not self._closed and not self._current.workers:
            try:
                await self.replace(self._paths)
            except EndpointError:
                self._counts["recoveries_failed"] += 1
                await asyncio.sleep(_RETRY_SECONDS)


def _give_up(waiting: asyncio.Future[_FreeWorker], patience: float) -> None:
    """Refuse a query that found no free worker in time."""
    if not waiting.done():
        waiting.set_exception(BusyError("patience", seconds=f"{patience:g}"))
