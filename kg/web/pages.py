"""The start page, the downloads and the state of the service."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, redirect, request, send_file
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

from kg.evaluator import RefusedError, Request
from kg.queries import Query
from kg.web.language import prefers_english
from kg.web.refusals import told_when
from kg.web.site import Site, page

_TYPES = {
    ".ttl": "text/turtle; charset=utf-8",
    ".nt": "application/n-triples",
    ".nq": "application/n-quads",
    ".trig": "application/trig",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8; header=present",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
_SPECIAL_TYPES = {
    "csv-metadata.json": "application/csvm+json",
    "graph-rdf12.ttl": "text/turtle; charset=utf-8; version=1.2",
}
_ASKED_FIRST = ("public", "crisis", "effect")
_DEFAULT_QUERY = """SELECT ?type (COUNT(?thing) AS ?things)
WHERE { ?thing a ?type }
GROUP BY ?type
ORDER BY DESC(?things)"""


def pages(site: Site) -> Blueprint:
    """The routes of the pages and files."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    @routes.get("/en/")
    def home() -> BaseResponse:
        start = page(site, "home.html", default_query=_DEFAULT_QUERY, questions=_questions(site))
        if request.path != "/":
            return start
        # The link to the French page says so in its address; without that it would come back here.
        chosen = "lang" in request.args
        english = not chosen and prefers_english(request.headers.get("Accept-Language", ""))
        response = redirect("en/", 302) if english else start
        response.vary.add("Accept-Language")
        return response

    @routes.get("/download/")
    @routes.get("/en/download/")
    def downloads() -> Response:
        return page(site, "downloads.html")

    @routes.get("/download/<path:name>")
    def download(name: str) -> Response:
        return _file(site, name)

    @routes.get("/health")
    def health() -> Response:
        return _health(site)

    @routes.get("/health/live")
    def live() -> Response:
        return _state({"live": True})

    return routes


def _questions(site: Site) -> list[Query]:
    """Three examples for the start page: one for each of the tags that newcomers ask after, or else the first ones."""
    chosen: list[Query] = []
    for tag in _ASKED_FIRST:
        chosen += [each for each in site.examples if tag in each.header.get("tags", ()) and each not in chosen][:1]
    chosen += [each for each in site.examples if each not in chosen][: len(_ASKED_FIRST) - len(chosen)]
    return chosen


def _file(site: Site, name: str) -> Response:
    """A file of the release, as it is on the disk."""
    file = _path(site.about.folder, name) if site.about.folder else None
    if file is None:
        abort(404)
    media_type = _SPECIAL_TYPES.get(file.name) or _TYPES.get(file.suffix, "application/octet-stream")
    state = file.stat()
    response = send_file(
        file, mimetype=media_type, conditional=True, etag=_digest(file, state.st_mtime_ns, state.st_size)
    )
    response.headers["Content-Type"] = media_type
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def _path(folder: Path, name: str) -> Path | None:
    """The path of a file in the folder; None where there is none, or where the name leads out of it."""
    path = safe_join(str(folder), name)
    try:
        return Path(path) if path and Path(path).is_file() else None
    except (OSError, ValueError):  # a name that no file can have, as one of 300 characters
        return None


@lru_cache(maxsize=512)
def _digest(file: Path, _changed: int, _size: int) -> str:
    """The hash of a file's content, found again only when the file changes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:32]


def _health(site: Site) -> Response:
    """Whether a query can be answered now."""
    try:
        site.ask(Request("ASK {}"))
        known: dict[str, int | str] = {"triples": site.about.triples, "version": site.about.release[0]}
    except RefusedError as error:
        return told_when(error, _state({"live": True, "ready": False, "detail": str(error)}, 503))
    return _state({"live": True, "ready": True} | known)


def _state(state: Mapping[str, int | str], status: int = 200) -> Response:
    """A state of the service, for those who watch over it; never kept."""
    response = jsonify(state)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
