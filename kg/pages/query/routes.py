"""``/sparql`` for people, the service description, and the graphs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, Response, request

from kg.endpoint import protocol
from kg.endpoint.evaluation import Answer, Request
from kg.endpoint.gateway.sparql_route import PageQuery
from kg.endpoint.problems import ProblemError
from kg.model.languages import LANGUAGES
from kg.pages.query.data import citable_address, editor_data, view_answer
from kg.pages.query.service_description import describe_service
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.page_requests import candidate_iris, explain, request_language, sent_name
from kg.pages.shared.page_responses import cached_response, page_etag, with_retry_after
from kg.pages.shared.served_files import has_asset

EDITOR = "vendor/yasgui/yasgui.min.js"
"""The file without which the page shows its plain form."""


def endpoint(context: AppContext) -> Blueprint:
    """Return the routes of the query page."""
    routes = Blueprint("endpoint", __name__)

    @routes.route("/sparql", methods=["GET", "POST"])
    @routes.route("/en/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        return _respond(context)

    return routes


def _respond(context: AppContext) -> Response:
    """Return the page of an evaluated query, or the form."""
    page_query = PageQuery.of(request.environ)
    if page_query is None or (page_query.problem and page_query.problem.code == "no-query"):
        return _without_query(context)
    if page_query.request is None:
        raise page_query.problem or ProblemError("no-query")
    if page_query.problem:
        return _form(context, page_query.request.query, page_query.problem)
    # The pages may be of a later release than the answer, where one came since.
    is_current = context.tag in {"", page_query.release}
    answer = page_query.answer if is_current else None
    return _answer_page(context, page_query.request, answer or context.evaluate(protocol.as_data(page_query.request)))


def _without_query(context: AppContext) -> Response:
    """Return the form, or the service description for programs.

    Errors: ProblemError for a request that wants neither.
    """
    accept = request.headers.get("Accept", "")
    if request.method != "POST":
        media_type = protocol.acceptable_types(accept, request.args.items(multi=True))[1]
        if media_type and media_type != protocol.PAGE and "query" not in request.args:
            content_type = protocol.content_type(media_type, accept)
            return cached_response(
                page_etag(context, "description", content_type),
                content_type,
                lambda: describe_service(context, media_type),
            )
        if protocol.wants_page(accept):
            return _form(context)
    raise ProblemError("no-query")


def _answer_page(context: AppContext, sparql_request: Request, answer: Answer) -> Response:
    """Return the page that shows an answer."""
    formats = ["turtle", "ntriples", "jsonld", "rdfxml"] if answer.kind == "graph" else ["csv", "tsv", "json", "xml"]
    return _asking(
        context, sparql_request.query, shown=view_answer(answer, sparql_request.query, context.base), formats=formats
    )


def _form(context: AppContext, query: str = "", error: ProblemError | None = None) -> Response:
    """Return the form: empty, with an example, or with a refused query."""
    chosen = request.args.get("example", "")
    query = query or next((own.in_language(request_language()) for own in context.examples if own.name == chosen), "")
    if error is None:
        return _asking(context, query)
    refusal, federated = explain(error, request_language()), error.values.get("federated", "")
    return with_retry_after(error, _asking(context, query, error.status, refusal=refusal, federated=federated))


def _asking(context: AppContext, query: str, status: int = 200, **values: Any) -> Response:
    """Return the page to ask on.

    It names the release that a query was cited with where another one answers now.
    """
    cited, now = request.args.get("release", ""), context.release_info.version
    texts = {own.in_language(language).strip(): own for own in context.examples for language in LANGUAGES}
    example = texts.get(query.strip())
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


def graphs(context: AppContext) -> Blueprint:
    """Return the routes of the graphs."""
    routes = Blueprint("graphs", __name__)

    @routes.get("/rdf-graph-store")
    def indirect() -> Response:
        iri = protocol.named_graph(request.query_string)
        if iri is not None and not _exists(context, iri):
            raise _missing(iri)
        return _graph(context, iri, protocol.graph_type(_accept(), _parameters()))

    @routes.get("/graph/<path:name>")
    def direct(name: str) -> Response:
        name = sent_name("graph/")
        for iri in candidate_iris([f"{context.base}graph/"], name):
            if _exists(context, iri):
                return _graph(context, iri, protocol.graph_type(_accept(), _parameters()))
        suffix = PurePosixPath(name).suffix
        if suffix in protocol.SUFFIXES:
            for iri in candidate_iris([f"{context.base}graph/"], name.removesuffix(suffix)):
                if _exists(context, iri):
                    return _graph(context, iri, protocol.SUFFIXES[suffix], is_chosen=True)
        raise _missing(f"{context.base}graph/{name}")

    return routes


def _accept() -> str:
    return request.headers.get("Accept", "")


def _parameters() -> list[tuple[str, str]]:
    return list(request.args.items(multi=True))


def _exists(context: AppContext, iri: str) -> bool:
    """Return whether the store has the named graph, even if empty.

    The IRI must be valid in a query.
    """
    return b"true" in context.evaluate(Request(f"ASK {{ GRAPH <{iri}> {{}} }}")).body


def _missing(iri: str) -> ProblemError:
    """Return the problem of a graph that does not exist."""
    return ProblemError("no-graph", graph=iri)


def _graph(context: AppContext, iri: str | None, media_type: str, *, is_chosen: bool = False) -> Response:
    """Answer with a graph; None is the default graph.

    ``is_chosen`` tells that the address names the media type.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else _accept())
    named = () if iri is None else (iri,)
    query = Request("CONSTRUCT WHERE { ?s ?p ?o }", default_graphs=named, results=None, graph=media_type)
    etag = page_etag(context, "graph", iri or "", content_type)
    return cached_response(etag, content_type, lambda: context.evaluate(query).body)
