"""Read the manifests of the W3C suite of SPARQL 1.1.

They tell which tests there are, on which files, and with what result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from public_suites import suite_folder
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from kg.model.iris import RDF

SUITE = suite_folder("sparql11")
"""Where the suite lies; it is never copied into the project."""

WEB = "https://w3c.github.io/rdf-tests/sparql/sparql11/"
"""Where the suite is published: the base of its relative IRIs."""

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
RDFS_COMMENT = "http://www.w3.org/2000/01/rdf-schema#comment"

NIL = RDF + "nil"

Node = NamedNode | BlankNode | Literal


class Manifest:
    """A manifest file as a graph, walked along properties and lists."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._store = Store()
        self._store.load(path=str(SUITE / path), format=RdfFormat.TURTLE, base_iri=WEB + path)

    def all(self, node: Node, predicate: str) -> list[Node]:
        """Return the values of a property, lists and blank nodes as nodes."""
        return [quad.object for quad in self._store.quads_for_pattern(node, NamedNode(predicate), None)]

    def one(self, node: Node, predicate: str) -> Node | None:
        """Return the only value of a property, or nothing."""
        values = self.all(node, predicate)
        assert len(values) < 2, f"{self.path}: {node} has {len(values)} values of {predicate}"
        return values[0] if values else None

    def text(self, node: Node, predicate: str) -> str:
        """Return the text of a literal or IRI, or an empty text."""
        value = self.one(node, predicate)
        return "" if value is None else value.value

    def items(self, node: Node | None) -> Iterator[Node]:
        """Return the members of an RDF list."""
        while node is not None and node.value != NIL:
            yield self.one(node, RDF + "first")
            node = self.one(node, RDF + "rest")

    @property
    def entries(self) -> list[Entry]:
        """Return the tests of the manifest.

        Those that it lists come first, then those that it only describes.
        """
        manifest = NamedNode(WEB + self.path)
        listed = list(self.items(self.one(manifest, MF + "entries")))
        typed = (quad.subject for quad in self._store.quads_for_pattern(None, NamedNode(RDF + "type"), None))
        unlisted = sorted({node for node in typed if self.text(node, MF + "name")} - set(listed), key=str)
        return [Entry(self, node) for node in [*listed, *unlisted]]


@dataclass(frozen=True)
class Entry:
    """One test of a manifest."""

    manifest: Manifest
    node: Node

    @property
    def folder(self) -> str:
        """The folder of the suite in which the test lies."""
        return self.manifest.path.partition("/")[0]

    @property
    def name(self) -> str:
        """The name of the test within its folder."""
        return self.node.value.rpartition("#")[2]

    @property
    def id(self) -> str:
        """The folder and the name."""
        return f"{self.folder}/{self.name}"

    @property
    def kind(self) -> str:
        """The type of the test, such as QueryEvaluationTest."""
        return self.manifest.text(self.node, RDF + "type").removeprefix(MF)

    @property
    def action(self) -> Node:
        """What is done: a query file, or a node with its data."""
        return self.manifest.one(self.node, MF + "action")

    @property
    def query(self) -> Path:
        """The file of the query."""
        return local(self.manifest.one(self.action, QT + "query") or self.action)

    @property
    def result(self) -> Path:
        """The file of the result."""
        return local(self.manifest.one(self.node, MF + "result"))

    @property
    def data(self) -> tuple[str, ...]:
        """The IRIs of the files that make up the default graph."""
        return tuple(sorted(node.value for node in self.manifest.all(self.action, QT + "data")))

    @property
    def named(self) -> tuple[str, ...]:
        """The IRIs of the files that are named graphs.

        Each graph is named by the IRI of its file.
        """
        return tuple(sorted(node.value for node in self.manifest.all(self.action, QT + "graphData")))

    def one(self, predicate: str) -> str:
        """Return the text of a property of the test itself."""
        return self.manifest.text(self.node, predicate)


def local(node: Node | str) -> Path:
    """Return the file that the suite publishes under an IRI."""
    iri = node if isinstance(node, str) else node.value
    return SUITE / iri.removeprefix(WEB)


def triples_in(iri: str) -> list[Triple]:
    """Return the triples of the file published under an IRI.

    Each reading gives blank nodes of its own.
    """
    form = RdfFormat.from_extension(local(iri).suffix[1:])
    quads = parse(path=str(local(iri)), format=form, base_iri=iri, rename_blank_nodes=True)
    return [quad.triple for quad in quads]


def manifests() -> list[Manifest]:
    """Return the manifests that the suite's own list includes.

    There are none where there is no suite.
    """
    if not SUITE.is_dir():
        return []
    whole = Manifest("manifest-all.ttl")
    includes = whole.items(whole.one(NamedNode(WEB + whole.path), MF + "include"))
    return [Manifest(node.value.removeprefix(WEB)) for node in includes]


def cases(entries: Sequence[Entry]) -> list:
    """Return the tests as parameters of a test.

    Where there is no suite, one empty parameter lets it be reported as left out.
    """
    if not SUITE.is_dir():
        return [pytest.param(None, id="no-suite")]
    return [pytest.param(entry, id=entry.id) for entry in entries]
