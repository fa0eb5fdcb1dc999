"""The files of a release as ``dcat:Distribution``: place, format, size and rights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from kg.model import release_files
from kg.model.iris import DCAT, DCT, RDFS, SPDX
from kg.model.languages import LANGUAGES, eu_language
from kg.model.messages import N_, translate, translations
from kg.model.project import Project
from kg.release.catalogue import harvesters
from kg.release.catalogue.harvesters import Value, describe, typed, words
from kg.release.formats.arrangement import Arrangement
from kg.release.tables.class_tables import file_name


@dataclass(frozen=True)
class Format:
    """A file format."""

    media_type: str
    """IANA's media type."""
    file_type: str
    """The code in the EU's list of file types."""


@dataclass(frozen=True)
class File:
    """A file of a release, as a catalogue describes it."""

    format: Format
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    holds: str = "statements"
    """``statements``: only what the licence covers; ``quotes``: also words of documents; ``text``: a document."""
    document: str = ""
    whole: bool = False
    """Whether it is a dump of the whole graph."""


_FORMATS = {
    ".nq": Format("application/n-quads", "RDF_N_QUADS"),
    ".nt": Format("application/n-triples", "RDF_N_TRIPLES"),
    ".trig": Format("application/trig", "RDF_TRIG"),
    ".ttl": Format("text/turtle", "RDF_TURTLE"),
    ".jsonld": Format("application/ld+json", "JSON_LD"),
    ".csv": Format("text/csv", "CSV"),
    ".json": Format("application/json", "JSON"),
    ".txt": Format("text/plain", "TXT"),
    ".rdfp": Format("text/plain", "TXT"),
}
_OTHER = Format("application/octet-stream", "BIN")

_WHOLE = N_(
    "The whole graph: what the texts state, inferences, evidence, concepts, ontology, derived triples, metadata."
)
_THINGS = N_("What the texts say: things, their labels and the statements that a text makes, by class.")
_EVIDENCE = N_("For each statement, the passage of the document that says it and the way it says it.")
_CHANGES = N_("What changed since the version before: things, statements and quotes, labels; in French and English.")
_PATCH = N_("The triples removed (D) and added (A) since the version before.")
_REPORT = N_("Result of the validation by the SHACL shapes and the check queries.")

_KNOWN: dict[str, tuple[str, str, str]] = {
    release_files.GRAPH: (N_("Graph as N-Quads"), _WHOLE, "whole"),
    release_files.GRAPH_TRIG: (N_("Graph as TriG"), _WHOLE, "whole"),
    release_files.GRAPH_NTRIPLES: (N_("Graph as N-Triples"), _WHOLE, "whole"),
    release_files.GRAPH_RDF12: (
        N_("Graph as Turtle 1.2 with reifiers"), _WHOLE, "whole",
    ),
    release_files.THINGS: (N_("Things and statements as Turtle"), _THINGS, "quotes"),
    release_files.THINGS_JSONLD: (
        N_("Things and statements as JSON-LD"), _THINGS, "quotes",
    ),
    release_files.EVIDENCE: (N_("Evidence as Turtle"), _EVIDENCE, "quotes"),
    release_files.EVIDENCE_JSONLD: (N_("Evidence as JSON-LD"), _EVIDENCE, "quotes"),
    release_files.INFERRED: (
        N_("Inferred statements as Turtle"),
        N_("What the editors conclude from the words; no text says it. The evidence tells from which words."),
        "quotes",
    ),
    release_files.CONCEPTS: (
        N_("Concepts as Turtle"),
        N_("The schemes of types and what the editors add to things: other names, relations of concepts."),
        "statements",
    ),
    release_files.ALIGNMENTS: (
        N_("Alignments as Turtle"),
        N_("Links from our terms, concepts and things to those of others."),
        "statements",
    ),
    release_files.DERIVED: (
        N_("Derived triples as Turtle"),
        N_("What the rules add to what the texts state, and nothing that stands elsewhere."),
        "statements",
    ),
    release_files.ONTOLOGY: (
        N_("Ontology as Turtle"),
        N_("The classes and properties of the graph."),
        "statements",
    ),
    release_files.SHAPES: (
        N_("SHACL shapes as Turtle"),
        N_("What the graph has to respect."),
        "statements",
    ),
    release_files.CONTEXT: (
        N_("JSON-LD context"),
        N_("The short names of the JSON-LD files."),
        "statements",
    ),
    release_files.VOID: (
        N_("VoID description"),
        N_("What the graph holds, in figures."),
        "statements",
    ),
    release_files.CHANGES: (N_("Changes as JSON"), _CHANGES, "quotes"),
    release_files.PATCH: (N_("Changes as an RDF patch"), _PATCH, "quotes"),
    release_files.REPORT: (N_("Validation report as Turtle"), _REPORT, "quotes"),
    release_files.REPORT_JSON: (N_("Validation report as JSON"), _REPORT, "quotes"),
    release_files.ASSERTIONS_TABLE: (
        N_("Statements and quotes as CSV"),
        N_("A row for each passage that says a statement, with its quote and its place in the text."),
        "quotes",
    ),
    release_files.TABLES_METADATA: (
        N_("CSVW description of the tables"),
        N_("The columns of the CSV files, their types and titles."),
        "statements",
    ),
}  # fmt: skip
"""Title and description, as messages, and what the file holds, by name."""

_CSVW = Format("application/csvm+json", "JSON")


def format_of(name: str) -> Format:
    """Return the format of a file from its name."""
    if name == release_files.TABLES_METADATA:
        return _CSVW
    dot = name.rfind(".")
    return _FORMATS.get(name[dot:], _OTHER) if dot >= 0 else _OTHER


def known_file(name: str) -> File | None:
    """Return the description of a file with a fixed name, or None."""
    if name not in _KNOWN:
        return None
    title, description, holds = _KNOWN[name]
    whole = holds == "whole"
    held = "quotes" if whole else holds
    return File(format_of(name), translations(title), translations(description), held, whole=whole)


def class_file(name: str, labels: Mapping[str, str]) -> File:
    """Return the description of a class's table, from the class labels."""
    titles: dict[str, str] = {tag: labels.get(tag, name) for tag in LANGUAGES}
    descriptions = {
        tag: translate(
            "A row for each member of the class “{title}”, a column for each property; what is only inferred or "
            "intended stands in columns of its own.",
            tag,
            title=title,
        )
        for tag, title in titles.items()
    }
    return File(format_of(name), {tag: f"{title} (CSV)" for tag, title in titles.items()}, descriptions, "quotes")


def text_file(name: str, document: str, labels: Mapping[str, str]) -> File:
    """Return the description of a document's text, from the document's labels."""
    titles: dict[str, str] = {tag: labels.get(tag, document) for tag in LANGUAGES}
    descriptions = translations("The text of the document, byte for byte; the positions of passages refer to it.")
    return File(format_of(name), titles, descriptions, "text", document)


def other_file(name: str) -> File:
    """Return the description of a file that no table names."""
    return File(format_of(name), dict.fromkeys(LANGUAGES, name), {}, "quotes")


DCATAP = "http://data.europa.eu/r5r/"

_TABLE = re.compile(rf"{release_files.TABLES}([a-z0-9-]+)\.csv\Z")
_TEXT = re.compile(r"texts/([a-z0-9-]+)\.txt\Z")


@dataclass(frozen=True)
class Scope:
    """The graph, the settings and the IRIs under ``catalog#``."""

    arrangement: Arrangement

    @property
    def project(self) -> Project:
        """The settings."""
        return self.arrangement.project

    @property
    def dataset(self) -> NamedNode:
        """The data set."""
        return self.arrangement.minter.dataset

    def iri(self, fragment: str) -> NamedNode:
        """Return a node of the catalogue from its fragment."""
        return NamedNode(f"{self.project.public_url}catalog#{fragment}")

    def page(self, path: str = "") -> NamedNode:
        """Return the address of a page of the service."""
        return NamedNode(f"{self.project.public_url}{path}")

    def setting(self, key: str) -> dict[str, str]:
        """Return a setting by language."""
        return {tag: self.project[f"{key}.{tag}"] for tag in LANGUAGES}

    def of_document(self, document: str, predicate: str) -> list[Value]:
        """Return the values that the graph has for a document."""
        iri = self.arrangement.minter.document(document)
        triples = self.arrangement.graphs.get(document, {}).get(iri, [])
        values = [triple.object for triple in triples if triple.predicate.value == predicate]
        return [value for value in values if isinstance(value, NamedNode | Literal)]

    def languages(self) -> list[str]:
        """Return the EU's IRIs of the labels' and documents' languages."""
        iris = {eu_language(tag) for tag in self.arrangement.languages} - {""}
        for document in self.arrangement.documents:
            iris |= {value.value for value in self.of_document(document, DCT + "language")}
        return sorted(iris)


def file_of(scope: Scope, name: str) -> File:
    """Return the description of a file, from its name and the graph."""
    described = known_file(name)
    table, text = _TABLE.match(name), _TEXT.match(name)
    if described:
        return described
    if table:
        kinds = {file_name(kind.iri): kind.labels for kind in scope.arrangement.ontology.classes.values()}
        return class_file(name, kinds.get(f"{table[1]}.csv", {}))
    if text:
        labels = scope.arrangement.labels.get(scope.arrangement.minter.document(text[1]), {})
        return text_file(name, text[1], labels)
    return other_file(name)


def fragment(name: str) -> str:
    """Return the name of a file with a hyphen for each slash."""
    return name.replace("/", "-")


def distribution(scope: Scope, name: str, size: int, sha256: str) -> list[list[Triple]]:
    """Return the triples of a file's distribution and checksum.

    DCAT-AP 3.0.1, sections on Distribution and Checksum.
    """
    file = file_of(scope, name)
    iri, checksum = scope.iri(fragment(name)), scope.iri(f"{fragment(name)}.sha256")
    address = scope.page(f"download/{name}")
    is_text = file.holds == "text"
    spoken = scope.of_document(file.document, DCT + "language") if is_text else list(map(NamedNode, scope.languages()))
    released = scope.project["released"]
    rights = None if file.holds == "statements" else scope.iri(f"rights-{file.document or 'quotes'}")
    about = describe(
        iri,
        [DCAT + "Distribution"],
        (DCT + "title", words(file.titles)),
        (DCT + "description", words(file.descriptions)),
        (DCAT + "accessURL", address),
        (DCAT + "downloadURL", address),
        (DCAT + "mediaType", NamedNode(harvesters.MEDIA_TYPES + file.format.media_type)),
        (DCT + "format", NamedNode(harvesters.FILE_TYPES + file.format.file_type)),
        (DCAT + "byteSize", typed(str(size), "nonNegativeInteger")),
        (SPDX + "checksum", checksum),
        (DCT + "license", None if is_text else NamedNode(scope.project["licence"])),
        (DCT + "rights", rights),
        (DCT + "language", spoken),
        (DCT + "issued", typed(released, "date") if released else None),
        (DCATAP + "availability", NamedNode(harvesters.AVAILABLE)),
    )
    value = typed(sha256, "hexBinary")
    pairs = ((SPDX + "algorithm", NamedNode(harvesters.SHA256)), (SPDX + "checksumValue", value))
    return [[*about, *describe(checksum, [SPDX + "Checksum"], *pairs)]]


def rights_statements(scope: Scope, names: Iterable[str]) -> list[list[Triple]]:
    """Return the rights statements of quotes and of published texts."""
    files = [file_of(scope, name) for name in names]
    groups = []
    if any(file.holds == "quotes" for file in files):
        groups.append(_statement(scope, "quotes", _quotes(scope)))
    texts = sorted({file.document for file in files if file.holds == "text"})
    return [*groups, *(_statement(scope, document, _rights(scope, [document])) for document in texts)]


def _statement(scope: Scope, name: str, texts: Mapping[str, str]) -> list[Triple]:
    return describe(scope.iri(f"rights-{name}"), [DCT + "RightsStatement"], (RDFS + "label", words(texts)))


def _quotes(scope: Scope) -> dict[str, str]:
    """Return the rights in a file of statements and quotes."""
    licence = harvesters.licence_name(scope.project["licence"])
    start = translations("Statements, ids, labels and notes: {licence}.", licence=licence)
    rights = _rights(scope, scope.arrangement.documents)
    return {tag: f"{start[tag]} {rights.get(tag, '')}".strip() for tag in LANGUAGES}


def _rights(scope: Scope, documents: Sequence[str]) -> dict[str, str]:
    """Return the documents' rights by language, each statement once.

    A statement that is missing in a language is given in another.
    """
    statements: dict[str, dict[str, None]] = {tag: {} for tag in LANGUAGES}
    for document in documents:
        literals = [value for value in scope.of_document(document, DCT + "rights") if isinstance(value, Literal)]
        by_tag = {value.language or "": value.value for value in literals}
        for tag in LANGUAGES:
            text = by_tag.get(tag) or next(iter(by_tag.values()), "")
            statements[tag] |= {text: None} if text else {}
    return {tag: " ".join(texts) for tag, texts in statements.items()}
