"""The route ``/sparql``: the SPARQL 1.1 Protocol for programs, a form and tables for people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from msgspec.structs import replace
from werkzeug.exceptions import RequestEntityTooLarge

from kg.endpoint import protocol
from kg.endpoint.evaluation import Answer, Request, federated, is_repeatable
from kg.endpoint.gateway.sparql_route import GIVEN, MAX_SHOWN
from kg.endpoint.problems import ProblemError
from kg.pages.query.editor import citable_address, editor_data
from kg.pages.query.results import view_answer
from kg.pages.query.service_description import describe_service
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.caching import is_held, labelled, tag_of
from kg.pages.shared.language import request_language
from kg.pages.shared.problem_pages import explain, with_retry_after
from kg.pages.shared.served_files import has_asset

EDITOR = "vendor/yasgui/yasgui.min.js"
"""The file without which the page shows its plain form."""


def endpoint(context: AppContext) -> Blueprint:
    """The routes of the endpoint."""
    routes = Blueprint("endpoint", __name__)

    @routes.route("/sparql", methods=["GET", "POST"])
    @routes.route("/en/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        return _respond(context)

    return routes


def _respond(context: AppContext) -> Response:
    """The response to a request of the endpoint."""
    accept = request.headers.get("Accept", "")
    received = protocol.ProtocolRequest(
        method=request.method,
        query_string=request.query_string,
        content_type=request.headers.get("Content-Type", ""),
        accept=accept,
        body=_body(),
    )
    try:
        asked = protocol.parse_request(received, base=f"{context.public_url}sparql")
    except ProblemError as error:
        described = _without_query(context, received) if error.code == "no-query" else None
        if described is None:
            raise
        return described
    return (_page if protocol.PAGE in {asked.results, asked.graph} else _data)(context, asked, accept)


def _answer(context: AppContext, asked: Request) -> Answer:
    """The answer that the gateway has given with the request, or else a new one."""
    given = GIVEN.get()
    if isinstance(given, ProblemError):
        raise given
    return given or context.evaluate(protocol.as_data(asked))


def _without_query(context: AppContext, received: protocol.ProtocolRequest) -> Response | None:
    """What a request without a query is given: people the form, programs the description of the service."""
    if received.method == "POST":
        return None
    media_type = protocol.description_type(received)
    if media_type is None:
        return _form(context) if protocol.wants_page(received.accept) else None
    content_type = protocol.content_type(media_type, received.accept)
    tag = tag_of(context, "description", content_type)
    if is_held(tag):
        return labelled(Response(status=304), tag)
    return labelled(Response(describe_service(context, media_type), content_type=content_type), tag)


def _body() -> bytes:
    """The body of a POST."""
    try:
        return request.get_data(cache=False) if request.method == "POST" else b""
    except RequestEntityTooLarge:
        raise ProblemError("too-large", limit=request.max_content_length or 0) from None


def _data(context: AppContext, asked: Request, accept: str) -> Response:
    """The answer for programs; not evaluated again for one that has it already."""
    tag = _tag(context, asked, accept)
    if is_held(tag):
        return labelled(Response(status=304), tag)
    return _sent(_answer(context, asked), accept, tag)


def _sent(answer: Answer, accept: str, tag: str) -> Response:
    """An answer as it is."""
    return labelled(Response(answer.body, content_type=protocol.content_type(answer.media_type, accept)), tag)


def _page(context: AppContext, asked: Request, accept: str) -> Response:
    """The answer as a page, or as data where the client wants this kind of answer as data after all."""
    try:
        answer = _answer(context, asked)
    except ProblemError as error:
        return _form(context, asked.query, error)
    wanted = asked.graph if answer.kind == "graph" else asked.results
    if wanted != protocol.PAGE:
        return _sent(answer, accept, _tag(context, asked, accept))
    formats = ["turtle", "ntriples", "jsonld", "rdfxml"] if answer.kind == "graph" else ["csv", "tsv", "json", "xml"]
    return _asking(context, asked.query, shown=view_answer(answer, asked.query, context.base), formats=formats)


def _form(context: AppContext, query: str = "", error: ProblemError | None = None) -> Response:
    """The page with the form: empty, with an example, or with the query that was refused."""
    chosen = request.args.get("example", "")
    query = query or next((example.text for example in context.examples if example.name == chosen), "")
    if error is None:
        return _asking(context, query)
    is_shown = error.code == "service" and len(query) <= MAX_SHOWN
    other_way = federated(query, f"{context.public_url}sparql") if is_shown else ""
    refusal = explain(error, request_language())
    return with_retry_after(error, _asking(context, query, error.status, refusal=refusal, federated=other_way))


def _asking(context: AppContext, query: str, status: int = 200, **values: Any) -> Response:
    """The page to ask on, which names the release that a query was cited with where another one answers now."""
    cited, now = request.args.get("release", ""), context.release_info.version
    example = next((example for example in context.examples if example.text.strip() == query.strip()), None)
    values |= {
        "query": query,
        "example": example,
        "cited": cited if cited != now else "",
        "citable": citable_address(context, query),
        "editor": editor_data(context, example) if has_asset(EDITOR) else None,
    }
    response = render_page(context, "query/page.html", status, **values)
    response.vary.add("Accept")
    return response


def _tag(context: AppContext, asked: Request, accept: str) -> str:
    """The ETag of an answer, known before it is evaluated; empty where the answer may change."""
    if request.method == "POST" or not is_repeatable(asked.query):
        return ""
    return tag_of(context, request.path, accept, repr(replace(asked, seconds=None)))
