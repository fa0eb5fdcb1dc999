"""The application context, and the rendering of pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, make_response, render_template, request
from markupsafe import Markup, escape

from kg.endpoint.evaluation import Limits
from kg.endpoint.evaluation.query_scanner import tokens
from kg.model.iris import HOME, shorten_iri
from kg.model.languages import WIDE, Language, date, is_right_to_left, language_name, number, size, typeset
from kg.model.messages import translate, translate_in, translate_plural
from kg.model.project import Project
from kg.model.query_files import QueryFile
from kg.model.settings import EXAMPLE_BASE
from kg.pages.shared.graph_queries import Evaluate, Row, family_of, select_rows
from kg.pages.shared.page_requests import iri_path, request_language, sent_path
from kg.pages.shared.release_info import ReleaseInfo
from kg.pages.shared.served_files import fingerprint, has_asset

PAGE_ROUTES = (("id/", "doc/"), ("graph/", "graph/"), ("shapes#", "shapes#"), ("ontology#", "ontology#"))
"""What follows the base in the IRIs that have a page, and what replaces it in the address of the page."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Characters that HTML forbids, whatever an address or a graph holds."""

_MARKED_TOKENS = {"comment", "string", "iri", "variable", "word"}
"""The kinds of tokens of a query that have a CSS class, ``q-`` and the kind."""


@dataclass(frozen=True, eq=False)
class AppContext:
    """The data and settings that routes are given.

    ``tag`` is a hash of the data, for ETags; empty where the data may differ each time they are loaded, as the blank
    nodes of an RDF file do.
    """

    project: Project
    evaluate: Evaluate
    release_info: ReleaseInfo
    limits: Limits
    examples: Sequence[QueryFile]
    public_url: str
    tag: str

    @property
    def base(self) -> str:
        """The base of the project's IRIs."""
        return str(self.project["base"])

    @property
    def cited_url(self) -> str:
        """The address to cite: permanent where the service is a local one."""
        host, permanent = urlsplit(self.public_url).hostname, self.project.public_url
        is_local = host in {"127.0.0.1", "::1", "localhost"} and permanent != EXAMPLE_BASE
        return permanent if is_local else self.public_url

    def select(self, query: str) -> list[Row]:
        """Return the rows of a SELECT."""
        return select_rows(self.evaluate, query)


def path_to_root() -> str:
    """Return the relative path from this page to the start page.

    It holds under any address.
    """
    return "../" * (sent_path().count("/") - 1) or "./"


def render_page(context: AppContext, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page in the language of its path.

    304 where the client has it already.
    """
    text = _FORBIDDEN.sub("\ufffd", render_template(template, **_template_globals(context), **values))
    response = make_response(text, status)
    response.headers["Content-Language"] = request_language()
    response.headers["Cache-Control"] = "no-cache"
    if status == 200:
        response.add_etag()
        response.make_conditional(request)
    return response


def page_path(context: AppContext, iri: str) -> str:
    """Return the path of the page of a thing, term or graph.

    Empty where it has none.
    """
    for start in (context.base, HOME):
        for part, route in PAGE_ROUTES:
            if iri.startswith(start + part):
                return route + iri_path(iri.removeprefix(start + part))
    return ""


def translators(tongue: Language) -> dict[str, Callable[..., Any]]:
    """Return the functions by which templates translate messages.

    They have the names that tools for catalogues know. ``plural_forms`` gives the forms to a script, by the categories
    of ``Intl.PluralRules``.
    """
    return {
        "_": lambda message, **values: translate(message, tongue, **values),
        "ngettext": lambda one, many, count, **values: translate_plural(
            one, many, count, tongue, **{"n": count, **values}
        ),
        "plural_forms": lambda one, many: {
            "one": translate_plural(one, many, 1, tongue),
            "other": translate_plural(one, many, 2, tongue),
        },
        "pgettext": lambda context, message, **values: translate_in(context, message, tongue, **values),
    }


def _template_globals(context: AppContext) -> dict[str, Any]:
    """Return the names that every template may use."""
    tongue = request_language()
    other: Language = "fr" if tongue == "en" else "en"
    home = path_to_root()

    def link(path: str = "", **parameters: str) -> str:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return f"{home}{'en/' if tongue == 'en' else ''}{path}{'?' if query else ''}{query}"

    def href(iri: str) -> str:
        """Return the page of an IRI, or its web address, or nothing."""
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
            "language_name": language_name,
            "in_language": lambda tag: _language_attributes(tag, tongue),
        }
        | translators(tongue)
        | _writers(tongue)
        | _addresses(home)
    )


def _writers(tongue: Language) -> dict[str, Callable[..., str]]:
    """Return what templates write numbers, dates and texts with."""
    return {
        "number": lambda value: number(value, tongue),
        "size": lambda value: size(value, tongue),
        "typeset": lambda text: typeset(text, tongue),
        "date": lambda iso: date(iso, tongue),
    }


def _addresses(home: str) -> dict[str, Callable[[str], Any]]:
    """Return what templates use for links without a language.

    These are addresses, files and assets.
    """
    return {
        "at": lambda path: home + path,
        "file": lambda name: f"{home}download/{quote(name)}",
        "asset": lambda name: f"{home}static/{name}?v={fingerprint(name)}",
        "has_asset": has_asset,
    }


def _licence(url: str) -> str:
    """Return the name of a Creative Commons licence, else its address."""
    parts = re.match(r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+)", url)
    return f"CC{WIDE}{parts[1].upper()}{WIDE}{parts[2]}" if parts else url


def _language_attributes(tag: str | None, tongue: Language) -> Markup:
    """Return the attributes of words that are not in the page's language.

    ``lang`` does not set the direction (HTML, section 3.2.6.4).
    """
    if not tag or tag == tongue:
        return Markup("")
    form = Markup(' lang="{}" dir="rtl"') if is_right_to_left(tag) else Markup(' lang="{}"')
    return form.format(tag)


def _other_language(tongue: Language, home: str) -> str:
    """Return the address of this page in the other language.

    It keeps the parameters.
    """
    path = (sent_path().removeprefix("/en") if tongue == "en" else sent_path()).lstrip("/")
    query = request.query_string.decode("ascii", "replace")
    if tongue == "en" and not path and not query:
        query = "lang=fr"
    return f"{home}{'' if tongue == 'en' else 'en/'}{path}{'?' if query else ''}{query}"


def highlight(query: str) -> Markup:
    """Return the query in HTML, with spans for its parts."""
    parts = []
    for token in tokens(query):
        kind, text = token.lastgroup or "", escape(token[0])
        marked = Markup('<span class="q-{}">{}</span>').format(kind, text)
        parts.append(marked if kind in _MARKED_TOKENS else text)
    return Markup("").join(parts)
