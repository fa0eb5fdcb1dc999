"""The numbers of ``/metrics``, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from kg.endpoint.gateway.access_log import LogEntry
from kg.endpoint.gateway.response_cache import ResponseCache
from kg.endpoint.gateway.slow_clients import SlowClients

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
