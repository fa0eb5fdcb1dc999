"""A keeper and its evaluators as the HTTP process sees them: all that answers from one load of a release."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kg.endpoint.evaluation import Limits
from kg.endpoint.problems import EndpointError, LoadingError
from kg.endpoint.worker_pool.pool_settings import PoolSettings
from kg.endpoint.worker_pool.spawn import spawn
from kg.endpoint.worker_pool.worker_handle import Evaluator

_MAX_MESSAGE = 131_072
_GRACE = 1.0
"""How long the news of how an evaluator ended may take, in seconds."""

_TIDY = 0.25
"""Seconds between two looks for an evaluator that is left over."""

_STALE = 2.0
"""Seconds without a request after which an evaluator that has answered some is replaced."""

_DEAR = 134_217_728
"""Bytes of a store whose forks are dear."""

_PAUSE = 0.1
"""Seconds until an evaluator that ended without a request is replaced."""


@dataclass(frozen=True)
class Listener:
    """Who is told: of an evaluator that is free, and of a keeper that has ended by itself."""

    free: Callable[[Generation, Evaluator], None]
    lost: Callable[[Generation], None]


class Generation:
    """The keeper process of one load, and the evaluators that it forked.

    As many evaluators as the settings say are kept in the quick lane; ``idle`` are those without a
    request, the one used last at the end. ``is_dear`` says whether a fork is dear: the store is so large
    that what an evaluator has copied of it is worth keeping.
    """

    def __init__(self, limits: Limits, settings: PoolSettings, listener: Listener) -> None:
        self.release = ""
        self.triples = 0
        self.forks = 0
        self.retired = False
        self.idle: list[Evaluator] = []
        self.evaluators: dict[int, Evaluator] = {}
        self._limits = limits
        self._settings = settings
        self._listener = listener
        self._pages, self.is_dear = 0, False
        self._most_copied = settings.quick * settings.growth
        self._asked = 0
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reaping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The keeper's process."""
        return self._process.pid if self._process else 0

    async def start(self, paths: Sequence[Path]) -> None:
        """Start the keeper, and wait until evaluators can be asked.

        Errors: LoadingError where the files cannot be loaded, EndpointError where no process can be started.
        """
        self._process, self._control = spawn()
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        bounds = {"memory": self._settings.memory, "growth": self._settings.growth}
        told = {"paths": [str(path) for path in paths], "parent": parent, **bounds}
        try:
            self._control.send(json.dumps(told).encode())
            self._loop.add_reader(self._control, self._told)
            async with asyncio.timeout(self._settings.start_seconds):
                await self._ready
        except TimeoutError:
            self._process.kill()
            await self.close()
            seconds = self._settings.start_seconds
            raise LoadingError(
                f"Loading {', '.join(map(str, paths))} took longer than {seconds:g} seconds. Serve a smaller release, "
                f"or allow more time."
            ) from None
        except BaseException:
            self._process.kill()
            await self.close()
            raise

    def take(self, queued: int) -> Evaluator | None:
        """An evaluator without a request, the one used last; the quick lane grows where few are left."""
        if not self.idle:
            self.fill(queued + 1)
            return None
        evaluator = self.idle.pop()
        if len(self.idle) < self._settings.quick // 2:
            self.fill()
        return evaluator

    def fill(self, queued: int = 0) -> None:
        """Ask for as many forks as the quick lane lacks, with so many queries waiting for it."""
        settings = self._settings
        quick = sum(evaluator.quick for evaluator in self.evaluators.values())
        wanted = max(settings.quick - quick, settings.quick // 2 + queued - len(self.idle))
        lacking = min(wanted, settings.quick_most - quick) - self._asked
        while self._control and not self.retired and lacking > 0:
            try:
                self._control.send(b"fork")
            except OSError:
                return  # a keeper that has ended; it is seen on reading
            self._asked += 1
            lacking -= 1

    def _tidy(self) -> None:
        """End one evaluator that a rush has left over, or replace one not used for a while by a fresh fork.

        A fork shares all memory at first, and less with each query; so the memory goes down when it is quiet.
        """
        idle, now = self.idle, self._loop.time()
        stale = next((one for one in idle if one.asked and now - one.asked > _STALE), None)
        if len(idle) > self._settings.quick:
            self.drop(stale or idle[0])
        elif stale:
            self.drop(stale)
        if not self.retired:
            self._loop.call_later(_TIDY, self._tidy)

    def leave_quick_lane(self, evaluator: Evaluator) -> None:
        """Have fresh evaluators ready in the place of one that is kept busy."""
        evaluator.quick = False
        self.fill()

    def has_grown(self, evaluator: Evaluator, size: int) -> bool:
        """Note what an evaluator holds of its own; whether all together hold too much now."""
        evaluator.grown = size
        return size > 0 and sum(one.grown for one in self.evaluators.values()) > self._most_copied

    def drop(self, evaluator: Evaluator) -> None:
        """End an evaluator, and have it replaced where it was in the quick lane."""
        evaluator.end()
        self._forget(evaluator)

    def retire(self) -> None:
        """End the evaluators without a request now, and all else when the last request has been answered."""
        self.retired = True
        for evaluator in [one for one in self.evaluators.values() if not one.busy]:
            self.drop(evaluator)
        self._leave()

    async def close(self) -> None:
        """End the keeper and all its evaluators, and wait until the keeper has ended."""
        self.retired = True
        self._disconnect()
        for evaluator in list(self.evaluators.values()):
            evaluator.ended(None)
        self.evaluators.clear()
        self.idle.clear()
        await self._reap()

    def _told(self) -> None:
        """Take in a message of the keeper; an empty one means that it has ended."""
        if self._control is None:
            return
        try:
            text, descriptors, _, _ = socket.recv_fds(self._control, _MAX_MESSAGE, 2, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            text, descriptors = b"", []
        if not text:
            self._lost()
            return
        message: dict[str, Any] = json.loads(text)
        if "ready" in message:
            self.triples, self.release = message["ready"], message["release"]
            self._pages = message["bytes"] // resource.getpagesize()
            self.is_dear = message["bytes"] > _DEAR
            self._most_copied = max(self._most_copied, 2 * message["bytes"])
            self.fill()
        elif "born" in message:
            self._born(message["born"], *descriptors)
        elif "ended" in message:
            self._ended(message["ended"], message["code"])
        elif "refused" in message and not self._ready.done():
            self._ready.set_exception(LoadingError(message["refused"]))
        elif "failed" in message:
            self._not_born(message["failed"])

    def _born(self, pid: int, channel: int, handle: int) -> None:
        """Take in a new evaluator, which can be asked once it has warmed up."""
        self._asked -= 1
        self.forks += 1
        bounds = {"most": self._limits.bytes, "pages": self._pages}
        evaluator = Evaluator(pid, socket.socket(fileno=channel), handle, **bounds, lost=self._closed)
        self.evaluators[pid] = evaluator
        if self.retired:
            self.drop(evaluator)
        else:
            evaluator.greet(partial(self._warm, evaluator))

    def _warm(self, evaluator: Evaluator) -> None:
        """Take in that a new evaluator can be asked."""
        self._listener.free(self, evaluator)
        if not self._ready.done() and len(self.idle) == self._settings.quick:
            self._ready.set_result(None)
            self._tidy()

    def _not_born(self, reason: str) -> None:
        """Take in that no evaluator could be forked; try again soon unless it is the first."""
        self._asked -= 1
        if self._ready.done():
            self._loop.call_later(_GRACE, self.fill)
        else:
            self._ready.set_exception(EndpointError(f"Evaluators cannot be started: {reason}. Allow more processes."))

    def _closed(self, evaluator: Evaluator) -> None:
        """An evaluator's socket has closed: let what the keeper tells of its end come first, for a while."""
        if evaluator in self.idle:
            self.idle.remove(evaluator)
        self._loop.call_later(_GRACE, self._ended, evaluator.pid, None)

    def _ended(self, pid: int, code: int | None) -> None:
        """Take in that an evaluator has ended."""
        evaluator = self.evaluators.get(pid)
        if evaluator:
            idle = not evaluator.busy
            evaluator.ended(code)
            self._forget(evaluator, _PAUSE if idle else 0)

    def _forget(self, evaluator: Evaluator, pause: float = 0) -> None:
        """Take an evaluator that has ended off the lists, and have it replaced.

        There is a pause where it ended without a request: the next one might do the same at once.
        """
        self.evaluators.pop(evaluator.pid, None)
        if evaluator in self.idle:
            self.idle.remove(evaluator)
        if pause:
            self._loop.call_later(pause, self.fill)
        else:
            self.fill()
        self._leave()

    def _leave(self) -> None:
        """Let the keeper end once nothing more is asked of it."""
        if self.retired and not self.evaluators and self._control:
            self._disconnect()
            self._reaping = self._loop.create_task(self._reap())

    def _lost(self) -> None:
        """The keeper has ended by itself, and its evaluators with it."""
        self._disconnect()
        for evaluator in list(self.evaluators.values()):
            evaluator.ended(None)
        self.evaluators.clear()
        self.idle.clear()
        self._reaping = self._loop.create_task(self._reap())
        if not self._ready.done():
            self._ready.set_exception(EndpointError("The keeper of the evaluators ended while it loaded. Try again."))
        elif not self.retired:
            self._listener.lost(self)

    def _disconnect(self) -> None:
        """Close the socket to the keeper, which ends then."""
        if self._control:
            self._loop.remove_reader(self._control)
            self._control.close()
            self._control = None

    async def _reap(self) -> None:
        """Wait until the keeper has ended; kill it if it does not by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        for _ in range(100):
            if process.poll() is not None:
                return
            await asyncio.sleep(0.02)
        process.kill()
        process.wait()
