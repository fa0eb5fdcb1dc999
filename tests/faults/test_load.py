"""Small queries are answered while many heavy ones run."""

import time

import pytest
from faults.load import load
from faults.service import make_root, service

pytestmark = pytest.mark.alone

SECONDS = 3
"""The limit of time of a query."""

SMALL, HEAVY = 60, 6
"""Clients of each kind; ``make bench`` takes 180 and 20, and demands that small ones are answered in 100 ms."""


@pytest.fixture(scope="module")
def served(tmp_path_factory, files):
    """A service whose queries end soon."""
    root = make_root(tmp_path_factory.mktemp("served") / "project", files, f"\n[limits]\nseconds = {SECONDS}\n")
    with service(root) as served:
        yield served


def test_small_queries_are_answered_beside_heavy_ones(served):
    """Beside heavy queries without a pause each small one is answered; the heavy ones end in time, nothing is lost."""
    load(served.port, 2, SMALL, HEAVY)  # the service has the memory that it works with
    served.settle()
    memory, processes = served.memory(), len(served.processes())
    seen = load(served.port, 4, SMALL, HEAVY)
    served.settle()

    assert set(seen.small_ends) == {"200"}
    assert seen.small_ends["200"] >= SMALL
    assert set(seen.heavy_ends) <= {"200", "400 memory", "503 busy", "504 timeout"}
    assert seen.heavy_ends["504 timeout"] + seen.heavy_ends["503 busy"] > 0  # else it was no load
    assert seen.longest < SECONDS + 2
    until = time.monotonic() + 20
    while served.memory() > memory * 1.1 + 5_000_000 or len(served.processes()) > processes:
        assert time.monotonic() < until  # processes that were killed give their memory back in their time
        time.sleep(0.2)
    found = served.metrics()
    assert found['kg_pool_total{event="lost"}'] == 0
    assert not any('status="500"' in name for name in found)
