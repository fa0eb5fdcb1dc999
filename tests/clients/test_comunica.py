"""What Comunica gets from the service.

All queries are put in one run of Node.
"""

import json
import subprocess

import pytest

PREFIXES = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sr: <https://w3id.org/social-response/ontology#>
"""
CRISES = '{ ?c a sr:Crisis ; skos:prefLabel ?name FILTER(LANG(?name) = "fr") }'
GRAPH = "https://w3id.org/social-response/graph/"
WORDS = "« cœur d’été »"
TIMEOUT = 60


@pytest.fixture(scope="module")
def answers(comunica, endpoint, served):
    """The answers by name; ``twin`` is the endpoint under its other address."""
    twin = f"{served}en/sparql"
    values = " ".join(f"<https://example.org/{number}>" for number in range(1000))
    joined = f"""{{ SERVICE <{endpoint}> {{ ?c a sr:Crisis }}
      SERVICE <{twin}> {{ ?c skos:prefLabel ?name FILTER(LANG(?name) = "fr") }} }}"""
    cases = [
        ("select", "bindings", f"{PREFIXES}SELECT ?c ?name {CRISES}", [endpoint]),
        ("forced", "bindings", f"{PREFIXES}SELECT ?c ?name {CRISES}", [{"type": "sparql", "value": endpoint}]),
        ("ask", "boolean", f"{PREFIXES}ASK {CRISES}", [endpoint]),
        ("construct", "quads", f"{PREFIXES}CONSTRUCT {{ ?c skos:prefLabel ?name }} {CRISES}", [endpoint]),
        ("error", "bindings", "SELECT (<http://example.org/f>(1) AS ?n) { ?s ?p ?o }", [endpoint]),
        ("service", "bindings", f"SELECT * {{ ?s ?p ?o SERVICE <{twin}> {{ ?s ?q ?r }} }}", [endpoint]),
        ("utf8", "bindings", f'SELECT ("{WORDS}" AS ?words) {{ <{GRAPH}things> ?p ?o }} LIMIT 1', [endpoint]),
        ("long", "bindings", f"SELECT (COUNT(*) AS ?n) {{ VALUES ?v {{ {values} }} }}", [endpoint]),
        ("graphs", "bindings", "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", [endpoint]),
        ("from", "bindings", f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}things> {{ ?s ?p ?o }}", [endpoint]),
        ("two sources", "bindings", f"{PREFIXES}SELECT DISTINCT ?c ?name {CRISES}", [endpoint, twin]),
        ("two services", "bindings", f"{PREFIXES}SELECT ?c ?name {joined}", []),
        ("quads", "bindings", f"{PREFIXES}SELECT ?c ?name {CRISES}", [f"{served}download/graph.nq"]),
        ("quads, union", "bindings", f"{PREFIXES}SELECT ?c ?name {CRISES}", [f"{served}download/graph.nq"], True),
        ("triples", "bindings", f"{PREFIXES}SELECT ?c ?name {CRISES}", [f"{served}download/graph.nt"]),
    ]
    keys = ("name", "form", "query", "sources", "unionDefaultGraph")
    done = subprocess.run(
        ["node", "comunica.mjs"],
        cwd=comunica,
        input=json.dumps([dict(zip(keys, case, strict=False)) for case in cases]),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT,
    )
    return json.loads(done.stdout)


def named(rows):
    """The labels by IRI."""
    return {row["c"]["value"]: row["name"]["value"] for row in rows}


@pytest.mark.parametrize("name", ["select", "forced"])
def test_rows_come_whether_or_not_the_kind_of_source_is_told(answers, crises, name):
    """The rows come, whether Comunica is told that the address is an endpoint or finds out itself."""
    assert len(answers[name]) == len(crises)
    assert named(answers[name]) == crises


def test_the_download_has_rows_if_its_graphs_are_put_together(answers, crises):
    """The N-Quads have rows once their graphs are asked for as one, as the N-Triples have; without, there are none."""
    assert answers["quads"] == []
    assert named(answers["quads, union"]) == named(answers["triples"]) == crises


def test_ask_gives_a_boolean(answers):
    """ASK gives a boolean."""
    assert answers["ask"] is True


def test_construct_gives_triples_with_languages(answers, crises):
    """CONSTRUCT gives the triples, with the languages of their texts."""
    assert {subject["value"]: text["value"] for subject, _, text in answers["construct"]} == crises
    assert {text["language"] for _, _, text in answers["construct"]} == {"fr"}


def test_a_refused_query_raises_an_error_that_says_what_to_change(answers):
    """A query that is refused raises Comunica's own error, which shows what to change."""
    assert "HTTP status 400" in answers["error"]["error"]
    assert "Use the functions of SPARQL 1.1" in answers["error"]["error"]


def test_service_is_closed(answers):
    """SERVICE inside a query that the one source evaluates is refused, with the way round."""
    assert "this service never calls another server" in answers["service"]["error"]


def test_words_beyond_ascii_come_back_as_sent(answers):
    """Words beyond ASCII come back as they were sent."""
    assert [row["words"]["value"] for row in answers["utf8"]] == [WORDS]


def test_a_long_query_is_posted_and_answered(answers):
    """A long query is posted and answered."""
    assert [row["n"]["value"] for row in answers["long"]] == ["1000"]


def test_graph_and_from_choose_among_the_named_graphs(answers, sizes):
    """GRAPH tells the named graphs apart, and FROM chooses one of them."""
    assert {row["g"]["value"]: int(row["n"]["value"]) for row in answers["graphs"]} == sizes
    assert [int(row["n"]["value"]) for row in answers["from"]] == [sizes[f"{GRAPH}things"]]


@pytest.mark.parametrize("name", ["two sources", "two services"])
def test_federation_with_itself_gives_the_same_answer(answers, crises, name):
    """The endpoint federated with itself by the client answers as it does alone."""
    assert len(answers[name]) == len(crises)
    assert named(answers[name]) == crises
