"""An endpoint alone: RDF files served at /sparql, without pages and without a project."""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool needs Linux")

SECONDS = 30
"""Longest time that a service may take to start, to answer and to end."""

PAGES_FIRST = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
"""What browsers accept."""


@contextlib.contextmanager
def endpoint(*arguments):
    """Run the endpoint on a free port; the line that announces it, and its address."""
    command = [sys.executable, "-m", "kg.endpoint", *map(str, arguments), "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            line = process.stdout.readline()
            address = re.search(r"on (http://\S+/) ", line)
            assert address, process.stderr.read()
            yield line, address[1]
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def send(address, *, method="GET", body=None, **headers):
    """The status, headers and body of a response."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, body, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.status, error.headers, error.read()


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """Three triples in two named graphs."""
    path = tmp_path_factory.mktemp("endpoint") / "graph.nq"
    path.write_text(
        "<http://ex/a> <http://ex/p> <http://ex/b> <http://ex/g1> .\n"
        '<http://ex/a> <http://ex/q> "x" <http://ex/g1> .\n'
        '<http://ex/b> <http://ex/q> "y" <http://ex/g2> .\n'
    )
    return path


@pytest.fixture(scope="module")
def served(graph):
    """The address of an endpoint over the three triples."""
    with endpoint(graph) as (_, address):
        yield address


def test_the_endpoint_says_what_it_serves_and_where(graph):
    """One line says how many triples are served at which address."""
    with endpoint(graph) as (line, address):
        assert line == f"Serving 3 triples on {address} (Ctrl-C stops).\n"


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "*/*", PAGES_FIRST])
def test_a_query_is_answered_whatever_is_accepted(served, accept):
    """A query is answered as JSON, for a browser too since there are no pages."""
    query = quote("SELECT ?o { <http://ex/b> ?p ?o }")
    status, headers, body = send(f"{served}sparql?query={query}", Accept=accept)

    assert (status, headers.get_content_type()) == (200, "application/sparql-results+json")
    assert [row["o"]["value"] for row in json.loads(body)["results"]["bindings"]] == ["y"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("", 400, "no-query"), ("ASK", 400, "syntax"), ("ASK { SERVICE <a:b> {} }", 400, "service")],
)
@pytest.mark.parametrize("accept", ["*/*", PAGES_FIRST])
def test_a_problem_is_a_problem_document(served, query, status, code, accept):
    """What cannot be answered is a problem document, for a browser too."""
    got, headers, body = send(f"{served}sparql?query={quote(query)}", Accept=accept)

    assert (got, headers.get_content_type()) == (status, "application/problem+json")
    assert json.loads(body)["code"] == code


def test_a_query_may_be_posted(served):
    """The two ways of POST that the protocol has are answered."""
    for body, media_type in (
        (b"query=ASK%7B%7D", "application/x-www-form-urlencoded"),
        (b"ASK{}", "application/sparql-query"),
    ):
        status, _, answer = send(f"{served}sparql", method="POST", body=body, Content_Type=media_type)
        assert (status, json.loads(answer)["boolean"]) == (200, True)


def test_named_graphs_can_be_asked(served):
    """A query may name the graphs of the file, and without a name asks their union."""
    query = quote("SELECT (COUNT(*) AS ?n) { GRAPH <http://ex/g1> { ?s ?p ?o } }")

    assert send(f"{served}sparql?query={query}", Accept="text/csv")[2] == b"n\r\n2\r\n"


def test_a_preflight_is_answered(served):
    """A browser may send queries for scripts of any site."""
    status, headers, _ = send(f"{served}sparql", method="OPTIONS")

    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert headers["Allow"] == headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"


def test_health_and_metrics_are_told(served):
    """The state and the metrics have addresses of their own."""
    status, _, body = send(f"{served}health")

    assert (status, json.loads(body)) == (200, {"live": True, "ready": True, "triples": 3})
    assert b"kg_pool_evaluators" in send(f"{served}metrics")[2]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("", "GET", 404), ("page", "GET", 404), ("health", "PUT", 405), ("sparql", "PUT", 405)],
)
def test_other_requests_are_refused(served, path, method, status):
    """There is nothing at other addresses, and nothing can be written."""
    got, headers, body = send(f"{served}{path}", method=method)

    assert (got, headers.get_content_type()) == (status, "application/problem+json")
    assert json.loads(body)["status"] == status
    assert status != 405 or "GET" in headers["Allow"]


def test_a_file_that_is_replaced_is_loaded_again(tmp_path):
    """Other data in the place of a file is served soon; a broken file is reported and the old data goes on."""
    path = tmp_path / "graph.nt"
    path.write_text('<http://ex/a> <http://ex/p> "1" .\n')

    def value(address):
        return (
            send(f"{address}sparql?query={quote('SELECT ?o { ?s ?p ?o }')}", Accept="text/csv")[2].decode().split()[1]
        )

    with endpoint(path) as (_, address):
        assert value(address) == "1"
        (tmp_path / "broken.nt").write_text("nonsense")
        (tmp_path / "broken.nt").replace(path)
        time.sleep(1.5)
        assert value(address) == "1"
        (tmp_path / "new.nt").write_text('<http://ex/a> <http://ex/p> "2" .\n')
        (tmp_path / "new.nt").replace(path)
        deadline = time.monotonic() + SECONDS
        while value(address) != "2":
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_file_that_cannot_be_loaded_is_named(tmp_path):
    """A file that is missing or broken ends the program with its name and what to do."""
    (tmp_path / "broken.nq").write_text("<a:b> <a:b> <a:b> .\nnonsense\n")
    for name, words in (("broken.nq", "broken.nq:2: this is not valid"), ("none.nq", "there is no such file")):
        command = [sys.executable, "-m", "kg.endpoint", str(tmp_path / name), "--port", "0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_the_endpoint_needs_neither_pages_nor_project():
    """The program imports nothing of the pages or of the building of graphs, and no library of theirs."""
    code = "import sys, kg.endpoint.__main__; print(*sorted(sys.modules))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {name for name in names if name.startswith("kg.model.")} <= {
        "kg.model.iris",
        "kg.model.languages",
        "kg.model.messages",
    }
    assert {name.split(".")[1] for name in names if name.startswith("kg.")} == {"endpoint", "model"}
    assert {"flask", "rdflib", "jinja2", "yaml"} & set(names) == set()
