"""Connections of clients: limits on heads and on their number, and bytes that are not HTTP."""

import asyncio
import contextlib
import json

import pytest
import uvicorn

from kg.endpoint.serving import connection
from kg.endpoint.serving.connection import MAX_HEAD, Connection

HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def application(scope, receive, send):
    """Answers with the number of bytes of the body; at /slow, it has begun to when it waits for a while."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    told = f"{scope['path']} {len(body)}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": told})


@contextlib.asynccontextmanager
async def serving():
    """The port of a server with the application above, in this event loop."""
    config = uvicorn.Config(application, http=Connection, ws="none", lifespan="off", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def exchange(port, *parts, pause=0.0, silence=0.5):
    """All that comes back until the server hangs up or is silent for so many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        while part := await asyncio.wait_for(reader.read(65_536), silence):
            received += part
    writer.close()
    return received


def run(*parts, **how):
    async def once():
        async with serving() as port:
            return await exchange(port, *parts, **how)

    return asyncio.run(once())


def problem(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    document = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    return document


@pytest.mark.parametrize("rubbish", [b"\0\0\0\0\r\n\r\n", b"HELLO\r\n\r\n", b"GET / HTTP/1.1\r\nNo colon\r\n\r\n"])
def test_bytes_that_are_not_http_get_a_problem_document(rubbish):
    """Bytes that are not HTTP are answered with a problem document, and the connection ends."""
    assert (problem(run(rubbish))["status"], problem(run(rubbish))["code"]) == (400, "malformed")


def test_no_http_after_a_request():
    """What is no HTTP never stands in the answer to the request before it: that one is cut, and looks cut."""
    answer = run(HELLO.replace(b"GET /", b"GET /slow"), b"\0\0\0\0\r\n\r\n", pause=0.05)

    assert b"malformed" not in answer
    assert not answer.endswith(b"/slow 0")


def test_a_head_over_the_limit_is_refused():
    """A head over the limit is refused with the limit, in whatever pieces it comes."""
    document = problem(run(b"GET / HTTP/1.1\r\n", *[b"X: " + b"y" * 60_000 + b"\r\n"] * 3, pause=0.05))

    assert (document["status"], document["code"], document["limit"]) == (431, "long-header", MAX_HEAD)


def test_long_bodies_are_no_heads():
    """The bytes of bodies, and of many requests on one connection, do not count as those of a head."""
    post = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"a" * 900_000
    answer = run(*[post, HELLO] * 3, *[HELLO] * 5_000)

    assert answer.count(b"/a 900000") == 3
    assert answer.count(b"\r\n\r\n/ 0") == 5_003


def test_too_many_connections(monkeypatch):
    """One connection too many is told to come again later; when another ends, there is room."""
    monkeypatch.setattr(connection, "CONNECTIONS", 2)

    async def scenario():
        async with serving() as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await asyncio.sleep(0.05)
            refused = await exchange(port, HELLO)
            held.pop()[1].close()
            await asyncio.sleep(0.05)
            answered = await exchange(port, HELLO)
            held.pop()[1].close()
            return refused, answered

    refused, answered = asyncio.run(scenario())

    assert (problem(refused)["status"], problem(refused)["code"]) == (503, "busy")
    assert b"retry-after: " in refused.lower()
    assert answered.endswith(b"/ 0")


@pytest.mark.parametrize("parts", [[b""], [b"GET / HT"], [HELLO, b"GET / HT"], [b"\r\n"] * 20])
def test_a_client_without_a_whole_head_is_hung_up_on(monkeypatch, parts):
    """Whoever sends no whole head in its time is hung up on, whatever trickles in meanwhile."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)

    async def scenario():
        async with serving() as port:
            began = asyncio.get_running_loop().time()
            await exchange(port, *parts, pause=0.02, silence=5)
            return asyncio.get_running_loop().time() - began

    assert 0.25 < asyncio.run(scenario()) < 4


def test_offers_to_change_the_protocol():
    """An offer to speak another protocol is passed over: the request is answered, and the next one too."""
    offer = HELLO[:-2] + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"

    assert run(offer, HELLO, pause=0.1).count(b"\r\n\r\n/ 0") == 2
