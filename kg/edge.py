"""The outermost layer of the service: takes in each request whole, in bounded size and time.

An ASGI application around another. A body is read to its end before anything else sees the request,
so that clients that send slowly, or never finish, hold no thread.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from kg.evaluator import RefusedError
from kg.protocol import problem, too_large

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_ADDRESS = 60_000
"""Most bytes of a request's query string; the server below cuts off at 65,534, without a word."""

BODY_SECONDS = 10
"""Longest time that a body may take to arrive."""


class Edge:
    """Hands on requests whose body arrived whole; answers the others itself, with a problem document."""

    def __init__(self, application: Application, max_body: int, seconds: float = BODY_SECONDS) -> None:
        self._application = application
        self._max_body = max_body
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            _demand_address(scope)
            body = await self._body(scope, receive)
        except RefusedError as error:
            await _refuse(error, send)
            return
        if body is not None:
            await self._application(scope, _replay(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None where the client went away while sending it."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._max_body:
                raise too_large(self._max_body)
        chunks, size, more = [], 0, True
        try:
            async with asyncio.timeout(self._seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    more = message.get("more_body", False)
                    if size > self._max_body:
                        raise too_large(self._max_body)
        except TimeoutError:
            raise RefusedError(
                "slow-body",
                f"The body of the request did not arrive within {self._seconds:g} seconds.",
                "Send it again, all at once.",
                limit=int(self._seconds),
            ) from None
        return b"".join(chunks)


def _demand_address(scope: Scope) -> None:
    """Refuse a query string that is too long, or that is not percent-encoded."""
    query_string: bytes = scope["query_string"]
    if len(query_string) > MAX_ADDRESS:
        raise RefusedError(
            "too-large",
            f"The query string is longer than {MAX_ADDRESS:,} bytes, the most that is read.",
            "Send the query with POST.",
            limit=MAX_ADDRESS,
        )
    if not query_string.isascii():
        raise RefusedError(
            "encoding",
            "The query string holds bytes that are not percent-encoded.",
            "Encode the query in UTF-8, then percent-encode it.",
        )


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the whole body at once, and then what the server has to say."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _refuse(error: RefusedError, send: Send) -> None:
    """Answer with the problem document of the refusal and close the connection."""
    document = problem(error)
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"access-control-allow-origin", b"*"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": document["status"], "headers": headers})
    await send({"type": "http.response.body", "body": body})
