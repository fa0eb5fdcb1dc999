"""Keeps HTTP processes running, which are forks of this one."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from kg.endpoint.problems import EndpointError
from kg.endpoint.worker_pool.sandbox import end_with

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
        raise EndpointError(f"The HTTP process cannot be started: {error.strerror}. Allow more processes.") from None
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
            print(f"{error} Trying again.", file=sys.stderr, flush=True)  # noqa: T201
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
