"""The data behind the pages of vocabulary, shapes and validation."""

import json

import pytest
from pyoxigraph import Quad, RdfFormat, Store

from kg.endpoint.evaluation import asker
from kg.endpoint.problems import ProblemError
from kg.model.iris import OWL, SKOS, SR, TYPE
from kg.pages.validation.data import SHAPES, read_report, read_shapes
from kg.pages.vocabulary.data import MAX_TERMS, MODALITIES, read_vocabulary
from kg.pages.vocabulary.diagram import draw

PREFIXES = """\
@prefix ex: <https://example.org/v#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <http://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/social-response/shapes#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sr: <https://w3id.org/social-response/ontology#> .
"""
FOREIGN = """
<https://example.org/v> a owl:Ontology ; owl:versionInfo "2" .
ex:Dog a rdfs:Class ; rdfs:label "dog" ; rdfs:subClassOf ex:Animal .
ex:Animal a rdfs:Class ; rdfs:comment "What breathes."@en ; owl:equivalentClass <https://example.org/w#Beast> .
ex:bites a rdf:Property ; rdfs:domain ex:Dog ; rdfs:range ex:Animal .
[] a owl:Class .
ex:rex a ex:Dog ; ex:bites ex:tom , ex:tim .
"""


def ask_of(turtle):
    """What answers from a few triples."""
    store = Store()
    store.load((PREFIXES + turtle).encode(), format=RdfFormat.TURTLE)
    return asker(store)


@pytest.fixture(scope="module")
def vocabulary(built):
    """The vocabulary of the repository's own graph."""
    store = Store()
    store.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in built.quads)
    return read_vocabulary(asker(store))


@pytest.fixture(scope="module")
def shapes(project):
    """The repository's own shapes."""
    return [shape for path in project.shapes for shape in read_shapes(path.read_bytes())]


def test_every_term_is_told(vocabulary, built):
    """Each class and property that the ontology declares has label, definition and example in both languages."""
    kinds = {OWL + name for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    declared = {q.subject.value for q in built.quads if q.predicate == TYPE and q.object.value in kinds}

    assert {term.iri for term in vocabulary.terms} == declared
    for term in vocabulary.terms:
        assert [set(texts) for texts in (term.labels, term.definitions, term.examples)] == [{"fr", "en"}] * 3


def test_uses_are_counted(vocabulary, built):
    """The uses of a class are its things, those of a property its triples, those of a modality its assertions."""

    def count(predicate, value=None):
        return sum(q.predicate.value == predicate and value in {None, q.object.value} for q in built.quads)

    assert vocabulary.names[SR + "Initiative"].used == count(TYPE.value, SR + "Initiative")
    assert vocabulary.names[SR + "targets"].used == count(SR + "targets")
    assert vocabulary.names[SR + "hasOutcome"].used == 0
    assert vocabulary.names[SR + "intended"].used == count(SR + "modality", SR + "intended")


def test_a_term_has_its_neighbours_and_its_related_terms(vocabulary):
    """A term has the terms above and below it, its domains and ranges, and related terms of other vocabularies."""
    aim, targets = vocabulary.names[SR + "Aim"], vocabulary.names[SR + "targets"]

    assert aim.supers == (SR + "Outcome",)
    assert vocabulary.subs(vocabulary.names[SR + "Outcome"]) == [SR + "Aim", SR + "Effect"]
    assert aim.disjoint == (SR + "Effect",)
    assert (SKOS + "relatedMatch", "https://ontology.commonapproach.org/cids#Outcome") in aim.alignments
    assert set(targets.domains) == {SR + "Initiative", SR + "Organization"}
    assert (targets.ranges, targets.needs_evidence, targets.has_things) == ((SR + "PopulationGroup",), True, True)


def test_no_two_terms_have_the_same_anchor(vocabulary):
    """A term has its local name as anchor, one of another vocabulary its prefix too, and no two have the same."""
    anchors = [vocabulary.anchor(iri) for iri in vocabulary.names]

    assert vocabulary.anchor(SR + "targets") == "targets"
    assert vocabulary.anchor(SKOS + "broader") == "skos-broader"
    assert len(set(anchors)) == len(anchors)
    assert not [anchor for anchor in anchors if not anchor or set(anchor) & set(" #\"'<>")]


def test_terms_come_in_the_order_given(built):
    """Terms come in the order given, and modalities from what is said as fact to what is not said."""
    store = Store()
    store.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in built.quads)
    found = read_vocabulary(asker(store), [SR + "Value", SR + "Aim"])
    modalities = next(scheme for scheme in found.schemes if scheme.term.iri == MODALITIES[0])

    assert [term.iri for term in found.classes][:2] == [SR + "Value", SR + "Aim"]
    assert tuple(term.iri for term in modalities.concepts) == MODALITIES[1:]


def test_schemes_of_things_are_not_spelled_out(vocabulary):
    """A scheme of types has its concepts with definitions; one whose concepts are things leads to their list."""
    for scheme in vocabulary.schemes:
        assert bool(scheme.concepts) != bool(scheme.segment)
        assert not scheme.concepts or len(scheme.concepts) == scheme.count


def test_vocabulary_of_others():
    """A vocabulary in RDFS that is not ours is told as well, without its blank nodes."""
    found = read_vocabulary(ask_of(FOREIGN))
    bites = found.names["https://example.org/v#bites"]

    assert (found.iri, found.version, found.namespace) == ("https://example.org/v", "2", "https://example.org/v#")
    assert [term.labels for term in found.classes] == [{}, {"": "dog"}]
    assert found.classes[0].alignments == ((OWL + "equivalentClass", "https://example.org/w#Beast"),)
    assert (bites.used, bites.domains, bites.ranges) == (2, (found.classes[1].iri,), (found.classes[0].iri,))


def test_a_graph_without_terms_has_an_empty_vocabulary():
    """A graph that declares no terms has an empty vocabulary, and nothing is drawn of it."""
    found = read_vocabulary(ask_of('ex:rex rdfs:label "Rex" .'))

    assert (found.terms, found.schemes, found.iri, found.version) == ((), (), "", "")
    assert draw(found).middle == ()


def test_a_page_tells_the_first_terms_and_that_there_are_more():
    """Of a vocabulary with more terms than a page has, the first ones are told, and that there are more."""
    found = read_vocabulary(ask_of("".join(f"ex:C{n} a owl:Class ." for n in range(MAX_TERMS + 5))))

    assert (len(found.terms), found.is_cut) == (MAX_TERMS, True)


@pytest.mark.parametrize(("code", "is_told"), [("timeout", True), ("busy", False)])
def test_a_graph_too_large_to_count_has_terms_without_numbers(code, is_told):
    """A graph too large to be counted in time has a vocabulary without numbers; one that is only busy has none yet."""
    answer = ask_of(FOREIGN)

    def ask(request):
        if "COUNT(*)" in request.query:
            raise ProblemError(code)
        return answer(request)

    if is_told:
        assert {term.used for term in read_vocabulary(ask).terms} == {None}
    else:
        with pytest.raises(ProblemError):
            read_vocabulary(ask)


def test_each_property_drawn_joins_its_classes_on_the_paper(vocabulary):
    """Each property drawn has a line from each class that it leads from to each that it leads to, within the paper."""
    drawn = draw(vocabulary)
    terms = [vocabulary.names[node.iri] for node in drawn.middle]

    assert len(drawn.lines) == sum(len(term.domains) + len(term.ranges) for term in terms)
    assert {node.iri for node in drawn.left} == {iri for term in terms for iri in term.domains}
    assert {node.iri for node in drawn.right} == {iri for term in terms for iri in term.ranges}
    assert all(0 < node.y < drawn.height for node in (*drawn.left, *drawn.middle, *drawn.right))
    assert SR + "targets" in {node.iri for node in drawn.middle}
    assert SR + "concerns" in drawn.left_out


def test_shapes_are_all_read(shapes):
    """Every shape has its words in both languages, a severity, something that it demands, and its own anchor."""
    for shape in shapes:
        assert [set(texts) for texts in (shape.names, shape.descriptions, shape.messages)] == [{"fr", "en"}] * 3
        assert shape.severity in {"violation", "warning"}
        assert shape.constraints
        assert shape.section in {"classes", "properties", "recommended", "parts"}
    assert len({shape.anchor for shape in shapes}) == len(shapes)


def test_a_shape_tells_its_targets_path_and_constraints(shapes):
    """A shape tells its targets, its path and its constraints, as values and as Turtle without the words."""
    shape = next(one for one in shapes if one.anchor == "Initiative-targets")

    assert shape.targets == (("targetClass", SR + "Initiative"),)
    assert shape.path.iri == SR + "targets"
    assert [(each.parameter, [value.text for value in each.values]) for each in shape.constraints] == [
        ("minCount", ["1"])
    ]
    assert shape.turtle == (
        "shape:Initiative-targets a sh:PropertyShape ;\n    sh:targetClass sr:Initiative ;\n    sh:path sr:targets ;\n"
        "    sh:minCount 1 ;\n    sh:severity sh:Warning ."
    )


def test_turtle_of_shapes_is_turtle(shapes, project):
    """The Turtle of each shape says what its file says of it, words apart."""
    words = {f"http://www.w3.org/ns/shacl#{name}" for name in ("name", "description", "message")}
    told, written = Store(), Store()
    for path in project.shapes:
        told.load(path.read_bytes(), format=RdfFormat.TURTLE)
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes_of(project))
    for shape in shapes:
        written.load((head + shape.turtle).encode(), format=RdfFormat.TURTLE)
    plain = [quad for quad in told if quad.predicate.value not in words]

    assert len(written) == len(plain)
    named = {quad for quad in plain if "_:" not in str(quad)}
    assert named <= set(written)


def prefixes_of(project):
    """The prefixes that the shapes are written with."""
    text = "".join(path.read_text(encoding="utf-8") for path in project.shapes)
    for line in dict.fromkeys(line for line in text.splitlines() if line.startswith("@prefix")):
        _, name, iri, _ = line.split()
        yield name.removesuffix(":"), iri.strip("<>")


@pytest.mark.parametrize(
    ("turtle", "path", "constraint"),
    [
        ("sh:path ( ex:a [ sh:inversePath ex:b ] ) ; sh:minCount 1",
         "( <https://example.org/v#a> [ sh:inversePath <https://example.org/v#b> ] )", ("minCount", ["1"])),
        ('sh:path ex:a ; sh:in ( ex:x "y" 3 )', "https://example.org/v#a",
         ("in", ["https://example.org/v#x", "y", "3"])),
        ("sh:path ex:a ; sh:in ()", "https://example.org/v#a", ("in", [])),
        ("sh:path ex:a ; sh:node [ sh:class ex:C ]", "https://example.org/v#a",
         ("node", ["[ sh:class <https://example.org/v#C> ]"])),
        ("sh:path ex:a ; ex:own true", "https://example.org/v#a", ("https://example.org/v#own", ["true"])),
    ],
)  # fmt: skip
def test_shapes_of_others(turtle, path, constraint):
    """Paths, lists, nested shapes and parameters that are not SHACL's are told too."""
    (shape,) = read_shapes(f"{PREFIXES} shape:S a sh:PropertyShape ; sh:targetClass ex:C ; {turtle} .".encode())
    (found,) = shape.constraints

    assert (shape.path.iri or shape.path.text) == path
    assert (found.parameter, [value.iri or value.text for value in found.values]) == constraint


def test_severities_and_sections():
    """A shape without a severity is a violation; what others use is apart, and so is what is only recommended."""
    text = """shape:A a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:class ex:C .
        shape:B a sh:NodeShape ; sh:targetClass ex:C ; sh:class ex:C ; sh:severity sh:Info .
        shape:C a sh:NodeShape ; sh:class ex:C ."""
    found = {shape.iri.removeprefix(SHAPES): shape for shape in read_shapes((PREFIXES + text).encode())}

    assert {name: (shape.severity, shape.section) for name, shape in found.items()} == {
        "A": ("violation", "properties"),
        "B": ("info", "recommended"),
        "C": ("violation", "parts"),
    }


def row(number, source="a"):
    """A result as the report of a release has it."""
    return {
        "severity": "warning",
        "source": f"{SHAPES}{source}",
        "focus": f"https://example.org/{number}",
        "path": None,
        "value": None,
        "messages": {"fr": "Non.", "en": "No."},
    }


def test_a_report_gives_results_in_pages_grouped_by_shape():
    """A report gives its results in pages, those of one shape together, with the totals of all pages."""
    rows = [row(n, "a" if n < 4 else "b") for n in range(6)]
    told = {"conforms": True, "violations": 0, "warnings": 6, "shapes": 2, "checks": 1, "results": rows}
    report = read_report(json.dumps(told))

    assert report.totals() == {f"{SHAPES}a": 4, f"{SHAPES}b": 2}
    assert [(source, [each.number for each in found]) for source, found in report.groups(3, 2)] == [
        (f"{SHAPES}a", [4]),
        (f"{SHAPES}b", [5]),
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", "nope", '{"conforms": true}', "null"])
def test_a_graph_without_a_report_is_not_taken_for_one(text):
    """A graph that is not a report is not taken for one."""
    assert read_report(text) is None
