"""Prepares processes: names and confines them, fills holes in their heap.

Loading leaves holes all over the heap. What a fork allocates would go into them, here and there between objects that
it shares with its parent, and each would cost the copy of a whole page: most of the pages that a fresh fork copied
were such. With the holes filled, what a fork allocates stands together at the end of the heap, in pages of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_THP_DISABLE = 41
_STACK = 67_108_864
_LIBC = ctypes.CDLL(None, use_errno=True)


def name_process(name: str) -> None:
    """Set the name of this process that ps and top show."""
    _LIBC.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The kernel only watches from now on: a parent that ended before left this process to another one.
    if os.getppid() != parent:
        os._exit(1)


def enter_sandbox(memory: int) -> None:
    """Leave this process its open files and ``memory`` bytes more.

    With RLIMIT_NOFILE 0 no file, socket or pipe can be opened, whatever code runs here: whatever spelling of SERVICE
    gets past the scanner, and whatever a bug in the engine lets a query do. Files that are open can still be read and
    written, but ``poll`` fails, so the process must use blocking calls.
    """
    # When the machine runs out of memory, the kernel should end a worker before the HTTP process.
    with contextlib.suppress(OSError):  # /proc may be read-only; then the machine's default stands
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    # A program with the setuid bit would give back the rights that are taken here.
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # The huge pages of the zygote stay shared. New ones would make each small write of a query cost 2 MiB.
    _LIBC.prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
    size = _statm(0)
    # The engine's parser is recursive; with a bounded stack deep nesting ends this process and nothing else.
    _set_limit(resource.RLIMIT_STACK, _STACK)
    # Address space, not resident memory: Linux keeps no limit on the latter. The store is in it already.
    _set_limit(resource.RLIMIT_AS, size + memory)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        resource.setrlimit(kind, (0, 0))


def memory_in_use() -> int:
    """Return the bytes of resident memory of this process."""
    return _statm(1)


def allow_seconds(seconds: int) -> None:
    """Let this process use ``seconds`` more CPU seconds; SIGXCPU ends it then.

    The HTTP process kills a query in time by itself. This limit holds even if that one hangs.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _statm(column: int) -> int:
    """Return a column of this process's memory table in bytes (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[column]) * resource.getpagesize()


def _set_limit(kind: int, value: int) -> None:
    """Set a limit, but never above that of the process."""
    _, hard = resource.getrlimit(kind)
    limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (limit, limit))


_LARGEST_HOLE = 65_536
"""Bytes of the largest hole to fill; larger ones contain whole pages that hold no shared object."""

_TCACHE_LARGEST = 1_032
"""Bytes of the largest block in glibc's lists by size, one for every 16 bytes (tcache)."""


class _Mallinfo(ctypes.Structure):
    """Glibc's report on its heap (mallinfo(3)), in bytes or numbers of blocks."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    )  # fmt: skip


def fill_holes() -> int:
    """Allocate every hole in the heap for good; return their bytes.

    Does nothing with an allocator other than glibc's from 2.33 on: only that one tells where its heap ends.
    """
    if not hasattr(_LIBC, "mallinfo2"):
        return 0
    _LIBC.mallinfo2.restype = _Mallinfo
    _LIBC.sbrk.restype = _LIBC.malloc.restype = ctypes.c_size_t
    _LIBC.sbrk.argtypes, _LIBC.malloc.argtypes = [ctypes.c_ssize_t], [ctypes.c_size_t]
    _LIBC.free.argtypes = [ctypes.c_size_t]
    heap = _LIBC.mallinfo2()
    end = _LIBC.sbrk(0) - heap.keepcost  # nothing beyond has been handed out yet
    malloc, filled = _LIBC.malloc, 0
    for size in _sizes():
        while filled < heap.arena:  # a bound, in case an allocator never reaches the end of its heap
            block = malloc(size)
            if block >= end or not block:
                _LIBC.free(block)
                break
            filled += size
    return filled


def _sizes() -> Iterator[int]:
    """Yield the sizes of holes in bytes, from large to small."""
    size = _LARGEST_HOLE
    while size > _TCACHE_LARGEST:
        yield size
        size -= size // 8 // 16 * 16
    yield from range(_TCACHE_LARGEST, 0, -16)
