"""Runs the service: the edge, the pages and the pool behind Granian."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import multiprocessing
import os
import re
import resource
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing.synchronize import Lock
from pathlib import Path
from typing import Any

from kg.errors import KgError
from kg.pool.confine import end_with
from kg.protocol import is_iri
from kg.web.serving.checksums import demand_files
from kg.web.serving.service import Service, Source, start_pool

CONNECTIONS = 4_096
"""Most connections of a server process that are open at once; others wait to be accepted."""

HEAD_SECONDS = 10
"""Longest time that the head of a request may take to arrive, and that a connection may stand idle."""

_ALLOCATOR = "_RJEM_MALLOC_CONF"
_EARLY = (signal.SIGTERM, signal.SIGINT)


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
    """Serve the RDF files, or else the release in ``folder``, until SIGTERM or Ctrl-C.

    ``root`` is the project's folder, and ``folder`` its ``dist/`` unless told. ``port`` 0 takes a free
    one. Prints one line once the service answers; ``access_log`` prints one of JSON for each request.
    ``proxies`` is how many stand before the service; only of so many is X-Forwarded-* believed.

    Errors: KgError where there is nothing to serve, a file is corrupt, the address is taken, or ``public_url`` is none.
    """
    public_url = _public(public_url)
    paths = tuple(path.resolve() for path in files)
    source = Source(root.resolve(), paths, folder.absolute() if folder else None, public_url, access_log, proxies)
    asyncio.run(_try_out(source))
    port = _claim(host, port)
    if multiprocessing.get_start_method(allow_none=True) is None and "fork" in multiprocessing.get_all_start_methods():
        # A forked worker is back in a moment when it is killed.
        multiprocessing.set_start_method("fork")
    _keep_early_signals()
    loader = partial(_worker, source, _url(host, port), multiprocessing.Lock(), os.getpid())
    _server(source, host, port, workers).serve(target_loader=loader, wrap_loader=False)


def _server(source: Source, host: str, port: int, workers: int) -> Any:
    """Granian, set up for the service."""
    with _frugal_allocator():
        from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    return Granian(
        "kg.web",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # one request at a time on a connection; a proxy may speak HTTP/2 to the clients
        http1_settings=HTTP1Settings(header_read_timeout=1000 * HEAD_SECONDS),
        backpressure=min(CONNECTIONS, _open_files() // 2),
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=source.project()["limits.seconds"] + 5,
    )


@contextlib.contextmanager
def _frugal_allocator() -> Iterator[None]:
    """Have the library that is loaded now give the memory of large answers back at once.

    Its allocator (jemalloc) reads the variable when it is loaded, and would keep for good what slow readers
    made it take. The variable goes again, for the engine in the keeper has the same allocator and no such need.
    """
    if _ALLOCATOR in os.environ:
        yield
        return
    os.environ[_ALLOCATOR] = "oversize_threshold:65536"
    try:
        yield
    finally:
        del os.environ[_ALLOCATOR]


def _open_files() -> int:
    """How many files and sockets a process may open; as many as the system lets it, from here on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    return max(soft, most)


def _public(url: str | None) -> str | None:
    """The public address with a slash at its end, since all links begin with it; None where the settings have it."""
    if not url:
        return None
    whole = url if url.endswith("/") else f"{url}/"
    if not re.fullmatch(r"https?://[^/?#]+/[^?#]*", whole) or not is_iri(whole):
        raise KgError(f"--public-url is {url!r}. Give an http or https address, as in https://data.example.org/path/.")
    return whole


async def _try_out(source: Source) -> None:
    """Load what is to be served once before the server starts, so that what is wrong is told at once."""
    await (await start_pool(source)).close()
    if source.release:
        demand_files(source.release)


def _worker(source: Source, url: str, announcer: Lock, parent: int) -> Service:
    """The ASGI application of a server process; the first of them says when it answers.

    It ends with its parent, however that ends: else it would hold the port, and no other could start.
    """
    end_with(parent)

    def ready() -> None:
        if announcer.acquire(block=False):
            threading.Thread(target=_announce, args=(url,), daemon=True).start()

    return Service(source, ready)


def _announce(url: str) -> None:
    """Say what is served once the service answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}health", timeout=5) as answer:  # noqa: S310  our own address
                state = json.load(answer)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            version = f", version {state['version']}," if state["version"] else ""
            # Written at once, or a line of the access log could come between it and its end.
            sys.stdout.write(f"Serving {state['triples']:,} triples{version} on {url} (Ctrl-C stops).\n")
            sys.stdout.flush()
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
