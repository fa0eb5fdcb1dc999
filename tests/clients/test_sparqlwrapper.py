"""What SPARQLWrapper gets from the service."""

import contextlib
import json
from urllib.error import HTTPError

import pytest
from rdflib import Graph
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDF,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, URITooLong

PREFIXES = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sr: <https://w3id.org/social-response/ontology#>
"""
CRISES = PREFIXES + 'SELECT ?c ?name { ?c a sr:Crisis ; skos:prefLabel ?name FILTER(LANG(?name) = "fr") } ORDER BY ?c'
GRAPH = "https://w3id.org/social-response/graph/"
WORDS = "« cœur d’été »"
WAYS = [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]


@pytest.fixture
def ask(endpoint):
    """Puts a query and gives the response, before anything is made of it."""

    def put(query, form=JSON, method=GET, request=URLENCODED, defaults=(), named=(), **parameters):
        wrapper = SPARQLWrapper(endpoint, returnFormat=form)
        wrapper.setQuery(query)
        wrapper.setMethod(method)
        wrapper.setRequestMethod(request)
        for graph in defaults:
            wrapper.addDefaultGraph(graph)
        for graph in named:
            wrapper.addNamedGraph(graph)
        for name, value in parameters.items():
            wrapper.addParameter(name, value)
        return wrapper.query()

    return put


def rows(result):
    """The rows of a result in JSON, each with its values alone."""
    return [{name: cell["value"] for name, cell in row.items()} for row in result.convert()["results"]["bindings"]]


@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_rows_come_by_each_way_of_sending_a_query(ask, crises, method, request_method):
    """The rows come by each way of sending a query."""
    found = rows(ask(CRISES, method=method, request=request_method))

    assert [(row["c"], row["name"]) for row in found] == sorted(crises.items())


def test_select_in_each_format(ask, crises):
    """Each format of rows that SPARQLWrapper knows is answered in that format."""
    assert len(ask(CRISES, XML).convert().getElementsByTagName("result")) == len(crises)
    assert ask(CRISES, CSV).convert().decode().splitlines()[0] == "c,name"
    assert ask(CRISES, TSV).convert().decode().splitlines()[0] == "?c\t?name"


def test_ask_gives_a_boolean(ask):
    """ASK gives the boolean."""
    assert ask(PREFIXES + "ASK { ?c a sr:Crisis }").convert()["boolean"] is True


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", [XML, RDF, RDFXML, TURTLE, N3, JSONLD])
def test_each_format_of_graphs_is_read_into_triples(ask, crises, form):
    """Each format of graphs that SPARQLWrapper knows is answered, and it reads the triples from it."""
    query = PREFIXES + "CONSTRUCT WHERE { ?c a sr:Crisis }"
    with pytest.warns(RuntimeWarning) if form == RDF else contextlib.nullcontext():  # it has no Accept header for it
        found = ask(query, form).convert()
    graph = Graph().parse(found, format="turtle") if isinstance(found, bytes) else found

    assert len(graph) == len(crises)


@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_a_malformed_query_raises_an_exception_with_advice(ask, method, request_method):
    """A malformed query raises SPARQLWrapper's own exception, which shows what to write."""
    with pytest.raises(QueryBadFormed, match=r"begin with PREFIX sr: <https://w3id\.org/social-response/ontology#>"):
        ask("SELECT ?s { ?s a sr:Crisis }", method=method, request=request_method)


def test_an_update_is_refused_as_a_bad_request(ask):
    """An update is refused with the reason, as a bad request."""
    with pytest.raises(QueryBadFormed, match="this service only reads"):
        ask("DELETE WHERE { ?s ?p ?o }", method=POST)


def test_no_such_format(ask):
    """A format that a kind of query cannot have is refused with those it can."""
    with pytest.warns(RuntimeWarning), pytest.raises(HTTPError) as caught:
        ask(CRISES, TURTLE)
    with caught.value as error:
        document = json.load(error)

    assert error.code == 406
    assert "application/sparql-results+json" in document["detail"]


def test_the_timeout_of_a_query_can_be_lowered(ask):
    """The parameter timeout ends a query before the limit of the service does."""
    with pytest.raises(HTTPError) as caught:
        ask("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", timeout="0.5")
    with caught.value as error:
        assert (error.code, json.load(error)["code"]) == (504, "timeout")


@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_words_beyond_ascii_come_back_as_sent(ask, method, request_method):
    """Words beyond ASCII come back as they were sent."""
    found = rows(ask(f'SELECT ("{WORDS}" AS ?words) {{}}', method=method, request=request_method))

    assert found == [{"words": WORDS}]


@pytest.mark.parametrize("request_method", [URLENCODED, POSTDIRECTLY])
def test_a_query_of_a_hundred_thousand_characters_is_answered(ask, request_method):
    """A query of a hundred thousand characters is posted and answered."""
    values = " ".join(f"<https://example.org/{number}>" for number in range(3000))
    query = f"SELECT (COUNT(*) AS ?count) {{ VALUES ?v {{ {values} }} }}"

    assert rows(ask(query, method=POST, request=request_method)) == [{"count": "3000"}]


def test_too_long_for_an_address(ask):
    """A query too long for an address is refused with the advice to post it."""
    with pytest.raises(URITooLong, match=r"Send the query with POST\."):
        ask("ASK {}" + " " * 62_000)


@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_graphs_of_add_default_graph_make_up_the_default_graph(ask, sizes, method, request_method):
    """The graphs of addDefaultGraph make up the default graph, by each way of sending a query."""
    query = "SELECT (COUNT(*) AS ?count) { ?s ?p ?o }"
    names = ["things", "concepts"]
    found = [
        rows(ask(query, method=method, request=request_method, defaults=[GRAPH + name for name in chosen]))
        for chosen in ([], names[:1], names)
    ]

    expected = [sizes.total(), sizes[GRAPH + "things"], sizes[GRAPH + "things"] + sizes[GRAPH + "concepts"]]
    assert found == [[{"count": str(size)}] for size in expected]


@pytest.mark.parametrize(("method", "request_method"), WAYS)
def test_graphs_of_add_named_graph_are_the_only_named_ones(ask, sizes, method, request_method):
    """The graphs of addNamedGraph are the only named ones, beside an empty default graph."""
    query = "SELECT ?g (COUNT(*) AS ?count) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } } GROUP BY ?g"
    found = rows(ask(query, method=method, request=request_method, named=[GRAPH + "derived"]))

    assert found == [{"g": GRAPH + "derived", "count": str(sizes[GRAPH + "derived"])}]


def test_both_kinds_of_graphs(ask, sizes):
    """The graphs of addDefaultGraph and addNamedGraph together make up the data set."""
    query = "SELECT (COUNT(*) AS ?count) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }"
    found = rows(ask(query, defaults=[GRAPH + "things"], named=[GRAPH + "derived"]))

    assert found == [{"count": str(sizes[GRAPH + "things"] + sizes[GRAPH + "derived"])}]
