"""Asks the application for an address, writes what it answers to a file, and later puts the file's links right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.endpoint.protocol import PAGE
from kg.model.errors import ReleaseError
from kg.static_site.markup import links, map_links, moved, relink, style_links, with_head
from kg.static_site.site_addresses import ANSWERED, address_of, file_of, link_to
from kg.static_site.source import Source

_ACCEPT = f"{PAGE},*/*;q=0.1"
_ELSEWHERE = re.compile(r"\s*frame-ancestors [^;]*;?")
"""The part of a policy that a page cannot hold itself to, but only a header."""

_FORMATS = re.compile(r'<([^>]*)>;[^<]*rel="(?:alternate|describedby)"')
_GONE = 410
_SCRIPTS = {"sparql": ("sparql",), "search": ("search",), "things": ("things",)}
"""The scripts of ``browser`` that some pages take besides those that all have, by the first part of the path."""


@dataclass(frozen=True)
class Fetched:
    """What an address answered: the file that it is in, the addresses that it leads to.

    ``file`` is empty where it has none; ``moved`` is the address that it leads on to. ``policy`` is what a page may
    load; what is no page has none.
    """

    address: str
    status: int
    file: str = ""
    links: tuple[str, ...] = ()
    moved: str = ""
    policy: str = ""
    media_type: str = ""


class Fetcher:
    """Asks one application of its own; the files are below ``draft``."""

    def __init__(self, source: Source, draft: Path) -> None:
        self._draft = draft
        self._client = source.application().test_client()
        self._public = self._client.application.extensions["app_context"].public_url

    def fetch(self, address: str) -> Fetched:
        """What the service answers at an address, written to its file as it is.

        Errors: ReleaseError where the application fails.
        """
        response = self._client.get(address, headers={"Accept": _ACCEPT}, buffered=True)
        status = response.status_code
        if status >= 500:
            raise ReleaseError(f"{address}: this page cannot be made ({status}). See what 'kg serve' answers there.")
        if 300 <= status < 400:
            return self._moved(address, status, response.headers["Location"])
        if status >= 400 and status != _GONE:
            return Fetched(address, status)
        media_type = response.mimetype or ""
        file = file_of(address, media_type)
        if not file:
            return Fetched(address, status)
        body = response.get_data()
        path = self._draft / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        found = [*self._links(media_type, body), *self._formats(response.headers.getlist("Link"))]
        return Fetched(
            address,
            status,
            file,
            tuple(dict.fromkeys(each for each in (_plain(link, address) for link in found) if each)),
            policy=response.headers.get("Content-Security-Policy", "") if media_type == PAGE else "",
            media_type=media_type,
        )

    def _moved(self, address: str, status: int, location: str) -> Fetched:
        target = _plain(location, address)
        return Fetched(address, status, file_of(address, PAGE), (target,) if target else (), moved=target)

    def _links(self, media_type: str, body: bytes) -> Iterable[str]:
        if media_type == PAGE:
            return links(body.decode())
        if media_type == "text/css":
            return style_links(body.decode())
        return self._below(map_links(body.decode())) if media_type == "application/xml" else ()

    def _formats(self, headers: Iterable[str]) -> Iterator[str]:
        return self._below(link for header in headers for link in _FORMATS.findall(header))

    def _below(self, public: Iterable[str]) -> Iterator[str]:
        """Public addresses as addresses of the application."""
        return (f"/{link.removeprefix(self._public)}" for link in public if link.startswith(self._public))


@dataclass(frozen=True)
class Finisher:
    """Puts the links of files right, once it is known which addresses have a file.

    ``files`` has the file of each address, and ``seconds`` is the longest time of a query.
    """

    draft: Path
    public_url: str
    files: Mapping[str, str]
    seconds: float

    def finish(self, fetched: Fetched) -> None:
        """Write the file as the site has it."""
        path = self.draft / fetched.file
        if fetched.moved:
            target = fetched.moved
            page = moved(link_to(self.files[target], fetched.file), self.public_url + target.lstrip("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8", newline="")
        elif fetched.policy:
            page = self.relinked(path.read_bytes().decode(), fetched.address, fetched.file)
            path.write_text(self._completed(page, fetched), encoding="utf-8", newline="")

    def relinked(self, page: str, address: str, file: str) -> str:
        """A page with its links as the site has them."""
        return relink(page, lambda link: self.resolve(link, address, file), lambda link: _answers(link, address))

    def resolve(self, link: str, address: str, file: str) -> str | None:
        """A link of a page as the site has it; None where the site does not have what it leads to."""
        if not link or link.startswith("#"):
            return link
        found = address_of(link, address)
        if found is None:
            return link
        target, query, fragment = found
        if target not in self.files:
            return None
        is_kept = target == target.partition("?")[0] and _first(target) in {*ANSWERED, "static"}
        return "".join(
            [
                _link(self.files[target], file),
                f"?{query}" if query and is_kept else "",
                f"#{fragment}" if fragment else "",
            ]
        )

    def _completed(self, page: str, fetched: Fetched) -> str:
        """The page with its policy, and with the scripts that do here what the service does there."""
        name = _first(fetched.address)
        policy = _ELSEWHERE.sub("", fetched.policy)
        if name == "sparql":
            policy = policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'")
        own = _link("static/site/", fetched.file).rstrip("/")
        first = f'<meta http-equiv="Content-Security-Policy" content="{policy.strip().rstrip(";")}">\n'
        for script in ("parameters", "suggest", *_SCRIPTS.get(name, ())):
            seconds = f' data-seconds="{self.seconds:g}"' if script == "sparql" else ""
            first += f'<script src="{own}/{script}.js"{seconds} defer></script>\n'
        return with_head(page, first, f'<link rel="stylesheet" href="{own}/site.css">\n')


def _plain(link: str, page: str) -> str:
    """The address that a link means; empty where it leads elsewhere."""
    found = address_of(link, page)
    return found[0] if found else ""


def _answers(link: str, page: str) -> bool:
    """Whether the page that a form of a page leads to reads in the browser what was filled in."""
    return _first(_plain(link, page)) in ANSWERED


def _first(address: str) -> str:
    return address.partition("?")[0].removeprefix("/en/").lstrip("/").split("/")[0]


@lru_cache(maxsize=65_536)
def _link(file: str, start: str) -> str:
    return link_to(file, start)
