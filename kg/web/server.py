"""Runs the service: Flask behind a small ASGI edge behind Granian."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing.synchronize import Lock
from pathlib import Path

from a2wsgi import WSGIMiddleware
from flask import Flask

from kg.edge import Edge
from kg.errors import KgError, ReleaseError
from kg.evaluator import load
from kg.project import SETTINGS, SETTINGS_FILE, Project
from kg.queries import read_queries
from kg.web.about import About
from kg.web.app import MAX_BODY, create_app

_THREADS = 16
_EARLY = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class _Source:
    """What to serve, in a form that another process can be handed."""

    root: Path
    files: tuple[Path, ...]
    folder: Path | None
    public_url: str | None


def serve(
    root: Path,
    files: Sequence[Path] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    public_url: str | None = None,
    folder: Path | None = None,
) -> None:
    """Serve the RDF files, or else the release in ``folder``, until SIGTERM or Ctrl-C.

    ``root`` is the project's folder, and ``folder`` its ``dist/`` unless told. ``port`` 0 takes a free
    one. Prints one line once the service answers.

    Errors: KgError where there is nothing to serve, a file is corrupt, or the address is taken.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if multiprocessing.get_start_method(allow_none=True) is None and "fork" in multiprocessing.get_all_start_methods():
        # A forked worker has the store at once and shares its memory.
        multiprocessing.set_start_method("fork")
    source = _Source(root.resolve(), tuple(path.resolve() for path in files), folder, public_url)
    project = _application(source).extensions["site"].project
    port = _claim(host, port)
    _keep_early_signals()
    server = Granian(
        "kg.web",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=project["limits.seconds"] + 5,
    )
    server.serve(target_loader=partial(_worker, source, _url(host, port), multiprocessing.Lock()), wrap_loader=False)


@lru_cache(maxsize=1)
def _application(source: _Source) -> Flask:
    """The application with its store loaded; made before the workers start, so that each has it already."""
    project = _project(source)
    examples = read_queries(project.examples)
    if source.files:
        return create_app(project, load(source.files), examples=examples, public_url=source.public_url)
    folder = source.folder or project.dist
    graph = folder / "graph.nq"
    if not graph.is_file():
        raise ReleaseError(f"{folder}: there is no release yet. Run 'kg build' first, or name RDF files to serve.")
    return create_app(project, load([graph]), folder=folder, examples=examples, public_url=source.public_url)


def _project(source: _Source) -> Project:
    """The project; one with default settings where RDF files are served outside of any."""
    if not source.files or (source.root / SETTINGS_FILE).exists():
        return Project.open(source.root)
    title = ", ".join(path.name for path in source.files)
    settings = {setting.key: setting.default for setting in SETTINGS}
    return Project(source.root, {**settings, "title.fr": title, "title.en": title, "version": "", "licence": ""})


def _worker(source: _Source, url: str, announcer: Lock) -> Edge:
    """The ASGI application of a worker process; the first of them says when it answers."""
    app = _application(source)
    if announcer.acquire(block=False):
        about: About = app.extensions["site"].about
        version = f", version {about.release[0]}," if about.release[0] else ""
        line = f"Serving {about.triples:,} triples{version} on {url} (Ctrl-C stops)."
        threading.Thread(target=_announce, args=(url, line), daemon=True).start()
    return Edge(WSGIMiddleware(app.wsgi_app, workers=_THREADS), max_body=MAX_BODY)  # type: ignore[arg-type]


def _announce(url: str, line: str) -> None:
    """Print the line once the service answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}health", timeout=5).close()  # noqa: S310  our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            print(line, flush=True)  # noqa: T201  the one line that a starting service says
            return


def _claim(host: str, port: int) -> int:
    """The port, made sure to be free; a free one where it is 0."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        what = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror or error}"
        raise KgError(f"The address {host}:{port} {what}. Choose another with --host or --port.") from None


def _url(host: str, port: int) -> str:
    """The address of the start page, as a browser on this machine reaches it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _keep_early_signals() -> None:
    """Let no signal get lost between the fork of a worker and the moment when it listens to signals.

    A forked worker begins with the handlers of its parent, which would swallow a SIGTERM meant for
    it and leave the service waiting for it for ever. So the signals wait during the fork, and end the
    new worker, which serves nobody yet, until it has handlers of its own.
    """

    def in_child() -> None:
        for number in _EARLY:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _EARLY)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _EARLY),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _EARLY),
        after_in_child=in_child,
    )
