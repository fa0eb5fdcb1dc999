"""Content codings of answers: zstd and gzip, where the client takes them (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import asyncio
import gzip
from functools import lru_cache

import zstandard
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

CODINGS = ("zstd", "gzip")
"""The codings, the one preferred first."""

SMALLEST = 1_024
"""Bytes below which a coding gains nothing."""


@lru_cache(512)
def coding_of(header: str) -> str:
    """The coding for an Accept-Encoding header; empty for none."""
    accepted = parse_accept_header(header, Accept)
    best = max(CODINGS, key=lambda coding: (accepted.quality(coding), -CODINGS.index(coding)))
    return best if header and accepted.quality(best) > 0 else ""


async def encode(body: bytes, coding: str) -> bytes:
    """The body in a coding; done beside the event loop, which goes on with other requests."""
    return await asyncio.to_thread(encoded, body, coding)


def encoded(body: bytes, coding: str) -> bytes:
    """The body in a coding, the same bytes whenever it is done."""
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    return gzip.compress(body, compresslevel=6, mtime=0)
