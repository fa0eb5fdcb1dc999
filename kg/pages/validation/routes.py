"""Routes of the shapes, of the checks, and of the validation report."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.model import release_files
from kg.model.iris import is_iri
from kg.pages.shared.app_context import AppContext, highlight, render_page
from kg.pages.shared.graph_queries import fetch_labels
from kg.pages.shared.page_responses import add_format_links, add_page_with_file, read_release_file
from kg.pages.validation.data import PAGE, ReportedResult, checks_of, names_of, report_of, shapes_of

SECTIONS = ("classes", "properties", "recommended", "parts")


def validation(context: AppContext) -> Blueprint:
    """Return the routes of the shapes and of the validation report."""
    routes = Blueprint("validation", __name__)
    add_page_with_file(
        routes, "shapes", lambda: _shapes(context), lambda: read_release_file(context, release_files.SHAPES)
    )
    add_page_with_file(
        routes, "validation", lambda: _report(context), lambda: read_release_file(context, release_files.REPORT)
    )

    @routes.get("/validation/<int:number>")
    @routes.get("/en/validation/<int:number>")
    def result(number: int) -> BaseResponse:
        return _redirect_to_result(context, number)

    return routes


def _shapes(context: AppContext) -> Response:
    """Answer with all shapes, by section, and the checks."""
    every = shapes_of(context)
    report = report_of(context)
    totals = report.totals() if report else {}
    response = render_page(
        context,
        "validation/shapes.html",
        sections={name: [shape for shape in every if shape.section == name] for name in SECTIONS},
        shapes={shape.iri: shape for shape in every},
        names=names_of(context),
        checks=checks_of(context),
        found_of=lambda iri: totals.get(iri, 0),
        highlight=highlight,
    )
    return add_format_links(response, f"{context.public_url}shapes") if every else response


def _report(context: AppContext) -> Response:
    """Answer with one page of results."""
    report = report_of(context)
    if report is None:
        return render_page(context, "validation/report.html", report=None)
    last = max(1, -(-len(report.results) // PAGE))
    number = request.args.get("page", "1")
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 0
    if not 1 <= at <= last:
        abort(404)
    groups = report.groups((at - 1) * PAGE)
    response = render_page(
        context,
        "validation/report.html",
        report=report,
        groups=groups,
        names=fetch_labels(context.evaluate, _iris(groups)),
        shapes={shape.iri: shape for shape in shapes_of(context)},
        checks=checks_of(context),
        at_page=at,
        last=last,
        per_page=PAGE,
    )
    if read_release_file(context, release_files.REPORT):
        return add_format_links(response, f"{context.public_url}validation")
    return response


def _iris(groups: Sequence[tuple[str, Sequence[ReportedResult]]]) -> list[str]:
    """Return the IRIs that the results name."""
    iris: dict[str, None] = {}
    for _, results in groups:
        for result in results:
            value = result.value["value"] if result.value and result.value["type"] == "uri" else ""
            iris |= dict.fromkeys(iri for iri in (result.focus, result.path, value) if iri and is_iri(iri))
    return list(iris)


def _redirect_to_result(context: AppContext, number: int) -> BaseResponse:
    """Redirect the IRI of a result to its page (303)."""
    report = report_of(context)
    if report is None or not 1 <= number <= len(report.results):
        abort(404)
    at = (number - 1) // PAGE + 1
    return redirect(f"../validation{f'?page={at}' if at > 1 else ''}#{number}", 303)
