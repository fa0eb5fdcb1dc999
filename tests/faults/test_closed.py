"""No request makes the service call another server."""

import ast
import asyncio
import re
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from faults.client import ask, asking, once, request
from faults.service import ROOT


@pytest.fixture
def listener():
    """A socket that listens on this machine, and would show a call."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def calls(listening):
    """How many connections have come."""
    count = 0
    try:
        while True:
            listening.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


QUERIES = (
    "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ BIND(<{url}> AS ?u) SERVICE ?u {{ ?s ?p ?o }} }}",
    "SELECT * {{ BIND(<{url}> AS ?u) SERVICE SILENT ?u {{ ?s ?p ?o }} }}",
    "PREFIX a: <{url}> SELECT * {{ SERVICE a: {{ ?s ?p ?o }} }}",
    "ASK {{ FILTER(1<2&&trueSERVICE<{url}>{{}}) }}",
    "ASK {{ {{}}SERVICE#\n<{url}>{{ ?s ?p ?o }} }}",
    "SELECT * FROM <{url}> {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "SELECT * {{ GRAPH <{url}> {{ ?s ?p ?o }} }}",
    "DESCRIBE <{url}>",
    "BASE <{url}> DESCRIBE <>",
    "LOAD <{url}>",
    "LOAD <{url}> INTO GRAPH <{url}>",
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_names_another_server_calls_nobody(served, listener, query):
    """A query that names another server is refused or finds nothing there, and calls nobody."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/data.ttl"
    response = asyncio.run(ask(served.port, query.format(url=url), "text/turtle, */*;q=0.5"))

    assert response.status in {200, 400}
    assert (
        response.status == 400
        or b'"bindings":[]' in response.body
        or b'"boolean":' in response.body
        or not (response.body)
    )
    assert calls(listener) == 0


def test_no_parameter_or_route_calls_an_address(served, listener):
    """Graphs named in parameters are those of the store only, and no other route calls the address that it is given."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/data.ttl"
    paths = [
        f"/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D&{name}={url}"
        for name in ("default-graph-uri", "named-graph-uri", "using-graph-uri", "uri", "url", "endpoint", "service")
    ]
    paths += [f"/rdf-graph-store?graph={url}", f"/graph/{url}", f"/id/{url}", f"/sparql?update=LOAD%20%3C{url}%3E", url]

    for path in paths:
        response = asyncio.run(once(served.port, request(path, headers={"Accept": "text/csv, */*;q=0.1"})))
        assert response.status < 500
    headers = {"Host": url[7:-9], "X-Forwarded-Host": url[7:-9], "Referer": url, "Origin": url[:-9]}
    assert asyncio.run(once(served.port, request("/", headers=headers))).status < 500
    assert calls(listener) == 0


def test_no_spelling_reads_a_file_of_the_machine(served):
    """No spelling of FROM, GRAPH or a path reads a file that is not published."""
    for query in (
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "SELECT * { GRAPH <file:///etc/passwd> {?s ?p ?o} }",
    ):
        assert b'"bindings":[]' in asyncio.run(ask(served.port, query)).body
    for path in (
        "/download/../kg.toml", "/download/%2e%2e/kg.toml", "/download//etc/passwd", "/download/..%2fkg.toml",
        "/static/../app.py", "/static/%2e%2e/app.py", "/download/%00", "/download/.git/config",
    ):  # fmt: skip
        assert asyncio.run(once(served.port, request(path))).status in {400, 404}


LIMITS = {
    "Max open files": ("0", "0"),
    "Max processes": ("0", "0"),
    "Max file size": ("0", "0"),
    "Max core file size": ("0", "0"),
}
"""What every worker may have, as the kernel names it: the soft limit and the hard one."""


def limits_of(pid):
    """The limits of a process by name, the soft one and the hard one."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {name: (soft, hard) for name, soft, hard, *_ in (re.split(r"\s{2,}", line.strip()) for line in lines)}


def test_each_worker_is_confined(served):
    """Every worker of the running service, fresh or busy, may open nothing, start nothing and write nothing."""
    asyncio.run(ask(served.port, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?c }"))
    workers = {}
    for pid in served.named("kg-worker"):
        with suppress(FileNotFoundError, ProcessLookupError):  # one may end meanwhile, and another take its place
            workers[pid] = limits_of(pid), Path(f"/proc/{pid}/status").read_text()

    assert workers
    for found, status in workers.values():
        assert {name: found[name] for name in LIMITS} == LIMITS
        assert found["Max address space"][1] != "unlimited"
        assert "NoNewPrivs:\t1" in status
    zygote = limits_of(served.zygote())
    assert zygote["Max open files"] != ("0", "0")  # so that it is the workers that are confined


def niceness(pid):
    """How far a process gives way to others."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])


@pytest.mark.alone
def test_heavy_workers_give_way(served):
    """The worker of a heavy query gives way to all others, and fresh ones stand in its place."""
    heavy = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?i) }"

    async def run():
        asked = asyncio.ensure_future(once(served.port, asking(heavy, timeout="2")))
        for _ in range(150):
            await asyncio.sleep(0.01)
            found = await asyncio.to_thread(served.metrics)
            if found["kg_pool_heavy_running"] and found["kg_pool_quick_idle"] == 8:
                break
        nice = [niceness(pid) for pid in served.named("kg-worker")]
        return nice, niceness(served.http_process()), await asked

    nice, worker, response = asyncio.run(run())

    assert sorted(nice) == [*[min(worker + 5, 19)] * 8, 19]
    assert response.code == "timeout"
    assert response.json()["limit"] == 2


READERS = {"Store", "evaluate", "asker", "load", "prepareQuery"}
"""What parses queries, or leads to what does."""

READING = {
    "endpoint/worker_pool/zygote.py": "is no part of the HTTP process",
    "endpoint/worker_pool/worker.py": "is no part of the HTTP process",
    "pages/shared/release_info.py": "asks the catalogue of the release, in words of its own",
    "pages/vocabulary/routes.py": "asks the vocabulary of the release, in words of its own",
}
"""The modules that may have one of them, and why."""


def test_no_query_is_parsed_in_the_http_process():
    """Where queries of clients pass in the HTTP process is no parser that they could end: they go to a worker."""
    paths = [path for part in ("endpoint", "pages") for path in (ROOT / "kg" / part).rglob("*.py")]
    paths = [path for path in paths if path.parent.name != "evaluation"]  # what the workers run
    readers = {
        path.relative_to(ROOT / "kg").as_posix()
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and READERS & {name.name for name in node.names}
    }

    assert readers == set(READING)
