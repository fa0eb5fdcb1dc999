"""Requests of reconciliation clients are read, and what is wrong in them is told."""

from pathlib import Path

import pytest

from kg.endpoint.evaluation import asker, load
from kg.pages.reconcile.batches import BatchError, read_batch
from kg.pages.reconcile.data import answer
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


def test_an_empty_value_among_others_is_left_out(service):
    """Of several values of a property those count that say something."""
    questions = read_batch(
        '{"q0": {"query": "x", "properties": [{"pid": "targets", "v": [null, "jeunes", ""]}]}}', service.catalogue
    )

    assert questions["q0"].properties[0].values == ("jeunes",)
