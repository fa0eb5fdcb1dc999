"""A room of so many bytes: what was used last stays, what was used longest ago gives way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Room(Generic[Kept]):
    """Keeps values by key up to a number of bytes; for one event loop. ``bytes`` is what it holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under the key, which is now the one used last."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: Kept, size: int) -> None:
        """Keep a value of so many bytes; not one that would push out all others, nor another under the same key."""
        if size > self._most // 4 or key in self._kept:
            return
        self._kept[key] = value, size
        self.bytes += size
        while self.bytes > self._most:
            _, (_, gone) = self._kept.popitem(last=False)
            self.bytes -= gone

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.bytes = 0
