"""Takes from a process, for good, what no query needs: files, sockets, children, memory without bound."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_THP_DISABLE = 41
_STACK = 67_108_864
_C = ctypes.CDLL(None, use_errno=True)


def name_process(name: str) -> None:
    """Give the process the name that ps and top show."""
    _C.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def end_with(parent: int) -> None:
    """Let the process be killed when its parent ends; at once where it has ended already."""
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def confine(memory: int) -> None:
    """Leave the process the files that are open, and ``memory`` bytes more than it has.

    RLIMIT_NOFILE 0 means that no file, socket or pipe can be opened, whatever code runs here. The
    kernel still reads and writes those that are open (but ``poll`` fails: the process must block).
    """
    with contextlib.suppress(OSError):  # where /proc cannot be written, the machine's own choice stands
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    _C.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _C.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)  # it shares the huge pages of the keeper, and needs small ones itself
    size = _pages(0)
    _limit(resource.RLIMIT_STACK, _STACK)
    _limit(resource.RLIMIT_AS, size + memory)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        resource.setrlimit(kind, (0, 0))


def memory_in_use() -> int:
    """The bytes of memory that this process has in use."""
    return _pages(1)


def _pages(column: int) -> int:
    """A column of the kernel's table of this process's memory, in bytes (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[column]) * resource.getpagesize()


def allow_seconds(seconds: int) -> None:
    """Let the process use so many more seconds of a processor; SIGXCPU ends it then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _limit(kind: int, value: int) -> None:
    """Set a limit, but never above the one that the process was given."""
    _, hard = resource.getrlimit(kind)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (most, most))
