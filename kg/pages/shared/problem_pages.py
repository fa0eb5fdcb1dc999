"""The problems that only pages raise, and the responses to all problems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import HTTPException

from kg.endpoint.problems import PROBLEMS, ProblemError, problem_types
from kg.endpoint.protocol import wants_page
from kg.model.languages import Language, number
from kg.model.messages import N_, translate
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.language import request_language

_WORDS: Mapping[HTTPStatus, Mapping[str, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: {
        "rows.patch": (
            "{count} lines differ, more than the {limit} that a patch made here holds.",
            "Take both graphs and run 'kg diff {old} {new} --patch FILE'.",
        ),
        "no-filter": ("This list has no filter or order “{name}”.", "Possible here: {names}."),
        "many-filters": ("The address has {count} filters; a list takes {limit}.", "Take some away."),
        "filter-value": (
            "“{given}” names nothing that “{name}” could be.",
            "Give an id such as situation/gilets-jaunes, a prefixed name, or a whole IRI.",
        ),
        "year": ("“{given}” is not a year.", "Give digits, such as 1993; an empty field limits nothing."),
        "page-number": ("“{given}” is not the number of a page.", "Pages are counted from 1."),
        "reconciliation": ("{reason}", ""),
    },
    HTTPStatus.NOT_FOUND: {
        "not-found": ("There is nothing at {path}.", "The start page / leads to all there is."),
        "no-thing": ("The graph tells nothing of <{thing}>.", "Search it by its name."),
        "no-thing.near": ("The graph tells nothing of <{thing}>.", "The nearest ids are {nearest}."),
    },
    HTTPStatus.METHOD_NOT_ALLOWED: {
        "read-only": ("{method} is not possible at {path}, since this service only reads.", "Use one of {allowed}."),
        "method.page": ("{method} is not possible at {path}.", "Use one of {allowed}."),
    },
    HTTPStatus.NOT_ACCEPTABLE: {
        "accept.differences": ("Differences cannot be sent as '{given}'.", "Accept one of {types}."),
    },
    HTTPStatus.GONE: {
        "gone": ("<{thing}> is withdrawn{why}.", "Nothing stands in its place."),
        "gone.successor": ("<{thing}> is withdrawn{why}.", "Use <{successor}> instead."),
    },
    HTTPStatus.INTERNAL_SERVER_ERROR: {
        "http": ("The service failed, and the fault is ours.", "Try again; if it lasts, write to us."),
        "http.other": ("{description}", ""),
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "busy.index": ("The index of names is being made.", "Send the same request again soon."),
    },
}

PAGE_PROBLEMS = {**PROBLEMS, **problem_types(_WORDS)}
"""The problems of the endpoint and those of the pages, by name."""


class PageError(ProblemError):
    """Raised when a page is refused for a reason in PAGE_PROBLEMS."""

    types = PAGE_PROBLEMS


_ENGLISH_ONLY = {"http.other"}
"""Problems whose words come from libraries; other languages tell the words of their code."""

_HEADINGS = {
    404: N_("Not found"),
    405: N_("Method not allowed"),
    500: N_("The service failed"),
}
"""The headings of error pages by status."""

_REFUSED = N_("Request refused")


def explain(error: ProblemError, language: Language) -> tuple[str, str]:
    """Return detail and remedy of a problem in a language."""
    if language == "en":
        return error.detail, error.remedy
    name = error.code if error.name in _ENGLISH_ONLY else error.name
    what, remedy = (error.filled(text, lambda value: number(value, language)) for text in _translated(name, language))
    return what, remedy


def words(language: Language) -> dict[str, tuple[str, str]]:
    """Return detail and remedy of problems by name, for scripts of pages.

    There are none in English, since problem documents hold those. A variant with the words of its code is left out.
    """
    if language == "en":
        return {}
    texts = {name: _translated(name, language) for name in PAGE_PROBLEMS.keys() - _ENGLISH_ONLY}
    return {name: own for name, own in texts.items() if "." not in name or own != texts[name.partition(".")[0]]}


def _translated(name: str, language: Language) -> tuple[str, str]:
    """Return the words of a problem in a language, not filled in."""
    problem = PAGE_PROBLEMS[name]
    return translate(problem.detail, language), translate(problem.remedy, language) if problem.remedy else ""


def of_http_error(error: HTTPException) -> PageError:
    """Return the problem that an error of Flask or Werkzeug is."""
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return PageError("not-found", {"path": request.path})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = dict(error.get_headers()).get("Allow", "GET")
        is_write = request.method in {"PUT", "POST", "DELETE", "PATCH"}
        place = {"method": request.method, "path": request.path, "allowed": allowed}
        return PageError("read-only" if is_write else "method.page", place)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return PageError("http")
    problem = PageError("http.other", {"description": error.description or HTTPStatus(status).phrase})
    problem.status = status
    return problem


def respond(context: AppContext, error: ProblemError) -> Response:
    """Return an error page for browsers, else a problem document."""
    return error_page(context, error) if wants_page(request.headers.get("Accept", "")) else problem_response(error)


def error_page(context: AppContext, error: ProblemError) -> Response:
    """Return the page of a problem, with detail and remedy."""
    heading = translate(_HEADINGS.get(error.status, _REFUSED), request_language())
    detail, remedy = explain(error, request_language())
    response = render_page(
        context, "shared/error.html", error.status, code=error.status, heading=heading, detail=detail, remedy=remedy
    )
    return with_retry_after(error, response)


def problem_response(error: ProblemError) -> Response:
    """Return the problem document (RFC 9457)."""
    body = json.dumps(error.document(), ensure_ascii=False)
    return with_retry_after(error, Response(body, error.status, content_type="application/problem+json"))


def with_retry_after(error: ProblemError | None, response: Response) -> Response:
    """Add Retry-After (RFC 9110, section 10.2.3), where the problem has a time."""
    if error and "retry_after" in error.values:
        response.headers["Retry-After"] = str(error.values["retry_after"])
    return response
