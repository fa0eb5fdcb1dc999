"""The JSON Schema describes annotations to editors as the program takes them."""

import copy
import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from kg.curate.json_schema import annotation_schema
from kg.curate.parser import ENTRY_KEYS, FACT_KEYS
from kg.model.ontology import read_ontology


@pytest.fixture(scope="module")
def ontology(project):
    """The vocabulary of the repository."""
    return read_ontology(project)


@pytest.fixture(scope="module")
def validator(ontology):
    """A validator of annotation files."""
    schema = annotation_schema(ontology)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def as_json(text: str):
    """What an editor sees of a YAML text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def annotation_files(*folders):
    """The annotation files of projects."""
    return [path for folder in folders for path in sorted(folder.glob("data/*/annotations.yaml"))]


def test_annotations_of_the_repository_are_valid(validator, root):
    """The real annotations, those of the small project and those of the starter keep to the schema."""
    files = annotation_files(root, root / "tests" / "mini", root / "kg" / "starter")

    assert len(files) == 4
    for path in files:
        errors = list(validator.iter_errors(as_json(path.read_text(encoding="utf-8"))))
        assert not errors, f"{path}: {errors[0].json_path} {errors[0].message}"


ENTRY = {"id": "initiative/x", "type": "Initiative", "label": {"fr": "x", "en": "x"}}
FACT = {"property": "offers", "value": "offre/x", "quote": "x", "modality": "reported"}


def with_fact(**changes) -> list:
    """One entry with one fact that is changed; a value of None takes the key away."""
    fact = {**FACT, **changes}
    return [{**ENTRY, "facts": [{key: value for key, value in fact.items() if value is not None}]}]


def with_entry(**changes) -> list:
    """One entry that is changed; a value of None takes the key away."""
    return [{key: value for key, value in {**ENTRY, **changes}.items() if value is not None}]


GOOD = {
    "entry": [ENTRY],
    "empty": [],
    "fact": with_fact(),
    "mention without value": with_fact(property="mentionedAs", value=None),
    "number": with_fact(property="earliestYear", value=2016),
    "words by language": with_fact(property="skos:scopeNote", value={"fr": "x", "en": "x"}),
    "plain note": with_fact(note="x"),
    "note by language": with_fact(note={"fr": "x", "en": "x"}),
    "occurrence": with_fact(occurrence=2),
}
WRONG = {
    "a mapping": {"id": "x"},
    "an entry of text": ["initiative/x"],
    "no id": with_entry(id=None),
    "no type": with_entry(type=None),
    "no label": with_entry(label=None),
    "unknown type": with_entry(type="Initiatives"),
    "assertion": with_entry(type="Assertion"),
    "id of no kind": with_entry(id="something/x"),
    "id with capitals": with_entry(id="initiative/X"),
    "label in one language": with_entry(label={"fr": "x"}),
    "label in three": with_entry(label={"fr": "x", "en": "x", "de": "x"}),
    "empty label": with_entry(label={"fr": "", "en": "x"}),
    "label of text": with_entry(label="x"),
    "unknown key": with_entry(labels={"fr": "x", "en": "x"}),
    "facts that are no list": with_entry(facts={}),
    "unknown property": with_fact(property="offer"),
    "property that is not for annotations": with_fact(property="hasOutcome"),
    "no property": with_fact(property=None),
    "no quote": with_fact(quote=None),
    "empty quote": with_fact(quote=""),
    "no modality": with_fact(modality=None),
    "unknown modality": with_fact(modality="sure"),
    "no value": with_fact(value=None),
    "a list of values": with_fact(value=["offre/x"]),
    "a value of half": with_fact(value=0.5),
    "unknown key of a fact": with_fact(quotes="x"),
    "occurrence of none": with_fact(occurrence=0),
    "occurrence of text": with_fact(occurrence="1"),
    "note in one language": with_fact(note={"fr": "x"}),
    "reserved status": with_fact(status="proposed"),
    "reserved confidence": with_fact(confidence=0.5),
    "reserved rules": with_fact(rules=["a"]),
    "reserved status of an entry": with_entry(status="rejected"),
    "label with a line break": with_entry(label={"fr": "x\ny", "en": "x"}),
    "label with spaces around it": with_entry(label={"fr": " x", "en": "x"}),
    "quote with a space after it": with_fact(quote="x "),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_form_allows(validator, name):
    """What the form allows is valid."""
    assert list(validator.iter_errors(GOOD[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_the_form_does_not_allow(validator, name):
    """What breaks the form is marked in the editor."""
    assert not validator.is_valid(WRONG[name])


def test_exactly_the_known_words(validator, ontology):
    """The schema takes exactly the properties, types, modalities and keys that the program takes."""
    definitions = validator.schema["$defs"]
    fact, entry = definitions["fact"]["properties"], definitions["entry"]["properties"]

    assert {one["const"] for one in fact["property"]["oneOf"]} == set(ontology.properties)
    assert set(entry["type"]["enum"]) == set(ontology.classes) - {"Assertion", "Sentence"}
    assert set(fact["modality"]["enum"]) == set(ontology.modalities)
    assert tuple(entry) == ENTRY_KEYS
    assert tuple(fact) == FACT_KEYS


def test_a_new_property_is_in_the_schema(ontology):
    """The schema comes from the vocabulary: it has nothing of its own."""
    fewer = copy.copy(ontology.properties)
    fewer.pop("offers")
    schema = annotation_schema(type(ontology)(**{**vars(ontology), "properties": fewer}))

    assert not Draft202012Validator(schema).is_valid(with_fact())


def test_each_property_is_explained(validator):
    """The editor shows the French and the English label of each property."""
    for one in validator.schema["$defs"]["fact"]["properties"]["property"]["oneOf"]:
        assert " / " in one["description"]
