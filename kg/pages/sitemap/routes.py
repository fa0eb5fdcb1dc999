"""``/sitemap.xml`` and ``/robots.txt``: where everything is that people may read, for search engines.

https://www.sitemaps.org/protocol.html: a file has at most 50,000 addresses and 50 MB. Ours have fewer, so that none
takes long to make; where all do not fit into one, ``/sitemap.xml`` is the index of ``/sitemap-<number>.xml``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, abort, current_app

from kg.endpoint.evaluation import Limits
from kg.model.iris import HOME
from kg.pages.lists.list_config import read_kinds
from kg.pages.releases.routes import releases_of
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.shared.caching import is_held, labelled
from kg.pages.thing.lookup import count_things, list_things

PAGES = (
    *("", "things", "timeline", "search", "sparql", "examples", "ontology", "shapes", "validation"),
    *("download/", "releases", "catalog"),
)
"""The pages of which there is one each, where the application has them."""

MOST = 2_500
"""How many pages a file lists at most, each in two languages."""

_AT_ONCE = 10
"""How many files are made from one answer of the graph: to sort all things takes longer than to send some."""

_COSTLY = ("sparql?", "search?", "suggest?", "reconcile", "rdf-graph-store?")
"""What robots are to leave alone: every question that can be put is an address there."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(context: AppContext) -> Blueprint:
    """The routes of the sitemap."""
    routes = Blueprint("sitemap", __name__)
    size = file_size(context.limits)
    starts = [f"{start}id/" for start in dict.fromkeys((context.base, HOME))]

    at_once = size * max(1, min(_AT_ONCE, context.limits.rows // size))
    count = lru_cache(maxsize=1)(lambda: count_things(context.evaluate, starts))
    fixed = lru_cache(maxsize=1)(lambda: list(_fixed(context)))
    some = lru_cache(maxsize=2)(lambda place: list_things(context.evaluate, starts, at_once, place * at_once))

    def part(number: int) -> list[str]:
        """The paths of the things of a file, counted from 1."""
        place, start = divmod((number - 1) * size, at_once)
        return list(_of_things(context, some(place)[start : start + size]))

    @routes.get("/sitemap.xml")
    def whole() -> Response:
        if len(fixed()) + count() <= size:
            return _xml(_urls(context, [*fixed(), *part(1)]))
        return _xml(_index(context, -(-count() // size)))

    @routes.get("/sitemap-<int:number>.xml")
    def one(number: int) -> Response:
        if not 0 <= number <= -(-count() // size):
            abort(404)
        return _xml(_urls(context, part(number) if number else fixed()))

    @routes.get("/robots.txt")
    def robots() -> Response:
        return Response(_robots(context), content_type="text/plain; charset=utf-8")

    return routes


def file_size(limits: Limits) -> int:
    """How many pages a file lists, where an answer of the graph has only so many rows."""
    return min(MOST, limits.rows)


def _fixed(context: AppContext) -> Iterator[str]:
    """The paths of the pages that are no page of a thing."""
    rules = {rule.rule.lstrip("/") for rule in current_app.url_map.iter_rules()}
    yield from (path for path in PAGES if path in rules)
    yield from (f"things/{quote(segment, safe='')}" for segment in read_kinds(context.evaluate))
    yield from (f"examples/{quote(example.name, safe='')}" for example in context.examples)
    yield from (f"releases/{release.version}" for release in releases_of(context))


def _of_things(context: AppContext, iris: Iterable[str]) -> Iterator[str]:
    """The paths of the pages of things; of a document also that of its text."""
    document = f"{context.base}id/document/"
    for iri in iris:
        if iri.startswith(document):
            yield f"text/{quote(iri.removeprefix(document), safe='')}"
        yield page_path(context, iri)


def _urls(context: AppContext, paths: Iterable[str]) -> str:
    """A file of pages, each in French and in English, with each other as alternates and the date of the release."""
    issued = context.release_info.issued
    changed = f"<lastmod>{escape(issued)}</lastmod>" if issued else ""
    parts = [_HEAD, f'<urlset xmlns="{_NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n']
    for path in paths:
        french, english = f"{context.public_url}{path}", f"{context.public_url}en/{path}"
        languages = (("fr", french), ("en", english), ("x-default", french))
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href={quoteattr(address)}/>' for tag, address in languages
        )
        parts += [f"<url><loc>{escape(address)}</loc>{changed}{others}</url>\n" for address in (french, english)]
    return "".join([*parts, "</urlset>\n"])


def _index(context: AppContext, parts: int) -> str:
    """The list of all files, the first of which has the pages that are no page of a thing."""
    issued = context.release_info.issued
    changed = f"<lastmod>{escape(issued)}</lastmod>" if issued else ""
    start = escape(context.public_url)
    files = [f"<sitemap><loc>{start}sitemap-{number}.xml</loc>{changed}</sitemap>\n" for number in range(parts + 1)]
    return "".join([_HEAD, f'<sitemapindex xmlns="{_NAMESPACE}">\n', *files, "</sitemapindex>\n"])


def _xml(text: str) -> Response:
    body = text.encode()
    tag = hashlib.sha256(body).hexdigest()[:32]
    response = Response(status=304) if is_held(tag) else Response(body, content_type="application/xml; charset=utf-8")
    return labelled(response, tag)


def _robots(context: AppContext) -> str:
    """What robots may read, and where the sitemap is (RFC 9309)."""
    start = urlsplit(context.public_url).path
    costly = [f"Disallow: {start}{tongue}{path}" for tongue in ("", "en/") for path in _COSTLY]
    return "\n".join(["User-agent: *", *costly, "", f"Sitemap: {context.public_url}sitemap.xml", ""])
