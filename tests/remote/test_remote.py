"""Queries to a remote endpoint: answers, refusals and unreachable addresses."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from kg.model.errors import RemoteError
from kg.remote.remote_query import query_form, query_remote

ACCEPT = "application/sparql-results+json, text/turtle"


class Endpoint(BaseHTTPRequestHandler):
    """Answers as its path says, and keeps what it was asked."""

    answers: ClassVar = {
        "/sparql": (200, "application/sparql-results+json; charset=utf-8", '{"é": 1}'),
        "/page": (200, "text/html", "<!doctype html>"),
        "/problem": (400, "application/problem+json", '{"title": "Bad Request", "detail": "The prefix is missing."}'),
        "/busy": (503, "text/plain", "Too many queries."),
        "/broken": (500, "text/html", "<h1>Oops</h1>"),
        "/strange": (418, "text/plain", ""),
        "/moved": (307, "text/plain", "/sparql"),
        "/circle": (302, "text/plain", "/circle"),
        "/file": (302, "text/plain", "ftp://127.0.0.1/sparql"),
        "/short": (200, "text/csv", "x"),
        "/pre": (400, "text/html", "<h1>Oops</h1><pre>No &lt;s&gt;.</pre>"),
    }

    def do_GET(self):
        self.reply(self.path, urlsplit(self.path).query)

    def do_POST(self):
        self.reply(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())

    def reply(self, path, parameters):
        self.server.asked = (self.command, parse_qs(parameters), self.headers["Accept"])
        status, media_type, body = self.answers[urlsplit(path).path]
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        if 300 <= status < 400:
            self.send_header("Location", f"{body}?{urlsplit(path).query}")
        if urlsplit(path).path == "/short":
            self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def endpoint():
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(endpoint, path):
    return f"http://127.0.0.1:{endpoint.server_port}{path}"


def test_the_answer_comes_as_bytes_with_its_media_type(endpoint):
    """The answer comes as bytes with its media type, and the endpoint sees the query and the Accept header."""
    query = "SELECT ?été { ?s ?p '%C3+' }"

    assert query_remote(url(endpoint, "/sparql"), query, ACCEPT) == (
        '{"é": 1}'.encode(),
        "application/sparql-results+json",
    )
    assert endpoint.asked == ("GET", {"query": [query]}, ACCEPT)


def test_long_query_is_posted(endpoint):
    """A query too long for an address is posted as a form."""
    query = "ASK {" + " " * 3000 + "}"
    query_remote(url(endpoint, "/sparql"), query, ACCEPT)

    assert endpoint.asked == ("POST", {"query": [query]}, ACCEPT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/page", "answered with a page, not with data. Give the address of its SPARQL endpoint."),
        ("/problem", "answered 400 Bad Request: The prefix is missing.\nCorrect the query."),
        ("/busy", "answered 503 Service Unavailable: Too many queries.\nTry again in a minute."),
        ("/broken", "answered 500 Internal Server Error.\nTry a smaller query, or later."),
        ("/strange", "answered 418 I'm a Teapot.\nTry a smaller query, or later."),
        ("/pre", "answered 400 Bad Request: No <s>.\nCorrect the query."),
    ],
)
def test_a_refusing_endpoint_is_named_with_what_it_said(endpoint, path, expected):
    """An endpoint that does not answer the query is named with what it said and what to do."""
    with pytest.raises(RemoteError) as caught:
        query_remote(url(endpoint, path), "ASK {}", ACCEPT)

    assert str(caught.value) == f"{url(endpoint, path)}: {expected}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:1/sparql", "cannot be reached"),
        ("http://nowhere.invalid/sparql", "cannot be reached"),
        ("file:///etc/hostname", "this is no web address"),
        ("sparql", "this is no web address"),
    ],
)
def test_an_unreachable_endpoint_is_named_with_what_to_do(address, expected):
    """An address that no endpoint answers at is named with what to do."""
    with pytest.raises(RemoteError) as caught:
        query_remote(address, "ASK {}", ACCEPT, timeout=5)

    assert str(caught.value).startswith(f"{address}: {expected}")


def test_redirects_are_followed(endpoint):
    """A query goes on to where the endpoint sends it, with its Accept header."""
    body, media_type = query_remote(url(endpoint, "/moved"), "ASK {}", ACCEPT)

    assert (body.decode(), media_type) == ('{"é": 1}', "application/sparql-results+json")
    assert endpoint.asked == ("GET", {"query": ["ASK {}"]}, ACCEPT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/circle", "answered 302 Found"),
        ("/file", "cannot be reached: it leads to an address that is not of the web."),
        ("/short", "closed the connection twice before it answered (IncompleteRead)."),
    ],
)
def test_no_whole_answer(endpoint, path, expected):
    """A redirect in a circle, one that leaves the web, and an answer that is cut short are errors."""
    with pytest.raises(RemoteError) as caught:
        query_remote(url(endpoint, path), "ASK {}", ACCEPT)

    assert str(caught.value).startswith(f"{url(endpoint, path)}: {expected}")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("select * {}", "SELECT"),
        ("# INSERT\n  BASE <urn:#x>\r\nprefix  a.b: <urn:a#> PREFIX : <urn:b#>\nConstruct {} {}", "CONSTRUCT"),
        ("PREFIX insert:<urn:insert>DESCRIBE<urn:x>", "DESCRIBE"),
        ("ASK{}", "ASK"),
        ("BASE<urn:x>INSERT DATA {}", "INSERT"),
        ("", ""),
        ("{", ""),
    ],
)
def test_the_form_of_a_query_is_its_first_keyword(text, form):
    """The form of a query is the first keyword after comments, bases and prefixes."""
    assert query_form(text) == form


@pytest.mark.parametrize("text", ["DELETE WHERE { ?s ?p ?o }", "# ASK\nprefix a: <urn:a> with a:g insert {} where {}"])
def test_update_is_not_sent(endpoint, text):
    """An update never leaves the machine."""
    endpoint.asked = None
    with pytest.raises(RemoteError, match="an update, which is not sent"):
        query_remote(url(endpoint, "/sparql"), text, ACCEPT)

    assert endpoint.asked is None


def test_media_types_of_the_form_come_first(endpoint):
    """A query for a graph asks for the media types of graphs first; some endpoints go by the order."""
    query_remote(url(endpoint, "/sparql"), "DESCRIBE <urn:x>", ACCEPT)

    assert endpoint.asked == ("GET", {"query": ["DESCRIBE <urn:x>"]}, "text/turtle, application/sparql-results+json")


def test_what_is_no_query_is_for_the_endpoint_to_say(endpoint):
    """A text that is no query is sent without a warning, for the endpoint's words are better."""
    with pytest.raises(RemoteError, match="The prefix is missing"):
        query_remote(url(endpoint, "/problem"), "HELLO", ACCEPT)
