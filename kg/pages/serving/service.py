"""The life of the service in one process: the pool, the pages over it, and a new release swapped in."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from kg.endpoint.evaluation import Answer, Request
from kg.endpoint.gateway.gateway import Gateway
from kg.endpoint.gateway.request_limits import Application, Receive, Scope, Send
from kg.endpoint.gateway.responses import WholeResponse
from kg.endpoint.gateway.sparql_route import SparqlEndpoint
from kg.endpoint.problems import EndpointError
from kg.endpoint.worker_pool import BusyError, PoolSettings
from kg.endpoint.worker_pool.pool import Outcome, Pool
from kg.model import release_files
from kg.model.errors import KgError, ReleaseError
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.model.settings import SETTINGS, SETTINGS_FILE
from kg.pages.app import create_app, limits_of, prepare
from kg.pages.releases.data import version_and_date
from kg.pages.serving.checksums import demand_files, demand_graph

THREADS = 16
"""Pages that are made at once."""

WATCH_SECONDS = 0.5
"""How often the folder of the release is looked at."""

COLLECT_AFTER = 10_000
"""How many more objects there may be until the collector looks for garbage among the new ones."""

SWAP_SECONDS = 5
"""Longest time that a page waits for the pages of a new release to be ready."""


@dataclass(frozen=True)
class Source:
    """What to serve: RDF files, or else the release in ``folder``; ``proxies`` stand before it and are trusted."""

    root: Path
    files: tuple[Path, ...]
    folder: Path | None
    public_url: str | None
    access_log: bool = False
    proxies: int = 0

    @property
    def release(self) -> Path | None:
        """The folder of the release, where one is served."""
        return None if self.files else self.folder or self.root / "dist"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that the store is loaded from."""
        return self.files or ((self.release or self.root) / release_files.GRAPH,)

    def project(self) -> Project:
        """The project; one with default settings where RDF files are served outside of any."""
        if not self.files or (self.root / SETTINGS_FILE).exists():
            return Project.open(self.root)
        title = ", ".join(path.name for path in self.files)
        settings = {setting.key: setting.default for setting in SETTINGS}
        return Project(self.root, {**settings, "title.fr": title, "title.en": title, "version": "", "licence": ""})

    def state(self) -> tuple[int, int, int] | None:
        """What changes when another release stands in the folder."""
        try:
            state = (self.release / release_files.CHECKSUMS).stat() if self.release else None
        except OSError:
            return None
        return (state.st_ino, state.st_mtime_ns, state.st_size) if state else None


def pool_settings(project: Project) -> PoolSettings:
    """The bounds of the pool from the settings of a project."""
    return PoolSettings(seconds=project["limits.seconds"], memory=project["limits.memory"])


def behind(app: Callable[..., Iterable[bytes]], proxies: int) -> Callable[..., Iterable[bytes]]:
    """The pages behind so many proxies, whose X-Forwarded-* are believed; nobody's where there is none."""
    if not proxies:
        return app
    return ProxyFix(app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies, x_prefix=proxies)


async def start_pool(source: Source) -> Pool:
    """A pool over the source.

    Errors: ReleaseError where the release is missing or not the one that was released, LoadingError where a
    file is not valid RDF.
    """
    project = source.project()
    if source.release and not source.paths[0].is_file():
        todo = "Run 'kg build' first, or name RDF files to serve."
        raise ReleaseError(f"{source.release}: there is no release yet. {todo}")
    pool = await Pool.start(source.paths, limits_of(project), pool_settings(project))
    try:
        if source.release:
            demand_graph(source.release, pool.release)
    except ReleaseError:
        await pool.close()
        raise
    return pool


def _set_aside(*, is_first: bool) -> None:
    """Have the collector of garbage pass over what stays until the next release.

    It would look through all of it again and again, which took a fifth of the time of a small query.
    """
    if not is_first:
        gc.unfreeze()
        gc.collect()  # what the release before has left
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


@dataclass(frozen=True)
class _Pages:
    """The pages of one release; ``release`` is empty where other files are served."""

    app: Callable[..., Iterable[bytes]]
    release: str


class Service:
    """The ASGI application of a server process: it starts with the server's lifespan and ends with it."""

    def __init__(self, source: Source, ready: Callable[[], None] = lambda: None) -> None:
        self._source, self._ready = source, ready
        self._project = source.project()
        self._examples = read_queries(self._project.examples)
        self._pool: Pool | None = None
        self._gateway: Gateway | None = None
        self._pages: _Pages | None = None
        self._addresses: dict[str, str] = {}
        self._swapped = threading.Condition()
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or the server's start and end (ASGI lifespan protocol)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._gateway:
            await self._gateway(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except (KgError, EndpointError) as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def start(self) -> None:
        """Start the pool and everything over it."""
        state = self._source.state()
        pool = self._pool = await start_pool(self._source)
        self._admit(pool.release)
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._renew_pages)
        log: IO[str] | None = sys.stdout if self._source.access_log else None
        pages = cast("Application", WSGIMiddleware(cast("Any", self._wsgi), workers=THREADS))
        self._gateway = Gateway(pages, self._endpoint(), proxies=self._source.proxies, log=log, pool=pool.figures)
        self._watching = asyncio.ensure_future(self._watch(state))
        self._ready()

    async def stop(self) -> None:
        """End the watch and all processes of the pool."""
        if self._watching:
            self._watching.cancel()
        if self._pool:
            await self._pool.close()

    def _wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A page, all of it of one release: made again where another release came while it was made."""
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
        while pages := self._current():
            environ["wsgi.input"].seek(0)
            begun: list[Any] = []
            parts = pages.app(environ, lambda *given, into=begun: into.append(given))
            if pages.release in {"", self._running().release}:
                start_response(*begun[-1])
                return parts
            getattr(parts, "close", lambda: None)()
        response = WholeResponse.of_problem(BusyError("release"))
        start_response("503 Service Unavailable", [*response.headers.items()])
        return [response.body]

    def _current(self) -> _Pages | None:
        """The pages of the release that queries are answered from, waited for while they are made; None: too long."""

        def is_current() -> bool:
            return self._pages is not None and self._pages.release in {"", self._running().release}

        with self._swapped:
            return self._pages if self._swapped.wait_for(is_current, SWAP_SECONDS) else None

    def _renew_pages(self) -> None:
        """Make the pages over the pool, and find out beforehand what they tell; not to be called in the event loop.

        Errors: ReleaseError where yet another release has come meanwhile.
        """
        app = create_app(
            self._project,
            self._ask,
            folder=self._source.release,
            examples=self._examples,
            public_url=self._source.public_url,
            limits=limits_of(self._project),
        )
        prepare(app)
        release: str = app.extensions["app_context"].tag
        if release not in {"", self._running().release}:
            raise ReleaseError("Another release came while the pages were made.")
        is_first = self._pages is None
        with self._swapped:
            self._pages = _Pages(behind(app.wsgi_app, self._source.proxies), release)
            self._swapped.notify_all()
        _set_aside(is_first=is_first)

    def _endpoint(self) -> SparqlEndpoint:
        pool = self._running()
        base = f"{self._url}sparql"
        is_release = self._source.release is not None  # blank nodes of other files change with each load
        return SparqlEndpoint(
            self._evaluate, lambda: pool.release, base, tagged=is_release, source=lambda at: self._addresses.get(at, "")
        )

    @property
    def _url(self) -> str:
        return self._source.public_url or self._project.public_url

    def _admit(self, digest: str) -> None:
        """Demand that a graph is the one that was released, and note the address of that release, for answers."""
        if self._source.release:
            demand_graph(self._source.release, digest)
            version, _ = version_and_date(
                self._source.release / release_files.GRAPH, self._project.minter.dataset.value
            )
            address = f"{self._url}releases/{quote(version or self._project['version'], safe='')}"
            before = self._running().release
            self._addresses = {digest: address, before: self._addresses.get(before, address)}

    def _running(self) -> Pool:
        if self._pool is None:
            raise RuntimeError("the service has not been started")
        return self._pool

    async def _evaluate(self, request: Request) -> Outcome:
        return await self._running().evaluate(request, seconds=request.seconds)

    def _ask(self, request: Request) -> Answer:
        """Evaluate a query of a page, from one of the threads that make pages."""
        return asyncio.run_coroutine_threadsafe(self._evaluate(request), self._loop).result().answer

    async def _watch(self, state: tuple[int, int, int] | None) -> None:
        """Serve each new release that comes to stand in the folder; one that is broken is told of and left."""
        while self._source.release:
            await asyncio.sleep(WATCH_SECONDS)
            now = self._source.state()
            if now is None or now == state:
                continue
            try:
                await self.swap()
                state = now
            except (KgError, EndpointError, OSError) as error:
                if self._source.state() == now:  # else it has been replaced meanwhile: try again
                    state = now
                    print(f"The new release is not served: {error}", file=sys.stderr, flush=True)  # noqa: T201

    async def swap(self) -> None:
        """Serve the release that stands in the folder now; requests under way end on the old one.

        Errors: ReleaseError where it is missing or corrupt; the old one goes on being served.
        """
        pool = self._running()
        if self._source.release:
            await asyncio.to_thread(demand_files, self._source.release)
        await pool.replace(self._source.paths, check=self._admit)
        if self._gateway:
            self._gateway.endpoint.cache.clear()
        await asyncio.to_thread(self._renew_pages)
