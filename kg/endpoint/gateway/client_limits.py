"""Limits on what clients send and on how slowly they read.

A body is read to its end before anything else sees the request, so that clients that send slowly, or never
finish, hold nothing but their connection.

A server waits with the next part of an answer until the client has taken most of the one before. So a large answer is
sent in parts, and what is not sent yet is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kg.endpoint.problems import ProblemError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_ADDRESS = 60_000
"""Most bytes of a query string; the server below cuts off at 65,534 without saying so."""

MAX_HEADERS = 32_768
"""Most bytes of a request's headers, their names included."""

MAX_CHOICE = 4_096
"""Most bytes of the headers that list choices, each of which is weighed: Accept, If-None-Match and the like."""

MAX_BODY = 1_048_576
"""Most bytes of a body."""

MAX_DRAINED = 16_777_216
"""Most bytes of a body over its limit that are still received and thrown away.

A client that sends everything before it reads, as proxies do, would otherwise find the connection reset and
never see the problem document.
"""

BODY_SECONDS = 10
"""Longest time that a body may take to arrive."""

_CHOICES = frozenset([b"accept", b"accept-language", b"accept-encoding", b"accept-charset", b"if-none-match"])
_NEEDED = frozenset(
    [b"accept", b"accept-encoding", b"if-none-match", b"content-type", b"content-length", b"transfer-encoding",
     b"expect"]
)  # fmt: skip
"""The headers that the gateway itself reads."""


class RequestHead(NamedTuple):
    """The headers that the gateway reads; empty where they are absent."""

    accept: str = ""
    accept_encoding: str = ""
    if_none_match: str = ""
    content_type: str = ""
    has_body: bool = False
    """Whether a body follows, as the headers say (RFC 9112, section 6.3)."""
    length: int = 0
    expects_continue: bool = False


def read_head(scope: Scope) -> RequestHead:
    """Return the headers that the gateway reads, after one pass over all.

    Errors: ProblemError where the query string or the headers are too long: read one by one, they would keep
    everybody else waiting.
    """
    query_string: bytes = scope["query_string"]
    if len(query_string) > MAX_ADDRESS:
        raise ProblemError("too-long", limit=MAX_ADDRESS)
    if not query_string.isascii():
        raise ProblemError("encoding.raw")
    needed: dict[bytes, bytes] = {}
    size = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name in _NEEDED:  # repeated ones are joined (RFC 9110, section 5.2)
            needed[name] = needed[name] + b", " + value if name in needed else value
    if size > MAX_HEADERS:
        raise ProblemError("long-header", limit=MAX_HEADERS)
    if size > MAX_CHOICE and sum(len(value) for name, value in scope["headers"] if name in _CHOICES) > MAX_CHOICE:
        raise ProblemError("long-header.choices", limit=MAX_CHOICE)
    length = needed.get(b"content-length", b"")
    return RequestHead(
        needed.get(b"accept", b"").decode("latin-1"),
        needed.get(b"accept-encoding", b"").decode("latin-1"),
        needed.get(b"if-none-match", b"").decode("latin-1"),
        needed.get(b"content-type", b"").decode("latin-1"),
        b"content-length" in needed or b"transfer-encoding" in needed,
        int(length) if length.isdigit() else 0,
        needed.get(b"expect", b"").lower() == b"100-continue",
    )


async def read_body(head: RequestHead, receive: Receive, most: int, seconds: float = BODY_SECONDS) -> bytes | None:
    """Return the whole body; None if the client went away meanwhile.

    Errors: ProblemError where it is longer than ``most`` bytes or does not arrive within ``seconds``.
    """
    if not head.has_body:
        return b""
    chunks, size, more = [], head.length, True
    received = 0
    try:
        async with asyncio.timeout(seconds):
            # One who waits for "100 Continue" has sent nothing yet, so that there is nothing to drain.
            while more and size <= (most if head.expects_continue else max(most, MAX_DRAINED)):
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                received += len(message.get("body", b""))
                size = max(head.length, received)
                more = message.get("more_body", False)
                if size <= most:
                    chunks.append(message.get("body", b""))
    except TimeoutError:
        if size <= most:
            raise ProblemError("slow-body", limit=int(seconds)) from None
    if size > most:
        raise ProblemError("too-large", limit=most)
    return b"".join(chunks)


def client_of(scope: Scope, proxies: int = 0) -> str:
    """Return the address of the client, as the trusted proxies tell it.

    Each proxy appends to X-Forwarded-For by whom it was called; without any, it is the other end of the connection.
    Entries left of the trusted proxies can be forged and are ignored.
    """
    peer = (scope.get("client") or ("", 0))[0]
    if not proxies:
        return str(peer)
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    addresses = [address.strip() for address in named.split(",")]
    return (addresses[-proxies] if len(addresses) >= proxies else "") or str(peer)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the whole body first."""
    is_given = False

    async def receive_again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


MAX_UNREAD = 536_870_912
"""Most bytes that are held for slow readers; those who have read for longest are cut off first."""

READ_SECONDS = 120
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

    def __init__(self, most: int = MAX_UNREAD, seconds: float = READ_SECONDS) -> None:
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
