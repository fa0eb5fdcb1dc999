"""Send requests to the application over a store, byte by byte.

It runs in this process, or in a server behind a socket.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from a2wsgi import WSGIMiddleware
from behind_gateway import endpoint_of
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store, Triple

from kg.endpoint.evaluation import asker
from kg.endpoint.gateway.asgi_gateway import Gateway
from kg.model.project import Project
from kg.model.settings import SETTINGS
from kg.pages.app import create_app

AUTHORITY = "www.example"
BASE = f"http://{AUTHORITY}/"

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """The response: status, headers by name in small letters, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Applications:
    """Applications over stores of their own, all in one event loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def __enter__(self) -> Applications:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def over(self, store: Store, public_url: str = BASE) -> Application:
        """Return the application over a store.

        It stands behind its gateway as the server runs it.
        """
        settings = {setting.key: setting.default for setting in SETTINGS}
        settings |= {"title.fr": "Suite", "title.en": "Suite", "base": BASE}
        app = create_app(Project(Path(), settings), asker(store), public_url=public_url)
        pages = WSGIMiddleware(app.wsgi_app, workers=1)
        return Application(self._runner, Gateway(pages, endpoint_of(app)))


@dataclass(frozen=True)
class Application:
    """An application that takes requests in this process."""

    runner: asyncio.Runner
    gateway: Gateway

    def send(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Reply:
        """Send a request and return the reply.

        The target is sent as it is; no header is added but Host and Content-Length.
        """
        path, _, query = target.partition("?")
        sent = [("host", AUTHORITY), *headers, *([("content-length", str(len(body)))] if body else [])]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent],
            "server": (AUTHORITY, 80),
            "client": ("127.0.0.1", 1),
        }
        return self.runner.run(self._talk(scope, body))

    async def _talk(self, scope: dict, body: bytes) -> Reply:
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        outgoing: list[dict] = []

        async def receive() -> dict:
            return incoming.pop() if incoming else await asyncio.Event().wait()

        async def send(message: dict) -> None:
            outgoing.append(message)

        await self.gateway(scope, receive, send)
        start, *parts = outgoing
        assert start["type"] == "http.response.start"
        assert not parts[-1].get("more_body", False), "the response has no end"
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], headers, b"".join(part.get("body", b"") for part in parts))


@dataclass(frozen=True)
class Server:
    """A server that takes requests over a socket."""

    host: str
    port: int

    def send(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Reply:
        """Send a request and return the reply.

        It is sent as it is written; see ``Application.send``.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {AUTHORITY}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"Content-Length: {len(body)}"] if body else []
        with socket.create_connection((self.host, self.port), timeout=30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
            response = http.client.HTTPResponse(connection, method=method)
            try:
                response.begin()
                received = {name.lower(): value for name, value in response.getheaders()}
                return Reply(response.status, received, response.read())
            finally:
                response.close()


def filled(default: Iterable[Triple] = (), named: dict[str, Iterable[Triple]] | None = None) -> Store:
    """Return a store with these default and named graphs.

    A named graph without triples is made too.
    """
    store = Store()
    store.extend(Quad(*triple, DefaultGraph()) for triple in default)
    for name, triples in (named or {}).items():
        graph = NamedNode(name)
        store.add_graph(graph)
        store.extend(Quad(*triple, graph) for triple in triples)
    return store
