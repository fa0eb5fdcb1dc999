"""The access log: one line of JSON for each request."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO

import msgspec

CLIENT_GONE = 499
"""The status in the log of a request whose client went away before the answer."""

LOG_SECONDS = 0.1
"""Seconds until an entry is written: what is lost of the log where the process is killed."""

_ROUTES = frozenset(
    ["", "sparql", "download", "health", "metrics", "graph", "rdf-graph-store", "static", "openapi.json", "doc", "id"]
)
_LINE = msgspec.json.Encoder()


@dataclass
class LogEntry:
    """One request in the log, with only a hash of its query."""

    method: str
    path: str
    client: str
    query: str = ""
    status: int = 0
    bytes: int = 0
    refused: str = ""
    gone: bool = False
    found: str = ""
    """What the cache had: hit, joined or miss."""
    lane: str = ""
    """The lane in which the evaluation ended."""
    release: str = ""
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    is_closed: bool = False

    @property
    def route(self) -> str:
        """The first part of a known path, or ``other``: metrics need few."""
        first = self.path.removeprefix("/en").strip("/").split("/")[0]
        return f"/{first}" if first in _ROUTES else "other"

    def note_found(self, found: str) -> None:
        """Note what the cache had."""
        self.found = found

    def take_time(self) -> None:
        """Note how long the request has taken until now."""
        self.seconds = time.monotonic() - self.started

    def close(self) -> None:
        """Note that nothing more comes, and whether the client is gone."""
        self.is_closed = True
        if not self.seconds:
            self.take_time()
        self.status = CLIENT_GONE if self.gone else self.status

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        row: dict[str, object] = {
            "time": _iso_time(int(time.time())),
            "client": self.client,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 6),
        }
        if self.query:
            row["query"] = hashlib.sha256(self.query.encode()).hexdigest()[:12]
            row |= {"cache": self.found, "lane": self.lane, "release": self.release[:12]}
        if self.refused:
            row["refused"] = self.refused
        return _LINE.encode(row).decode()


class AccessLog:
    """The file that entries are written to, ten times a second.

    To write each by itself takes a tenth of the time of a request that is answered from the cache. For one event
    loop.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._writing: asyncio.TimerHandle | None = None

    def add(self, entry: LogEntry) -> None:
        """Have an entry written."""
        self._file.write(entry.line() + "\n")
        if self._writing is None:
            self._writing = asyncio.get_running_loop().call_later(LOG_SECONDS, self._flush)

    def _flush(self) -> None:
        self._writing = None
        self._file.flush()


@lru_cache(2)
def _iso_time(second: int) -> str:
    """Return a second of the clock in ISO 8601, as requests share."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
