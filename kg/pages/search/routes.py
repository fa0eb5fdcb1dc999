"""Routes of the search page and of suggestions while typing."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from flask import Blueprint, Response, request

from kg.model.iris import shorten_iri
from kg.model.languages import Language
from kg.pages.search import data
from kg.pages.search.index import MAX_HITS, Hit, SearchResults
from kg.pages.search.search_service import SearchService
from kg.pages.shared.app_context import AppContext, page_path, render_page
from kg.pages.shared.graph_queries import KINDS, family_of, kind_words
from kg.pages.shared.page_requests import request_language
from kg.pages.shared.page_responses import cached_response, page_etag

PAGE = 20
"""Results on a page."""

MAX_CHARACTERS = 500
"""Most characters of a search that are read."""

SUGGESTIONS = 8
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
"""White space, and characters that XML and HTML exclude."""


def search(context: AppContext, service: SearchService) -> Blueprint:
    """Return the routes of the search."""
    routes = Blueprint("search", __name__)

    @routes.get("/search")
    @routes.get("/en/search")
    def results() -> Response:
        return _results(context, service)

    @routes.get("/suggest")
    @routes.get("/en/suggest")
    def suggest() -> Response:
        return _suggest(context, service)

    return routes


def _results(context: AppContext, service: SearchService) -> Response:
    """Answer with results, or with ways to search if there are none."""
    sought, tongue, index = _sought(), request_language(), service.index
    everything = index.search(sought) if sought else SearchResults()
    kind = data.kind_of(everything, request.args.get("kind", ""))
    results = index.search(sought, [kind], is_first=True) if kind else everything
    pages = max(1, -(-len(results.hits) // PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    words = data.words_of_kinds(context, filter(None, everything.kinds), tongue)
    counts = [(key, count) for key, count in everything.kinds.most_common() if key]
    return render_page(
        context,
        "search/page.html",
        sought=sought,
        total=results.total,
        all_total=everything.total,
        is_cut=results.total > MAX_HITS,
        most=MAX_HITS,
        results=data.result_views(context, results.hits[(number - 1) * PAGE : number * PAGE], tongue),
        first=(number - 1) * PAGE + 1,
        page_number=number,
        pages=pages,
        choices=[data.KindChoice(data.key_of(iri), iri, words[iri][count != 1], count) for iri, count in counts],
        words={iri: singular for iri, (singular, _) in words.items()},
        kind=kind,
        kind_key=data.key_of(kind),
        near=index.near(sought) if sought and not everything.total else [],
        samples=[] if everything.total else data.samples(index.entries, tongue),
        query=data.sparql_of(sought, tongue),
    )


def _sought() -> str:
    """Return the search of the request with single spaces."""
    return _BLANK.sub(" ", request.args.get("q", "")[:MAX_CHARACTERS]).strip()


def _suggest(context: AppContext, service: SearchService) -> Response:
    """Answer with suggestions as JSON; addresses are relative to the answer's."""
    sought, tongue = _sought(), request_language()

    def suggestions() -> str:
        hits = service.index.search(sought, limit=SUGGESTIONS, is_typed=True).hits if sought else ()
        rows = [_suggestion(context, hit, tongue) for hit in hits]
        return json.dumps({"q": sought, "suggestions": rows}, ensure_ascii=False)

    return cached_response(page_etag(context, "suggest", tongue, sought), "application/json", suggestions)


def _suggestion(context: AppContext, hit: Hit, tongue: Language) -> dict[str, str]:
    """Return a hit as a suggestion; ``also`` is another matched name."""
    label = hit.entry.label(tongue)
    kind = hit.entry.kind
    suggestion = {
        "name": label.text,
        "language": label.language,
        "kind": kind_words(kind, tongue) if kind in KINDS else shorten_iri(kind, context.base),
        "family": family_of(kind),
        "href": page_path(context, hit.entry.iri) or f"search?q={quote(label.text)}",
    }
    other = data.other_name(hit, label, tongue)
    if other:
        suggestion["also"] = "".join(text for text, _ in other[1])
    return suggestion
