"""Routes for harvesters, search engines and API clients.

They are the DCAT catalogue (also a page), the VoID description, ``/sitemap.xml``, ``/robots.txt`` and
``/openapi.json`` (OpenAPI 3.1).
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort

from kg.endpoint import protocol
from kg.model import release_files
from kg.pages.harvest.data import Sitemap, catalogue_of, describe_routes, robots_txt, void_of
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.page_responses import (
    add_format_links,
    add_page_with_file,
    cached_response,
    content_response,
    convert_turtle,
    negotiated_type,
    page_etag,
    read_release_file,
)


def harvest(context: AppContext) -> Blueprint:
    """Return the routes of catalogue, VoID, sitemap, robots.txt and OpenAPI."""
    routes = Blueprint("harvest", __name__)

    def catalogue() -> Response:
        is_whole = read_release_file(context, release_files.CATALOGUE) is not None
        response = render_page(context, "harvest/catalogue.html", is_whole=is_whole)
        return add_format_links(response, f"{context.public_url}catalog")

    add_page_with_file(routes, "catalog", catalogue, lambda: catalogue_of(context))

    @routes.get("/.well-known/void")
    def void() -> Response:
        media_type = negotiated_type()  # there is no page, so browsers get Turtle
        return convert_turtle(void_of(context), "text/turtle" if media_type == protocol.PAGE else media_type)

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return cached_response(
            page_etag(context, "openapi"),
            "application/json",
            lambda: json.dumps(describe_routes(context), ensure_ascii=False, indent=1),
        )

    @routes.get("/robots.txt")
    def robots() -> Response:
        return Response(robots_txt(context), content_type="text/plain; charset=utf-8")

    _add_sitemap(routes, Sitemap(context))
    return routes


def _add_sitemap(routes: Blueprint, sitemap: Sitemap) -> None:
    """Add the routes of the sitemap and of its parts."""

    @routes.get("/sitemap.xml")
    def sitemap_index() -> Response:
        return _xml(sitemap.index())

    @routes.get("/sitemap-<int:number>.xml")
    def sitemap_part(number: int) -> Response:
        text = sitemap.part(number)
        return abort(404) if text is None else _xml(text)


def _xml(text: str) -> Response:
    return content_response(text.encode(), "application/xml; charset=utf-8")
