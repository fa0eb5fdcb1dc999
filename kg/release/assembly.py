"""The way from a project's texts to all files of a release."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Quad, RdfFormat, serialize

from kg.graph.builder import BuiltGraph
from kg.graph.report import ValidationReport, report_json, report_turtle
from kg.model import release_files
from kg.model.messages import worded
from kg.model.project import Project
from kg.release.catalogue.dcat import catalogue_turtle
from kg.release.catalogue.harvesters import missing_for_harvesters
from kg.release.catalogue.void import void_turtle
from kg.release.folder import issued, kept_before, read_graph
from kg.release.formats.arrangement import Arrangement, arrange
from kg.release.formats.graph_files import graph_files
from kg.release.gate import CheckedProject, check_project, shape_files
from kg.release.tables.assertion_table import assertion_table
from kg.release.tables.class_tables import class_tables
from kg.release.tables.csvw import Table, write_csv, write_metadata

Compare = Callable[[Collection[Quad], Collection[Quad]], Mapping[str, bytes]]
"""Returns the files about changes, from the quads of the release before and of the new one."""


@dataclass(frozen=True)
class AssembledRelease(CheckedProject):
    """A release in memory, with the results on the way to it."""

    files: dict[str, bytes]
    """Empty where the graph is not valid."""
    missing: list[str]
    """What a harvester of catalogues will miss, and what to set."""


def make_release(
    project: Project, step: Callable[[str], None] = lambda _: None, compare: Compare = lambda *_: {}
) -> AssembledRelease:
    """Build, derive, validate and write a release in memory.

    ``step`` is called with what was done, in words.

    Where a version before this one is kept, ``compare`` adds the files that tell what changed since.
    Where the graph is not valid the release has its report and no files.

    Errors: as ``check_project``.
    """
    checked = check_project(project, step)
    missing = missing_for_harvesters(project)
    files = {}
    if checked.report.conforms:
        arrangement = arrange(checked.quads, checked.built.ontology, project)
        files = _files_of_release(arrangement, checked.built, checked.report, compare)
        step(worded("wrote {count} files in memory", count=len(files)))
    return AssembledRelease(checked.built, checked.quads, checked.report, files, missing)


def _files_of_release(
    arrangement: Arrangement, built: BuiltGraph, report: ValidationReport, compare: Compare = lambda *_: {}
) -> dict[str, bytes]:
    """Return every file of a release by name, without the checksums.

    They are added when the release is written.
    """
    project = arrangement.project
    base = project.minter.base
    files = graph_files(arrangement, project.read(project.context))
    files |= table_files(arrangement)
    files |= {
        release_files.ONTOLOGY: joined([project.read(project.ontology), *_own_terms(arrangement)]),
        release_files.SHAPES: joined(project.read(path) for path in shape_files(project)),
        release_files.CONTEXT: project.read(project.context),
        release_files.REPORT: report_turtle(report, base).encode(),
        release_files.REPORT_JSON: report_json(report).encode(),
        release_files.VOID: void_turtle(arrangement),
    }
    files |= {f"texts/{document.id}.txt": document.text.encode() for document in built.documents if document.full_text}
    before = kept_before(project.releases, project["version"])
    if before:
        files |= compare(read_graph(project.root, str(project.releases / before[-1])), arrangement.quads)
    sums = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    first = issued(project.releases / before[0] / release_files.GRAPH, project.minter.dataset.value) if before else ""
    catalogue = catalogue_turtle(arrangement, sums, previous_version=before[-1] if before else "", first_issued=first)
    return files | {release_files.CATALOGUE: catalogue}


def _own_terms(arrangement: Arrangement) -> list[bytes]:
    """Return the terms that the project adds, as Turtle."""
    ontology = arrangement.ontology
    own = [triple for triple in ontology.triples if triple in ontology.own]
    return [serialize(own, format=RdfFormat.TURTLE, prefixes=dict(ontology.prefixes)) or b""] if own else []


def joined(parts: Iterable[bytes]) -> bytes:
    """Join Turtle files.

    Each brings its own prefixes, which Turtle allows anywhere.
    """
    return b"\n".join(part.rstrip() + b"\n" for part in parts)


def tables(arrangement: Arrangement) -> list[Table]:
    """Return the tables: classes in the ontology's order, then the assertions."""
    assertions = assertion_table(arrangement)
    return [*class_tables(arrangement), *([assertions] if assertions else [])]


def table_files(arrangement: Arrangement) -> dict[str, bytes]:
    """Return ``tables/<class>.csv`` and ``tables/csv-metadata.json`` by name."""
    listed = tables(arrangement)
    files = {release_files.TABLES + table.file: write_csv(table) for table in listed}
    return files | {release_files.TABLES_METADATA: write_metadata(arrangement.project, listed)}
