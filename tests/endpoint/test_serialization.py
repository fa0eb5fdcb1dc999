"""Whatever a term holds, readers of each format get it back as it is, or are told that the format cannot hold it."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)
from rdflib.query import Result

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Limits, Request, evaluate
from kg.endpoint.problems import ProblemError

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # of rdflib by itself

RESULTS = "{http://www.w3.org/2005/sparql-results#}"
VALUE, NAMED = NamedNode("http://example.org/value"), NamedNode("http://example.org/named")
THING = NamedNode("http://example.org/thing")

characters = st.characters(exclude_categories=["Cs"])
odd = st.sampled_from(
    ["\r", "\r\n", "\n", "\t", '"', "'", ",", ";", "\\", "&", "<", ">", "]]>", "\u2028", "\x85", "\ufeff", "{", "|"]
)
texts = st.lists(st.one_of(odd, st.text(characters, max_size=4)), max_size=8).map("".join)
iri_parts = st.lists(
    st.one_of(
        st.sampled_from([",", ";", "'", "(", ")", "%2F", "&", "?a=1&b=2", "#", "é", "中", "__", ".", "-", ":"]),
        st.text(st.sampled_from("abz019_~!$*+=@"), max_size=4),
    ),
    max_size=8,
).map("".join)
iris = iri_parts.map(lambda part: NamedNode("http://example.org/" + part.replace("#", "", part.count("#") - 1)))
literals = st.one_of(
    texts.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), texts, st.sampled_from(["fr", "en-gb", "zh-hant-tw"])),
    st.builds(lambda text, iri: Literal(text, datatype=iri), texts, iris),
)


def is_xml(text):
    """Whether XML 1.0 can hold a text."""
    return all(character in "\t\n\r" or " " <= character < "\ufffe" or character > "\uffff" for character in text)


def store_of(iri, literal):
    """A store with one thing that has a value and a name."""
    store = Store()
    store.add(Quad(THING, VALUE, literal, DefaultGraph()))
    store.add(Quad(THING, NAMED, iri, DefaultGraph()))
    return store


def attempt(store, request):
    """The body of an answer, or the code of the problem."""
    try:
        return evaluate(store, request).body, ""
    except ProblemError as error:
        return b"", error.code


ROW = f"SELECT ?iri ?literal ?none {{ ?s {VALUE} ?literal ; {NAMED} ?iri }}"
GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def of_rdflib(term):
    """A term of rdflib as pyoxigraph has it."""
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if term.language:
        return Literal(str(term), language=term.language)
    return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))


@pytest.fixture(autouse=True, scope="module")
def spellings():
    """Literals keep their spelling in rdflib."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.mark.parametrize("media_type", RESULT_TYPES)
@settings(max_examples=150, deadline=None)
@given(iri=iris, literal=literals)
def test_results_are_read_back_as_they_are(media_type, iri, literal):
    """pyoxigraph, rdflib, a reader of CSV and a parser of XML find the IRI and the literal that were asked for."""
    form = RESULT_TYPES[media_type]
    body, refused = attempt(store_of(iri, literal), Request(ROW, results=media_type))
    if refused:
        assert (form, refused) == (QueryResultsFormat.XML, "shape")
        assert not is_xml(literal.value)
        return
    if form == QueryResultsFormat.CSV:
        assert list(csv.reader(io.StringIO(body.decode(), newline=""))) == [
            ["iri", "literal", "none"],
            [iri.value, literal.value, ""],
        ]
        return
    solution = next(iter(parse_query_results(body, form)))
    assert (solution["iri"], solution["literal"]) == (iri, literal)
    if form == QueryResultsFormat.XML:
        assert is_xml(literal.value)
        assert ET.fromstring(body).find(f".//{RESULTS}literal").text == (literal.value or None)
    if form != QueryResultsFormat.TSV:  # rdflib's reader of TSV knows no escapes
        name = {QueryResultsFormat.JSON: "json", QueryResultsFormat.XML: "xml"}[form]
        (row,) = Result.parse(io.BytesIO(body), format=name)
        assert (of_rdflib(row.iri), of_rdflib(row.literal)) == (iri, literal)


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
@settings(max_examples=150, deadline=None)
@given(iri=iris, literal=literals)
def test_graphs_are_read_back_as_they_are(media_type, iri, literal):
    """Pyoxigraph and rdflib read the triples that were constructed, whatever their IRIs and literals hold."""
    form = GRAPH_TYPES[media_type]
    store = store_of(iri, literal)
    triples = {quad.triple for quad in store}
    body, refused = attempt(store, Request(GRAPH, graph=media_type))
    if refused:
        assert (form, refused) == (RdfFormat.RDF_XML, "shape")
        assert not is_xml(literal.value)
        return
    assert {quad.triple for quad in parse(body, form)} == triples
    name = {"text/turtle": "turtle", "application/n-triples": "nt", "application/ld+json": "json-ld"}.get(
        media_type, "xml"
    )
    read = rdflib.Graph().parse(data=body, format=name)
    assert {(of_rdflib(s), of_rdflib(p), of_rdflib(o)) for s, p, o in read} == {
        (triple.subject, triple.predicate, triple.object) for triple in triples
    }


@settings(max_examples=150, deadline=None)
@given(predicate=iris)
def test_properties_are_read_back_from_rdf_xml(predicate):
    """RDF/XML splits the IRI of a property so that readers put the same together again, or refuses it."""
    store = Store()
    store.add(Quad(THING, predicate, Literal("x"), DefaultGraph()))
    body, refused = attempt(store, Request(GRAPH, graph="application/rdf+xml"))
    if refused:
        assert refused == "shape"
        return
    assert [quad.predicate for quad in parse(body, RdfFormat.RDF_XML)] == [predicate]
    assert [str(p) for p in rdflib.Graph().parse(data=body, format="xml").predicates()] == [predicate.value]


# Single cases.


def answer(query, media_type):
    """The answer to a query on an empty store."""
    kind = {"results": media_type} if media_type in RESULT_TYPES else {"graph": media_type}
    return evaluate(Store(), Request(query, **kind)).body


def test_an_iri_with_a_comma_is_one_column_of_csv():
    """A comma in an IRI begins no column (RFC 4180, section 2)."""
    query = "SELECT (<http://dbpedia.org/resource/Paris,_Texas> AS ?s) (1 AS ?n) {}"

    assert answer(query, "text/csv") == b's,n\r\n"http://dbpedia.org/resource/Paris,_Texas",1\r\n'


def test_an_empty_cell_alone_is_a_row_of_csv():
    """A row whose one cell is empty is no empty line, which readers would skip."""
    assert answer('SELECT ?x { VALUES ?x { "a" UNDEF "" } }', "text/csv") == b'x\r\na\r\n""\r\n""\r\n'


def test_limits_hold_for_csv_that_is_written_again():
    """Rows with commas in IRIs are bounded in rows and bytes, too."""
    rows = " ".join(f"<http://example.org/{number},>" for number in range(20))
    request = Request(f"SELECT ?x {{ VALUES ?x {{ {rows} }} }}", results="text/csv")

    for limits in (Limits(rows=19), Limits(bytes=450)):
        with pytest.raises(ProblemError) as caught:
            evaluate(Store(), request, limits)
        assert caught.value.code == ("rows" if limits.rows == 19 else "bytes")


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x01"])
@pytest.mark.parametrize("media_type", ["application/sparql-results+xml", "application/rdf+xml"])
def test_what_xml_cannot_hold_is_refused(character, media_type):
    """Characters that XML 1.0 forbids make the answer impossible, not broken."""
    form = "CONSTRUCT { <x:a> <x:b> ?x }" if "rdf" in media_type else "SELECT ?x"
    with pytest.raises(ProblemError) as caught:
        answer(f'{form} {{ BIND("a{character}b" AS ?x) }}', media_type)

    assert (caught.value.code, caught.value.status) == ("shape", 406)


def test_a_prefix_that_base_resolves_is_no_obstacle():
    """A graph is written in Turtle where a prefix of the query is relative to its BASE."""
    query = "BASE <http://example.org/> PREFIX : <> CONSTRUCT { :a :b 1 } {}"

    assert next(parse(answer(query, "text/turtle"), RdfFormat.TURTLE)).subject == NamedNode("http://example.org/a")


@pytest.mark.parametrize("media_type", ["application/ld+json", "application/rdf+xml"])
def test_rdf_1_2_that_a_format_cannot_hold_is_not_acceptable(media_type):
    """A triple term in a format of RDF 1.1 is a matter of the media type, not of the query."""
    query = "CONSTRUCT { <x:a> <x:b> ?t } { BIND(<<( <x:c> <x:d> <x:e> )>> AS ?t) }"
    body, refused = attempt(Store(), Request(query, graph=media_type))

    assert refused == "shape" if media_type == "application/ld+json" else list(parse(body, RdfFormat.RDF_XML))
    assert b"<<(" in answer(query, "text/turtle")


def test_json_results_have_the_head_and_order_of_the_query():
    """Explicit columns keep the order of the query; ``*`` has the engine's, by name."""
    explicit = json.loads(answer("SELECT ?b ?a { VALUES (?a ?b) { (1 2) } }", "application/sparql-results+json"))
    star = json.loads(answer("SELECT * { VALUES (?b ?a) { (1 2) } }", "application/sparql-results+json"))

    assert explicit["head"]["vars"] == ["b", "a"]
    assert star["head"]["vars"] == ["a", "b"]
