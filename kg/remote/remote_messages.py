"""What is said about addresses and answers of other servers, the same for queries and pushes."""

from __future__ import annotations

import json
import re
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from kg.model.errors import RemoteError

_PREFORMATTED = re.compile(r"<(xmp|pre)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal would obey."""


def web_address(url: str) -> str:
    """The address with every character that needs it percent-encoded, and without a fragment.

    Errors: RemoteError where it is no web address, or holds a password.
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_web = urlsplit(""), False
    if "@" in parts.netloc:
        raise RemoteError(
            f"{parts.scheme}://…@{parts.hostname}: an address with a user in it is not used, for it stays in the "
            f"shell's history. Leave out what stands before the @."
        )
    if not is_web:
        raise RemoteError(f"{url}: this is no web address. Give one that begins with http:// or https://.")
    return quote(url.partition("#")[0], safe="/:?[]@!$&'()*+,;=%~")


def unreachable(url: str, reason: str) -> RemoteError:
    """The error of a server that did not answer."""
    return RemoteError(f"{url}: cannot be reached: {reason}. Check the address and the connection.")


def answered(code: int, body: bytes) -> str:
    """What a server answered: the status in figures and words, then the server's own words."""
    phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else ""
    said = _detail(body)
    return f"answered {code} {phrase}".rstrip() + (f": {said}" if said else ".")


def harmless(text: str) -> str:
    """What a server said, without the characters that a terminal would obey."""
    return _CONTROL.sub("", text)


def _detail(body: bytes) -> str:
    """What a body says: a problem document's detail, a page's preformatted part, or a text's first paragraph.

    Stores repeat the request below that.
    """
    text = harmless(body.decode("utf-8", "replace")).strip()
    try:
        document: Any = json.loads(text)
        if isinstance(document, dict) and isinstance(document.get("detail"), str):
            return harmless(document["detail"])
    except (ValueError, RecursionError):
        pass
    if text.startswith("<"):
        found = _PREFORMATTED.search(text)
        text = unescape(found[2]).strip() if found else ""
    return text.partition("\n\n")[0][:500]
