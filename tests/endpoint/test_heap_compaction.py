"""The heap of a process before it is forked: its holes are filled, so that forks copy fewer pages."""

import subprocess
import sys
import textwrap

import pytest

from kg.endpoint.worker_pool import heap_compaction

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool needs Linux")

FORKS = """
import os, resource
from kg.endpoint.worker_pool.heap_compaction import fill_holes

def faults_of_a_fork():
    pid = os.fork()
    if not pid:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        kept = [bytes(600) for _ in range(2000)]
        os._exit(min(250, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10))
    return 10 * os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

store = [bytes(600) for _ in range(40000)]
del store[::2]  # 20,000 holes, three or four to a page
print(faults_of_a_fork(), fill_holes(), faults_of_a_fork(), fill_holes())
"""
"""Pages that a fork copies or takes for 2,000 pieces of memory, before and after; bytes of holes, twice."""


def test_forks_of_a_heap_without_holes_copy_fewer_pages():
    """A fork of a heap without holes takes new pages for what it allocates, and copies none for the sake of holes."""
    command = [sys.executable, "-c", textwrap.dedent(FORKS)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    before, filled, after, left = map(int, printed.split())

    assert filled >= 20_000 * 600
    assert left < filled / 100
    assert after < before


def test_an_unknown_allocator_leaves_the_heap_alone(monkeypatch):
    """Nothing is done where the C library does not tell where its heap ends."""
    monkeypatch.setattr(heap_compaction, "_LIBC", object())

    assert heap_compaction.fill_holes() == 0
