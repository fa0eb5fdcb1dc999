"""Bounds what slow readers hold: answers that the server below has taken and the client has not read yet.

The server takes an answer at once, however slowly the client reads, and tells nobody when it has sent
it. The kernel does: what it holds for a connection stands in ``/proc/self/net/tcp``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

MOST = 536_870_912
"""Most bytes that are held for slow readers; those who have read for longest are cut off first."""

SECONDS = 120
"""Longest time that one answer may take to be read."""

SMALLEST = 65_536
"""Bytes that are not counted: the kernel takes them."""

INTERVAL = 1.0
"""Seconds between two looks at the connections."""

Peer = tuple[bytes, int]
"""The address of a client, an IPv4 one as IPv6, and its port."""


@dataclass
class _Held:
    """What is held for one connection, and since when; ``drained``: the kernel had nothing left at the last look."""

    bytes: int = 0
    since: float = field(default_factory=time.monotonic)
    drained: bool = False


class SlowClients:
    """What is held for each connection; ``cut`` counts those that were cut off. For one event loop."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._held: dict[Peer, _Held] = {}
        self._looking: asyncio.Task[None] | None = None
        self.bytes = self.cut = 0

    def add(self, client: Any, size: int) -> None:
        """Note that so many bytes have been handed to the server for a client, its host and port."""
        if not client:
            return
        peer = (_packed(client[0]), int(client[1]))
        held = self._held.setdefault(peer, _Held())
        held.bytes += size
        held.drained = False
        self.bytes += size
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_on())
        if self.bytes > self._most:
            self._look()

    async def _look_on(self) -> None:
        """Look again and again while anything is held."""
        while self._held:
            await asyncio.sleep(INTERVAL)
            self._look()

    def _look(self) -> None:
        """Forget what has been read, and cut off who reads too slowly."""
        unsent = _unsent({port for _, port in self._held})
        now = time.monotonic()
        for peer, held in list(self._held.items()):
            is_drained = peer not in unsent or (not unsent[peer][0] and now - held.since > INTERVAL / 2)
            if peer not in unsent or (is_drained and held.drained):
                self._forget(peer)
            held.drained = is_drained
        for peer, held in sorted(self._held.items(), key=lambda item: item[1].since):
            if self.bytes > self._most or now - held.since > self._seconds:
                _cut(unsent[peer][1])
                self.cut += 1
                self._forget(peer)

    def _forget(self, peer: Peer) -> None:
        self.bytes -= self._held.pop(peer).bytes


def _unsent(ports: set[int]) -> dict[Peer, tuple[int, str]]:
    """The bytes that the kernel holds for each established connection from those ports, and its inode."""
    found = {}
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/self/net/{name}").read_text("ascii").splitlines()[1:]:
                remote, state, queues = line.split()[2:5]
                host, port = remote.split(":")
                if state == "01" and int(port, 16) in ports:
                    found[_unhex(host), int(port, 16)] = (int(queues.split(":")[0], 16), line.split()[9])
    return found


def _cut(inode: str) -> None:
    """Shut one of this process's connections down; the server drops what it holds for it then."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(entry.readlink()) == f"socket:[{inode}]":
                with socket.socket(fileno=os.dup(int(entry.name))) as connection:
                    connection.shutdown(socket.SHUT_RDWR)
                return


def _packed(host: str) -> bytes:
    """An address as 16 bytes."""
    address = ip_address(host.partition("%")[0])
    return address.packed if isinstance(address, IPv6Address) else b"\0" * 10 + b"\xff\xff" + address.packed


def _unhex(host: str) -> bytes:
    """An address as the kernel writes it, in words of the machine's order, as 16 bytes."""
    words = [int(host[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(host), 8)]
    packed = b"".join(words)
    return packed if len(packed) == 16 else b"\0" * 10 + b"\xff\xff" + packed
