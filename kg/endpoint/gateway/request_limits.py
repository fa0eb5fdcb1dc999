"""Takes in each request whole, in bounded size and time.

A body is read to its end before anything else sees the request, so that clients that send slowly, or
never finish, hold nothing but their connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kg.endpoint.problems import ProblemError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_ADDRESS = 60_000
"""Most bytes of a request's query string; the server below cuts off at 65,534, without a word."""

MAX_HEADERS = 32_768
"""Most bytes of a request's headers, their names included."""

MAX_CHOICE = 4_096
"""Most bytes of the headers that list choices, since each is weighed: Accept and its like, and If-None-Match."""

OF_BODIES = frozenset([b"content-length", b"transfer-encoding"])
_CHOICES = frozenset([b"accept", b"accept-language", b"accept-encoding", b"accept-charset", b"if-none-match"])

MAX_DRAINED = 16_777_216
"""Most bytes of a body over its limit that are still taken in and thrown away.

Who sends all before reading, as proxies do, would otherwise find the connection reset and never see the refusal.
"""

BODY_SECONDS = 10
"""Longest time that a body may take to arrive."""


async def read_body(scope: Scope, receive: Receive, most: int, seconds: float = BODY_SECONDS) -> bytes | None:
    """The whole body of a request; None where the client went away while sending it.

    Errors: ProblemError where it is longer than ``most`` bytes or does not arrive within ``seconds``.
    """
    if not _has_body(scope):
        return b""
    declared, can_wait = _announced(scope)
    chunks, size, more = [], declared, True
    received = 0
    try:
        async with asyncio.timeout(seconds):
            while more and size <= (most if can_wait else max(most, MAX_DRAINED)):
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                received += len(message.get("body", b""))
                size = max(declared, received)
                more = message.get("more_body", False)
                if size <= most:
                    chunks.append(message.get("body", b""))
    except TimeoutError:
        if size <= most:
            raise ProblemError("slow-body", limit=int(seconds)) from None
    if size > most:
        raise ProblemError("too-large", limit=most)
    return b"".join(chunks)


def _has_body(scope: Scope) -> bool:
    """Whether a request has a body: where it has one, its headers say so (RFC 9112, section 6.3)."""
    return any(name in OF_BODIES for name, _ in scope["headers"])


def _announced(scope: Scope) -> tuple[int, bool]:
    """How long a body is said to be, and whether the client waits for a word before it sends it (RFC 9110, 10.1.1)."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0, headers.get(b"expect", b"").lower() == b"100-continue"


def client_of(scope: Scope, proxies: int = 0) -> str:
    """The address of the client: the other end of the connection, or what so many trusted proxies say of it.

    Each proxy appends to X-Forwarded-For whom it was called by. What stands before the entries of the trusted
    ones is anybody's word and is not looked at.
    """
    peer = (scope.get("client") or ("", 0))[0]
    if not proxies:
        return str(peer)
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    addresses = [address.strip() for address in named.split(",")]
    return (addresses[-proxies] if len(addresses) >= proxies else "") or str(peer)


def demand_address(scope: Scope) -> None:
    """Refuse a query string that is too long, or that is not percent-encoded."""
    query_string: bytes = scope["query_string"]
    if len(query_string) > MAX_ADDRESS:
        raise ProblemError("too-long", limit=MAX_ADDRESS)
    if not query_string.isascii():
        raise ProblemError("encoding.raw")


def demand_headers(scope: Scope) -> None:
    """Refuse headers that are too long: read one by one, they would keep everybody else waiting."""
    size, choices = 0, 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        choices += len(value) if name in _CHOICES else 0
    if size > MAX_HEADERS:
        raise ProblemError("long-header", limit=MAX_HEADERS)
    if choices > MAX_CHOICE:
        raise ProblemError("long-header.choices", limit=MAX_CHOICE)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the whole body at once, and then what the server has to say."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
