"""Descriptions of data and service (DCAT, VoID, OpenAPI), and the sitemap.

A release has DCAT and VoID files. If other files are served, minimal descriptions are made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

import yaml
from flask import current_app
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse, serialize

from kg import __version__
from kg.model import release_files
from kg.model.iris import DCAT, DCT, FOAF, HOME, PREFIXES, TYPE, VOID, integer
from kg.model.languages import LANGUAGES
from kg.pages.lists.list_config import read_kinds
from kg.pages.releases.routes import releases_of
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.shared.page_requests import PAGE_PROBLEMS
from kg.pages.shared.page_responses import read_release_file
from kg.pages.thing.lookup import count_things, list_things

_SERVICE, _ENDPOINT = NamedNode(DCAT + "DataService"), NamedNode(VOID + "sparqlEndpoint")
_ADDRESSES = re.compile(
    rb"\b(?:dcat:(?:endpointURL|endpointDescription|accessURL|downloadURL|landingPage)|foaf:(?:home)?page|rdfs:seeAlso"
    rb"|void:(?:sparqlEndpoint|dataDump))\s+<[^>\s]*>(?:\s*,\s*<[^>\s]*>)*|^<[^>\s]*>(?= a foaf:Document\b)",
    re.MULTILINE,
)
"""The properties of a description whose values are addresses to call, with these values; and the pages described."""


def catalogue_of(context: AppContext) -> bytes:
    """Return the DCAT catalogue in Turtle."""
    released = read_release_file(context, release_files.CATALOGUE)
    turtle = _reachable(context, released) if released else _turtle(_minimal_catalogue(context))
    return _without_services(turtle) if is_exported() else turtle


def void_of(context: AppContext) -> bytes:
    """Return the VoID description in Turtle."""
    released = read_release_file(context, release_files.VOID)
    turtle = _reachable(context, released) if released else _turtle(_minimal_void(context))
    return _without_services(turtle) if is_exported() else turtle


def is_exported() -> bool:
    """Return whether pages are made for a site of files."""
    return bool(current_app.jinja_env.globals.get("exported"))


def _without_services(turtle: bytes) -> bytes:
    """Return a description without services: a site of files has none."""
    reader = parse(turtle, format=RdfFormat.TURTLE)
    triples = [Triple(quad.subject, quad.predicate, quad.object) for quad in reader]
    services = {triple.subject for triple in triples if triple.object == _SERVICE}
    kept = (t for t in triples if t.subject not in services and t.object not in services and t.predicate != _ENDPOINT)
    return serialize(kept, format=RdfFormat.TURTLE, prefixes=reader.prefixes) or b""


def _reachable(context: AppContext, released: bytes) -> bytes:
    """Return a description of the release with the addresses of this service.

    Identifiers stay as they were released.
    """
    ours, theirs = (f"<{address}".encode() for address in (context.public_url, context.project.public_url))
    return _ADDRESSES.sub(lambda values: values[0].replace(theirs, ours), released)


def _turtle(triples: Iterator[Triple]) -> bytes:
    used = {name: PREFIXES.get(name, "") for name in ("dcat", "dct", "foaf", "void")}
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=used) or b""


def _titles(context: AppContext) -> list[Literal]:
    return [Literal(context.project[f"title.{tag}"], language=tag) for tag in LANGUAGES]


def _minimal_catalogue(context: AppContext) -> Iterator[Triple]:
    catalogue, service = (NamedNode(f"{context.public_url}catalog#{name}") for name in ("catalog", "sparql"))
    dataset, endpoint = context.project.minter.dataset, NamedNode(f"{context.public_url}sparql")
    for node, kind in ((catalogue, "Catalog"), (dataset, "Dataset"), (service, "DataService")):
        yield Triple(node, TYPE, NamedNode(DCAT + kind))
        for title in _titles(context):
            yield Triple(node, NamedNode(DCT + "title"), title)
            yield Triple(node, NamedNode(DCT + "description"), title)
    yield Triple(catalogue, NamedNode(DCAT + "dataset"), dataset)
    yield Triple(catalogue, NamedNode(DCAT + "service"), service)
    yield Triple(service, NamedNode(DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(DCAT + "endpointURL"), endpoint)
    yield Triple(service, NamedNode(DCAT + "endpointDescription"), endpoint)


def _minimal_void(context: AppContext) -> Iterator[Triple]:
    document, dataset = NamedNode(f"{context.public_url}.well-known/void"), context.project.minter.dataset
    yield Triple(document, TYPE, NamedNode(VOID + "DatasetDescription"))
    yield Triple(document, NamedNode(FOAF + "primaryTopic"), dataset)
    yield Triple(dataset, TYPE, NamedNode(VOID + "Dataset"))
    for title in _titles(context):
        yield Triple(dataset, NamedNode(DCT + "title"), title)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{context.public_url}sparql"))
    yield Triple(dataset, NamedNode(VOID + "triples"), integer(context.release_info.triples))


def describe_routes(context: AppContext) -> dict[str, Any]:
    """Return the OpenAPI description of this service."""
    shared = _openapi()
    info = {**shared["info"], "title": context.project["title.en"], "version": __version__}
    if context.project["licence"]:
        info["license"] = {"name": "Licence of the data", "url": context.project["licence"]}
    return {**shared, "info": info, "servers": [{"url": context.public_url.rstrip("/")}]}


@cache
def _openapi() -> dict[str, Any]:
    """Return the part of the description that all services share."""
    document: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8"))
    code = document["components"]["schemas"]["Problem"]["properties"]["code"]
    code["enum"] = sorted({name.partition(".")[0] for name in PAGE_PROBLEMS})
    return document


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
