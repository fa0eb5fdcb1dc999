"""One address of a store: sends requests to it, with the password where it asks for one.

Redirects are not followed: neither a password nor a graph goes to an address that nobody gave.
SPARQLWrapper, which asks the queries, is not used to write: it follows redirects with the password in the
header, turns a redirected update into a reading that answers 200, and has no PUT. urllib has all three.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from ssl import SSLEOFError
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from kg import __version__
from kg.model.errors import RemoteError
from kg.remote.remote_messages import unreachable, web_address
from kg.remote.secret import Challenge, Credentials, strongest

TIMEOUT = 300
"""Seconds that a request may wait for the store, unless told."""

LONGEST = 65_536
"""Bytes of an answer that are read; what stores say of a request is shorter."""

DROPPED = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, IncompleteRead, SSLEOFError)
"""What a connection that breaks off raises."""


@dataclass(frozen=True)
class Reply:
    """What the store answered; the body may be cut at LONGEST bytes."""

    status: int
    body: bytes = b""
    location: str = ""
    challenges: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the store says that it did what was asked."""
        return 200 <= self.status < 300


class Store:
    """An address that takes graphs or updates. It remembers how its server wants the password."""

    def __init__(self, url: str, credentials: Credentials | None = None, timeout: float = TIMEOUT) -> None:
        self.url = web_address(url)
        self.credentials = credentials
        self.timeout = timeout
        self._challenge: Challenge | None = None
        self._opener = OpenerDirector()
        self._opener.addheaders = [("User-Agent", f"social-response-kg/{__version__}"), ("Accept", "*/*")]
        for handler in (ProxyHandler(), _Handler(), _SecureHandler()):
            self._opener.add_handler(handler)

    def send(self, method: str, parameters: str = "", body: bytes | None = None, media_type: str = "") -> Reply:
        """The answer to a request, which is sent once more where the connection breaks off.

        ``parameters`` is what follows the question mark of the address, percent-encoded.

        Errors: RemoteError where the store cannot be reached or does not answer in time.
        """
        joint = "&" if "?" in self.url else "?"
        url = f"{self.url}{joint}{parameters}" if parameters else self.url
        headers = {"Content-Type": media_type} if media_type else {}

        def once() -> Reply:
            return self._send(Request(url, body, headers, method=method))  # noqa: S310  web_address saw to it

        try:
            try:
                return once()
            except (OSError, HTTPException) as error:
                if not isinstance(_reason(error), DROPPED):
                    raise
                return once()
        except (OSError, HTTPException) as error:
            raise self._failure(_reason(error)) from None

    def _send(self, request: Request) -> Reply:
        """The answer to the request as it is, or with the password where the server asks for it."""
        reply = self._exchange(request)
        if reply.status == 401 and self.credentials and (challenge := strongest(reply.challenges)):
            self._challenge = challenge
            reply = self._exchange(request)
        return reply

    def _exchange(self, request: Request) -> Reply:
        # Known challenges are answered at once: a server that asks while a large graph is still being
        # sent closes the connection, and its question may be lost.
        if self._challenge and self.credentials:
            target = request.selector
            value = self._challenge.answer(self.credentials, request.get_method(), target)
            request.add_unredirected_header("Authorization", value)
        response: HTTPResponse
        with self._opener.open(request, timeout=self.timeout) as response:
            body = _beginning(response, time.monotonic() + self.timeout)
            challenges = tuple(response.headers.get_all("WWW-Authenticate", []))
            return Reply(response.status, body, response.headers.get("Location", ""), challenges)

    def _failure(self, reason: object) -> RemoteError:
        if isinstance(reason, TimeoutError):
            return RemoteError(
                f"{self.url}: no answer within {self.timeout:g} seconds; it may still be at work. Look there "
                f"before you push again, with a longer --timeout."
            )
        if isinstance(reason, DROPPED):
            return RemoteError(
                f"{self.url}: closed the connection twice before it answered ({type(reason).__name__}). Try again "
                f"later; look into the log of the store."
            )
        return unreachable(self.url, str(reason) or type(reason).__name__)


def _reason(error: Exception) -> object:
    """What went wrong below urllib's own error."""
    return error.reason if isinstance(error, URLError) else error


def _beginning(response: HTTPResponse, deadline: float) -> bytes:
    """The beginning of a body: as much as is read of an answer, and no longer than until the deadline."""
    parts: list[bytes] = []
    size = 0
    while size < LONGEST and time.monotonic() < deadline and (part := response.read1(LONGEST - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


class _Connection(HTTPConnection):
    """A connection that still reads the answer where the server stopped listening to the request."""

    def send(self, data: Any) -> None:
        """Send data; whether the server took it is seen when its answer is read."""
        if self.sock is None:
            self.connect()
        with suppress(BrokenPipeError, ConnectionResetError):
            super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS; the certificate is verified."""


class _Handler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Connection, req)


class _SecureHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_SecureConnection, req)
