"""The start page, the downloads and the state of the service."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.model.query_files import Query
from kg.pages.home.citation import bibtex, citation_file, dataset
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.language import prefers_english, request_language
from kg.pages.shared.problem_pages import with_retry_after
from kg.pages.shared.release_info import FIRST_FILES
from kg.pages.shared.served_files import send_release_file

_ASKED_FIRST = ("public", "crisis", "effect")


def pages(context: AppContext) -> Blueprint:
    """The routes of the pages and files."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    @routes.get("/en/")
    def home() -> BaseResponse:
        return _start(context)

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


def _start(context: AppContext) -> BaseResponse:
    """The start page; from / those who would rather read English are sent to the English one."""
    tongue = request_language()
    start = render_page(
        context,
        "home/page.html",
        questions=_questions(context),
        bibtex=bibtex(context, tongue),
        dataset=dataset(context, tongue),
    )
    if request.path != "/":
        return start
    # The link to the French page says so in its address; without that it would come back here.
    chosen = "lang" in request.args
    english = not chosen and prefers_english(request.headers.get("Accept-Language", ""))
    response = redirect("en/", 302) if english else start
    response.vary.add("Accept-Language")
    return response


def _add_citations(routes: Blueprint, context: AppContext) -> None:
    """The routes of what programs read to cite the release."""

    @routes.get("/citation.bib")
    @routes.get("/en/citation.bib")
    def as_bibtex() -> Response:
        return _text(bibtex(context, request_language()), "application/x-bibtex")

    @routes.get("/citation.cff")
    def as_citation_file() -> Response:
        return _text(citation_file(context), "application/yaml")


def _questions(context: AppContext) -> list[Query]:
    """Three examples for the start page: one for each of the tags that newcomers ask after, or else the first ones."""
    chosen: list[Query] = []
    for tag in _ASKED_FIRST:
        chosen += [each for each in context.examples if tag in each.header.get("tags", ()) and each not in chosen][:1]
    chosen += [each for each in context.examples if each not in chosen][: len(_ASKED_FIRST) - len(chosen)]
    return chosen


def _text(text: str, media_type: str) -> Response:
    """A text of the release, in UTF-8; one that a client has already is not sent again."""
    response = Response(text, content_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _health(context: AppContext) -> Response:
    """Whether a query can be answered now."""
    try:
        context.evaluate(Request("ASK {}"))
        known: dict[str, int | str] = {
            "triples": context.release_info.triples,
            "version": context.release_info.release[0],
        }
    except ProblemError as error:
        return with_retry_after(error, _state({"live": True, "ready": False, "detail": str(error)}, 503))
    return _state({"live": True, "ready": True} | known)


def _state(state: Mapping[str, int | str], status: int = 200) -> Response:
    """A state of the service, for those who watch over it; never kept."""
    response = jsonify(state)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
