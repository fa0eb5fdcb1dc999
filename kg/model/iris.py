"""The names of the graph: namespaces, prefixes and the IRIs that a project mints."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

HOME = "https://w3id.org/social-response/"
"""Where the vocabulary and the shared schemes of types live, whatever the base of a project."""

SR = HOME + "ontology#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"
OA = "http://www.w3.org/ns/oa#"
PROV = "http://www.w3.org/ns/prov#"
ORG = "http://www.w3.org/ns/org#"
ADMS = "http://www.w3.org/ns/adms#"
TIME = "http://www.w3.org/2006/time#"
SCHEMA = "http://schema.org/"
EDTF = "http://id.loc.gov/datatypes/edtf/"
VOID = "http://rdfs.org/ns/void#"
DCAT = "http://www.w3.org/ns/dcat#"
FOAF = "http://xmlns.com/foaf/0.1/"
SH = "http://www.w3.org/ns/shacl#"
SD = "http://www.w3.org/ns/sparql-service-description#"
VANN = "http://purl.org/vocab/vann/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
SPDX = "http://spdx.org/rdf/terms#"

PREFIXES: dict[str, str] = {
    "sr": SR,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dct": DCT,
    "oa": OA,
    "prov": PROV,
    "org": ORG,
    "adms": ADMS,
    "time": TIME,
    "schema": SCHEMA,
    "edtf": EDTF,
    "void": VOID,
    "dcat": DCAT,
    "foaf": FOAF,
    "sh": SH,
    "vann": VANN,
}
"""The prefixes that annotations, Turtle files and queries of a project may count on."""

GRAPHS = ("things", "ontology", "concepts", "derived", "metadata")
"""Names of graphs that no document may take."""

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
THING_ID = re.compile(r"[a-z0-9-]+/[a-z0-9]+(?:-[a-z0-9]+)*\Z")

TYPE = NamedNode(RDF + "type")
PREF_LABEL = NamedNode(SKOS + "prefLabel")
DEFINITION = NamedNode(SKOS + "definition")
IN_SCHEME = NamedNode(SKOS + "inScheme")
BROADER = NamedNode(SKOS + "broader")


def n3(term: NamedNode | BlankNode | Literal) -> str:
    """The term in N-Triples."""
    return str(term)


def value_of(term: object) -> str:
    """The IRI, name or words of a term; a triple term in N-Triples."""
    return str(getattr(term, "value", term))


def integer(value: int) -> Literal:
    """The number as an xsd:integer, the one numeric type of a release."""
    return Literal(str(value), datatype=NamedNode(XSD + "integer"))


@dataclass(frozen=True)
class Names:
    """Mints the IRIs of a project from its base (DESIGN section 3)."""

    base: str

    def thing(self, thing_id: str) -> NamedNode:
        """The IRI of a thing, from its id ``<kind>/<slug>``."""
        return NamedNode(f"{self.base}id/{thing_id}")

    def graph(self, name: str) -> NamedNode:
        """The IRI of a named graph."""
        return NamedNode(f"{self.base}graph/{name}")

    @property
    def dataset(self) -> NamedNode:
        """The IRI of the data set itself, which the catalogue describes."""
        return NamedNode(f"{self.base}catalog#dataset")

    def scheme(self, kind: str) -> NamedNode:
        """The IRI of the concept scheme that holds the things of a kind."""
        return NamedNode(f"{self.base}id/scheme/{kind}")

    def document(self, document: str) -> NamedNode:
        """The IRI of a document."""
        return self.thing(f"document/{document}")

    def passage(self, document: str, start: int, end: int) -> NamedNode:
        """The IRI of a passage: code points of the text, zero-based, end exclusive."""
        return self.thing(f"passage/{document}/{start}-{end}")

    def assertion(
        self, document: str, subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal
    ) -> NamedNode:
        """The IRI of the assertion of a statement: 12 hex digits of the sha256 of its N-Triples terms."""
        statement = f"{n3(subject)} {n3(predicate)} {n3(value)}"
        digest = hashlib.sha256(statement.encode()).hexdigest()[:12]
        return self.thing(f"assertion/{document}/{digest}")

    def local_id(self, iri: str) -> str | None:
        """The id of one of the project's own things, or None for any other IRI."""
        start = f"{self.base}id/"
        return iri[len(start) :] if iri.startswith(start) else None
