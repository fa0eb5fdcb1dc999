"""The outermost layer of the service: limits each request, answers queries, hands the rest to the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import IO

from kg.endpoint.gateway.metrics import CONTENT_TYPE, AccessLog, LogEntry, Metrics
from kg.endpoint.gateway.request_limits import (
    BODY_SECONDS,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    client_of,
    demand_address,
    demand_headers,
    read_body,
    replay,
)
from kg.endpoint.gateway.response_cache import Response
from kg.endpoint.gateway.single_flight import SingleFlight
from kg.endpoint.gateway.slow_clients import SMALLEST, SlowClients
from kg.endpoint.gateway.sparql_route import COMMON_HEADERS, PATHS, SparqlEndpoint, problem_response
from kg.endpoint.problems import ProblemError

MAX_BODY = 1_048_576
"""Most bytes of a request's body."""


class Gateway:
    """An ASGI application around the pages.

    ``pages`` and ``endpoint`` may be changed at any time, as when a new release is swapped in: each request is
    handled wholly by those that it began with. Without an endpoint the pages answer queries themselves.
    ``proxies`` is how many stand before the service and are believed about the address of the client.
    """

    def __init__(
        self,
        pages: Application,
        endpoint: SparqlEndpoint | None = None,
        *,
        max_body: int = MAX_BODY,
        seconds: float = BODY_SECONDS,
        proxies: int = 0,
        log: IO[str] | None = None,
        pool: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.pages, self.endpoint = pages, endpoint
        self._max_body, self._seconds, self._proxies = max_body, seconds, proxies
        self._log = AccessLog(log) if log else None
        self._slow_clients = SlowClients()
        self._metrics = Metrics(endpoint.cache if endpoint else SingleFlight(), self._slow_clients, pool)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.pages(scope, receive, send)
            return
        entry = LogEntry(scope["method"], scope["path"], client_of(scope, self._proxies))
        noting = self._noting(scope, send, entry)
        try:
            await self._handle(scope, receive, noting, entry)
        finally:
            self._close(entry)

    def _close(self, entry: LogEntry) -> None:
        """Count a request and write it to the log, once; before the client can have sent the next."""
        if not entry.seconds:
            entry.ended()
            self._metrics.count(entry)
            if self._log:
                self._log.note(entry)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, entry: LogEntry) -> None:
        pages, endpoint = self.pages, self.endpoint
        try:
            demand_address(scope)
            demand_headers(scope)
            if endpoint and scope["path"] in PATHS and (known := endpoint.known(scope, entry)):
                await _send(known, scope, send)
                return
            body = await read_body(scope, receive, self._max_body, self._seconds)
        except ProblemError as error:
            entry.refused = error.code
            await _send(problem_response(error), scope, send, close=True)
            return
        if body is None:
            entry.gone = True
            await _send(Response(400, COMMON_HEADERS), scope, send, close=True)  # it may have closed one way only
            return
        if scope["path"] == "/metrics" and scope["method"] != "OPTIONS":
            await _send(self._told(scope["method"]), scope, send)
            return
        if endpoint and scope["path"] in PATHS and scope["method"] in {"GET", "HEAD", "POST"}:
            response = await _unless_gone(endpoint, scope, body, receive, entry)
            if response is None and entry.gone:
                await _send(Response(400, COMMON_HEADERS), scope, send, close=True)
                return
            if response:
                await _send(response, scope, send)
                return
        await pages(scope, replay(body, receive), send)

    def _told(self, method: str) -> Response:
        """The figures, for a method that reads them."""
        if method not in {"GET", "HEAD"}:
            response = problem_response(ProblemError("method.metrics", method=method))
            return replace(response, headers={**response.headers, "Allow": "GET, HEAD, OPTIONS"})
        headers = {**COMMON_HEADERS, "Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
        return Response(200, headers, self._metrics.text())

    def _noting(self, scope: Scope, send: Send, entry: LogEntry) -> Send:
        """A send that notes what is sent."""
        noted = 0

        async def noting(message: Message) -> None:
            nonlocal noted
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            elif message["type"] == "http.response.body":
                entry.bytes += len(message.get("body", b""))
                if entry.bytes - noted >= SMALLEST:
                    self._slow_clients.add(scope.get("client"), entry.bytes - noted)
                    noted = entry.bytes
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._close(entry)

        return noting


WATCH_AFTER = 0.02
"""Seconds until it is looked whether the client of a query is still there: most are answered before."""


async def _unless_gone(
    endpoint: SparqlEndpoint, scope: Scope, body: bytes, receive: Receive, entry: LogEntry
) -> Response | None:
    """The response of the endpoint; its evaluation is ended where the client goes away."""
    answering = asyncio.current_task()
    watching: asyncio.Task[None] | None = None
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        is_gone = True
        if answering:
            answering.cancel()

    def begin_to_watch() -> None:
        nonlocal watching
        watching = asyncio.ensure_future(watch())

    beginning = asyncio.get_running_loop().call_later(WATCH_AFTER, begin_to_watch)
    try:
        return await endpoint.respond(scope, body, entry)
    except asyncio.CancelledError:
        if not is_gone:
            raise
        if answering:
            answering.uncancel()
        entry.gone = True
        return None
    finally:
        beginning.cancel()
        if watching:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


async def _send(response: Response, scope: Scope, send: Send, *, close: bool = False) -> None:
    """Send a whole response; to a HEAD its headers only."""
    headers = [*response.fields, (b"connection", b"close")] if close else response.fields
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})
