"""Limits on what clients that read slowly hold.

That is the part of each answer that a client has not taken yet. A server waits with the next part of an answer until
the client has taken most of the one before. So a large answer is sent in parts, and what is not sent yet is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kg.endpoint.gateway.request_limits import Message, Scope, Send

MOST = 536_870_912
"""Most bytes that are held for slow readers; those who have read for longest are cut off first."""

SECONDS = 120
"""Longest time that one answer, or one part of a stream, may take to be read."""

PART = 65_536
"""Bytes that are sent at once, and for which nobody is called slow: the kernel takes them."""

ABORT = "kg.abort"
"""The key of a request's scope under which the server gives the function that ends its connection at once."""


@dataclass(eq=False)
class _Sending:
    """An answer being sent: its unread bytes and its connection's end."""

    unread: int
    abort: Callable[[], None]


class SlowClients:
    """The answers that are being sent, the oldest first.

    For one event loop. ``bytes`` counts what clients have not read yet, ``cut`` how many were cut off.
    """

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._sendings: dict[_Sending, None] = {}
        self.bytes = self.cut = 0

    async def send(self, message: Message, scope: Scope, send: Send) -> None:
        """Send a body message in parts.

        A client that takes too long, or longest where all hold too much, is cut off.
        """
        body = memoryview(message.get("body", b""))  # parts that are copies would leave the memory in pieces
        sending = _Sending(len(body), scope.get(ABORT, lambda: None))
        self._sendings[sending] = None
        self.bytes += sending.unread
        self._cut_oldest()
        timer = asyncio.get_running_loop().call_later(self._seconds, self._cut, sending)
        try:
            for start in range(0, max(len(body), 1), PART):
                part = body[start : start + PART]
                is_last = start + PART >= len(body)
                await send({**message, "body": part, "more_body": message.get("more_body", False) or not is_last})
                if sending in self._sendings:
                    sending.unread -= len(part)
                    self.bytes -= len(part)
        finally:
            timer.cancel()
            self._forget(sending)

    def _cut_oldest(self) -> None:
        """Cut off the oldest until the rest is within the limit."""
        while self.bytes > self._most:
            self._cut(next(iter(self._sendings)))

    def _cut(self, sending: _Sending) -> None:
        """End a connection; the server drops what it is sent after that."""
        self._forget(sending)
        self.cut += 1
        sending.abort()

    def _forget(self, sending: _Sending) -> None:
        if sending in self._sendings:
            del self._sendings[sending]
            self.bytes -= sending.unread
