"""The limits of the pool, and the problems of reaching them."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from kg.endpoint.problems import ProblemError, Value


@dataclass(frozen=True)
class PoolSettings:
    """How many workers there are, and what each may use.

    Times are in seconds, memory in bytes.

    ``seconds`` is the longest that a query may take from its arrival to its answer, waiting included.
    ``memory`` is what one worker may use on top of the store.

    ``quick`` workers take new queries, up to ``quick_most`` under overload. A query that has used
    ``quick_seconds`` of CPU time moves to the middle lane, and after ``middle_seconds`` to the heavy lane.
    ``middle`` and ``heavy`` queries run at once in each; ``waiting`` more per lane are stopped and wait for a place.

    ``patience`` is how long a query waits for a free worker and for a place in the heavy lane; for one in the middle
    lane it waits three times as long. At most ``queue`` queries wait for a free worker.

    ``growth`` bounds the private memory of a worker. A worker is replaced when it holds more than ``growth``, or
    half of the store if that is larger. One is also replaced when all workers together hold more private memory
    than ``quick * growth``, or twice the store. (The engine counts references inside the data that it reads, so a
    worker copies each page of the store that it reads once.)

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


class PoolError(ProblemError):
    """Raised when the pool ended or refused a query."""


class TimeLimitError(PoolError):
    """Raised when a query was ended at its time limit.

    ``had_core`` says that it was computing all the while, so that it would not end in time on an idle machine either.
    """

    def __init__(self, seconds: float, *, had_core: bool = False) -> None:
        self.seconds, self.had_core = seconds, had_core
        super().__init__("timeout", limit=int(seconds) if seconds == int(seconds) else f"{seconds:g}")


class BusyError(PoolError):
    """Raised when there is no place for a query now.

    ``reason`` is what follows ``busy.`` in the table of problems, ``words`` fill its text in; ``retry_after`` is when
    to ask again, in seconds.
    """

    def __init__(self, reason: str, retry_after: int = 2, **words: Value) -> None:
        self.retry_after = retry_after
        super().__init__(f"busy.{reason}", words, retry_after=retry_after)


class MemoryLimitError(PoolError):
    """Raised when a query needed more memory than one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__("memory", limit=limit)


class LostError(PoolError):
    """Raised when a worker ended for a reason unrelated to its query."""

    def __init__(self, reason: str) -> None:
        super().__init__("lost", reason=reason, retry_after=1)


def problem_of_exit(code: int | None, settings: PoolSettings, seconds: float) -> ProblemError:
    """Return what the exit of a worker means for its query.

    ``code`` is the exit code, negative for a signal, None if unknown. The engine aborts when it gets no memory,
    and its recursive parser overruns the stack when brackets nest too deep.
    """
    if code == -signal.SIGABRT:
        return MemoryLimitError(settings.memory)
    if code in {-signal.SIGSEGV, -signal.SIGBUS}:
        return ProblemError("nesting.parser")
    if code == -signal.SIGXCPU:
        return TimeLimitError(seconds, had_core=True)
    if code is None:
        return LostError("its parent was ended")
    return LostError(signal.Signals(-code).name if code < 0 else f"code {code}")
