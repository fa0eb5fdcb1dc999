"""JSON-LD: values, terms and blank nodes are read back as they were."""

import json

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.model.iris import DCT, OWL, SKOS, SR, TYPE, XSD
from kg.model.json_ld import compact, prefix_context, read_context

TERMS = {
    "skos": SKOS,
    "sr": SR,
    "xsd": XSD,
    "id": "@id",
    "type": "@type",
    "Place": "sr:Place",
    "note": "skos:note",
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "within": {"@id": "sr:within", "@type": "@id"},
    "year": {"@id": "sr:year", "@type": "xsd:integer"},
    "listed": {"@id": "sr:listed", "@container": "@list"},
}
CONTEXTS = {
    "terms": TERMS,
    "parts": [TERMS, {"issued": {"@id": DCT + "issued", "@type": "xsd:date"}}],
    "language": {**TERMS, "@language": "fr"},
    "nothing": {},
}
SUBJECT = NamedNode("https://example.org/id/lieu/ici")


def typed(value, datatype):
    return Literal(value, datatype=NamedNode(datatype))


VALUES = [
    Literal("words"),
    Literal(""),
    Literal("mots", language="fr"),
    typed("12", XSD + "integer"),
    typed("-0", XSD + "integer"),
    typed("0", XSD + "integer"),
    typed("false", XSD + "boolean"),
    typed("1.5", XSD + "decimal"),
    typed("1.0E0", XSD + "double"),
    typed("2022-01-31", XSD + "date"),
    typed("x", "https://example.org/#type"),
    NamedNode(SR + "reported"),
    NamedNode(SR + "//odd"),
    NamedNode("urn:x:y"),
]
PROPERTIES = (
    SKOS + "note",
    SKOS + "prefLabel",
    SR + "within",
    SR + "year",
    SR + "listed",
    DCT + "issued",
    OWL + "sameAs",
)


def document(triples, context):
    """The JSON-LD document of the triples, as a parsed value."""
    return {"@context": context.source, "@graph": compact(triples, context)}


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_value_comes_back_under_every_property(name):
    """Whatever a term coerces to, each value is read back as it was, alone and among others."""
    triples = {Triple(SUBJECT, NamedNode(iri), value) for iri in PROPERTIES for value in VALUES}
    triples |= {Triple(SUBJECT, TYPE, NamedNode(SR + "Place")), Triple(NamedNode(SR + "reported"), TYPE, SUBJECT)}
    context = read_context(CONTEXTS[name])
    for chosen in (triples, *({triple} for triple in triples)):
        data = json.dumps(document(chosen, context)).encode()
        assert {quad.triple for quad in parse(data, RdfFormat.JSON_LD)} == chosen


def test_terms_of_the_context_are_used():
    """A value stands under the term that can say it, otherwise under the prefixed name of the property."""
    note, label = NamedNode(SKOS + "note"), NamedNode(SKOS + "prefLabel")
    within, year = NamedNode(SR + "within"), NamedNode(SR + "year")
    triples = [
        Triple(SUBJECT, TYPE, NamedNode(SR + "Place")),
        Triple(SUBJECT, label, Literal("ici", language="fr")),
        Triple(SUBJECT, label, Literal("here", language="en")),
        Triple(SUBJECT, label, Literal("?")),
        Triple(SUBJECT, note, Literal("mot", language="fr")),
        Triple(SUBJECT, within, NamedNode(SR + "reported")),
        Triple(SUBJECT, within, Literal("somewhere")),
        Triple(SUBJECT, year, typed("2022", XSD + "integer")),
        Triple(SUBJECT, year, typed("2022", XSD + "gYear")),
    ]
    assert compact(triples, read_context(TERMS)) == [
        {
            "id": SUBJECT.value,
            "type": "Place",
            "prefLabel": {"fr": "ici", "en": "here"},
            "skos:prefLabel": "?",
            "note": {"@language": "fr", "@value": "mot"},
            "within": "sr:reported",
            "sr:within": "somewhere",
            "year": "2022",
            "sr:year": {"type": "xsd:gYear", "@value": "2022"},
        }
    ]


def test_blank_nodes_keep_their_labels():
    """A blank node is named by its label, as a subject and as a value."""
    triple = Triple(BlankNode("b"), NamedNode(OWL + "sameAs"), BlankNode("c"))
    assert compact([triple], prefix_context()) == [{"@id": "_:b", "owl:sameAs": {"@id": "_:c"}}]
