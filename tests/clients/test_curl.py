"""What curl gets from the service."""

import json

import pytest

PREFIXES = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sr: <https://w3id.org/social-response/ontology#>
"""
CRISES = PREFIXES + 'SELECT ?c ?name { ?c a sr:Crisis ; skos:prefLabel ?name FILTER(LANG(?name) = "fr") } ORDER BY ?c'
WORDS = "« cœur d’été »"
COMUNICA_ACCEPT = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8,"
    "text/turtle;q=0.6,application/rdf+xml;q=0.5,text/n3;q=0.35,application/xml;q=0.3,image/svg+xml;q=0.3,"
    "text/xml;q=0.3,text/html;q=0.2,application/xhtml+xml;q=0.18,application/json;q=0.135"
)


def test_rows_come_in_json_by_default_and_in_csv_on_request(curl, endpoint, crises):
    """A query in a form is answered in JSON by default, and in CSV where the request says so."""
    code, body = curl(endpoint, "--data-urlencode", f"query={CRISES}")
    rows = json.loads(body)["results"]["bindings"]

    assert code == 0
    assert [(row["c"]["value"], row["name"]["value"]) for row in rows] == sorted(crises.items())
    assert curl("-G", endpoint, "-d", "format=csv", "--data-urlencode", f"query={CRISES}")[1].startswith("c,name\r\n")


def test_ask_is_answered_with_a_boolean(curl, endpoint):
    """ASK is answered with a boolean."""
    _, body = curl(endpoint, "--data-urlencode", f"query={PREFIXES}ASK {{ ?c a sr:Crisis }}")

    assert json.loads(body) == {"head": {}, "boolean": True}


def test_triples_come_in_turtle_by_default_or_in_n_triples(curl, endpoint, crises):
    """CONSTRUCT is answered in Turtle by default, and in N-Triples where the request says so."""
    query = PREFIXES + "CONSTRUCT WHERE { ?c a sr:Crisis }"
    _, turtle = curl(endpoint, "--data-urlencode", f"query={query}")
    _, triples = curl(endpoint, "-H", "Accept: application/n-triples", "--data-urlencode", f"query={query}")

    assert "@prefix sr: <https://w3id.org/social-response/ontology#>" in turtle
    assert len(triples.splitlines()) == len(crises)


def test_a_malformed_query_ends_with_an_exit_code_and_advice(curl, endpoint):
    """A malformed query ends curl with its exit code for refusals, and the body says what to write."""
    code, body = curl("--fail-with-body", endpoint, "--data-urlencode", "query=SELECT ?s { ?s a sr:Crisis }")

    assert code == 22
    assert "begin with PREFIX sr: <https://w3id.org/social-response/ontology#>" in json.loads(body)["detail"]


@pytest.mark.parametrize("options", [["--data-urlencode"], ["-G", "--data-urlencode"]], ids=["POST", "GET"])
def test_words_beyond_ascii_come_back_as_sent(curl, endpoint, options):
    """Words beyond ASCII come back as they were sent, in a body and in an address."""
    query = f'SELECT ("{WORDS}" AS ?words) {{}}'

    assert curl(endpoint, "-H", "Accept: text/csv", *options, f"query={query}")[1] == f"words\r\n{WORDS}\r\n"


def test_a_long_query_is_sent_from_a_file(curl, endpoint, tmp_path):
    """A long query is sent from a file as it stands."""
    values = " ".join(f"<https://example.org/{number}>" for number in range(3000))
    (tmp_path / "long.rq").write_text(f'SELECT (COUNT(*) AS ?{"n"}) ("{WORDS}" AS ?w) {{ VALUES ?v {{ {values} }} }}')
    header = "Content-Type: application/sparql-query"
    _, body = curl(endpoint, "-H", header, "-H", "Accept: text/csv", "--data-binary", f"@{tmp_path / 'long.rq'}")

    assert body == f"n,w\r\n3000,{WORDS}\r\n"


def test_a_compressed_answer_is_the_same_answer(curl, endpoint):
    """An answer that is compressed for transport is the same when decompressed."""
    asked = [endpoint, "-H", "Accept: text/csv", "--data-urlencode", f"query={CRISES}"]

    assert curl("--compressed", *asked) == curl(*asked)


def test_description_for_clients_that_also_read_pages(curl, endpoint):
    """A client that likes RDF best and a page least gets the description of the service as RDF."""
    code, media_type = curl(endpoint, "-H", f"Accept: {COMUNICA_ACCEPT}", "-o", "/dev/null", "-w", "%{content_type}")

    assert (code, media_type) == (0, "application/ld+json")
