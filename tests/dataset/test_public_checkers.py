"""What the public checkers of ontologies and thesauri say of the release: a reasoner, skosify, a list of metadata."""

import importlib.util
import io
import logging
from shutil import which

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, serialize

from kg.model.iris import DCAT, DCT, OWL, RDF, RDFS, SKOS, SR, TYPE, VANN, VOID, XSD

ONTOLOGY = NamedNode("https://w3id.org/social-response/ontology")
BEYOND_OWL = {XSD + name for name in ("date", "duration", "gYear", "gYearMonth")} | {
    "http://id.loc.gov/datatypes/edtf/EDTF"
}
"""Datatypes that are not in the datatype map of OWL 2, so that reasoners refuse them: read as strings."""

BIBO = "http://purl.org/ontology/bibo/"
OF_THE_ONTOLOGY = [
    *(DCT + name for name in ("title", "description", "license", "creator", "contributor", "publisher")),
    *(DCT + name for name in ("created", "issued", "modified", "bibliographicCitation")),
    *(OWL + name for name in ("versionIRI", "versionInfo", "priorVersion", "backwardCompatibleWith")),
    *(VANN + name for name in ("preferredNamespacePrefix", "preferredNamespaceUri")),
    BIBO + "status",
]
"""What FOOPS! and the best practices of vocabularies ask an ontology to say of itself."""

OF_THE_DATA = [
    *(DCT + name for name in ("title", "description", "license", "creator", "contributor", "publisher")),
    *(DCT + name for name in ("issued", "bibliographicCitation", "language")),
    *(DCAT + "version", OWL + "versionInfo", VOID + "uriSpace"),
]


def values(store: Store, subject: NamedNode, predicate: str) -> list:
    """Return the values that a subject has in any graph."""
    return [quad.object for quad in store.quads_for_pattern(subject, NamedNode(predicate), None, None)]


def for_reasoners(store: Store) -> bytes:
    """Return the release as N-Triples, all but the evidence, with literals that reasoners take."""
    lines = []
    for quad in store:
        graph = str(quad.graph_name).rstrip(">").rpartition("/")[2]
        value = quad.object
        if graph not in ("ontology", "things", "inferred", "derived", "concepts", "alignments"):
            continue
        if isinstance(value, Literal) and value.datatype.value in BEYOND_OWL:
            value = Literal(value.value)
        lines.append(Quad(quad.subject, quad.predicate, value))
    return serialize(lines, format=RdfFormat.N_TRIPLES)


def reason(data: bytes) -> list:
    """Return the classes that HermiT finds unsatisfiable.

    Errors: OwlReadyInconsistentOntologyError where the data contradict the ontology.
    """
    import owlready2

    world = owlready2.World()
    world.get_ontology("http://example.org/release").load(fileobj=io.BytesIO(data), format="ntriples")
    owlready2.sync_reasoner_hermit(world, debug=0)
    return list(world.inconsistent_classes())


@pytest.fixture(scope="module")
def hermit(require):
    """Skip where Java or the reasoner is missing."""
    there = importlib.util.find_spec("owlready2") is not None
    require(which("java") is not None and there, "HermiT", "Java and owlready2")


@pytest.mark.usefixtures("hermit")
def test_a_reasoner_finds_ontology_and_data_consistent(store):
    """HermiT finds neither an unsatisfiable class nor a contradiction in the release."""
    assert reason(for_reasoners(store)) == []


@pytest.mark.usefixtures("hermit")
def test_a_reasoner_finds_what_contradicts_the_ontology(store):
    """HermiT finds a thing that is both an aim and an effect."""
    import owlready2

    thing = NamedNode("https://w3id.org/social-response/id/but/vieillir-dignement")
    wrong = serialize([Quad(thing, TYPE, NamedNode(SR + "Effect"))], format=RdfFormat.N_TRIPLES)

    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        reason(for_reasoners(store) + wrong)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its own code calls what it deprecates
@pytest.mark.filterwarnings("ignore:Dataset.default_context:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its files open
def test_skosify_finds_the_concepts_and_nothing_wrong(store, require, caplog, tmp_path):
    """Skosify knows every concept of the release; all that it remarks is that there are several schemes."""
    require(importlib.util.find_spec("skosify") is not None, "skosify", "skosify")
    import rdflib
    import skosify

    path = tmp_path / "thesaurus.nt"
    path.write_bytes(for_reasoners(store))
    with caplog.at_level(logging.WARNING):
        made = skosify.skosify(str(path), infer=False, mark_top_concepts=False, break_cycles=False)
    found = set(made.subjects(rdflib.RDF.type, rdflib.SKOS.Concept))
    concepts = {quad.subject.value for quad in store.quads_for_pattern(None, TYPE, NamedNode(SKOS + "Concept"), None)}

    assert {str(concept) for concept in found} >= concepts
    assert len(concepts) > 150
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [words for words in said if not words.startswith("Multiple concept schemes found")] == []


@pytest.mark.parametrize("predicate", OF_THE_ONTOLOGY, ids=lambda iri: iri.replace("#", "/").rpartition("/")[2])
def test_the_ontology_says_how_to_find_and_cite_it(store, predicate):
    """The ontology has each of the metadata that registries ask for, texts in both languages."""
    found = values(store, ONTOLOGY, predicate)
    tags = {value.language for value in found if isinstance(value, Literal) and value.language}

    assert found
    assert tags in (set(), {"fr", "en"})


@pytest.mark.parametrize("predicate", OF_THE_DATA, ids=lambda iri: iri.replace("#", "/").rpartition("/")[2])
def test_the_data_set_says_how_to_find_and_cite_it(store, project, predicate):
    """The data set has each of the metadata that catalogues ask for, texts in both languages."""
    found = values(store, project.minter.dataset, predicate)
    tags = {value.language for value in found if isinstance(value, Literal) and value.language}

    assert found
    assert tags in (set(), {"fr", "en"})


def test_whoever_made_the_data_has_a_name(store, project):
    """Creators, contributors and publishers of ontology and data are named agents."""
    for subject in (ONTOLOGY, project.minter.dataset):
        for role in ("creator", "contributor", "publisher"):
            for agent in values(store, subject, DCT + role):
                assert values(store, agent, "http://xmlns.com/foaf/0.1/name"), (subject, role)


def test_terms_of_other_vocabularies_are_not_redefined(store):
    """Terms whose home is elsewhere have usage notes, but no definition, domain, range or subclass of our making."""
    redefining = {SKOS + "definition", RDFS + "domain", RDFS + "range", RDFS + "subClassOf", RDFS + "subPropertyOf"}
    redefining |= {f"http://schema.org/{name}" for name in ("domainIncludes", "rangeIncludes")}
    graph = NamedNode("https://w3id.org/social-response/graph/ontology")
    ours = (SR, str(ONTOLOGY.value))
    wrong = [
        str(quad)
        for quad in store.quads_for_pattern(None, None, None, graph)
        if not isinstance(quad.subject, BlankNode)
        and not quad.subject.value.startswith(ours)
        and quad.predicate.value in redefining
    ]

    assert wrong == []


def test_a_term_that_goes_names_its_successor(store):
    """What is deprecated in ontology or data, or not used any more, names what takes its place."""
    gone = [quad.subject for quad in store.quads_for_pattern(None, NamedNode(OWL + "deprecated"), None, None)]
    unused = [quad.object for quad in store.quads_for_pattern(None, NamedNode(SR + "usedInstead"), None, None)]

    assert gone
    assert all(values(store, subject, DCT + "isReplacedBy") for subject in gone)
    assert all(values(store, successor, RDF + "type") for successor in unused)
