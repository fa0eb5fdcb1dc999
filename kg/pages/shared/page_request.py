"""What a request asks for: the number of a page, the IRI that a path names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from flask import request

from kg.model.iris import is_iri
from kg.pages.shared.problem_pages import PageError

MAX_PAGE_DIGITS = 6
"""How many digits the number of a page may have where any other is taken for the first."""


def requested_page() -> int:
    """The number of the page.

    Errors: PageError where what is given is none.
    """
    given = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,6}", given, re.ASCII):
        raise PageError("page-number", given=given[:200])
    return int(given)


def page_or_first() -> int:
    """The number of the page; the first where what is given is none."""
    given = request.args.get("page", "1")
    return max(int(given), 1) if given.isascii() and given.isdecimal() and len(given) <= MAX_PAGE_DIGITS else 1


PATH_SAFE = "/:@!$&'()*+,;=~"
"""What a path may hold as it is, besides letters, digits and -._ (RFC 3986, section 3.3)."""


def candidate_iris(starts: Iterable[str], name: str) -> Iterator[str]:
    """The IRIs that begin so and go on as the path, its characters as they are or percent-encoded where a URL needs it.

    Those come first that begin as the first start.
    """
    encoded = quote(name, safe=f"{PATH_SAFE}%")
    for iri in dict.fromkeys(f"{start}{path}" for start in starts for path in (name, encoded)):
        if is_iri(iri):
            yield iri
