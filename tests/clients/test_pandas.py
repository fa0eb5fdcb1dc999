"""What pandas gets from the service."""

import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pandas as pd
import pytest

PREFIXES = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sr: <https://w3id.org/social-response/ontology#>
"""
CRISES = PREFIXES + 'SELECT ?c ?name { ?c a sr:Crisis ; skos:prefLabel ?name FILTER(LANG(?name) = "fr") } ORDER BY ?c'
WORDS = '« cœur d’été », ou "non"'


def address(endpoint, query, **parameters):
    """The address that answers a query."""
    return f"{endpoint}?{urlencode({'query': query, **parameters})}"


@pytest.mark.parametrize("way", ["format", "header", "form", "direct"])
def test_rows_become_a_table_by_get_and_by_post(endpoint, crises, way):
    """The rows are a table, whether the format is in the address or in a header, with GET or POST."""
    if way == "format":
        table = pd.read_csv(address(endpoint, CRISES, format="csv"))
    elif way == "header":
        table = pd.read_csv(address(endpoint, CRISES), storage_options={"Accept": "text/csv"})
    else:
        body = urlencode({"query": CRISES}) if way == "form" else CRISES
        headers = {"Accept": "text/csv"} | ({"Content-Type": "application/sparql-query"} if way == "direct" else {})
        with urlopen(Request(endpoint, body.encode(), headers)) as answer:
            table = pd.read_csv(answer)

    assert dict(zip(table["c"], table["name"], strict=True)) == crises


def test_numbers_are_numbers_and_unbound_cells_are_missing(endpoint):
    """Numbers are read as numbers, and a value that a row lacks is missing and not an empty text."""
    query = "SELECT ?year ?share ?word { VALUES (?year ?share ?word) { (2015 0.5 UNDEF) (UNDEF 1e3 'a') } }"
    table = pd.read_csv(address(endpoint, query, format="csv"), dtype={"year": "Int64"})

    assert table.columns.tolist() == ["year", "share", "word"]
    assert table["year"].tolist() == [2015, pd.NA]
    assert table["share"].tolist() == [0.5, 1000.0]
    assert table["word"].isna().tolist() == [True, False]


def test_words_beyond_ascii_commas_and_quotation_marks_come_back(endpoint):
    """Words beyond ASCII, commas and quotation marks come back as they were sent."""
    query = f"SELECT ('''{WORDS}''' AS ?words) {{}}"
    table = pd.read_csv(address(endpoint, query, format="csv"))

    assert table.to_dict("list") == {"words": [WORDS]}


def test_a_query_of_a_hundred_thousand_characters_is_answered(endpoint):
    """A query of a hundred thousand characters is posted and answered."""
    values = " ".join(f"<https://example.org/{number}>" for number in range(3000))
    form = urlencode({"query": f"SELECT * {{ VALUES ?v {{ {values} }} }}"}).encode()
    with urlopen(Request(endpoint, form, {"Accept": "text/csv"})) as answer:
        assert pd.read_csv(answer).shape == (3000, 1)


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("SELECT ?s { ?s a sr:Crisis }", 400, "begin with PREFIX sr: <https://w3id.org/social-response/ontology#>"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", 406, "text/turtle"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", 400, "LIMIT"),
    ],
    ids=["malformed", "no table", "over a limit"],
)
def test_a_query_without_an_answer_raises_an_error_with_advice(endpoint, query, code, said):
    """A query without an answer raises an error that holds what to change, and never half a table."""
    with pytest.raises(HTTPError) as caught:
        pd.read_csv(address(endpoint, query, format="csv"))
    with caught.value as error:
        assert (error.code, said in json.load(error)["detail"]) == (code, True)
