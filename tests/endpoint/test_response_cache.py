"""The response cache answers equal requests only, and only while the release is the same."""

import asyncio
import itertools

import pytest

from kg.endpoint.evaluation import Answer, Request
from kg.endpoint.gateway.asgi_gateway import Gateway
from kg.endpoint.gateway.response_cache import (
    MAX_REMEMBERED,
    MAX_REQUESTS,
    OVERHEAD,
    RESPONSE_OVERHEAD,
    Kept,
    ResponseCache,
    SegmentedLRU,
)
from kg.endpoint.gateway.sparql_route import SparqlEndpoint
from kg.endpoint.problems import ProblemError
from kg.endpoint.worker_pool import BusyError, LostError, MemoryLimitError, TimeLimitError
from kg.endpoint.worker_pool.pool import Outcome

ASKED = b"query=ASK%7B%7D"
SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "path": "/sparql",
    "query_string": ASKED,
    "headers": [(b"accept", b"application/sparql-results+json")],
}


class Service:
    """An gateway whose release and answer a test can change; counts the evaluations."""

    def __init__(self):
        self.release, self.evaluated = "one", 0
        self.endpoint = SparqlEndpoint(self.evaluate, lambda: self.release, "https://example.org/sparql")
        self.gateway = Gateway(None, self.endpoint)

    async def evaluate(self, asked):
        self.evaluated += 1
        body = f'{{"head": {{}}, "boolean": true, "of": "{self.release}"}}'.encode()
        return Outcome(Answer(body, asked.results, "boolean"), self.release, 0.0, "quick")

    def send(self, **scope):
        """The status, headers and body of the response to a request."""
        sent = []

        async def receive():
            if not sent and not received:
                received.append(True)
                return {"type": "http.request", "body": b"", "more_body": False}
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        received = []
        asyncio.run(self.gateway({**SCOPE, **scope}, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def service():
    """A service that has answered one request twice, so that the response is kept."""
    service = Service()
    service.first = service.send()
    assert service.send() == service.first
    return service


def test_the_same_request_is_answered_from_the_cache(service):
    """The same request is answered in the same bytes, without evaluation, and counted as found in the cache."""
    assert service.send() == service.first
    assert service.first[0] == 200
    assert service.evaluated == 1
    assert service.endpoint.cache.hits == 2


def test_head_has_the_headers_of_the_kept_response(service):
    """HEAD has the headers of the response that is kept, and no body."""
    assert service.send(method="HEAD") == (*service.first[:2], b"")


def test_a_client_that_has_the_response_gets_not_modified(service):
    """A client that has the response already gets 304, with the headers that say how long it may keep it."""
    held = [*SCOPE["headers"], (b"if-none-match", service.first[1][b"etag"])]
    status, headers, body = service.send(headers=held)

    assert (status, body) == (304, b"")
    assert {b"etag", b"vary", b"cache-control"} <= set(headers)
    assert not {b"content-length", b"content-type"} & set(headers)
    assert service.send(headers=[*SCOPE["headers"], (b"if-none-match", b'"other"')]) == service.first


@pytest.mark.parametrize(
    "scope",
    [
        {"headers": [(b"accept", b"application/sparql-results+xml")]},
        {"headers": [*SCOPE["headers"], (b"accept-encoding", b"gzip")]},
        {"query_string": b"query=ASK%7B%7D%20"},
        {"http_version": "2"},
        {"headers": [*SCOPE["headers"], (b"content-length", b"0")]},
    ],
    ids=["media type", "coding", "spelling", "version that hides bodies", "body"],
)
def test_another_request_is_not_answered_from_the_cache(service, scope):
    """A request that differs in anything that the response depends on is answered as if nothing were kept."""
    assert service.send(**scope) == Service().send(**scope)
    assert service.send(**scope)[0] == 200


def test_a_new_release_is_never_answered_from_the_old_one(service):
    """After a change of release the new one is asked, whether or not the cache was emptied yet."""
    service.release = "two"
    status, headers, body = service.send()

    assert (status, service.evaluated) == (200, 2)
    assert b"two" in body
    assert headers[b"etag"] != service.first[1][b"etag"]


def test_a_forgotten_answer_is_evaluated_anew(service):
    """An answer that the cache has forgotten is evaluated anew."""
    service.endpoint.cache.clear()
    assert service.send() == service.first
    assert service.evaluated == 2


def test_changing_answers_are_not_kept(service):
    """A query whose answer changes is evaluated each time."""
    for _ in range(2):
        service.send(query_string=b"query=SELECT%20(NOW()%20AS%20%3Fn)%20%7B%7D")
    assert service.evaluated == 3


def test_what_comes_but_once_is_not_kept(service):
    """A response is kept beside its answer when it is asked for a second time: most requests never are."""
    once = {"query_string": b"query=ASK%7B%7D%23"}
    sizes = [service.endpoint.cache.bytes]
    for _ in range(3):
        body = service.send(**once)[2]
        sizes.append(service.endpoint.cache.bytes)

    grown = [after - before for before, after in itertools.pairwise(sizes)]
    assert grown == [
        len(body) + OVERHEAD + len("ASK{}#"),
        RESPONSE_OVERHEAD,
        0,
    ]


def test_the_least_recently_used_answer_gives_way():
    """The least recently used answer gives way, and none takes more than a quarter of the store."""
    store = SegmentedLRU(400)
    for name in "abcd":
        store.add(name, Kept(None, 100))
        store.get(name)
    store.get("a")
    store.add("e", Kept(None, 100))
    store.get("e")
    store.add("large", Kept(None, 101))

    assert [name for name in ("a", "b", "c", "d", "e", "large") if store.get(name)] == ["a", "c", "d", "e"]
    assert store.bytes == 400


def test_an_entry_that_grows_counts_its_new_size():
    """What is kept beside an answer counts with it, and pushes out what was used longest ago."""
    store = SegmentedLRU(400)
    for name in "abc":
        store.add(name, Kept(None, 100))
        store.get(name)
    store.grow("c", 150)

    assert [name for name in "abc" if store.get(name)] == ["b", "c"]
    assert store.bytes == 350


def test_a_flood_of_what_comes_once():
    """What comes but once has a sixteenth of the store, and pushes out its like only."""
    store = SegmentedLRU(160)
    for name in "ab":
        store.add(name, Kept(None, 40))
        assert store.get(name)
    for number in range(100):
        store.add(number, Kept(None, 2))

    assert (bool(store.get("a")), bool(store.get("b"))) == (True, True)
    assert (len(store), store.bytes) == (2 + 5, 80 + 10)
    assert [number for number in range(100) if store.get(number)] == [95, 96, 97, 98, 99]


def test_what_the_cache_had_is_told_of_each_question():
    """A question that takes long is called a miss, however many others are answered from the cache meanwhile."""
    told: list[tuple[str, str]] = []

    async def run():
        cache, waiting = ResponseCache(), asyncio.Event()

        async def ask(question, evaluate):
            if cache.get("r", Request(question)):
                told.append((question, "hit"))
            else:
                await cache.evaluate("r", Request(question), evaluate, tell=lambda had: told.append((question, had)))

        async def at_once():
            return Outcome(Answer(b"", "text/csv", "rows"), "r", 0.0, "quick")

        async def slowly():
            await waiting.wait()
            return await at_once()

        await ask("kept", at_once)
        slow = [asyncio.ensure_future(ask("slow", slowly)) for _ in range(2)]
        await asyncio.sleep(0)
        await ask("kept", at_once)
        waiting.set()
        await asyncio.gather(*slow)

    asyncio.run(run())

    assert told == [("kept", "miss"), ("slow", "miss"), ("slow", "joined"), ("kept", "hit")]


# Refusals.


class Refusing(Service):
    """A service that raises an error for each query."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def evaluate(self, _):
        self.evaluated += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        (ProblemError("rows", limit=10), True),
        (ProblemError("bytes", limit=10), True),
        (MemoryLimitError(10), True),
        (ProblemError("nesting.parser"), True),
        (TimeLimitError(10, had_core=True), True),
        (TimeLimitError(10), False),
        (BusyError("queue", count=9), False),
        (LostError("SIGKILL"), False),
        (ProblemError("syntax", line=1, column=1), False),
    ],
    ids=lambda value: value.name if isinstance(value, ProblemError) else str(value),
)
def test_a_limit_that_a_query_has_reached_is_remembered(error, is_kept):
    """A query that would be refused again is refused at once; what a busy machine did is forgotten."""
    service = Refusing(error)
    first = service.send()

    assert service.send() == first
    assert (
        service.send(headers=[(b"accept", b"application/sparql-results+json"), (b"accept-encoding", b"gzip")]) == first
    )
    assert (first[0], service.evaluated) == (error.status, 1 if is_kept else 3)
    service.release = "two"
    service.send()
    assert service.evaluated == (2 if is_kept else 4)


def test_a_time_out_holds_for_those_with_no_more_patience():
    """One who gave a query two seconds learns nothing about ten; one who has less time than that is refused at once."""
    service = Refusing(TimeLimitError(2, had_core=True))
    query = b"query=ASK%7B%7D"
    for patience in (b"&timeout=2", b"&timeout=2", b"&timeout=1.5"):
        body = service.send(query_string=query + patience)[2]
    assert service.evaluated == 1
    assert b"ended after 1.5 s" in body

    service.error = TimeLimitError(10, had_core=True)
    for patience in (b"&timeout=3", b"", b"", b"&timeout=3"):
        body = service.send(query_string=query + patience)[2]
    assert service.evaluated == 3
    assert b"ended after 3 s" in body


def test_an_answer_takes_the_place_of_a_refusal():
    """A query that is answered when its client waits longer is answered from the cache from then on."""
    service = Refusing(TimeLimitError(2, had_core=True))
    assert service.send(query_string=ASKED + b"&timeout=2")[0] == 504
    service.evaluate = service.endpoint.evaluate = super(Refusing, service).evaluate
    first = service.send()

    assert (first[0], service.evaluated) == (200, 2)
    assert service.send(query_string=ASKED + b"&timeout=2") == first
    assert service.evaluated == 2
    assert len(service.endpoint.cache) == 1


# Requests in the same bytes.


def test_the_same_bytes_are_answered_before_they_are_read(service, monkeypatch):
    """A request that came before in the same bytes is answered, logged and counted without being parsed."""
    assert service.send() == service.first
    monkeypatch.setattr(service.endpoint, "read", None)
    hits = service.endpoint.cache.hits

    assert service.send() == service.first
    assert service.endpoint.cache.hits == hits + 1
    assert (b'kg_requests_total{route="/sparql",status="200"} ') in service.gateway._metrics.text()


def test_the_same_bytes_get_the_new_release(service):
    """What is remembered of a request holds for its release alone."""
    for release in ("one", "two", "two", "two", "one"):
        service.release = release
        assert release.encode() in service.send()[2]


def test_few_and_small_requests_are_remembered(service):
    """What is remembered of requests is bounded in number and bytes."""
    cache = service.endpoint.cache
    for number in range(MAX_REQUESTS + 5):
        for _ in range(2):
            service.send(headers=[*SCOPE["headers"], (b"x-number", b"%d" % number)])
    assert len(cache._requests) == MAX_REQUESTS

    cache._requests.clear()
    for _ in range(3):
        service.send(headers=[*SCOPE["headers"], (b"x-long", b"a" * MAX_REMEMBERED)])
    assert not cache._requests
