"""The addresses of a static site, their files and their links.

An address is the path below the start page, with a slash before it, and the parameters. A host that only sends files
reads no parameters, so each choice of them is a file of its own (``browser/parameters.js`` leads there), as far as
it is no free text; what has to be worked out from free text is worked out in the browser.

The pages are our own: attributes stand in quotation marks, and no text has a ``<`` that begins no tag. So tags can be
found without a parser of HTML, which would take longer than to make the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape, unescape
from pathlib import PurePosixPath
from posixpath import dirname, relpath
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from kg.endpoint.protocol import PAGE, SUFFIXES

HOST = "http://localhost"
"""The host that the application has while the exporter asks it."""

ANSWERED = frozenset({"sparql", "search"})
"""The pages that answer in the browser, whatever their parameters but those of _CHOSEN."""

_ABSENT = frozenset({"health", "metrics", "openapi.json", "rdf-graph-store", "reconcile", "suggest"})
"""The routes that need a service, by the first part of their path."""

_CARRIED = frozenset({"page", "part"})
"""Parameters that only continue a choice of another parameter."""

_CHOSEN = frozenset({"example"})

_WITHOUT_EFFECT = {"static": {"v"}, "": {"lang"}}
"""Parameters that do not change the answer, by the first part of the path."""

_ENDINGS = {media_type: suffix for suffix, media_type in SUFFIXES.items()} | {
    "application/atom+xml": ".xml",
    "application/json": ".json",
    "application/xml": ".xml",
}
_MOST_BYTES = 240
"""Bytes that the name of a file may have on common file systems."""


def address_of(link: str, page: str = "/") -> tuple[str, str, str] | None:
    """Return the address that a link means, with its parameters and fragment.

    None where it leads to another host, or is no address of the web.
    """
    path = page.partition("?")[0]
    return _resolved(link, path if link.startswith(("?", "#")) or not link else path[: path.rindex("/") + 1])


@lru_cache(maxsize=65_536)
def _resolved(link: str, start: str) -> tuple[str, str, str] | None:
    """Return what ``address_of`` does.

    A link means the same in all pages of a folder, and pages have many links in common.
    """
    try:
        parts = urlsplit(urljoin(HOST + start, link))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != HOST:
        return None
    path = parts.path.removesuffix(".html") or "/"
    name = first_segment(path)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if name in ANSWERED and not {key for key, _ in pairs} <= _CHOSEN:
        pairs = []
    pairs = sorted(pair for pair in pairs if pair[0] not in _WITHOUT_EFFECT.get(name, ()))
    return f"{path}?{urlencode(pairs)}" if pairs else path, parts.query, parts.fragment


def is_wanted(address: str) -> bool:
    """Return whether a site has the address, if the service has it.

    Other orders of a list are left out, since the browser sorts; so are combinations of choices, which are too many.
    """
    path, _, query = address.partition("?")
    chosen = [name for name, _ in parse_qsl(query, keep_blank_values=True) if name not in _CARRIED]
    if first_segment(path) in _ABSENT or "sort" in chosen or len(chosen) > 1:
        return False
    parts = unquote(path).split("/")
    return not {".", ".."} & set(parts) and "\0" not in unquote(path) and "" not in parts[1:-1]


def file_of(address: str, media_type: str) -> str:
    """Return the file of an address, or "" where too long."""
    path, _, query = address.partition("?")
    name = unquote(path).lstrip("/")
    if media_type == PAGE:
        stem = f"{name}index" if not name or name.endswith("/") else name.removesuffix(".html")
        name = f"{stem}{f'.{_spell(query)}' if query else ''}.html"
    elif not name.startswith(".well-known/"):
        ending = _ENDINGS.get(media_type, PurePosixPath(name).suffix)
        stem = name.removesuffix(ending)
        name = f"{stem}{f'.{_spell(query)}' if query else ''}{ending}"
    return name if all(len(part.encode()) <= _MOST_BYTES for part in name.split("/")) else ""


def _spell(query: str) -> str:
    """Return parameters as part of a file name.

    The name holds letters, digits and ``-.=+_`` only.

    ``browser/parameters.js`` spells them in the same way.
    """
    return "+".join(f"{_escape(name)}={_escape(value)}" for name, value in parse_qsl(query, keep_blank_values=True))


@lru_cache(maxsize=65_536)
def link_to(file: str, start: str) -> str:
    """Return the link to a file; to its folder for an index."""
    if PurePosixPath(file).name == "index.html":
        folder = relpath(dirname(file) or ".", dirname(start) or ".")
        return f"{quote(folder)}/"
    return quote(relpath(file, dirname(start) or "."), safe="/-._~!$&'()*+,;=@")


def first_segment(address: str) -> str:
    """Return the first part of a path, below the language's start page."""
    return address.partition("?")[0].removeprefix("/en/").lstrip("/").split("/")[0]


def _escape(text: str) -> str:
    return quote(text, safe="").replace("_", "_5F").replace("~", "_7E").replace("%", "_")


_TAG = re.compile(
    r"<!--.*?-->|(<script\b[^>]*>).*?</script\s*>|(<(?:a|area|blockquote|form|img|link|q|source)\b[^>]*>)",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(r'\s(href|src|action|cite)="([^"]*)"')
_OF_LINK = re.compile(r'\s(?:rel|hreflang|type|target|download)="[^"]*"')
"""Attributes that an ``a`` may have only beside an address."""

_IN_STYLE = re.compile(r'url\(\s*["\']?([^"\')]+)')
_IN_MAP = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_HEAD = re.compile(r'(<meta charset="[^"]*">)(.*?)(</head>)', re.DOTALL)

Resolve = Callable[[str], str | None]
"""Returns what a link becomes; None where what it leads to is not in the site."""


def links(page: str) -> Iterator[str]:
    """Yield the links of a page to load or follow.

    Left out are those that name the page to others: its canonical address and its versions in other languages.
    """
    for tag in _TAG.finditer(page):
        for _, link in _LINK.findall(tag[1] or tag[2] or ""):
            yield unescape(link)


def style_links(sheet: str) -> list[str]:
    """Return the addresses of the files that a style sheet loads."""
    return [link for link in _IN_STYLE.findall(sheet) if not link.startswith("data:")]


def map_links(site_map: str) -> list[str]:
    """Return the addresses in a site map or an index of them."""
    return [unescape(link) for link in _IN_MAP.findall(site_map)]


def relink(page: str, resolve: Resolve, answers: Callable[[str], bool]) -> str:
    """Return the page with its links replaced by ``resolve``.

    Where that is None, an ``a`` loses its address and keeps its words, a ``link`` of the head goes, and a form is
    hidden; also where ``answers`` denies that the form's address reads what is filled in.
    """
    return _TAG.sub(lambda match: _relink_tag(match, resolve, answers), page)


def _relink_tag(match: re.Match[str], resolve: Resolve, answers: Callable[[str], bool]) -> str:
    tag = match[1] or match[2]
    if not tag:
        return match[0]
    is_lost, is_form = False, tag.lower().startswith("<form")

    def put(attribute: re.Match[str]) -> str:
        nonlocal is_lost
        old_link = unescape(attribute[2])
        link = None if is_form and not answers(old_link) else resolve(old_link)
        is_lost = is_lost or link is None
        return "" if link is None else f' {attribute[1]}="{escape(link)}"'

    changed = _LINK.sub(put, tag)
    if is_lost:
        name = tag[1:5].lower()
        if name == "link":
            return ""
        if name == "form":
            changed = f"{changed[:-1]} hidden>"
        elif name.startswith("a") and name[1:2].isspace():
            changed = _OF_LINK.sub("", changed)
    return changed + match[0][len(tag) :]


def with_head(page: str, first: str, last: str) -> str:
    """Return the page with additions at the head's beginning and end."""
    return _HEAD.sub(lambda match: f"{match[1]}\n{first}{match[2]}{last}{match[3]}", page, count=1)


def redirect_page(target: str, canonical: str) -> str:
    """Return a page that leads to another without a script.

    ``canonical`` is the public address of the other.
    """
    to, address = escape(target), escape(canonical)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={to}">
<link rel="canonical" href="{address}">
<title>{address}</title>
</head>
<body>
<p><a href="{to}">{address}</a></p>
</body>
</html>
"""
