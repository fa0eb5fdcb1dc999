"""Sites from crawled pages, with what a browser needs besides."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask

from kg.model.errors import ReleaseError
from kg.model.folders import replace_folder
from kg.model.iris import OWL, SKOS, shorten_iri
from kg.model.languages import LANGUAGES
from kg.model.messages import N_, translations, worded
from kg.pages.search.entries import IndexEntry
from kg.pages.search.search_service import SearchService
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.shared.graph_queries import KINDS, family_of, fetch_labels, kind_words, select_strings
from kg.pages.shared.page_requests import PageError
from kg.pages.shared.page_responses import error_page
from kg.pages.shared.served_files import PAGES, VENDOR, file_media_type
from kg.pages.shared.text_analysis import STOPWORDS
from kg.static_site.crawl import CrawlResult, Relinker, ReportStep, SiteSource, crawl, fetching, relink_files
from kg.static_site.site_links import address_of, relink

MARK = ".kg-site"
"""The file that marks a folder as a site of ours."""

_STARTS = ("/", "/en/")
_WELL_KNOWN = ("/sitemap.xml", "/.well-known/void", "/.well-known/sparql-examples", "/context.jsonld")
"""Addresses that programs look for, whether or not a page leads there."""

SEARCH_FILE = "search.json"

_SITE_ASSETS = {"site": Path(__file__).parent / "browser", "vendor/oxigraph": PAGES / VENDOR / "oxigraph"}
"""The folders of assets that only a site has, by their names below ``static/``."""

_WITHDRAWN = f"SELECT ?thing WHERE {{ ?thing <{OWL}deprecated> true }} ORDER BY ?thing"


@dataclass(frozen=True)
class SiteSummary:
    """The size of a site, and what is not in it."""

    pages: int
    files: int
    bytes: int
    left_out: tuple[str, ...]
    """The addresses that need a service, or that combine choices."""
    lost: dict[str, str]
    """The addresses that lead nowhere, each with a page that has such a link."""
    has_engine: bool
    """Whether queries can be answered in the browser."""


def build_site(source: SiteSource, draft: Path, *, workers: int = 1, step: ReportStep = lambda _: None) -> SiteSummary:
    """Write the site of a release into an empty folder.

    The files are the same whatever the day, the machine and the folder.

    Errors: ReleaseError where a page cannot be made.
    """
    app = source.application()
    context: AppContext = app.extensions["app_context"]
    with fetching(source, draft, workers) as fetch:
        crawled = crawl(fetch, (*_STARTS, *_withdrawn_pages(context)), _WELL_KNOWN, step)
    step(worded("{count} addresses in all; links", count=f"{len(crawled.files):,}"))
    assets = _copy_assets(draft)
    files = {**crawled.files, **assets}
    relinker = Relinker(draft, context.public_url, files, context.limits.seconds)
    relink_files(relinker, crawled.fetched, workers)
    (draft / SEARCH_FILE).write_bytes(search_data(context, app.extensions["search"], files))
    (draft / "404.html").write_text(_not_found_page(app, context, relinker), encoding="utf-8", newline="")
    with_files = [answer for answer in crawled.fetched if answer.file]
    bare = {answer.file: answer.media_type for answer in with_files if not PurePosixPath(answer.file).suffix}
    for name, data in host_files(bare).items():
        (draft / name).write_bytes(data)
    write_mark(draft, release=context.release_info.version, graph=context.tag, public_url=context.public_url)
    return _summarize(crawled, draft)


def _withdrawn_pages(context: AppContext) -> list[str]:
    """Return the pages of withdrawn ids, to which no page leads."""
    paths = (page_path(context, row["thing"]) for row in select_strings(context.evaluate, _WITHDRAWN))
    return [f"/{path}" for path in paths if path.startswith("doc/")]


def _copy_assets(draft: Path) -> dict[str, str]:
    """Copy the assets of sites, and return their files by address."""
    files = {}
    for name, folder in _SITE_ASSETS.items():
        for path in sorted(folder.glob("*")):
            file = f"static/{name}/{path.name}"
            (draft / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, draft / file)
            files[f"/{file}"] = file
    return files


def _not_found_page(app: Flask, context: AppContext, relinker: Relinker) -> str:
    """Return the page for addresses that are not there.

    A host sends it at any address, so its links begin at the root of the host.
    """
    with app.test_request_context("/"):
        response = error_page(context, PageError("not-found", {"path": "/"}))
    root = urlsplit(context.public_url).path

    def resolve(link: str) -> str | None:
        if link.startswith("#") or address_of(link) is None:
            return link
        local = relinker.resolve(link, "/", "404.html")
        return None if local is None else root + local.removeprefix("./")

    return relink(response.get_data(as_text=True), resolve, lambda link: address_of(link) is not None)


def _summarize(crawled: CrawlResult, draft: Path) -> SiteSummary:
    written = [path for path in draft.rglob("*") if path.is_file()]
    return SiteSummary(
        pages=sum(bool(answer.policy) for answer in crawled.fetched if answer.file),
        files=len(written),
        bytes=sum(path.stat().st_size for path in written),
        left_out=tuple(sorted(crawled.left_out)),
        lost=dict(sorted(crawled.lost.items())),
        has_engine=(draft / "static/vendor/oxigraph/web.js").is_file(),
    )


_SERVED_ENDINGS = ("csv", "json", "jsonld", "nq", "nt", "rdf", "trig", "ttl")
"""Endings of files that have the media types that the service gives them."""

_OTHER_TYPES = {"wasm": "application/wasm", "xml": "application/xml; charset=utf-8", "bib": "application/x-bibtex"}


def host_files(media_types: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files that configure hosts of static files, by name.

    They are ``.nojekyll`` for GitHub Pages, ``_headers`` for the hosts that read it, and ``.htaccess`` for Apache.
    ``media_types`` has those of the files whose names do not tell them.
    """
    endings = {ending: file_media_type(f"a.{ending}") for ending in _SERVED_ENDINGS} | _OTHER_TYPES
    return {
        ".nojekyll": b"",
        "_headers": _lines(_header_lines(endings, media_types)),
        ".htaccess": _lines(_apache(endings, media_types)),
    }


def _header_lines(endings: Mapping[str, str], media_types: Mapping[str, str]) -> Iterable[str]:
    yield from ("/*", "  Access-Control-Allow-Origin: *")
    for ending, value in sorted(endings.items()):
        yield from (f"/*.{ending}", f"  Content-Type: {value}")
    for file, value in sorted(media_types.items()):
        yield from (f"/{file}", f"  Content-Type: {value}")


def _apache(endings: Mapping[str, str], media_types: Mapping[str, str]) -> Iterable[str]:
    yield "# Addresses without an ending: the page, or the format that is asked for (mod_negotiation)."
    yield "Options +MultiViews -Indexes"
    yield "DirectoryIndex index.html"
    yield "DirectorySlash Off"
    yield "AddDefaultCharset utf-8"
    for ending, value in sorted(endings.items()):
        yield f"AddType '{value}' .{ending}"
    for file, value in sorted(media_types.items()):
        name = file.rpartition("/")[2]
        yield from (f'<Files "{name}">', f"  ForceType '{value}'", "</Files>")
    yield "<IfModule mod_rewrite.c>"
    yield "  RewriteEngine On"
    yield "  # A thing is not the page about it."
    yield "  RewriteCond %{IS_SUBREQ} false"
    yield r'  RewriteCond %{REQUEST_URI} "^(.*)/id/(.+?)(?:\.html)?$"'
    yield r'  RewriteRule "^id/" "%1/doc/%2" [R=303,L]'
    yield "  # A page that has others below it stands beside the folder of these."
    yield "  RewriteCond %{REQUEST_FILENAME} -d"
    yield "  RewriteCond %{REQUEST_FILENAME}.html -f"
    yield r'  RewriteRule "^(.*[^/])$" "$1.html" [END]'
    yield "  RewriteCond %{REQUEST_FILENAME}/index.html -f"
    yield '  RewriteCond %{REQUEST_URI} "^(.*[^/])$"'
    yield '  RewriteRule "[^/]$" "%1/" [R=301,L]'
    yield "</IfModule>"
    yield "<IfModule mod_headers.c>"
    yield '  Header set Access-Control-Allow-Origin "*"'
    yield "</IfModule>"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def search_data(context: AppContext, service: SearchService, files: Mapping[str, str]) -> bytes:
    """Return the search index in both languages, as ``browser/find.js`` reads it.

    ``files`` has the file of each address; of an entry without a page there is only the name.
    """
    entries = service.index.entries
    kinds = sorted({entry.kind for entry in entries if entry.kind})
    data = {
        "silent": sorted(STOPWORDS),
        "kinds": _kinds(context, kinds),
        "entries": [_entry(context, entry, kinds, files) for entry in entries],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _kinds(context: AppContext, kinds: list[str]) -> list[dict[str, Any]]:
    """Return each kind's key, family, and names by language."""
    names = fetch_labels(context.evaluate, [kind for kind in kinds if kind not in KINDS])
    return [
        {"key": shorten_iri(kind).removeprefix("sr:"), "family": family_of(kind), **_kind_names(context, kind, names)}
        for kind in kinds
    ]


def _kind_names(context: AppContext, kind: str, names: Mapping[str, Any]) -> dict[str, list[str]]:
    if kind in KINDS:
        return {tongue: [kind_words(kind, tongue), kind_words(kind, tongue, is_plural=True)] for tongue in LANGUAGES}
    if kind == SKOS + "Concept":
        return {tongue: [words] * 2 for tongue, words in translations("classification term").items()}
    return {tongue: [names[kind].label(tongue, context.base).text] * 2 for tongue in LANGUAGES}


def _entry(context: AppContext, entry: IndexEntry, kinds: list[str], files: Mapping[str, str]) -> dict[str, Any]:
    path = page_path(context, entry.iri)
    return {
        "id": entry.id,
        "page": files.get(f"/{path}", "") if path else "",
        "kind": kinds.index(entry.kind) if entry.kind else -1,
        "weight": entry.weight,
        "names": [[name.text, name.role, name.language] for name in entry.names],
        "definitions": [[name.text, name.language] for name in entry.definitions],
        "quotes": [
            [quoted.text, quoted.language, _place(context, quoted.document, files), f"{quoted.start}-{quoted.end}"]
            for quoted in entry.quotes
        ],
    }


def _place(context: AppContext, document: str, files: Mapping[str, str]) -> str:
    """Return the file in which a document is read, or ""."""
    slug = document.removeprefix(f"{context.base}id/document/")
    return files.get(f"/text/{quote(slug)}", "")


def _require_replaceable(target: Path) -> None:
    """Check that a target may be replaced.

    Only an empty folder or a site of ours may, so that nobody's files are lost.

    Errors: ReleaseError where it is something else, or holds more.
    """
    held = {path.name for path in target.iterdir()} if target.is_dir() else set()
    if held and MARK not in held:
        raise ReleaseError(
            "{target}: the folder holds something that is no site of ours. Choose another.", target=target
        )
    more = sorted(held - _entries(target))
    if more:
        raise ReleaseError(
            "{target}: {more} is not of the site and would be lost. Move it, or choose another.",
            target=target,
            more=", ".join(more),
        )


def _entries(target: Path) -> set[str]:
    """Return the names in a folder that belong to the site."""
    try:
        return set(json.loads((target / MARK).read_text(encoding="utf-8"))["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def replace_site(target: Path) -> AbstractContextManager[Path]:
    """Provide a new folder that replaces ``target`` when the block ends well.

    Errors: ReleaseError where the target is something else or cannot be written.
    """
    return replace_folder(target, N_("site"), _require_replaceable)


def write_mark(draft: Path, **properties: str) -> None:
    """Mark a folder as a site, listing its properties and entries."""
    entries = sorted({MARK, *(path.name for path in draft.iterdir())})
    text = json.dumps({**properties, "entries": entries}, indent=2, sort_keys=True)
    (draft / MARK).write_text(f"{text}\n", encoding="utf-8", newline="")
