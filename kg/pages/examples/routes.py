"""Routes of the example queries: list, page with answer, and RDF."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flask import Blueprint, Response, abort, request

from kg.endpoint import protocol
from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.model.messages import translate
from kg.pages.examples.data import PATH, describe_examples, set_of, terms_of, themes_of
from kg.pages.lists.selection import STATEMENT_SETS
from kg.pages.query.data import AnswerView, view_answer
from kg.pages.shared.app_context import AppContext, highlight, render_page
from kg.pages.shared.page_requests import explain, request_language
from kg.pages.shared.page_responses import cached_response, page_etag

SECONDS = 5
"""Longest evaluation for the page of an example; the editor has the whole limit."""

ROWS = 20
"""Rows of an answer on the page of an example."""

_FORMATS = {
    "rows": ("csv", "tsv", "json", "xml"),
    "boolean": ("json", "xml"),
    "graph": ("turtle", "ntriples", "jsonld", "rdfxml"),
}


def examples(context: AppContext) -> Blueprint:
    """Return the routes of the examples."""
    routes = Blueprint("examples", __name__)
    answers = lru_cache(maxsize=256)(lambda text: _answer(context, text))

    @routes.get("/examples")
    @routes.get("/en/examples")
    def index() -> Response:
        return render_page(context, "examples/page.html", themes=themes_of(context.examples))

    @routes.get("/examples/<name>")
    @routes.get("/en/examples/<name>")
    def example(name: str) -> Response:
        return _page(context, name, answers)

    @routes.get(f"/{PATH}")
    def for_programs() -> Response:
        return _for_programs(context)

    return routes


def _page(context: AppContext, name: str, answers: Callable[[str], AnswerView]) -> Response:
    """Answer with an example and its answer, or why it failed."""
    names = [example.name for example in context.examples]
    if name not in names:
        abort(404)
    at = names.index(name)
    text = context.examples[at].in_language(request_language())
    view, refusal = None, None
    try:
        view = answers(text)
    except ProblemError as error:
        refusal = explain(error, request_language())
    return render_page(
        context,
        "examples/example.html",
        example=context.examples[at],
        text=text,
        query=highlight(text),
        shown=view,
        refusal=refusal,
        formats=_FORMATS[view.kind] if view else (),
        most=ROWS,
        before=context.examples[at - 1] if at else None,
        after=context.examples[at + 1] if at + 1 < len(names) else None,
        terms=terms_of(context.examples[at]),
        statements=translate(STATEMENT_SETS[set_of(context.examples[at])][0], request_language()),
    )


def _answer(context: AppContext, text: str) -> AnswerView:
    """Return what the page shows of the answer to a query."""
    seconds = min(SECONDS, context.limits.seconds)
    sparql = Request(text, base=f"{context.public_url}sparql", seconds=seconds)
    return view_answer(context.evaluate(sparql), text, context.base)


def _for_programs(context: AppContext) -> Response:
    """Answer with the examples as RDF."""
    if not context.examples:
        abort(404)
    media_type = protocol.graph_type(request.headers.get("Accept", ""), list(request.args.items(multi=True)))
    content_type = protocol.content_type(media_type, request.headers.get("Accept", ""))
    etag = page_etag(context, PATH, content_type, *(example.text for example in context.examples))
    return cached_response(etag, content_type, lambda: describe_examples(context, media_type))
