"""The zygote and workers of one release, seen from the HTTP process."""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kg.endpoint.evaluation import Limits
from kg.endpoint.problems import EndpointError, LoadingError
from kg.endpoint.worker_pool.pool_limits import PoolSettings
from kg.endpoint.worker_pool.worker_handle import WorkerHandle
from kg.model.messages import worded

_MAX_MESSAGE = 131_072
"""Most bytes of a message from the zygote."""

_EXIT_REPORT_SECONDS = 1.0
"""Longest wait for the zygote's report of how a worker ended, after the worker's socket has closed."""

_TIDY_SECONDS = 0.25
"""Interval between two looks for a worker that is no longer needed."""

_STALE_SECONDS = 2.0
"""Idle time after which a used worker is replaced by a fresh fork, which shares all memory."""

_RESPAWN_SECONDS = 0.1
"""Delay before a worker that ended without a request is replaced: the next one might end at once too."""

_EXPENSIVE_FORK = 134_217_728
"""Bytes of a store from which a fork is expensive: the kernel copies its page table."""

_TUNABLES = ("glibc.malloc.hugetlb=1", "glibc.malloc.tcache_count=500")
"""Settings of the zygote's allocator, inherited by its workers.

With huge pages, where the kernel grants them, the page table is smaller and a fork is seven times as fast. With the
larger thread cache a worker reuses the small blocks that a query frees, which saves a twelfth of a query's time.
"""


@dataclass(frozen=True)
class Listener:
    """Callbacks for a worker that became free and a zygote that ended."""

    free: Callable[[ReleaseWorkers, WorkerHandle], None]
    lost: Callable[[ReleaseWorkers], None]


class ReleaseWorkers:
    """The zygote of one load, and the workers that it has forked.

    As many workers as the settings say are kept in the quick lane. ``idle`` holds those without a request, the one
    used last at the end. ``forks_are_expensive`` if the store is so large that what a worker has copied of it is
    worth keeping.
    """

    def __init__(self, limits: Limits, settings: PoolSettings, listener: Listener) -> None:
        self.release = ""
        self.triples = 0
        self.forks = 0
        self.retired = False
        self.idle: list[WorkerHandle] = []
        self.workers: dict[int, WorkerHandle] = {}
        self._limits = limits
        self._settings = settings
        self._listener = listener
        self._pages, self.forks_are_expensive = 0, False
        self._most_private = settings.quick * settings.growth
        self._pending_forks = 0
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reaping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The zygote's process id; 0 if there is none."""
        return self._process.pid if self._process else 0

    @property
    def ended(self) -> bool:
        """Whether the zygote and all its workers have ended."""
        return not self.workers and self._process is None

    async def start(self, paths: Sequence[Path]) -> None:
        """Start the zygote, and wait until workers can be asked.

        Errors: LoadingError if the files cannot be loaded, EndpointError if no process can be started.
        """
        self._process, self._control = _start_zygote()
        # The kernel takes the death of the creating *thread* for that of the parent (prctl(2), PR_SET_PDEATHSIG),
        # so a zygote that a short-lived thread starts must not be tied to it.
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        bounds = {"memory": self._settings.memory, "growth": self._settings.growth}
        order = {"paths": [str(path) for path in paths], "parent": parent, **bounds}
        try:
            self._control.send(json.dumps(order).encode())
            self._loop.add_reader(self._control, self._read_control)
            async with asyncio.timeout(self._settings.start_seconds):
                await self._ready
        except TimeoutError:
            self._process.kill()
            await self.close()
            seconds = self._settings.start_seconds
            raise LoadingError(
                worded(
                    "Loading {files} took longer than {seconds} seconds. Serve a smaller release, or allow more time.",
                    files=", ".join(map(str, paths)),
                    seconds=f"{seconds:g}",
                )
            ) from None
        except BaseException:
            self._process.kill()
            await self.close()
            raise

    def take(self, queued: int) -> WorkerHandle | None:
        """Return the idle worker used last; order forks if few are left.

        The one used last has its memory in the CPU's caches and has copied the pages that queries need.
        """
        if not self.idle:
            self.fill(queued + 1)
            return None
        worker = self.idle.pop()
        if len(self.idle) < self._settings.quick // 2:
            self.fill()
        return worker

    def fill(self, queued: int = 0) -> None:
        """Order as many forks as the quick lane lacks.

        ``queued`` queries wait for a worker.
        """
        settings = self._settings
        quick = sum(worker.quick for worker in self.workers.values())
        wanted = max(settings.quick - quick, settings.quick // 2 + queued - len(self.idle))
        lacking = min(wanted, settings.quick_most - quick) - self._pending_forks
        while self._control and not self.retired and lacking > 0:
            try:
                self._control.send(b"fork")
            except OSError:
                return  # the zygote has ended, which _read_control will see
            self._pending_forks += 1
            lacking -= 1

    def leave_quick_lane(self, worker: WorkerHandle) -> None:
        """Order a fork in place of a worker that leaves the lane."""
        worker.quick = False
        self.fill()

    def has_grown(self, worker: WorkerHandle, size: int) -> bool:
        """Note a worker's private memory; return whether all hold too much."""
        worker.grown = size
        return size > 0 and sum(other.grown for other in self.workers.values()) > self._most_private

    def drop(self, worker: WorkerHandle) -> None:
        """End a worker, and order a fork in its place if needed."""
        worker.end()
        self._forget(worker)

    def retire(self) -> None:
        """End the idle workers now, and the zygote after the last answer."""
        self.retired = True
        for worker in [worker for worker in self.workers.values() if not worker.busy]:
            self.drop(worker)
        self._end_if_unused()

    async def close(self) -> None:
        """End the workers and the zygote, and wait for its end."""
        self.retired = True
        self._fail_workers()
        if self._reaping:
            await self._reaping

    def _read_control(self) -> None:
        """Read a message of the zygote; an empty one is its end."""
        if self._control is None:
            return
        try:
            text, descriptors, _, _ = socket.recv_fds(self._control, _MAX_MESSAGE, 2, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            text, descriptors = b"", []
        if not text:
            self._on_zygote_lost()
            return
        message: dict[str, Any] = json.loads(text)
        if "ready" in message:
            self._on_loaded(message["ready"], message["release"], message["bytes"])
        elif "born" in message:
            self._on_forked(message["born"], *descriptors)
        elif "ended" in message:
            self._on_worker_ended(message["ended"], message["code"])
        elif "refused" in message and not self._ready.done():
            self._ready.set_exception(LoadingError(message["refused"]))
        elif "failed" in message:
            self._on_fork_failed(message["failed"])

    def _on_loaded(self, triples: int, release: str, size: int) -> None:
        """Note what the zygote has loaded, and order the first forks."""
        self.triples, self.release = triples, release
        self._pages = size // mmap.PAGESIZE
        self.forks_are_expensive = size > _EXPENSIVE_FORK
        self._most_private = max(self._most_private, 2 * size)
        self.fill()

    def _on_forked(self, pid: int, channel: int, handle: int) -> None:
        """Register a new worker, which must warm up before it is asked."""
        self._pending_forks -= 1
        self.forks += 1
        bounds = {"most": self._limits.bytes, "pages": self._pages}
        worker = WorkerHandle(pid, socket.socket(fileno=channel), handle, **bounds, lost=self._on_worker_closed)
        self.workers[pid] = worker
        if self.retired:
            self.drop(worker)
        else:
            worker.on_greeting(partial(self._on_worker_warm, worker))

    def _on_worker_warm(self, worker: WorkerHandle) -> None:
        """Offer a new worker; the pool is ready when there are enough."""
        self._listener.free(self, worker)
        if not self._ready.done() and len(self.idle) == self._settings.quick:
            self._ready.set_result(None)
            self._tidy()

    def _on_fork_failed(self, reason: str) -> None:
        """Try again soon, unless this was to be the first worker."""
        self._pending_forks -= 1
        if self._ready.done():
            self._loop.call_later(_EXIT_REPORT_SECONDS, self.fill)
        else:
            self._ready.set_exception(
                EndpointError(worded("The workers cannot be started: {reason}. Allow more processes.", reason=reason))
            )

    def _on_worker_closed(self, worker: WorkerHandle) -> None:
        """Wait a while for the report of how a worker ended.

        The report says whether the query took too much memory or time; without it the client would only be told
        that the worker was lost.
        """
        if worker in self.idle:
            self.idle.remove(worker)
        self._loop.call_later(_EXIT_REPORT_SECONDS, self._on_worker_ended, worker.pid, None)

    def _on_worker_ended(self, pid: int, code: int | None) -> None:
        """Replace a worker that has ended, and let its request fail."""
        worker = self.workers.get(pid)
        if worker:
            was_idle = not worker.busy
            worker.ended(code)
            self._forget(worker, _RESPAWN_SECONDS if was_idle else 0)

    def _on_zygote_lost(self) -> None:
        """Tell the pool that the zygote and its workers have ended."""
        self._fail_workers()
        if not self._ready.done():
            self._ready.set_exception(
                EndpointError(worded("The zygote of the workers ended while it loaded. Try again."))
            )
        elif not self.retired:
            self._listener.lost(self)

    def _tidy(self) -> None:
        """End a surplus worker, or replace one that was idle for long.

        A fork shares all memory at first and less with each query, so this brings memory down in quiet times.
        """
        idle, now = self.idle, self._loop.time()
        stale = next((worker for worker in idle if worker.asked and now - worker.asked > _STALE_SECONDS), None)
        if len(idle) > self._settings.quick:
            self.drop(stale or idle[0])
        elif stale:
            self.drop(stale)
        if not self.retired:
            self._loop.call_later(_TIDY_SECONDS, self._tidy)

    def _forget(self, worker: WorkerHandle, pause: float = 0) -> None:
        """Remove an ended worker, and order a fork after ``pause`` seconds."""
        self.workers.pop(worker.pid, None)
        if worker in self.idle:
            self.idle.remove(worker)
        if pause:
            self._loop.call_later(pause, self.fill)
        else:
            self.fill()
        self._end_if_unused()

    def _fail_workers(self) -> None:
        """End all workers, let their requests fail, and let the zygote end."""
        self._disconnect()
        for worker in list(self.workers.values()):
            worker.ended(None)
        self.workers.clear()
        self.idle.clear()

    def _end_if_unused(self) -> None:
        """Let the zygote end once nothing more will be asked of it."""
        if self.retired and not self.workers:
            self._disconnect()

    def _disconnect(self) -> None:
        """Close the socket to the zygote, which ends, and reap it."""
        if self._control:
            self._loop.remove_reader(self._control)
            self._control.close()
            self._control = None
        if self._process and self._reaping is None:
            self._reaping = self._loop.create_task(self._reap(self._process))

    async def _reap(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the zygote has ended; kill it after two seconds.

        It is killed too if this task is cancelled.

        A zygote that nobody waits for would stay behind as a zombie.
        """
        try:
            for _ in range(100):
                if process.poll() is not None:
                    return
                await asyncio.sleep(0.02)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self._process = None


def _start_zygote() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a zygote, and return it with the socket to it.

    The zygote is a fresh interpreter that finds the same modules as this one. A fork of this process would copy
    the locks of its threads, some of them closed for ever.

    Errors: EndpointError if this machine cannot have one.
    """
    if sys.platform != "linux":
        raise EndpointError(worded("The workers need Linux. Serve there, or in a container."))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    tunables = [value for value in (os.environ.get("GLIBC_TUNABLES"), *_TUNABLES) if value]
    environment = {**os.environ, "PYTHONPATH": path, "GLIBC_TUNABLES": ":".join(tunables)}
    command = [sys.executable, "-P", "-m", "kg.endpoint.worker_pool.zygote", str(theirs.fileno())]
    try:
        process = subprocess.Popen(  # noqa: S603  our own module
            command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
    except OSError as error:
        ours.close()
        raise EndpointError(
            worded("The zygote of the workers cannot be started: {reason}.", reason=error.strerror)
        ) from None
    finally:
        theirs.close()
    return process, ours
