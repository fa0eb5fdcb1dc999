"""The heap of a process before it is forked: its holes are filled, so that forks copy no page for their sake."""

import subprocess
import sys

import pytest

from kg.endpoint.worker_pool import process_setup

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool needs Linux")

BLOCKS = """
from kg.endpoint.worker_pool.process_setup import fill_holes

def blocks_between_others():
    blocks = [bytes(600) for _ in range(2000)]
    pages = {id(block) // 4096 for block in blocks}
    return sum(begin < id(block) < end for block in blocks), len(pages)

store = [bytes(600) for _ in range(40000)]
begin, end = min(map(id, store)), max(map(id, store))
del store[::2]  # 20,000 holes, three or four to a page
print(*blocks_between_others(), fill_holes(), fill_holes(), *blocks_between_others())
"""
"""How many of 2,000 new blocks lie between older ones, and on how many pages all lie, before and after two
fillings; between these the bytes that each filled.
"""


def test_new_blocks_stand_together_when_the_holes_are_filled():
    """What is allocated in a heap without holes lies beyond everything older, on as few pages as can be."""
    command = [sys.executable, "-c", BLOCKS]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    between, _, filled, left, between_now, pages_now = map(int, printed.split())

    assert between > 1_000  # else the heap had no holes to begin with
    assert filled >= 20_000 * 600
    assert left < filled / 100
    assert between_now == 0
    assert pages_now <= 2_000 * 656 // 4_096 + 20


def test_an_unknown_allocator_leaves_the_heap_alone(monkeypatch):
    """Nothing is done where the C library does not tell where its heap ends."""
    monkeypatch.setattr(process_setup, "_LIBC", object())

    assert process_setup.fill_holes() == 0
