"""A room of so many bytes: what was used last stays, what was used longest ago gives way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")
_Shelf = OrderedDict[Hashable, tuple[Kept, int]]


class SegmentedLRU(Generic[Kept]):
    """Keeps values by key up to a number of bytes; for one event loop. ``bytes`` is what it holds.

    A value that has not been asked for again yet stands on a shelf of its own with a sixteenth of the bytes, so
    that a flood of what is asked but once neither fills the room nor pushes out what is asked again and again
    (segmented LRU: Karedla, Love and Wherry 1994).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_once = most // 16
        self._once: _Shelf[Kept] = OrderedDict()
        self._again: _Shelf[Kept] = OrderedDict()
        self._bytes_once = self._bytes_again = 0

    def __len__(self) -> int:
        return len(self._once) + len(self._again)

    @property
    def bytes(self) -> int:
        """How many bytes of values it holds."""
        return self._bytes_once + self._bytes_again

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under the key, which is now the one used last."""
        found = self._again.get(key)
        if found:
            self._again.move_to_end(key)
            return found[0]
        found = self._once.pop(key, None)
        if found is None:
            return None
        self._bytes_once -= found[1]
        self._again[key] = found
        self._bytes_again += found[1]
        self._make_room()
        return found[0]

    def keep(self, key: Hashable, value: Kept, size: int) -> None:
        """Keep a value of so many bytes; not one that would push out all others, nor another under the same key."""
        if size > self._most // 4 or key in self._once or key in self._again:
            return
        self._once[key] = value, size
        self._bytes_once += size
        while self._bytes_once > self._most_once and len(self._once) > 1:  # a large one alone may have its chance
            self._bytes_once -= self._once.popitem(last=False)[1][1]
        self._make_room()

    def _make_room(self) -> None:
        while self.bytes > self._most:
            self._bytes_again -= self._again.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget everything."""
        self._once.clear()
        self._again.clear()
        self._bytes_once = self._bytes_again = 0
