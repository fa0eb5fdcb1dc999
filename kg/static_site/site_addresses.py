"""Which addresses of the service a static site has, and in which file each of them is.

An address is the path below the start page, with a slash before it, and the parameters. A host that only sends files
reads no parameters, so each choice of them is a file of its own (``browser/parameters.js`` leads there), as far as
it is no free text; what has to be worked out from free text is worked out in the browser.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from posixpath import dirname, relpath
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from kg.endpoint.protocol import PAGE, SUFFIXES

HOST = "http://localhost"
"""Where the application stands for itself while it is asked."""

ANSWERED = frozenset({"sparql", "search"})
"""The pages that answer in the browser, whatever their parameters are but for those of _CHOSEN."""

ABSENT = frozenset({"health", "metrics", "openapi.json", "rdf-graph-store", "reconcile", "suggest"})
"""The routes that need a service, by the first part of their path."""

_CARRIED = frozenset({"page", "part"})
"""Parameters that go on with what another one chose."""

_CHOSEN = frozenset({"example"})

_UNSEEN = {"static": {"v"}, "": {"lang"}}
"""Parameters that change nothing in the answer, by the first part of the path."""

_ENDINGS = {media_type: suffix for suffix, media_type in SUFFIXES.items()} | {
    "application/atom+xml": ".xml",
    "application/json": ".json",
    "application/xml": ".xml",
}
_MOST_BYTES = 240
"""Bytes that the name of a file may have."""


def address_of(link: str, page: str = "/") -> tuple[str, str, str] | None:
    """The address that a link in a page means, its parameters as the link has them, and its fragment.

    None where it leads to another host, or is no address of the web.
    """
    path = page.partition("?")[0]
    return _resolved(link, path if link.startswith(("?", "#")) or not link else path[: path.rindex("/") + 1])


@lru_cache(maxsize=65_536)
def _resolved(link: str, start: str) -> tuple[str, str, str] | None:
    """See ``address_of``; a link means the same in all pages of a folder, and pages have many links in common."""
    try:
        parts = urlsplit(urljoin(HOST + start, link))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != HOST:
        return None
    path = parts.path.removesuffix(".html") or "/"
    name = _first(path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if name in ANSWERED and not {key for key, _ in pairs} <= _CHOSEN:
        pairs = []
    kept = sorted(pair for pair in pairs if pair[0] not in _UNSEEN.get(name, ()))
    return f"{path}?{urlencode(kept)}" if kept else path, parts.query, parts.fragment


def is_wanted(address: str) -> bool:
    """Whether a site has the address, if the service has it.

    A page that is sorted otherwise is not: the browser sorts. Of pages with more than one choice there are too many.
    """
    path, _, query = address.partition("?")
    chosen = [name for name, _ in parse_qsl(query, keep_blank_values=True) if name not in _CARRIED]
    if _first(path) in ABSENT or "sort" in chosen or len(chosen) > 1:
        return False
    parts = unquote(path).split("/")
    return not {".", ".."} & set(parts) and "\0" not in unquote(path) and "" not in parts[1:-1]


def file_of(address: str, media_type: str) -> str:
    """The file of an address in the site; empty where its name would be too long for a file."""
    path, _, query = address.partition("?")
    name = unquote(path).lstrip("/")
    if media_type == PAGE:
        stem = f"{name}index" if not name or name.endswith("/") else name.removesuffix(".html")
        name = f"{stem}{f'.{spelled(query)}' if query else ''}.html"
    elif not name.startswith(".well-known/"):
        ending = _ENDINGS.get(media_type, "")
        name = name if PurePosixPath(name).suffix == ending else name + ending
    return name if all(len(part.encode()) <= _MOST_BYTES for part in name.split("/")) else ""


def spelled(query: str) -> str:
    """Parameters as a part of the name of a file, which holds letters, digits and ``-.=+_`` only.

    ``browser/parameters.js`` spells them in the same way.
    """
    return "+".join(f"{_plain(name)}={_plain(value)}" for name, value in parse_qsl(query, keep_blank_values=True))


def link_to(file: str, start: str) -> str:
    """The link from one file of the site to another; to a start page by its folder."""
    if PurePosixPath(file).name == "index.html":
        folder = relpath(dirname(file) or ".", dirname(start) or ".")
        return f"{quote(folder)}/"
    return quote(relpath(file, dirname(start) or "."), safe="/-._~!$&'()*+,;=@")


def _first(path: str) -> str:
    """The first part of a path below the start page of its language."""
    return path.removeprefix("/en/").lstrip("/").split("/")[0]


def _plain(text: str) -> str:
    return quote(text, safe="").replace("_", "_5F").replace("~", "_7E").replace("%", "_")
