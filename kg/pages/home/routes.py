"""The start page, the downloads and the state of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.model.query_files import QueryFile
from kg.pages.home.data import SampleSentence, bibtex, citation_file, count_sets, dataset, find_sample
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.page_requests import prefers_english, request_language
from kg.pages.shared.page_responses import with_retry_after
from kg.pages.shared.release_info import FIRST_FILES, MANY_DOCUMENTS
from kg.pages.shared.served_files import send_release_file

T = TypeVar("T")

_QUESTION_TAGS = ("public", "crisis", "effect")


def pages(context: AppContext) -> Blueprint:
    """Return the routes of the start page, downloads, citations and health."""
    routes = Blueprint("pages", __name__)

    @cache
    def samples() -> list[SampleSentence]:
        return _samples(context)

    @cache
    def sets() -> dict[str, int]:
        return _unless_too_slow(lambda: count_sets(context.evaluate, context.base), {})

    @routes.get("/")
    @routes.get("/en/")
    def home() -> BaseResponse:
        return _start(context, samples(), sets())

    @routes.get("/download/")
    @routes.get("/en/download/")
    def downloads() -> Response:
        return render_page(context, "home/downloads.html", first=FIRST_FILES)

    @routes.get("/download/<path:name>")
    def download(name: str) -> Response:
        return send_release_file(context.release_info.folder, name)

    @routes.get("/health")
    def health() -> Response:
        return _health(context)

    @routes.get("/health/live")
    def live() -> Response:
        return _state({"live": True})

    _add_citations(routes, context)
    return routes


def _start(context: AppContext, samples: list[SampleSentence], sets: Mapping[str, int]) -> BaseResponse:
    """Return the start page.

    From / those who prefer English are sent to the English one.
    """
    language = request_language()
    start = render_page(
        context,
        "home/page.html",
        samples=samples,
        sets=sets,
        questions=_questions(context),
        bibtex=bibtex(context, language),
        dataset=dataset(context, language),
    )
    if request.path != "/":
        return start
    # The English page links to /?lang=fr: without the parameter its French link would lead back to it.
    is_chosen = "lang" in request.args
    is_english = not is_chosen and prefers_english(request.headers.get("Accept-Language", ""))
    response = redirect("en/", 302) if is_english else start
    response.vary.add("Accept-Language")
    return response


def _add_citations(routes: Blueprint, context: AppContext) -> None:
    """Add the routes of the citations for programs."""

    @routes.get("/citation.bib")
    @routes.get("/en/citation.bib")
    def as_bibtex() -> Response:
        return _text(bibtex(context, request_language()), "application/x-bibtex")

    @routes.get("/citation.cff")
    def as_citation_file() -> Response:
        return _text(citation_file(context), "application/yaml")


def _samples(context: AppContext) -> list[SampleSentence]:
    """Return a sample of each of the first documents."""
    documents = context.release_info.documents[:MANY_DOCUMENTS]
    samples = (find_sample(context.evaluate, document.iri) for document in documents)
    return _unless_too_slow(lambda: [sample for sample in samples if sample], [])


def _unless_too_slow(read: Callable[[], T], instead: T) -> T:
    """Return what is read, or something else where that takes too long."""
    try:
        return read()
    except ProblemError as error:
        if error.code == "busy":
            raise
        return instead


def _questions(context: AppContext) -> list[QueryFile]:
    """Return three examples, preferring one for each of _QUESTION_TAGS."""
    questions: list[QueryFile] = []
    for tag in _QUESTION_TAGS:
        tagged = (query for query in context.examples if tag in query.header.get("tags", ()))
        questions += [query for query in tagged if query not in questions][:1]
    others = [query for query in context.examples if query not in questions]
    return questions + others[: len(_QUESTION_TAGS) - len(questions)]


def _text(text: str, media_type: str) -> Response:
    """Return a text in UTF-8; 304 where the client has it already."""
    response = Response(text, content_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _health(context: AppContext) -> Response:
    """Return whether a query can be answered, and what is served."""
    try:
        context.evaluate(Request("ASK {}"))
        release_info = context.release_info
        facts: dict[str, int | str] = {"triples": release_info.triples, "version": release_info.version}
    except ProblemError as error:
        return with_retry_after(error, _state({"live": True, "ready": False, "detail": str(error)}, 503))
    return _state({"live": True, "ready": True} | facts)


def _state(state: Mapping[str, int | str], status: int = 200) -> Response:
    """Return a state of the service as JSON that no cache keeps."""
    response = jsonify(state)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
