"""The keeper: a process without threads that loads the store once and forks evaluators from it.

It is started by ``kg.endpoint.worker_pool.release_workers`` with one end of a socket pair, over which it is told
what to load and when to fork. It sends each new evaluator's socket and process handle, and tells which have ended
and how. It ends when that socket is closed, and its evaluators end with it. It writes no file.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from kg.endpoint.evaluation import Stores, load
from kg.endpoint.problems import EndpointError, LoadingError
from kg.endpoint.worker_pool.heap_compaction import fill_holes
from kg.endpoint.worker_pool.sandbox import confine, end_with, memory_in_use, name_process
from kg.endpoint.worker_pool.worker import Growth, load_modules, serve

MAX_MESSAGE = 131_072
"""Most bytes of a message between the HTTP process and the keeper."""


class Keeper:
    """The stores, and the evaluators that were forked from it."""

    def __init__(self, control: socket.socket, stores: Stores, memory: int, growth: int) -> None:
        self._control = control
        self._stores = stores
        self._memory = memory
        self._growth = growth
        self._nothing = os.open(os.devnull, os.O_RDWR)
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def run(self) -> None:
        """Fork on request and tell of evaluators that ended, until the HTTP process has closed its end."""
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._reap()
            if self._control.fileno() in ready:
                message = self._control.recv(MAX_MESSAGE)
                if not message:
                    return
                self._fork()

    def _fork(self) -> None:
        """Make an evaluator and hand over its socket and its process handle."""
        ours, theirs = socket.socketpair()
        keeper = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            ours.close()
            theirs.close()
            self._tell({"failed": f"no process can be started: {error.strerror}"})
            return
        if not pid:
            code = 1
            try:
                self._become_evaluator(ours, theirs, keeper)
                code = 0
            finally:
                os._exit(code)
        ours.close()
        handle = os.pidfd_open(pid)
        socket.send_fds(self._control, [json.dumps({"born": pid}).encode()], [theirs.fileno(), handle])
        os.close(handle)
        theirs.close()

    def _become_evaluator(self, ours: socket.socket, theirs: socket.socket, keeper: int) -> None:
        """Answer requests in this process, a fork of the keeper, with nothing else open than its socket."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with(keeper)
        name_process("kg-evaluator")
        theirs.close()
        self._control.close()
        for end in (self._woken, self._wake):
            os.close(end)
        for standard in (0, 1, 2):
            os.dup2(self._nothing, standard)
        os.close(self._nothing)
        growth = Growth(self._growth)
        confine(self._memory)
        serve(ours, self._stores, growth)

    def _reap(self) -> None:
        """Tell of each evaluator that has ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _tell(self, message: dict[str, Any]) -> None:
        """Send a message to the HTTP process."""
        self._control.send(json.dumps(message).encode())


def main(descriptor: int) -> None:
    """Be the keeper that talks over an open socket."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # sent to a whole group; the HTTP process decides
        signal.signal(number, signal.SIG_IGN)
    name_process("kg-keeper")
    with socket.socket(fileno=descriptor) as control:
        told = json.loads(control.recv(MAX_MESSAGE))
        if told["parent"]:
            end_with(told["parent"])
        try:
            before = memory_in_use()
            stores, release = _load([Path(path) for path in told["paths"]])
            size = memory_in_use() - before
            keeper = Keeper(control, stores, told["memory"], max(told["growth"], size // 2))
        except EndpointError as error:
            control.send(json.dumps({"refused": str(error)[: MAX_MESSAGE // 8]}).encode())
            return
        control.send(json.dumps({"ready": len(stores.whole), "release": release, "bytes": size}).encode())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            keeper.run()


def _load(paths: list[Path]) -> tuple[Stores, str]:
    """The stores, warmed up, and the SHA-256 of what it was loaded from.

    Errors: LoadingError where a file cannot be loaded, or changes meanwhile; EndpointError where loading
    left threads, whose locks a fork might copy closed.
    """
    before = [_identity(path) for path in paths]
    stores = Stores.of(load(paths))
    digests = [_digest(path) for path in paths]
    for path, identity in zip(paths, before, strict=True):
        if _identity(path) != identity:
            raise LoadingError(f"{path}: changed while it was read. Try again when it is written whole.")
    load_modules(stores)
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208  names are all that is wanted
        raise EndpointError(
            "The keeper of the evaluators has threads and cannot be forked safely. Report this as a bug."
        )
    gc.collect()
    gc.freeze()
    fill_holes()
    return stores, digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identity(path: Path) -> tuple[int, int, int, int] | None:
    """What changes when a file is written or replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


if __name__ == "__main__":
    main(int(sys.argv[1]))
