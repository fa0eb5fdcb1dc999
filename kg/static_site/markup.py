"""The links of pages, style sheets and site maps: found, and put in other words.

The pages are our own: attributes stand in quotation marks, and no text has a ``<`` that begins no tag. So tags can be
found without a parser of HTML, which would take longer than to make the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape

_TAG = re.compile(
    r"<!--.*?-->|(<script\b[^>]*>).*?</script\s*>|(<(?:a|area|blockquote|form|img|link|q|source)\b[^>]*>)",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(r'\s(href|src|action|cite)="([^"]*)"')
_OF_LINK = re.compile(r'\s(?:rel|hreflang|type|target|download)="[^"]*"')
"""What an ``a`` may have only where it leads somewhere."""

_IN_STYLE = re.compile(r'url\(\s*["\']?([^"\')]+)')
_IN_MAP = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_HEAD = re.compile(r'(<meta charset="[^"]*">)(.*?)(</head>)', re.DOTALL)

Resolve = Callable[[str], str | None]
"""What becomes of a link; None where what it leads to is not in the site."""


def links(page: str) -> Iterator[str]:
    """The links of a page, but for those that name it to others (canonical, alternate languages)."""
    for found in _TAG.finditer(page):
        for _, link in _LINK.findall(found[1] or found[2] or ""):
            yield unescape(link)


def style_links(sheet: str) -> list[str]:
    """The addresses of the files that a style sheet takes."""
    return [link for link in _IN_STYLE.findall(sheet) if not link.startswith("data:")]


def map_links(site_map: str) -> list[str]:
    """The addresses that a site map, or an index of some, lists."""
    return [unescape(link) for link in _IN_MAP.findall(site_map)]


def relink(page: str, resolve: Resolve, answers: Callable[[str], bool]) -> str:
    """The page with its links put in other words.

    What leads nowhere stays as words: an ``a`` without its address. A ``link`` of the head goes, and a form is hidden,
    also where ``answers`` denies that its address reads what is filled in.
    """
    return _TAG.sub(lambda found: _relinked(found, resolve, answers), page)


def _relinked(found: re.Match[str], resolve: Resolve, answers: Callable[[str], bool]) -> str:
    tag = found[1] or found[2]
    if not tag:
        return found[0]
    is_lost, is_form = False, tag.lower().startswith("<form")

    def put(attribute: re.Match[str]) -> str:
        nonlocal is_lost
        given = unescape(attribute[2])
        link = None if is_form and not answers(given) else resolve(given)
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
    return changed + found[0][len(tag) :]


def with_head(page: str, first: str, last: str) -> str:
    """The page with more in its head: right after the character set, and at its end."""
    return _HEAD.sub(lambda found: f"{found[1]}\n{first}{found[2]}{last}{found[3]}", page, count=1)


def moved(target: str, canonical: str) -> str:
    """A page that leads on to another without a script; ``canonical`` is the public address of that."""
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
