"""What tells clients and caches which response they have, and whether it still holds."""

from __future__ import annotations

import hashlib
import json

from flask import Response, request

from kg import __version__
from kg.pages.shared.app_context import AppContext


def tag_of(context: AppContext, *parts: str) -> str:
    """The ETag of a response that depends on the data, the program and these parts; empty where data have no name."""
    if not context.tag:
        return ""
    return hashlib.sha256(json.dumps([context.tag, __version__, *parts]).encode()).hexdigest()[:32]


def is_held(tag: str) -> bool:
    """Whether the client has the response with that ETag already; a proxy may have weakened it."""
    return bool(tag) and not request.if_none_match.star_tag and request.if_none_match.contains_weak(tag)


def labelled(response: Response, tag: str) -> Response:
    """The response with its ETag, to be asked for again by everyone who keeps it."""
    if tag:
        response.set_etag(tag)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "public, no-cache"
    return response
