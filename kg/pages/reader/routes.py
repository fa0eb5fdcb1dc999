"""The reader: a document as it stands, every passage marked, each with what it says."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, abort, request

from kg.endpoint.protocol import wants_page
from kg.model.iris import HOME, SLUG
from kg.pages.reader.data import ORDER, QUERY, Document, documents, open_document, read
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.language import request_language

HELD = 16
"""How many documents are held with the places of their passages."""


def reader(context: AppContext) -> Blueprint:
    """The routes of the reader."""
    routes = Blueprint("reader", __name__)

    @lru_cache(HELD)
    def opened(iri: str) -> Document | None:
        return open_document(context.evaluate, iri)

    @routes.get("/text/<slug>")
    @routes.get("/en/text/<slug>")
    def text(slug: str) -> Response:
        starts = dict.fromkeys((context.base, HOME)) if SLUG.match(slug) else {}
        document = next(filter(None, (opened(f"{start}id/document/{slug}") for start in starts)), None)
        return _unknown(context) if document is None else _read(context, document, slug)

    return routes


def _read(context: AppContext, document: Document, slug: str) -> Response:
    """A part of the document; passages of one family only where the address says so."""
    only, part = request.args.get("kind", ""), request.args.get("part", "1")
    place = request.args.get("at", "")
    if place.isdecimal() and len(place) < 10:
        part = str(max(sum(start <= int(place) for start in document.starts), 1))
    reading = None
    if part.isdecimal() and len(part) < 10 and only in ("", *ORDER):
        reading = read(context.evaluate, document, request_language(), int(part), only)
    if reading is None:
        return _unknown(context, document, slug)
    return render_page(context, "reader/page.html", slug=slug, reading=reading, only=only, query=QUERY % document.iri)


def _unknown(context: AppContext, document: Document | None = None, slug: str = "") -> Response:
    """That there is no such text, part or kind, and what there is."""
    if not wants_page(request.headers.get("Accept", "")):
        abort(404)
    listed = [] if document else documents(context.evaluate)
    return render_page(context, "reader/no-text.html", 404, document=document, slug=slug, documents=listed)
