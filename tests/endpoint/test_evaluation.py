"""The worker loads files and answers queries in each format."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg.endpoint.evaluation import (
    GRAPH_TYPES,
    RESULT_TYPES,
    GraphStores,
    Limits,
    Request,
    asker,
    evaluate,
    load,
)
from kg.endpoint.problems import LoadingError, ProblemError

GRAPHS = """\
<http://ex/a> <http://ex/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <http://ex/g1> .
<http://ex/a> <http://ex/q> "l’été, \\"},{\\"\\n<result>"@fr <http://ex/g1> .
<http://ex/b> <http://ex/p> <http://ex/a> <http://ex/g2> .
"""
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "graph.nq"
    path.write_text(GRAPHS, encoding="utf-8")
    return load([path])


def rows(store, query, **given):
    answer = evaluate(store, Request(query, results="application/sparql-results+json", **given))
    bindings = json.loads(answer.body)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def count(store, query, **given):
    return int(rows(store, query, **given)[0]["n"])


def refusal(store, query, **given):
    with pytest.raises(ProblemError) as caught:
        evaluate(store, Request(query, **given))
    return caught.value


# Loading.


def test_default_graph_is_the_union(store):
    """A file with named graphs only is served with the union of them as default graph."""
    assert count(store, COUNT) == 3
    assert count(store, COUNT_NAMED) == 3


NAMING = (
    ("SELECT * { GRAPH ?g { ?s ?p ?o } }", {}),
    ("SELECT * { gRaPh ?g { ?s ?p ?o } }", {}),
    ("SELECT * { \\u0047RAPH <http://ex/g1> { ?s ?p ?o } }", {}),
    ("SELECT * FROM <http://ex/g1> { ?s ?p ?o }", {}),
    ("SELECT * from named <http://ex/g2> { ?s ?p ?o }", {}),
    ("SELECT * { ?s ?p ?o }", {"default_graphs": ("http://ex/g1",)}),
    ("SELECT * { ?s ?p ?o }", {"named_graphs": ("http://ex/g1",)}),
)


@pytest.mark.parametrize(("query", "given"), NAMING)
def test_queries_that_name_graphs(store, query, given):
    """Whatever may name a graph, in the query or beside it, is answered from the whole store."""
    assert GraphStores.of(store).of_request(Request(query, **given)) is store


@pytest.mark.parametrize("query", [COUNT, "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "DESCRIBE <http://ex/b>"])
def test_queries_that_name_no_graph(store, query):
    """All others are answered from the default graph alone, with the same answer."""
    stores = GraphStores.of(store)
    alone = stores.of_request(Request(query))

    assert alone is not store
    assert not list(alone.named_graphs())
    assert evaluate(alone, Request(query)) == evaluate(store, Request(query))


def test_blank_nodes_are_the_same_in_both_stores(tmp_path):
    """A blank node has one name, whichever of the two stores an answer comes from; without graphs the two are one."""
    path = tmp_path / "data.nq"
    path.write_text("_:x <http://ex/p> _:y <http://ex/g> .")
    stores = GraphStores.of(load([path]))
    nodes = [rows(each, "SELECT * { ?s ?p ?o }") for each in (stores.whole, stores.default)]

    assert nodes[0] == nodes[1]
    assert GraphStores.of(stores.default).whole is stores.default


def test_file_with_default_graph_stands(tmp_path):
    """A file with triples in its default graph is served as it stands."""
    path = tmp_path / "data.trig"
    path.write_text("<http://ex/a> <http://ex/p> 1 . <http://ex/g> { <http://ex/b> <http://ex/p> 2, 3 }")
    store = load([path])

    assert count(store, COUNT) == 1
    assert count(store, COUNT_NAMED) == 2


def test_files_are_loaded_each_by_its_own_rule(tmp_path):
    """Of several files, each brings its own default graph, or the union of its named graphs."""
    (tmp_path / "one.ttl").write_text("<http://ex/x> <http://ex/p> 1 .")
    (tmp_path / "two.nq").write_text(GRAPHS, encoding="utf-8")
    store = load([tmp_path / "one.ttl", tmp_path / "two.nq"])

    assert count(store, COUNT) == 4
    assert count(store, COUNT_NAMED) == 3


def test_same_triple_in_two_graphs_counts_once_in_the_union(tmp_path):
    """A triple of two graphs stands once in the default graph."""
    path = tmp_path / "data.nq"
    path.write_text("<http://ex/a> <http://ex/p> <http://ex/b> <http://ex/g> .\n" * 2 + GRAPHS.replace("g2", "g1"))
    assert count(load([path]), COUNT) == 4


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cut.nq", b"<http://ex/a> <http://ex/p> <http://ex/b> .\n<http://ex/a> <http://ex/p", "cut.nq:2: "),
        ("bad.ttl", b"@prefix a: <http://a/> .\n\na:b a:c oops .\n", "bad.ttl:3: "),
        ("latin.nt", b'<http://ex/a> <http://ex/p> "\xe9" .\n', "latin.nt:1: "),
        ("relative.nq", b"<a> <http://ex/p> <http://ex/b> .\n", "relative.nq:1: "),
        ("bad.rdf", b"<rdf:RDF", "bad.rdf: "),
        ("data.docx", b"", "data.docx: cannot tell the format"),
    ],
)
def test_a_corrupt_file_is_named_with_its_line(tmp_path, name, content, expected):
    """A file that cannot be loaded is named with its line, and with what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LoadingError) as caught:
        load([tmp_path / name])

    assert expected in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_named(tmp_path):
    """A file that does not exist is named."""
    with pytest.raises(LoadingError, match=r"none\.nq: there is no such file"):
        load([tmp_path / "none.nq"])


# The data set of a query.


@pytest.mark.parametrize(
    ("default", "named", "triples", "in_named"),
    [
        ((), (), 3, 3),
        (("http://ex/g1",), (), 2, 0),
        (("http://ex/g1", "http://ex/g2"), (), 3, 0),
        ((), ("http://ex/g2",), 0, 1),
        (("http://ex/g1",), ("http://ex/g2",), 2, 1),
        (("http://ex/none",), (), 0, 0),
    ],
)
def test_graphs_of_the_request(store, default, named, triples, in_named):
    """The graphs of the request are the whole data set, and replace the query's own."""
    given = {"default_graphs": default, "named_graphs": named}

    assert count(store, COUNT, **given) == triples
    assert count(store, COUNT_NAMED, **given) == in_named
    if default or named:
        assert count(store, COUNT.replace("WHERE", "FROM <http://ex/g2> WHERE"), **given) == triples


def test_from_names_graphs_of_the_store(store):
    """FROM takes graphs of the store and never a file or another server's."""
    assert count(store, COUNT.replace("WHERE", "FROM <http://ex/g1> WHERE")) == 2
    assert count(store, COUNT.replace("WHERE", f"FROM <{Path(__file__).as_uri()}> WHERE")) == 0


def test_base_resolves_relative_iris(store):
    """Relative IRIs of a query are resolved with the base of the request."""
    assert rows(store, "SELECT (<x> AS ?iri) {}", base="http://ex/sparql") == [{"iri": "http://ex/x"}]


def test_evaluation_in_this_process_answers_as_the_worker_does(store):
    """The function that answers in this process answers as the worker does, within its limits."""
    ask = asker(store, Limits(rows=2))

    assert ask(Request("ASK {}")) == evaluate(store, Request("ASK {}"))
    with pytest.raises(ProblemError, match="more than 2 rows"):
        ask(Request("SELECT * { ?s ?p ?o }"))


# The forms of answers.


def test_the_same_rows_come_in_each_form(store):
    """The same rows come in JSON, XML, CSV and TSV."""
    query = "SELECT ?o ?none WHERE { ?s <http://ex/q> ?o }"
    text = 'l’été, "},{"\n<result>'
    answers = {name: evaluate(store, Request(query, results=name)) for name in RESULT_TYPES}
    bodies = {name: answer.body.decode() for name, answer in answers.items()}
    names = {"sr": "http://www.w3.org/2005/sparql-results#"}

    assert {answer.kind for answer in answers.values()} == {"rows"}
    assert [name for name in RESULT_TYPES if answers[name].media_type != name] == []
    binding = json.loads(bodies["application/sparql-results+json"])["results"]["bindings"][0]
    assert binding == {"o": {"type": "literal", "value": text, "xml:lang": "fr"}}
    tree = ET.fromstring(bodies["application/sparql-results+xml"])
    assert [literal.text for literal in tree.iterfind(".//sr:literal", names)] == [text]
    assert list(csv.reader(io.StringIO(bodies["text/csv"], newline=""))) == [["o", "none"], [text, ""]]
    assert bodies["text/tab-separated-values"].splitlines()[1].startswith('"l’été, ')


@pytest.mark.parametrize("media_type", RESULT_TYPES)
def test_ask_is_answered_in_each_form(store, media_type):
    """ASK is answered in every results format."""
    answer = evaluate(store, Request("ASK {}", results=media_type))

    assert answer.kind == "boolean"
    assert b"true" in answer.body


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_the_same_triples_come_in_each_form(store, media_type):
    """CONSTRUCT gives the same triples in Turtle, N-Triples, JSON-LD and RDF/XML."""
    answer = evaluate(store, Request("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", graph=media_type))
    triples = {quad.triple for quad in parse(answer.body, format=GRAPH_TYPES[media_type])}

    assert answer.kind == "graph"
    assert triples == {quad.triple for quad in parse(GRAPHS.encode(), format=RdfFormat.N_QUADS)}


def test_describe_gives_what_is_said_of_a_thing(store):
    """DESCRIBE gives the triples whose subject is the thing."""
    answer = evaluate(store, Request("DESCRIBE <http://ex/a>", graph="application/n-triples"))

    assert len(answer.body.splitlines()) == 2


def test_turtle_uses_the_prefixes_of_the_query(store):
    """Turtle has the prefixes that the query declares and the graph uses, and one block for each subject."""
    query = "PREFIX ex: <http://ex/> PREFIX no: <http://no/> CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
    turtle = evaluate(store, Request(query)).body.decode()

    assert [line for line in turtle.splitlines() if line.startswith("@prefix")] == ["@prefix ex: <http://ex/> ."]
    assert turtle.count("\nex:a ") == 1


def test_json_ld_has_one_object_for_each_subject(store):
    """JSON-LD holds each subject once, whatever order the triples come in."""
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?o"
    document = json.loads(evaluate(store, Request(query, graph="application/ld+json")).body)

    assert sorted(node["@id"] for node in document) == ["http://ex/a", "http://ex/b"]


@pytest.mark.parametrize(("query", "missing"), [("ASK {}", "results"), ("DESCRIBE <http://ex/a>", "graph")])
def test_no_acceptable_type_for_the_kind_of_query(store, query, missing):
    """A query whose kind of answer has no acceptable media type is refused with those there are."""
    error = refusal(store, query, **{missing: None})

    assert error.code == "accept"
    assert ("text/csv" if missing == "results" else "text/turtle") in error.remedy


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o }", "DESCRIBE <http://ex/a>"])
def test_xml_that_cannot_be_written(query):
    """XML that would not be well-formed is refused, with the forms that can hold the answer."""
    store = Store()
    store.add(Quad(NamedNode("http://ex/a"), NamedNode("http://ex/p"), Literal("a\u0001"), DefaultGraph()))
    error = refusal(store, query, results="application/sparql-results+xml", graph="application/rdf+xml")

    assert error.code == "shape"


def test_property_without_a_name_in_rdf_xml():
    """A property that does not end in a name cannot be an XML element, and RDF/XML is refused."""
    store = Store()
    store.add(Quad(NamedNode("http://ex/a"), NamedNode("http://ex/1"), Literal("x"), DefaultGraph()))

    assert refusal(store, "DESCRIBE <http://ex/a>", graph="application/rdf+xml").code == "shape"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bom.ttl", "<http://ex/a> <http://ex/p> 1 ."),
        ("bom.nt", '<http://ex/a> <http://ex/p> "1" .\n'),
        ("bom.nq", '<http://ex/a> <http://ex/p> "1" <http://ex/g> .\n'),
        ("bom.jsonld", '{"@id": "http://ex/a", "http://ex/p": 1}'),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path, name, text):
    """A file that an editor began with a byte order mark is loaded as one without."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")

    assert count(load([path]), COUNT) == 1


def test_a_context_elsewhere_is_named(tmp_path):
    """JSON-LD with a context that would have to be fetched is refused with the addresses of what is missing."""
    path = tmp_path / "remote.jsonld"
    contexts = ["https://example.org/one", {"@import": "https://example.org/two"}]
    path.write_text(json.dumps({"@context": contexts, "name": "https://example.org/three"}), encoding="utf-8")
    with pytest.raises(LoadingError, match="nothing is fetched from other hosts") as caught:
        load([path])

    assert "https://example.org/one, https://example.org/two, and" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('LANG("x"@en-GB)', Literal("en-gb")),
        ('LANG("x"@en-GB) = "en-GB"', Literal(False)),
        ('LANGMATCHES(LANG("x"@en-GB), "en-GB")', Literal(True)),
        ("9223372036854775807 > 1", Literal(True)),
        ("9223372036854775808 > 1", None),
        ("123456789012345678901234567890 + 1", None),
    ],
)
def test_the_known_limits_of_tags_and_integers_are_as_told(expression, value):
    """What docs/service.md says of LANG and of integers beyond 64 bits holds, until the engine does better."""
    (solution,) = Store().query(f"SELECT ({expression} AS ?x) {{}}")
    assert solution["x"] == value
    told = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
    assert "LANG writes language tags in lower case" in told
    assert "Integers have 64 bits" in told
    assert "`SELECT *` has its columns in the order of their names" in told
