"""Sends pages and other texts smaller, in the coding that the client takes; a coded text has an ETag of its own."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, request

from kg.endpoint.gateway.compression import SMALLEST, coding_of, encoded

LARGEST = 4_194_304
"""Most bytes that are coded: a larger text keeps others waiting."""

_TEXTS = ("text/", "application/json", "application/xml", "application/javascript", "application/n-triples")
_SUFFIXES = ("+json", "+xml")


def send_coded(app: Flask) -> None:
    """Code the texts that the application sends."""
    app.before_request(_read_tags)
    app.after_request(_code)


def _coding() -> str:
    return coding_of(request.headers.get("Accept-Encoding", ""))


def _read_tags() -> None:
    """Take the coding out of the ETags that the client has, so that they are compared with those of the routes."""
    held = request.environ.get("HTTP_IF_NONE_MATCH")
    coding = _coding()
    if held and coding:
        request.environ["HTTP_IF_NONE_MATCH"] = held.replace(f'-{coding}"', '"')
        request.environ["kg.coded"] = f'-{coding}"' in held


def _code(response: Response) -> Response:
    """The response in the coding that the client takes (RFC 9110, section 8.4), where that makes it smaller."""
    media_type = response.mimetype or ""
    if not media_type.startswith(_TEXTS) and not media_type.endswith(_SUFFIXES):
        return response
    response.vary.add("Accept-Encoding")
    coding = _coding()
    if response.status_code == 304 and request.environ.get("kg.coded"):
        _name(response, coding)
    is_apart = response.status_code in {204, 206, 304} or "Content-Encoding" in response.headers
    is_asset = request.endpoint == "static"
    if not coding or is_apart or not (is_asset or response.is_sequence):  # a file to download is sent as it is
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if SMALLEST <= len(body) <= LARGEST:
        response.set_data(_kept(body, coding) if is_asset else encoded(body, coding))
        response.headers["Content-Encoding"] = coding
        response.headers.pop("Accept-Ranges", None)
        _name(response, coding)
    return response


def _name(response: Response, coding: str) -> None:
    """Name the coding in the ETag: another coding is another sequence of bytes (RFC 9110, section 8.8.1)."""
    tag, is_weak = response.get_etag()
    if tag:
        response.set_etag(f"{tag}-{coding}", bool(is_weak))


@lru_cache(maxsize=64)
def _kept(body: bytes, coding: str) -> bytes:
    """A file of the pages in a coding, which is the same for everyone."""
    return encoded(body, coding)
