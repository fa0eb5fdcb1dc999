"""Keeps the HTTP processes running: each is a fork of this one, and is replaced when it ends by itself."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from kg.endpoint.problems import EndpointError
from kg.endpoint.worker_pool.sandbox import end_with

AGAIN = 1.0
"""Seconds after which a process is replaced that ended before it had run for so long."""

_ENDING = frozenset([signal.SIGTERM, signal.SIGINT])
_AWAITED = _ENDING | {signal.SIGCHLD}


def keep_running(work: Callable[[], None], count: int, patience: float) -> None:
    """Have so many processes do the work until SIGTERM or SIGINT, which they get ``patience`` seconds to heed.

    The signals are blocked here and waited for, so that none is lost and none comes between two steps.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    running: dict[int, float] = {}
    try:
        for _ in range(count):
            running[_fork(work)] = time.monotonic()
        while True:
            if signal.sigwait(_AWAITED) in _ENDING:
                return
            for began in _reaped(running):
                early = began + AGAIN - time.monotonic()
                if early > 0 and signal.sigtimedwait(_ENDING, early):
                    return
                pid = _fork_in_time(work)
                if pid is None:
                    return
                running[pid] = time.monotonic()
    finally:
        _end(running, patience)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _fork(work: Callable[[], None]) -> int:
    """The id of a new process that does the work; it ends with this one, however that ends.

    Errors: EndpointError where this machine starts no more processes.
    """
    parent = os.getpid()
    sys.stdout.flush()
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
    except BaseException:  # noqa: BLE001  the caller's own handlers are not this process's
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _fork_in_time(work: Callable[[], None]) -> int | None:
    """The id of a new process, as soon as this machine starts one; None where all is to end before that."""
    while True:
        try:
            return _fork(work)
        except EndpointError as error:
            print(f"{error} Trying again.", file=sys.stderr, flush=True)  # noqa: T201
        if signal.sigtimedwait(_ENDING, AGAIN):
            return None


def _reaped(running: dict[int, float]) -> list[float]:
    """When each of those that have ended was started; they are taken off the list."""
    return [running.pop(pid) for pid in list(running) if os.waitpid(pid, os.WNOHANG)[0]]


def _end(running: dict[int, float], patience: float) -> None:
    """End all processes, those that do not heed the signal in time by force."""
    until = time.monotonic() + patience
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    while running:
        left = until - time.monotonic()
        if left <= 0:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, max(left, 0.1))
        _reaped(running)
