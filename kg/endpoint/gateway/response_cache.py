"""Whole responses to requests that came before, so that the same request again is hardly any work."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.endpoint.gateway.metrics import LogEntry
from kg.endpoint.gateway.request_limits import OF_BODIES, Scope

MAX_BYTES = 16_777_216
"""Most bytes of responses that are kept besides the answers in the cache."""

OVERHEAD = 4_096
"""Bytes that a response counts besides its body, for its request and its headers."""

_CHOOSING = frozenset([b"accept", b"accept-encoding", b"content-type"])
"""The headers that a response to a query depends on."""


@dataclass(frozen=True)
class Response:
    """A whole response, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The headers as the server takes them, with the length of the body where it has one."""
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status != 304:
            fields.append((b"content-length", str(len(self.body)).encode()))
        return fields


@dataclass(frozen=True)
class Kept:
    """A response with what the access log tells of its query."""

    response: Response
    query: str
    lane: str
    release: str

    @property
    def size(self) -> int:
        """What the response counts, in bytes."""
        return len(self.response.body) + OVERHEAD

    def note(self, entry: LogEntry) -> None:
        """Note in the log's entry what was asked and that the answer was kept."""
        entry.query, entry.lane, entry.release, entry.found = self.query, self.lane, self.release, "hit"


def request_of(scope: Scope, release: str) -> Hashable | None:
    """What names a request to a release, byte for byte; None for one that may have a body."""
    if scope["method"] not in {"GET", "HEAD"} or scope.get("http_version") != "1.1":
        return None
    chosen = []
    for header in scope["headers"]:
        if header[0] in _CHOOSING:
            chosen.append(header)
        elif header[0] in OF_BODIES:
            return None
    return release, scope["path"], scope["query_string"], tuple(chosen)
