"""The application of an endpoint that has no pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus

from kg.endpoint.evaluation import Answer
from kg.endpoint.gateway.request_limits import Application, Receive, Scope, Send
from kg.endpoint.gateway.responses import COMMON_HEADERS, WholeResponse
from kg.endpoint.gateway.sparql_route import PageQuery
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import METHODS

PATHS = frozenset(["/sparql", "/health", "/metrics"])

_PREFLIGHT = {
    "Allow": ", ".join(METHODS),
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
"""The answer to the question of a browser whether a script of another site may send its request."""


def plain_application(health: Callable[[], dict[str, object]]) -> Application:
    """Return an application that answers what the gateway leaves to pages.

    ``health`` returns the state of the service.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        response = _respond(scope, health)
        await send({"type": "http.response.start", "status": response.status, "headers": response.fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    return application


def _respond(scope: Scope, health: Callable[[], dict[str, object]]) -> WholeResponse:
    """Return the response to a request."""
    path, method = scope["path"], scope["method"]
    page_query = PageQuery.of({"asgi.scope": scope})
    if path not in PATHS:
        return _not_found(path)
    if method == "OPTIONS":
        return WholeResponse(HTTPStatus.NO_CONTENT, COMMON_HEADERS | _PREFLIGHT)
    if path == "/health" and method in {"GET", "HEAD"}:
        return _json(HTTPStatus.OK, "application/json", health())
    if page_query and page_query.problem:
        return WholeResponse.of_problem(page_query.problem)
    if page_query and page_query.answer:
        return _data(page_query.answer)
    allowed = "GET, HEAD, OPTIONS" if path == "/health" else _PREFLIGHT["Allow"]
    return WholeResponse.of_problem(ProblemError("method", method=method), Allow=allowed)


def _data(answer: Answer) -> WholeResponse:
    """Return an answer as data for a client that prefers pages."""
    text = "; charset=utf-8" if answer.media_type.startswith("text/") else ""
    headers = {"Content-Type": f"{answer.media_type}{text}", "Cache-Control": "no-store", "Vary": "Accept"}
    return WholeResponse(HTTPStatus.OK, COMMON_HEADERS | headers, answer.body)


def _not_found(path: str) -> WholeResponse:
    """Return the problem document for an address where there is nothing."""
    status = HTTPStatus.NOT_FOUND
    detail = f"There is nothing at {path}. Send queries to /sparql."
    document = {"title": status.phrase, "status": int(status), "detail": detail, "code": "not-found"}
    return _json(status, "application/problem+json", document)


def _json(status: HTTPStatus, media_type: str, document: dict[str, object]) -> WholeResponse:
    """Return a JSON document that must not be cached."""
    headers = {**COMMON_HEADERS, "Content-Type": media_type, "Cache-Control": "no-store"}
    return WholeResponse(status, headers, json.dumps(document, ensure_ascii=False).encode())
