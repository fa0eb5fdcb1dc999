"""An evaluator as the HTTP process sees it: a socket to ask on, and a handle to stop or end the process by."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from kg.endpoint.worker_pool.ipc import ANSWERED, MAX_HEAD, Head, unpack_head

_PART = 262_144
_COPYING = 2e-6
"""Seconds of a processor that the copy of a page takes, at the least."""

_CPU_CLOCK = 2
"""The clock of the kernel that counts what a process uses; with the process in the bits above (clock_getres(2))."""

Reply = tuple[Head, bytes]
"""The head and the body of what an evaluator answered."""


class EvaluatorGoneError(Exception):
    """Raised when an evaluator has ended; ``code`` says how, as far as it is known."""

    def __init__(self, code: int | None) -> None:
        self.code = code
        super().__init__(code)


class Evaluator:
    """One process that answers one request at a time.

    Signals go by a handle of the process (pidfd), so that they never reach another process that got
    its number. ``asked`` is when it was asked last, a time of the event loop, 0 before; ``grown`` how much it
    has told that it holds of its own. ``most`` bounds an answer in bytes, and ``pages`` is how many of memory
    the store has. ``lost`` is called when the socket closes before anyone here has ended the process.
    """

    def __init__(
        self,
        pid: int,
        channel: socket.socket,
        handle: int,
        *,
        most: int,
        pages: int,
        lost: Callable[[Evaluator], None],
    ) -> None:
        self.pid = pid
        self.alive = True
        self.quick = True
        self.asked = 0.0
        self.grown = 0
        self._copied = 0
        self._channel = channel
        self._handle = handle
        self._most, self._pages = most, pages
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[Reply] | None = None
        self._unsent = b""
        self._received = bytearray()
        self._sizes: tuple[int, int] | None = None
        channel.setblocking(False)
        self._loop.add_reader(channel, self._readable)

    @property
    def busy(self) -> bool:
        """Whether it has a request to answer."""
        return self._reply is not None

    def ask(self, frame: bytes) -> asyncio.Future[Reply]:
        """Send a request; the future holds the reply.

        Errors: OSError where the process has ended already; the request did not reach it then.
        """
        sent = 0
        with contextlib.suppress(BlockingIOError):
            sent = self._channel.send(frame)
        if sent < len(frame):
            self._unsent = frame[sent:]
            self._loop.add_writer(self._channel, self._writable)
        self.asked = self._loop.time()
        self._reply = self._loop.create_future()
        return self._reply

    def greet(self, ready: Callable[[], None]) -> None:
        """Have something done once the process says that it can be asked."""

        def greeted(reply: asyncio.Future[Reply]) -> None:
            if not reply.exception():
                ready()

        self._reply = self._loop.create_future()
        self._reply.add_done_callback(greeted)

    def fail(self, error: Exception) -> None:
        """End the process, and let its request fail with the error."""
        reply, self._reply = self._reply, None
        self.end()
        if reply and not reply.done():
            reply.set_exception(error)

    def ended(self, code: int | None) -> None:
        """Take in that the process has ended: read what it sent before, and let a request without reply fail."""
        while self.alive and self._reply is not None and self._receive():
            pass
        self.fail(EvaluatorGoneError(code))

    def end(self) -> None:
        """End the process and forget it."""
        if self.alive:
            self._signal(signal.SIGKILL)
            self.alive = False
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
            self._channel.close()
            os.close(self._handle)

    def stop(self) -> None:
        """Let the process wait."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process go on."""
        self._signal(signal.SIGCONT)

    def step_back(self, nice: int) -> None:
        """Let the process give way to others."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, nice)

    def used(self) -> float:
        """The seconds of a processor that the process has used so far, without those that copied memory.

        A process copies a page of the store when it first counts in it, whatever the query.
        """
        with contextlib.suppress(OSError):
            if self.busy:  # else it has told itself, with its last reply
                stat = Path(f"/proc/{self.pid}/stat").read_bytes()
                self._copied = int(stat.rpartition(b") ")[2].split(b" ", 8)[7])
            seconds = time.clock_gettime((~self.pid << 3) | _CPU_CLOCK)
            return seconds - min(self._copied, self._pages) * _COPYING
        return 0.0

    def _signal(self, number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def _writable(self) -> None:
        """Send more of the request."""
        with contextlib.suppress(BlockingIOError, OSError):  # its end is seen on reading
            self._unsent = self._unsent[self._channel.send(self._unsent) :]
        if not self._unsent:
            self._loop.remove_writer(self._channel)

    def _readable(self) -> None:
        """Take in what has arrived; once the socket is closed, its end is awaited from the keeper."""
        if self._receive() == 0:
            self._loop.remove_reader(self._channel)
            self._lost(self)

    def _receive(self) -> int | None:
        """Take in a part of the reply: how many bytes, 0 where the socket is closed, None where none are there yet."""
        try:
            part = self._channel.recv(_PART)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        self._received += part
        if part and self._reply is not None:
            self._complete()
        return len(part)

    def _complete(self) -> None:
        """Give the reply to whoever waits for it, once it is whole."""
        received = self._received
        if self._sizes is None:
            if len(received) < ANSWERED.size:
                return
            self._sizes = ANSWERED.unpack_from(received)
            if self._sizes[0] > MAX_HEAD or self._sizes[1] > self._most:
                self.fail(EvaluatorGoneError(None))
                return
        head, body = self._sizes
        start = ANSWERED.size + head
        if len(received) < start + body:
            return
        view = memoryview(received)
        try:
            told = unpack_head(view[ANSWERED.size : start])
        except msgspec.MsgspecError:
            self.fail(EvaluatorGoneError(None))
            return
        reply, self._reply, self._sizes, self._received = self._reply, None, None, bytearray()
        self._copied = told.copied
        if reply and not reply.done():
            reply.set_result((told, bytes(view[start:])))
