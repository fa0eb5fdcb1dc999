"""The examples of the ontology hold, and its README says what its Turtle says."""

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.graph.quads import ontology_quads
from kg.graph.validator import read_shapes, validate_triples
from kg.model.iris import PROV, RDF, SCHEMA, SKOS, SR, TYPE, IriMinter
from kg.model.ontology import read_turtle
from kg.model.query_files import read_queries

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "ontology" / "examples").glob("*.ttl"))
BASE = "https://example.org/"
STATED_OF_DOCUMENTS = {PROV + "wasAttributedTo", SKOS + "scopeNote", SR + "earliestYear", SR + "mentionedAs"}
"""What a text says of itself is a statement like any other, and stands among the things."""

EVIDENCE = re.compile(r"/id/(document|passage|assertion|sentence)/([a-z0-9-]+)")


def inferences(triples: list[Triple]) -> set[tuple]:
    """What an example says only by the modality “inferred”, as subject, predicate and object."""
    parts: dict = {}
    for triple in triples:
        parts.setdefault(triple.subject, {})[triple.predicate.value] = triple.object
    return {
        tuple(part[RDF + name] for name in ("subject", "predicate", "object"))
        for part in parts.values()
        if part.get(SR + "modality") == NamedNode(SR + "inferred")
    }


def graph_of(subject: str, predicate: str, minter: IriMinter) -> NamedNode:
    """The graph in which a build would put what an example says of a subject."""
    found = EVIDENCE.search(subject)
    if found and predicate not in STATED_OF_DOCUMENTS:
        return minter.graph(found[2])
    return minter.graph("concepts" if "/id/scheme/" in subject else "things")


@pytest.fixture(scope="module")
def demands(project, built):
    """The shapes, the checks and the vocabulary that every example is held against."""
    minter = IriMinter(BASE)
    graphs = {name: minter.graph(name) for name in ("ontology", "concepts", "alignments")}
    words = ontology_quads(built.ontology, graphs, set())
    return read_shapes(project.shapes), read_queries(project.checks), words


def quads_of(path: Path) -> list[Quad]:
    """The triples of an example, each in the graph in which a build would put it."""
    minter = IriMinter(BASE)
    triples, _ = read_turtle(path.read_bytes(), path.name)
    inferred = inferences(triples)
    return [
        Quad(
            *t,
            minter.graph("inferred") if tuple(t) in inferred else graph_of(t.subject.value, t.predicate.value, minter),
        )
        for t in triples
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_is_valid(path, demands):
    """Each example conforms to the shapes and the checks, its own quotes as its text."""
    shapes, checks, words = demands
    quads = quads_of(path)
    report = validate_triples([*quads, *words], shapes, checks, texts_of(quads))

    assert [(r.source, str(r.focus), dict(r.messages)) for r in report.results if r.severity == "violation"] == []
    assert any(quad.predicate.value == SR + "quote" for quad in quads)


def texts_of(quads: list[Quad]) -> dict[str, str]:
    """The text of each document of an example, where the example gives it."""
    return {
        quad.subject.value: quad.object.value
        for quad in quads
        if quad.predicate.value == SCHEMA + "text" and isinstance(quad.object, Literal)
    }


def test_each_example_asks_a_question():
    """Each example opens with its modelling question in French and in English."""
    for path in EXAMPLES:
        comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        assert sum("?" in line for line in comments[:12]) >= 2, path.name


def test_examples_use_every_class_and_property(built):
    """Together the examples show every class that has things and every property of annotations."""
    quads = [quad for path in EXAMPLES for quad in quads_of(path)]
    types = {quad.object.value for quad in quads if quad.predicate == TYPE}
    predicates = {quad.predicate.value for quad in quads}
    abstract = {"Situation", "Outcome"}

    assert {k.name for k in built.ontology.classes.values() if k.iri not in types} <= abstract
    assert [p.name for p in built.ontology.properties.values() if p.iri not in predicates] == []


def test_the_readme_of_the_ontology_names_every_term(built):
    """The tables of the ontology's README have each class, property and modality, with its French label."""
    readme = (ROOT / "ontology" / "README.md").read_text(encoding="utf-8")
    for term in (*built.ontology.classes.values(), *built.ontology.properties.values()):
        row = next((line for line in readme.splitlines() if re.match(rf"\| `(sr:)?{term.name}`", line)), "")
        assert term.labels["fr"] in row, f"{term.name}: {row or 'no row'}"
    for iri in set(built.ontology.modalities.values()):
        assert re.search(rf"`(sr:)?{iri.removeprefix(SR)}`", readme), iri
