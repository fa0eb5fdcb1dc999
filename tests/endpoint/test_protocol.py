"""The SPARQL protocol: parameters, media types and the choice of pages."""

from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Request
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import (
    PAGE,
    ProtocolRequest,
    as_data,
    content_type,
    graph_type,
    named_graph,
    parse_request,
    wants_page,
)

CASES = Path(__file__).parent / "cases"
REQUESTS: list[dict[str, Any]] = yaml.safe_load((CASES / "requests.yaml").read_text(encoding="utf-8"))
ACCEPTS: list[dict[str, Any]] = yaml.safe_load((CASES / "accept.yaml").read_text(encoding="utf-8"))


def received(case):
    body = bytes.fromhex(case["hex"]) if "hex" in case else case.get("body", "").encode()
    return ProtocolRequest(
        method=case["method"],
        query_string=case.get("query_string", "").encode(),
        content_type=case.get("content_type", ""),
        accept=case.get("accept", ""),
        body=body,
    )


@pytest.mark.parametrize("case", [case for case in REQUESTS if "refused" not in case], ids=lambda case: case["case"])
def test_request_is_read(case):
    """A request of the protocol is read as its case says."""
    request = parse_request(received(case))

    if "query" in case:
        assert request.query == case["query"]
    assert list(request.default_graphs) == case.get("default", list(request.default_graphs))
    assert list(request.named_graphs) == case.get("named", list(request.named_graphs))
    assert request.seconds == case.get("seconds")


@pytest.mark.parametrize("case", [case for case in REQUESTS if "refused" in case], ids=lambda case: case["case"])
def test_request_is_refused(case):
    """A request that is not one of the protocol is refused with its code and status, and told what to change."""
    with pytest.raises(ProblemError) as caught:
        parse_request(received(case))

    document = caught.value.document()
    assert (caught.value.code, caught.value.status) == (case["refused"], case["status"])
    assert (document["status"], document["code"]) == (case["status"], case["refused"])
    assert caught.value.remedy.endswith(".")
    assert caught.value.remedy in document["detail"]


@pytest.mark.parametrize(
    "case", ACCEPTS, ids=lambda case: case.get("client") or f"{case.get('format')}|{case.get('accept')}"
)
def test_the_header_or_the_parameter_chooses_the_media_type(case):
    """The media types of an answer are those that the header or the parameter asks for."""
    given_format = f"&format={quote_plus(case['format'], safe=' ')}" if "format" in case else ""
    request = parse_request(
        ProtocolRequest("GET", f"query=ASK%7B%7D{given_format}".encode(), accept=case.get("accept", ""))
    )

    assert (request.results, request.graph) == (case["results"], case["graph"])


def test_output_means_format():
    """The parameter ``output`` is understood where ``format`` is not given."""
    assert parse_request(ProtocolRequest("GET", b"query=ASK%7B%7D&output=csv")).results == "text/csv"
    assert (
        parse_request(ProtocolRequest("GET", b"query=ASK%7B%7D&output=csv&format=xml")).results
        == "application/sparql-results+xml"
    )


def test_too_long_query():
    """A query over the limit is refused with the limit in the problem document."""
    with pytest.raises(ProblemError) as caught:
        parse_request(ProtocolRequest("POST", content_type="application/sparql-query", body=b"ASK {}" + b" " * 140_000))

    assert caught.value.document()["limit"] == 131_072
    assert caught.value.status == 413


@pytest.mark.parametrize(
    ("media_type", "accept", "expected"),
    [
        ("application/sparql-results+json", "", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/json", "application/json"),
        ("application/sparql-results+json", "application/json, */*;q=0.1", "application/sparql-results+json"),
        ("application/ld+json", "application/json", "application/json"),
        ("application/n-triples", "text/plain", "text/plain; charset=utf-8"),
        ("text/csv", "text/csv", "text/csv; charset=utf-8"),
        ("text/turtle", "*/*", "text/turtle; charset=utf-8"),
    ],
)
def test_an_answer_is_labelled_as_the_client_asked_for_it(media_type, accept, expected):
    """An answer is labelled with the name by which the client asked for it, and text with its charset."""
    assert content_type(media_type, accept) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("", False), ("*/*", False), ("application/json", False), ("text/html", True), (ACCEPTS[-1].get("accept"), False),
     ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True), ("text/html;q=0.1, */*", False)],
)  # fmt: skip
def test_only_browsers_get_pages(accept, expected):
    """Browsers get pages; every other client gets problem documents."""
    assert wants_page(accept or "") is expected


def outcome(function, given):
    """What the function returns, or the status and code with which it refuses."""
    try:
        return function(given)
    except ProblemError as error:
        return error.status, error.code


@pytest.mark.parametrize(
    ("results", "graph", "expected"),
    [
        (PAGE, PAGE, ("application/sparql-results+json", "text/turtle")),
        ("text/csv", PAGE, ("text/csv", "text/turtle")),
        (None, "application/ld+json", (None, "application/ld+json")),
    ],
)
def test_a_page_is_made_from_json_or_turtle(results, graph, expected):
    """A page is made from JSON or Turtle; all else of the request stays as it is."""
    asked = Request("ASK {}", ("http://ex/g",), results=results, graph=graph, seconds=2)

    assert as_data(asked) == Request("ASK {}", ("http://ex/g",), results=expected[0], graph=expected[1], seconds=2)


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("default", None),
        ("default=&format=nt", None),
        ("graph=http://ex/g", "http://ex/g"),
        ("graph=http%3A%2F%2Fex%2F%C3%A9t%C3%A9", "http://ex/été"),
        ("graph=http://ex/%31", "http://ex/1"),
        ("graph=http://ex/%2531", "http://ex/%31"),
        ("graph=http://ex/a+b", "http://ex/a+b"),
        ("graph=http://ex/%3Fa%3D1%26b%23c", "http://ex/?a=1&b#c"),
        ("", "graph-parameter"),
        ("default&graph=http://ex/g", "graph-parameter"),
        ("graph=http://ex/a&graph=http://ex/b", "graph-parameter"),
        ("graph=", "graph-iri"),
        ("graph=things", "graph-iri"),
        ("graph=/graph/things", "graph-iri"),
        ("graph=http://ex/%20", "graph-iri"),
        ("graph=http://ex/%3E%20%7B%7D", "graph-iri"),
        ("graph=http://ex/%5Cu003E", "graph-iri"),
        ("graph=http://ex/%FF", "encoding"),
    ],
)
def test_graph_of_a_request(query_string, expected):
    """A request of the Graph Store Protocol names one graph, percent-decoded once, or is refused with its code."""
    assert outcome(named_graph, query_string.encode()) in (expected, (400, expected))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/rdf+xml;q=0.5, application/n-triples", "application/n-triples"),
        ("application/json", "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/turtle"),
        ("text/csv", None),
        ("text/html", None),
        ("image/png", None),
    ],
)
def test_media_type_of_a_graph(accept, expected):
    """A graph comes in the graph format that is liked best, in Turtle to browsers, or is refused with 406."""
    assert outcome(graph_type, accept) == (expected or (406, "accept"))


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    st.binary(max_size=60),
    st.one_of(st.sampled_from([case.get("content_type", "") for case in REQUESTS]), st.text(max_size=30)),
    st.one_of(st.sampled_from([case.get("accept", "") for case in ACCEPTS]), st.text(max_size=60)),
    st.binary(max_size=60),
)
def test_any_bytes_are_read_or_refused(method, query_string, media_type, accept, body):
    """Whatever arrives is read as a request or refused with a 4xx status; nothing else is raised."""
    refused, request = None, None
    try:
        request = parse_request(ProtocolRequest(method, query_string, media_type, accept, body))
    except ProblemError as error:
        refused = error.status

    assert (refused is None) or 400 <= refused < 500
    if request:
        assert request.query.strip()
        assert request.results in {None, "text/html", *RESULT_TYPES}
        assert request.graph in {None, "text/html", *GRAPH_TYPES}
