"""Requests of reconciliation clients are read, and what is wrong in them is told."""

import json
from pathlib import Path

import pytest

from kg.endpoint.evaluation import asker, load
from kg.model.iris import RDF, SKOS, SR, XSD
from kg.pages.reconcile.batches import BatchError, read_batch, read_extension
from kg.pages.reconcile.data import answer, extend
from kg.pages.search.search_service import SearchService

GOLDEN = Path(__file__).parents[1] / "golden" / "mini.nq"


@pytest.fixture(scope="module")
def service():
    """Return the index and the terms of the small project."""
    return SearchService(asker(load([GOLDEN])), "https://example.org/mini/")


@pytest.fixture(scope="module")
def catalogue(service):
    """Return the classes and properties of the small project."""
    return service.catalogue


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        ("x", "queries is not JSON"),
        ("[" * 100_000, "queries is not JSON"),
        ("[]", "queries is no JSON object"),
        ('{"q0": 1}', "q0 is no object"),
        ('{"q0": {}}', "q0 has neither query nor properties"),
        ('{"q0": {"query": 1}}', "q0.query is no string"),
        ('{"q0": {"query": "x", "kind": "y"}}', "q0.kind is not known. Use query, type"),
        ('{"q0": {"query": "x", "type": 1}}', "q0.type is neither"),
        ('{"q0": {"query": "x", "type": "Initiativ"}}', 'is "Initiativ", which is no type here. Try Initiative'),
        ('{"q0": {"query": "x", "type_strict": "some"}}', "q0.type_strict is none of"),
        ('{"q0": {"query": "x", "limit": 0}}', "q0.limit is no number of at least 1"),
        ('{"q0": {"query": "x", "limit": NaN}}', "q0.limit is no number"),
        ('{"q0": {"query": "x", "limit": true}}', "q0.limit is no number"),
        ('{"q0": {"query": "x", "properties": {}}}', "q0.properties is no list"),
        ('{"q0": {"query": "x", "properties": [{"pid": "targets"}]}}', "q0.properties[0] lacks pid or v"),
        ('{"q0": {"query": "x", "properties": [{"pid": "target", "v": "y"}]}}', "is no property here. Try targets"),
        ('{"q0": {"query": "x", "properties": [{"pid": "targets", "v": [[]]}]}}', "q0.properties[0].v is no value"),
        ('{"q0": {"properties": []}}', "q0 has neither query nor properties"),
        ('{"a": 1, "b": {}}', "a is no object"),
        ('{"a": 1, "b": {}}', "b has neither"),
        (str({f"q{place}": {"query": "x"} for place in range(51)}).replace("'", '"'), "51 questions. Send 50"),
    ],
)  # fmt: skip
def test_all_wrong_keys_of_a_batch_are_told_at_once(catalogue, batch, told):
    """A batch that cannot be answered is told which keys are wrong and what to send, all keys at once."""
    with pytest.raises(BatchError) as caught:
        read_batch(batch, catalogue)
    assert told in str(caught.value)
    assert str(caught.value).endswith((".", "…"))


@pytest.mark.parametrize("value", ["null", '""', '" "', "[]", "[null]", '{"id": null}', '{"id": ""}', '[null, ""]'])
def test_an_empty_cell_says_nothing_of_a_thing(service, value):
    """A property without a value is left out, and neither lowers a match nor spoils the rest of the batch."""
    plain, empty = (
        answer(service.evaluate, service.index, read_batch(batch, service.catalogue))
        for batch in (
            '{"q0": {"query": "potager partagé"}, "q1": {"query": "x"}, "q2": {"query": ""}}',
            '{"q0": {"query": "potager partagé", "properties": [{"pid": "targets", "v": VALUE}]}, '
            '"q1": {"query": "x"}, "q2": {"properties": [{"pid": "targets", "v": VALUE}]}}'.replace("VALUE", value),
        )
    )

    assert empty == plain
    assert empty["q0"][0].is_sure


@pytest.mark.parametrize("query", ["null", '""', '" "'])
def test_an_empty_query_finds_nothing_and_leaves_the_others_alone(service, query):
    """The row of an empty cell has no candidates; the rest of its batch is answered."""
    batch = read_batch(f'{{"q0": {{"query": {query}}}, "q1": {{"query": "Vélothèque"}}}}', service.catalogue)
    found = answer(service.evaluate, service.index, batch)
    assert not found["q0"]
    assert found["q1"]


def test_an_empty_value_among_others_is_left_out(service):
    """Of several values of a property those count that say something."""
    questions = read_batch(
        '{"q0": {"query": "x", "properties": [{"pid": "targets", "v": [null, "jeunes", ""]}]}}', service.catalogue
    )

    assert questions["q0"].properties[0].values == ("jeunes",)


SETS = f"""
@prefix rdf: <{RDF}> . @prefix sr: <{SR}> . @prefix skos: <{SKOS}> . @prefix xsd: <{XSD}> .
@prefix : <https://example.org/mini/id/> .
<https://example.org/mini/graph/ontology> {{
  sr:offers sr:needsEvidence true . sr:earliestYear sr:needsEvidence true .
  sr:intended skos:prefLabel "visé"@fr , "intended"@en .
}}
<https://example.org/mini/graph/things> {{
  :home a sr:Initiative ; skos:prefLabel "Home"@fr ; sr:offers :bed ; sr:earliestYear 1990 .
  :bed a sr:Offering ; skos:prefLabel "lit"@fr , "bed"@en .
  :meal a sr:Offering ; skos:prefLabel "repas"@fr , "meal"@en .
  :job a sr:Offering ; skos:prefLabel "emploi"@fr , "job"@en .
  :chat a sr:Offering ; skos:prefLabel "écoute"@fr , "chat"@en .
}}
<https://example.org/mini/graph/inferred> {{ :home sr:offers :meal . }}
<https://example.org/mini/graph/derived> {{ :home sr:offers :chat . }}
<https://example.org/mini/graph/text> {{
  :a1 rdf:subject :home ; rdf:predicate sr:offers ; rdf:object :job ; sr:modality sr:intended .
  :a2 rdf:subject :home ; rdf:predicate sr:earliestYear ; rdf:object 2030 ; sr:modality sr:intended .
}}"""
"""An initiative whose offerings are stated, inferred, derived and only intended."""

EVERY = [{"name": "bed"}, {"name": "chat"}, {"name": "job (intended)"}, {"name": "meal"}]


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Return the service of a graph with all sets of statements, loaded as it is served."""
    path = tmp_path_factory.mktemp("sets") / "graph.trig"
    path.write_text(SETS, encoding="utf-8")
    return SearchService(asker(load([path])), "https://example.org/mini/")


def column(service, language="en", **settings):
    """Return the values of a property of the initiative, without their ids."""
    asked = {"ids": ["home"], "properties": [{"id": "offers", "settings": settings}]}
    ids, columns = read_extension(json.dumps(asked), service.catalogue)
    (row,) = extend(service, ["https://example.org/mini/id/home" for _ in ids], columns, language).values()
    return [{"name": cell["name"]} for cell in row["offers"]]


@pytest.mark.parametrize(
    ("settings", "cells"),
    [
        ({"stated": True}, [{"name": "bed"}]),
        ({"stated": "true"}, [{"name": "bed"}]),
        ({"stated": True, "limit": 3}, [{"name": "bed"}]),
        ({"stated": False}, EVERY),
        ({"stated": "false"}, EVERY),
        ({"stated": None}, EVERY),
        ({}, EVERY),
        ({"limit": 1}, EVERY[:1]),
    ],
)
def test_only_what_the_texts_state_where_that_is_asked(sets, settings, cells):
    """A column holds what is stated alone where that is asked for, else all, with what is only intended in brackets."""
    assert column(sets, **settings) == cells


def test_the_modality_in_brackets_is_named_in_the_language_of_the_address(sets):
    """The modality in brackets is named in the language of the address."""
    assert {"name": "emploi (visé)"} in column(sets, "fr")


def test_two_columns_of_a_property_may_ask_for_different_sets(sets):
    """Each column of a request has the set that it asks for, and a number that is only intended becomes words."""
    asked = {
        "ids": ["https://example.org/mini/id/home"],
        "properties": [{"id": "offers", "settings": {"stated": True}}, {"id": "earliestYear"}],
    }
    ids, columns = read_extension(json.dumps(asked), sets.catalogue)
    (row,) = extend(sets, ids, columns, "en").values()

    assert [cell["name"] for cell in row["offers"]] == ["bed"]
    assert row["earliestYear"] == [{"int": 1990}, {"str": "2030 (intended)"}]
