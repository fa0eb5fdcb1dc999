"""Makes a process ready to be forked: what a fork allocates then stands together, in pages of its own.

Loading leaves holes all over the heap. A fork that allocates would fill one here and one there, and each
would cost it the copy of a page that it shares: tried, most of the pages that a fresh fork copied were such.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

_LARGEST = 65_536
"""Bytes of the largest hole that is looked for; larger ones are whole pages, most of them shared by nobody."""

_CACHED = 1_032
"""Bytes of the largest piece that glibc keeps in lists by size, one for every 16 bytes (tcache)."""

_C = ctypes.CDLL(None)


class _Info(ctypes.Structure):
    """What glibc tells of its heap (mallinfo(3)), all in bytes or numbers of pieces."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    )  # fmt: skip


def fill_holes() -> int:
    """Take every hole in the heap of this process for good; the bytes of them.

    Only glibc tells where its heap ends (mallinfo2, from 2.33 on); with another allocator nothing is done.
    """
    if not hasattr(_C, "mallinfo2"):
        return 0
    _C.mallinfo2.restype = _Info
    _C.sbrk.restype = _C.malloc.restype = ctypes.c_size_t
    _C.sbrk.argtypes, _C.malloc.argtypes, _C.free.argtypes = [ctypes.c_ssize_t], [ctypes.c_size_t], [ctypes.c_size_t]
    heap = _C.mallinfo2()
    end = _C.sbrk(0) - heap.keepcost  # beyond this nothing has been handed out yet
    malloc, filled = _C.malloc, 0
    for size in _sizes():
        while filled < heap.arena:  # in no heap is there more
            piece = malloc(size)
            if piece >= end or not piece:
                _C.free(piece)
                break
            filled += size
    return filled


def _sizes() -> Iterator[int]:
    """The sizes of holes, in bytes, from large to small; each smaller by an eighth, then every one that glibc knows."""
    size = _LARGEST
    while size > _CACHED:
        yield size
        size -= size // 8 // 16 * 16
    yield from range(_CACHED, 0, -16)
