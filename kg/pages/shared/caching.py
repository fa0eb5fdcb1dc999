"""ETags, 304 responses and content codings of pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from flask import Flask, Response, request

from kg.endpoint.gateway.responses import SMALLEST_CODED, coding_of, encoded, is_held, make_etag
from kg.pages.shared.app_context import AppContext

LARGEST_CODED = 4_194_304
"""Most bytes that are coded: coding a larger text would keep others waiting."""

_TEXTS = ("text/", "application/json", "application/xml", "application/javascript", "application/n-triples")
_SUFFIXES = ("+json", "+xml")


def page_etag(context: AppContext, *parts: str) -> str:
    """Return the ETag of what depends on the release and the parts."""
    return make_etag(context.tag, *parts)


def cached_response(etag: str, content_type: str, make: Callable[[], bytes | str]) -> Response:
    """Return what ``make`` makes, or 304 for a client that has it."""
    if is_held(etag, request.headers.get("If-None-Match", "")):
        response = Response(status=304)
    else:
        response = Response(make(), content_type=content_type)
    if etag:
        response.set_etag(etag)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def content_response(body: bytes, content_type: str) -> Response:
    """Return bytes with an ETag of their content, or 304."""
    etag = hashlib.sha256(content_type.encode() + body).hexdigest()[:32]
    return cached_response(etag, content_type, lambda: body)


def send_coded(app: Flask) -> None:
    """Have an application code the texts that it sends (RFC 9110, 8.4).

    A coded text has an ETag of its own: another coding is another sequence of bytes (RFC 9110, section 8.8.1).
    """
    app.before_request(_strip_coding_of_etags)
    app.after_request(_code)


def _strip_coding_of_etags() -> None:
    """Remove the coding from the client's ETags, as routes know none."""
    held = request.environ.get("HTTP_IF_NONE_MATCH")
    coding = coding_of(request.headers.get("Accept-Encoding", ""))
    if held and coding:
        request.environ["HTTP_IF_NONE_MATCH"] = held.replace(f'-{coding}"', '"')
        request.environ["kg.coded"] = f'-{coding}"' in held


def _code(response: Response) -> Response:
    """Return the response in the client's coding, where that is shorter."""
    media_type = response.mimetype or ""
    if not media_type.startswith(_TEXTS) and not media_type.endswith(_SUFFIXES):
        return response
    response.vary.add("Accept-Encoding")
    coding = coding_of(request.headers.get("Accept-Encoding", ""))
    if response.status_code == 304 and request.environ.get("kg.coded"):
        _add_coding_to_etag(response, coding)
    is_apart = response.status_code in {204, 206, 304} or "Content-Encoding" in response.headers
    is_asset = request.endpoint == "static"
    if not coding or is_apart or not (is_asset or response.is_sequence):  # downloads are sent as they are
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if SMALLEST_CODED <= len(body) <= LARGEST_CODED:
        response.set_data(_coded_asset(body, coding) if is_asset else encoded(body, coding))
        response.headers["Content-Encoding"] = coding
        response.headers.pop("Accept-Ranges", None)
        _add_coding_to_etag(response, coding)
    return response


def _add_coding_to_etag(response: Response, coding: str) -> None:
    """Name the coding in the ETag of a coded response."""
    etag, is_weak = response.get_etag()
    if etag:
        response.set_etag(f"{etag}-{coding}", bool(is_weak))


@lru_cache(maxsize=64)
def _coded_asset(body: bytes, coding: str) -> bytes:
    """Return a coded asset, which is the same for everyone."""
    return encoded(body, coding)
