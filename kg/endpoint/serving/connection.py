"""A connection to a client: uvicorn's HTTP/1.1, with limits on request heads."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.endpoint.gateway.client_limits import ABORT, PART
from kg.endpoint.gateway.responses import WholeResponse
from kg.endpoint.problems import ProblemError
from kg.endpoint.worker_pool import BusyError

CONNECTIONS = 4_096
"""Most connections of an HTTP process that are open at once; others are told to come again."""

HEAD_SECONDS = 10
"""Longest time that the head of a request may take to arrive, and that a connection may stand idle."""

LINGER_SECONDS = 30
"""Longest time that the last bytes of a connection may take to be read."""

MAX_HEAD = 131_072
"""Most bytes of a head that are taken in; the gateway has lower limits of its own, which it names."""


class _Joining:
    """A transport that sends a head together with the body's beginning.

    One call and one packet instead of two. A server may keep a head until then (ASGI, "Response Start"); uvicorn
    hands it over at once, by itself.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | memoryview = b""
        self.is_closing, self.get_extra_info = transport.is_closing, transport.get_extra_info
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading
        self.abort = transport.abort

    def write(self, data: bytes | memoryview) -> None:
        """Send bytes, but keep a head until more comes."""
        if self._head:
            self._transport.writelines([self._head, data])
            self._head = b""
        elif data[:9] == b"HTTP/1.1 " and data[9:12] != b"100":
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that has no body."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Send what is left and hang up, at the latest after LINGER_SECONDS."""
        self.flush()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)


class Connection(HttpToolsProtocol):
    """A connection that limits heads in time and size, and explains refusals."""

    _in_head = _has_begun = False
    _head_bytes = 0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head; refuse a client too many."""
        self._joining = _Joining(transport)
        super().connection_made(cast("asyncio.Transport", self._joining))
        if (connection := transport.get_extra_info("socket")) and connection.family != socket.AF_UNIX:
            # Else the kernel would take megabytes for one that does not read, and nobody would know of them.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, PART)
        self._await_head()
        if len(self.connections) > CONNECTIONS:
            self._refuse(BusyError("connections", count=CONNECTIONS))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for a client that is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what was received; refuse a head that is too long."""
        self._has_begun = False
        super().data_received(data)
        if not self._in_head or self._has_begun:  # what came with the end of the request before does not count
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD and not self.transport.is_closing():
            self._refuse(ProblemError("long-header", limit=MAX_HEAD))

    def on_message_begin(self) -> None:
        """Begin to count the bytes of a head."""
        self._in_head = self._has_begun = True
        self._head_bytes = 0
        super().on_message_begin()
        self.scope[ABORT] = self._joining.abort  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        """Stop waiting, since the head is whole."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Send the rest of the response, and wait for the next request."""
        self._joining.flush()
        super().on_response_complete()
        if not self.pipeline:
            self._await_head()

    def send_400_response(self, _: str) -> None:
        """Refuse what is not HTTP with a problem document."""
        self._refuse(ProblemError("malformed"))

    def _await_head(self) -> None:
        """Hang up if no whole head comes in time.

        uvicorn's own timeout starts again with each byte, so that a client could send one now and then for ever.
        """
        self._stop_waiting()
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, error: ProblemError) -> None:
        """Answer with a problem document, and hang up.

        While another response is under way nothing is sent: it would be read as a part of that one.
        """
        if self.cycle and not self.cycle.response_complete:
            self.transport.close()
            return
        response = WholeResponse.of_problem(error)
        fields: list[Any] = [*self.server_state.default_headers, *response.fields, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % field for field in fields)
        self.transport.write(b"HTTP/1.1 %d \r\n%s\r\n%s" % (response.status, head, response.body))
        self.transport.close()
