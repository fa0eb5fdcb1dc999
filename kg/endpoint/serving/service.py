"""An endpoint in an HTTP process: pool, gateway, swapping of data."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, ClassVar

from kg.endpoint.evaluation import Answer, Limits, Request
from kg.endpoint.gateway.asgi_gateway import Gateway
from kg.endpoint.gateway.client_limits import Application, Receive, Scope, Send
from kg.endpoint.gateway.responses import ALLOWED_HEADERS, COMMON_HEADERS, WholeResponse
from kg.endpoint.gateway.sparql_route import PageQuery, SparqlEndpoint
from kg.endpoint.problems import EndpointError, ProblemError
from kg.endpoint.protocol import METHODS
from kg.endpoint.worker_pool import PoolSettings
from kg.endpoint.worker_pool.pool import Outcome, Pool
from kg.model.messages import worded

WATCH_SECONDS = 0.5
"""Interval between two looks at the watched files."""

GC_THRESHOLD = 10_000
"""How many more objects there may be until Python's collector looks for garbage among the new ones."""


@dataclass(frozen=True)
class ServiceSettings:
    """What an endpoint serves, and how.

    ``paths`` are the RDF files; other data is loaded when one of ``watched`` changes. ``base`` is the address of the
    endpoint and resolves relative IRIs of queries. ``tagged`` if the files mean the same whenever they are loaded, so
    that answers have ETags; blank nodes get other labels each time. ``proxies`` is how many proxies stand before the
    service and are believed about the address of the client.
    """

    paths: tuple[Path, ...]
    base: str
    limits: Limits
    pool: PoolSettings
    watched: tuple[Path, ...] = ()
    tagged: bool = False
    access_log: bool = False
    proxies: int = 0


class EndpointService:
    """The ASGI application of an HTTP process.

    It starts and stops with the server's lifespan.

    By itself it serves ``/sparql``, ``/health`` and ``/metrics``. A subclass adds pages in ``application`` and what
    they need in the other hooks: ``check_files``, ``admit``, ``renew``, ``release_address`` and ``describe``.
    """

    errors: ClassVar[tuple[type[Exception], ...]] = (EndpointError, OSError)
    """What loading and the hooks may raise."""

    def __init__(self, settings: ServiceSettings, ready: Callable[[str], None] = lambda _: None) -> None:
        self.settings, self._ready = settings, ready
        self._pool: Pool | None = None
        self._gateway: Gateway | None = None
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def application(self) -> Application:
        """Return the application for requests that the gateway does not answer."""
        return plain_application(self.health)

    def check_files(self) -> None:
        """Raise one of ``errors`` if the files may not be loaded."""

    def admit(self, release: str) -> None:
        """Raise one of ``errors`` if what was loaded may not be served.

        ``release`` is its SHA-256.
        """

    def renew(self) -> None:
        """Make what depends on the data, after it has been loaded.

        It runs in a thread beside the event loop.
        """

    def release_address(self, release: str) -> str:
        """Return the public address of a release for links, or ""."""
        del release
        return ""

    def health(self) -> dict[str, object]:
        """Return the state of the service for ``/health``."""
        return {"live": True, "ready": self.pool.ready, "triples": self.pool.triples}

    def describe(self) -> str:
        """Return what is served, for the line that announces it."""
        return worded("{count} triples", count=f"{self.pool.triples:,}")

    @property
    def pool(self) -> Pool:
        """The pool that answers queries.

        Errors: RuntimeError before the start.
        """
        if self._pool is None:
            raise RuntimeError("the service has not been started")
        return self._pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or the server's start and end (ASGI lifespan protocol)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._gateway:
            await self._gateway(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start and stop when the server says so."""
        await receive()
        try:
            await self.start()
        except self.errors as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def try_out(self) -> None:
        """Check and load everything once, to report errors before the start."""
        self.check_files()
        pool = await self._start_pool()
        await pool.close()

    async def start(self) -> None:
        """Start the pool and everything over it."""
        settings, state = self.settings, self._state()
        self._loop = asyncio.get_running_loop()
        pool = self._pool = await self._start_pool()
        await asyncio.to_thread(self.renew)
        _exempt_from_collection(is_first=True)
        log: IO[str] | None = sys.stdout if settings.access_log else None
        endpoint = SparqlEndpoint(
            self.evaluate, lambda: pool.release, settings.base, tagged=settings.tagged, source=self.release_address
        )
        self._gateway = Gateway(self.application(), endpoint, proxies=settings.proxies, log=log, pool=pool.figures)
        self._watching = asyncio.ensure_future(self._watch(state))
        self._ready(self.describe())

    async def stop(self) -> None:
        """End the watch and all processes of the pool."""
        if self._watching:
            self._watching.cancel()
        if self._pool:
            await self._pool.close()

    async def evaluate(self, request: Request) -> Outcome:
        """Return the outcome of a query in the time its client allows."""
        return await self.pool.evaluate(request, seconds=request.seconds)

    def ask(self, request: Request) -> Answer:
        """Return the answer to a query, from another thread than the loop's."""
        if self._loop is None:
            raise RuntimeError("the service has not been started")
        return asyncio.run_coroutine_threadsafe(self.evaluate(request), self._loop).result().answer

    async def swap(self) -> None:
        """Load the files again; requests under way end on the old data.

        Errors: as ``errors`` says; the old data goes on being served.
        """
        await asyncio.to_thread(self.check_files)
        await self.pool.replace(self.settings.paths, check=self.admit)
        if self._gateway:
            self._gateway.endpoint.cache.clear()
        await asyncio.to_thread(self.renew)
        _exempt_from_collection(is_first=False)

    async def _start_pool(self) -> Pool:
        """Start a pool over the files, if they may be served."""
        pool = await Pool.start(self.settings.paths, self.settings.limits, self.settings.pool)
        try:
            self.admit(pool.release)
        except self.errors:
            await pool.close()
            raise
        return pool

    def _state(self) -> tuple[tuple[int, int, int], ...] | None:
        """Return what changes with a watched file; None while one is missing."""
        try:
            states = [path.stat() for path in self.settings.watched]
        except OSError:
            return None
        return tuple((state.st_ino, state.st_mtime_ns, state.st_size) for state in states)

    async def _watch(self, state: tuple[tuple[int, int, int], ...] | None) -> None:
        """Serve other data as soon as a watched file changes.

        Data that cannot be served is reported and left.
        """
        while self.settings.watched:
            await asyncio.sleep(WATCH_SECONDS)
            now = self._state()
            if now is None or now == state:
                continue
            try:
                await self.swap()
                state = now
            except self.errors as error:
                if self._state() == now:  # else a newer file has come meanwhile, which may be whole
                    state = now
                    print(worded("The new release is not served: {error}", error=error), file=sys.stderr, flush=True)  # noqa: T201


def _exempt_from_collection(*, is_first: bool) -> None:
    """Let the garbage collector pass over what stays until the next release.

    It would look through all of it again and again, which took a fifth of the time of a small query.
    """
    if not is_first:
        gc.unfreeze()
        gc.collect()  # what the release before has left
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


PATHS = frozenset(["/sparql", "/health", "/metrics"])

_PREFLIGHT = {
    "Allow": ", ".join(METHODS),
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": ALLOWED_HEADERS,
    "Access-Control-Max-Age": "86400",
}
"""The answer to the question of a browser whether a script of another site may send its request."""


def plain_application(health: Callable[[], dict[str, object]]) -> Application:
    """Return an application that answers what the gateway leaves to pages.

    ``health`` returns the state of the service.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        response = _respond(scope, health)
        await send({"type": "http.response.start", "status": response.status, "headers": response.fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    return application


def _respond(scope: Scope, health: Callable[[], dict[str, object]]) -> WholeResponse:
    """Return the response to a request."""
    path, method = scope["path"], scope["method"]
    page_query = PageQuery.of({"asgi.scope": scope})
    if path not in PATHS:
        return _not_found(path)
    if method == "OPTIONS":
        return WholeResponse(HTTPStatus.NO_CONTENT, COMMON_HEADERS | _PREFLIGHT)
    if path == "/health" and method in {"GET", "HEAD"}:
        return _json(HTTPStatus.OK, "application/json", health())
    if page_query and page_query.problem:
        return WholeResponse.of_problem(page_query.problem)
    if page_query and page_query.answer:
        return _data(page_query.answer)
    allowed = "GET, HEAD, OPTIONS" if path == "/health" else _PREFLIGHT["Allow"]
    return WholeResponse.of_problem(ProblemError("method", method=method), Allow=allowed)


def _data(answer: Answer) -> WholeResponse:
    """Return an answer as data for a client that prefers pages."""
    text = "; charset=utf-8" if answer.media_type.startswith("text/") else ""
    headers = {"Content-Type": f"{answer.media_type}{text}", "Cache-Control": "no-store", "Vary": "Accept"}
    return WholeResponse(HTTPStatus.OK, COMMON_HEADERS | headers, answer.body)


def _not_found(path: str) -> WholeResponse:
    """Return the problem document for an address where there is nothing."""
    status = HTTPStatus.NOT_FOUND
    detail = f"There is nothing at {path}. Send queries to /sparql."
    document = {"title": status.phrase, "status": int(status), "detail": detail, "code": "not-found"}
    return _json(status, "application/problem+json", document)


def _json(status: HTTPStatus, media_type: str, document: dict[str, object]) -> WholeResponse:
    """Return a JSON document that must not be cached."""
    headers = {**COMMON_HEADERS, "Content-Type": media_type, "Cache-Control": "no-store"}
    return WholeResponse(status, headers, json.dumps(document, ensure_ascii=False).encode())
