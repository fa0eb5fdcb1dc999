"""Rules: what each one derives, and what no rule may derive."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kg.graph.rules import derive, validate_rules
from kg.model.errors import QueryError
from kg.model.iris import PREFIXES, SR
from kg.model.query_files import QueryFile, read_queries

TESTS = Path(__file__).parent
RULES = read_queries(TESTS.parents[1] / "queries" / "rules")
DERIVED = NamedNode("https://example.org/graph/derived")
THINGS = "https://example.org/graph/things"
EX = "https://example.org/id/example/"


def node(name):
    prefix, _, local = name.partition(":")
    return NamedNode((EX if prefix == "ex" else PREFIXES[prefix]) + local)


def quad(subject, predicate, value, graph=THINGS):
    return Quad(node(subject), node(predicate), node(value), NamedNode(graph))


def rule(text):
    return QueryFile("01-test", "queries/rules/01-test.rq", {"summary": {"fr": "essai", "en": "test"}}, text)


def case(name):
    folder = TESTS / "rules" / name
    given = list(parse((folder / "in.trig").read_bytes(), RdfFormat.TRIG))
    return given, {quad.triple for quad in parse((folder / "out.ttl").read_bytes(), RdfFormat.TURTLE)}


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.name)
def test_a_rule_derives_what_its_case_says(one):
    """From in.trig the rule derives the triples of out.ttl and no other."""
    given, expected = case(one.name)
    derived = derive(given, [one], DERIVED)
    assert {quad.triple for quad in derived} == expected
    assert len(derived) == len(expected)
    assert {quad.graph_name for quad in derived} == {DERIVED}


@pytest.mark.parametrize("name", [one.name for one in RULES])
def test_nothing_is_derived_about_time(name):
    """Whatever the rules see, no derived triple has a time span as subject or object, nor a year or date as value."""
    given, _ = case(name)
    spans = {q.subject for q in given if q.object == NamedNode(SR + "TimeSpan")}
    words = ("Year", "temporal", "Date", "edtf", "Duration", "startedDuring", "hasTimeSpan")
    for one in derive(given, RULES, DERIVED):
        assert not {one.subject, one.object} & spans
        assert not any(word in one.predicate.value for word in words)


def test_rules_build_on_each_other_until_nothing_is_new():
    """A rule sees what a later rule derived, in the next round."""
    first = rule("CONSTRUCT { ?a <urn:up> ?b } WHERE { ?a <urn:middle> ?b }")
    second = rule("CONSTRUCT { ?a <urn:middle> ?b } WHERE { ?a <urn:down> ?b }")
    given = [Quad(node("ex:a"), NamedNode("urn:down"), node("ex:b"), NamedNode(THINGS))]
    derived = derive(given, [first, second], DERIVED)
    assert [one.predicate.value for one in derived] == ["urn:middle", "urn:up"]


def test_what_is_stated_in_any_graph_is_not_derived():
    """A triple that stands in a document is not derived again, though the rules do not see documents."""
    one = rule("CONSTRUCT { ?a <urn:q> ?b } WHERE { ?a <urn:p> ?b }")
    given = [
        Quad(node("ex:a"), NamedNode("urn:p"), node("ex:b"), NamedNode(THINGS)),
        Quad(node("ex:a"), NamedNode("urn:q"), node("ex:b"), NamedNode("https://example.org/graph/document")),
    ]
    assert derive(given, [one], DERIVED) == []


@pytest.mark.parametrize("name", ["things", "ontology", "concepts"])
def test_rules_see_things_ontology_and_concepts(name):
    """The rules reason over the three graphs that speak of the world."""
    one = rule(f"CONSTRUCT {{ ?a a <{SR}Seen> }} WHERE {{ ?a a <{SR}Initiative> }}")
    given = [quad("ex:a", "rdf:type", "sr:Initiative", f"https://example.org/graph/{name}")]
    assert derive(given, [one], DERIVED) == [quad("ex:a", "rdf:type", "sr:Seen", DERIVED.value)]


@pytest.mark.parametrize("name", ["document", "metadata"])
def test_rules_do_not_see_the_evidence(name):
    """Nothing is derived from documents and metadata."""
    given = [quad("ex:a", "rdf:type", "sr:Crisis", f"https://example.org/graph/{name}")]
    assert derive(given, [rule("CONSTRUCT { ?a <urn:q> ?b } WHERE { ?a a ?b }")], DERIVED) == []


def test_the_order_of_quads_does_not_matter():
    """The derived triples come out sorted, whatever the order of the input."""
    given, _ = case("03-broader-transitive")
    assert derive(given, RULES, DERIVED) == derive(given[::-1], RULES, DERIVED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT ?a WHERE { ?a ?b ?c }", "queries/rules/01-test.rq: the rule is not a CONSTRUCT"),
        ("CONSTRUCT { ?a a ?b }\nWHERE { ?a ?b", "queries/rules/01-test.rq:2:14: the query is not valid SPARQL"),
        ("CONSTRUCT { ?a ?b [] } WHERE { ?a ?b ?c }", "the rule makes blank nodes. Give IRIs to what it makes."),
        (
            "CONSTRUCT { ?a ?b ?d } WHERE { ?a ?b ?c BIND(IRI(CONCAT(STR(?c), 'x')) AS ?d) }",
            "the rules still add triples after 100 rounds",
        ),
    ],
    ids=["select", "syntax", "blank", "endless"],
)
def test_a_rule_that_cannot_be_used_is_an_error(text, words):
    """The error names the file and says what to do."""
    # The error is not kept: it would keep results of the engine, which only this thread may drop.
    with pytest.raises(QueryError, match=re.escape(words)):
        derive([quad("ex:a", "rdf:type", "sr:Crisis")], [rule(text)], DERIVED)


@pytest.mark.parametrize(
    "text",
    [
        "CONSTRUCT { ?a <urn:q> <urn:elsewhere> } WHERE { ?a <urn:p> ?b }",
        'CONSTRUCT { ?a <urn:q> "three hundred lives" } WHERE { ?a <urn:p> ?b }',
        "CONSTRUCT { ?a <urn:q> 300 } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a <urn:q> ?c } WHERE { ?a a ?class . ?c a ?class FILTER(?a != ?c) }",
    ],
)
def test_a_rule_adds_nothing_that_no_statement_leads_to(text):
    """A rule that brings a value of its own, or pairs things that only have a class in common, is refused."""
    given = [quad("ex:a", "rdf:type", "ex:Class"), quad("ex:c", "rdf:type", "ex:Class")]
    given.append(Quad(node("ex:a"), NamedNode("urn:p"), node("ex:b"), NamedNode(THINGS)))
    with pytest.raises(QueryError, match=r"01-test\.rq: nothing that is stated leads to what the rule adds"):
        derive(given, [rule(text)], DERIVED)


@pytest.mark.parametrize(
    "text",
    [
        "CONSTRUCT { ?b <urn:q> ?a } WHERE { ?a <urn:p> ?b }",
        "CONSTRUCT { ?a <urn:q> ?c } WHERE { ?a <urn:p> ?b . ?b <urn:p> ?c }",
        "CONSTRUCT { ?a <urn:q> ?c } WHERE { ?a <urn:p> ?b . ?c <urn:p> ?b }",
    ],
)
def test_a_rule_may_add_what_one_or_two_statements_join(text):
    """Inverses, chains of two, and what two things have in common are derived."""
    pairs = (("ex:a", "ex:b"), ("ex:b", "ex:c"), ("ex:d", "ex:b"))
    given = [Quad(node(a), NamedNode("urn:p"), node(b), NamedNode(THINGS)) for a, b in pairs]
    assert derive(given, [rule(text)], DERIVED)


@pytest.mark.parametrize(
    "text",
    ["CONSTRUCT { <urn:a> <urn:p> <urn:b> } WHERE {}", 'CONSTRUCT { <urn:a> <urn:p> "x" } WHERE { BIND(1 AS ?n) }'],
)
def test_a_rule_states_nothing_by_itself(text):
    """A rule that makes a triple of an empty graph is a statement without a quote."""
    with pytest.raises(QueryError, match="states something where nothing is stated"):
        validate_rules([rule(text)])
