"""No malformed request yields a 500 or a hang, or harms the next request."""

import asyncio
import json
import re
import urllib.request
from contextlib import suppress
from functools import partial

import pytest
from faults.client import Connection, CutError, asking, once, request
from faults.service import make_root, service
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
SECONDS = 20
"""Longest time that any one of these requests may take: a body has 10 seconds to arrive."""

AT_ONCE = 50
BATCHES = settings.default.max_examples // 2
"""Each of the four property tests sends so many batches: 10,000 requests in all where tests are thorough."""

FAILED = {500, 502}
"""What no request may be answered."""

SAME = partial(
    settings,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""The same requests in each run, and no search for smaller ones, which would take long over a network."""


@pytest.fixture(scope="module")
def served(tmp_path_factory, files):
    """A service whose queries end soon."""
    root = make_root(tmp_path_factory.mktemp("served") / "project", files, "\n[limits]\nseconds = 2\n")
    with service(root) as served:
        yield served


async def sent(port, data):
    """The status that raw bytes are answered with; None where the connection is closed without any."""
    connection = Connection(port)
    await connection.open()
    try:
        with suppress(ConnectionError):
            connection.writer.write(data)
            await connection.writer.drain()
        try:
            head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), 0.2)
        except TimeoutError:  # it waits for more, rightly or not: there is no more
            connection.writer.write_eof()
            head = await asyncio.wait_for(connection.reader.read(), SECONDS)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    finally:
        connection.close()
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
    assert found or not head, head[:100]
    return int(found[1]) if found else None


number = iter(range(10**9))


async def send_all(port, requests):
    """Send the requests, all at once; then a valid query that nobody has asked before must be answered."""
    statuses = await asyncio.gather(*(sent(port, data) for data in requests))
    for data, status in zip(requests, statuses, strict=True):
        assert status not in FAILED, data[:2000]
    await demand_answer(port)


async def demand_answer(port):
    n = next(number)
    response = await once(port, asking(f"SELECT ({n} + 1 AS ?n) {{}}", "text/csv"))
    assert (response.status, response.body) == (200, f"n\r\n{n + 1}\r\n".encode())


def fuzz(strategy):
    """A test of batches of requests that a strategy makes, always the same ones."""

    def decorate(test):
        batches = st.lists(strategy, min_size=AT_ONCE, max_size=AT_ONCE)
        return SAME(max_examples=BATCHES)(given(requests=batches)(test))

    return decorate


def some(*values, most=6):
    """Some of the values one after the other."""
    return st.lists(st.sampled_from(values), max_size=most).map("".join)


VALID = [
    asking("SELECT * { ?s ?p ?o } LIMIT 3"),
    asking("ASK {}", "text/html"),
    request("/sparql", method="POST", headers={"Content-Type": FORM}, body=b"query=ASK%7B%7D&timeout=2"),
    request("/sparql", method="POST", headers={"Content-Type": DIRECT}, body=b"ASK {}"),
    request("/rdf-graph-store?default", headers={"Accept": "text/turtle"}),
    request("/", headers={"Accept-Language": "en", "Accept-Encoding": "gzip, br;q=0.5"}),
]
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
ESCAPES = ("%", "%2", "%00", "%FF", "%C3%A9", "%C3", "%ED%A0%80", "%ZZ", "%25", "%2525", "%F0%9F%8F%A0", "+", "%0D%0A")
PATHS = (
    "/sparql",
    "/en/sparql",
    "/",
    "/en",
    "/health",
    "/metrics",
    "/graph/",
    "/graph/things",
    "/rdf-graph-store",
    "/download/",
    "/download/graph.nq",
    "/download/../kg.toml",
    "/openapi.json",
    "/static/",
    "/id/x/y",
    "/sparql/",
    "//",
    "/.well-known/void",
    "*",
    "http://a/sparql",
    "?",
)
QUERIES = ("ASK{}", "SELECT*{}", "ASK", "select * {?s ?p ?o} limit 1", "INSERT DATA {}", "DESCRIBE <a:b>", "")


@st.composite
def spoilt(draw):
    """A valid request with bytes put in, left out or written over."""
    data = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 3))):
        at, gone = draw(st.integers(0, len(data))), draw(st.integers(0, 30))
        data = data[:at] + draw(st.binary(max_size=8)) + data[at + gone :]
    return data[: draw(st.integers(1, len(data) * 4))] if data else b"\r\n\r\n"


@st.composite
def addressed(draw):
    """A GET or so whose path and query string are put together from pieces."""
    names = (
        "query=",
        "default-graph-uri=",
        "named-graph-uri=",
        "format=",
        "output=",
        "timeout=",
        "graph=",
        "default",
        "",
    )
    values = (*ESCAPES, *QUERIES, "http://a/b", "json", "html", "1e9", "-1", "nan", "0", "&", "=", "&&", ";", "#", "é")
    fields = [draw(st.sampled_from(names)) + draw(some(*values, most=4)) for _ in range(draw(st.integers(0, 4)))]
    path = draw(st.sampled_from(PATHS)) + draw(some(*ESCAPES, "..", "/", "a", "é", most=2))
    method = draw(
        st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "X" * 99])
    )
    return request(path + "?" * draw(st.booleans()) + "&".join(fields), method=method)


@st.composite
def posted(draw):
    """A POST whose body, type and length go together or not."""
    pieces = st.one_of(
        st.binary(max_size=40),
        st.sampled_from([each.encode() for each in (*QUERIES, *ESCAPES, "query=", "&", "\0", "\ufeff")]),
    )
    body = b"".join(draw(st.lists(pieces, max_size=5)))
    kinds = [
        FORM,
        DIRECT,
        f"{FORM}; charset=utf-16",
        f"{DIRECT};charset=",
        "application/sparql-update",
        "text/plain",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "",
        ";",
        "a/b/c",
        "\xe9",
    ]
    headers = {"Content-Type": draw(st.sampled_from(kinds))}
    length = draw(
        st.sampled_from(["right"] * 9 + ["0", "99", "-1", "x", "1, 2", "99999999999999999999", "chunked", "1e1"])
    )
    if length == "chunked":
        headers["Transfer-Encoding"] = "chunked"
        body = draw(
            st.sampled_from([b"4\r\nASK \r\n2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"FFFFFFFFFFFFFFFF\r\na", b"5\r\nASK"])
        )
    if length not in {"right", "chunked"}:
        headers["Content-Length"] = length
    path = draw(st.sampled_from(["/sparql", "/sparql?query=ASK{}", "/", "/graph/things", "/download/graph.nq"]))
    return request(path, method="POST", headers=headers, body=body)


@st.composite
def headed(draw):
    """A query whose headers hold anything."""
    names = (
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Accept-Charset",
        "If-None-Match",
        "If-Modified-Since",
        "Range",
        "If-Range",
        "Expect",
        "Host",
        "Cookie",
        "Origin",
        "Upgrade",
        "Connection",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "Authorization",
        "TE",
        "Forwarded",
        "Content-Type",
        "X-é",
    )
    pieces = (
        "*",
        "/",
        "*/*",
        "text/html",
        "text/csv",
        "application/json",
        ";",
        ",",
        "q=",
        "q=0.5",
        "q=-1",
        "q=nan",
        "é",
        '"',
        "W/",
        "gzip",
        "zstd",
        "identity;q=0",
        "bytes=0-1",
        "bytes=9-1",
        "100-continue",
        "close",
        "\t",
        " ",
        "fr",
        "a" * 300,
        "h2c",
        "charset=",
        "=",
        "\\",
        "(",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "%00",
        "..",
        "[::1]",
        "<script>",
    )
    headers = {draw(st.sampled_from(names)): draw(some(*pieces)) for _ in range(draw(st.integers(1, 4)))}
    path = draw(
        st.sampled_from(
            ["/sparql?query=ASK{}", "/sparql?query=DESCRIBE%20%3Ca:b%3E", "/", "/download/graph.nq", "/sparql"]
        )
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "test", **headers}.items())
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


@fuzz(spoilt())
def test_spoilt_bytes_yield_no_500_and_no_hang(served, requests):
    """No request with spoilt bytes yields a 500 or a hang."""
    asyncio.run(send_all(served.port, requests))


@fuzz(addressed())
def test_no_path_or_query_string_yields_a_500_or_a_hang(served, requests):
    """No path, query string or percent-encoding yields a 500 or a hang."""
    asyncio.run(send_all(served.port, requests))


@fuzz(posted())
def test_no_body_media_type_or_length_yields_a_500_or_a_hang(served, requests):
    """No body, media type or length yields a 500 or a hang."""
    asyncio.run(send_all(served.port, requests))


@fuzz(headed())
def test_no_headers_yield_a_500_or_a_hang(served, requests):
    """No headers yield a 500 or a hang."""
    asyncio.run(send_all(served.port, requests))


TOKENS = (
    "SELECT",
    "ASK",
    "CONSTRUCT",
    "DESCRIBE",
    "*",
    "{",
    "}",
    "(",
    ")",
    "?s",
    "?p",
    "a",
    "<a:b>",
    "<",
    ">",
    '"x"',
    "'",
    '"""',
    "FILTER",
    "OPTIONAL",
    "UNION",
    "GRAPH",
    "SERVICE",
    "VALUES",
    "BIND",
    "AS",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "COUNT",
    "LIMIT",
    "-1",
    "1e400",
    "99999999999999999999",
    "||",
    "&&",
    "!",
    "^",
    "/",
    "+",
    "|",
    "@fr",
    "^^",
    "_:b",
    "[",
    "]",
    ";",
    ".",
    ",",
    "PREFIX",
    "BASE",
    "a:",
    ":",
    "FROM",
    "NAMED",
    "EXISTS",
    "NOT",
    "IN",
    "REGEX",
    "'(a+)+$'",
    "REPLACE",
    "#",
    "\n",
    "\0",
    "\ufeff",
    "\ud7ff",
    "é",
    "\\",
    "\\u12",
    "\\U00110000",
    "IRI",
    "STRDT",
    "SUBSTR",
    "UNDEF",
    "MINUS",
    "REDUCED",
    "<<",
    ">>",
)


@SAME(max_examples=max(BATCHES // 2, 10))
@given(
    queries=st.lists(st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join), min_size=AT_ONCE, max_size=AT_ONCE)
)
def test_queries_of_any_tokens(served, queries):
    """No sequence of tokens of SPARQL yields a 500 or a hang."""
    asyncio.run(send_all(served.port, [asking(query) for query in queries]))


LARGE = {
    "brackets, 40 kB": "SELECT * { FILTER(" + "(" * 40_000,
    "brackets, 40 kB, closed": "SELECT * { FILTER" + "(" * 20_000 + "1" + ")" * 20_000 + "}",
    "brackets, 100 kB": "ASK " + "{" * 100_000,
    "brackets, 1 MB": "ASK " + "[" * 1_000_000,
    "not, 100 kB": "ASK { FILTER(" + "!" * 100_000 + "true) }",
    "minus, 100 kB": "ASK { FILTER(" + "- " * 50_000 + "1) }",
    "paths": "ASK { ?s " + "^" * 100_000 + "a ?o }",
    "sums": "ASK { FILTER(" + "1+" * 40_000 + "1 = 1) }",
    "3,000 OPTIONALs": "SELECT * { ?s a ?t " + "OPTIONAL { ?s ?p ?o } " * 3_000 + "}",
    "nested OPTIONALs": "SELECT * { ?s a ?t " + "OPTIONAL { ?s ?p ?o " * 150 + "}" * 151,
    "10,000 ||": "ASK { FILTER(" + "||".join(["1=2"] * 10_000) + ") }",
    "10,000 unions": "ASK { " + " UNION ".join(["{}"] * 10_000) + " }",
    "300 patterns": "SELECT * { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(300)) + " } LIMIT 1",
    "5,000 variables": "SELECT * { " + " ".join(f"BIND({n} AS ?a{n})" for n in range(5_000)) + " }",
    "long values": "SELECT * { VALUES ?a { " + "1 " * 60_000 + "} }",
    "CONSTRUCT again and again": "CONSTRUCT {" * 11_000,
    "NOW in comments": "NOW#" * 32_000,
    "SERVICE again and again": "SELECT * { " + "SERVICE <a:b> {} " * 7_000 + "}",
    "zeros": "ASK {" + "\0" * 100_000 + "}",
    "regular expression": f"ASK {{ FILTER(REGEX('{'a' * 30_000}', '^(a+)+$')) }}",
    "repetition": "SELECT (STRLEN(REPLACE('aaaa', 'a', '" + "b" * 50_000 + "')) AS ?n) {}",
}


@pytest.mark.parametrize("name", LARGE)
def test_an_oversized_query_is_handled_within_its_limits(served, name):
    """A query that is far too large or deep is answered or refused within its limits; others go on meanwhile."""

    async def run():
        data = request("/sparql", method="POST", headers={"Content-Type": DIRECT}, body=LARGE[name].encode())
        large = asyncio.ensure_future(once(served.port, data))
        while not large.done():
            began = asyncio.get_running_loop().time()
            await demand_answer(served.port)
            assert asyncio.get_running_loop().time() - began < 5
        response = await large
        assert response.status in {200, 400, 413, 503, 504}, response.body[:500]
        assert response.status == 200 or response.code

    asyncio.run(run())


HOST = " HTTP/1.1\r\nHost: x\r\n"
CHUNK = "10000\r\n" + "a" * 65_536 + "\r\n"
RUBBISH = {
    "body cut short": f"POST /sparql{HOST}Content-Type: application/sparql-query\r\nContent-Length: 60\r\n\r\nASK {{",
    "chunk cut short": f"POST /sparql{HOST}Transfer-Encoding: chunked\r\n\r\n40\r\nASK",
    "two lengths": f"POST /sparql{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nAS",
    "length and chunks": f"POST /sparql{HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "zeros": "\0" * 5_000,
    "zero in a header": f"GET /{HOST}Accept: a\0b\r\n\r\n",
    "zero in the path": f"GET /\0{HOST}\r\n",
    "not UTF-8": f"GET /sparql?query=ASK{{\xff}}{HOST}\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303").decode("latin-1") + "U" * 160,
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "HTTP/0.9": "GET /\r\n\r\n",
    "HTTP/9.9": "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "websocket": f"GET /sparql{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "long path": f"GET /{'a' * 70_000}{HOST}\r\n",
    "long query string": f"GET /sparql?query={'%20' * 21_000}{HOST}\r\n",
    "long method": f"{'A' * 100_000} /{HOST}\r\n",
    "flood of headers": f"GET /{HOST}" + "".join(f"X-{n}: y\r\n" for n in range(20_000)) + "\r\n",
    "90 headers": f"GET /{HOST}" + "".join(f"X-{n}: {'y' * 2_000}\r\n" for n in range(90)) + "\r\n",
    "header without end": f"GET /{HOST}X: {'y' * 2_000_000}",
    "long Accept": f"GET /sparql?query=ASK{{}}{HOST}Accept: {'a/b,' * 50_000}\r\n\r\n",
    "long If-None-Match": f"GET /sparql?query=ASK{{}}{HOST}If-None-Match: {'W/x,' * 50_000}\r\n\r\n",
    "large body": f"POST /sparql{HOST}Content-Length: 3000000\r\n\r\n{'a' * 3_000_000}",
    "large body in chunks": f"POST /sparql{HOST}Transfer-Encoding: chunked\r\n\r\n{CHUNK * 40}",
    "many fields": f"GET /sparql?{'&'.join('a=1' for _ in range(5_000))}{HOST}\r\n",
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_refused_and_the_next_request_is_answered(served, name):
    """Bytes that are no request, or an exaggerated one, are refused or cut off; the next is answered at once."""

    async def run():
        status = await sent(served.port, RUBBISH[name].encode("latin-1"))
        assert status is None or 400 <= status < 500 or (status in {200, 505} and name != "body cut short"), status
        await asyncio.wait_for(demand_answer(served.port), 5)

    asyncio.run(run())


def posting(kind, body, **headers):
    """The bytes of a POST of a query."""
    return request("/sparql", method="POST", headers={"Content-Type": kind, **headers}, body=body)


TOO_MUCH = {
    "address": (request(f"/sparql?query={'%20' * 20_100}"), 414, "too-long", 60_000),
    "body": (posting(DIRECT, b"a" * 1_048_577), 413, "too-large", 1_048_576),
    "large body": (posting(DIRECT, b"a" * 9_000_000), 413, "too-large", 1_048_576),
    "body in chunks": (
        posting(FORM, CHUNK.encode() * 17 + b"0\r\n\r\n", **{"Transfer-Encoding": "chunked", "Content-Length": "0"})
        .replace(b"Content-Length: 0\r\n", b""), 413, "too-large", 1_048_576,
    ),
    "query": (posting(DIRECT, b"ASK {}" + b" " * 131_072), 413, "too-large", 131_072),
    "query in a form": (posting(FORM, b"query=ASK%7B%7D" + b"+" * 131_072), 413, "too-large", 131_072),
    "fields": (posting(FORM, b"query=ASK%7B%7D" + b"&a=1" * 1_001), 413, "too-large", 1_000),
    "header": (request("/", headers={"Cookie": "a" * 33_000}), 431, "long-header", 32_768),
    "Accept": (request("/", headers={"Accept": "a/b," * 1_100}), 431, "long-header", 4_096),
}  # fmt: skip
"""What is over a limit, with the status and the code of its refusal and the limit that this names."""


@pytest.mark.parametrize("name", TOO_MUCH)
def test_limits_of_requests(served, name):
    """What is over a limit of size is refused before anyone reads what it holds, with the limit and what to do."""
    data, status, code, limit = TOO_MUCH[name]
    response = asyncio.run(once(served.port, data))

    assert (response.status, response.code) == (status, code)
    assert response.json()["limit"] == limit
    assert response.headers["access-control-allow-origin"] == "*"


def test_pipelined_requests_are_answered_in_order(served):
    """Requests that are sent without waiting are answered in their order."""

    async def run():
        async with Connection(served.port) as connection:
            await connection.send(b"".join(asking(f"SELECT ({n} AS ?n) {{}}", "text/csv") for n in range(50)))
            for n in range(50):
                assert (await asyncio.wait_for(connection.receive(), 10)).body == f"n\r\n{n}\r\n".encode()

    asyncio.run(run())


def test_connection_cut_in_the_middle_of_requests(served):
    """Five hundred clients that go away at any point of their requests leave no trace."""

    async def leave(n):
        with suppress(CutError, ConnectionError):
            async with Connection(served.port) as connection:
                data = VALID[n % len(VALID)]
                await connection.send(data[: 1 + n % len(data)])

    async def run():
        await asyncio.gather(*(leave(n) for n in range(500)))
        await demand_answer(served.port)

    asyncio.run(run())


def test_openapi_against_the_service(served, require):
    """Schemathesis finds no server error in what the description of the routes lets programs ask."""
    try:
        import schemathesis
    except ImportError:
        schemathesis = None
    require(schemathesis is not None, "requests made from /openapi.json", "schemathesis: pip install schemathesis")
    document = json.load(urllib.request.urlopen(f"{served.address}openapi.json", timeout=10))
    document["servers"] = [{"url": served.address.rstrip("/")}]
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=served.address.rstrip("/"))
    failed = []
    operations = [each.ok() for each in schema.get_all_operations()]

    for operation in operations:

        @settings(
            max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def call(case):
            response = case.call(timeout=SECONDS)
            if response.status_code >= 500 and response.status_code not in {503, 504}:
                failed.append((case.method, case.formatted_path, case.query, response.status_code))

        call()

    assert operations
    assert failed == []
    asyncio.run(demand_answer(served.port))


def test_no_failure_was_counted(served):
    """Not one of all these requests has failed in the service without having been told."""
    found = served.metrics()

    assert [name for name in found if 'status="500"' in name] == []
    assert found['kg_pool_total{event="keepers_lost"}'] == 0
