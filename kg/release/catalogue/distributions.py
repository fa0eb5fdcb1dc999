"""A distribution for each file of a release: where it is, what it is, how large it is, whose words it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from kg.model import release_files
from kg.model.iris import DCAT, DCT, RDFS, SPDX
from kg.model.languages import EU_CODES, LANGUAGES
from kg.model.project import Project
from kg.release.catalogue import authority_lists as authority
from kg.release.catalogue.file_types import File, class_file, known_file, other_file, text_file
from kg.release.catalogue.triples import Value, describe, typed, words
from kg.release.formats import Arrangement
from kg.release.tables import file_name

DCATAP = "http://data.europa.eu/r5r/"

_TABLE = re.compile(rf"{release_files.TABLES}([a-z0-9-]+)\.csv\Z")
_TEXT = re.compile(r"texts/([a-z0-9-]+)\.txt\Z")


@dataclass(frozen=True)
class Scope:
    """What the parts of a catalogue share: the graph, the settings, and the IRIs under ``catalog#``."""

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
        """A node of the catalogue that has no IRI of its own."""
        return NamedNode(f"{self.project.public_url}catalog#{fragment}")

    def page(self, path: str = "") -> NamedNode:
        """A page of the service."""
        return NamedNode(f"{self.project.public_url}{path}")

    def setting(self, key: str) -> dict[str, str]:
        """A setting in French and English."""
        return {tag: self.project[f"{key}.{tag}"] for tag in LANGUAGES}

    def of_document(self, document: str, predicate: str) -> list[Value]:
        """What the graph says of a document."""
        iri = self.arrangement.minter.document(document)
        triples = self.arrangement.graphs.get(document, {}).get(iri, [])
        found = [triple.object for triple in triples if triple.predicate.value == predicate]
        return [value for value in found if isinstance(value, NamedNode | Literal)]

    def languages(self) -> list[str]:
        """The EU's IRIs of the languages of labels and documents."""
        codes = [EU_CODES[tag] for tag in self.arrangement.languages if tag in EU_CODES]
        found = {f"{authority.EU}language/{code}" for code in codes}
        for document in self.arrangement.documents:
            found |= {value.value for value in self.of_document(document, DCT + "language")}
        return sorted(found)


def file_of(scope: Scope, name: str) -> File:
    """What a file of the release is, from its name and the graph."""
    known = known_file(name)
    table, text = _TABLE.match(name), _TEXT.match(name)
    if known:
        return known
    if table:
        kinds = {file_name(kind.iri): kind.labels for kind in scope.arrangement.ontology.classes.values()}
        return class_file(name, kinds.get(f"{table[1]}.csv", {}))
    if text:
        labels = scope.arrangement.labels.get(scope.arrangement.minter.document(text[1]), {})
        return text_file(name, text[1], labels)
    return other_file(name)


def fragment(name: str) -> str:
    """The fragment of a file: its name, with a hyphen for each slash."""
    return name.replace("/", "-")


def distribution(scope: Scope, name: str, size: int, sha256: str) -> list[list[Triple]]:
    """The distribution of a file and its checksum (DCAT-AP 3.0.1, sections on Distribution and Checksum)."""
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
        (DCAT + "mediaType", NamedNode(authority.MEDIA_TYPES + file.format.media_type)),
        (DCT + "format", NamedNode(authority.FILE_TYPES + file.format.file_type)),
        (DCAT + "byteSize", typed(str(size), "nonNegativeInteger")),
        (SPDX + "checksum", checksum),
        (DCT + "license", None if is_text else NamedNode(scope.project["licence"])),
        (DCT + "rights", rights),
        (DCT + "language", spoken),
        (DCT + "issued", typed(released, "date") if released else None),
        (DCATAP + "availability", NamedNode(authority.AVAILABLE)),
    )
    value = typed(sha256, "hexBinary")
    pairs = ((SPDX + "algorithm", NamedNode(authority.SHA256)), (SPDX + "checksumValue", value))
    return [[*about, *describe(checksum, [SPDX + "Checksum"], *pairs)]]


def rights_statements(scope: Scope, names: Iterable[str]) -> list[list[Triple]]:
    """Whose words the files hold: one statement for files with quotes, one for each text that is published."""
    files = [file_of(scope, name) for name in names]
    groups = []
    if any(file.holds == "quotes" for file in files):
        groups.append(_statement(scope, "quotes", _quotes(scope)))
    texts = sorted({file.document for file in files if file.holds == "text"})
    return [*groups, *(_statement(scope, document, _rights(scope, [document])) for document in texts)]


def _statement(scope: Scope, name: str, texts: Mapping[str, str]) -> list[Triple]:
    return describe(scope.iri(f"rights-{name}"), [DCT + "RightsStatement"], (RDFS + "label", words(texts)))


def _quotes(scope: Scope) -> dict[str, str]:
    """The rights in a file that holds statements and quotes."""
    licence = authority.licence_name(scope.project["licence"])
    start = {
        "fr": f"Énoncés, identifiants, libellés et notes : {licence}.",
        "en": f"Statements, ids, labels and notes: {licence}.",
    }
    rights = _rights(scope, scope.arrangement.documents)
    return {tag: f"{start[tag]} {rights.get(tag, '')}".strip() for tag in LANGUAGES}


def _rights(scope: Scope, documents: Sequence[str]) -> dict[str, str]:
    """What the documents say of their rights, each statement once; in another language where one is missing."""
    said: dict[str, dict[str, None]] = {tag: {} for tag in LANGUAGES}
    for document in documents:
        literals = [value for value in scope.of_document(document, DCT + "rights") if isinstance(value, Literal)]
        by_tag = {value.language or "": value.value for value in literals}
        for tag in LANGUAGES:
            text = by_tag.get(tag) or next(iter(by_tag.values()), "")
            said[tag] |= {text: None} if text else {}
    return {tag: " ".join(texts) for tag, texts in said.items()}
