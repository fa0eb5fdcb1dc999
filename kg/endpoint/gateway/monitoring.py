"""The access log, a line for each request, and ``/metrics``."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from kg.endpoint.gateway.client_limits import SlowClients
from kg.endpoint.gateway.response_cache import ResponseCache

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


CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_GAUGES = (
    "evaluators",
    "quick_idle",
    "quick_busy",
    "middle_running",
    "middle_waiting",
    "heavy_running",
    "heavy_waiting",
    "queued",
    "generations",
)
"""Numbers of the pool that rise and fall; the others only grow."""


class Metrics:
    """Counts requests, and reads what is counted elsewhere whenever it is asked."""

    def __init__(self, cache: ResponseCache, slow_clients: SlowClients, pool: Callable[[], Mapping[str, int]]) -> None:
        self._cache, self._slow_clients, self._pool = cache, slow_clients, pool
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "kg_requests", "Requests by route and status.", ["route", "status"], registry=self._registry
        )
        self._queries = Histogram(
            "kg_query_seconds", "Time from a query to its answer.", buckets=_BUCKETS, registry=self._registry
        )
        self._refused = Counter("kg_refused", "Queries refused, by reason.", ["code"], registry=self._registry)
        self._registry.register(self)

    def count(self, entry: LogEntry) -> None:
        """Count a request that has been answered."""
        _labelled(self._requests, entry.route, str(entry.status)).inc()
        if entry.query:
            self._queries.observe(entry.seconds)
        if entry.refused:
            self._refused.labels(entry.refused).inc()

    def text(self) -> bytes:
        """Return all numbers as Prometheus reads them."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what is counted elsewhere; the registry calls this."""
        yield GaugeMetricFamily("kg_cache_bytes", "Bytes of answers kept.", value=self._cache.bytes)
        yield GaugeMetricFamily("kg_cache_answers", "Answers kept.", value=len(self._cache))
        yield GaugeMetricFamily(
            "kg_unread_bytes", "Bytes of answers that clients have not read yet.", value=self._slow_clients.bytes
        )
        yield CounterMetricFamily(
            "kg_slow_readers_cut", "Clients cut off for reading too slowly.", value=self._slow_clients.cut
        )
        requests = CounterMetricFamily("kg_cache_requests", "Queries by what the cache had.", labels=["found"])
        for name in ("hits", "joined", "misses"):
            requests.add_metric([name], getattr(self._cache, name))
        yield requests
        events = CounterMetricFamily("kg_pool", "What happened to evaluations and processes.", labels=["event"])
        for name, value in self._pool().items():
            if name in _GAUGES:
                yield GaugeMetricFamily(f"kg_pool_{name}", f"The pool: {name.replace('_', ' ')} now.", value=value)
            else:
                events.add_metric([name], value)
        yield events


@lru_cache
def _labelled(counter: Counter, *labels: str) -> Counter:
    """Return the counter with these labels; the library's own look-up takes longer."""
    return counter.labels(*labels)
