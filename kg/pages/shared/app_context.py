"""What all pages share: the data, the settings, and links that hold under any address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, render_template, request

from kg.endpoint.evaluation import Limits
from kg.model.iris import HOME, shorten_iri
from kg.model.languages import WIDE, Language, date, number, size, typeset
from kg.model.messages import translate, translate_in, translate_plural
from kg.model.project import Project
from kg.model.query_files import Query
from kg.pages.shared.graph_queries import Evaluate, Row, select_rows
from kg.pages.shared.kinds import family_of
from kg.pages.shared.language import request_language
from kg.pages.shared.release_info import ReleaseInfo
from kg.pages.shared.served_files import fingerprint, has_asset

PAGE_ROUTES = (("id/", "doc/"), ("graph/", "graph/"), ("shapes#", "shapes#"), ("ontology#", "ontology#"))
"""What follows the base in an IRI that has a page here, and what stands in its place in the address of the page."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no HTML may hold, whatever an address or a graph does: control characters and what is no character."""


@dataclass(frozen=True, eq=False)
class AppContext:
    """Everything that the routes are handed.

    ``tag`` names the data by content, for ETags; it is empty where the data may not be the same the
    next time they are loaded, as blank nodes of an RDF file are not.
    """

    project: Project
    evaluate: Evaluate
    release_info: ReleaseInfo
    limits: Limits
    examples: Sequence[Query]
    public_url: str
    tag: str

    @property
    def base(self) -> str:
        """The base of the project's IRIs."""
        return str(self.project["base"])

    def select(self, query: str) -> list[Row]:
        """The rows of a SELECT, each bound variable with its term as in the JSON results format."""
        return select_rows(self.evaluate, query)


def path_to_root() -> str:
    """The way from this page up to the start page; relative, so that it holds under any address and path."""
    return "../" * (request.path.count("/") - 1) or "./"


def render_page(context: AppContext, template: str, status: int = 200, **values: Any) -> Response:
    """A page in the language of its path; one that a client has already is not sent again."""
    text = _NO_TEXT.sub("\ufffd", render_template(template, **_template_globals(context), **values))
    response = make_response(text, status)
    response.headers["Content-Language"] = request_language()
    response.headers["Cache-Control"] = "no-cache"
    if status == 200:
        response.add_etag()
        response.make_conditional(request)
    return response


def page_path(context: AppContext, iri: str) -> str:
    """The path of the page of a thing, a term of the vocabulary or a graph; empty where it has none here."""
    for start in (context.base, HOME):
        for part, route in PAGE_ROUTES:
            if iri.startswith(start + part):
                return route + quote(iri.removeprefix(start + part), safe="/-._~:@!$&'()*+,;=")
    return ""


def translators(tongue: Language) -> dict[str, Callable[..., str]]:
    """Return the functions by which templates take messages, by the names that tools for catalogues know."""
    return {
        "_": lambda message, **values: translate(message, tongue, **values),
        "ngettext": lambda one, many, count, **values: translate_plural(one, many, count, tongue, **values),
        "pgettext": lambda context, message, **values: translate_in(context, message, tongue, **values),
    }


def _template_globals(context: AppContext) -> dict[str, Any]:
    """The names that every template may use."""
    tongue = request_language()
    other: Language = "fr" if tongue == "en" else "en"
    home = path_to_root()

    def link(path: str = "", **parameters: str) -> str:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return f"{home}{'en/' if tongue == 'en' else ''}{path}{'?' if query else ''}{query}"

    def href(iri: str) -> str:
        """Where an IRI leads: to its page here, or as it is where it is a web address; empty otherwise."""
        path = page_path(context, iri)
        if path.startswith("graph/"):
            return home + path
        return link(path) if path else iri if iri.startswith(("https://", "http://")) else ""

    return (
        {
            "site": context,
            "href": href,
            "shorten_iri": lambda iri: shorten_iri(iri, context.base),
            "family_of": family_of,
            "release_info": context.release_info,
            "lang": tongue,
            "title": typeset(context.project[f"title.{tongue}"], tongue),
            "description": typeset(context.project[f"description.{tongue}"], tongue),
            "licence": _licence(context.project["licence"]),
            "link": link,
            "other": _other_language(tongue, home),
            "other_lang": other,
            "other_name": translate_in("name of this language", "English", other),
            "number": _in(number, tongue),
            "size": _in(size, tongue),
            "typeset": lambda text: typeset(text, tongue),
            "date": lambda iso: date(iso, tongue),
        }
        | translators(tongue)
        | _addresses(home)
    )


def _addresses(home: str) -> dict[str, Callable[[str], Any]]:
    """What templates link to that has no language: an address, a file of the release, an asset of the pages."""
    return {
        "at": lambda path: home + path,
        "file": lambda name: f"{home}download/{quote(name)}",
        "asset": lambda name: f"{home}static/{name}?v={fingerprint(name)}",
        "has_asset": has_asset,
    }


def _licence(url: str) -> str:
    """The name of a Creative Commons licence, or the address of another."""
    parts = re.match(r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+)", url)
    return f"CC{WIDE}{parts[1].upper()}{WIDE}{parts[2]}" if parts else url


def _in(write: Callable[[int, Language], str], tongue: Language) -> Callable[[int], str]:
    """The function that writes a number, in one language."""
    return lambda value: write(value, tongue)


def _other_language(tongue: Language, home: str) -> str:
    """The address of the same page in the other language, with the same parameters."""
    path = request.path.removeprefix("/en").lstrip("/") if tongue == "en" else request.path.lstrip("/")
    query = request.query_string.decode("ascii", "replace")
    if tongue == "en" and not path and not query:
        query = "lang=fr"
    path = quote(path, safe="/-._~:@!$&'()*+,;=")
    return f"{home}{'' if tongue == 'en' else 'en/'}{path}{'?' if query else ''}{query}"
