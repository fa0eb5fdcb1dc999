"""Queries that would take all memory or time end only their own worker."""

import asyncio
import time

import pytest
from faults.client import Connection, ask, asking
from faults.service import make_root, service

pytestmark = pytest.mark.alone

SECONDS = 2
SETTINGS = f"\n[limits]\nseconds = {SECONDS}\nmemory = 268435456\nbytes = 1000000\nrows = 2000\n"
CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
BOMBS = {
    "ORDER BY": f"SELECT * {{ {CROSS} }} ORDER BY ?f ?c DESC(?i)",
    "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(CONCAT(?c, STR(?f)); separator='{'-' * 50}') AS ?x) {{ {CROSS} }}",
    "DISTINCT": f"SELECT DISTINCT ?a ?d ?i {{ {CROSS} }}",
    "GROUP BY": f"SELECT ?a ?f ?i (COUNT(*) AS ?n) {{ {CROSS} }} GROUP BY ?a ?f ?i",
    "doubling": "SELECT (STRLEN(?x40) AS ?n) { BIND('xxxxxxxxxxxxxxxx' AS ?x0) "
    + " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
    + " }",
    "CONSTRUCT": f"CONSTRUCT {{ ?a ?e ?i }} {{ {CROSS} }}",
    "cross product": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} . ?j ?k ?l }}",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (!<a:a>|^!<a:a>)* ?b . ?b (!<a:b>|^!<a:b>)* ?c }",
    "NOT EXISTS": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} FILTER NOT EXISTS {{ ?c ?x ?y . ?y ?z ?i }} }}",
    "many rows": "SELECT (1 AS ?n) { ?a ?b ?c } LIMIT 3000",
    "many bytes": f"SELECT * {{ ?a ?b ?c BIND('{'y' * 5_000}' AS ?y) }} LIMIT 1500",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory, files):
    """A service with low limits."""
    with service(make_root(tmp_path_factory.mktemp("served") / "project", files, SETTINGS)) as served:
        yield served


async def small_until(done, port):
    """Small queries, one after the other, until something is done; how long each took."""
    taken = []
    async with Connection(port) as connection:
        while not done.done():
            began = time.monotonic()
            response = await connection.exchange(asking(f"SELECT ({time.monotonic_ns()} AS ?n) {{}}", "text/csv"))
            assert response.status == 200
            taken.append(time.monotonic() - began)
            await asyncio.sleep(0.01)
    return taken


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time_while_small_queries_go_on(served, name):
    """A bomb is refused in time with what is too much and what to do; small queries go on meanwhile."""
    before = served.settle()
    lasting = {served.http_process(), served.zygote()}

    async def run():
        began = time.monotonic()
        bomb = asyncio.ensure_future(ask(served.port, BOMBS[name], "text/turtle, application/sparql-results+json"))
        taken = await small_until(bomb, served.port)
        return await bomb, time.monotonic() - began, taken

    response, seconds, taken = asyncio.run(run())

    assert response.status in {400, 503, 504}
    assert response.code in {"memory", "timeout", "busy", "rows", "bytes"}
    assert len(response.json()["detail"]) > 40
    assert seconds < SECONDS + 1
    assert sorted(taken)[len(taken) // 2] < 1
    after = served.settle()
    assert {served.http_process(), served.zygote()} == lasting
    assert after['kg_pool_total{event="lost"}'] == before['kg_pool_total{event="lost"}']


def test_bombs_at_once(served):
    """Thirty bombs at once are refused, each within its time, and small queries go on meanwhile."""
    memory = served.memory()

    async def run():
        async def timed(n):
            began = time.monotonic()
            response = await ask(served.port, f"{BOMBS[list(BOMBS)[n % 5]]} # {n}")
            return response, time.monotonic() - began

        bombs = asyncio.gather(*(timed(n) for n in range(30)))
        taken = await small_until(bombs, served.port)
        return await bombs, taken

    found, taken = asyncio.run(run())

    assert {response.status for response, _ in found} <= {400, 503, 504}
    assert all(response.code for response, _ in found)
    assert all("retry-after" in response.headers for response, _ in found if response.status == 503)
    assert max(seconds for _, seconds in found) < SECONDS + 1
    assert taken
    served.settle()
    until = time.monotonic() + 10
    while served.memory() > memory * 1.1 + 10_000_000:  # processes that were killed give theirs back in their time
        assert time.monotonic() < until
        time.sleep(0.2)


def test_limits_are_named(served):
    """A refusal names its limit and the value of it, for programs too."""
    rows, size = (
        asyncio.run(ask(served.port, BOMBS[name], "text/turtle, application/sparql-results+json")).json()
        for name in ("many rows", "many bytes")
    )
    late, later = (
        asyncio.run(ask(served.port, BOMBS["cross product"], timeout=seconds)).json() for seconds in ("0.5", "60")
    )

    assert (rows["code"], rows["limit"]) == ("rows", 2_000)
    assert (size["code"], size["limit"]) == ("bytes", 1_000_000)
    assert (late["code"], late["limit"]) == ("timeout", "0.5")
    assert (later["code"], later["limit"]) == ("timeout", SECONDS)  # a client can only lower the limit
    for document in (rows, size, late):
        assert "LIMIT" in document["detail"]
        assert "download" in document["detail"]
