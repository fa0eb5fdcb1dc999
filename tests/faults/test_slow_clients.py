"""Slow or vanished clients hold nobody up and leave nothing behind."""

import asyncio
import os
import re
import signal
import socket
import time
from contextlib import AsyncExitStack, ExitStack

import pytest
from faults.client import Connection, CutError, ask, asking, once
from faults.service import make_root, service

pytestmark = pytest.mark.alone

HALF_SENT, SLOW = 600, 200
BIG = "SELECT * { ?s ?p ?o . BIND(%d AS ?n) }"
HEAVY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?a != ?d && ?d != ?g && ?n%d != 1) }"
POSTED = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK"


async def small_queries(port, count, begin):
    """The seconds that small queries take that nobody has asked before, one after the other."""
    taken = []
    async with Connection(port) as connection:
        for n in range(begin, begin + count):
            began = time.monotonic()
            response = await connection.exchange(asking(f"SELECT ({n} AS ?n) {{}}", "text/csv"), 10)
            assert (response.status, response.body) == (200, f"n\r\n{n}\r\n".encode())
            taken.append(time.monotonic() - began)
    return taken


def state(served):
    """The processes, the open files and the memory of the service once it has come to rest."""
    served.settle()
    return len(served.processes()), served.descriptors(), served.memory()


def demand_as_before(served, before, seconds=20):
    """Demand that the service comes back to its processes, open files and memory, within a tenth.

    The cache may have come to hold other answers meanwhile.
    """
    until = time.monotonic() + seconds
    while True:
        processes, files, memory = state(served)
        if processes <= before[0] and files <= before[1] * 1.1 + 2 and memory <= before[2] * 1.1 + 20_000_000:
            return
        assert time.monotonic() < until, (before, (processes, files, memory))
        time.sleep(0.5)


def raw(port, stack, data, window=None):
    """A connection on which only these bytes have been sent, with a small window if told."""
    connection = stack.enter_context(socket.socket())
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    connection.sendall(data)
    return connection


@pytest.fixture(scope="module")
def warm(served):
    """A service that has done its work once, so that it has the memory that it works with."""

    async def work():
        for n in range(12):
            assert (await ask(served.port, BIG % n)).status == 200
        await small_queries(served.port, 200, 10_000_000)

    asyncio.run(work())
    return served


def test_half_sent_requests_keep_no_small_query_waiting_and_are_ended(warm):
    """Hundreds of clients that never finish their headers or bodies keep no small query waiting.

    All are ended in their time: those of bodies with 408, the others, of which nothing is known, without a word.
    """
    before = state(warm)
    with ExitStack() as stack:
        bodies = [raw(warm.port, stack, POSTED) for _ in range(HALF_SENT)]
        heads = [raw(warm.port, stack, b"GET / HTTP/1.1\r\nHo" if n % 2 else b"") for n in range(HALF_SENT)]
        assert max(asyncio.run(small_queries(warm.port, 200, 0))) < 2
        began = time.monotonic()
        answers = [connection.recv(65_536) for connection in bodies]
        assert {connection.recv(10) for connection in heads} == {b""}
        assert time.monotonic() - began < 15
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    demand_as_before(warm, before)


def test_slow_readers_keep_no_small_query_waiting(warm):
    """Two hundred clients that read a big answer at a byte a second keep no small query waiting."""
    before = state(warm)
    with ExitStack() as stack:
        held = [raw(warm.port, stack, asking(f"{BIG % (n % 5)} LIMIT 4000"), 4_096) for n in range(SLOW)]
        taken = []
        for begin in range(2_000, 2_300, 100):
            for connection in held:
                assert len(connection.recv(1)) == 1
            taken += asyncio.run(small_queries(warm.port, 100, begin))
        assert max(taken) < 2
        assert warm.metrics()["kg_unread_bytes"] > 0
    demand_as_before(warm, before)


def test_slow_readers_are_bounded(warm):
    """What slow readers make the service hold is bounded: those who have read for longest are cut off, unmistakably."""
    before = state(warm)
    limit = 536_870_912
    with ExitStack() as stack:
        held = [raw(warm.port, stack, asking(BIG % (n % 5)), 4_096) for n in range(SLOW)]
        for connection in held:
            assert len(connection.recv(1)) == 1
        found = warm.metrics()
        assert found["kg_unread_bytes"] <= limit
        assert found["kg_slow_readers_cut_total"] > 0
        assert warm.memory() < before[2] + 2 * limit
        cut = sum(not is_whole(connection) for connection in held)
        assert cut == warm.metrics()["kg_slow_readers_cut_total"]
    demand_as_before(warm, before)


def is_whole(connection):
    """Whether an answer whose first byte has been read comes to its end, as its Content-Length tells."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_194_304)  # it has been slow for long enough
    with connection.makefile("rb") as stream:
        try:
            length = 0
            while (line := stream.readline()).strip():
                found = re.match(rb"content-length: (\d+)", line, re.IGNORECASE)
                length = int(found[1]) if found else length
            return len(stream.read(length)) == length > 0
        except ConnectionError:
            return False


def test_a_client_that_goes_away_ends_its_own_evaluation(served):
    """A client that goes away ends the evaluation of its query, and nobody else's."""
    before = served.settle()

    async def run():
        async with AsyncExitStack() as stack:
            connections = [await stack.enter_async_context(Connection(served.port)) for _ in range(3)]
            for n, connection in enumerate(connections):
                await connection.send(asking(HEAVY % n))
            await asyncio.sleep(0.5)
            during = await asyncio.to_thread(served.metrics)
            workers = await asyncio.to_thread(served.named, "kg-worker")
            for connection in connections[:2]:
                connection.close()
            await asyncio.sleep(0.5)
            after = await asyncio.to_thread(served.metrics)
            left = await asyncio.to_thread(served.named, "kg-worker")
        return during, workers, after, left

    during, workers, after, left = asyncio.run(run())
    cancelled = 'kg_pool_total{event="cancelled"}'

    assert during["kg_pool_evaluators"] >= before["kg_pool_evaluators"] + 3
    assert after[cancelled] == before[cancelled] + 2
    assert len(set(workers) - set(left)) >= 2
    assert served.settle()[cancelled] == before[cancelled] + 3


def test_shared_evaluation_outlives_one_client(served):
    """Where several wait for the same query, one that goes away takes nothing from the others."""
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . FILTER(?a = ?f) }"

    async def run():
        async with Connection(served.port) as leaving, Connection(served.port) as staying:
            await leaving.send(asking(query, timeout="2"))
            await asyncio.sleep(0.05)
            answer = asyncio.ensure_future(staying.exchange(asking(query, timeout="2")))
            await asyncio.sleep(0.05)
            leaving.close()
            return await answer

    assert asyncio.run(run()).status in {200, 503, 504}
    served.settle()


def test_answer_that_is_not_whole_never_looks_whole(tmp_path, files):
    """A service that is killed while it sends an answer leaves it recognisably cut."""
    with service(make_root(tmp_path / "project", files)) as served:

        async def run():
            async with Connection(served.port) as connection:
                connection.writer.transport.pause_reading()
                await connection.send(asking(BIG % 1))
                await asyncio.sleep(2)
                os.kill(served.http_process(), signal.SIGKILL)
                await asyncio.sleep(0.2)
                connection.writer.transport.resume_reading()
                with pytest.raises(CutError):
                    await connection.receive()

        asyncio.run(run())
        assert asyncio.run(answered_again(served.port)) == 200


async def answered_again(port, seconds=5):
    """The status of a small query, once the process that was killed is back."""
    until = time.monotonic() + seconds
    while True:
        try:
            return (await once(port, asking("ASK {}"))).status
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)
