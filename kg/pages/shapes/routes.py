"""Routes of the shapes and checks that a release must satisfy."""

from __future__ import annotations

from flask import Blueprint, Response

from kg.endpoint import protocol
from kg.model import release_files
from kg.pages.shapes.data import checks_of, names_of, shapes_of
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.highlight import highlight
from kg.pages.shared.rdf_response import FORMAT_SUFFIXES, add_format_links, convert_release_file, negotiated_type
from kg.pages.validation.data import report_of

SECTIONS = ("classes", "properties", "recommended", "parts")


def shapes(context: AppContext) -> Blueprint:
    """Return the routes of the shapes."""
    routes = Blueprint("shapes", __name__)

    @routes.get("/shapes")
    @routes.get("/en/shapes")
    def all_shapes() -> Response:
        media_type = negotiated_type()
        if media_type == protocol.PAGE:
            return _page(context)
        return convert_release_file(context, release_files.SHAPES, media_type)

    @routes.get(f"/shapes.<any({FORMAT_SUFFIXES}):ending>")
    def shapes_file(ending: str) -> Response:
        media_type = protocol.SUFFIXES[f".{ending}"]
        return convert_release_file(context, release_files.SHAPES, media_type, is_chosen=True)

    return routes


def _page(context: AppContext) -> Response:
    """Answer with all shapes, by section, and the checks."""
    every = shapes_of(context)
    report = report_of(context)
    totals = report.totals() if report else {}
    response = render_page(
        context,
        "shapes/page.html",
        sections={name: [shape for shape in every if shape.section == name] for name in SECTIONS},
        shapes={shape.iri: shape for shape in every},
        names=names_of(context),
        checks=checks_of(context),
        found_of=lambda iri: totals.get(iri, 0),
        highlight=highlight,
    )
    return add_format_links(response, f"{context.public_url}shapes") if every else response
