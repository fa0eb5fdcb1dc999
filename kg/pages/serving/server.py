"""Runs the service: the gateway, the pages and the pool behind uvicorn."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import math
import multiprocessing
import re
import resource
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from multiprocessing.synchronize import Lock
from pathlib import Path

import uvicorn

from kg.endpoint.serving.connection import CONNECTIONS, HEAD_SECONDS, Connection
from kg.endpoint.serving.http_processes import keep_running
from kg.model.errors import KgError
from kg.model.iris import is_iri
from kg.pages.serving.checksums import demand_files
from kg.pages.serving.service import Service, Source, start_pool

BACKLOG = 2_048
"""Most connections that wait to be accepted."""


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
    with _listen(host, port) as listener:
        asyncio.run(_try_out(source))
        _open_many_files()
        url = _url(host, listener.getsockname()[1])
        seconds = source.project()["limits.seconds"]
        announcer = multiprocessing.Lock()
        keep_running(lambda: _answer(source, listener, url, announcer, seconds), workers, seconds + 5)


def _answer(source: Source, listener: socket.socket, url: str, announcer: Lock, seconds: float) -> None:
    """Answer requests in this process until it is told to end; the first such process says when it answers."""

    def ready() -> None:
        if announcer.acquire(block=False):
            threading.Thread(target=_announce, args=(url,), daemon=True).start()

    config = uvicorn.Config(
        Service(source, ready),
        http=Connection,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=HEAD_SECONDS,
        timeout_graceful_shutdown=math.ceil(seconds) + 1,
    )
    uvicorn.Server(config).run([listener])


def _open_many_files() -> None:
    """Let the processes to come open as many files and sockets as their connections may need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


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


def _listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections in at the address; at a free port where it is 0.

    It is open as long as the service runs: while a process is replaced, clients wait and are not turned away.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        what = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror or error}"
        raise KgError(f"The address {host}:{port} {what}. Choose another with --host or --port.") from None
    return listener


def _url(host: str, port: int) -> str:
    """The address of the start page, as a browser on this machine reaches it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
