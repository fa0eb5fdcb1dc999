"""The endpoint with its pages, both always of one release."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from kg.endpoint.gateway.client_limits import Application
from kg.endpoint.gateway.responses import WholeResponse
from kg.endpoint.serving.server import ServerSettings, run_server
from kg.endpoint.serving.service import EndpointService
from kg.endpoint.worker_pool import BusyError
from kg.model.errors import KgError, ReleaseError
from kg.model.languages import number
from kg.model.messages import N_, spoken, worded
from kg.model.query_files import read_queries
from kg.pages.app import create_app, limits_of, prepare
from kg.pages.release_source import ReleaseSource, demand_files, demand_graph, public_address
from kg.pages.shared.app_context import AppContext

THREADS = 16
"""Pages that are made at once."""

SWAP_SECONDS = 5
"""Longest time that a page waits for the pages of a new release to be ready."""

_Wsgi = Callable[..., Iterable[bytes]]


def serve(
    root: Path,
    files: Sequence[Path] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    public_url: str | None = None,
    folder: Path | None = None,
    access_log: bool = False,
    proxies: int = 0,
) -> None:
    """Serve RDF files or a release until SIGTERM or Ctrl-C.

    Without ``files`` it is the release in ``folder``.

    ``root`` is the project's folder, and ``folder`` its ``dist/`` unless given. ``port`` 0 takes a free one and
    ``workers`` is the number of HTTP processes. Prints one line once the service answers; ``access_log`` prints one
    of JSON for each request. ``proxies`` is how many stand before the service; only of so many is X-Forwarded-*
    believed. Links begin with ``public_url``, else with that of the settings, else with the address listened on, or
    behind a proxy with the base.

    Errors: KgError or EndpointError if there is nothing to serve, a file is corrupt, the address is taken, or
    ``public_url`` is not one.
    """
    public = public_address(public_url)
    paths = tuple(path.resolve() for path in files)
    source = ReleaseSource(root.resolve(), paths, folder.absolute() if folder else None, public, access_log, proxies)
    settings = source.project()
    source.demand_release()

    def make_service(address: str, ready: Callable[[str], None]) -> PagesService:
        reached = settings["base"] if proxies else address
        return PagesService(replace(source, public_url=public or settings["public_url"] or reached), ready)

    run_server(make_service, ServerSettings(host, port, workers, settings["limits.seconds"]))


@dataclass(frozen=True)
class _Pages:
    """The pages of one release, or of files that are none."""

    app: _Wsgi
    release: str


class PagesService(EndpointService):
    """An endpoint and the pages over it."""

    errors = (*EndpointService.errors, KgError)

    def __init__(self, source: ReleaseSource, ready: Callable[[str], None] = lambda _: None) -> None:
        self._source = source
        self._project = source.project()
        super().__init__(source.settings(self._project), ready)
        self._examples = read_queries(self._project.examples)
        self._pages: _Pages | None = None
        self._served = ""
        self._addresses: dict[str, str] = {}
        self._swapped = threading.Condition()

    def application(self) -> Application:
        """Return the pages, which are made in threads."""
        return cast("Application", WSGIMiddleware(cast("Any", self._wsgi), workers=THREADS))

    def check_files(self) -> None:
        """Demand that the files of the release are as they were released."""
        if self._source.release:
            demand_files(self._source.release)

    def admit(self, release: str) -> None:
        """Demand that a graph is the released one, and note its address."""
        if self._source.release:
            demand_graph(self._source.release, release)
            address = self._source.release_address(self._project)
            # Answers from the release before may still be under way.
            self._addresses = {**dict(list(self._addresses.items())[-1:]), release: address}

    def release_address(self, release: str) -> str:
        """Return the page of this release or of the one before."""
        return self._addresses.get(release, "")

    def renew(self) -> None:
        """Make the pages over the pool, and what they show everywhere.

        Errors: ReleaseError if yet another release has come meanwhile.
        """
        app = create_app(
            self._project,
            self.ask,
            folder=self._source.release,
            examples=self._examples,
            public_url=self._source.public_url,
            limits=limits_of(self._project),
        )
        prepare(app)
        context: AppContext = app.extensions["app_context"]
        release: str = context.tag
        if release not in {"", self.pool.release}:
            raise ReleaseError("Another release came while the pages were made.")
        facts = context.release_info
        triples = number(facts.triples, spoken())
        message = N_("{count} triples, version {version},") if facts.version else N_("{count} triples")
        with self._swapped:
            self._pages = _Pages(_behind_proxies(app.wsgi_app, self._source.proxies), release)
            self._served = worded(message, count=triples, version=facts.version)
            self._swapped.notify_all()

    def describe(self) -> str:
        """Return the number of triples and the version."""
        return self._served

    def _wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Make a page, again if another release came meanwhile."""
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
        while pages := self._current_pages():
            environ["wsgi.input"].seek(0)
            heads: list[Any] = []
            parts = pages.app(environ, lambda *head, into=heads: into.append(head))
            if pages.release in {"", self.pool.release}:
                start_response(*heads[-1])
                return parts
            getattr(parts, "close", lambda: None)()
        response = WholeResponse.of_problem(BusyError("release"))
        start_response("503 Service Unavailable", [*response.headers.items()])
        return [response.body]

    def _current_pages(self) -> _Pages | None:
        """Return the pages of the current release; None if too slow."""

        def is_current() -> bool:
            return self._pages is not None and self._pages.release in {"", self.pool.release}

        with self._swapped:
            return self._pages if self._swapped.wait_for(is_current, SWAP_SECONDS) else None


def _behind_proxies(app: _Wsgi, proxies: int) -> _Wsgi:
    """Return the pages behind proxies whose X-Forwarded-* are believed."""
    if not proxies:
        return app
    return ProxyFix(app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies, x_prefix=proxies)
