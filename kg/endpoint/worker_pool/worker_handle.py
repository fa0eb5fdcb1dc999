"""A worker as the HTTP process sees it.

It has a socket to ask on, and a handle to stop or end the process by.
"""

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

from kg.endpoint.worker_pool.ipc import MAX_HEAD, REPLY_PREFIX, ReplyHead, unpack_head

_RECEIVE_SIZE = 262_144
_COPY_SECONDS = 2e-6
"""CPU seconds that the copy of one page takes, at the least."""

_CPU_CLOCK = 2
"""The kernel's clock of CPU time of a process, whose id stands in the bits above (clock_getres(2))."""

Reply = tuple[ReplyHead, bytes]
"""The head and the body of what a worker replied."""


class WorkerGoneError(Exception):
    """Raised when a worker has ended; ``code`` is its exit code."""

    def __init__(self, code: int | None) -> None:
        self.code = code
        super().__init__(code)


class WorkerHandle:
    """One worker, which answers one request at a time.

    Signals are sent through a handle of the process (pidfd): by its id they could reach another process that was
    given the same id meanwhile. ``asked`` is when it was asked last, in time of the event loop, 0 before; ``grown``
    how many bytes of private memory it has reported. ``most`` bounds a reply in bytes, and ``pages`` is how many
    pages of memory the store has. ``lost`` is called when the socket closes before anyone here has ended the process.
    """

    def __init__(
        self,
        pid: int,
        channel: socket.socket,
        handle: int,
        *,
        most: int,
        pages: int,
        lost: Callable[[WorkerHandle], None],
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
        self._loop.add_reader(channel, self._on_readable)

    @property
    def busy(self) -> bool:
        """Whether it has a request to answer."""
        return self._reply is not None

    def ask(self, frame: bytes) -> asyncio.Future[Reply]:
        """Send a request, and return the future of its reply.

        Errors: OSError if the process has ended already, and so has not seen the request.
        """
        sent = 0
        with contextlib.suppress(BlockingIOError):
            sent = self._channel.send(frame)
        if sent < len(frame):
            self._unsent = frame[sent:]
            self._loop.add_writer(self._channel, self._on_writable)
        self.asked = self._loop.time()
        self._reply = self._loop.create_future()
        return self._reply

    def on_greeting(self, callback: Callable[[], None]) -> None:
        """Call back once the process reports that it can be asked."""

        def on_reply(reply: asyncio.Future[Reply]) -> None:
            if not reply.exception():
                callback()

        self._reply = self._loop.create_future()
        self._reply.add_done_callback(on_reply)

    def fail(self, error: Exception) -> None:
        """End the process, and let its request fail with the error."""
        reply, self._reply = self._reply, None
        self.end()
        if reply and not reply.done():
            reply.set_exception(error)

    def ended(self, code: int | None) -> None:
        """Read what the process sent before its end, and fail its request."""
        while self.alive and self._reply is not None and self._receive():
            pass
        self.fail(WorkerGoneError(code))

    def end(self) -> None:
        """Kill the process, and close its socket and handle."""
        if self.alive:
            self._signal(signal.SIGKILL)
            self.alive = False
            self._loop.remove_reader(self._channel)
            self._loop.remove_writer(self._channel)
            self._channel.close()
            os.close(self._handle)

    def stop(self) -> None:
        """Make the process wait."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process go on."""
        self._signal(signal.SIGCONT)

    def lower_priority(self, nice: int) -> None:
        """Let the process yield to others; without privileges this cannot be undone."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, nice)

    def cpu_seconds(self) -> float:
        """Return the CPU seconds used so far, less those of copying memory.

        A process copies a page of the store when it first counts a reference in it. That is no sign of a heavy query:
        in a fresh worker even the smallest one does so.
        """
        with contextlib.suppress(OSError):
            if self.busy:  # else the last reply has reported the number of copies
                stat = Path(f"/proc/{self.pid}/stat").read_bytes()
                self._copied = int(stat.rpartition(b") ")[2].split(b" ", 8)[7])
            seconds = time.clock_gettime((~self.pid << 3) | _CPU_CLOCK)
            return seconds - min(self._copied, self._pages) * _COPY_SECONDS
        return 0.0

    def _signal(self, number: int) -> None:
        """Send a signal, if the process is still there."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def _on_writable(self) -> None:
        """Send more of the request."""
        with contextlib.suppress(BlockingIOError, OSError):  # _on_readable will see that the process has ended
            self._unsent = self._unsent[self._channel.send(self._unsent) :]
        if not self._unsent:
            self._loop.remove_writer(self._channel)

    def _on_readable(self) -> None:
        """Receive a part of a reply, or notice the socket's end."""
        if self._receive() == 0:
            self._loop.remove_reader(self._channel)
            self._lost(self)

    def _receive(self) -> int | None:
        """Receive a part of the reply; return how many bytes came.

        It is 0 if the socket is closed, None if nothing came.
        """
        try:
            part = self._channel.recv(_RECEIVE_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        self._received += part
        if part and self._reply is not None:
            self._deliver()
        return len(part)

    def _deliver(self) -> None:
        """Hand the reply to whoever awaits it, once it is whole."""
        received = self._received
        if self._sizes is None:
            if len(received) < REPLY_PREFIX.size:
                return
            self._sizes = REPLY_PREFIX.unpack_from(received)
            if self._sizes[0] > MAX_HEAD or self._sizes[1] > self._most:
                # No worker of ours sends so much: a query has taken it over. Do not fill this process's memory.
                self.fail(WorkerGoneError(None))
                return
        head_size, body_size = self._sizes
        start = REPLY_PREFIX.size + head_size
        if len(received) < start + body_size:
            return
        view = memoryview(received)
        try:
            head = unpack_head(view[REPLY_PREFIX.size : start])
        except msgspec.MsgspecError:
            self.fail(WorkerGoneError(None))
            return
        reply, self._reply, self._sizes, self._received = self._reply, None, None, bytearray()
        self._copied = head.copied
        if reply and not reply.done():
            reply.set_result((head, bytes(view[start:])))
