"""Parts of a request: its page number, the IRI it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from flask import request

from kg.model.iris import is_iri
from kg.pages.shared.problem_pages import PageError

MAX_PAGE_DIGITS = 6
"""Most digits of a page number that ``page_or_first`` reads."""


def requested_page() -> int:
    """Return the page number of the request, from 1.

    Errors: PageError where it is no page number.
    """
    number = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,6}", number, re.ASCII):
        raise PageError("page-number", given=number[:200])
    return int(number)


def page_or_first() -> int:
    """Return the page number of the request.

    1 where it is no page number.
    """
    number = request.args.get("page", "1")
    return max(int(number), 1) if number.isascii() and number.isdecimal() and len(number) <= MAX_PAGE_DIGITS else 1


PATH_SAFE = "/:@!$&'()*+,;=~"
"""Characters that a path may hold unescaped, besides letters, digits and -._ (RFC 3986, section 3.3)."""


def candidate_iris(starts: Iterable[str], name: str) -> Iterator[str]:
    """Yield the IRIs that a path may mean after a start.

    Its characters may stand in the IRI as they are, or percent-encoded where a URL needs it.
    """
    encoded = quote(name, safe=f"{PATH_SAFE}%")
    for iri in dict.fromkeys(f"{start}{path}" for start in starts for path in (name, encoded)):
        if is_iri(iri):
            yield iri
