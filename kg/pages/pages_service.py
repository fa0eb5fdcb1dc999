"""The endpoint with its pages, and the release that both serve."""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from kg.endpoint.gateway.client_limits import Application
from kg.endpoint.gateway.responses import WholeResponse
from kg.endpoint.serving.server import ServerSettings, run_server
from kg.endpoint.serving.service import EndpointService, ServiceSettings
from kg.endpoint.worker_pool import BusyError, PoolSettings
from kg.model import release_files
from kg.model.errors import KgError, ReleaseError
from kg.model.iris import is_iri
from kg.model.languages import number
from kg.model.messages import N_, spoken, worded
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.model.settings import SETTINGS, SETTINGS_FILE
from kg.pages.app import create_app, limits_of, prepare
from kg.pages.releases.data import version_and_date
from kg.pages.shared.app_context import AppContext

THREADS = 16
"""Pages that are made at once."""

SWAP_SECONDS = 5
"""Longest time that a page waits for the pages of a new release to be ready."""

_Wsgi = Callable[..., Iterable[bytes]]

_REMEDY = N_("Run 'kg build' again.")


@dataclass(frozen=True)
class ReleaseSource:
    """RDF files, or else the release in ``folder``.

    ``root`` is the project's folder and ``folder`` its ``dist/`` unless given. ``public_url`` ends with a slash.
    ``proxies`` is how many proxies stand before the service and are trusted.
    """

    root: Path
    files: tuple[Path, ...]
    folder: Path | None
    public_url: str | None
    access_log: bool = False
    proxies: int = 0

    @property
    def release(self) -> Path | None:
        """The folder of the release, if one is served."""
        return None if self.files else self.folder or self.root / "dist"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that the store is loaded from."""
        return self.files or ((self.release or self.root) / release_files.GRAPH,)

    def project(self) -> Project:
        """Open the project, or one of default settings for RDF files alone."""
        if not self.files or (self.root / SETTINGS_FILE).exists():
            return Project.open(self.root)
        title = ", ".join(path.name for path in self.files)
        settings = {setting.key: setting.default for setting in SETTINGS}
        return Project(self.root, {**settings, "title.fr": title, "title.en": title, "version": "", "licence": ""})

    def settings(self, project: Project) -> ServiceSettings:
        """Return what the endpoint serves, with the limits of the project."""
        return ServiceSettings(
            paths=self.paths,
            base=f"{self.public_url or project.public_url}sparql",
            limits=limits_of(project),
            pool=PoolSettings(seconds=project["limits.seconds"], memory=project["limits.memory"]),
            # The checksums are written last, so that a release is whole when they change.
            watched=(self.release / release_files.CHECKSUMS,) if self.release else (),
            tagged=self.release is not None,
            access_log=self.access_log,
            proxies=self.proxies,
        )

    def demand_release(self) -> None:
        """Demand that there is a release, if one is to be served.

        Errors: ReleaseError.
        """
        if self.release and not self.paths[0].is_file():
            todo = worded("Run 'kg build' first, or name RDF files to serve.")
            raise ReleaseError("{release}: there is no release yet. {todo}", release=self.release, todo=todo)

    def release_address(self, project: Project) -> str:
        """Return the public address of the release; empty for RDF files."""
        if not self.release:
            return ""
        version, _ = version_and_date(self.release / release_files.GRAPH, project.minter.dataset.value)
        address = self.public_url or project.public_url
        return f"{address}releases/{quote(version or project['version'], safe='')}"


def public_address(url: str | None) -> str | None:
    """Return the public address with a slash at its end.

    All links begin with it. It is None if none is given.

    Errors: KgError if it is not an http or https address.
    """
    if not url:
        return None
    address = url if url.endswith("/") else f"{url}/"
    if not re.fullmatch(r"https?://[^/?#]+/[^?#]*", address) or not is_iri(address):
        raise KgError(
            "--public-url is {url}. Give an http or https address, as in https://data.example.org/path/.", url=repr(url)
        )
    return address


def demand_graph(folder: Path, digest: str) -> None:
    """Demand that a release names the graph with this SHA-256.

    Errors: ReleaseError.
    """
    if _checksums(folder).get(release_files.GRAPH) != digest:
        raise _changed(folder / release_files.GRAPH)


def demand_files(folder: Path) -> None:
    """Demand that each file of a release is as it was released.

    Reads every file: some milliseconds for 10,000 triples, some seconds for millions.

    Errors: ReleaseError for the first that is missing or has changed.
    """
    for name, checksum in _checksums(folder).items():
        path = folder / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ReleaseError(
                "{path}: this file of the release cannot be read: {reason}. {remedy}",
                path=path,
                reason=worded(str(error.strerror)),
                remedy=worded(_REMEDY),
            ) from None
        if digest != checksum:
            raise _changed(path)


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksums of a release's files by their paths."""
    path = folder / release_files.CHECKSUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReleaseError(
            "{path}: cannot be read: {reason}. {remedy}",
            path=path,
            reason=worded(str(error.strerror)),
            remedy=worded(_REMEDY),
        ) from None
    except UnicodeDecodeError:
        raise ReleaseError(
            "{path}: this is no list of checksums. {remedy}", path=path, remedy=worded(_REMEDY)
        ) from None
    rows = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in rows if name}


def _changed(path: Path) -> ReleaseError:
    """Return the error for a file with another checksum."""
    noun = worded("the graph") if path.name == release_files.GRAPH else worded("the file")
    reason = worded("its checksum is not that in {name}", name=release_files.CHECKSUMS)
    return ReleaseError(
        "{path}: this is not {noun} that was released: {reason}. {remedy}",
        path=path,
        noun=noun,
        reason=reason,
        remedy=worded(_REMEDY),
    )


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
