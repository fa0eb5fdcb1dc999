"""A small HTTP/1.1 client on asyncio that can also misbehave.

It can send rubbish, stop half-way, or read slowly.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from kg.endpoint.gateway.responses import zstd

SECONDS = 30.0
"""Longest time that one exchange may take; a server that hangs fails the test."""

JSON = "application/sparql-results+json"


class CutError(Exception):
    """The error of a connection that ends before the response does.

    ``received`` is what came.
    """

    def __init__(self, received: bytes = b"") -> None:
        self.received = received
        super().__init__(received[:200])


@dataclass
class Response:
    """A whole response, its header names in small letters."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content(self) -> bytes:
        """The body without its content coding."""
        coding = self.headers.get("content-encoding", "")
        if coding == "gzip":
            return gzip.decompress(self.body)
        return zstd.decompress(self.body) if coding else self.body

    def json(self):
        """The document in the body."""
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The code of a problem document, else an empty text."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return self.json()["code"] if is_problem else ""


def request(path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    lines = {"Host": "test", **(headers or {})}
    if body or method == "POST":
        lines.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def asking(query: str, accept: str = JSON, **parameters: str) -> bytes:
    """Return the bytes of a GET that asks a query."""
    more = "".join(f"&{name.replace('_', '-')}={quote(value, safe='')}" for name, value in parameters.items())
    return request(f"/sparql?query={quote(query, safe='')}{more}", headers={"Accept": accept})


class Connection:
    """One connection to the service, kept open between exchanges."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Connection:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def open(self) -> None:
        """Connect, unless that is done."""
        if self.writer is None:
            opening = asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            self.reader, self.writer = await asyncio.wait_for(opening, SECONDS)

    def close(self) -> None:
        """Hang up."""
        if self.writer:
            with suppress(Exception):
                self.writer.transport.abort()
        self.reader = self.writer = None

    async def send(self, data: bytes) -> None:
        """Send bytes, whole requests or not."""
        await self.open()
        with suppress(ConnectionError):  # a refusal may come before all is sent, and is read then
            self.writer.write(data)
            await self.writer.drain()

    async def exchange(self, data: bytes, seconds: float = SECONDS) -> Response:
        """Send the bytes of a request and return the response.

        The connection goes on where the server lets it.

        Errors: CutError where the connection ends before the response is whole, TimeoutError.
        """
        async with asyncio.timeout(seconds):
            await self.send(data)
            return await self.receive(head_only=data.startswith(b"HEAD "))

    async def receive(self, *, head_only: bool = False) -> Response:
        """Return the next response."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            response = _head(head)
            if not head_only and response.status not in {204, 304}:
                response.body = await self._body(response)
        except asyncio.IncompleteReadError as error:
            self.close()
            raise CutError(error.partial) from None
        except ConnectionError:
            self.close()
            raise CutError from None
        if response.headers.get("connection", "").lower() == "close":
            self.close()
        return response

    async def _body(self, response: Response) -> bytes:
        if response.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            return b"".join(parts)
        return await self.reader.readexactly(int(response.headers.get("content-length", 0)))


def _head(head: bytes) -> Response:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status = first.split(" ")[:2]
    assert version.startswith("HTTP/1."), first
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
    return Response(int(status), headers)


async def once(port: int, data: bytes, seconds: float = SECONDS) -> Response:
    """Return the response to a request on its own connection."""
    async with Connection(port) as connection:
        return await connection.exchange(data, seconds)


async def ask(port: int, query: str, accept: str = JSON, seconds: float = SECONDS, **parameters: str) -> Response:
    """Return the response to a query on its own connection."""
    return await once(port, asking(query, accept, **parameters), seconds)
