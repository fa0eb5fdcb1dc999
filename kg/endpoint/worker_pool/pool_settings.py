"""What bounds the pool: its settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolSettings:
    """How many evaluators there are and what each may use; times in seconds, memory in bytes.

    ``seconds`` is the longest that a query may take from its arrival to its answer, waiting included.
    ``memory`` is what one evaluator may use on top of the store. ``quick`` evaluators take new queries,
    up to ``quick_most`` in a rush.
    One that has used ``quick_seconds`` of a processor leaves for the middle lane, and at
    ``middle_seconds`` for the heavy one; ``middle`` and ``heavy`` of those run at once while at most
    ``waiting`` more in each are stopped and wait. A query waits ``patience`` at most for an evaluator,
    as long again for a heavy place and three times as long for a middle one; ``queue`` of them wait for
    an evaluator at once. An evaluator that has come to hold more than ``growth`` of its own is replaced, or
    more than half of the store where that is larger; so is one by which all together hold more than they
    could by ``growth`` alone, or twice the store (the engine counts in each part of the store that it looks
    at, so that an evaluator copies what it reads, once).
    ``start_seconds`` is how long loading may take.
    """

    seconds: float = 10.0
    memory: int = 1_073_741_824
    quick: int = 8
    quick_most: int = 40
    quick_seconds: float = 0.006
    middle: int = 2
    middle_seconds: float = 0.05
    heavy: int = 2
    waiting: int = 32
    patience: float = 1.0
    queue: int = 1_000
    growth: int = 16_777_216
    start_seconds: float = 600.0
