"""Follows the links of the application until every address that a site has is in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from kg.model.errors import ReleaseError
from kg.pages.shared.app_context import PAGE_ROUTES
from kg.static_site.fetch import Fetched, Fetcher, Finisher
from kg.static_site.site_addresses import is_wanted
from kg.static_site.source import Source

_CHUNK = 25
"""Addresses that a process takes at a time."""

_TOLD = 500
"""Addresses after which progress is told."""

Step = Callable[[str], None]
"""What is told of the progress, in words."""


@dataclass(frozen=True)
class Crawled:
    """What the crawl found.

    ``files`` has each address with its file, ``lost`` the addresses that lead nowhere with a page that has such a link,
    ``left_out`` those that a site does not have.
    """

    fetched: tuple[Fetched, ...]
    files: Mapping[str, str]
    lost: Mapping[str, str]
    left_out: frozenset[str]


Fetch = Callable[[Iterable[str]], Iterator[Fetched]]


def crawl(fetch: Fetch, starts: Iterable[str], optional: Iterable[str], step: Step) -> Crawled:
    """Everything that is reached from some addresses; those of ``optional`` may lead nowhere."""
    tried = set(optional)
    first = dict.fromkeys([*starts, *tried], "")
    from_page = dict(first)
    fetched: dict[str, Fetched] = {}
    left_out: set[str] = set()
    todo = sorted(first)
    while todo:
        fresh: dict[str, str] = {}
        for found in fetch(todo):
            fetched[found.address] = found
            if len(fetched) % _TOLD == 0:
                step(f"{len(fetched):,} addresses")
            for link in (*found.links, *_names(found)):
                if not is_wanted(link):
                    left_out.add(link)
                elif link not in from_page:
                    fresh.setdefault(link, found.address)
                    fresh[link] = min(fresh[link], found.address)
        from_page |= fresh
        todo = sorted(fresh)
    files = {each.address: each.file for each in fetched.values() if each.file}
    files = {address: file for address, file in files.items() if fetched[address].moved in {"", *files}}
    _demand_one_each(files)
    lost = {address: page for address, page in from_page.items() if address not in files and address not in tried}
    return Crawled(tuple(fetched[each] for each in sorted(fetched)), files, lost, frozenset(left_out))


def _names(found: Fetched) -> Iterator[str]:
    """The addresses of the IRIs of what a page is about, which lead to it."""
    for part, route in PAGE_ROUTES:
        if part != route and found.policy and found.address.startswith(f"/{route}") and "?" not in found.address:
            yield f"/{part}{found.address.removeprefix(f'/{route}')}"


def _demand_one_each(files: Mapping[str, str]) -> None:
    """Demand that no two addresses are in one file.

    Errors: ReleaseError where they are.
    """
    taken: dict[str, str] = {}
    for address, file in sorted(files.items()):
        if file in taken:
            raise ReleaseError(f"{address} and {taken[file]} would both be the file {file}. Rename one of the two.")
        taken[file] = address


@contextmanager
def fetching(source: Source, draft: Path, workers: int) -> Iterator[Fetch]:
    """What fetches addresses, in so many processes; with one in this process."""
    if workers == 1:
        fetcher = Fetcher(source, draft)
        yield lambda addresses: map(fetcher.fetch, addresses)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (source, draft)) as pool:
        yield lambda addresses: pool.map(_fetch, addresses, chunksize=_CHUNK)


def finish(finisher: Finisher, fetched: Iterable[Fetched], workers: int) -> None:
    """Put the links of all files right."""
    wanted = [each for each in fetched if each.address in finisher.files and (each.policy or each.moved)]
    if workers == 1:
        for each in wanted:
            finisher.finish(each)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin_to_finish, (finisher,)) as pool:
        for _ in pool.map(_finish, wanted, chunksize=_CHUNK * 4):
            pass


_AT_WORK: dict[str, Fetcher | Finisher] = {}
"""What a process of a pool works with."""


def _begin(source: Source, draft: Path) -> None:
    _AT_WORK["fetcher"] = Fetcher(source, draft)


def _fetch(address: str) -> Fetched:
    fetcher = _AT_WORK["fetcher"]
    assert isinstance(fetcher, Fetcher)  # noqa: S101  the pool began with it
    return fetcher.fetch(address)


def _begin_to_finish(finisher: Finisher) -> None:
    _AT_WORK["finisher"] = finisher


def _finish(fetched: Fetched) -> None:
    finisher = _AT_WORK["finisher"]
    assert isinstance(finisher, Finisher)  # noqa: S101  the pool began with it
    finisher.finish(fetched)
