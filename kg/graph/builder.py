"""Build the graph of a project: things, evidence, ontology and metadata.

Derived triples come later, from the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Quad

from kg.curate.documents import (
    ANNOTATION_FILE,
    DOCUMENT_FILE,
    TEXT_FILE,
    Document,
    changed_texts,
    parse_document,
    wrong_successors,
)
from kg.curate.parser import AnnotationEntry, SourceLocation, parse_entries
from kg.curate.quoting import Coverage, measure_coverage
from kg.curate.resolver import Statement, ThingsById, collect_things, resolve
from kg.curate.thing_ids import WithdrawnId, parse_withdrawn, validate_withdrawn
from kg.curate.vocabulary_files import ids_elsewhere, validate_vocabulary
from kg.graph.metadata import metadata_quads
from kg.graph.quads import document_quads, ontology_quads, scheme_quads, thing_quads
from kg.graph.time_spans import add_years
from kg.model.errors import InputError, Problem, ProjectError
from kg.model.iris import value_of
from kg.model.ontology import Ontology, read_ontology
from kg.model.project import Project
from kg.model.quotes import Passage
from kg.model.shared_files import changed_copies, copy_notes


@dataclass(frozen=True)
class BuiltGraph:
    """The graph of a project as stated and evidenced, before any rule."""

    documents: tuple[Document, ...]
    ontology: Ontology
    things: ThingsById
    withdrawn: tuple[WithdrawnId, ...]
    quads: list[Quad]
    coverage: tuple[Coverage, ...]
    locations: Mapping[str, SourceLocation]
    """Where the files of the project say what an IRI of the graph stands for."""
    written: Mapping[tuple[object, ...], SourceLocation]
    """Where they write a triple, and the first one of a subject and predicate."""
    notes: tuple[Problem, ...] = ()
    """What is to be told of the project's files and stops nothing."""


class DocumentCache:
    """What files said when they were read last, by their bytes."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[object, ...], Any]] = {}

    def get(self, name: str, parse: Callable[..., Any], *given: object) -> Any:
        """Return what ``parse`` made of the same arguments, or call it."""
        known = self._read.get(name)
        if known is None or known[0] != given:
            known = self._read[name] = given, parse(*given)
        return known[1]


def build(project: Project, cache: DocumentCache | None = None) -> BuiltGraph:
    """Build the graph of a project.

    What ``cache`` has read is not read again.

    Errors: InputError with everything that is wrong in texts, annotations and vocabulary, all at once.
    """
    ontology = read_ontology(project)
    problems: list[Problem] = []
    documents, entries = read_documents(project, problems, cache)
    data = project.relative(project.data)
    problems += changed_texts(documents, project.kept_graphs(), data)
    problems += wrong_successors(documents, entries, data)
    things, wrong = collect_things(documents, entries, ontology, project.minter)
    withdrawn = _read_withdrawn(project, things, problems)
    statements: dict[str, list[Statement]] = {}
    for document in documents:
        statements[document.id], unresolved = resolve(document, entries[document.id], things, ontology, project.minter)
        wrong += unresolved
    wrong += validate_vocabulary(ontology, things, project.minter)
    wrong += changed_copies(project.root, project.shared)
    if problems or wrong:
        raise InputError([*problems, *wrong])
    return _assemble(project, ontology, documents, things, withdrawn, add_years(statements))


def _assemble(
    project: Project,
    ontology: Ontology,
    documents: Sequence[Document],
    things: ThingsById,
    withdrawn: list[WithdrawnId],
    statements: Mapping[str, list[Statement]],
) -> BuiltGraph:
    """Return the graph of valid statements."""
    minter = project.minter
    every_statement = [statement for document in documents for statement in statements[document.id]]
    quads = thing_quads(things, every_statement, ontology, minter)
    coverage = tuple(measure_coverage(document, _fact_passages(statements[document.id])) for document in documents)
    for document, covered in zip(documents, coverage, strict=True):
        quads += document_quads(document, statements[document.id], minter, covered.published)
    described = {thing.iri.value for thing in things.values()}
    graphs = {name: minter.graph(name) for name in ("ontology", "concepts", "alignments")}
    vocabulary = ontology_quads(ontology, graphs, described)
    subjects = {quad.subject for quad in vocabulary}  # so that few of the triples are looked at whole
    said = {quad.triple for quad in quads if quad.subject in subjects}
    quads += [quad for quad in vocabulary if quad.triple not in said]
    quads += scheme_quads(things, ontology, minter)
    quads += metadata_quads(project, documents, withdrawn)
    locations = {thing.iri.value: thing.location for thing in things.values() if thing.location}
    for document in documents:
        file = project.relative(project.data / document.id / DOCUMENT_FILE)
        locations[minter.document(document.id).value] = SourceLocation(file, 1, 1)
        for statement in statements[document.id]:
            assertion = minter.assertion(document.id, *statement.triple)
            locations.setdefault(assertion.value, statement.location)
    written = _written(ontology, every_statement, locations)
    given = tuple(documents), ontology, things, tuple(withdrawn), list(dict.fromkeys(quads)), coverage, locations
    return BuiltGraph(*given, written, _notes(project, ontology, things))


def _notes(project: Project, ontology: Ontology, things: ThingsById) -> tuple[Problem, ...]:
    """Return what to tell of files that stops nothing."""
    notes = (*copy_notes(project.root, project.shared), *ontology.notes)
    return (*notes, *ids_elsewhere(ontology, things, project.minter))


def _written(
    ontology: Ontology, statements: Iterable[Statement], locations: dict[str, SourceLocation]
) -> dict[tuple[object, ...], SourceLocation]:
    """Return where each triple is written.

    Where the vocabulary alone describes something it is added to ``locations``.
    """
    written: dict[tuple[object, ...], SourceLocation] = {}
    for triple, (file, line) in ontology.places.items():
        place = SourceLocation(file, line, 1)
        locations.setdefault(value_of(triple.subject), place)
        written[tuple(triple)] = place
        written.setdefault((triple.subject, triple.predicate), place)
    for statement in statements:
        written.setdefault(statement.triple, statement.location)
        written.setdefault(statement.triple[:2], statement.location)
    return written


def _fact_passages(statements: Iterable[Statement]) -> list[Passage]:
    """Return a passage for each fact, also where it has two languages."""
    return list({statement.location: statement.passage for statement in statements}.values())


def read_documents(
    project: Project, problems: list[Problem], cache: DocumentCache | None = None
) -> tuple[list[Document], dict[str, list[AnnotationEntry]]]:
    """Return the documents of a project and their entries.

    What is wrong with them is added to ``problems``; a document that cannot be used is left out.
    """
    folders = project.documents()
    if not folders:
        raise ProjectError(
            "{data}: there is no document. Add data/<document>/ with {files}.",
            data=project.data,
            files=f"{TEXT_FILE}, {DOCUMENT_FILE}, {ANNOTATION_FILE}",
        )
    cache = cache or DocumentCache()
    documents, entries = [], {}
    for folder in folders:
        files = project.read(folder / TEXT_FILE), project.read(folder / DOCUMENT_FILE)
        shown_path = project.relative(folder)
        document, wrong = cache.get(shown_path, parse_document, folder.name, *files, shown_path)
        problems += wrong
        shown_path = project.relative(folder / ANNOTATION_FILE)
        language = document.language if document else ""
        found, wrong = cache.get(
            shown_path, parse_entries, project.read(folder / ANNOTATION_FILE), shown_path, language
        )
        problems += wrong
        entries[folder.name] = found
        if document:
            documents.append(document)
    return documents, entries


def _read_withdrawn(project: Project, things: ThingsById, problems: list[Problem]) -> list[WithdrawnId]:
    """Return the ids of a project that are gone."""
    if not project.withdrawn.exists():
        return []
    withdrawn, wrong = parse_withdrawn(project.read(project.withdrawn), project.relative(project.withdrawn))
    problems += [*wrong, *validate_withdrawn(withdrawn, things)]
    return withdrawn
