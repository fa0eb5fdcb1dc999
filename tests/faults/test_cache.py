"""Answers are evaluated once, kept within bounds, and the same in each coding."""

import asyncio

import pytest
from faults.client import Connection, ask, asking, once, request

BIG = "SELECT * { ?s ?p ?o . BIND(%d AS ?n) }"
SLOW = "SELECT (COUNT(*) + %d AS ?n) { { SELECT * { ?a ?b ?c } LIMIT 3000 } { SELECT * { ?d ?e ?f } LIMIT 500 } }"
MOST = 67_108_864
HITS = 'kg_cache_requests_total{found="hits"}'


def get(served, path="/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%2050", method="GET", **headers):
    """The response to one request; header names with _ for -."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(once(served.port, request(path, method=method, headers=given)))


def test_one_hundred_identical_requests(served):
    """One hundred identical requests at once are evaluated once."""
    before = served.settle()

    async def run():
        return await asyncio.gather(*(ask(served.port, SLOW % 1_000_001) for _ in range(100)))

    answers = asyncio.run(run())
    after = served.metrics()

    def grown(name):
        return after[name] - before[name]

    assert {(response.status, response.body) for response in answers} == {(200, answers[0].body)}
    assert grown('kg_cache_requests_total{found="misses"}') == 1
    assert sum(grown(f'kg_cache_requests_total{{found="{found}"}}') for found in ("hits", "joined")) == 99
    assert grown('kg_pool_total{event="answered"}') == 1


def test_refusals_are_not_kept(served):
    """A refusal is told to all who wait for the same query, and the next one is evaluated anew."""
    before = served.metrics()

    async def run():
        return await asyncio.gather(*(ask(served.port, "SELECT * { nonsense") for _ in range(5)))

    assert {response.status for response in asyncio.run(run())} == {400}
    assert {response.status for response in asyncio.run(run())} == {400}
    assert served.metrics()['kg_pool_total{event="refused"}'] >= before['kg_pool_total{event="refused"}'] + 2


@pytest.mark.parametrize("coding", ["gzip", "zstd", "gzip;q=0.5, zstd", "br, gzip", "*"])
def test_an_answer_has_the_same_content_in_each_coding(served, coding):
    """An answer has the same content in each coding, and names its coding and the headers it depends on."""
    plain, coded = get(served), get(served, Accept_Encoding=coding)

    assert "content-encoding" not in plain.headers
    assert coded.headers["content-encoding"] in {"gzip", "zstd"}
    assert coded.content == plain.body
    assert len(coded.body) < len(plain.body) / 2
    assert int(coded.headers["content-length"]) == len(coded.body)
    assert coded.headers["etag"] != plain.headers["etag"]
    assert {each.strip() for each in coded.headers["vary"].split(",")} >= {"Accept", "Accept-Encoding"}
    assert plain.headers["vary"] == coded.headers["vary"]


@pytest.mark.parametrize("coding", ["identity", "gzip;q=0, zstd;q=0", "br", "*;q=0", ""])
def test_a_client_without_codings_gets_the_plain_answer(served, coding):
    """A client that accepts none of the codings gets the answer as it is."""
    assert get(served, Accept_Encoding=coding).body == get(served).body


@pytest.mark.parametrize("coding", ["", "gzip", "zstd"])
def test_a_client_with_the_answer_gets_not_modified(served, coding):
    """A client that has the answer gets 304 without a body; one that has another answer gets this one."""
    first = get(served, Accept_Encoding=coding)
    tag = first.headers["etag"]

    for given in (tag, f"W/{tag}", f'"other", {tag}'):
        again = get(served, Accept_Encoding=coding, If_None_Match=given)
        assert (again.status, again.body) == (304, b"")
        assert (again.headers["etag"], again.headers["vary"]) == (tag, first.headers["vary"])
    assert get(served, Accept_Encoding=coding, If_None_Match='"other"').body == first.body
    assert get(served, Accept_Encoding=coding, If_None_Match=tag, Accept="text/csv").status == 200


def test_no_tag_where_answers_differ(served):
    """An answer that differs each time has no ETag, is not kept, and comes anew."""
    for query in ("SELECT (RAND() AS ?n) {}", "SELECT (STRUUID() AS ?n) {}"):
        first, second = (asyncio.run(ask(served.port, query)) for _ in range(2))
        assert first.body != second.body
        assert "etag" not in first.headers
        assert first.headers["cache-control"] == "no-store"


def test_head_has_the_headers_of_get_and_no_body(served):
    """A HEAD has the headers of the GET, and no body."""
    body, head = get(served, Accept_Encoding="gzip"), get(served, method="HEAD", Accept_Encoding="gzip")

    different = {"date"}
    assert head.body == b""
    assert {name: value for name, value in head.headers.items() if name not in different} == {
        name: value for name, value in body.headers.items() if name not in different
    }


def test_cache_is_bounded(served):
    """Kept answers never take more than their bytes, and what is asked but once takes a sixteenth of them at most."""

    async def run(begin, times):
        async with Connection(served.port) as connection:
            for n in range(begin, begin + 30):
                for _ in range(times):
                    response = await connection.exchange(asking(BIG % n))
                    assert response.status == 200
        return len(response.body), served.metrics()

    size, again = asyncio.run(run(0, 2))
    _, once = asyncio.run(run(100, 1))
    _, asked = asyncio.run(run(0, 1))

    assert size * 30 > MOST
    assert MOST / 2 < again["kg_cache_bytes"] <= MOST
    assert again["kg_cache_answers"] < 30
    assert once["kg_cache_bytes"] <= MOST
    assert asked[HITS] - once[HITS] >= again["kg_cache_answers"] - 3


def test_a_flood_pushes_out_nothing_that_is_asked_again(served):
    """What has been asked twice is still kept after ten thousand other small queries."""
    kept = "SELECT (1 AS ?kept) {}"

    async def run():
        async with Connection(served.port) as connection:
            for _ in range(2):
                await connection.exchange(asking(kept))
            for n in range(10_000):
                await connection.exchange(asking(f"SELECT ({n} AS ?flood) {{}}"))
            before = served.metrics()
            await connection.exchange(asking(kept))
            return before, served.metrics()

    before, after = asyncio.run(run())

    assert after[HITS] - before[HITS] == 1
    assert after["kg_cache_answers"] < 10_000
