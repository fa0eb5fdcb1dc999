"""The sitemap and ``robots.txt`` for search engines.

https://www.sitemaps.org/protocol.html allows 50,000 addresses and 50 MB in a file. Ours have fewer, so that each is
made quickly. If one file is not enough, ``/sitemap.xml`` is the index of ``/sitemap-<number>.xml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from flask import current_app

from kg.model.iris import HOME
from kg.pages.lists.list_config import read_kinds
from kg.pages.releases.routes import releases_of
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.thing.lookup import count_things, list_things

PAGES = (
    *("", "things", "timeline", "search", "sparql", "examples", "ontology", "shapes", "validation"),
    *("download/", "releases", "catalog"),
)
"""The pages that exist once, if the application has them."""

MAX_PAGES = 2_500
"""Most pages in a file, each in two languages."""

_FILES_AT_ONCE = 10
"""Files made from one answer: sorting all things takes longer than sending some."""

_DISALLOWED = ("sparql?", "search?", "suggest?", "reconcile", "rdf-graph-store?")
"""Paths that robots shall skip, since they have endless addresses."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Sitemap:
    """The sitemap; what it reads from the graph is cached."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._size = min(MAX_PAGES, context.limits.rows)
        starts = [f"{start}id/" for start in dict.fromkeys((context.base, HOME))]
        self._at_once = self._size * max(1, min(_FILES_AT_ONCE, context.limits.rows // self._size))
        self._count = lru_cache(maxsize=1)(lambda: count_things(context.evaluate, starts))
        self._pages = lru_cache(maxsize=1)(lambda: list(_single_pages(context)))
        self._things = lru_cache(maxsize=2)(
            lambda place: list_things(context.evaluate, starts, self._at_once, place * self._at_once)
        )

    def index(self) -> str:
        """Return the only file, or the index of all files."""
        if len(self._pages()) + self._count() <= self._size:
            return _url_set(self._context, [*self._pages(), *self._thing_paths(1)])
        return _index(self._context, self._thing_files())

    def part(self, number: int) -> str | None:
        """Return a file; 0 has the single pages, the others things."""
        if not 0 <= number <= self._thing_files():
            return None
        return _url_set(self._context, self._thing_paths(number) if number else self._pages())

    def _thing_files(self) -> int:
        return -(-self._count() // self._size)

    def _thing_paths(self, number: int) -> list[str]:
        """Return the paths of the things in a file, counted from 1."""
        place, start = divmod((number - 1) * self._size, self._at_once)
        return list(_paths_of_things(self._context, self._things(place)[start : start + self._size]))


def _single_pages(context: AppContext) -> Iterator[str]:
    """Yield the paths of all pages but those of things."""
    rules = {rule.rule.lstrip("/") for rule in current_app.url_map.iter_rules()}
    yield from (path for path in PAGES if path in rules)
    yield from (f"things/{quote(segment, safe='')}" for segment in read_kinds(context.evaluate))
    yield from (f"examples/{quote(example.name, safe='')}" for example in context.examples)
    yield from (f"releases/{release.version}" for release in releases_of(context))


def _paths_of_things(context: AppContext, iris: Iterable[str]) -> Iterator[str]:
    """Yield the paths of pages of things and of texts."""
    document = f"{context.base}id/document/"
    for iri in iris:
        if iri.startswith(document):
            yield f"text/{quote(iri.removeprefix(document), safe='')}"
        yield page_path(context, iri)


def _url_set(context: AppContext, paths: Iterable[str]) -> str:
    """Return a file of pages in both languages, each with its alternates.

    The date is that of the release.
    """
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
    """Return the index of all files; file 0 has the single pages."""
    issued = context.release_info.issued
    changed = f"<lastmod>{escape(issued)}</lastmod>" if issued else ""
    start = escape(context.public_url)
    files = [f"<sitemap><loc>{start}sitemap-{number}.xml</loc>{changed}</sitemap>\n" for number in range(parts + 1)]
    return "".join([_HEAD, f'<sitemapindex xmlns="{_NAMESPACE}">\n', *files, "</sitemapindex>\n"])


def robots_txt(context: AppContext) -> str:
    """Return robots.txt (RFC 9309) with the address of the sitemap."""
    start = urlsplit(context.public_url).path
    costly = [f"Disallow: {start}{tongue}{path}" for tongue in ("", "en/") for path in _DISALLOWED]
    return "\n".join(["User-agent: *", *costly, "", f"Sitemap: {context.public_url}sitemap.xml", ""])
