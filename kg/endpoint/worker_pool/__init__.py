"""Evaluates SPARQL queries in processes that can be killed, for one asyncio event loop; Linux only.

    # not from the package: the keeper imports that too, and has no use for asyncio
    from kg.endpoint.worker_pool.pool import Pool

    pool = await Pool.start([Path("dist/graph.nq")], Limits(), PoolSettings())
    outcome = await pool.evaluate(Request("SELECT * { ?s ?p ?o } LIMIT 5"), seconds=3)
    outcome.answer.body, outcome.release         # whole, and of that one release
    await pool.replace([Path("new/graph.nq")])   # the next query is answered from the new file
    await pool.close()

The **keeper**, a fresh interpreter without threads, loads the files once; each **evaluator** is a fork of
it that answers one query at a time over a socket of its own. New queries go to the quick lane; where all
evaluators are busy they wait, and the last and the first of them are served in turns. One that has used
6 ms of a processor there goes on in the **middle** lane, a fresh fork takes its place, and at 50 ms it is
**heavy**. In both lanes few run at once and give way to all others, while the next are stopped and wait
for a place, those for a heavy one a second at most.

An evaluator can open nothing and has limits of its own on memory and processor time; the limit of wall
time is kept from here. What ends a query is told as a ProblemError: TimeLimitError, MemoryLimitError, BusyError
(with ``retry_after``) and LostError. Killed evaluators and keepers are replaced. Nothing is written anywhere.
"""

from __future__ import annotations

from kg.endpoint.worker_pool.pool_problems import BusyError, LostError, MemoryLimitError, PoolError, TimeLimitError
from kg.endpoint.worker_pool.pool_settings import PoolSettings

__all__ = ["BusyError", "LostError", "MemoryLimitError", "PoolError", "PoolSettings", "TimeLimitError"]
