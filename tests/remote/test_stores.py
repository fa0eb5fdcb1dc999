"""Real stores answer the example queries as the release does after ``kg push``.

Each is started here, on 127.0.0.1 with ports and a folder of its own, and ended by its process id.
"""

import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.cli import program
from kg.endpoint.evaluation import Request, evaluate, load
from kg.model.errors import RemoteError
from kg.model.query_files import read_queries
from kg.remote.graph_push import group_by_graph, push
from kg.remote.http_client import Credentials, HttpClient
from kg.remote.remote_query import query_remote

EXAMPLES = read_queries(Path(__file__).parents[2] / "queries" / "examples")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
JSON, TURTLE = "application/sparql-results+json", "text/turtle"
STARTING, ENDING = 60, 10
"""The most seconds that a store may take to start and to end."""

OURS = "https://w3id.org/social-response/graph/"

VIRTUOSO_DEVIATES = {
    "015-what-does-each-time-span-date": "it keeps an xsd:duration as months: P40Y comes back as 480",
    "049-does-one-initiative-answer-several-crises": "it answers an ASK with one row in the place of true",
    "051-what-is-known-of-the-lhss": "what DESCRIBE returns is left to the store: it adds where the thing is an object",
}
"""The example queries that Virtuoso 7.2 answers differently, and why."""

VIRTUOSO_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
CheckpointInterval = 0
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = 100000
MaxQueryExecutionTime = 60
"""


@dataclass(frozen=True)
class Server:
    """A store that runs: where it takes graphs, updates and queries, and who may write."""

    name: str
    graphs: str
    updates: str
    queries: str
    options: tuple[str, ...] = ()
    """What ``kg push`` is told so that the store answers as ``kg serve`` does."""
    user: str = ""

    def store(self, url: str) -> HttpClient:
        """The store at one of its addresses, for the one who may write."""
        return HttpClient(url, Credentials(self.user, self.user) if self.user else None)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def started(command, folder, url):
    """Runs a store in a folder until the test is over; it answers at the URL."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for(url, process, folder / "log")
            yield
        finally:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(ENDING)


def wait_for(url, process, log):
    """Wait until the store answers, whatever it answers."""
    end = time.monotonic() + STARTING
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except HTTPError as error:
            error.close()
            return
        except (URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"the store did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def oxigraph(folder, require, *options):
    """Oxigraph's own server."""
    binary = shutil.which("oxigraph", path=PATH)
    require(binary is not None, "push to Oxigraph", "PyPI's package oxigraph")
    place = f"127.0.0.1:{free_port()}"
    url = f"http://{place}"
    with started([binary, "serve", "--location", folder / "data", "--bind", place, *options], folder, f"{url}/query"):
        yield Server("oxigraph", f"{url}/store", f"{url}/update", f"{url}/query")


@contextmanager
def virtuoso(folder, require):
    """Virtuoso with a database of its own, which it makes when it starts."""
    require(shutil.which("virtuoso-t") is not None, "push to Virtuoso", "Debian's package virtuoso-opensource")
    port = free_port()
    (folder / "virtuoso.ini").write_text(VIRTUOSO_INI.format(sql=free_port(), http=port))
    url = f"http://127.0.0.1:{port}"
    with started(["virtuoso-t", "-f", "-c", "virtuoso.ini"], folder, f"{url}/sparql"):
        yield Server("virtuoso", f"{url}/sparql-graph-crud-auth", f"{url}/sparql-auth", f"{url}/sparql", user="dba")


@pytest.fixture(scope="module")
def graph_file(release, tmp_path_factory):
    """The release's graph as a file."""
    path = tmp_path_factory.mktemp("release") / "graph.nq"
    path.write_bytes(release.files["graph.nq"])
    return path


@pytest.fixture(scope="module")
def local(graph_file):
    """The release as ``kg query`` asks it."""
    return load([graph_file])


@pytest.fixture(scope="module", params=["oxigraph", "oxigraph-union", "virtuoso"])
def server(request, require, tmp_path_factory, graph_file):
    """A store with the release in it, pushed by the program.

    Oxigraph answers from its default graph alone: so it gets the union there, or is told to make it.
    """
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "virtuoso":
        running = virtuoso(folder, require)
    else:
        running = oxigraph(folder, require, *["--union-default-graph"] * (request.param == "oxigraph-union"))
    with running as bare:
        found = replace(bare, options=("--default-graph",) if request.param == "oxigraph" else ())
        result = pushed(found, found.graphs, graph_file)
        assert result.exit_code == 0, result.output
        yield found


def pushed(server, url, path, *options):
    """What ``kg push`` said."""
    who = ["--user", server.user] if server.user else []
    words = ["push", url, str(path), *server.options, *options, *who]
    return CliRunner().invoke(program, words, prog_name="kg", env={"KG_PASSWORD": server.user})


def counts(server):
    """How many triples the store holds in each graph of ours, and in its default graph where we filled it."""
    query = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = json.loads(query_remote(server.queries, query, JSON)[0])["results"]["bindings"]
    found = {row["g"]["value"]: int(row["n"]["value"]) for row in rows}
    return {name: count for name, count in found.items() if name.startswith(OURS)}


def value(term):
    """A term as it is compared: numbers by their value, everything else by what it says."""
    datatype = term.get("datatype", "").rpartition("#")[2]
    if datatype in {"integer", "decimal", "double", "float"}:
        return Decimal(term["value"])
    plain = "" if datatype == "string" else datatype
    return (term["type"] == "uri", term["value"], term.get("xml:lang", "").lower(), plain)


def joined(query):
    """The variables that GROUP_CONCAT fills, with their separators."""
    pattern = r'GROUP_CONCAT\(.*?SEPARATOR *= *"(.*?)"\) +AS +\?(\w+)'
    found = {name: separator for separator, name in re.findall(pattern, query, re.DOTALL)}
    assert len(found) == query.count("GROUP_CONCAT"), "a GROUP_CONCAT without a SEPARATOR cannot be compared"
    return found


def answers(body, query):
    """What an answer in JSON says, whatever the order of rows and of what GROUP_CONCAT joined.

    GROUP_CONCAT leaves the order open, and gives a plain literal by the standard; Oxigraph keeps the language
    where all that is joined has the same.
    """
    result = json.loads(body)
    if "boolean" in result:
        return result["boolean"]
    parts = joined(query)
    return Counter(
        frozenset(
            (name, tuple(sorted(term["value"].split(parts[name]))) if name in parts else value(term))
            for name, term in row.items()
        )
        for row in result["results"]["bindings"]
    )


def triples(body):
    """The triples of an answer in Turtle."""
    return {str(quad.triple) for quad in parse(body, format=RdfFormat.TURTLE)}


@pytest.mark.parametrize("query", EXAMPLES, ids=lambda query: query.name)
def test_examples_are_answered_alike(server, local, query):
    """Each example query gives the same answer there, except those that the store is known to answer otherwise."""
    mine = evaluate(local, Request(query.text))
    theirs, _ = query_remote(server.queries, query.text, TURTLE if mine.kind == "graph" else JSON)
    if mine.kind == "graph":
        is_same = triples(theirs) == triples(mine.body)
    else:
        is_same = answers(theirs, query.text) == answers(mine.body, query.text)

    assert is_same is not (server.name == "virtuoso" and query.name in VIRTUOSO_DEVIATES), theirs[:2000].decode()


def test_deviations_name_queries():
    """Each deviation is one of a query that there is."""
    assert VIRTUOSO_DEVIATES.keys() <= {query.name for query in EXAMPLES}


def test_pushing_twice_changes_nothing(server, release, graph_file):
    """After a second push each graph has as many triples as in the release, and there is no other."""
    expected = Counter(quad.graph_name.value for quad in release.quads)
    assert counts(server) == expected
    assert pushed(server, server.graphs, graph_file).exit_code == 0
    assert counts(server) == expected


def test_a_graph_is_replaced(server):
    """What an earlier push had and the next one has not is gone."""
    quad = Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("un « été »\n\\u0041\t\"'"), NamedNode(f"{OURS}tried"))
    other = Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("2", language="fr"), NamedNode(f"{OURS}tried"))
    query = f"SELECT ?o WHERE {{ GRAPH <{OURS}tried> {{ ?s ?p ?o }} }}"
    drop = f"DROP SILENT GRAPH <{OURS}tried>".encode()
    try:
        for url in (server.graphs, server.updates):
            for quads in ([quad, other], [quad]):
                done = push(server.store(url), group_by_graph(quads))
                assert [one.error for one in done] == [""]
                rows = json.loads(query_remote(server.queries, query, JSON)[0])["results"]["bindings"]
                assert {row["o"]["value"] for row in rows} == {quad.object.value for quad in quads}
    finally:
        server.store(server.updates).send("POST", "", drop, "application/sparql-update")


def test_push_by_update(server, release, graph_file):
    """With updates the same graphs are there afterwards, and none beside them.

    Virtuoso 7.2 takes no xsd:duration in an update: it gets the two graphs with one by its other address.
    """
    expected = Counter(quad.graph_name.value for quad in release.quads)
    drops = "".join(f"DROP SILENT GRAPH <{name}>;" for name in expected)
    assert server.store(server.updates).send("POST", "", drops.encode(), "application/sparql-update").ok
    result = pushed(server, server.updates, graph_file)

    assert result.exit_code == 0, result.output
    assert counts(server) == expected
    assert "not pushed" not in result.stderr
    assert result.stdout.startswith(f"{8 + bool(server.options)} graphs with ")
    if server.name == "virtuoso":
        assert f"\n2 of them by {server.graphs}: {server.updates}: answered 500" in result.stdout
        assert "xsd:duration" in result.stdout
        lasting = f"SELECT ?o {{ GRAPH <{OURS}things> {{ ?s ?p ?o FILTER(DATATYPE(?o) = xsd:duration) }} }}"
        assert json.loads(query_remote(server.queries, lasting, JSON)[0])["results"]["bindings"]


def test_a_way_that_is_forced_is_the_only_one(server, graph_file):
    """With --update Virtuoso's other address is not tried: the two graphs are named, and stay as they were."""
    before = counts(server)
    result = pushed(server, server.updates, graph_file, "--update")

    assert counts(server) == before
    if server.name == "virtuoso":
        assert result.exit_code == 2
        assert f"\n{OURS}groupe-sos\n{OURS}things\n    {server.updates}: answered 500" in result.stderr
        assert result.stderr.endswith("2 of 8 graphs not pushed.\n")
    else:
        assert result.exit_code == 0, result.output


def test_who_may_not_write(server, graph_file):
    """Without the password of Virtuoso, or with a wrong one, nothing is pushed, and the message says why."""
    if server.name != "virtuoso":
        before = counts(server)
        open_to_all = CliRunner().invoke(program, ["push", server.queries, str(graph_file)], prog_name="kg")
        assert (open_to_all.exit_code, counts(server)) == (2, before)
        assert "takes no release" in open_to_all.stderr
        return
    nobody = replace(server, user="")
    assert "Name a user with --user" in pushed(nobody, server.graphs, graph_file).stderr
    public = pushed(nobody, server.graphs.removesuffix("-auth"), graph_file)
    assert public.exit_code == 2
    assert "answered 403 Forbidden: SQ110:SECURITY: Permission denied" in public.stderr
    with pytest.raises(RemoteError, match="does not accept the password of dba"):
        push(HttpClient(server.graphs, Credentials("dba", "wrong")), group_by_graph(parse(path=graph_file)))


def test_query_of_an_endpoint(server, local, tmp_path):
    """``kg query --endpoint`` gives the rows and the triples that the release gives, also for a long query."""
    for name, form in (("002-", "csv"), ("050-", "turtle")):
        example = next(query for query in EXAMPLES if query.name.startswith(name))
        path = tmp_path / "ask.rq"
        path.write_text(example.text + "\n# " + "long " * 500, encoding="utf-8")
        words = ["query", "--endpoint", server.queries, str(path), "--format", form]
        result = CliRunner().invoke(program, words, prog_name="kg")
        assert result.exit_code == 0, result.output
        mine = evaluate(local, Request(example.text, results="text/csv"))
        if form == "csv":
            theirs = list(csv.reader(io.StringIO(result.stdout)))
            ours = list(csv.reader(io.StringIO(mine.body.decode())))
            assert theirs[0] == ours[0]
            assert sorted(theirs) == sorted(ours)
        else:
            assert triples(result.stdout.encode()) == triples(mine.body)


def test_a_wrong_query_is_told_in_the_words_of_the_store(server, tmp_path):
    """A query that the store cannot read gets its own words, and the exit code 2."""
    path = tmp_path / "ask.rq"
    path.write_text("SELECT ?s WHERE { ?s ?p }")
    result = CliRunner().invoke(program, ["query", "--endpoint", server.queries, str(path)], prog_name="kg")

    assert result.exit_code == 2
    assert re.search(r"answered 400 Bad Request: .+\nCorrect the query", result.stderr)
