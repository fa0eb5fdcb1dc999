"""The JSON Schema of annotation files, for completion and marks in editors."""

from __future__ import annotations

from typing import Any

from kg.curate.resolver import QUOTED, annotatable_classes
from kg.model.languages import LANGUAGES
from kg.model.ontology import Ontology

_ONE_LINE = r"^\S(.*\S)?$"


def annotation_schema(ontology: Ontology) -> dict[str, Any]:
    """Return the JSON Schema of an annotation file, draft 2020-12.

    It has the types, properties and modalities of the ontology. What no schema can hold (a quote is in the text, a
    value is defined) is left to ``kg check``.
    """
    segments = sorted({kind.segment for kind in ontology.classes.values()})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Annotations of a document",
        "description": "What a text says, thing by thing and fact by fact, each fact with the words that say it.",
        "type": "array",
        "items": {"$ref": "#/$defs/entry"},
        "$defs": {
            "words": _words({"type": "string", "minLength": 1}),
            "line": {"type": "string", "pattern": _ONE_LINE},
            "label": _words({"$ref": "#/$defs/line"}),
            "entry": _entry(segments, annotatable_classes(ontology)),
            "fact": _fact(ontology),
        },
    }


def _words(text: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The editors' words, in each language.",
        "properties": dict.fromkeys(LANGUAGES, text),
        "required": list(LANGUAGES),
        "additionalProperties": False,
    }


def _note() -> dict[str, Any]:
    return {"description": "For the reader of the graph.", "anyOf": [{"type": "string"}, {"$ref": "#/$defs/words"}]}


def _entry(segments: list[str], types: list[str]) -> dict[str, Any]:
    start = "|".join(segments)
    return {
        "type": "object",
        "description": "One thing that the document tells about.",
        "properties": {
            "id": {"type": "string", "pattern": f"^({start})/[a-z0-9]+(-[a-z0-9]+)*$"},
            "type": {"enum": types},
            "label": {"$ref": "#/$defs/label"},
            "definition": {"$ref": "#/$defs/words"},
            "note": _note(),
            "facts": {"type": "array", "items": {"$ref": "#/$defs/fact"}},
        },
        "required": ["id", "type", "label"],
        "additionalProperties": False,
    }


def _fact(ontology: Ontology) -> dict[str, Any]:
    properties = [
        {"const": prop.name, "description": " / ".join(prop.labels[tag] for tag in LANGUAGES if tag in prop.labels)}
        for prop in ontology.properties.values()
    ]
    value = {
        "description": "The id of a thing or concept, text of the document, a number, or the editors' words.",
        "anyOf": [{"type": ["string", "integer"]}, {"$ref": "#/$defs/words"}],
    }
    return {
        "type": "object",
        "description": "One fact and the smallest span of one sentence that says it.",
        "properties": {
            "property": {"oneOf": properties},
            "value": value,
            "quote": {"$ref": "#/$defs/line", "description": "Words of the text, character by character."},
            "modality": {"enum": list(ontology.modalities)},
            "occurrence": {"type": "integer", "minimum": 1, "description": "Which one, where the quote recurs."},
            "note": _note(),
        },
        "required": ["property", "quote", "modality"],
        "if": {"properties": {"property": {"const": QUOTED}}},
        "else": {"required": ["value"]},
        "additionalProperties": False,
    }
