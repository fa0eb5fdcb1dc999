"""Why the pool does not answer a query that the evaluator might have answered."""

from __future__ import annotations

import signal

from kg.endpoint.problems import ProblemError, Value
from kg.endpoint.worker_pool.pool_settings import PoolSettings


class PoolError(ProblemError):
    """Raised when the pool ended a query or had no room for it."""


class TimeLimitError(PoolError):
    """Raised when a query was ended at its limit of time."""

    def __init__(self, seconds: float) -> None:
        super().__init__("timeout", limit=int(seconds) if seconds == int(seconds) else f"{seconds:g}")


class BusyError(PoolError):
    """Raised when there is no room for a query now; ``retry_after`` says when to ask again, in seconds."""

    def __init__(self, why: str, retry_after: int = 2, **words: Value) -> None:
        self.retry_after = retry_after
        super().__init__(f"busy.{why}", words, retry_after=retry_after)


class MemoryLimitError(PoolError):
    """Raised when a query needed more memory than one may have."""

    def __init__(self, limit: int) -> None:
        super().__init__("memory", limit=limit)


class LostError(PoolError):
    """Raised when the evaluator of a query ended for a reason that has nothing to do with the query."""

    def __init__(self, reason: str) -> None:
        super().__init__("lost", reason=reason, retry_after=1)


def too_deep() -> ProblemError:
    """The refusal of a query on which the parser of the engine exhausted its stack."""
    return ProblemError("nesting.parser")


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
