"""Namespaces, prefixes, CURIEs and the IRIs that a project mints."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

HOME = "https://w3id.org/social-response/"
"""Where the ontology and the shared schemes of types live, whatever the base of a project."""

SR = HOME + "ontology#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"
OA = "http://www.w3.org/ns/oa#"
PAV = "http://purl.org/pav/"
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

STATED = tuple(SR + name for name in ("reported", "context", "presented", "self-claim"))
"""The modalities of what a text says as its own word, the firmest first."""

INFERRED = SR + "inferred"
INTENDED = SR + "intended"

PREFIXES: dict[str, str] = {
    "sr": SR,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dct": DCT,
    "oa": OA,
    "pav": PAV,
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

_CHARS_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
)
_CHARS = rf"{_CHARS_BASE}_0-9\-\u00b7\u0300-\u036f\u203f\u2040"
_LOCAL_NAME = re.compile(rf"[{_CHARS_BASE}_0-9:](?:[{_CHARS}.:]*[{_CHARS}:])?")
"""A local name without escapes (PN_LOCAL in the SPARQL 1.1 grammar), as far as Oxigraph takes it: up to U+FFEF."""

GRAPHS = ("things", "inferred", "derived", "concepts", "alignments", "ontology", "metadata")
"""Names of graphs that no document may take."""

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
THING_ID = re.compile(r"[a-z0-9-]+/[a-z0-9]+(?:-[a-z0-9]+)*\Z")

TYPE = NamedNode(RDF + "type")
PREF_LABEL = NamedNode(SKOS + "prefLabel")
DEFINITION = NamedNode(SKOS + "definition")
IN_SCHEME = NamedNode(SKOS + "inScheme")
BROADER = NamedNode(SKOS + "broader")
NARROWER = NamedNode(SKOS + "narrower")


def is_iri(text: str) -> bool:
    """Return whether the text is an absolute IRI (RFC 3987).

    Such a text can stand between < and > in a query: the characters that end an IRI there are none of an IRI.
    """
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def curie(iri: str, prefixes: Mapping[str, str] = PREFIXES) -> str | None:
    """Return the IRI as ``prefix:name``, None where that cannot be.

    The longest namespace wins. The name is one that Turtle and SPARQL take as it is, so neither the bare namespace
    nor ``prov#a/b`` has a CURIE.
    """
    candidates = [
        (len(namespace), prefix)
        for prefix, namespace in prefixes.items()
        if namespace and iri.startswith(namespace) and _LOCAL_NAME.fullmatch(iri, len(namespace))
    ]
    if not candidates:
        return None
    length, prefix = max(candidates, key=lambda candidate: candidate[0])
    return f"{prefix}:{iri[length:]}"


def expand_curie(text: str, prefixes: Mapping[str, str] = PREFIXES) -> str | None:
    """Return the IRI of a CURIE, None where the prefix is unknown."""
    prefix, colon, name = text.partition(":")
    return prefixes[prefix] + name if colon and prefix in prefixes else None


def shorten_iri(iri: str, base: str = "") -> str:
    """Return the IRI for people: an id, a CURIE or itself.

    Ids are those of the project with this base and of the shared schemes.
    """
    for start in (base, HOME):
        if iri.startswith(f"{start}id/"):
            return iri.removeprefix(f"{start}id/")
    return curie(iri) or iri


def n3(term: NamedNode | BlankNode | Literal) -> str:
    """Return the term in N-Triples."""
    return str(term)


def value_of(term: object) -> str:
    """Return the IRI, name or text of a term; triples in N-Triples."""
    return str(getattr(term, "value", term))


def integer(value: int) -> Literal:
    """Return the number as xsd:integer, the one numeric type of releases."""
    return Literal(str(value), datatype=NamedNode(XSD + "integer"))


@dataclass(frozen=True)
class IriMinter:
    """Mints the IRIs of a project from its base."""

    base: str

    def thing(self, thing_id: str) -> NamedNode:
        """Return the IRI of a thing, from its id ``<kind>/<slug>``."""
        return NamedNode(f"{self.base}id/{thing_id}")

    def graph(self, name: str) -> NamedNode:
        """Return the IRI of a named graph."""
        return NamedNode(f"{self.base}graph/{name}")

    @property
    def dataset(self) -> NamedNode:
        """The IRI of the data set itself, which the catalogue describes."""
        return NamedNode(f"{self.base}catalog#dataset")

    def scheme(self, kind: str) -> NamedNode:
        """Return the IRI of the concept scheme for a segment of ids."""
        return NamedNode(f"{self.base}id/scheme/{kind}")

    def document(self, document: str) -> NamedNode:
        """Return the IRI of a document."""
        return self.thing(f"document/{document}")

    def passage(self, document: str, start: int, end: int) -> NamedNode:
        """Return the IRI of a passage.

        Its span is in code points of the text, zero-based, end exclusive.
        """
        return self.thing(f"passage/{document}/{start}-{end}")

    def sentence(self, document: str, number: int) -> NamedNode:
        """Return the IRI of a sentence, whose number counts from 1."""
        return self.thing(f"sentence/{document}/{number}")

    def assertion(
        self, document: str, subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal
    ) -> NamedNode:
        """Return the IRI of the assertion of a statement.

        It ends with 12 hex digits of the SHA-256 of the statement's terms in N-Triples.
        """
        statement = f"{n3(subject)} {n3(predicate)} {n3(value)}"
        digest = hashlib.sha256(statement.encode()).hexdigest()[:12]
        return self.thing(f"assertion/{document}/{digest}")

    def local_id(self, iri: str) -> str | None:
        """Return the id of the project's thing, None for other IRIs."""
        start = f"{self.base}id/"
        return iri[len(start) :] if iri.startswith(start) else None
