"""Evaluates SPARQL queries in processes that can be killed; Linux only.

    # from the module, not the package: the zygote imports the package too, and has no use for asyncio
    from kg.endpoint.worker_pool.pool import Pool

    pool = await Pool.start([Path("graph.nq")], Limits(), PoolSettings())
    outcome = await pool.evaluate(Request("SELECT * { ?s ?p ?o } LIMIT 5"), seconds=3)
    outcome.answer.body, outcome.release         # whole, and of that one release
    await pool.replace([Path("new/graph.nq")])   # the next query is answered from the new file
    await pool.close()

The **zygote**, a fresh interpreter without threads, loads the files once. Each **worker** is a fork of it that
answers one query at a time over a socket of its own. New queries go to the quick lane. If all workers are busy they
queue, and the newest and the oldest are served in turns. A query that has used 6 ms of CPU time moves to the
**middle** lane while a fresh fork takes its worker's place, and at 50 ms to the **heavy** lane. In both lanes few
queries run at once, at lower priority; the others are stopped and wait for a place,
at most a second for the heavy lane.

A worker can open no file or socket, and has limits on memory and CPU time (``process_setup``). The limit of wall
time is kept by the pool (``scheduler``). What ends a query is a ProblemError: TimeLimitError, MemoryLimitError,
BusyError (with ``retry_after``) or LostError. Killed workers and zygotes are replaced. No file is written.
"""

from kg.endpoint.worker_pool.pool_limits import (
    BusyError,
    LostError,
    MemoryLimitError,
    PoolError,
    PoolSettings,
    TimeLimitError,
)

__all__ = ["BusyError", "LostError", "MemoryLimitError", "PoolError", "PoolSettings", "TimeLimitError"]
