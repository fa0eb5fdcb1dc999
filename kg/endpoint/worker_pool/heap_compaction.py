"""Fills the holes in the heap of a process before forks.

Loading leaves holes all over the heap. What a fork allocates would go into them, here and there between objects that
it shares with its parent, and each would cost the copy of a whole page: most of the pages that a fresh fork copied
were such. With the holes filled, what a fork allocates stands together at the end of the heap, in pages of its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

_LARGEST_HOLE = 65_536
"""Bytes of the largest hole to fill; larger ones contain whole pages that hold no shared object."""

_TCACHE_LARGEST = 1_032
"""Bytes of the largest block in glibc's lists by size, one for every 16 bytes (tcache)."""

_LIBC = ctypes.CDLL(None)


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
