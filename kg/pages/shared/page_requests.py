"""What pages read from a request, and the problems of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import quote, unquote

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from kg.endpoint.problems import PROBLEMS, ProblemError, problem_types
from kg.model.iris import is_iri
from kg.model.languages import LANGUAGES, Language, number
from kg.model.messages import translate

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
        "gone.kept": (
            "<{thing}> stands in release {release}, and not in this one.",
            "Read it there: /releases/{release}.",
        ),
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


def request_language() -> Language:
    """Return the language of the page that is asked for.

    English has the same paths under ``/en``.
    """
    return "en" if request.path == "/en" or request.path.startswith("/en/") else "fr"


def prefers_english(header: str) -> bool:
    """Return whether an Accept-Language header puts English before French."""
    return parse_accept_header(header, LanguageAccept).best_match(LANGUAGES) == "en"


MAX_PAGE_DIGITS = 6
"""Most digits of a page number that ``page_or_first`` reads."""


def requested_page() -> int:
    """Return the page number of the request, from 1.

    Errors: PageError where it is no page number.
    """
    number = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,6}", number, re.ASCII):
        raise PageError("page-number", given=number[:200])
    return int(number)


def page_or_first() -> int:
    """Return the page number of the request.

    1 where it is no page number.
    """
    number = request.args.get("page", "1")
    return max(int(number), 1) if number.isascii() and number.isdecimal() and len(number) <= MAX_PAGE_DIGITS else 1


PATH_SAFE = "/:@!$&'()*+,;=~"
"""Characters that a path may hold unescaped, besides letters, digits and -._ (RFC 3986, section 3.3)."""


_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_BARE_PERCENT = re.compile(r"%25(?![0-9A-Fa-f]{2})")
_DECODED = re.compile(r"[A-Za-z0-9._~#?-]|[^\x00-\x7f]")


def sent_path() -> str:
    """Return the path of the request as it was sent, percent-encoded."""
    scope = request.environ.get("asgi.scope", {})
    raw = scope.get("raw_path", b"").decode("latin-1") or request.environ.get("RAW_URI", "")
    raw = raw.partition("?")[0].removeprefix(quote(request.script_root))
    return raw if unquote(raw) == request.path else quote(request.path, safe=PATH_SAFE)


def sent_name(route: str) -> str:
    """Return what follows a route such as ``doc/``, as it was sent."""
    return sent_path().removeprefix("/en/").removeprefix("/").removeprefix(route)


def candidate_iris(starts: Iterable[str], name: str) -> Iterator[str]:
    """Yield the IRIs that a percent-encoded name may mean, as sent first.

    Only what makes no difference is decoded (RFC 3986, section 6.2.2.2; RFC 3987, section 3.2): ``%2F`` is no slash.
    ``#``, ``?`` and a bare ``%`` of an IRI are encoded in the address of its page.
    """
    plain = _ESCAPES.sub(_decode, name)
    names = dict.fromkeys([name, plain, _BARE_PERCENT.sub("%", plain)])
    for iri in dict.fromkeys(f"{start}{path}" for path in names for start in starts):
        if is_iri(iri):
            yield iri


def iri_path(name: str) -> str:
    """Return the end of an IRI as a path."""
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(name, safe=f"{PATH_SAFE}%"))


def _decode(escapes: re.Match[str]) -> str:
    """Return characters decoded where that makes no difference."""
    try:
        text = unquote(escapes[0], errors="strict")
    except UnicodeDecodeError:
        return escapes[0].upper()
    return "".join(character if _DECODED.match(character) else quote(character, safe="") for character in text)
