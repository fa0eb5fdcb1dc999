"""The real server, started as people start it, on a free port of this machine."""

import contextlib
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


def test_start_message(served):
    """The service says in one line where it is, how many triples it has and of which version."""
    address, line = served

    assert line == f"Serving 8 triples, version 1.1.0, on {address} (Ctrl-C stops).\n"


def test_routes_answer(served):
    """The start page, the endpoint, the downloads and the state answer over a real connection."""
    address, _ = served

    assert b"<!doctype html>" in get(address)
    assert b'"boolean":true' in get(f"{address}sparql?query=ASK%7B%7D")
    assert get(f"{address}download/things.ttl") == b"# Les choses\n"
    assert b'"ready":true' in get(f"{address}health")


def test_many_at_once(served):
    """Many clients at once each get their own answer."""
    address, _ = served
    queries = [f"SELECT ({number} AS ?n) {{}}" for number in range(100)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda query: get(f"{address}sparql?query={quote(query)}", Accept="text/csv"), queries))

    assert answers == [f"n\r\n{number}\r\n".encode() for number in range(100)]


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


def test_request_in_flight_is_answered(root):
    """A query under way when SIGTERM comes is answered before the service ends, with exit code 0."""
    with service(root, "--port", 0) as (process, address, _), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, f"{address}sparql?query={quote(SLOW)}", Accept="text/csv")
        time.sleep(0.1)
        assert not answer.done()
        process.send_signal(signal.SIGTERM)

        assert answer.result(LIMIT) == b"n\r\n2097152\r\n"
        assert process.wait(LIMIT) == 0


def test_killed_worker_is_replaced(root):
    """A worker that is killed is replaced, and the service answers again within a second."""
    with service(root, "--port", 0) as (process, address, _):
        (worker,) = workers(process)
        os.kill(worker, signal.SIGKILL)
        begin = time.monotonic()
        while True:
            try:
                assert b"true" in get(f"{address}sparql?query=ASK%7B%7D")
                break
            except OSError:
                assert time.monotonic() - begin < 1
                time.sleep(0.01)
        assert workers(process) != [worker]


def refused(root, *arguments):
    """What a service says that does not start, and its exit code."""
    process = start(root, *arguments)
    try:
        _, said = process.communicate(timeout=LIMIT)
    finally:
        end(process)
    return process.returncode, said


def test_port_in_use(root, served):
    """A port that is taken is named, with what to do."""
    port = served[0].rsplit(":", 1)[1].strip("/")

    assert refused(root, "--port", port) == (
        2,
        f"The address 127.0.0.1:{port} is in use. Choose another with --host or --port.\n",
    )


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


def test_two_workers(root):
    """Several workers share a port."""
    with service(root, "--port", 0, "--workers", 2) as (process, address, _):
        assert len(workers(process)) == 2
        assert all(b"true" in get(f"{address}sparql?query=ASK%7B%7D") for _ in range(20))


FORWARDED = {"X-Forwarded-For": "made up, 198.51.100.7", "X-Forwarded-Host": "evil.test", "X-Forwarded-Prefix": "/x"}


@pytest.mark.parametrize(("arguments", "client"), [((), "127.0.0.1"), (("--trust-proxy", 1), "198.51.100.7")])
def test_forwarded_headers(root, arguments, client):
    """What proxies say of a request is believed only when asked for, and changes no link in either case."""
    with service(root, "--port", 0, "--access-log", *arguments) as (process, address, _):
        plain, forwarded = get(address), get(address, **FORWARDED)
        lines = []
        while len(lines) < 2:
            line = json.loads(process.stdout.readline())
            lines += [line] if line["path"] == "/" else []

    assert [line["client"] for line in lines] == ["127.0.0.1", client]
    assert plain == forwarded
