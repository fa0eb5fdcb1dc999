"""Runs a service: its socket, its HTTP processes, and uvicorn in each."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import multiprocessing
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from kg.endpoint.problems import EndpointError
from kg.endpoint.serving.connection import CONNECTIONS, HEAD_SECONDS, Connection
from kg.endpoint.serving.service import EndpointService
from kg.endpoint.worker_pool.process_setup import end_with
from kg.model.messages import worded

BACKLOG = 2_048
"""Most connections that wait to be accepted."""

Announce = Callable[[str], None]
"""Called with what is served, as soon as a process answers requests."""


@dataclass(frozen=True)
class ServerSettings:
    """Where to listen, with how many processes, and for how long.

    ``seconds`` is the longest that a request may take.

    Port 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 1
    seconds: float = 10.0


def run_server(make_service: Callable[[str, Announce], EndpointService], settings: ServerSettings) -> None:
    """Serve in several processes until SIGTERM or SIGINT.

    ``make_service`` is called in each process with the address that is listened on, and a function to call when the
    service is ready: the first call of any process prints one line with what is served and where. Before that the
    service is tried out once, so that what is wrong with its files is reported at once and not by every process again
    and again.

    Errors: EndpointError if the address cannot be used or no process can be started; those of ``try_out``.
    """
    with listen(settings.host, settings.port) as listener:
        url = _url(settings.host, listener.getsockname()[1])
        asyncio.run(make_service(url, lambda _: None).try_out())
        _open_many_files()
        unannounced = multiprocessing.Lock()

        def announce(served: str) -> None:
            if unannounced.acquire(block=False):
                # In one write, or a line of the access log could come between it and its end.
                sys.stdout.write(worded("Serving {served} on {url} (Ctrl-C stops).", served=served, url=url) + "\n")
                sys.stdout.flush()

        def work() -> None:
            uvicorn.Server(_configure(make_service(url, announce), settings.seconds)).run([listener])

        keep_running(work, settings.processes, settings.seconds + 5)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that accepts connections; port 0 takes a free one.

    It stays open as long as the service runs: while a process is replaced, clients wait instead of being refused.

    Errors: EndpointError if the address cannot be used.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        place = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            reason = worded("The address {address} is in use.", address=place)
        else:
            why = error.strerror or error
            reason = worded("The address {address} cannot be used: {reason}.", address=place, reason=why)
        raise EndpointError(reason + " " + worded("Choose another with --host or --port.")) from None
    return listener


def _configure(service: EndpointService, seconds: float) -> uvicorn.Config:
    """Return the configuration of uvicorn for a process."""
    return uvicorn.Config(
        service,
        http=Connection,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=HEAD_SECONDS,
        # Requests under way may take their time when the service is told to stop.
        timeout_graceful_shutdown=math.ceil(seconds) + 1,
    )


def _open_many_files() -> None:
    """Raise the limit on open files to what many connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _url(host: str, port: int) -> str:
    """Return the address at which a browser on this machine finds it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


RESTART_SECONDS = 1.0
"""Least time from one start of a process to the next, so that one that always fails does not spin."""

_STOPPING = frozenset([signal.SIGTERM, signal.SIGINT])
_AWAITED = _STOPPING | {signal.SIGCHLD}


def keep_running(work: Callable[[], None], count: int, patience: float) -> None:
    """Keep ``count`` processes at work until SIGTERM or SIGINT.

    Each that ends by itself is replaced. In the end they have ``patience`` seconds to finish their work.

    Errors: EndpointError if this machine cannot start them at the beginning.
    """
    # Blocked signals are waited for instead of handled: a handler could be called between any two steps, and
    # a signal that comes before ``sigwait`` would be lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    running: dict[int, float] = {}
    try:
        for _ in range(count):
            running[_fork(work)] = time.monotonic()
        while True:
            if signal.sigwait(_AWAITED) in _STOPPING:
                return
            for started in _reap(running):
                pause = started + RESTART_SECONDS - time.monotonic()
                if pause > 0 and signal.sigtimedwait(_STOPPING, pause):
                    return
                pid = _fork_patiently(work)
                if pid is None:
                    return
                running[pid] = time.monotonic()
    finally:
        _end(running, patience)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _fork(work: Callable[[], None]) -> int:
    """Start a process that ends with this one; return its id.

    Errors: EndpointError if this machine starts no more processes.
    """
    parent = os.getpid()
    sys.stdout.flush()  # or both processes would write what waits in the buffer
    try:
        pid = os.fork()
    except OSError as error:
        raise EndpointError(
            worded("The HTTP process cannot be started: {reason}. Allow more processes.", reason=error.strerror)
        ) from None
    if pid:
        return pid
    code = 1
    try:
        end_with(parent)
        for number in _AWAITED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  the handlers of this function's callers belong to the parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _fork_patiently(work: Callable[[], None]) -> int | None:
    """Start a process as soon as the machine allows one.

    Return None if all is to end before.
    """
    while True:
        try:
            return _fork(work)
        except EndpointError as error:
            print(error, worded("Trying again."), file=sys.stderr, flush=True)  # noqa: T201
        if signal.sigtimedwait(_STOPPING, RESTART_SECONDS):
            return None


def _reap(running: dict[int, float]) -> list[float]:
    """Remove the processes that have ended, and return when each was started."""
    return [running.pop(pid) for pid in list(running) if os.waitpid(pid, os.WNOHANG)[0]]


def _end(running: dict[int, float], patience: float) -> None:
    """End all processes, and kill those that do not end in time."""
    deadline = time.monotonic() + patience
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    while running:
        left = deadline - time.monotonic()
        if left <= 0:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, max(left, 0.1))
        _reap(running)
