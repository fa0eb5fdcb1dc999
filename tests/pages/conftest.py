"""A small release to serve, and a client of the application that serves it."""

import hashlib
from pathlib import Path

import pytest
from behind_gateway import served_app
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse, serialize

from kg.endpoint.evaluation import asker, load
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.pages import limits_of

SETTINGS = """\
base = "https://example.org/mini/"
public_url = "https://mini.example.org/"
version = "1.2.0"
released = 2026-01-31

[title]
fr = "L'essai : une base"
en = "A trial"

[description]
fr = "Ce que dit le texte ; rien de plus."
en = "What the text says."

[publisher]
name = "Les Tests"

[limits]
rows = 40
"""
EXAMPLE = """\
#+ summary:
#+   fr: Quelles sont les initiatives ?
#+   en: Which initiatives are there?
#+ tags: [initiative]

PREFIX sr: <https://w3id.org/social-response/ontology#>

SELECT ?initiative WHERE { ?initiative a sr:Initiative }
"""
GRAPH = """\
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix graph: <https://example.org/mini/graph/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sr: <https://w3id.org/social-response/ontology#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

graph:things {
  <https://example.org/mini/id/initiative/abri> a sr:Initiative ;
    skos:prefLabel "L’abri <nuit>"@fr , "The shelter"@en .
  <https://example.org/mini/id/crise/hiver> a sr:Crisis .
  <https://example.org/mini/id/crise/gel> a sr:Crisis .
}
graph:metadata {
  <https://example.org/mini/dataset> a dcat:Dataset ; owl:versionInfo "1.1.0" ; dct:issued "2026-01-01"^^xsd:date .
}
"""
CATALOGUE = """\
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<https://mini.example.org/catalog#things.ttl> dcat:downloadURL <https://mini.example.org/download/things.ttl> ;
    dct:title "Choses"@fr , "Things"@en .
"""
QUADS = serialize(parse(GRAPH, RdfFormat.TRIG), format=RdfFormat.N_QUADS).decode()
VOCABULARY = """\
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sr: <https://w3id.org/social-response/ontology#> .
<https://w3id.org/social-response/ontology> a owl:Ontology ; owl:versionInfo "0.1.0" .
sr:Initiative a owl:Class .
"""
SHAPES = """\
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://w3id.org/social-response/shapes#label> a sh:NodeShape .
"""
FILES = {
    "graph.nq": QUADS,
    "catalog.ttl": CATALOGUE,
    "things.ttl": "# Les choses\n",
    "ontology.ttl": VOCABULARY,
    "shapes.ttl": SHAPES,
    "report.ttl": "[] a <http://www.w3.org/ns/shacl#ValidationReport> .\n",
    "context.jsonld": "{}",
    "graph-rdf12.ttl": "# RDF 1.2\n",
    "graph.nt": "",
    "graph.trig": "",
    "things.jsonld": "{}",
    "report.json": '{"conforms": true, "violations": 0, "warnings": 2}',
    "tables/initiative.csv": "id\r\nabri\r\n",
    "tables/csv-metadata.json": "{}",
    "texts/essai.txt": "L’été.\n",
    "SHA256SUMS": f"{hashlib.sha256(QUADS.encode()).hexdigest()}  graph.nq\n",
}


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """Return the files of the release, by their path in it."""
    return FILES


@pytest.fixture(scope="session")
def root(tmp_path_factory) -> Path:
    """Return a project folder with a release and one example."""
    root = tmp_path_factory.mktemp("served")
    files = {f"dist/{name}": text for name, text in FILES.items()}
    for name, text in {**files, "kg.toml": SETTINGS, "queries/examples/001-initiatives.rq": EXAMPLE}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


@pytest.fixture(scope="session")
def app(root):
    """Return the application that serves the release."""
    project = Project.open(root)
    store = load([project.dist / "graph.nq"])
    ask = asker(store, limits_of(project))
    app = served_app(project, ask, folder=project.dist, examples=read_queries(project.examples))
    app.test_client_class = Client
    return app


class Client(FlaskClient):
    """A client that reads each response whole and closes it.

    The server does the same.
    """

    def open(self, *given, buffered=True, **named):
        return super().open(*given, buffered=buffered, **named)


@pytest.fixture
def client(app):
    """Return a client of the application."""
    return app.test_client()
