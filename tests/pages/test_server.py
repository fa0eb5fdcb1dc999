"""The real server, started by its command on a free port."""

import contextlib
import hashlib
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from kg.endpoint.protocol import PAGE, content_type
from kg.model.errors import KgError
from kg.pages.pages_service import PagesService, ReleaseSource, public_address

CASES = Path(__file__).parents[1] / "endpoint" / "cases"
REQUESTS = yaml.safe_load((CASES / "requests.yaml").read_text(encoding="utf-8"))
ACCEPTS = yaml.safe_load((CASES / "accept.yaml").read_text(encoding="utf-8"))
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u }"
LIMIT = 30
"""Seconds after which a test is given up."""


def start(root, *arguments):
    """The service as a process of its own; its groups are its own too, so that no signal of ours goes astray."""
    command = [sys.executable, "-m", "kg", "--project", str(root), "serve", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def end(process):
    """End the process by its own id, and what it started, whatever state it is in."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LIMIT / 2)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextlib.contextmanager
def service(root, *arguments):
    """A running service and its address."""
    process = start(root, *arguments)
    try:
        line, address = "", None
        while not address:  # the access log may have a line of its own before
            line = process.stdout.readline()
            address = re.search(r"on (http://\S+/) ", line)
            assert line, process.stderr.read()
        yield process, address[1], line
    finally:
        end(process)


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=LIMIT) as response:
        return response.read()


def workers(process):
    """The ids of the worker processes."""
    return [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def served(root):
    with service(root, "--port", 0) as (_, address, line):
        yield address, line


def test_the_service_says_in_one_line_where_it_is(served):
    """The service says in one line where it is, how many triples it has and of which version."""
    address, line = served

    assert line == f"Serving 8 triples, version 1.1.0, on {address} (Ctrl-C stops).\n"


def test_all_main_routes_answer_over_a_real_connection(served):
    """The start page, the endpoint, the downloads and the state answer over a real connection."""
    address, _ = served

    assert b"<!doctype html>" in get(address)
    assert b'"boolean":true' in get(f"{address}sparql?query=ASK%7B%7D")
    assert get(f"{address}download/things.ttl") == b"# Les choses\n"
    assert b'"ready":true' in get(f"{address}health")


@pytest.fixture(scope="module")
def connection(served):
    """A connection that is kept open from request to request, so that a body that is too long or short is noticed."""
    address = served[0].split("/")[2]
    with contextlib.closing(http.client.HTTPConnection(address, timeout=LIMIT)) as connection:
        yield connection


def send(connection, method, target, body=b"", **headers):
    """The response to a request whose target is sent as it is, and its body."""
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        if value:
            connection.putheader(name.replace("_", "-"), value)
    if method == "POST":
        connection.putheader("Content-Length", len(body))
    connection.endheaders(body or None)
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(
    "case",
    # http.client itself refuses to send an address that is not encoded
    [
        case
        for case in REQUESTS
        if case.get("query_string", "").isprintable() and " " not in case.get("query_string", "")
    ],
    ids=lambda case: case["case"],
)
def test_requests_of_the_protocol(connection, case):
    """The running service answers each request of the protocol with the status of its case, and says why not."""
    body = bytes.fromhex(case["hex"]) if "hex" in case else case.get("body", "").encode()
    target = "/sparql?" + case.get("query_string", "")
    headers = {
        "Content_Type": case.get("content_type"),
        "Accept": case.get("accept", "application/sparql-results+json"),
    }
    response, answer = send(connection, case["method"], target, body, **headers)

    assert response.status == case.get("status", 200), answer
    assert response.getheader("Access-Control-Allow-Origin") == "*"
    if response.status == 405:
        assert set(response.getheader("Allow").split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    elif response.status >= 400:
        assert response.getheader("Content-Type") == "application/problem+json"
        assert response.getheader("Cache-Control") == "no-store"
        assert json.loads(answer)["code"] == case["refused"]


@pytest.mark.parametrize(("kind", "query"), [("results", "ASK{}"), ("graph", "DESCRIBE<a:b>")])
@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case.get("client") or str(next(iter(case.values()))))
def test_the_running_service_negotiates_or_answers_406(connection, case, kind, query):
    """The running service sends the media type of the case, or 406, and says that it depends on Accept."""
    accept, form = case.get("accept", ""), case.get("format", "")
    target = f"/sparql?query={quote(query)}" + (f"&format={quote(form)}" if form else "")
    response, answer = send(connection, "GET", target, Accept=accept)

    expected = content_type(case[kind], accept) if case[kind] else "application/problem+json"
    expected = PAGE if case[kind] == PAGE else expected
    assert (response.status, response.getheader("Content-Type").split(";")[0]) == (
        200 if case[kind] else 406, expected.split(";")[0]
    ), answer  # fmt: skip
    assert "Accept" in response.getheader("Vary").split(", ")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/en/", 200), ("/sparql", 200), ("/sparql?query=ASK%7B%7D", 200), ("/sparql?query=ASK", 400),
     ("/graph/things", 200), ("/rdf-graph-store?default", 200), ("/rdf-graph-store", 400), ("/graph/none", 404),
     ("/download/things.ttl", 200), ("/id/initiative/abri", 303), ("/doc/initiative/abri", 200), ("/metrics", 200),
     ("/openapi.json", 200), ("/health", 200), ("/static/style.css", 200), ("/nothing", 404)],
)  # fmt: skip
def test_head_over_a_connection(connection, path, status):
    """HEAD has the status and the headers of GET, and not a byte of its body, which would spoil the next answer."""
    got, body = send(connection, "GET", path)
    head, nothing = send(connection, "HEAD", path)
    varying = {"date"} | ({"content-length"} if path == "/metrics" else set())

    assert (got.status, head.status, nothing) == (status, status, b"")
    assert int(got.getheader("Content-Length")) == len(body)
    assert [each for each in head.getheaders() if each[0] not in varying] == [
        each for each in got.getheaders() if each[0] not in varying
    ]


def test_metrics_tell_of_requests_queries_cache_and_pool(connection):
    """The metrics count requests, refusals, seconds of queries and cache hits, and tell the state of the pool."""

    def figures():
        _, text = send(connection, "GET", "/metrics")
        lines = [line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    before = figures()
    for path in ("/sparql?query=ASK%7B?f?i?g%7D", "/sparql?query=ASK%7B?f?i?g%7D", "/sparql?query=ASK", "/health"):
        send(connection, "GET", path)
    after = figures()
    grown = {name: value - before.get(name, 0) for name, value in after.items()}

    assert grown['kg_requests_total{route="/sparql",status="200"}'] == 2
    assert grown['kg_requests_total{route="/sparql",status="400"}'] == 1
    assert grown['kg_requests_total{route="/health",status="200"}'] == 1
    assert grown["kg_query_seconds_count"] == grown['kg_query_seconds_bucket{le="+Inf"}'] == 3
    assert grown["kg_query_seconds_sum"] > 0
    assert grown['kg_cache_requests_total{found="hits"}'] == 1
    assert grown['kg_cache_requests_total{found="misses"}'] == 2
    assert grown['kg_refused_total{code="syntax"}'] == grown['kg_pool_total{event="refused"}'] == 1
    assert after["kg_cache_bytes"] > before["kg_cache_bytes"]
    assert {f'kg_pool_total{{event="{name}"}}' for name in ("timeout", "memory", "busy", "lost", "forks")} <= set(after)
    assert after["kg_pool_evaluators"] >= after["kg_pool_quick_idle"] > 0


def test_figures_are_only_read(connection):
    """Another method than GET and HEAD gets 405 at the address of the numbers, with those there are."""
    response, answer = send(connection, "POST", "/metrics")

    assert (response.status, json.loads(answer)["code"]) == (405, "method")
    assert response.getheader("Allow") == "GET, HEAD, OPTIONS"


def test_many_clients_at_once_each_get_their_own_answer(served):
    """Many clients at once each get their own answer."""
    address, _ = served
    queries = [f"SELECT ({number} AS ?n) {{}}" for number in range(100)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda query: get(f"{address}sparql?query={quote(query)}", Accept="text/csv"), queries))

    assert answers == [f"n\r\n{number}\r\n".encode() for number in range(100)]


@pytest.mark.alone
def test_half_sent_bodies_hold_nobody_up(served):
    """Clients that never finish their requests do not keep others waiting."""
    address, _ = served
    port = int(address.rsplit(":", 1)[1].strip("/"))
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK"
    )
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT)).sendall(head)
        begin = time.monotonic()
        assert b"true" in get(f"{address}sparql?query=ASK%7B%7D")
        assert time.monotonic() - begin < 5


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended; one that waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.alone
def test_terminated_at_any_moment(root):
    """SIGTERM ends the service soon and with all its processes, be it in its first half second or later."""
    for delay in (0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1.2):
        process = start(root, "--port", 0)
        try:
            time.sleep(delay)
            children = workers(process)
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT / 2)
            deadline = time.monotonic() + 3
            while any(map(is_running, children)) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert [child for child in children if is_running(child)] == [], delay
        finally:
            end(process)


@pytest.mark.alone
def test_request_in_flight_is_answered(root):
    """A query under way when SIGTERM comes is answered before the service ends, with exit code 0."""
    with service(root, "--port", 0) as (process, address, _), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, f"{address}sparql?query={quote(SLOW)}", Accept="text/csv")
        time.sleep(0.1)
        assert not answer.done()
        process.send_signal(signal.SIGTERM)

        assert answer.result(LIMIT) == b"n\r\n2097152\r\n"
        assert process.wait(LIMIT) == 0


def processor_seconds(pid):
    """The seconds of a processor that a process and those that it started have used; those that ended count too."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(processor_seconds, started))


def test_killed_worker_is_replaced(root):
    """A worker that is killed is replaced, and the service answers again after less than a second of work."""
    with service(root, "--port", 0) as (process, address, _):
        (worker,) = workers(process)
        os.kill(worker, signal.SIGKILL)
        begin = time.monotonic()
        while True:
            try:
                assert b"true" in get(f"{address}sparql?query=ASK%7B%7D")
                break
            except OSError:
                assert time.monotonic() - begin < LIMIT / 3
                time.sleep(0.01)
        (another,) = workers(process)
        assert another != worker
        assert processor_seconds(another) < 1  # seconds of the clock would be those of whatever else the machine does


def test_pages_that_are_not_ready(root, monkeypatch):
    """A page of a release whose pages take too long to be made is 503 with when to come again."""
    service, begun = PagesService(ReleaseSource(root, (), None, None)), []
    monkeypatch.setattr(service, "_current_pages", lambda: None)
    body = b"".join(service._wsgi({"wsgi.input": io.BytesIO()}, lambda *given: begun.append(given)))
    ((status, headers),) = begun

    assert status.startswith("503 ")
    assert int(dict(headers)["Retry-After"]) > 0
    assert dict(headers)["Access-Control-Allow-Origin"] == "*"
    assert (dict(headers)["Content-Type"], json.loads(body)["code"]) == ("application/problem+json", "busy")


def refused(root, *arguments):
    """What a service says that does not start, and its exit code."""
    process = start(root, *arguments)
    try:
        _, said = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    return process.returncode, said


def test_a_port_in_use_is_named(root, served):
    """A port that is taken is named, with what to do."""
    port = served[0].rsplit(":", 1)[1].strip("/")

    assert refused(root, "--port", port) == (
        2,
        f"The address 127.0.0.1:{port} is in use. Choose another with --host or --port.\n",
    )


@pytest.mark.parametrize(
    "url", ["data.example.org", "/data", "ftp://example.org/", "https://", "http://x/?a", "http://x/ y"]
)
def test_public_addresses_that_are_none(url):
    """What is no web address is refused as the public one, with an example of one."""
    with pytest.raises(KgError, match=re.escape(f"--public-url is {url!r}. Give an http or https address")):
        public_address(url)


def test_public_address_without_its_slash(root):
    """A public address may be given without the slash at its end; links have it."""
    with service(root, "--port", 0, "--public-url", "https://data.example.org/sub") as (_, address, _line):
        assert b"<https://data.example.org/sub/sparql>" in get(f"{address}sparql", Accept="text/turtle")


def test_files_that_cannot_be_served(root, tmp_path):
    """A missing file, a corrupt one and a project without a release are named, with what to do."""
    (tmp_path / "kg.toml").write_text((root / "kg.toml").read_text(encoding="utf-8"), encoding="utf-8")
    cut = tmp_path / "cut.nq"
    cut.write_text("<http://ex/a> <http://ex/b> <http://ex/c> .\n<http://ex/a>")

    for arguments, words in (
        ([tmp_path / "none.nq"], "none.nq: there is no such file"),
        ([cut], "cut.nq:2: this is not valid N-Quads"),
        ([], "there is no release yet. Run 'kg build' first"),
    ):
        code, said = refused(tmp_path, *arguments, "--port", 0)
        assert code == 2
        assert words in said
        assert "Traceback" not in said


def test_files_outside_of_a_project(tmp_path):
    """RDF files are served where there is no project, too."""
    (tmp_path / "data.ttl").write_text("<http://ex/a> <http://ex/b> 1, 2 .")
    with service(tmp_path, tmp_path / "data.ttl", "--port", 0) as (_, address, line):
        assert line.startswith("Serving 2 triples on http://")
        assert b"data.ttl" in get(address)
        assert b"CC" not in get(address)


def test_several_workers_share_a_port(root):
    """Several workers share a port."""
    with service(root, "--port", 0, "--workers", 2) as (process, address, _):
        assert len(workers(process)) == 2
        assert all(b"true" in get(f"{address}sparql?query=ASK%7B%7D") for _ in range(20))


def test_each_request_is_a_line_of_json_without_its_query(root):
    """Each request is a line of JSON; of a query it has the hash and what became of it, never the text."""
    query, wrong = "ASK { ?secret ?words ?here }", "ASK { ?secret"
    with service(root, "--port", 0, "--access-log") as (process, address, _):
        release = get(f"{address}sparql?query={quote(query)}") and get(f"{address}sparql?query={quote(query)}")
        with contextlib.suppress(OSError):
            get(f"{address}sparql?query={quote(wrong)}")
        get(f"{address}sparql?query={quote('SELECT (RAND() AS ?secret) {}')}")
        lines = []
        while len(lines) < 4:
            line = process.stdout.readline()
            lines += [json.loads(line)] if "/sparql" in line else []

    assert b"true" in release
    graph = hashlib.sha256((root / "dist" / "graph.nq").read_bytes()).hexdigest()[:12]
    digests = [hashlib.sha256(text.encode()).hexdigest()[:12] for text in (query, query, wrong)]
    assert [line["query"] for line in lines[:3]] == digests
    assert [line["cache"] for line in lines] == ["miss", "hit", "miss", "not cachable"]
    assert [line["status"] for line in lines] == [200, 200, 400, 200]
    assert [line.get("refused", "") for line in lines] == ["", "", "syntax", ""]
    assert [line["release"] for line in lines if line["status"] == 200] == [graph] * 3
    assert {line["lane"] for line in lines if line["status"] == 200} <= {"quick", "middle", "heavy"}
    assert "secret" not in json.dumps(lines)
    for line in lines:
        assert (line["client"], line["method"], line["path"]) == ("127.0.0.1", "GET", "/sparql")
        assert (line["seconds"] > 0, line["bytes"] > 0) == (True, True)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"])


def test_the_log_is_whole_at_the_end(root):
    """What was answered just before the service is told to stop stands in the log."""
    with service(root, "--port", 0, "--access-log") as (process, address, _):
        for _ in range(5):
            get(f"{address}metrics")
        process.terminate()
        written = process.stdout.read()

    assert written.count('"/metrics"') == 5


FORWARDED = {"X-Forwarded-For": "made up, 198.51.100.7", "X-Forwarded-Host": "evil.test", "X-Forwarded-Prefix": "/x"}


@pytest.mark.parametrize(("arguments", "client"), [((), "127.0.0.1"), (("--trust-proxy", 1), "198.51.100.7")])
def test_forwarded_headers_are_believed_only_on_demand(root, arguments, client):
    """What proxies say of a request is believed only when asked for, and changes no link in either case."""
    with service(root, "--port", 0, "--access-log", *arguments) as (process, address, _):
        plain, forwarded = get(address), get(address, **FORWARDED)
        lines = []
        while len(lines) < 2:
            line = json.loads(process.stdout.readline())
            lines += [line] if line["path"] == "/" else []

    assert [line["client"] for line in lines] == ["127.0.0.1", client]
    assert plain == forwarded
