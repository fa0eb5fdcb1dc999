"""No request makes the service call another server, whatever it says."""

import asyncio
import socket

import pytest
from faults.client import ask, once, request


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
def test_query(served, listener, query):
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


def test_parameters_and_routes(served, listener):
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


def test_files_of_the_machine(served):
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
