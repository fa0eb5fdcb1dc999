"""What ``/metrics`` and the access log tell about the service."""

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

from kg.endpoint.gateway.single_flight import SingleFlight
from kg.endpoint.gateway.slow_clients import SlowClients

GONE = 499
"""What the log says of a request whose client went away before it was answered."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LOG_SECONDS = 0.1
"""Seconds until an entry stands in the log: what is lost of it where the process is killed."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NOW = (
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
"""Metrics of the pool that say how things stand; the others only grow."""


class _Outside:
    """Reads figures that are counted elsewhere each time that they are asked for."""

    def __init__(self, cache: SingleFlight, outgoing: SlowClients, pool: Callable[[], Mapping[str, int]]) -> None:
        self._cache, self._slow_clients, self._pool = cache, outgoing, pool

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("kg_cache_bytes", "Bytes of answers kept.", value=self._cache.bytes)
        yield GaugeMetricFamily("kg_cache_answers", "Answers kept.", value=len(self._cache))
        yield GaugeMetricFamily(
            "kg_unread_bytes", "Bytes of answers that clients have not read yet.", value=self._slow_clients.bytes
        )
        yield CounterMetricFamily(
            "kg_slow_readers_cut", "Clients cut off for reading too slowly.", value=self._slow_clients.cut
        )
        looked = CounterMetricFamily("kg_cache_requests", "Queries by what the cache had.", labels=["found"])
        for name in ("hits", "joined", "misses"):
            looked.add_metric([name], getattr(self._cache, name))
        yield looked
        ended = CounterMetricFamily("kg_pool", "What happened to evaluations and processes.", labels=["event"])
        for name, value in self._pool().items():
            if name in _NOW:
                yield GaugeMetricFamily(f"kg_pool_{name}", f"The pool: {name.replace('_', ' ')} now.", value=value)
            else:
                ended.add_metric([name], value)
        yield ended


@lru_cache
def _count_of(counter: Counter, *labels: str) -> Counter:
    """The count of so labelled events, found sooner than the library finds it."""
    return counter.labels(*labels)


class Metrics:
    """Counts requests; ``text`` is what Prometheus reads."""

    def __init__(self, cache: SingleFlight, outgoing: SlowClients, pool: Callable[[], Mapping[str, int]]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "kg_requests", "Requests by route and status.", ["route", "status"], registry=self._registry
        )
        self._queries = Histogram(
            "kg_query_seconds", "Time from a query to its answer.", buckets=_BUCKETS, registry=self._registry
        )
        self._refused = Counter("kg_refused", "Queries refused, by reason.", ["code"], registry=self._registry)
        self._registry.register(_Outside(cache, outgoing, pool))

    def count(self, entry: LogEntry) -> None:
        """Count a request that has been answered."""
        _count_of(self._requests, entry.route, str(entry.status)).inc()
        if entry.query:
            self._queries.observe(entry.seconds)
        if entry.refused:
            self._refused.labels(entry.refused).inc()

    def text(self) -> bytes:
        """The figures in the text format of Prometheus."""
        return generate_latest(self._registry)


@dataclass
class LogEntry:
    """What is noted of one request; the query itself is not, only its hash."""

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
    """Where the evaluation ended: in the quick lane or among the heavy ones."""
    release: str = ""
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def route(self) -> str:
        """The first part of the path, so that the number of routes is bounded."""
        first = self.path.removeprefix("/en").strip("/").split("/")[0]
        return f"/{first}" if first in _ROUTES else "other"

    def looked_up(self, found: str) -> None:
        """Note what the cache had."""
        self.found = found

    def ended(self) -> None:
        """Take the time, which is never 0, and note where the client is gone."""
        self.seconds = max(time.monotonic() - self.started, 1e-6)
        self.status = GONE if self.gone else self.status

    def line(self) -> str:
        """The entry as one line of JSON."""
        row: dict[str, object] = {
            "time": _written(int(time.time())),
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
    """Writes entries to a file a tenth of a second later, together with those that have come meanwhile.

    To write each by itself takes a tenth of the time of a request that is answered from the cache. For one event loop.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._writing: asyncio.TimerHandle | None = None

    def note(self, entry: LogEntry) -> None:
        """Have an entry written."""
        self._file.write(entry.line() + "\n")
        if self._writing is None:
            self._writing = asyncio.get_running_loop().call_later(LOG_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has been noted."""
        self._writing = None
        self._file.flush()


@lru_cache(2)
def _written(second: int) -> str:
    """A second of the clock as ISO 8601 has it; many requests share one."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


_LINE = msgspec.json.Encoder()
_ROUTES = frozenset(
    ["", "sparql", "download", "health", "metrics", "graph", "rdf-graph-store", "static", "openapi.json", "doc", "id"]
)
