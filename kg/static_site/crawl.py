"""A crawl that writes each address of a site to a file.

The application answers each address as it does for the service; its links are followed, and lead to files at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from flask import Flask

from kg.endpoint.evaluation import asker, load
from kg.endpoint.protocol import PAGE
from kg.model import release_files
from kg.model.errors import ReleaseError
from kg.model.messages import worded
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.pages import create_app, limits_of
from kg.pages.shared.app_context import PAGE_ROUTES
from kg.static_site.site_links import (
    ANSWERED,
    address_of,
    file_of,
    first_segment,
    is_wanted,
    link_to,
    links,
    map_links,
    redirect_page,
    relink,
    style_links,
    with_head,
)

_CHUNK = 25
"""Addresses that a worker process takes at a time."""

_REPORTED = 500
"""Addresses between two reports of progress."""

_ACCEPT = f"{PAGE},*/*;q=0.1"
_HEADER_ONLY = re.compile(r"\s*frame-ancestors [^;]*;?")
"""The part of a Content Security Policy that works in a header and not in a page."""

_FORMATS = re.compile(r'<([^>]*)>;[^<]*rel="(?:alternate|describedby)"')
_GONE = 410
_SCRIPTS = {"sparql": ("sparql",), "search": ("search",), "things": ("things",)}
"""The scripts of ``browser`` that some pages have besides the common ones, by first part of the path."""


@dataclass(frozen=True)
class FetchedAddress:
    """The answer at an address, without its body."""

    address: str
    status: int
    file: str = ""
    """The file that holds the body; empty where there is none."""
    links: tuple[str, ...] = ()
    """The addresses that it leads to."""
    moved: str = ""
    """The address that it redirects to."""
    policy: str = ""
    """The Content Security Policy of a page; empty where it is no page."""
    media_type: str = ""


class Fetcher:
    """Asks an application and writes its answers to files."""

    def __init__(self, source: SiteSource, draft: Path) -> None:
        self._draft = draft
        self._client = source.application().test_client()
        self._public = self._client.application.extensions["app_context"].public_url

    def fetch(self, address: str) -> FetchedAddress:
        """Write what the service answers at an address to its file, unchanged.

        Errors: ReleaseError where the application fails.
        """
        response = self._client.get(address, headers={"Accept": _ACCEPT}, buffered=True)
        status = response.status_code
        if status >= 500:
            raise ReleaseError(
                "{address}: this page cannot be made ({status}). See what 'kg serve' answers there.",
                address=address,
                status=status,
            )
        if 300 <= status < 400:
            return self._moved(address, status, response.headers["Location"])
        if status >= 400 and status != _GONE:
            return FetchedAddress(address, status)
        media_type = response.mimetype or ""
        file = file_of(address, media_type)
        if not file:
            return FetchedAddress(address, status)
        body = response.get_data()
        path = self._draft / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        listed = [*self._links(media_type, body), *self._formats(response.headers.getlist("Link"))]
        addresses = [target for link in listed if (target := _address(link, address))]
        return FetchedAddress(
            address,
            status,
            file,
            tuple(dict.fromkeys(addresses)),
            policy=response.headers.get("Content-Security-Policy", "") if media_type == PAGE else "",
            media_type=media_type,
        )

    def _moved(self, address: str, status: int, location: str) -> FetchedAddress:
        target = _address(location, address)
        return FetchedAddress(address, status, file_of(address, PAGE), (target,) if target else (), moved=target)

    def _links(self, media_type: str, body: bytes) -> Iterable[str]:
        if media_type == PAGE:
            return links(body.decode())
        if media_type == "text/css":
            return style_links(body.decode())
        return self._below(map_links(body.decode())) if media_type == "application/xml" else ()

    def _formats(self, headers: Iterable[str]) -> Iterator[str]:
        return self._below(link for header in headers for link in _FORMATS.findall(header))

    def _below(self, public: Iterable[str]) -> Iterator[str]:
        """Yield public addresses as addresses of the application."""
        return (f"/{link.removeprefix(self._public)}" for link in public if link.startswith(self._public))


@dataclass(frozen=True)
class Relinker:
    """Replaces links, once it is known which addresses have files."""

    draft: Path
    public_url: str
    files: Mapping[str, str]
    """The file of each address."""
    seconds: float
    """The longest time of a query."""

    def finish(self, fetched: FetchedAddress) -> None:
        """Rewrite the file of an address with the links of the site."""
        path = self.draft / fetched.file
        if fetched.moved:
            target = fetched.moved
            page = redirect_page(link_to(self.files[target], fetched.file), self.public_url + target.lstrip("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8", newline="")
        elif fetched.policy:
            page = relink(
                path.read_bytes().decode(),
                lambda link: self.resolve(link, fetched.address, fetched.file),
                lambda link: first_segment(_address(link, fetched.address)) in ANSWERED,
            )
            path.write_text(self._with_scripts(page, fetched), encoding="utf-8", newline="")

    def resolve(self, link: str, address: str, file: str) -> str | None:
        """Return a link as the site has it, or None."""
        if not link or link.startswith("#"):
            return link
        resolved = address_of(link, address)
        if resolved is None:
            return link
        target, query, fragment = resolved
        if target not in self.files:
            return None
        keeps_query = "?" not in target and first_segment(target) in {*ANSWERED, "static"}
        link = link_to(self.files[target], file) + (f"?{query}" if query and keeps_query else "")
        return f"{link}#{fragment}" if fragment else link

    def _with_scripts(self, page: str, fetched: FetchedAddress) -> str:
        """Return the page with its policy and the site's scripts."""
        name = first_segment(fetched.address)
        policy = _HEADER_ONLY.sub("", fetched.policy)
        if name == "sparql":
            policy = policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'")
        own = link_to("static/site/", fetched.file).rstrip("/")
        first = f'<meta http-equiv="Content-Security-Policy" content="{policy.strip().rstrip(";")}">\n'
        for script in ("parameters", "suggest", *_SCRIPTS.get(name, ())):
            seconds = f' data-seconds="{self.seconds:g}"' if script == "sparql" else ""
            first += f'<script src="{own}/{script}.js"{seconds} defer></script>\n'
        return with_head(page, first, f'<link rel="stylesheet" href="{own}/site.css">\n')


def _address(link: str, page: str) -> str:
    """Return the address that a link means; empty for other hosts."""
    resolved = address_of(link, page)
    return resolved[0] if resolved else ""


@dataclass(frozen=True)
class SiteSource:
    """The project and release of which a site is made."""

    root: Path
    """The folder of the project, absolute."""
    folder: Path
    """The folder of the release, absolute."""
    public_url: str = ""
    """The address of the site, with a slash at its end; empty where that is the project's."""

    def application(self) -> Flask:
        """Return an application over the release, marked as being exported.

        Errors: ReleaseError where the graph is missing or corrupt, ProjectError where the settings are wrong.
        """
        project = Project.open(self.root)
        evaluate = asker(load([self.folder / release_files.GRAPH]), limits_of(project))
        app = create_app(
            project,
            evaluate,
            folder=self.folder,
            examples=read_queries(project.examples),
            public_url=self.public_url or None,
        )
        app.jinja_env.globals["exported"] = True
        return app


ReportStep = Callable[[str], None]
"""Called with the progress in words."""


@dataclass(frozen=True)
class CrawlResult:
    """The addresses that a crawl reached."""

    fetched: tuple[FetchedAddress, ...]
    files: Mapping[str, str]
    """The file of each address."""
    lost: Mapping[str, str]
    """The addresses that lead nowhere, each with a page that has such a link."""
    left_out: frozenset[str]
    """The addresses that a site does not have."""


Fetch = Callable[[Iterable[str]], Iterator[FetchedAddress]]


def crawl(fetch: Fetch, starts: Iterable[str], optional: Iterable[str], step: ReportStep) -> CrawlResult:
    """Fetch everything that can be reached; addresses of ``optional`` may lead nowhere."""
    tried = set(optional)
    first = dict.fromkeys([*starts, *tried], "")
    from_page = dict(first)
    fetched: dict[str, FetchedAddress] = {}
    left_out: set[str] = set()
    todo = sorted(first)
    while todo:
        fresh: dict[str, str] = {}
        for answer in fetch(todo):
            fetched[answer.address] = answer
            if len(fetched) % _REPORTED == 0:
                step(worded("{count} addresses", count=f"{len(fetched):,}"))
            for link in (*answer.links, *_thing_addresses(answer)):
                if not is_wanted(link):
                    left_out.add(link)
                elif link not in from_page:
                    fresh[link] = min(fresh.get(link, answer.address), answer.address)
        from_page |= fresh
        todo = sorted(fresh)
    files = {answer.address: answer.file for answer in fetched.values() if answer.file}
    files = {address: file for address, file in files.items() if fetched[address].moved in {"", *files}}
    _require_distinct(files)
    lost = {address: page for address, page in from_page.items() if address not in files and address not in tried}
    return CrawlResult(tuple(fetched[address] for address in sorted(fetched)), files, lost, frozenset(left_out))


def _thing_addresses(page: FetchedAddress) -> Iterator[str]:
    """Yield the addresses of the IRIs that a page describes."""
    for part, route in PAGE_ROUTES:
        if part != route and page.policy and page.address.startswith(f"/{route}") and "?" not in page.address:
            yield f"/{part}{page.address.removeprefix(f'/{route}')}"


def _require_distinct(files: Mapping[str, str]) -> None:
    """Check that no two addresses have the same file.

    Errors: ReleaseError where they are.
    """
    taken: dict[str, str] = {}
    for address, file in sorted(files.items()):
        if file in taken:
            raise ReleaseError(
                "{address} and {taken} would both be the file {file}. Rename one of the two.",
                address=address,
                taken=taken[file],
                file=file,
            )
        taken[file] = address


@contextmanager
def fetching(source: SiteSource, draft: Path, workers: int) -> Iterator[Fetch]:
    """Provide a function that fetches addresses, in parallel if ``workers`` > 1."""
    if workers == 1:
        fetcher = Fetcher(source, draft)
        yield lambda addresses: map(fetcher.fetch, addresses)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (source, draft)) as pool:
        yield lambda addresses: pool.map(_fetch, addresses, chunksize=_CHUNK)


def relink_files(relinker: Relinker, fetched: Iterable[FetchedAddress], workers: int) -> None:
    """Replace the links in the files of all pages and redirects."""
    wanted = [answer for answer in fetched if answer.address in relinker.files and (answer.policy or answer.moved)]
    if workers == 1:
        for answer in wanted:
            relinker.finish(answer)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin_to_finish, (relinker,)) as pool:
        for _ in pool.map(_finish, wanted, chunksize=_CHUNK * 4):
            pass


_WORKER: dict[str, Fetcher | Relinker] = {}
"""The state of a worker process, which its pool's initializer sets."""


def _begin(source: SiteSource, draft: Path) -> None:
    _WORKER["fetcher"] = Fetcher(source, draft)


def _fetch(address: str) -> FetchedAddress:
    fetcher = _WORKER["fetcher"]
    assert isinstance(fetcher, Fetcher)  # noqa: S101  the pool began with it
    return fetcher.fetch(address)


def _begin_to_finish(relinker: Relinker) -> None:
    _WORKER["relinker"] = relinker


def _finish(fetched: FetchedAddress) -> None:
    relinker = _WORKER["relinker"]
    assert isinstance(relinker, Relinker)  # noqa: S101  the pool began with it
    relinker.finish(fetched)
