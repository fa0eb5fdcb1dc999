"""Validate the graph: SHACL shapes and checks, in one report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.graph.constraints import Result, run_checks
from kg.graph.report import Report, report_json, report_text, report_turtle
from kg.graph.validator import shacl_results
from kg.model.iris import SCHEMA, SH, SR, TYPE
from kg.model.ontology import read_turtle
from kg.model.query_files import Query

__all__ = ["Report", "Result", "hold", "read_shapes", "report_json", "report_text", "report_turtle", "validate"]

UNSEEN = ("derived", "metadata")
"""The graphs that the shapes do not see: what the rules add, and what is said of the data set."""

_TEXT = NamedNode(SCHEMA + "text")
_DOCUMENT = NamedNode(SR + "Document")
_SHAPES = (NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape"))


def validate(
    quads: Sequence[Quad], shapes: Sequence[Path], checks: Sequence[Query], texts: Mapping[str, str]
) -> Report:
    """Hold the quads of a release against shapes (Turtle files) and checks.

    ``texts`` holds the text of each document by its IRI: where the graph leaves a text out, the checks
    see it all the same.

    Errors: InputError for shapes that cannot be used, QueryError for checks that cannot be run.
    """
    return hold(quads, read_shapes(shapes), checks, texts)


def read_shapes(paths: Iterable[Path]) -> list[Triple]:
    """The triples of shape files.

    Errors: InputError where a file is not Turtle.
    """
    return [triple for path in paths for triple in read_turtle(path.read_bytes(), f"shapes/{path.name}")[0]]


def hold(quads: Sequence[Quad], shapes: Sequence[Triple], checks: Sequence[Query], texts: Mapping[str, str]) -> Report:
    """``validate`` with the triples of the shapes at hand."""
    store = Store()
    store.bulk_extend(quads)
    store.extend(_missing_texts(quads, texts))
    unseen = tuple(f"/graph/{name}>" for name in UNSEEN)
    seen = (quad.triple for quad in quads if not str(quad.graph_name).endswith(unseen))
    results = [*run_checks(store, checks), *shacl_results(seen, shapes)]
    count = sum(triple.predicate == TYPE and triple.object in _SHAPES for triple in shapes)
    return Report(tuple(sorted(results, key=lambda result: result.order)), count, len(checks))


def _missing_texts(quads: Iterable[Quad], texts: Mapping[str, str]) -> list[Quad]:
    """The texts that the graph leaves out, each in the graph of its document."""
    described = {quad.subject: quad.graph_name for quad in quads if quad.object == _DOCUMENT}
    stated = {quad.subject for quad in quads if quad.predicate == _TEXT}
    return [
        Quad(document, _TEXT, Literal(texts[document.value]), graph)
        for document, graph in described.items()
        if isinstance(document, NamedNode) and document not in stated and document.value in texts
    ]
