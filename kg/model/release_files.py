"""The names of the files in a release folder, spelled here alone."""

from __future__ import annotations

GRAPH = "graph.nq"
"""The whole graph as sorted N-Quads: all that the service needs of a release."""

GRAPH_NTRIPLES = "graph.nt"
GRAPH_TRIG = "graph.trig"
GRAPH_RDF12 = "graph-rdf12.ttl"
THINGS = "things.ttl"
THINGS_JSONLD = "things.jsonld"
EVIDENCE = "evidence.ttl"
EVIDENCE_JSONLD = "evidence.jsonld"
CONCEPTS = "concepts.ttl"
ALIGNMENTS = "alignments.ttl"
INFERRED = "inferred.ttl"
DERIVED = "derived.ttl"
ONTOLOGY = "ontology.ttl"
CONTEXT = "context.jsonld"
SHAPES = "shapes.ttl"
REPORT = "report.ttl"
REPORT_JSON = "report.json"
VOID = "void.ttl"
CATALOGUE = "catalog.ttl"
CHANGES = "changes.json"
PATCH = "changes.rdfp"

CHECKSUMS = "SHA256SUMS"
"""The SHA-256 of each other file, as ``sha256sum --check`` reads it."""

OF_ONE_GRAPH = {
    "things": THINGS,
    "inferred": INFERRED,
    "derived": DERIVED,
    "concepts": CONCEPTS,
    "alignments": ALIGNMENTS,
}
"""The Turtle files that hold one named graph each, by the graph's name."""

TABLES = "tables/"
"""The folder of the CSV files."""

TABLES_METADATA = TABLES + "csv-metadata.json"
"""The description of the tables, under the name that CSVW readers look for beside a CSV file."""

ASSERTIONS_TABLE = TABLES + "assertions.csv"
"""One row a statement of a document."""
