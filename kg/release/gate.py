"""The gate: finds all that is wrong with a project, without writing.

``kg check`` is this gate; ``kg build`` passes it too, and adds nothing but files.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pyoxigraph import Literal, Quad, RdfFormat, Store, serialize

from kg.graph.builder import BuiltGraph, DocumentCache, build
from kg.graph.constraints import ValidationResult, hints, validate_checks, without_hints
from kg.graph.report import ValidationReport, report_json, report_text, results_text
from kg.graph.rules import derive, validate_rules
from kg.graph.validator import Engine, quick_results, read_shapes, shacl_results, validate_triples
from kg.model import release_files
from kg.model.errors import InputError, KgError, Problem, ProjectError
from kg.model.iris import XSD
from kg.model.messages import worded
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.release.folder import is_as_released, kept_before, read_graph
from kg.release.formats.arrangement import validate_names
from kg.release.formats.graph_files import read_context_file, validate_spellings

T = TypeVar("T")


@dataclass(frozen=True)
class CheckedProject:
    """The graph of a project with derived triples, and its report."""

    built: BuiltGraph
    quads: list[Quad]
    """As stated, and as derived."""
    report: ValidationReport

    def report_rows(self) -> list[dict[str, Any]]:
        """Return the results of the report as JSON objects."""
        return rows_of(self.report)

    def report_in_words(self, language: str) -> str:
        """Return the report in words, with places in the annotations."""
        return report_text(self.report, language, self.place_of)

    def in_words(self, results: Iterable[ValidationResult], language: str) -> str:
        """Return other results in words, with places in the annotations."""
        return results_text(results, language, self.place_of)

    def place_of(self, result: ValidationResult) -> str:
        """Return where what is wrong is written, as ``file:line:column``.

        That is the statement if a file holds it, else one of that property, else what describes the focus node.
        """
        written = self.built.written
        statement = (result.focus, result.path, result.value)
        place = written.get(statement) or written.get(statement[:2])
        place = place or self.built.locations.get(result.focus.value)
        return f"{place.file}:{place.line}:{place.column}" if place else ""


def rows_of(report: ValidationReport) -> list[dict[str, Any]]:
    """Return the results of a report as JSON objects."""
    rows: list[dict[str, Any]] = json.loads(report_json(report))["results"]
    return rows


def check_project(
    project: Project,
    step: Callable[[str], None] = lambda _: None,
    engine: Engine = shacl_results,
    cache: DocumentCache | None = None,
) -> CheckedProject:
    """Check a project; return its graph and the report.

    ``step`` is called with what was done, in words. ``engine`` holds the data against the shapes. What ``cache`` has
    read before is not read again.

    Errors: InputError with everything that is wrong in the files, all at once; another KgError where only that is
    wrong. Breaches of shapes and checks are in the report.
    """
    with _no_collection():
        return _check(project, step, engine, cache)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Leave the search for circular garbage out for a while.

    Checking makes none, and a third of its time went there.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(
    project: Project, step: Callable[[str], None], engine: Engine, cache: DocumentCache | None
) -> CheckedProject:
    """Check as ``check_project`` does."""
    failures: list[KgError] = []
    built = attempt(failures, lambda: build(project, cache))
    rules = attempt(failures, lambda: validate_rules(read_queries(project.rules)))
    checks = attempt(failures, lambda: validate_checks(read_queries(project.checks)))
    shapes = attempt(failures, lambda: read_shapes(shape_files(project)))
    attempt(failures, lambda: read_context_file(project.read(project.context)))
    attempt(failures, lambda: _validate_kept(project))
    if built is None or rules is None or checks is None or shapes is None or failures:
        raise joined_error(failures)
    step(worded("built {count} triples about {things} things", count=len(built.quads), things=len(built.things)))
    derived = derive(built.quads, rules, project.minter.graph("derived"))
    step(worded("derived {count} triples", count=len(derived)))
    quads = [*built.quads, *derived]
    texts = {project.minter.document(document.id).value: document.text for document in built.documents}
    attempt(failures, lambda: validate_names(quads))
    if not failures:  # what is no IRI has no spelling to keep
        attempt(failures, lambda: validate_spellings(serialize(_typed(quads), format=RdfFormat.N_QUADS) or b""))
    report = attempt(failures, lambda: validate_triples(quads, shapes, checks, texts, engine))
    if report is None or failures:
        raise joined_error(failures)
    step(
        worded(
            "validated: {violations} violations, {warnings} warnings",
            violations=report.violations,
            warnings=report.warnings,
        )
    )
    return CheckedProject(built, quads, report)


def attempt(failures: list[KgError], work: Callable[[], T]) -> T | None:
    """Do a part of the work; keep its error for the end."""
    try:
        return work()
    except KgError as error:
        failures.append(error)
        return None


def joined_error(failures: list[KgError]) -> KgError:
    """Return one error for all: the only one itself, else their problems."""
    if len(failures) == 1:
        return failures[0]
    problems: list[Problem] = []
    for failure in failures:
        if isinstance(failure, InputError):
            problems += failure.problems
        else:
            problems += map(_as_problem, _blocks(str(failure)))
    return InputError(problems)


def _blocks(message: str) -> list[str]:
    """Return the errors that a message lists, one below the other."""
    blocks: list[str] = []
    for line in message.splitlines():
        if blocks and (line.startswith(" ") or ":\n" in blocks[-1] or blocks[-1].endswith(":")):
            blocks[-1] += f"\n{line}"
        else:
            blocks.append(line)
    return blocks


def _as_problem(error: str) -> Problem:
    """Return an error, which ends with its remedy, as a problem."""
    found, end, todo = error.rpartition("\n") if "\n" in error else error.partition(". ")
    rest = worded("Correct this first: it hides what else may be wrong.")
    return Problem("", 0, 0, "other", found, todo) if end else Problem("", 0, 0, "other", error, rest)


def engine_of(project: Project) -> Engine:
    """Return the SHACL engine with which ``kg check`` checks a project.

    The quick one is compared with pySHACL over all shapes of the package; shapes of a project's own may be written in
    what it does not know, so that pySHACL alone speaks of them.
    """
    return quick_results if not project.own_shapes else shacl_results


def shape_files(project: Project) -> list[Path]:
    """Return the SHACL files of the package and of a project.

    Errors: ProjectError where there is none: a release without demands would be no release.
    """
    files = project.shapes
    if not files:
        raise ProjectError("shapes: there are no shapes. Put the SHACL files back.")
    return files


def _typed(quads: Iterable[Quad]) -> Iterable[Quad]:
    """Return a quad for each literal whose spelling a store may change."""
    plain = XSD + "string"
    first: dict[Literal, Quad] = {}
    for quad in quads:
        value = quad.object
        if isinstance(value, Literal) and not value.language and value.datatype.value != plain:
            first.setdefault(value, quad)
    return first.values()


def _validate_kept(project: Project) -> None:
    """Refuse a project whose last kept release cannot be read."""
    before = kept_before(project.releases, project["version"])
    if before and not is_as_released(project.releases / before[-1]):
        read_graph(project.root, str(project.releases / before[-1]))


def hints_of(project: Project, checked: CheckedProject) -> ValidationReport:
    """Return what deserves a second look, as a report.

    Much of it is right to ignore, so that no release tells of it.
    """
    store = Store()
    store.bulk_extend(checked.quads)
    checks = read_queries(project.checks)
    return ValidationReport(tuple(hints(store, checks)), 0, len(checks) - len(without_hints(checks)))


def unlike_kept(project: Project, checked: CheckedProject) -> bool:
    """Return whether another graph is kept under the project's version."""
    kept = project.releases / project["version"] / release_files.GRAPH
    return kept.exists() and set(read_graph(project.root, str(kept.parent))) != set(checked.quads)
