"""Whole responses: their headers, ETags and content codings, and problems as documents."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import msgspec
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags

from kg import __version__
from kg.endpoint.problems import ProblemError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMMON_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Language, Link, Retry-After",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""The headers of every response: anyone may read it, and no browser may guess another media type."""

ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, *"
"""The headers that scripts of other sites may send; ``*`` is any but Authorization (Fetch, CORS preflight)."""

_OF_304 = frozenset([*COMMON_HEADERS, "Vary", "Cache-Control", "Link", "ETag"])
"""The headers that a 304 repeats (RFC 9110, section 15.4.5)."""

CODINGS = ("zstd", "gzip")
"""The content codings on offer, the preferred one first (RFC 9110, section 12.5.3)."""

SMALLEST_CODED = 1_024
"""Bytes below which a coding gains nothing."""


@dataclass(frozen=True)
class WholeResponse:
    """A response that is ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def of_problem(cls, error: ProblemError, **headers: str) -> WholeResponse:
        """Return the problem document of an error (RFC 9457), with further headers."""
        headers = {
            **COMMON_HEADERS,
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            "Vary": "Accept",
            **headers,
        }
        if "retry_after" in error.values:
            headers["Retry-After"] = str(error.values["retry_after"])
        return cls(error.status, headers, json.dumps(error.document(), ensure_ascii=False).encode())

    @cached_property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The headers as ASGI takes them, with the length of the body."""
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status != 304:
            fields.append((b"content-length", str(len(self.body)).encode()))
        return fields

    def unless_held(self, if_none_match: str) -> WholeResponse:
        """Return this response, or 304 where If-None-Match names its ETag."""
        if if_none_match and is_held(self.headers.get("ETag", "").strip('"'), if_none_match):
            return WholeResponse(304, {name: value for name, value in self.headers.items() if name in _OF_304})
        return self


def make_etag(release: str, *parts: object) -> str:
    """Return the ETag of what depends on release, program and parts.

    Empty where nothing names the data: blank nodes of RDF files that are no release change with each load.
    """
    if not release:
        return ""
    return hashlib.sha256(msgspec.json.encode([release, __version__, *parts])).hexdigest()[:32]


def is_held(etag: str, if_none_match: str) -> bool:
    """Return whether If-None-Match names the ETag.

    A proxy may have weakened the ETag. ``*`` names none.
    """
    if not etag or not if_none_match:
        return False
    held = parse_etags(if_none_match)
    return not held.star_tag and held.contains_weak(etag)


@lru_cache(512)
def coding_of(accept_encoding: str) -> str:
    """Return the coding that a client likes best, or an empty string."""
    accepted = parse_accept_header(accept_encoding, Accept)
    best = max(CODINGS, key=lambda coding: (accepted.quality(coding), -CODINGS.index(coding)))
    return best if accept_encoding and accepted.quality(best) > 0 else ""


async def encode(body: bytes, coding: str) -> bytes:
    """Return the body in a coding, made in a thread."""
    return await asyncio.to_thread(encoded, body, coding)


def encoded(body: bytes, coding: str) -> bytes:
    """Return the body in a coding; always the same bytes."""
    if coding == "zstd":
        return zstd.compress(body, 3)
    return gzip.compress(body, compresslevel=6, mtime=0)
