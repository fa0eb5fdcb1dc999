"""Runs a service: its socket, its HTTP processes, and uvicorn in each."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import multiprocessing
import resource
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from kg.endpoint.problems import EndpointError
from kg.endpoint.serving.connection import CONNECTIONS, HEAD_SECONDS, Connection
from kg.endpoint.serving.http_processes import keep_running
from kg.endpoint.serving.service import EndpointService

BACKLOG = 2_048
"""Most connections that wait to be accepted."""

Announce = Callable[[str], None]
"""Called with what is served, as soon as a process answers requests."""


@dataclass(frozen=True)
class ServerSettings:
    """Where to listen, with how many processes, and for how long.

    ``seconds`` is the longest that a request may take.

    Port 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 1
    seconds: float = 10.0


def run_server(make_service: Callable[[Announce], EndpointService], settings: ServerSettings) -> None:
    """Serve in several processes until SIGTERM or SIGINT.

    ``make_service`` is called in each process. It is handed a function to call when the service is ready: the first
    call of any process prints one line with what is served and where. Before that the service is tried out once, so
    that what is wrong with its files is reported at once and not by every process again and again.

    Errors: EndpointError if the address cannot be used or no process can be started; those of ``try_out``.
    """
    with listen(settings.host, settings.port) as listener:
        asyncio.run(make_service(lambda _: None).try_out())
        _open_many_files()
        url = _url(settings.host, listener.getsockname()[1])
        unannounced = multiprocessing.Lock()

        def announce(served: str) -> None:
            if unannounced.acquire(block=False):
                # In one write, or a line of the access log could come between it and its end.
                sys.stdout.write(f"Serving {served} on {url} (Ctrl-C stops).\n")
                sys.stdout.flush()

        def work() -> None:
            uvicorn.Server(_configure(make_service(announce), settings.seconds)).run([listener])

        keep_running(work, settings.processes, settings.seconds + 5)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that accepts connections; port 0 takes a free one.

    It stays open as long as the service runs: while a process is replaced, clients wait instead of being refused.

    Errors: EndpointError if the address cannot be used.
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
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror or error}"
        raise EndpointError(f"The address {host}:{port} {reason}. Choose another with --host or --port.") from None
    return listener


def _configure(service: EndpointService, seconds: float) -> uvicorn.Config:
    """Return the configuration of uvicorn for a process."""
    return uvicorn.Config(
        service,
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
        # Requests under way may take their time when the service is told to stop.
        timeout_graceful_shutdown=math.ceil(seconds) + 1,
    )


def _open_many_files() -> None:
    """Raise the limit on open files to what many connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _url(host: str, port: int) -> str:
    """Return the address at which a browser on this machine finds it."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104  compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
