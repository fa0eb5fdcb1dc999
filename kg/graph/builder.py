"""Build the graph of a project as quads: things, evidence, vocabulary and metadata.

Derived triples come later, from the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Quad

from kg.curate import Coverage, Entry, Statement, Things, coverage, read_entries, resolve, things_of
from kg.curate.documents import ANNOTATION_FILE, DOCUMENT_FILE, TEXT_FILE, Document, parse_document
from kg.curate.parser import Mark
from kg.curate.withdrawn import Withdrawn, hold_withdrawn, read_withdrawn
from kg.graph.metadata import metadata_quads
from kg.graph.quads import document_quads
from kg.graph.things import scheme_quads, thing_quads
from kg.model.errors import InputError, Problem, ProjectError
from kg.model.ontology import Ontology, ontology_quads, read_ontology
from kg.model.project import Project


@dataclass(frozen=True)
class Built:
    """The graph of a project as stated and evidenced, before any rule."""

    documents: tuple[Document, ...]
    ontology: Ontology
    things: Things
    withdrawn: tuple[Withdrawn, ...]
    quads: list[Quad]
    coverage: tuple[Coverage, ...]
    marks: Mapping[str, Mark]
    """Where the annotations say what an IRI of the graph stands for."""


def build(project: Project) -> Built:
    """Build the graph of a project.

    Errors: InputError with everything that is wrong in texts, annotations and vocabulary, all at once.
    """
    ontology = read_ontology(project)
    problems: list[Problem] = []
    documents, entries = read_documents(project, problems)
    things, wrong = things_of(documents, entries, ontology, project.minter)
    withdrawn = _read_withdrawn(project, things, problems)
    statements: dict[str, list[Statement]] = {}
    for document in documents:
        statements[document.id], unresolved = resolve(document, entries[document.id], things, ontology, project.minter)
        wrong += unresolved
    if problems or wrong:
        raise InputError([*problems, *wrong])
    return _assemble(project, ontology, documents, things, withdrawn, statements)


def _assemble(
    project: Project,
    ontology: Ontology,
    documents: Sequence[Document],
    things: Things,
    withdrawn: list[Withdrawn],
    statements: Mapping[str, list[Statement]],
) -> Built:
    minter = project.minter
    said = [statement for document in documents for statement in statements[document.id]]
    quads = thing_quads(things, said, minter)
    for document in documents:
        quads += document_quads(document, statements[document.id], minter)
    described = {thing.iri.value for thing in things.values()}
    graphs = {name: minter.graph(name) for name in ("ontology", "concepts")}
    quads += ontology_quads(ontology, graphs, described)
    quads += scheme_quads(things, ontology, minter)
    quads += metadata_quads(project, documents, withdrawn)
    marks = {t.iri.value: t.mark for t in things.values() if t.mark}
    for document in documents:
        for one in statements[document.id]:
            marks.setdefault(minter.assertion(document.id, *one.triple).value, one.mark)
    covered = tuple(coverage(d, [s.passage for s in _facts(statements[d.id])]) for d in documents)
    return Built(tuple(documents), ontology, things, tuple(withdrawn), list(dict.fromkeys(quads)), covered, marks)


def _facts(statements: Iterable[Statement]) -> list[Statement]:
    """One statement a fact: a value in two languages is one fact."""
    return list({statement.mark: statement for statement in statements}.values())


def read_documents(project: Project, problems: list[Problem]) -> tuple[list[Document], dict[str, list[Entry]]]:
    """The documents of a project and their entries; what is wrong with them is added to ``problems``."""
    folders = project.documents()
    if not folders:
        raise ProjectError(f"{project.data}: there is no document. Add data/<document>/ with {TEXT_FILE}, "
                           f"{DOCUMENT_FILE} and {ANNOTATION_FILE}.")  # fmt: skip
    documents, entries = [], {}
    for folder in folders:
        text, description = project.read(folder / TEXT_FILE), project.read(folder / DOCUMENT_FILE)
        document, wrong = parse_document(folder.name, text, description, project.relative(folder))
        problems += wrong
        shown = project.relative(folder / ANNOTATION_FILE)
        found, broken = read_entries(
            project.read(folder / ANNOTATION_FILE), shown, document.language if document else ""
        )
        problems += broken
        entries[folder.name] = found
        if document:
            documents.append(document)
    return documents, entries


def _read_withdrawn(project: Project, things: Things, problems: list[Problem]) -> list[Withdrawn]:
    if not project.withdrawn.exists():
        return []
    gone, wrong = read_withdrawn(project.read(project.withdrawn), project.relative(project.withdrawn))
    problems += [*wrong, *hold_withdrawn(gone, things)]
    return gone


__all__ = ["Built", "build", "document_quads", "read_documents"]
