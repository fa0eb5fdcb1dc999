"""Many small queries are answered beside heavy ones, whatever these do."""

import time

import pytest
from faults.load import load
from faults.service import make_root, service


@pytest.fixture(scope="module")
def served(tmp_path_factory, files):
    """A service whose queries end soon."""
    root = make_root(tmp_path_factory.mktemp("served") / "project", files, "\n[limits]\nseconds = 4\n")
    with service(root) as served:
        yield served


def test_small_and_heavy_queries(served):
    """180 clients with small queries and 20 with heavy ones: each gets an answer or an honest refusal, nothing is lost.

    How fast, and that no small one is refused, is measured by ``make bench``: a machine that is busy with other
    things is not a broken service.
    """
    load(served.port, 2, 180, 20)  # the service has the memory that it works with
    served.settle()
    memory, processes = served.memory(), len(served.processes())
    seen = load(served.port, 5, 180, 20)
    served.settle()

    assert len(seen.small) >= 180
    assert set(seen.small_ends) <= {"200", "503 busy", "504 timeout"}
    assert seen.small_ends["200"] > len(seen.small) / 2
    assert set(seen.heavy_ends) <= {"200", "400 memory", "503 busy", "504 timeout"}
    assert seen.longest < 3 * 4
    until = time.monotonic() + 20
    while served.memory() > memory * 1.1 + 5_000_000 or len(served.processes()) > processes:
        assert time.monotonic() < until  # processes that were killed give their memory back in their time
        time.sleep(0.2)
    found = served.metrics()
    assert found['kg_pool_total{event="lost"}'] == 0
    assert not any('status="500"' in name for name in found)
