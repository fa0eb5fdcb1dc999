"""Hundreds of clients that ask small and heavy queries at once.

Runs as a process of its own, so that the service is measured and not its observer:
``python load.py PORT SECONDS SMALL HEAVY KIND`` prints what each request got, in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.client import Connection, CutError, asking

LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
SMALL = (
    "SELECT ?s ?l {{ ?s {label} ?l FILTER(STR(?l) != '{n}') }} LIMIT 10",
    "SELECT ?t (COUNT(*) AS ?n) {{ ?s a ?t . ?s {label} ?l }} GROUP BY ?t HAVING(COUNT(*) != {n})",
    "ASK {{ ?s a <http://www.w3.org/ns/org#Organization> . FILTER(?s != <a:{n}>) }}",
    "SELECT * {{ ?s {label} ?l . ?s a ?t }} ORDER BY ?l LIMIT 5 OFFSET {n}",
    "CONSTRUCT {{ ?s {label} ?l }} WHERE {{ ?s {label} ?l FILTER(STRLEN(?l) > {n}) }}",
)
"""What people and pages ask of a graph of some ten thousand triples; each asked but once, so never from the cache."""

BOUNDED = (
    "SELECT ?s ?l {{ ?s {label} ?l FILTER(STR(?l) != '{n}') }} LIMIT 10",
    "SELECT ?t (COUNT(*) AS ?n) {{ {{ SELECT ?s {{ ?s {label} ?l }} LIMIT 50 }} ?s a ?t FILTER({n} > 0) }} GROUP BY ?t",
    "ASK {{ ?s a <http://www.w3.org/ns/org#Organization> . FILTER(?s != <a:{n}>) }}",
    "SELECT * {{ ?s {label} ?l . ?s a ?t FILTER(?l != '{n}') }} LIMIT 5 OFFSET 100",
    "CONSTRUCT {{ ?s {label} ?l }} WHERE {{ ?s {label} ?l FILTER(STR(?l) != '{n}') }} LIMIT 20",
)
"""The like, but small on any graph: each looks at so many triples at the most."""

CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
HEAVY = (
    f"SELECT (COUNT(*) AS ?n) {{{{ {CROSS} FILTER(?x != {{n}} || ?c != ?i) }}}}",
    f"SELECT * {{{{ {CROSS} }}}} ORDER BY ?f ?c LIMIT {{n}}",
    f"SELECT (COUNT(DISTINCT CONCAT(STR(?c), STR(?i), '{{n}}')) AS ?n) {{{{ {CROSS} }}}}",
    "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?c . FILTER(?a != ?d && {n} > 0) }}",
    "SELECT (SUM(STRLEN(CONCAT(STR(?c), '{n}'))) AS ?n) {{ ?a ?b ?c . ?d a ?f }}",
)
"""What takes seconds, or for ever."""


@dataclass
class Seen:
    """What clients have seen of small and of heavy queries.

    That is the seconds of small ones, how queries ended, and the longest time of a heavy one.
    """

    small: list[float] = field(default_factory=list)
    small_ends: Counter[str] = field(default_factory=Counter)
    heavy_ends: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def at(self, part: float) -> float:
        """Return the time within which a part of small queries ended.

        The part is a number from 0 to 1.
        """
        return sorted(self.small)[min(len(self.small) - 1, int(len(self.small) * part))]

    def take(self, other: dict) -> None:
        """Add what other clients have seen, read from JSON."""
        self.small += other["small"]
        self.small_ends.update(other["small_ends"])
        self.heavy_ends.update(other["heavy_ends"])
        self.longest = max(self.longest, other["longest"])


class Load:
    """So many clients of each kind that ask until a time."""

    def __init__(self, port: int, seconds: float, queries: Sequence[str]) -> None:
        self._queries = queries
        self._port, self._until = port, time.monotonic() + seconds
        self._numbers = iter(range(random.Random().randrange(10**6) * 1000, 10**12))
        self.seen = Seen()

    async def run(self, small: int, heavy: int) -> Seen:
        """Let the clients ask and return what they have seen."""
        clients = [self._small(n / small) for n in range(small)] + [self._heavy(n) for n in range(heavy)]
        await asyncio.gather(*clients)
        return self.seen

    async def _small(self, begin: float) -> None:
        """Ask one small query a second, each a different one."""
        connection = Connection(self._port)
        due = time.monotonic() + begin
        while due < self._until:
            await asyncio.sleep(due - time.monotonic())
            n = next(self._numbers)
            query = self._queries[n % len(self._queries)].format(n=n % 100_000, label=LABEL)
            end, taken = await _ask(connection, query)
            self.seen.small_ends[end] += 1
            self.seen.small.append(taken)
            due = max(due + 1, time.monotonic())
        connection.close()

    async def _heavy(self, begin: int) -> None:
        """Ask heavy queries without a pause, each a different one."""
        connection = Connection(self._port)
        while time.monotonic() < self._until:
            n = next(self._numbers)
            end, taken = await _ask(connection, HEAVY[(n + begin) % len(HEAVY)].format(n=n))
            self.seen.heavy_ends[end] += 1
            self.seen.longest = max(self.seen.longest, taken)
        connection.close()


async def _ask(connection: Connection, query: str) -> tuple[str, float]:
    """Return how a query ended and the seconds that it took.

    The end is told by status and code.
    """
    began = time.monotonic()
    try:
        response = await connection.exchange(asking(query, "*/*"))
    except (CutError, OSError, TimeoutError) as error:
        return type(error).__name__, time.monotonic() - began
    return f"{response.status} {response.code}".strip(), time.monotonic() - began


def load(port: int, seconds: float, small: int, heavy: int, *, kind: str = "any") -> Seen:
    """Return what so many small and heavy clients see.

    Each kind runs in a process of its own.

    ``kind`` is ``any`` for SMALL and ``bounded`` for BOUNDED queries.

    Errors: TimeoutExpired where clients do not come to their end; no process is left behind, whatever happens.
    """
    command = [sys.executable, str(Path(__file__).resolve()), str(port), str(seconds)]
    seen = Seen()
    with ExitStack() as stack:
        processes = []
        for counts in ((small, 0), (0, heavy)):
            words = [*command, *map(str, counts), kind]
            process = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            processes.append(process)
        for process in processes:
            said, _ = process.communicate(timeout=seconds + 120)
            assert process.returncode == 0, f"the clients ended with {process.returncode}"
            seen.take(json.loads(said))
    return seen


if __name__ == "__main__":
    with suppress(PermissionError):  # a client that waits for a processor would count that as the service's time
        os.nice(-5)
    port, seconds, small, heavy, kind = sys.argv[1:]
    clients = Load(int(port), float(seconds), BOUNDED if kind == "bounded" else SMALL)
    print(json.dumps(vars(asyncio.run(clients.run(int(small), int(heavy))))))
