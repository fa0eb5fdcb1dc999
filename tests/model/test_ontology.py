"""The vocabulary is read from the Turtle files alone."""

import pytest
from pyoxigraph import NamedNode, Triple

from kg.graph.builder import build
from kg.graph.quads import ontology_quads
from kg.model.errors import InputError
from kg.model.iris import HOME, OWL, PREFIXES, RDF, RDFS, SKOS, SR, XSD
from kg.model.ontology import (
    CONCEPT,
    LANG_STRING,
    parse_ontology,
    property_name,
    read_ontology,
    read_turtle,
    read_turtle_lines,
)

SEGMENTS = {
    "Organization": "organisation",
    "Initiative": "initiative",
    "PopulationGroup": "public",
    "Situation": "situation",
    "Crisis": "situation",
    "SocialProblem": "situation",
    "Offering": "offre",
    "Approach": "approche",
    "Outcome": "resultat",
    "Aim": "but",
    "Effect": "effet",
    "Claim": "affirmation",
    "AdvocacyTheme": "plaidoyer",
    "Value": "valeur",
    "Place": "lieu",
    "Setting": "lieu",
    "TimeSpan": "temps",
    "Document": "document",
    "Sentence": "sentence",
    "Assertion": "assertion",
}
OBJECTS = {
    *("openedBy", "launchedBy", "developedBy", "introducedBy", "runBy"),
    *("operatedBy", "coOriginatedBy", "pioneeredBy", "partner", "respondsTo", "targets", "involves", "offers"),
    *("usesApproach", "hasAim", "hasEffect", "benefits", "concerns", "affects", "hasAspect", "claimAbout"),
    *("advocatesFor", "holdsValue", "locatedIn", "hasTimeSpan", "startedDuring", "dct:type", "dct:isPartOf"),
    *("adms:status", "skos:broader", "skos:related", "prov:wasAttributedTo"),
}
DATATYPES = {
    "claimBasis": LANG_STRING,
    "reportedQuantity": LANG_STRING,
    "mentionedAs": LANG_STRING,
    "skos:scopeNote": LANG_STRING,
    "edtf": "http://id.loc.gov/datatypes/edtf/EDTF",
    "earliestYear": XSD + "integer",
    "latestYear": XSD + "integer",
    "skos:notation": XSD + "string",
    "time:hasXSDDuration": XSD + "duration",
}


@pytest.fixture(scope="module")
def ontology(project):
    """The vocabulary of the repository."""
    return read_ontology(project)


def test_classes_and_their_ids(ontology):
    """Each class has the segment of its ids, which is part of the contract."""
    assert {name: kind.segment for name, kind in ontology.classes.items()} == SEGMENTS


def test_properties_of_annotations(ontology):
    """The properties that annotations may use are those of the contract, with their datatypes."""
    properties = ontology.properties

    assert {name for name, prop in properties.items() if prop.is_object} == OBJECTS
    assert {name: prop.datatype for name, prop in properties.items() if not prop.is_object} == DATATYPES


def test_a_class_knows_all_the_classes_above_it(ontology):
    """A class knows all the classes above it."""
    kinds = ontology.classes

    assert {SR + "Crisis", SR + "Situation", CONCEPT} <= kinds["Crisis"].ancestors
    assert {SR + "Aim", SR + "Outcome"} <= kinds["Aim"].ancestors
    assert SR + "Place" not in kinds["Setting"].ancestors
    assert {name for name, kind in kinds.items() if not kind.is_concept} == {
        *("Organization", "Initiative", "Claim", "Place", "TimeSpan", "Document", "Sentence", "Assertion")
    }


def test_two_of_the_six_modalities_have_another_word(ontology):
    """There are six modalities, two of which have another word."""
    assert {word: iri.removeprefix(SR) for word, iri in ontology.modalities.items()} == {
        **{name: name for name in ("reported", "context", "intended", "presented", "self-claim", "inferred")},
        "aim": "intended",
        "effect": "presented",
    }


def test_concepts_have_one_iri_in_every_project(ontology):
    """Concepts of the shared schemes are named by their scheme, whatever the base of a project."""
    assert ontology.concepts["type-initiative/service"] == HOME + "id/type-initiative/service"
    assert len(ontology.concepts) > 40


def values_for(ontology, project) -> dict[str, str]:
    """A value for each class and datatype that a property may take."""
    things = {kind.iri: f"{kind.segment}/une-{name.lower()}" for name, kind in ontology.classes.items()}
    things[ontology.classes["Document"].iri] = f"document/{project.documents()[0].name}"
    literals = {LANG_STRING: "des vélos", XSD + "integer": "2019", XSD + "duration": "P1Y"}
    return {**things, **literals, CONCEPT: "type-initiative/service"}


def test_every_property_is_usable(ontology, mini):
    """For each property of the ontology a fact about a thing of each of its domains builds; nothing is special."""
    made = values_for(ontology, mini)
    names = {kind.iri: name for name, kind in ontology.classes.items() if name != "Document"}
    entries = {
        name: f"- id: {made[iri]}\n  type: {name}\n  label: {{fr: Un {name}, en: A {name}}}\n  facts:\n"
        for iri, name in names.items()
        if name not in ("Assertion", "Sentence")
    }
    label = "{fr: Texte «\u00a0L’Atelier du Canal\u00a0», en: Text “L’Atelier du Canal”}"
    entries["Document"] = f"- id: document/atelier-du-canal\n  type: Document\n  label: {label}\n  facts:\n"
    expected = 0
    for prop in ontology.properties.values():
        value = made.get(min(prop.ranges), "2019")
        line = (
            f"  - {{property: '{prop.name}', value: '{value}', quote: des vélos, occurrence: 1, modality: inferred}}\n"
        )
        line = line.replace("'2019'", "2019") if prop.datatype == XSD + "integer" else line
        for name in (name for name in entries if ontology.classes[name].iri in prop.domains):
            entries[name] += line
            expected += 1
    for folder in mini.documents():
        (folder / "annotations.yaml").write_text("[]")
    mini.withdrawn.unlink()
    first = mini.documents()[0] / "annotations.yaml"
    first.write_text("".join(entries.values()), encoding="utf-8")
    quads = build(mini).quads
    used = {quad.object.value for quad in quads if quad.predicate.value == RDF + "predicate"}

    assert used == {prop.iri for prop in ontology.properties.values()}
    assert sum(quad.predicate.value == RDF + "predicate" for quad in quads) == expected
    assert expected > 100


def test_every_property_can_be_told(ontology):
    """Each property has labels, the noun phrase of its object, domains and ranges."""
    for prop in ontology.properties.values():
        assert prop.labels.keys() == {"fr", "en"}, prop.name
        assert prop.phrases.keys() == {"fr", "en"}, prop.name
        assert prop.domains, prop.name
        assert prop.ranges, prop.name


MINIMAL = f"""
@prefix sr: <{SR}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . @prefix my: <https://example.org/my/vocab#> .
@prefix short: <https://example.org/> .
sr:Document a owl:Class ; sr:idSegment "document" .
my:Thing a owl:Class ; rdfs:subClassOf my:Thing , my:Other ; sr:idSegment "thing" .
my:Other rdfs:subClassOf my:Thing .
my:prop a owl:ObjectProperty ; sr:needsEvidence true .
my:text a owl:DatatypeProperty ; sr:needsEvidence true .
<urn:x:bare> a owl:DatatypeProperty ; sr:needsEvidence true .
my:not a owl:ObjectProperty ; sr:needsEvidence false .
"""


def minimal(ontology: str = MINIMAL, concepts: str = "", alignments: str = ""):
    """A vocabulary from three texts."""
    files = {"ontology": ontology, "concepts": concepts, "alignments": alignments}
    return parse_ontology({name: (f"{name}.ttl", text.encode()) for name, text in files.items()})


def test_terms_of_other_vocabularies():
    """Terms outside the vocabulary are spelled with the longest prefix that fits, or whole; circles do no harm."""
    ontology = minimal()

    assert set(ontology.properties) == {"my:prop", "my:text", "urn:x:bare"}
    assert ontology.properties["my:prop"].is_object
    assert ontology.properties["my:text"].datatype == LANG_STRING
    thing = ontology.classes["my:Thing"]
    assert thing.ancestors == {"https://example.org/my/vocab#Thing", "https://example.org/my/vocab#Other"}
    assert ontology.classes_of_segment("thing") == [thing]
    assert property_name("https://example.org/my/vocab#x", ontology.prefixes) == "my:x"
    assert property_name("https://example.org/x", ontology.prefixes) == "short:x"


def test_prefixes_are_those_of_queries(ontology):
    """The prefixes of the ontology file mean what the program's table says."""
    assert {name: iri for name, iri in ontology.prefixes.items() if PREFIXES.get(name) != iri} == {}


@pytest.mark.parametrize(
    ("turtle", "line", "column"),
    [("<a:b> <a:c> .", 1, 13), ("<a:b> <a:c> <a:d> .\n\nx:y a x:z .", 3, 1), ('<a:b> <a:c> "d', 1, 14)],
)
def test_turtle_that_is_wrong(turtle, line, column):
    """A mistake in Turtle is told with file, line and column."""
    with pytest.raises(InputError) as caught:
        read_turtle(turtle.encode(), "file.ttl")
    problem = caught.value.problems[0]

    assert (problem.file, problem.code, problem.line) == ("file.ttl", "turtle", line)
    assert problem.column in (column, column - 1, column + 1)


def test_graphs_of_the_vocabulary():
    """Terms, schemes with the labels of things that are described, and alignments have a graph each."""
    concepts = f"""
    @prefix skos: <{SKOS}> . @prefix id: <{HOME}id/> . @prefix sr: <{SR}> .
    id:un skos:altLabel "Un"@fr . id:deux skos:altLabel "Deux"@fr .
    <{HOME}id/s/c> a skos:Concept ; skos:inScheme <{HOME}id/scheme/s> . <{HOME}id/scheme/s> a skos:ConceptScheme .
    sr:modalities a skos:ConceptScheme . sr:reported skos:inScheme sr:modalities ; a skos:Concept .
    """
    alignments = f"@prefix skos: <{SKOS}> . @prefix sr: <{SR}> . sr:Document skos:closeMatch <urn:x:text> ."
    ontology = minimal(concepts=concepts, alignments=alignments)
    graphs = {name: NamedNode(f"urn:x:{name}") for name in ("ontology", "concepts", "alignments")}
    quads = ontology_quads(ontology, graphs, {HOME + "id/un"})

    def subjects(name: str) -> set[str]:
        return {quad.subject.value for quad in quads if quad.graph_name == graphs[name]}

    assert subjects("concepts") == {
        *(HOME + "id/un", HOME + "id/s/c", HOME + "id/scheme/s", SR + "modalities", SR + "reported")
    }
    match = Triple(NamedNode(SR + "Document"), NamedNode(SKOS + "closeMatch"), NamedNode("urn:x:text"))
    assert match in {quad.triple for quad in quads if quad.graph_name == graphs["alignments"]}
    assert ontology.modalities == {"reported": SR + "reported"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_triple_has_its_line(end):
    """The line of a triple is that of its object, however long the lines are and wherever strings break."""
    long = "x" * 100_000
    lines = [
        "@prefix : <urn:x:> .",
        "",
        f':a :b "{long}" ;',
        "  :c",
        '    """one',
        'two""" ,',
        "  :d .",
        ":e :f :g . :h :i :j .",
    ]
    rows, _ = read_turtle_lines(end.join(lines).encode(), "file.ttl")

    assert [(t.object.value[:3], line) for t, line in rows] == [
        ("xxx", 3),
        ("one", 6),
        ("urn", 7),
        ("urn", 8),
        ("urn", 8),
    ]
