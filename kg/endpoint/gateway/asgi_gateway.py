"""The outermost layer: limits requests, answers queries, calls the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import suppress
from typing import IO

from kg.endpoint.gateway.client_limits import (
    BODY_SECONDS,
    MAX_BODY,
    PART,
    Application,
    Message,
    Receive,
    RequestHead,
    Scope,
    Send,
    SlowClients,
    client_of,
    read_body,
    read_head,
    replay,
)
from kg.endpoint.gateway.monitoring import CONTENT_TYPE, AccessLog, LogEntry, Metrics
from kg.endpoint.gateway.response_cache import Remembered
from kg.endpoint.gateway.responses import COMMON_HEADERS, WholeResponse
from kg.endpoint.gateway.sparql_route import PATHS, PageQuery, SparqlEndpoint
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import wants_page

WATCH_AFTER = 0.02
"""Seconds until the gateway looks whether the client of a query is still there: most are answered before."""


class Gateway:
    """An ASGI application around the pages.

    ``pool`` tells the numbers of the pool for ``/metrics``. ``proxies`` is how many stand before the service
    and are believed about the address of the client.
    """

    def __init__(
        self,
        pages: Application,
        endpoint: SparqlEndpoint,
        *,
        max_body: int = MAX_BODY,
        seconds: float = BODY_SECONDS,
        proxies: int = 0,
        log: IO[str] | None = None,
        pool: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.endpoint = endpoint
        self._pages = pages
        self._max_body, self._seconds, self._proxies = max_body, seconds, proxies
        self._log = AccessLog(log) if log else None
        self._slow_clients = SlowClients()
        self._metrics = Metrics(endpoint.cache, self._slow_clients, pool)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        entry = LogEntry(scope["method"], scope["path"], client_of(scope, self._proxies))
        if scope["path"] in PATHS:
            remembered = self.endpoint.cache.remembered(_bytes_of(scope), self.endpoint.release())
            if remembered:
                await self._send_again(remembered, scope, send, entry)
                return
        try:
            await self._handle(scope, receive, self._noting(scope, send, entry), entry)
        finally:
            self._close(entry)

    async def _send_again(self, remembered: Remembered, scope: Scope, send: Send, entry: LogEntry) -> None:
        """Answer a request that came before in the same bytes."""
        response = remembered.response
        entry.query, entry.found, entry.lane, entry.release = (
            remembered.query, "hit", remembered.lane, remembered.release,
        )  # fmt: skip
        entry.status, entry.bytes = response.status, len(response.body) if scope["method"] != "HEAD" else 0
        entry.take_time()
        self._close(entry)
        await _send(response, scope, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, entry: LogEntry) -> None:
        try:
            head = read_head(scope)
            body = await read_body(head, receive, self._max_body, self._seconds)
        except ProblemError as error:
            entry.refused = error.code
            await _send(WholeResponse.of_problem(error), scope, send, close=True)
            return
        if body is None:
            await _hang_up(scope, send, entry)
        elif scope["path"] == "/metrics" and scope["method"] != "OPTIONS":
            await _send(self._metrics_response(scope["method"]), scope, send)
        elif scope["path"] in PATHS and scope["method"] in {"GET", "HEAD", "POST"}:
            await self._handle_query(scope, head, body, receive, send, entry)
        else:
            await self._pages(scope, replay(body, receive), send)

    async def _handle_query(
        self, scope: Scope, head: RequestHead, body: bytes, receive: Receive, send: Send, entry: LogEntry
    ) -> None:
        """Answer a query, or have the pages show its answer.

        A request without a query is for the pages alone.
        """
        response: WholeResponse | PageQuery | None
        try:
            query = self.endpoint.read(scope["method"], scope["query_string"], head, body)
        except ProblemError as error:
            is_for_pages = error.code == "no-query" or wants_page(head.accept)
            response = PageQuery(None, problem=error) if is_for_pages else WholeResponse.of_problem(error)
        else:
            response = self.endpoint.known(query, head.if_none_match, entry)
            if response:
                if entry.found == "hit" and not head.has_body:
                    remembered = Remembered(entry.release, response, entry.query, entry.lane)
                    size = len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"])
                    self.endpoint.cache.remember(_bytes_of(scope), size, remembered)
            else:
                response = await _unless_gone(self.endpoint.respond(query, head.if_none_match, entry), receive)
        if isinstance(response, WholeResponse):
            await _send(response, scope, send)
        elif response:
            await self._pages(response.put_into(scope), replay(body, receive), send)
        else:
            await _hang_up(scope, send, entry)

    def _metrics_response(self, method: str) -> WholeResponse:
        """Return the numbers, for a method that reads them."""
        if method not in {"GET", "HEAD"}:
            return WholeResponse.of_problem(ProblemError("method.metrics", method=method), Allow="GET, HEAD, OPTIONS")
        headers = {**COMMON_HEADERS, "Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
        return WholeResponse(200, headers, self._metrics.text())

    def _noting(self, scope: Scope, send: Send, entry: LogEntry) -> Send:
        """Return a ``send`` that notes what is sent."""

        async def noting(message: Message) -> None:
            if message["type"] != "http.response.body":
                entry.status = message.get("status", entry.status)
                await send(message)
                return
            entry.bytes += len(message.get("body", b""))
            entry.take_time()  # how long the client takes to read is no time of the service
            if entry.bytes > PART:
                await self._slow_clients.send(message, scope, send)
            else:
                await send(message)
            if not message.get("more_body"):
                self._close(entry)

        return noting

    def _close(self, entry: LogEntry) -> None:
        """Count and log a request once, before its client sends the next."""
        if not entry.is_closed:
            entry.close()
            self._metrics.count(entry)
            if self._log:
                self._log.add(entry)


def _bytes_of(scope: Scope) -> Hashable:
    """Return all that a response depends on if no body follows."""
    headers = tuple(scope["headers"])
    return scope["http_version"], scope["method"], scope["path"], scope["query_string"], headers


async def _unless_gone(
    responding: Awaitable[WholeResponse | PageQuery], receive: Receive
) -> WholeResponse | PageQuery | None:
    """Return the response; None, after cancelling, if the client goes away."""
    responder = asyncio.current_task()
    watcher: asyncio.Task[None] | None = None
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        if responder:
            responder.cancel()

    def begin_to_watch() -> None:
        nonlocal watcher
        watcher = asyncio.ensure_future(watch())

    timer = asyncio.get_running_loop().call_later(WATCH_AFTER, begin_to_watch)
    try:
        return await responding
    except asyncio.CancelledError:
        if not is_gone:
            raise
        if responder:
            responder.uncancel()
        return None
    finally:
        timer.cancel()
        if watcher:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher


async def _hang_up(scope: Scope, send: Send, entry: LogEntry) -> None:
    """End a request whose client is gone.

    The client may have closed one direction only, and gets a status then.
    """
    entry.gone = True
    await _send(WholeResponse(400, COMMON_HEADERS), scope, send, close=True)


async def _send(response: WholeResponse, scope: Scope, send: Send, *, close: bool = False) -> None:
    """Send a whole response; to a HEAD its headers only."""
    headers = [*response.fields, (b"connection", b"close")] if close else response.fields
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
