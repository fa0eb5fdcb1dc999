"""The route ``/openapi.json``: what programs may ask of the service, in OpenAPI 3.1."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, Response

from kg import __version__
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.caching import is_held, labelled, tag_of
from kg.pages.shared.problem_pages import PAGE_PROBLEMS


def openapi(context: AppContext) -> Blueprint:
    """The route of the description."""
    routes = Blueprint("openapi", __name__)

    @routes.get("/openapi.json")
    def document() -> Response:
        tag = tag_of(context, "openapi")
        if is_held(tag):
            return labelled(Response(status=304), tag)
        body = json.dumps(describe_routes(context), ensure_ascii=False, indent=1)
        return labelled(Response(body, content_type="application/json"), tag)

    return routes


def describe_routes(context: AppContext) -> dict[str, Any]:
    """The description of the routes, with the title, address and licence of this service."""
    written = _written()
    info = {**written["info"], "title": context.project["title.en"], "version": __version__}
    if context.project["licence"]:
        info["license"] = {"name": "Licence of the data", "url": context.project["licence"]}
    return {**written, "info": info, "servers": [{"url": context.public_url.rstrip("/")}]}


@cache
def _written() -> dict[str, Any]:
    """Return the part of the description that is the same for every service."""
    document: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8"))
    code = document["components"]["schemas"]["Problem"]["properties"]["code"]
    code["enum"] = sorted({name.partition(".")[0] for name in PAGE_PROBLEMS})
    return document
