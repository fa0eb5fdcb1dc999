"""The zygote: loads the store once, and forks workers from it.

``release_workers`` starts it with one end of a socket pair, over which it is told what to load and when to fork. It
answers with each new worker's socket and process handle, and reports which workers have ended and how. It ends when
that socket is closed, and its workers end with it. It writes no file.
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

from kg.endpoint.evaluation import GraphStores, load
from kg.endpoint.problems import EndpointError, LoadingError
from kg.endpoint.worker_pool.process_setup import end_with, enter_sandbox, fill_holes, memory_in_use, name_process
from kg.endpoint.worker_pool.worker import GrowthMeter, load_modules, serve
from kg.model.messages import worded

MAX_MESSAGE = 131_072
"""Most bytes of a message between the HTTP process and the zygote."""


class Zygote:
    """The stores, and the workers that are forked from this process."""

    def __init__(self, control: socket.socket, stores: GraphStores, memory: int, growth: int) -> None:
        self._control = control
        self._stores = stores
        self._memory = memory
        self._growth = growth
        # Opened once here: a worker that is short of files could not open it any more.
        self._null = os.open(os.devnull, os.O_RDWR)
        # SIGCHLD must wake up ``select``, which Python resumes after a signal: each signal writes to this pipe.
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def run(self) -> None:
        """Fork on request and report ended workers, until the socket closes."""
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
        """Fork a worker, and hand its socket and handle over."""
        ours, theirs = socket.socketpair()
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            ours.close()
            theirs.close()
            self._send({"failed": f"no process can be started: {error.strerror}"})
            return
        if not pid:
            code = 1
            try:
                self._become_worker(ours, theirs, zygote)
                code = 0
            finally:
                # Never return into the zygote's loop, whatever happens in a worker.
                os._exit(code)
        ours.close()
        handle = os.pidfd_open(pid)
        socket.send_fds(self._control, [json.dumps({"born": pid}).encode()], [theirs.fileno(), handle])
        os.close(handle)
        theirs.close()

    def _become_worker(self, ours: socket.socket, theirs: socket.socket, zygote: int) -> None:
        """Answer requests in this fork, with nothing open but its socket."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with(zygote)
        name_process("kg-worker")
        theirs.close()
        self._control.close()
        for end in (self._woken, self._wake):
            os.close(end)
        for standard in (0, 1, 2):
            os.dup2(self._null, standard)
        os.close(self._null)
        growth = GrowthMeter(self._growth)
        enter_sandbox(self._memory)
        serve(ours, self._stores, growth)

    def _reap(self) -> None:
        """Report each worker that has ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._send({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _send(self, message: dict[str, Any]) -> None:
        """Send a message to the HTTP process."""
        self._control.send(json.dumps(message).encode())


def main(descriptor: int) -> None:
    """Be the zygote that talks over an open socket."""
    # A terminal sends these to the whole group; the HTTP process decides when the zygote ends.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    name_process("kg-zygote")
    with socket.socket(fileno=descriptor) as control:
        order = json.loads(control.recv(MAX_MESSAGE))
        if order["parent"]:
            end_with(order["parent"])
        try:
            before = memory_in_use()
            stores, release = _load([Path(path) for path in order["paths"]])
            size = memory_in_use() - before
            zygote = Zygote(control, stores, order["memory"], max(order["growth"], size // 2))
        except EndpointError as error:
            control.send(json.dumps({"refused": str(error)[: MAX_MESSAGE // 8]}).encode())
            return
        control.send(json.dumps({"ready": len(stores.default), "release": release, "bytes": size}).encode())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            zygote.run()


def _load(paths: list[Path]) -> tuple[GraphStores, str]:
    """Load and warm up the stores; return them and their SHA-256.

    Errors: LoadingError if a file cannot be loaded or changes meanwhile; EndpointError if loading left threads behind.
    """
    before = [_identity(path) for path in paths]
    stores = GraphStores.of(load(paths))
    digests = [_digest(path) for path in paths]
    # What is loaded must be what the digest names, and a file may be replaced while it is read.
    for path, identity in zip(paths, before, strict=True):
        if _identity(path) != identity:
            raise LoadingError(
                worded("{path}: changed while it was read. Try again when it is written whole.", path=path)
            )
    load_modules(stores)
    # A fork has none of the other threads, but the locks that these held stay locked in it for ever.
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208  the names are enough
        raise EndpointError(
            worded("The zygote of the workers has threads and cannot be forked safely. Report this as a bug.")
        )
    # Python's collector writes into each object that it looks at, which would copy all their pages in each fork.
    gc.collect()
    gc.freeze()
    fill_holes()
    return stores, digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identity(path: Path) -> tuple[int, int, int, int] | None:
    """Return what changes with a file; None if there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


if __name__ == "__main__":
    main(int(sys.argv[1]))
