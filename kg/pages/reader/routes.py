"""Routes of the reader."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, abort, request

from kg.endpoint.protocol import wants_page
from kg.model.iris import HOME, SLUG
from kg.pages.reader.data import FAMILIES, PASSAGES_QUERY, ReaderDocument, list_documents, read_document, read_part
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.page_requests import request_language

MAX_OPEN_DOCUMENTS = 16
"""Documents that are kept in memory with the places of their passages."""


def reader(context: AppContext) -> Blueprint:
    """Return the routes of the reader."""
    routes = Blueprint("reader", __name__)

    @lru_cache(MAX_OPEN_DOCUMENTS)
    def document_of(iri: str) -> ReaderDocument | None:
        return read_document(context.evaluate, iri)

    @routes.get("/text/<slug>")
    @routes.get("/en/text/<slug>")
    def text(slug: str) -> Response:
        starts = dict.fromkeys((context.base, HOME)) if SLUG.match(slug) else {}
        document = next(filter(None, (document_of(f"{start}id/document/{slug}") for start in starts)), None)
        return _unknown(context) if document is None else _read(context, document, slug)

    return routes


def _read(context: AppContext, document: ReaderDocument, slug: str) -> Response:
    """Return a part of the document, or of one family's passages."""
    only, part = request.args.get("kind", ""), request.args.get("part", "1")
    position = request.args.get("at", "")
    if position.isdecimal() and len(position) < 10:
        part = str(max(sum(start <= int(position) for start in document.starts), 1))
    reading = None
    if part.isdecimal() and len(part) < 10 and only in ("", *FAMILIES):
        reading = read_part(context.evaluate, document, request_language(), int(part), only)
    if reading is None:
        return _unknown(context, document, slug)
    return render_page(
        context, "reader/page.html", slug=slug, reading=reading, only=only, query=PASSAGES_QUERY % document.iri
    )


def _unknown(context: AppContext, document: ReaderDocument | None = None, slug: str = "") -> Response:
    """Return the page for an unknown text, part or family."""
    if not wants_page(request.headers.get("Accept", "")):
        abort(404)
    documents = [] if document else list_documents(context.evaluate)
    return render_page(context, "reader/no-text.html", 404, document=document, slug=slug, documents=documents)
