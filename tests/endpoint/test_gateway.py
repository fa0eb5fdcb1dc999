"""The gateway reads requests within its limits and refuses all others."""

import asyncio
import io
import json

import pytest

from kg.endpoint.gateway.asgi_gateway import Gateway
from kg.endpoint.gateway.client_limits import ABORT, PART, SlowClients
from kg.endpoint.gateway.sparql_route import SparqlEndpoint

SCOPE = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}


ENDPOINT = SparqlEndpoint(None, lambda: "one", "https://example.org/sparql")
"""What answers no query of these tests."""


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


def exchange(queue, *, seconds=1.0, max_body=10, headers=(), **scope):
    """What the application was handed and what was sent back, for messages that a client sends; None: it waits.

    The messages that were taken in are gone from the list afterwards. A body without a length comes in chunks.
    """
    handed, sent = [], []
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"transfer-encoding", b"chunked")]
    scope = {**SCOPE, **scope, "headers": headers}

    async def application(_scope, receive, send):
        handed.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        message = queue.pop(0) if queue else None
        if message is None:
            await asyncio.sleep(60)
        return message

    async def send(message):
        sent.append(message)

    asyncio.run(Gateway(application, ENDPOINT, max_body=max_body, seconds=seconds)(scope, receive, send))
    return handed, sent


def code(sent):
    assert sent[0]["status"] == json.loads(sent[1]["body"])["status"]
    assert (b"content-type", b"application/problem+json") in sent[0]["headers"]
    return sent[0]["status"]


def test_body_is_handed_on_whole():
    """A body that comes in parts reaches the application as one."""
    handed, sent = exchange([part(b"ASK"), part(b""), part(b" {}", more=False)])

    assert handed == [{"type": "http.request", "body": b"ASK {}", "more_body": False}]
    assert sent[0]["status"] == 200


@pytest.mark.parametrize(
    ("length", "expect", "messages", "taken"),
    [
        (b"11", b"", [part(b"123456"), part(b"12345", more=False)], 2),
        (b"", b"", [part(b"123456"), part(b"123456"), part(b"", more=False)], 3),
        (b"11", b"", [part(b"123456"), None], 1),
        (b"11", b"100-continue", [part(b"12345678901", more=False)], 0),
        (b"99999999", b"", [part(b"123456")], 0),
        (b"", b"", [part(b"a" * 9_000_000)] * 3, 2),
    ],
    ids=["declared", "in parts", "cut short", "announced", "far too large", "far too large, in parts"],
)
def test_a_body_over_the_limit_is_read_in_part_and_refused(length, expect, messages, taken):
    """A body over the limit is refused; part of it is read first, so that the client hears the refusal."""
    left = list(messages)
    headers = [(b"content-length", length), (b"expect", expect)]
    handed, sent = exchange(left, headers=[each for each in headers if each[1]], seconds=0.05)

    assert handed == []
    assert code(sent) == 413
    assert len([each for each in left if each]) == len([each for each in messages if each]) - taken


def test_a_body_that_does_not_arrive_in_time_is_given_up():
    """A body that does not arrive in time is given up, and the application never sees the request."""
    handed, sent = exchange([part(b"ASK"), None], seconds=0.05)

    assert handed == []
    assert code(sent) == 408


def test_client_that_goes_away():
    """A request whose client stops in the middle of its body is not handed on."""
    handed, sent = exchange([part(b"ASK"), {"type": "http.disconnect"}])

    assert handed == []
    assert sent[0]["status"] == 400  # for one that still listens


@pytest.mark.parametrize(("query_string", "status"), [(b"query=" + b"a" * 60_000, 414), ("query=é".encode(), 400)])
def test_a_query_string_too_long_or_not_encoded_is_refused(query_string, status):
    """A query string that is too long or not percent-encoded is refused."""
    handed, sent = exchange([part(b"", more=False)], query_string=query_string)

    assert handed == []
    assert code(sent) == status


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ([(b"x-any", b"a" * 40_000)], 32_768),
        ([(f"x-{n}".encode(), b"a" * 1_000) for n in range(40)], 32_768),
        ([(b"accept", b"a/b," * 2_000)], 4_096),
        ([(b"accept", b"a/b," * 700), (b"accept-language", b"fr," * 700)], 4_096),
        ([(b"if-none-match", b'"a",' * 2_000)], 4_096),
    ],
    ids=["one", "many", "Accept", "Accept and its like", "If-None-Match"],
)
def test_headers_over_their_limit_are_refused_unread(headers, limit):
    """Headers over their limit are refused with it before anyone reads them."""
    handed, sent = exchange([part(b"", more=False)], headers=headers)

    assert handed == []
    assert code(sent) == 431
    assert json.loads(sent[1]["body"])["limit"] == limit


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)])
def test_figures_are_only_read(method, status):
    """The numbers are the gateway's own to answer, by GET and HEAD only."""
    handed, sent = exchange([part(b"", more=False)], method=method, path="/metrics")

    assert handed == []
    assert sent[0]["status"] == status
    assert bool(sent[1]["body"]) is (method != "HEAD")
    assert (status == 405) is ((b"allow", b"GET, HEAD, OPTIONS") in sent[0]["headers"])


def test_requests_that_are_not_http_go_to_the_application():
    """What is not an HTTP request goes straight to the application."""
    handed, _ = exchange([{"type": "lifespan.startup"}], type="lifespan")

    assert handed == [{"type": "lifespan.startup"}]


@pytest.mark.parametrize(
    ("proxies", "sent", "client"),
    [
        (0, [b"198.51.100.7"], "192.0.2.1"),
        (1, [], "192.0.2.1"),
        (1, [b""], "192.0.2.1"),
        (1, [b"198.51.100.7"], "198.51.100.7"),
        (1, [b"made up, 198.51.100.7"], "198.51.100.7"),
        (1, [b"made up", b"198.51.100.7"], "198.51.100.7"),
        (2, [b"made up,2001:db8::7 , 203.0.113.1"], "2001:db8::7"),
        (2, [b"198.51.100.7"], "192.0.2.1"),
    ],
)
def test_client_behind_proxies(proxies, sent, client):
    """The log names the client that the trusted proxies name, and else the other end of the connection."""
    log = io.StringIO()

    async def run():
        async def receive():
            return part(b"", more=False)

        async def send(_message):
            pass

        async def application(_scope, _receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})

        headers = [(b"x-forwarded-for", value) for value in sent]
        scope = {**SCOPE, "headers": headers, "client": ("192.0.2.1", 5000)}
        await Gateway(application, ENDPOINT, proxies=proxies, log=log)(scope, receive, send)

    asyncio.run(run())

    assert json.loads(log.getvalue())["client"] == client


class _Written(io.StringIO):
    """A log that counts how often it is written to the disk."""

    times = 0

    def flush(self):
        self.times += 1


def test_lines_of_the_log_are_written_together():
    """Requests that come together are written to the log together, soon and in their order."""
    log = _Written()

    async def send(_message):
        pass

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def run():
        gateway = Gateway(application, ENDPOINT, log=log)
        for turn in (1, 2):
            for number in range(50):
                await gateway({**SCOPE, "path": f"/{number}"}, None, send)
            async with asyncio.timeout(10):
                while log.times < turn:
                    await asyncio.sleep(0.01)

    asyncio.run(run())

    assert log.times == 2
    assert [json.loads(line)["path"] for line in log.getvalue().splitlines()] == [f"/{n}" for n in range(50)] * 2


class _Reader:
    """A client that takes so many parts of an answer and then reads no more, until its connection is ended."""

    def __init__(self, parts):
        self.parts, self.sent, self.is_cut = parts, [], asyncio.Event()

    async def send(self, message):
        if len(self.sent) >= self.parts:
            await self.is_cut.wait()
        self.sent.append(bytes(message["body"]))

    async def read(self, slow_clients, body):
        """Take an answer; return how many bytes have come."""
        message = {"type": "http.response.body", "body": body}
        await slow_clients.send(message, {ABORT: self.is_cut.set}, self.send)
        return b"".join(self.sent)


def test_a_large_answer_is_sent_in_parts():
    """A large answer comes whole, in parts, and nothing is held for its client afterwards."""
    body = bytes(range(256)) * 1_000
    reader, slow_clients = _Reader(99), SlowClients()

    assert asyncio.run(reader.read(slow_clients, body)) == body
    assert max(map(len, reader.sent)) == PART
    assert (slow_clients.bytes, slow_clients.cut) == (0, 0)


def test_who_has_read_for_longest_is_cut_off():
    """Where slow readers hold more than they may, the one who began first is cut off, and the others are not."""

    async def run():
        slow_clients = SlowClients(most=6 * PART)
        readers = [_Reader(1) for _ in range(3)]
        reading = [asyncio.ensure_future(reader.read(slow_clients, b"a" * 3 * PART)) for reader in readers]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        held = slow_clients.bytes, slow_clients.cut, [reader.is_cut.is_set() for reader in readers]
        for reader in readers:
            reader.is_cut.set()
        await asyncio.gather(*reading)
        return held, slow_clients.bytes

    assert asyncio.run(run()) == ((4 * PART, 1, [True, False, False]), 0)


def test_who_takes_too_long_is_cut_off():
    """A client that has not read an answer in time is cut off."""
    reader, slow_clients = _Reader(1), SlowClients(seconds=0.01)
    asyncio.run(reader.read(slow_clients, b"a" * 3 * PART))

    assert (slow_clients.bytes, slow_clients.cut, reader.is_cut.is_set()) == (0, 1, True)
