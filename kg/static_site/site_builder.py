"""Makes a site: crawls the application, puts links right, and adds what a browser needs to do without a service."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from flask import Flask

from kg.model.iris import OWL
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.shared.graph_queries import select_strings
from kg.pages.shared.problem_pages import PageError, error_page
from kg.pages.shared.served_files import PAGES, VENDOR
from kg.static_site.crawl import Crawled, Step, crawl, fetching, finish
from kg.static_site.fetch import Finisher
from kg.static_site.hosting import hosting
from kg.static_site.markup import relink
from kg.static_site.search_export import FILE, search_data
from kg.static_site.site_addresses import address_of
from kg.static_site.site_folder import write_mark
from kg.static_site.source import Source

STARTS = ("/", "/en/")
OFFERED = ("/sitemap.xml", "/.well-known/void", "/.well-known/sparql-examples", "/context.jsonld")
"""What programs look for at a place of its own, whether or not a page leads there."""

_OWN = {"site": Path(__file__).parent / "browser", "vendor/oxigraph": PAGES / VENDOR / "oxigraph"}
"""The folders of assets that only a site takes, by their names below ``static/``."""

_GONE = f"SELECT ?thing WHERE {{ ?thing <{OWL}deprecated> true }} ORDER BY ?thing"


@dataclass(frozen=True)
class Made:
    """What was made: pages and other files, and what is not there.

    ``lost`` are the addresses that lead nowhere, each with a page that has such a link.
    """

    pages: int
    files: int
    bytes: int
    left_out: tuple[str, ...]
    lost: dict[str, str]
    has_engine: bool


def make_site(source: Source, draft: Path, *, workers: int = 1, step: Step = lambda _: None) -> Made:
    """Write the site of a release into an empty folder; the same files whatever the day, the machine and the folder.

    Errors: ReleaseError where a page cannot be made.
    """
    app = source.application()
    context: AppContext = app.extensions["app_context"]
    with fetching(source, draft, workers) as fetch:
        crawled = crawl(fetch, (*STARTS, *_gone(context)), OFFERED, step)
    step(f"{len(crawled.files):,} addresses in all; links")
    assets = _copy_assets(draft)
    files = {**crawled.files, **assets}
    finisher = Finisher(draft, context.public_url, files, context.limits.seconds)
    finish(finisher, crawled.fetched, workers)
    (draft / FILE).write_bytes(search_data(context, app.extensions["search"], files))
    (draft / "404.html").write_text(_not_found(app, context, finisher), encoding="utf-8", newline="")
    bare = {each.file: each.media_type for each in crawled.fetched if each.file and not PurePosixPath(each.file).suffix}
    for name, data in hosting(bare).items():
        (draft / name).write_bytes(data)
    write_mark(draft, release=context.release_info.version, graph=context.tag, public_url=context.public_url)
    return _told(crawled, draft)


def _gone(context: AppContext) -> list[str]:
    """The pages of what is withdrawn."""
    paths = (page_path(context, row["thing"]) for row in select_strings(context.evaluate, _GONE))
    return [f"/{path}" for path in paths if path.startswith("doc/")]


def _copy_assets(draft: Path) -> dict[str, str]:
    """Copy what only a site takes; the address of each file with the file."""
    files = {}
    for name, folder in _OWN.items():
        for path in sorted(folder.glob("*")):
            file = f"static/{name}/{path.name}"
            (draft / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, draft / file)
            files[f"/{file}"] = file
    return files


def _not_found(app: Flask, context: AppContext, finisher: Finisher) -> str:
    """The page for what is not there; a host sends it at any address, so its links begin at the root of the host."""
    with app.test_request_context("/"):
        made = error_page(context, PageError("not-found", {"path": "/"}))
    root = urlsplit(context.public_url).path

    def resolve(link: str) -> str | None:
        found = address_of(link)
        if link.startswith("#") or found is None:
            return link
        local = finisher.resolve(link, "/", "404.html")
        return None if local is None else root + local.removeprefix("./")

    return relink(made.get_data(as_text=True), resolve, lambda link: address_of(link) is not None)


def _told(crawled: Crawled, draft: Path) -> Made:
    written = [path for path in draft.rglob("*") if path.is_file()]
    return Made(
        pages=sum(bool(each.policy) for each in crawled.fetched if each.file),
        files=len(written),
        bytes=sum(path.stat().st_size for path in written),
        left_out=tuple(sorted(crawled.left_out)),
        lost=dict(sorted(crawled.lost.items())),
        has_engine=(draft / "static/vendor/oxigraph/web.js").is_file(),
    )
