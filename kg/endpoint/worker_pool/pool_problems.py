"""Why the pool does not answer a query that the evaluator might have answered."""

from __future__ import annotations

import signal
from typing import Any

from kg.endpoint.evaluation import ProblemError
from kg.endpoint.worker_pool.pool_settings import PoolSettings


class PoolError(ProblemError):
    """Raised when the pool ended a query or had no room for it."""

    def __init__(self, code: Any, detail: str, remedy: str, **values: str | int) -> None:
        super().__init__(code, detail, remedy, **values)


class TimeLimitError(PoolError):
    """Raised when a query was ended at its limit of time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "timeout",
            f"The query was ended after {seconds:g} s, the longest that it may take.",
            "Ask for less: fewer patterns, a LIMIT without ORDER BY, no OPTIONAL or property path that is not needed; "
            "or load the download of the graph into a store of your own.",
            limit=int(seconds) if seconds == int(seconds) else f"{seconds:g}",
        )


class BusyError(PoolError):
    """Raised when there is no room for a query now; ``retry_after`` says when to ask again, in seconds."""

    def __init__(self, why: str, retry_after: int = 2) -> None:
        self.retry_after = retry_after
        super().__init__(
            "busy",
            f"The service is busy: {why}.",
            f"Send the same query again in {retry_after} seconds.",
            retry_after=retry_after,
        )


class MemoryLimitError(PoolError):
    """Raised when a query needed more memory than one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "memory",
            f"The query needs more than {limit:,} bytes of memory, the most that one may have.",
            "Ask for less: no ORDER BY, DISTINCT, GROUP BY or GROUP_CONCAT over a cross product; or load the "
            "download of the graph into a store of your own.",
            limit=limit,
        )


class LostError(PoolError):
    """Raised when the evaluator of a query ended for a reason that has nothing to do with the query."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "lost",
            f"The process that evaluated the query has ended: {reason}.",
            "Send the same query again; another process has taken its place.",
            reason=reason,
            retry_after=1,
        )


def too_deep() -> ProblemError:
    """The refusal of a query on which the parser of the engine exhausted its stack."""
    return ProblemError(
        "nesting",
        "The query nests its expressions too deep for the parser.",
        "Write it flatter: VALUES or IN for long lists, a property path for chains.",
    )


def of_exit(code: int | None, settings: PoolSettings, seconds: float) -> ProblemError:
    """What the exit of an evaluator means for the query that it was evaluating.

    ``code`` is the exit code, negative for a signal, None where it is not known. The engine aborts
    where it gets no memory, and its parser overruns the stack where brackets nest too deep.
    """
    if code == -signal.SIGABRT:
        return MemoryLimitError(settings.memory)
    if code in {-signal.SIGSEGV, -signal.SIGBUS}:
        return too_deep()
    if code == -signal.SIGXCPU:
        return TimeLimitError(seconds)
    if code is None:
        return LostError("its parent was ended")
    return LostError(signal.Signals(-code).name if code < 0 else f"code {code}")
