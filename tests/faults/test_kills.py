"""The service recovers within a second or so when one of its processes is killed."""

import asyncio
import os
import random
import signal
import time
from contextlib import suppress

import pytest
from faults.client import Connection, CutError, ask, asking, once, request
from faults.service import descendants, is_running, make_root, service

pytestmark = pytest.mark.alone

HEAVY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?n%d != 1) }"
MIDDLE = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d a ?f . ?f ?g ?h . FILTER(STRLEN(STR(?c)) > %d) }"


@pytest.fixture
def own(tmp_path, files):
    """A service for one test alone."""
    with service(make_root(tmp_path / "project", files, "\n[limits]\nseconds = 2\n")) as served:
        yield served


class Load:
    """Clients that ask small queries without a pause; ``answers`` are the statuses, 0 for a connection that ended."""

    def __init__(self, port, clients=10):
        self.port, self.clients = port, clients
        self.answers: list[tuple[int, str]] = []
        self.stopped = False

    async def __aenter__(self):
        self.tasks = [asyncio.ensure_future(self._ask(n)) for n in range(self.clients)]
        return self

    async def __aexit__(self, *_):
        self.stopped = True
        await asyncio.gather(*self.tasks)

    async def _ask(self, client):
        n = 0
        async with Connection(self.port) as connection:
            while not self.stopped:
                n += 1
                try:
                    response = await connection.exchange(
                        asking(f"SELECT ?p ({client}.{n} AS ?n) {{ ?s ?p ?o }} LIMIT 3", "text/csv")
                    )
                    self.answers.append((response.status, response.code))
                    assert response.status != 200 or response.body.count(b"\r\n") == 4
                except (CutError, ConnectionError):
                    self.answers.append((0, "cut"))
                    await asyncio.sleep(0.01)

    @property
    def lost(self):
        return [each for each in self.answers if each[0] != 200]


def test_a_killed_worker_loses_at_most_its_own_request(own):
    """Each worker that is killed under load loses at most the request that it had."""
    kills = 30
    chance = random.Random(1)

    async def run():
        async with Load(own.port) as load:
            heavy = [asyncio.ensure_future(ask(own.port, HEAVY % n)) for n in range(2)]
            for _ in range(kills):
                await asyncio.sleep(0.05)
                pids = await asyncio.to_thread(own.named, "kg-worker")
                if pids:
                    with suppress(ProcessLookupError):
                        os.kill(chance.choice(pids), signal.SIGKILL)
            ends = await asyncio.gather(*heavy)
        return load, ends

    load, ends = asyncio.run(run())

    assert len(load.answers) > 200
    assert set(load.lost) <= {(503, "lost")}
    assert len(load.lost) + sum(response.code == "lost" for response in ends) <= kills
    assert {response.status for response in ends} <= {503, 504}
    assert own.settle()["kg_pool_evaluators"] == 8


def test_a_query_whose_worker_is_killed_is_told_so(own):
    """The query whose worker is killed is told so, and may be sent again."""

    async def run():
        asked = asyncio.ensure_future(ask(own.port, HEAVY % 1))
        await asyncio.sleep(0.5)
        for pid in own.named("kg-worker"):
            os.kill(pid, signal.SIGKILL)
        lost, until = await asked, time.monotonic() + 10
        following = await ask(own.port, "ASK {}")
        while following.code == "lost" and time.monotonic() < until:  # its worker was one of those killed
            following = await ask(own.port, "ASK {}")
        return lost, following

    lost, following = asyncio.run(run())

    assert (lost.status, lost.code) == (503, "lost")
    assert following.status == 200


def test_the_service_answers_again_after_the_zygote_is_killed(own):
    """When the zygote is killed, the service answers again in about a second, from the same HTTP process."""
    http_process = own.http_process()

    async def run():
        async with Load(own.port) as load:
            for _ in range(3):
                await asyncio.sleep(1)
                zygote = await asyncio.to_thread(own.zygote)
                os.kill(zygote, signal.SIGKILL)
                killed = time.monotonic()
                while True:
                    response = await ask(own.port, f"SELECT ({time.monotonic_ns()} AS ?n) {{}}")
                    if response.status == 200:
                        break
                    assert response.code in {"lost", "busy"}
                assert time.monotonic() - killed < 5
        return load

    load = asyncio.run(run())

    assert own.http_process() == http_process
    assert set(load.lost) <= {(503, "lost"), (503, "busy")}
    assert own.settle()['kg_pool_total{event="keepers_lost"}'] == 3
    assert own.zygote()  # there is one, and no other


def test_another_http_process_answers_after_the_first_is_killed(own):
    """When the HTTP process is killed, another answers in about a second, and nothing of the old one is left.

    So it is however soon it is killed again, and who asks meanwhile waits and is not turned away.
    """
    for _ in range(3):
        http_process = own.http_process()
        old = [http_process, *descendants(http_process)]
        os.kill(http_process, signal.SIGKILL)
        killed = time.monotonic()
        while True:
            try:
                assert asyncio.run(ask(own.port, "ASK {}")).status == 200
                break
            except CutError:  # the kernel had given the connection to the one that was killed
                assert time.monotonic() - killed < 5
        time.sleep(0.3)
        assert [pid for pid in old if is_running(pid)] == []
        assert own.process.poll() is None
    assert own.settle()["kg_pool_evaluators"] == 8


def test_sigterm_answers_what_is_under_way_and_leaves_no_process(own):
    """At SIGTERM requests under way are answered, new ones are refused, and no process is left."""
    everything = own.processes()

    async def run():
        asked = [asyncio.ensure_future(ask(own.port, MIDDLE % n)) for n in range(4)]
        asked += [asyncio.ensure_future(once(own.port, request("/sparql?query=" + "ASK%7B%7D")))]
        await asyncio.sleep(0.1)
        own.process.send_signal(signal.SIGTERM)
        return await asyncio.gather(*asked)

    answers = asyncio.run(run())

    assert {response.status for response in answers} <= {200, 503, 504}
    assert answers[-1].status == 200
    assert own.process.wait(15) == 0
    assert left_of(everything) == []


def left_of(everything, seconds=5):
    """The names of those processes that do not end within the time: the kernel may take a moment to end them."""
    until = time.monotonic() + seconds
    while (left := [name for pid, name in everything.items() if is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    return left


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_all_processes_end_with_the_service_under_load(tmp_path, files, number):
    """Whatever ends the service under load, all of its processes end, and no answer looks whole that is not."""
    with service(make_root(tmp_path / "project", files, "\n[limits]\nseconds = 2\n")) as own:

        async def run():
            async with Load(own.port) as load:
                heavy = [asyncio.ensure_future(ask(own.port, HEAVY % n)) for n in range(6)]
                await asyncio.sleep(1)
                everything = await asyncio.to_thread(own.processes)
                own.process.send_signal(number)
                with suppress(Exception):
                    await asyncio.to_thread(own.process.wait, 15)
                load.stopped = True
                await asyncio.gather(*heavy, return_exceptions=True)
            return load, everything

        load, everything = asyncio.run(run())
        code = own.process.poll()

        assert code == (-9 if number == signal.SIGKILL else 0)
        assert left_of(everything) == []
        assert (200, "") in load.answers
