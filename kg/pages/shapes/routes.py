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
from kg.pages.shared.app_context import Site, page
from kg.pages.shared.highlight import highlight
from kg.pages.shared.names import Name, name_all
from kg.pages.shared.rdf_response import ENDINGS, part_of, rdf, wanted, with_formats
from kg.pages.validation.data import PAGE, Report, Result, read_report

SECTIONS = ("classes", "properties", "recommended", "parts")


def shapes(site: Site) -> Blueprint:
    """The routes of the shapes and of the report."""
    routes = Blueprint("shapes", __name__)

    @routes.get("/shapes")
    @routes.get("/en/shapes")
    def all_shapes() -> Response:
        media_type = wanted()
        return _shapes(site) if media_type == protocol.PAGE else _file(site, release_files.SHAPES, media_type)

    @routes.get(f"/shapes.<any({ENDINGS}):ending>")
    def shapes_file(ending: str) -> Response:
        return _file(site, release_files.SHAPES, protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/validation")
    @routes.get("/en/validation")
    def validation() -> Response:
        media_type = wanted()
        return _validation(site) if media_type == protocol.PAGE else _file(site, release_files.REPORT, media_type)

    @routes.get(f"/validation.<any({ENDINGS}):ending>")
    def report_file(ending: str) -> Response:
        return _file(site, release_files.REPORT, protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/validation/<int:number>")
    @routes.get("/en/validation/<int:number>")
    def result(number: int) -> BaseResponse:
        return _result(site, number)

    return routes


@lru_cache(maxsize=2)
def shapes_of(site: Site) -> Sequence[Shape]:
    """The shapes of the release that is served, in the order of their files; none where other files are served."""
    try:
        return read_shapes(part_of(site, release_files.SHAPES) or b"")
    except SyntaxError:
        return []


@lru_cache(maxsize=2)
def report_of(site: Site) -> Report | None:
    """The report of the release that is served; None where it has none."""
    return read_report((part_of(site, release_files.REPORT_JSON) or b"").decode(errors="replace"))


@lru_cache(maxsize=2)
def _checks(site: Site) -> dict[str, Query]:
    """The checks of the project by their IRI, where its folder holds them and a release is served."""
    try:
        found = read_queries(site.project.checks) if site.about.folder else []
    except QueryError:
        found = []
    return {f"{SHAPES}check-{check.slug}": check for check in found}


@lru_cache(maxsize=2)
def _names(site: Site) -> dict[str, Name]:
    """What the terms are called that the shapes name; the shapes themselves tell their own names."""
    found: dict[str, None] = {}
    for shape in shapes_of(site):
        found |= dict.fromkeys(iri for _, iri in shape.targets)
        values = [value for each in shape.constraints for value in each.values]
        found |= dict.fromkeys(value.iri for value in (*values, *([shape.path] if shape.path else [])) if value.iri)
    return name_all(site.ask, [iri for iri in found if is_iri(iri)])


def _file(site: Site, name: str, media_type: str, *, is_chosen: bool = False) -> Response:
    turtle = part_of(site, name)
    if turtle is None:
        abort(404)
    return rdf(turtle, media_type, is_chosen=is_chosen)


def _shapes(site: Site) -> Response:
    """The page of all shapes, those that people meet first, and of the checks."""
    found = shapes_of(site)
    report = report_of(site)
    totals = report.totals() if report else {}
    response = page(
        site,
        "shapes/page.html",
        sections={name: [shape for shape in found if shape.section == name] for name in SECTIONS},
        shapes={shape.iri: shape for shape in found},
        names=_names(site),
        checks=_checks(site),
        found_of=lambda iri: totals.get(iri, 0),
        highlight=highlight,
    )
    return with_formats(response, f"{site.public_url}shapes") if found else response


def _validation(site: Site) -> Response:
    """The page of the report, as many results as a page has."""
    report = report_of(site)
    if report is None:
        return page(site, "validation/page.html", report=None)
    last = max(1, -(-len(report.results) // PAGE))
    number = request.args.get("page", "1")
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 0
    if not 1 <= at <= last:
        abort(404)
    groups = report.groups((at - 1) * PAGE)
    response = page(
        site,
        "validation/page.html",
        report=report,
        groups=groups,
        names=name_all(site.ask, _told(groups)),
        shapes={shape.iri: shape for shape in shapes_of(site)},
        checks=_checks(site),
        at_page=at,
        last=last,
        per_page=PAGE,
    )
    return with_formats(response, f"{site.public_url}validation") if part_of(site, release_files.REPORT) else response


def _told(groups: Sequence[tuple[str, Sequence[Result]]]) -> list[str]:
    """The IRIs that the results name."""
    found: dict[str, None] = {}
    for _, results in groups:
        for each in results:
            value = each.value["value"] if each.value and each.value["type"] == "uri" else ""
            found |= dict.fromkeys(iri for iri in (each.focus, each.path, value) if iri and is_iri(iri))
    return list(found)


def _result(site: Site, number: int) -> BaseResponse:
    """The way from the IRI of a result to its place in the report (Cool URIs: 303)."""
    report = report_of(site)
    if report is None or not 1 <= number <= len(report.results):
        abort(404)
    at = (number - 1) // PAGE + 1
    return redirect(f"../validation{f'?page={at}' if at > 1 else ''}#{number}", 303)
