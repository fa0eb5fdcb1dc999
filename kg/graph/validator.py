"""Validate the graph: SHACL shapes and checks, in one report.

pySHACL looks at every triple of a shape for every node that it visits, and rdflib takes its time to load a
graph. So pySHACL is handed the shapes without words and severities, which are added to its results here, and
of the data only what the shapes look at: half the time, the same results.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from kg.graph.constraints import Term, ValidationResult, run_checks, without_hints
from kg.graph.report import ValidationReport
from kg.model.errors import InputError, Problem, ProjectError
from kg.model.iris import RDFS, SCHEMA, SH, SR, TYPE
from kg.model.messages import worded
from kg.model.ontology import read_turtle
from kg.model.query_files import QueryFile

if TYPE_CHECKING:
    from rdflib import Graph

Engine = Callable[[Sequence[Triple], Sequence[Triple]], "list[ValidationResult]"]
"""Returns what shapes find wrong with data."""

UNSEEN = ("derived", "metadata")
"""The graphs that the shapes do not see: what the rules add, and what is said of the data set."""

_TEXT = NamedNode(SCHEMA + "text")
_DOCUMENT = NamedNode(SR + "Document")
_SHAPE_CLASSES = (NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape"))
_MESSAGE = NamedNode(SH + "message")
_SEVERITY = NamedNode(SH + "severity")
_WORDING = (NamedNode(SH + "name"), NamedNode(SH + "description"), _MESSAGE, _SEVERITY)
_SEES_ALL = {NamedNode(SH + name) for name in ("closed", "sparql", "select", "ask")}
_IRI = re.compile(r"<[^<>\s]*>")


def read_shapes(paths: Iterable[Path]) -> list[Triple]:
    """Return the triples of shape files.

    Errors: InputError with every file that is not Turtle, ProjectError for one that cannot be read.
    """
    triples: list[Triple] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            triples += read_turtle(path.read_bytes(), f"shapes/{path.name}")[0]
        except InputError as error:
            problems += error.problems
        except OSError as error:
            why = worded(str(error.strerror))
            raise ProjectError("{path}: cannot be read: {reason}.", path=f"shapes/{path.name}", reason=why) from None
    if problems:
        raise InputError(problems)
    return triples


def validate_triples(
    quads: Sequence[Quad],
    shapes: Sequence[Triple],
    checks: Sequence[QueryFile],
    texts: Mapping[str, str],
    engine: Engine | None = None,
) -> ValidationReport:
    """Validate the quads of a release by shapes and checks.

    ``texts`` holds the text of each document by its IRI: where the graph leaves a text out, the checks
    see it all the same. ``engine`` holds the data against the shapes, pySHACL where none is named.

    Errors: InputError for shapes that cannot be used, QueryError for checks that cannot be run.
    """
    store = Store()
    store.bulk_extend([*quads, *_missing_texts(quads, texts)])
    unseen = tuple(f"/graph/{name}>" for name in UNSEEN)
    hidden = {graph for graph in {quad.graph_name for quad in quads} if str(graph).endswith(unseen)}
    seen = [quad.triple for quad in quads if quad.graph_name not in hidden]
    checks = without_hints(checks)
    by_shapes = _start_engine(engine or shacl_results, seen, shapes)
    by_checks = run_checks(store, checks)
    results = [*by_shapes(), *by_checks]
    count = sum(triple.predicate == TYPE and triple.object in _SHAPE_CLASSES for triple in shapes)
    return ValidationReport(tuple(sorted(results, key=lambda result: result.order)), count, len(checks))


def _missing_texts(quads: Iterable[Quad], texts: Mapping[str, str]) -> list[Quad]:
    """Return the texts that the graph lacks, in their documents' graphs."""
    described, stated = {}, set()
    for quad in quads:
        if quad.predicate == _TEXT:
            stated.add(quad.subject)
        elif quad.object == _DOCUMENT:
            described[quad.subject] = quad.graph_name
    return [
        Quad(document, _TEXT, Literal(texts[document.value]), graph)
        for document, graph in described.items()
        if isinstance(document, NamedNode) and document not in stated and document.value in texts
    ]


def _start_engine(
    engine: Engine, data: Sequence[Triple], shapes: Sequence[Triple]
) -> Callable[[], list[ValidationResult]]:
    """Start an engine; return a function that waits for its results.

    The native engine works beside what follows, since it works outside of Python. What pySHACL uses must stay in its
    thread: it begins when it is waited for.
    """
    if engine is not quick_results:
        return lambda: engine(data, shapes)
    beside = ThreadPoolExecutor(max_workers=1)
    native = beside.submit(native_results, data, shapes)
    beside.shutdown(wait=False)
    return lambda: _worded(native.result(), data, shapes)


def quick_results(data: Sequence[Triple], shapes: Sequence[Triple]) -> list[ValidationResult]:
    """Return what the shapes find wrong: warnings natively, violations by pySHACL."""
    return _worded(native_results(data, shapes), data, shapes)


def _worded(
    results: list[ValidationResult], data: Sequence[Triple], shapes: Sequence[Triple]
) -> list[ValidationResult]:
    """Return native results if all are warnings, else those of pySHACL."""
    return results if all(result.severity == "warning" for result in results) else shacl_results(data, shapes)


def native_results(data: Sequence[Triple], shapes: Sequence[Triple]) -> list[ValidationResult]:
    """Return what the shapes find wrong with the data by shacl-rust.

    It takes a tenth of pySHACL's time. Shapes that are not well-formed it uses as far as it can.
    """
    import shacl_rust

    given = [_ntriples(_relevant(data, shapes)), _ntriples(shapes)]
    report = shacl_rust.validate(*given, data_format="nt", shapes_format="nt", experimental_index=True)
    messages = _messages(shapes)
    return [_native_result(row, messages) for row in report["results"]]


def _ntriples(triples: Iterable[Triple]) -> str:
    """Return the triples in N-Triples, as text."""
    return (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").decode()


def _native_result(row: Mapping[str, Any], messages: Mapping[str, Mapping[str, str]]) -> ValidationResult:
    """Return a result of the native engine, whose terms are N-Triples."""
    source = _term(row["sourceShape"])
    path = str(row.get("resultPath", ""))
    return ValidationResult(
        severity="violation" if row["severity"] == f"<{SH}Violation>" else "warning",
        source=source.value,
        focus=_term(row["focusNode"]),
        path=NamedNode(path[1:-1]) if _IRI.fullmatch(path) else None,
        value=_term(row["value"]) if row.get("value") else None,
        component=row["sourceConstraintComponent"].strip("<>"),
        messages=messages.get(source.value, {}),
    )


def _term(written: str) -> Term:
    """Return the term of N-Triples syntax."""
    quad = next(iter(parse(f"<urn:s> <urn:p> {written} .", RdfFormat.N_TRIPLES)))
    return cast("Term", quad.object)


def shacl_results(data: Iterable[Triple], shapes: Sequence[Triple]) -> list[ValidationResult]:
    """Return what the shapes find wrong with the data, in no order.

    Errors: InputError for shapes that pySHACL cannot use.
    """
    import pyshacl  # here, where needed: it and rdflib take long to import
    from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, ValidationFailure

    with _quiet("rdflib.term"):
        graph, terms = _rdflib_graph(_relevant(data, shapes))
        shapes_graph, names = _rdflib_graph(triple for triple in shapes if triple.predicate not in _WORDING)
        try:
            _, report, text = pyshacl.validate(graph, shacl_graph=shapes_graph, inplace=True)
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, re.error) as error:
            report, text = None, str(error)
    if report is None or isinstance(report, ValidationFailure):
        todo = worded("Correct the shapes; they are SHACL Core.")
        raise InputError(
            [Problem("shapes", 0, 0, "shacl", worded("pySHACL cannot use the shapes: {text}", text=text), todo)]
        )
    messages, lenient = _messages(shapes), _lenient(shapes)
    return [
        replace(
            result,
            severity="warning" if result.source in lenient else "violation",
            messages=messages.get(result.source, {}),
        )
        for result in _read_results(report, {**names, **terms})
    ]


def _relevant(data: Iterable[Triple], shapes: Sequence[Triple]) -> Iterable[Triple]:
    """Return the triples whose predicate some shape names.

    That is all of them where a shape is closed (SHACL section 4.8.1) or written in SPARQL.
    """
    if any(triple.predicate in _SEES_ALL for triple in shapes):
        return data
    named = {triple.object for triple in shapes} | {TYPE, NamedNode(RDFS + "subClassOf")}
    return (triple for triple in data if triple.predicate in named)


def _messages(shapes: Iterable[Triple]) -> dict[str, dict[str, str]]:
    """Return the messages of each shape, by language."""
    messages: dict[str, dict[str, str]] = {}
    for triple in shapes:
        if triple.predicate == _MESSAGE and isinstance(triple.object, Literal):
            messages.setdefault(_name(triple), {})[triple.object.language or ""] = triple.object.value
    return messages


def _lenient(shapes: Iterable[Triple]) -> set[str]:
    """Return the shapes whose results are not violations (SHACL section 2.1.4)."""
    return {_name(t) for t in shapes if t.predicate == _SEVERITY and t.object != NamedNode(SH + "Violation")}


def _name(triple: Triple) -> str:
    """Return the subject as pySHACL's report names it."""
    return "" if isinstance(triple.subject, Triple) else triple.subject.value


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Silence a logger for a while.

    rdflib logs each ill-typed literal with a traceback, and the shapes report it anyway.
    """
    log = logging.getLogger(logger)
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


def _rdflib_graph(triples: Iterable[Triple]) -> tuple[Graph, dict[Any, Term]]:
    """Return the triples as an rdflib graph, and our terms by rdflib's.

    They go straight into the store of the graph: six times as fast as parsing N-Triples.
    """
    from rdflib import BNode, Graph, URIRef
    from rdflib import Literal as Text

    theirs: dict[Any, Any] = {}

    def convert(term: Any) -> Any:
        if term not in theirs:
            if isinstance(term, NamedNode):
                theirs[term] = URIRef(term.value)
            elif isinstance(term, BlankNode):
                theirs[term] = BNode(term.value)
            elif term.language:
                theirs[term] = Text(term.value, lang=term.language)
            else:
                theirs[term] = Text(term.value, datatype=URIRef(term.datatype.value), normalize=False)
        return theirs[term]

    graph = Graph(bind_namespaces="none")
    for triple in triples:
        graph.store.add((convert(triple.subject), convert(triple.predicate), convert(triple.object)), graph)
    return graph, {their_term: our_term for our_term, their_term in theirs.items()}


def _read_results(report: Graph, terms: Mapping[Any, Term]) -> Iterator[ValidationResult]:
    """Yield the results of a pySHACL report, without severity and messages."""
    from rdflib import URIRef

    def value(node: Any, name: str) -> Any:
        return report.value(node, URIRef(SH + name))

    for node in report.objects(None, URIRef(SH + "result")):
        path, broken = value(node, "resultPath"), value(node, "value")
        yield ValidationResult(
            severity="",
            source=str(value(node, "sourceShape")),
            focus=terms[value(node, "focusNode")],
            path=NamedNode(str(path)) if isinstance(path, URIRef) else None,
            value=None if broken is None else terms[broken],
            component=str(value(node, "sourceConstraintComponent")),
            messages={},
        )
