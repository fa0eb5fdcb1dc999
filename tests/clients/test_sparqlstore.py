"""What rdflib's SPARQLStore gets from the service."""

import json

import pytest
from rdflib import RDF, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SKOS
from rdflib.plugins.stores.sparqlstore import SPARQLStore

SR = Namespace("https://w3id.org/social-response/ontology#")
GRAPH = Namespace("https://w3id.org/social-response/graph/")
WORDS = "« cœur d’été »"
METHODS = ["GET", "POST", "POST_FORM"]


@pytest.fixture(params=METHODS)
def store(request, endpoint):
    """A store that sends its queries in one of the three ways that it knows."""
    return SPARQLStore(endpoint, method=request.param)


def test_rows_come_with_prefixes_and_bindings_of_rdflib(store, crises):
    """The rows come with their terms, and with the prefixes and bindings that rdflib hands over."""
    query = 'SELECT ?c ?name { ?c a ?kind ; skos:prefLabel ?name FILTER(LANG(?name) = "fr") } ORDER BY ?c'
    found = Graph(store).query(query, initNs={"skos": SKOS}, initBindings={"kind": SR.Crisis})

    expected = [(URIRef(iri), Literal(label, lang="fr")) for iri, label in sorted(crises.items())]
    assert [tuple(row) for row in found] == expected


def test_ask_and_a_test_for_a_triple_give_booleans(store):
    """ASK gives a boolean, and so does asking whether a triple is in the graph."""
    graph = Graph(store)
    crisis = next(graph.subjects(RDF.type, SR.Crisis))

    assert graph.query("ASK { ?c a sr:Crisis }", initNs={"sr": SR}).askAnswer is True
    assert (crisis, RDF.type, SR.Crisis) in graph
    assert (crisis, RDF.type, SR.Organization) not in graph


def test_construct_gives_a_graph(store, crises):
    """CONSTRUCT gives a graph."""
    found = Graph(store).query("CONSTRUCT WHERE { ?c a sr:Crisis }", initNs={"sr": SR}).graph

    assert {str(crisis) for crisis in found.subjects(RDF.type, SR.Crisis)} == set(crises)


def test_the_graph_is_read_triple_by_triple(store, crises, sizes):
    """The graph is read triple by triple, as a whole and for one named graph of it."""
    things = Graph(store, identifier=GRAPH.things)
    derived = Graph(store, identifier=GRAPH.derived)

    assert len(Graph(store)) == sizes.total()
    assert len(things) == sizes[str(GRAPH.things)]
    assert {str(crisis) for crisis, _, _ in things.triples((None, RDF.type, SR.Crisis))} == set(crises)
    assert list(derived.triples((None, RDF.type, SR.Crisis))) == []


def test_the_contexts_are_the_named_graphs(store, sizes):
    """The contexts are the named graphs; of a triple, those that it stands in."""
    crisis = next(Graph(store).subjects(RDF.type, SR.Crisis))

    assert {str(name) for name in store.contexts()} == set(sizes)
    assert list(store.contexts((crisis, RDF.type, SR.Crisis))) == [GRAPH.things]


def test_the_default_graph_of_a_data_set_is_the_union(store, sizes):
    """A data set over the store has the union as its default graph."""
    assert len(Dataset(store)) == sizes.total()


def test_a_malformed_query_raises_the_exception_of_rdflib(endpoint):
    """A malformed query raises rdflib's own exception, and its cause shows what to write."""
    with pytest.raises(ValueError, match="You did something wrong") as caught:
        Graph(SPARQLStore(endpoint)).query("SELECT ?s { ?s a sr:Crisis }")
    with caught.value.__context__ as error:
        document = json.load(error)

    assert "begin with PREFIX sr: <https://w3id.org/social-response/ontology#>" in document["detail"]


@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_words_beyond_ascii_come_back_in_each_format(endpoint, form):
    """Words beyond ASCII come back as they were sent, in each format that rdflib reads."""
    graph = Graph(SPARQLStore(endpoint, returnFormat=form))

    assert [str(row.words) for row in graph.query(f'SELECT ("{WORDS}" AS ?words) {{}}')] == [WORDS]


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_query_of_a_hundred_thousand_characters_is_answered(endpoint, method):
    """A query of a hundred thousand characters is posted and answered."""
    values = " ".join(f"<https://example.org/{number}>" for number in range(3000))
    graph = Graph(SPARQLStore(endpoint, method=method))

    (row,) = graph.query(f"SELECT (COUNT(*) AS ?n) {{ VALUES ?v {{ {values} }} }}")
    assert row.n.toPython() == 3000
