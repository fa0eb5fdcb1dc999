"""Which page of a long list a request asks for."""

from __future__ import annotations

import re

from flask import request

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
