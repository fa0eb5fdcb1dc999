"""Validation gives one report of shapes and checks, the same bytes each time."""

from __future__ import annotations

import json
import logging
import random

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, parse

from kg.graph.constraints import SPARQL_COMPONENT, ValidationResult, check_iri, display_term, run_checks
from kg.graph.report import ValidationReport, report_json, report_text, report_turtle
from kg.graph.validator import read_shapes, validate_triples
from kg.model.errors import InputError, QueryError
from kg.model.iris import PREFIXES, SH, SKOS, SR
from kg.model.query_files import QueryFile

BASE = "https://example.org/"
PREFIX = "\n".join(f"@prefix {prefix}: <{iri}> ." for prefix, iri in PREFIXES.items())
PREFIX += f"\n@prefix ex: <{BASE}id/example/> .\n@prefix in: <{BASE}graph/> .\n@prefix shape: <urn:shape:> .\n"

LABELLED = """
shape:labelled a sh:PropertyShape ; sh:targetClass sr:Initiative ; sh:path skos:prefLabel ; sh:minCount 1 ;
  sh:message "Il faut un libellé."@fr , "There must be a label."@en .
shape:noted a sh:PropertyShape ; sh:targetClass sr:Initiative ; sh:path skos:note ; sh:datatype xsd:integer ;
  sh:severity sh:Warning ; sh:message "Il faut un nombre."@fr , "There must be a number."@en .
"""
THINGS = """
in:things {
  ex:b a sr:Initiative .
  ex:a a sr:Initiative ; skos:note "x" .
  ex:c a sr:Initiative ; skos:prefLabel "Chose"@fr .
}
"""


def quads(text):
    return list(parse(PREFIX + text, RdfFormat.TRIG))


def shapes(text=LABELLED):
    return [quad.triple for quad in parse(PREFIX + text, RdfFormat.TURTLE)]


def ex(name):
    return NamedNode(f"{BASE}id/example/{name}")


def check(text, name="01-test", **header):
    words = {"summary": {"fr": "essai", "en": "test"}, "message": {"fr": "Faux.", "en": "Wrong."}}
    return QueryFile(name, f"queries/checks/{name}.rq", {**words, "severity": "violation", **header}, text)


LABEL_CHECK = check(
    "SELECT ?focus ?path ?value WHERE { ?focus ?path ?value . FILTER(ISLITERAL(?value)) }",
    "07-literal",
    severity="warning",
    message={"fr": "« {?value} » de {?focus} par {?path} {?unknown}", "en": "“{?value}”"},
)


@pytest.fixture(scope="module")
def report():
    return validate_triples(quads(THINGS), shapes(), [LABEL_CHECK], {})


# ─── What is found ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_results_of_shapes_and_checks_stand_in_one_report(report):
    """Violations come first, then warnings, each by source, focus, path and value."""
    found = [(r.severity, r.source, r.focus, r.component) for r in report.results]
    literal = check_iri(LABEL_CHECK)
    assert found == [
        ("violation", "urn:shape:labelled", ex("a"), f"{SH}MinCountConstraintComponent"),
        ("violation", "urn:shape:labelled", ex("b"), f"{SH}MinCountConstraintComponent"),
        ("warning", literal, ex("a"), SPARQL_COMPONENT),
        ("warning", literal, ex("c"), SPARQL_COMPONENT),
        ("warning", "urn:shape:noted", ex("a"), f"{SH}DatatypeConstraintComponent"),
    ]
    assert (report.violations, report.warnings, report.conforms) == (2, 3, False)
    assert (report.shapes, report.checks) == (2, 1)


def test_a_result_has_path_value_and_messages_of_its_shape(report):
    """What pySHACL found is told in the words of the shape, in both languages."""
    result = report.results[-1]
    assert result.path == NamedNode(SKOS + "note")
    assert result.value == Literal("x")
    assert result.messages == {"fr": "Il faut un nombre.", "en": "There must be a number."}
    assert report.results[0].value is None


def test_the_message_of_a_check_is_filled_from_its_row(report):
    """Places such as {?value} hold the terms of the row, as people read them; others are left as they are."""
    result = next(r for r in report.results if r.is_check and r.focus == ex("c"))
    assert result.messages["fr"] == "« Chose » de example/c par skos:prefLabel {?unknown}"
    assert result.path == NamedNode(SKOS + "prefLabel")
    assert result.value == Literal("Chose", language="fr")


def test_warnings_do_not_stop_a_release():
    """A report with warnings only conforms, and one with a violation does not."""
    warned = validate_triples(
        quads("in:things { ex:a a sr:Initiative ; skos:prefLabel 'A' ; skos:note 'x' }"), shapes(), [], {}
    )
    assert (warned.violations, warned.warnings, warned.conforms) == (0, 1, True)


def test_the_order_of_quads_does_not_matter(report):
    """Whatever the order of quads and shapes, the report has the same bytes."""
    given, demanded = quads(THINGS), shapes()
    for seed in range(5):
        random.Random(seed).shuffle(given)
        random.Random(seed).shuffle(demanded)
        again = validate_triples(given, demanded, [LABEL_CHECK], {})
        assert report_turtle(again, BASE) == report_turtle(report, BASE)
        assert report_json(again) == report_json(report)


@pytest.mark.parametrize(
    ("graph", "count"), [("things", 1), ("document", 1), ("concepts", 1), ("derived", 0), ("metadata", 0)]
)
def test_shapes_see_what_is_stated(graph, count):
    """Shapes see things, documents, concepts and ontology, not what rules add or what is said of the data set."""
    found = validate_triples(quads(f"in:{graph} {{ ex:a a sr:Initiative }}"), shapes(), [], {})
    assert len(found.results) == count


def test_subclasses_of_the_ontology_count():
    """A shape for a class holds for the things of its subclasses, as the ontology says."""
    text = "in:ontology { sr:Project rdfs:subClassOf sr:Initiative } in:things { ex:a a sr:Project }"
    assert [result.focus for result in validate_triples(quads(text), shapes(), [], {}).results] == [ex("a")]


def test_a_closed_shape_sees_every_property():
    """What no shape names is left out for speed, but not where a shape forbids all other properties."""
    closed = "shape:x a sh:NodeShape ; sh:targetClass sr:Initiative ; sh:closed true ; sh:ignoredProperties (rdf:type)."
    found = validate_triples(quads("in:things { ex:a a sr:Initiative ; skos:changeNote 'x' }"), shapes(closed), [], {})
    assert [result.path for result in found.results] == [NamedNode(SKOS + "changeNote")]


def test_an_ill_typed_literal_is_a_result_and_no_noise(caplog, capfd):
    """A year that is no number is reported by its shape, without a traceback in the log."""
    years = "shape:x a sh:PropertyShape ; sh:targetSubjectsOf sr:year ; sh:path sr:year ; sh:datatype xsd:integer ."
    with caplog.at_level(logging.DEBUG):
        found = validate_triples(quads("in:things { ex:a sr:year 'mil'^^xsd:integer }"), shapes(years), [], {})
    assert [result.value.value for result in found.results] == ["mil"]
    assert "rdflib.term" not in {record.name for record in caplog.records}
    assert capfd.readouterr().err == ""


def test_a_text_that_the_graph_leaves_out_is_there_for_checks():
    """The checks see the text of a document that is only quoted; one that the graph holds is not added."""
    texts = check(
        "SELECT ?focus ?value WHERE { ?focus schema:text ?value }".replace("schema:text", "<http://schema.org/text>")
    )
    given = quads("in:one { ex:one a sr:Document } in:two { ex:two a sr:Document ; schema:text 'stated' }")
    found = validate_triples(
        given, [], [texts], {ex("one").value: "handed in", ex("two").value: "other", ex("three").value: "no"}
    )
    assert {(r.focus, r.value.value) for r in found.results} == {(ex("one"), "handed in"), (ex("two"), "stated")}


def test_shapes_are_read_from_files(tmp_path):
    """Validation takes Turtle files, and names the one that is not Turtle."""
    good, bad = tmp_path / "good.ttl", tmp_path / "bad.ttl"
    good.write_text(PREFIX + LABELLED, encoding="utf-8")
    bad.write_text("shape:x a", encoding="utf-8")
    assert validate_triples(quads(THINGS), read_shapes([good]), [], {}).violations == 2
    with pytest.raises(InputError, match=r"shapes/bad\.ttl:1:\d+"):
        read_shapes([good, bad])


def test_shapes_that_cannot_be_used_are_an_error(capfd):
    """What pySHACL says of a malformed shape becomes one of our errors."""
    broken = (
        "shape:x a sh:PropertyShape ; sh:targetClass sr:Initiative ; sh:path skos:note ; sh:minCount 'one' , 'two' ."
    )
    with pytest.raises(InputError, match=r"shapes: pySHACL cannot use the shapes: .*minCount"):
        validate_triples(quads(THINGS), shapes(broken), [], {})
    capfd.readouterr()


# ─── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_keeps_its_iri_when_its_number_changes():
    """The IRI of a check is made of its name without the number."""
    assert check_iri(check("", "03-two-graphs")) == check_iri(check("", "17-two-graphs"))
    assert check_iri(check("", "03-two-graphs")).endswith("shapes#check-two-graphs")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (check("SELECT ?other WHERE {}"), "is not a SELECT with ?focus"),
        (check("ASK {}"), "is not a SELECT with ?focus"),
        (check("SELECT ?focus WHERE {"), "01-test.rq:1:22: the query is not valid SPARQL"),
        (check("SELECT ?focus WHERE { OPTIONAL { ?focus a ?x } }"), "a row of the check has no ?focus"),
        (check("SELECT ?focus WHERE {}", severity="fatal"), "the check has no severity"),
    ],
)
def test_a_check_that_cannot_be_run_is_an_error(one, words):
    """The error names the file and says what to do."""
    with pytest.raises(QueryError, match=r"queries/checks/01-test\.rq") as caught:
        run_checks(Store(), [one])
    assert words in str(caught.value)


def test_a_check_without_message_is_an_error():
    """A check says what is wrong in both languages, or it is not run."""
    one = check("SELECT ?focus WHERE {}")
    without = {key: value for key, value in one.header.items() if key != "message"}
    with pytest.raises(QueryError, match="the check has no message"):
        run_checks(Store(), [QueryFile(one.name, one.path, without, one.text)])


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (NamedNode(SR + "targets"), "sr:targets"),
        (NamedNode(BASE + "id/initiative/lhss"), "initiative/lhss"),
        (NamedNode("urn:x"), "urn:x"),
        (Literal("mots", language="fr"), "mots"),
        (None, ""),
    ],
)
def test_terms_are_shown_as_people_read_them(term, words):
    """Known namespaces are prefixes, things are their ids, literals their words."""
    assert display_term(term) == words


# ─── The forms of the report ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_turtle_is_a_validation_report(report):
    """Every result has what SHACL demands of one, and every node of the report an IRI."""
    triples = [quad.triple for quad in parse(report_turtle(report, BASE), RdfFormat.TURTLE)]
    assert not any(isinstance(term, BlankNode) for triple in triples for term in (triple.subject, triple.object))
    about = {}
    for triple in triples:
        about.setdefault(triple.subject.value, {}).setdefault(triple.predicate.value, []).append(triple.object)
    head = about.pop(f"{BASE}validation")
    assert head[SH + "conforms"] == [Literal("false", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))]
    assert [node.value for node in head[SH + "result"]] == [f"{BASE}validation/{n}" for n in range(1, 6)]
    assert sorted(about) == [f"{BASE}validation/{n}" for n in range(1, 6)]
    for result in about.values():
        for name in ("focusNode", "resultSeverity", "sourceConstraintComponent"):
            assert len(result[SH + name]) == 1
        assert len(result[SH + "resultMessage"]) == 2
        assert (SH + "sourceShape" in result) != (SH + "sourceConstraint" in result)


def test_a_report_without_results_conforms():
    """Where nothing was found the Turtle says so, as SHACL defines conformance."""
    text = report_turtle(ValidationReport((), 3, 4), BASE)
    assert text.endswith(f"<{BASE}validation> a sh:ValidationReport ;\n    sh:conforms true .\n")
    assert len(list(parse(text, RdfFormat.TURTLE))) == 2


def test_words_with_quotes_and_line_breaks_survive():
    """Whatever a message or value holds, the Turtle and the JSON give it back."""
    words = 'a "b"\n\\c\ttab é \U0001d538'
    result = ValidationResult("violation", "urn:s", ex("a"), None, Literal(words), SPARQL_COMPONENT, {"fr": words})
    report = ValidationReport((result,), 0, 1)
    objects = {quad.object for quad in parse(report_turtle(report, BASE), RdfFormat.TURTLE)}
    assert {Literal(words), Literal(words, language="fr")} <= objects
    row = json.loads(report_json(report))["results"][0]
    assert row["value"] == {"type": "literal", "value": words}
    assert row["messages"] == {"fr": words}


def test_a_blank_node_is_named_in_the_report():
    """A blank node is a breach, and its report names it by a well-known IRI."""
    report = validate_triples(quads("in:things { _:x a sr:Initiative }"), shapes(), [], {})
    focus = [
        q.object for q in parse(report_turtle(report, BASE), RdfFormat.TURTLE) if q.predicate.value == SH + "focusNode"
    ]
    assert [node.value.startswith(f"{BASE}.well-known/genid/") for node in focus] == [True]


def test_the_json_has_every_result(report):
    """Machines get counts and results; values are as in SPARQL results."""
    table = json.loads(report_json(report))
    assert {key: table[key] for key in ("conforms", "violations", "warnings", "shapes", "checks")} == {
        "conforms": False, "violations": 2, "warnings": 3, "shapes": 2, "checks": 1,
    }  # fmt: skip
    assert table["results"][-1] == {
        "severity": "warning",
        "source": "urn:shape:noted",
        "focus": ex("a").value,
        "path": SKOS + "note",
        "value": {"type": "literal", "value": "x"},
        "component": f"{SH}DatatypeConstraintComponent",
        "messages": {"fr": "Il faut un nombre.", "en": "There must be a number."},
    }
    values = [Literal("1", datatype=NamedNode("urn:d")), ex("a"), BlankNode("b")]
    report = ValidationReport(
        tuple(ValidationResult("violation", "s", ex("a"), None, v, "c", {}) for v in values), 0, 0
    )
    assert [row["value"] for row in json.loads(report_json(report))["results"]] == [
        {"type": "literal", "value": "1", "datatype": "urn:d"},
        {"type": "uri", "value": ex("a").value},
        {"type": "bnode", "value": "b"},
    ]


def test_the_words_name_place_thing_message_and_source(report):
    """A reader sees where it is, what is wrong, what to do, who says so, and a sum at the end."""
    places = {ex("a"): "data/x/annotations.yaml:3:5"}
    french = report_text(report, "fr", lambda result: places.get(result.focus, "")).splitlines()
    assert french[:3] == [
        "data/x/annotations.yaml:3:5: Violation · example/a · skos:prefLabel",
        "    Il faut un libellé.",
        "    urn:shape:labelled",
    ]
    assert (
        french[-1] == "Le graphe n’est pas conforme\u00a0: 2 violations, 3 avertissements (2 formes, 1 vérification)."
    )
    english = report_text(report, "en").splitlines()
    assert english[-3:-1] == ["    There must be a number.", "    urn:shape:noted"]
    assert english[-1] == "The graph does not conform: 2 violations, 3 warnings (2 shapes, 1 check)."


def test_the_words_of_a_valid_graph():
    """Nothing to say but the sum, with each language's way to count nothing."""
    report = ValidationReport((), 1, 0)
    assert (
        report_text(report) == "Le graphe est conforme\u00a0: 0 violation, 0 avertissement (1 forme, 0 vérification).\n"
    )
    assert report_text(report, "en") == "The graph conforms: 0 violations, 0 warnings (1 shape, 0 checks).\n"


def test_a_result_without_words_in_a_language_still_says_something():
    """Where a shape of someone else has no message, the kind of constraint is named."""
    result = ValidationResult("violation", "urn:s", ex("a"), None, None, f"{SH}MinCountConstraintComponent", {})
    assert f"    {SH}MinCountConstraintComponent\n" in report_text(ValidationReport((result,), 1, 0))


def test_results_are_sorted_with_numbers_by_size():
    """What is wrong with sentence 2 is told before what is wrong with sentence 10."""
    things = " ".join(f"ex:sentence-{number} a sr:Initiative ." for number in (10, 2, 1))
    report = validate_triples(quads(f"in:things {{ {things} }}"), shapes(), [], {})

    names = [result.focus.value.rsplit("/", 1)[-1] for result in report.results]
    assert names == ["sentence-1", "sentence-2", "sentence-10"]
