"""Turtle files of the release, sent in the RDF format that a client wants."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from flask import Response, request
from pyoxigraph import BlankNode, RdfFormat, Triple, parse, serialize

from kg.endpoint import protocol
from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.protocol.media_types import media_types
from kg.model.iris import PREFIXES
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.caching import is_held, labelled

FORMAT_SUFFIXES = ",".join(suffix.removeprefix(".") for suffix in protocol.SUFFIXES)
"""The endings of addresses that say the format, as a route lists them."""


def negotiated_type() -> str:
    """What the request would rather have: the media type of a page, or that of a graph; Turtle where any will do.

    Errors: ProblemError where there is nothing that it accepts.
    """
    accept, parameters = request.headers.get("Accept", ""), list(request.args.items(multi=True))
    return media_types(accept, parameters)[1] or protocol.graph_type(accept, parameters)


def read_release_file(context: AppContext, name: str) -> bytes | None:
    """The bytes of a file of the release; None where there is none."""
    try:
        return (context.release_info.folder / name).read_bytes() if context.release_info.folder else None
    except OSError:
        return None


def convert_turtle(turtle: bytes, media_type: str, *, is_chosen: bool = False) -> Response:
    """A Turtle file in a format of GRAPH_TYPES, as it is where that is Turtle.

    ``is_chosen`` where the address says the format.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else request.headers.get("Accept", ""))
    body = turtle if media_type == "text/turtle" else _converted(turtle, media_type)
    tag = hashlib.sha256(content_type.encode() + body).hexdigest()[:32]
    return labelled(Response(status=304) if is_held(tag) else Response(body, content_type=content_type), tag)


def add_format_links(response: Response, address: str) -> Response:
    """The response with links to the formats of what it shows, which are at the address and an ending (RFC 8288)."""
    response.vary.add("Accept")
    for suffix, media_type in protocol.SUFFIXES.items():
        response.headers.add("Link", f'<{address}{suffix}>; rel="alternate"; type="{media_type}"')
    return response


@lru_cache(maxsize=16)
def _converted(turtle: bytes, media_type: str) -> bytes:
    """The triples of a Turtle file in another format; its blank nodes are numbered, so that the bytes stay the same."""
    numbered: dict[BlankNode, BlankNode] = {}

    def name(term: object) -> object:
        if isinstance(term, BlankNode):
            return numbered.setdefault(term, BlankNode(f"b{len(numbered)}"))
        return term

    triples = [
        Triple(name(one.subject), one.predicate, name(one.object))  # type: ignore[arg-type]
        for one in parse(turtle, format=RdfFormat.TURTLE)
    ]
    return serialize(triples, format=GRAPH_TYPES[media_type], prefixes=PREFIXES) or b""
