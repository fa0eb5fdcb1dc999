"""The routes of what is demanded and what was found: ``/shapes`` and ``/validation``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.endpoint import protocol
from kg.model import release_files
from kg.model.errors import QueryError
from kg.model.iris import is_iri
from kg.model.query_files import Query, read_queries
from kg.pages.shapes.data import SHAPES, Shape, read_shapes
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.graph_queries import LabelledNode, fetch_labels
from kg.pages.shared.highlight import highlight
from kg.pages.shared.rdf_response import (
    FORMAT_SUFFIXES,
    add_format_links,
    convert_turtle,
    negotiated_type,
    read_release_file,
)
from kg.pages.validation.data import PAGE, Report, Result, read_report

SECTIONS = ("classes", "properties", "recommended", "parts")


def shapes(context: AppContext) -> Blueprint:
    """The routes of the shapes and of the report."""
    routes = Blueprint("shapes", __name__)

    @routes.get("/shapes")
    @routes.get("/en/shapes")
    def all_shapes() -> Response:
        media_type = negotiated_type()
        return _shapes(context) if media_type == protocol.PAGE else _file(context, release_files.SHAPES, media_type)

    @routes.get(f"/shapes.<any({FORMAT_SUFFIXES}):ending>")
    def shapes_file(ending: str) -> Response:
        return _file(context, release_files.SHAPES, protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/validation")
    @routes.get("/en/validation")
    def validation() -> Response:
        media_type = negotiated_type()
        return _validation(context) if media_type == protocol.PAGE else _file(context, release_files.REPORT, media_type)

    @routes.get(f"/validation.<any({FORMAT_SUFFIXES}):ending>")
    def report_file(ending: str) -> Response:
        return _file(context, release_files.REPORT, protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/validation/<int:number>")
    @routes.get("/en/validation/<int:number>")
    def result(number: int) -> BaseResponse:
        return _result(context, number)

    return routes


@lru_cache(maxsize=2)
def shapes_of(context: AppContext) -> Sequence[Shape]:
    """The shapes of the release that is served, in the order of their files; none where other files are served."""
    try:
        return read_shapes(read_release_file(context, release_files.SHAPES) or b"")
    except SyntaxError:
        return []


@lru_cache(maxsize=2)
def report_of(context: AppContext) -> Report | None:
    """The report of the release that is served; None where it has none."""
    return read_report((read_release_file(context, release_files.REPORT_JSON) or b"").decode(errors="replace"))


@lru_cache(maxsize=2)
def _checks(context: AppContext) -> dict[str, Query]:
    """The checks of the project by their IRI, where its folder holds them and a release is served."""
    try:
        found = read_queries(context.project.checks) if context.release_info.folder else []
    except QueryError:
        found = []
    return {f"{SHAPES}check-{check.slug}": check for check in found}


@lru_cache(maxsize=2)
def _names(context: AppContext) -> dict[str, LabelledNode]:
    """What the terms are called that the shapes name; the shapes themselves tell their own names."""
    found: dict[str, None] = {}
    for shape in shapes_of(context):
        found |= dict.fromkeys(iri for _, iri in shape.targets)
        values = [value for each in shape.constraints for value in each.values]
        found |= dict.fromkeys(value.iri for value in (*values, *([shape.path] if shape.path else [])) if value.iri)
    return fetch_labels(context.evaluate, [iri for iri in found if is_iri(iri)])


def _file(context: AppContext, name: str, media_type: str, *, is_chosen: bool = False) -> Response:
    turtle = read_release_file(context, name)
    if turtle is None:
        abort(404)
    return convert_turtle(turtle, media_type, is_chosen=is_chosen)


def _shapes(context: AppContext) -> Response:
    """The page of all shapes, those that people meet first, and of the checks."""
    found = shapes_of(context)
    report = report_of(context)
    totals = report.totals() if report else {}
    response = render_page(
        context,
        "shapes/page.html",
        sections={name: [shape for shape in found if shape.section == name] for name in SECTIONS},
        shapes={shape.iri: shape for shape in found},
        names=_names(context),
        checks=_checks(context),
        found_of=lambda iri: totals.get(iri, 0),
        highlight=highlight,
    )
    return add_format_links(response, f"{context.public_url}shapes") if found else response


def _validation(context: AppContext) -> Response:
    """The page of the report, as many results as a page has."""
    report = report_of(context)
    if report is None:
        return render_page(context, "validation/page.html", report=None)
    last = max(1, -(-len(report.results) // PAGE))
    number = request.args.get("page", "1")
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 0
    if not 1 <= at <= last:
        abort(404)
    groups = report.groups((at - 1) * PAGE)
    response = render_page(
        context,
        "validation/page.html",
        report=report,
        groups=groups,
        names=fetch_labels(context.evaluate, _told(groups)),
        shapes={shape.iri: shape for shape in shapes_of(context)},
        checks=_checks(context),
        at_page=at,
        last=last,
        per_page=PAGE,
    )
    return (
        add_format_links(response, f"{context.public_url}validation")
        if read_release_file(context, release_files.REPORT)
        else response
    )


def _told(groups: Sequence[tuple[str, Sequence[Result]]]) -> list[str]:
    """The IRIs that the results name."""
    found: dict[str, None] = {}
    for _, results in groups:
        for each in results:
            value = each.value["value"] if each.value and each.value["type"] == "uri" else ""
            found |= dict.fromkeys(iri for iri in (each.focus, each.path, value) if iri and is_iri(iri))
    return list(found)


def _result(context: AppContext, number: int) -> BaseResponse:
    """The way from the IRI of a result to its place in the report (Cool URIs: 303)."""
    report = report_of(context)
    if report is None or not 1 <= number <= len(report.results):
        abort(404)
    at = (number - 1) // PAGE + 1
    return redirect(f"../validation{f'?page={at}' if at > 1 else ''}#{number}", 303)
