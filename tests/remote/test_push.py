"""``kg push`` against a server that plays every part.

What is sent, what is told, and what is never done.
"""

import base64
import json
import os
import pty
import re
import select
import shutil
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

from kg.cli import program
from kg.model.errors import RemoteError
from kg.remote.graph_push import BYTES, TRIPLES, Graph, _chunks, group_by_graph, push
from kg.remote.http_client import Challenge, Credentials, HttpClient, choose_challenge, describe_reply

pytestmark = pytest.mark.alone

A, B = "https://example.org/graph/a", "https://example.org/graph/b"
LINE = '<urn:s> <urn:p> "é" .\n'
GRAPHS = [Graph(A, (LINE,)), Graph(B, ('<urn:s> <urn:q> "b" .\n', '<urn:s> <urn:q> "c" .\n'))]
UNKNOWN = (404, {}, "No such graph.")
MET, MET_UPDATE = 2, 3
"""How many requests find out that an address is a graph store; that it takes updates."""


@dataclass
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    query: str
    parameters: dict
    body: str
    headers: dict


class Player(BaseHTTPRequestHandler):
    """Answers as the test says: a status, headers and a body; or 'drop', 'hang', 'early'."""

    def do_GET(self):
        url = urlsplit(self.path)
        length = int(self.headers["Content-Length"] or 0)
        seen = Seen(self.command, url.path, url.query, parse_qs(url.query, keep_blank_values=True), "", self.headers)
        plan = self.server.play(seen)
        if plan == "drop":
            self.server.seen.append(seen)
            return
        if plan == "early":  # it answers, and leaves without having read
            plan = (413, {}, "At most one kilobyte.")
        else:
            seen.body = self.rfile.read(length).decode()
            plan = self.server.play(seen) if callable(plan) else plan
        self.server.seen.append(seen)
        if plan == "hang":
            self.server.over.wait(30)
            return
        status, headers, body = plan
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self):
        self.do_GET()

    def do_PUT(self):
        self.do_GET()

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def playing(play, context=None):
    """A server that plays the part given; its ``url`` and the requests ``seen``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Player) as server:
        server.play, server.seen, server.over = play, [], threading.Event()
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}/data"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def graph_store(request):
    """A store that takes graphs: unknown ones are not found, its own address is."""
    if request.method == "GET":
        return UNKNOWN if "graph" in request.parameters else (200, {}, "")
    return (201, {}, "") if request.method == "PUT" else (405, {}, "")


class Updates:
    """A store that takes updates, and does what they say."""

    def __init__(self, refuse="nothing at all"):
        self.triples, self.refuse, self.log = Store(), refuse, []

    def __call__(self, request):
        if request.method != "POST":
            return (405, {}, "")
        if not request.body:
            return self
        self.log.append(request.body)
        if self.refuse in request.body:
            return (500, {}, f"SQ1: this is refused.\n\nQuery:\n{request.body}")
        try:
            self.triples.update(request.body)
        except SyntaxError as error:
            return (400, {}, str(error))
        return (204, {}, "")

    def graph(self, name):
        """The lines of a graph that it holds."""
        found = self.triples.quads_for_pattern(None, None, None, NamedNode(name))
        return sorted(f"{quad.triple} .\n" for quad in found)


def protected(challenge, accepts, play=graph_store):
    """A store that asks for a password with the challenge, and lets in whom it accepts."""

    def answer(request):
        if accepts(request.headers["Authorization"] or "", request):
            return play(request)
        return (401, {"WWW-Authenticate": challenge}, "")

    return answer


def puts(server):
    """The graphs that were put, in order."""
    return [seen.parameters["graph"][0] for seen in server.seen if seen.method == "PUT"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs ``kg push`` on a file with two graphs."""
    path = tmp_path / "graph.nq"
    path.write_text("".join(f"{line[:-2]}<{graph.name}> .\n" for graph in GRAPHS for line in graph.lines))
    monkeypatch.delenv("KG_PASSWORD", raising=False)
    return lambda url, *words: CliRunner().invoke(program, ["push", url, str(path), *words], prog_name="kg")


def test_each_graph_is_put_where_the_address_takes_graphs():
    """A graph store gets one PUT a graph, in Turtle, after two readings that change nothing."""
    with playing(graph_store) as server:
        done = push(HttpClient(server.url), GRAPHS)

    assert [one.error for one in done] == ["", ""]
    assert [seen.method for seen in server.seen] == ["GET", "GET", "PUT", "PUT"]
    assert [seen.parameters for seen in server.seen[MET:]] == [{"graph": [A]}, {"graph": [B]}]
    assert server.seen[MET].headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert server.seen[MET + 1].body == "".join(GRAPHS[1].lines)


def test_updates_where_the_address_takes_updates():
    """An address that is no graph store gets updates; a graph replaces the old one and nothing else stays."""
    updates = Updates()
    updates.triples.add(Quad(NamedNode("urn:old"), NamedNode("urn:p"), Literal("x"), NamedNode(A)))
    updates.triples.add(Quad(NamedNode("urn:old"), NamedNode("urn:p"), Literal("x"), NamedNode("urn:other")))
    with playing(updates) as server:
        first = push(HttpClient(server.url), GRAPHS)
        again = push(HttpClient(server.url), GRAPHS)

    assert [one.error for one in first + again] == [""] * 4
    assert updates.graph(A) == list(GRAPHS[0].lines)
    assert updates.graph(B) == list(GRAPHS[1].lines)
    assert sorted(name.value for name in updates.triples.named_graphs()) == [A, B, "urn:other"]
    assert {seen.headers["Content-Type"] for seen in server.seen if seen.body} == {"application/sparql-update"}


def test_a_refused_update_leaves_the_graph_as_it_was():
    """Where one piece is refused the old graph still stands whole, and the others are pushed."""
    updates = Updates(refuse='"é"')
    updates.triples.add(Quad(NamedNode("urn:old"), NamedNode("urn:p"), Literal("x"), NamedNode(A)))
    with playing(updates) as server:
        done = push(HttpClient(server.url), GRAPHS)

    assert "answered 500 Internal Server Error: SQ1: this is refused.\nThe graph there is as it was." in done[0].error
    assert "INSERT" not in done[0].error
    assert updates.graph(A) == ['<urn:old> <urn:p> "x" .\n']
    assert updates.graph(B) == list(GRAPHS[1].lines)
    assert sorted(name.value for name in updates.triples.named_graphs()) == [A, B]


def test_what_was_sent_first_is_named_where_it_stays():
    """A store that does not drop the graph that was filled first is told with the name of that graph."""

    class Keeps(Updates):
        def __call__(self, request):
            is_last = request.body.startswith("DROP") and "COPY" in "".join(self.log)
            return (500, {}, "No.") if is_last else super().__call__(request)

    with playing(Keeps()) as server:
        done = push(HttpClient(server.url), GRAPHS[:1])

    assert f"what was sent first is still there as <{A}.incoming>: drop it." in done[0].error


def test_no_answer_to_an_update():
    """Where an update gets no answer nothing is dropped that the store may still be copying from."""

    class Slow(Updates):
        def __call__(self, request):
            return "hang" if request.body.startswith("COPY") else super().__call__(request)

    updates = Slow()
    with playing(updates) as server:
        done = push(HttpClient(server.url, timeout=0.3), GRAPHS[:1])

    assert f"What was sent may be there as <{A}.incoming>; the next push drops it." in done[0].error
    assert updates.graph(f"{A}.incoming") == list(GRAPHS[0].lines)
    updates.log.clear()
    with playing(lambda seen: (204, {}, "") if seen.body.startswith("COPY") else updates(seen)) as server:
        assert [one.error for one in push(HttpClient(server.url), GRAPHS[:1])] == [""]
    assert f"DROP SILENT GRAPH <{A}.incoming>" in updates.log[2]


def test_updates_come_in_pieces():
    """No update inserts more than a store can compile, and none more bytes than it would read."""
    many = [f'<urn:s> <urn:p> "{number}" .\n' for number in range(TRIPLES * 2 + 1)]
    assert [len(chunk) for chunk in _chunks(many)] == [TRIPLES, TRIPLES, 1]
    large = ["é" * (BYTES // 4), "é" * (BYTES // 4), "x", "y" * (BYTES * 2), "z"]
    assert [len(chunk) for chunk in _chunks(large)] == [2, 1, 1, 1]
    assert list(_chunks([])) == []


def test_the_default_graph():
    """The union goes to the default graph: with PUT to ?default, with updates by copying over it."""
    quads = [Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("x"), NamedNode(name)) for name in (B, A)]
    graphs = group_by_graph(quads, union=True)
    assert [(graph.name, graph.label, len(graph.lines)) for graph in graphs] == [
        (A, A, 1), (B, B, 1), ("", "the default graph", 1),
    ]  # fmt: skip
    assert [graph.name for graph in group_by_graph(quads)] == [A, B]
    with playing(graph_store) as server:
        push(HttpClient(server.url), graphs)
    assert server.seen[-1].query == "default"
    updates = Updates()
    with playing(updates) as server:
        push(HttpClient(server.url), graphs)
    assert [quad.object for quad in updates.triples.quads_for_pattern(None, None, None, DefaultGraph())] == [
        Literal("x")
    ]


def test_blank_nodes_are_refused():
    """A graph with a blank node is not pushed, for every push would make a new node of it."""
    with pytest.raises(RemoteError, match="a blank node cannot be pushed"):
        group_by_graph([Quad(BlankNode(), NamedNode("urn:p"), Literal("x"), NamedNode(A))])


def test_nothing_to_push():
    """A release without a triple is an error, not a success."""
    with pytest.raises(RemoteError, match="holds no triple"):
        push(HttpClient("http://127.0.0.1:1/"), [])


def test_the_question_of_the_protocol_never_writes():
    """Where a reading lists all statements whatever it is asked, as RDF4J's does, nothing is ever put."""
    updates = Updates()
    with playing(lambda seen: (200, {}, LINE) if seen.method == "GET" else updates(seen)) as server:
        done = push(HttpClient(server.url), GRAPHS)

    assert [one.error for one in done] == ["", ""]
    assert {seen.method for seen in server.seen} == {"GET", "POST"}


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (lambda _: UNKNOWN, "To an update that changes nothing it answered 404 Not Found: No such graph."),
        (lambda _: (200, {}, "<h1>Hello</h1>"), "It says yes even to what is no update."),
        (
            lambda seen: (400 if seen.method == "GET" else 500, {}, '{"detail": "SECURITY"}'),
            "Request: SECURITY\nTo an update that changes nothing it answered 500 Internal Server Error: SECURITY\n",
        ),
    ],
)
def test_an_address_that_takes_neither(play, said):
    """What the address answered to a reading and to an update is told, and nothing is written."""
    with playing(play) as server, pytest.raises(RemoteError) as caught:
        push(HttpClient(server.url), GRAPHS)

    assert said in str(caught.value)
    assert "--graph-store and --update force a protocol." in str(caught.value)
    assert not puts(server)
    assert not [seen for seen in server.seen if "INSERT" in seen.body]


def test_each_protocol_can_be_forced():
    """Each protocol can be forced where the address would be taken for the other."""
    updates = Updates()
    with playing(updates) as server:
        done = push(HttpClient(server.url), GRAPHS, "graph-store")
    assert [one.error.splitlines()[0].partition("answered")[2] for one in done] == [" 405 Method Not Allowed."] * 2
    with playing(lambda seen: graph_store(seen) if seen.method == "GET" else updates(seen)) as server:
        push(HttpClient(server.url), GRAPHS, "update")
    assert updates.graph(B) == list(GRAPHS[1].lines)
    assert {seen.method for seen in server.seen} == {"POST"}


def test_what_failed_is_named_and_the_others_are_pushed(run):
    """A graph that is refused is named with status, the store's words and what to do; the exit code is 2."""

    def play(seen):
        return (507, {}, "Disk full.") if seen.parameters.get("graph") == [A] else graph_store(seen)

    with playing(play) as server:
        result = run(server.url)
        as_json = run(server.url, "--json")

    assert (result.exit_code, as_json.exit_code) == (2, 2)
    assert puts(server) == [A, B, A, B]
    assert result.stdout == f"1 graph with 2 triples in {server.url}.\n"
    assert f"· {A}: 1 triple\n· {B}: 2 triples\n" in result.stderr
    assert result.stderr.endswith(
        f"{A}\n    {server.url}: answered 507 Insufficient Storage: Disk full.\n    Make room on the store.\n"
        f"1 of 2 graphs not pushed.\n"
    )
    rows = json.loads(as_json.stdout)
    assert [(row["graph"], row["triples"], bool(row["error"])) for row in rows] == [(A, 1, True), (B, 2, False)]


def test_one_error_of_many_graphs_is_told_once(run):
    """Graphs that failed for the same reason stand above it together."""

    def play(seen):
        return (403, {}, "<xmp>SECURITY: &lt;no&gt;</xmp>") if seen.method == "PUT" else graph_store(seen)

    with playing(play) as server:
        result = run(server.url)

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{A}\n{B}\n    {server.url}: answered 403 Forbidden: SECURITY: <no>\n    Ask for the right" in result.stderr
    assert result.stderr.count("SECURITY") == 1


def test_all_went_well(run):
    """The exit code is 0 where every graph is in the store, and the sum of it is on standard output."""
    with playing(graph_store) as server:
        result = run(server.url)
        assert run(f"{server.url}?repository=one#part").exit_code == 0

    assert (result.exit_code, result.stdout) == (0, f"2 graphs with 3 triples in {server.url}.\n")
    assert server.seen[-1].parameters == {"repository": ["one"], "graph": [B]}


def virtuoso(store, graphs=graph_store):
    """A store that takes updates at one address and graphs at another."""
    return lambda seen: graphs(seen) if "graph-crud" in seen.path else store(seen)


def address(server, path="/sparql-auth"):
    """An address of the server."""
    return server.url.removesuffix("/data") + path


@pytest.mark.parametrize("query", ["", "?x=/sparql-auth", "?x=1"])
def test_what_an_update_cannot_hold_is_put_to_the_other_address_of_virtuoso(run, query):
    """A graph that /sparql-auth refuses goes to /sparql-graph-crud-auth, whose name is told with the reason."""
    with playing(virtuoso(Updates(refuse=f"INSERT DATA {{ GRAPH <{B}.incoming>"))) as server:
        url, other = address(server, f"/sparql-auth{query}"), address(server, f"/sparql-graph-crud-auth{query}")
        result = run(url)
        rows = json.loads(run(url, "--json").stdout)

    assert (result.exit_code, puts(server)) == (0, [B, B])
    assert result.stdout == (
        f"2 graphs with 3 triples in {url}.\n"
        f"1 of them by {other}: {url}: answered 500 Internal Server Error: SQ1: this is refused.\n"
    )
    assert rows[0] == {"graph": A, "triples": 1, "error": None}
    assert rows[1]["address"] == other
    assert "SQ1: this is refused." in rows[1]["refusal"]


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/data", None),
        ("/sparql-auth", "update"),
        ("/sparql-auth/", None),
        ("/sparql-author", None),
        ("/xsparql-auth/more", None),
        ("/data?next=/sparql-auth", None),
    ],
)
def test_no_other_address_is_guessed(path, way):
    """Where the address is not Virtuoso's, or a way is forced, nothing goes anywhere else."""
    with playing(virtuoso(Updates(refuse="<urn:q>"))) as server:
        done = push(HttpClient(address(server, path)), GRAPHS, way)

    assert [bool(one.error) for one in done] == [False, True]
    assert {seen.path for seen in server.seen} == {path.partition("?")[0]}
    assert "The graph there is as it was." in done[1].error


@pytest.mark.parametrize("answer", [(404, {}, ""), (401, {}, ""), (405, {}, ""), (200, {}, "a page"), (500, {}, "")])
def test_an_other_address_that_is_no_graph_store_gets_no_graph(answer):
    """Where the other address takes no graphs, the error is the first one, and nothing is written there."""
    with playing(virtuoso(Updates(refuse="<urn:q>"), lambda _: answer)) as server:
        done = push(HttpClient(address(server)), GRAPHS)

    assert puts(server) == []
    assert "SQ1: this is refused." in done[1].error
    assert (done[0].error, done[1].address) == ("", "")


def test_both_errors_are_told_where_the_next_way_fails_too():
    """Where the other address refuses the graph too, the error has both."""

    def full(seen):
        return (507, {}, "Disk full.") if seen.method == "PUT" else graph_store(seen)

    with playing(virtuoso(Updates(refuse="<urn:q>"), full)) as server:
        (_, failed) = push(HttpClient(address(server)), GRAPHS)

    assert "SQ1: this is refused." in failed.error
    assert f"The next way failed too: {address(server, '/sparql-graph-crud-auth')}: answered 507" in failed.error


def test_an_update_that_may_still_be_at_work_is_not_followed_by_another_way():
    """A connection that breaks tells nothing: the graph is not put elsewhere meanwhile."""
    store = Updates()

    def slow(seen):
        if seen.method == "POST" and not seen.body:
            return slow
        return "hang" if f"INSERT DATA {{ GRAPH <{B}" in seen.body else store(seen)

    with playing(virtuoso(slow)) as server:
        done = push(HttpClient(address(server), timeout=0.5), GRAPHS)

    assert "no answer within 0.5 seconds" in done[1].error
    assert puts(server) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status):
    """A redirect is told, and neither a graph nor a password goes where it points."""
    with playing(graph_store) as other:

        def play(seen):
            if not seen.headers["Authorization"]:
                return (401, {"WWW-Authenticate": 'Basic realm="x"'}, "")
            return (status, {"Location": f"{other.url}?{'&'.join(seen.parameters)}=urn:x"}, "")

        for way in ("graph-store", "update"):
            with playing(play) as server, pytest.raises(RemoteError, match="Redirects are not followed") as caught:
                push(HttpClient(server.url, Credentials("me", "secret")), GRAPHS, way)
            assert other.url in str(caught.value)

    assert other.seen == []


def test_a_redirected_put_is_told():
    """A store that redirects the writing only is named, graph by graph."""
    with playing(
        lambda seen: (308, {"Location": "/x\x1b"}, "") if seen.method == "PUT" else graph_store(seen)
    ) as server:
        done = push(HttpClient(server.url), GRAPHS)

    assert all(
        "answered 308 Permanent Redirect.\nRedirects are not followed: push to /x if" in one.error for one in done
    )


def test_basic_sends_the_password_only_after_the_server_asks():
    """The password is sent after the server asked for it, then at once; accents are UTF-8."""
    expected = "Basic " + base64.b64encode("hélène:clé".encode()).decode()
    ask = protected('Basic realm="store"', lambda given, _: given == expected)
    with playing(ask) as server:
        done = push(HttpClient(server.url, Credentials("hélène", "clé")), GRAPHS)

    assert [one.error for one in done] == ["", ""]
    assert [bool(seen.headers["Authorization"]) for seen in server.seen] == [False] + [True] * 4


def test_digest_is_preferred_and_never_sends_the_password():
    """Digest is preferred, each answer is counted, and the password itself never leaves the machine."""
    counts = []

    def accepts(given, seen):
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given.removeprefix("Digest ")))
        if not given.startswith("Digest "):
            return False
        counts.append(int(fields["nc"], 16))
        challenge = Challenge("digest", {"realm": "SPARQL", "nonce": "n", "qop": "auth", "algorithm": "MD5"})
        challenge.uses = counts[-1]
        again = challenge._digest(Credentials('m"e', "clé"), seen.method, fields["uri"], fields["cnonce"])
        return fields["response"] in again

    both = 'Basic realm="SPARQL", Digest realm="SPARQL", nonce="n", opaque="o", qop="auth,auth-int", algorithm="MD5"'
    with playing(protected(both, accepts)) as server:
        done = push(HttpClient(server.url, Credentials('m"e', "clé")), GRAPHS)

    assert [one.error for one in done] == ["", ""]
    assert counts == [1, 2, 3, 4]
    assert not [seen for seen in server.seen if (seen.headers["Authorization"] or "").startswith("Basic")]


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_of_the_standard(algorithm, response):
    """The example of RFC 7616, section 3.9.1, gives the response that stands there."""
    parameters = {
        "realm": "http-auth@example.org",
        "qop": "auth, auth-int",
        "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }
    challenge = Challenge("digest", parameters, uses=1)
    own_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    value = challenge._digest(Credentials("Mufasa", "Circle of Life"), "GET", "/dir/index.html", own_nonce)

    assert f'response="{response}"' in value
    assert "nc=00000001" in value
    assert f'opaque="{parameters["opaque"]}"' in value


def test_digest_without_quality():
    """A server of RFC 2069, without qop, is answered without a count."""
    challenge = Challenge("digest", {"realm": "testrealm@host.com", "nonce": "n"})
    value = challenge.answer(Credentials("Mufasa", "x"), "GET", "/")

    assert "qop" not in value
    assert "nc=" not in value
    assert "algorithm" not in value


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ([], None),
        (["Negotiate"], None),
        (['Digest realm="x", nonce="n", algorithm="SHA-512-256"'], None),
        (['Digest realm="x", nonce="n", qop="auth-int"', 'Basic realm="x"'], "basic"),
        (['Basic realm="x"', 'Digest realm="a, Basic b", nonce="n"'], "digest"),
    ],
)
def test_which_challenge_is_answered(headers, scheme):
    """The strongest challenge that can be answered is; others are left alone."""
    found = choose_challenge(headers)

    assert (found and found.scheme) == scheme


def test_wrong_and_missing_passwords(run, monkeypatch):
    """A wrong password and a missing one are told apart, after one try, and the password is never shown."""
    with playing(protected('Basic realm="x"', lambda *_: False)) as server:
        missing = run(server.url)
        unset = run(server.url, "--user", "me")
        monkeypatch.setenv("KG_PASSWORD", "s3cret")
        server.seen.clear()
        wrong = run(server.url, "--user", "me")

    assert (missing.exit_code, unset.exit_code, wrong.exit_code) == (2, 2, 2)
    assert "Name a user with --user and give the password in KG_PASSWORD." in missing.stderr
    assert unset.stderr == "There is no password for me. Set KG_PASSWORD.\n"
    assert "does not accept the password of me: answered 401 Unauthorized." in wrong.stderr
    assert len(server.seen) == 2
    assert "s3cret" not in wrong.output + repr(Credentials("me", "s3cret"))


def test_a_password_over_plain_http_is_warned_of(run, monkeypatch):
    """Sending a password to another machine over http:// is possible, and said aloud."""
    monkeypatch.setenv("KG_PASSWORD", "s3cret")

    assert "may be read on its way" in run("http://store.invalid/", "--user", "me").stderr


@pytest.mark.parametrize("url", ["http://me:s3cret@127.0.0.1:1/", "https://me@127.0.0.1:1/"])
def test_no_password_in_the_address(run, url):
    """An address with a user in it is refused without being repeated."""
    result = run(url)

    assert result.exit_code == 2
    assert "Leave out what stands before the @" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.parametrize("url", ["store", "ftp://example.org/", "http://", "http://h:port/", "http://[::1"])
def test_an_address_that_is_not_of_the_web_is_refused(run, url):
    """What is not a web address is refused with a message."""
    result = run(url)

    assert (result.exit_code, "this is no web address" in result.stderr) == (2, True)


def test_a_dropped_connection_is_tried_once_more():
    """One dropped connection does no harm; two in a row are named, and the next graph is pushed."""
    drops = {A: 1, B: 2}

    def play(seen):
        name = seen.parameters.get("graph", [""])[0]
        if drops.get(name, 0):
            drops[name] -= 1
            return "drop"
        return graph_store(seen)

    last = Graph("https://example.org/graph/c", (LINE,))
    with playing(play) as server:
        done = push(HttpClient(server.url), [*GRAPHS, last])

    assert [bool(one.error) for one in done] == [False, True, False]
    assert "closed the connection twice before it answered" in done[1].error
    assert puts(server) == [A, A, B, B, last.name]


def test_no_answer_in_time():
    """A store that does not answer is left after the time given, and asked no second time."""
    with playing(lambda seen: "hang" if seen.parameters.get("graph") == [A] else graph_store(seen)) as server:
        before = time.monotonic()
        done = push(HttpClient(server.url, timeout=0.5), GRAPHS)
        spent = time.monotonic() - before

    assert "no answer within 0.5 seconds; it may still be at work." in done[0].error
    assert (done[1].error, spent < 3, puts(server)) == ("", True, [A, B])


def test_an_answer_that_never_ends():
    """Of an endless answer only the beginning is read, and no longer than the time given."""

    class Endless(Player):
        def do_PUT(self):
            self.send_response(201)
            self.end_headers()
            while not self.server.over.wait(0.02):
                self.wfile.write(b"x")

    with playing(graph_store) as server:
        server.RequestHandlerClass = Endless
        before = time.monotonic()
        done = push(HttpClient(server.url, timeout=0.5), GRAPHS[:1])

    assert (done[0].error, time.monotonic() - before < 3) == ("", True)


def test_words_of_a_server_that_stopped_listening():
    """What a server says when it refuses a graph that it has not read to the end is still told."""
    large = Graph(A, (f'<urn:s> <urn:p> "{"x" * 4_000_000}" .\n',))
    with playing(lambda seen: "early" if seen.method == "PUT" else graph_store(seen)) as server:
        done = push(HttpClient(server.url), [large])

    assert "answered 413" in done[0].error
    assert "At most one kilobyte.\nSend the graph in pieces with --update" in done[0].error


def test_an_unreachable_store_is_told_before_any_graph_is_sent(run):
    """A store that cannot be reached is told at once, and no graph is tried."""
    result = run("http://127.0.0.1:1/data")

    assert result.exit_code == 2
    assert "http://127.0.0.1:1/data: cannot be reached" in result.stderr
    assert "not pushed" not in result.stderr


def test_what_is_no_http():
    """A server that speaks something else is told, not raised."""

    class Other(Player):
        def handle(self):
            self.request.sendall(b"SSH-2.0-OpenSSH\r\n")

    with playing(graph_store) as server:
        server.RequestHandlerClass = Other
        with pytest.raises(RemoteError, match="cannot be reached"):
            push(HttpClient(server.url), GRAPHS)


def test_certificates_are_verified(tmp_path, require, monkeypatch):
    """A certificate that nobody vouches for ends the push before anything is sent; a known one does not."""
    require(shutil.which("openssl") is not None, "push over TLS", "openssl")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with playing(graph_store, context) as server:
        with pytest.raises(RemoteError, match="certificate verify failed"):
            push(HttpClient(server.url), GRAPHS)
        assert server.seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert [one.error for one in push(HttpClient(server.url), GRAPHS)] == ["", ""]


def test_words_of_a_server_cannot_steer_the_terminal():
    """Control characters in what a server says are left out, in a text and in a problem document."""
    assert describe_reply(500, b"\x1b[2Jgone\x07") == "answered 500 Internal Server Error: [2Jgone"
    assert describe_reply(500, b'{"detail": "\\u001b[2Jgone"}') == "answered 500 Internal Server Error: [2Jgone"


def test_on_a_terminal(tmp_path):
    """On a terminal the password is asked for without being shown, and a bar shows how far the push is."""
    path = tmp_path / "graph.nq"
    path.write_text(f"<urn:s> <urn:p> <urn:o> <{A}> .\n")
    expected = "Basic " + base64.b64encode(b"me:s3cret").decode()
    with playing(protected('Basic realm="x"', lambda given, _: given == expected)) as server:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "kg", "push", server.url, str(path), "--user", "me"]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        environment.pop("KG_PASSWORD", None)
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        ) as process:
            os.close(theirs)
            shown = read_until(ours, "Password: ")
            os.write(ours, b"s3cret\n")
            shown += read_until(ours, f"1 triple in {server.url}")
            assert process.wait(20) == 0
        os.close(ours)

    assert "s3cret" not in shown
    assert "100%" in shown
    assert A[:20] in shown


def read_until(terminal, words):
    """What stands on the terminal, until the words do."""
    shown = ""
    while words not in shown:
        assert select.select([terminal], [], [], 20)[0], shown
        shown += os.read(terminal, 4096).decode()
    return shown
