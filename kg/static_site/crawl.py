"""A crawl that writes every address of a site to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from kg.model.errors import ReleaseError
from kg.model.messages import worded
from kg.pages.shared.app_context import PAGE_ROUTES
from kg.static_site.fetch import FetchedAddress, Fetcher, Relinker, SiteSource
from kg.static_site.site_links import is_wanted

_CHUNK = 25
"""Addresses that a worker process takes at a time."""

_REPORTED = 500
"""Addresses between two reports of progress."""

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
