"""RDF of the release in the format that a client wants."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flask import Blueprint, Response, abort, request
from pyoxigraph import BlankNode, RdfFormat, Triple, parse, serialize

from kg.endpoint import protocol
from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol.media_types import acceptable_types
from kg.model.iris import PREFIXES
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.caching import content_response

FORMAT_SUFFIXES = ",".join(suffix.removeprefix(".") for suffix in protocol.SUFFIXES)
"""The suffixes of addresses that name a format, as a route lists them."""


def negotiated_type() -> str:
    """Return the media type that the request prefers, a page or graph.

    It is Turtle where the client accepts any graph.

    Errors: ProblemError where it accepts none.
    """
    accept, parameters = request.headers.get("Accept", ""), list(request.args.items(multi=True))
    try:
        media_type = acceptable_types(accept, parameters)[1]
    except ProblemError as error:
        if error.code == "accept":  # of all that the service can send, only pages and graphs are to be had here
            raise ProblemError("accept.graph", given=accept, types=", ".join([*GRAPH_TYPES, protocol.PAGE])) from None
        raise
    return media_type or protocol.graph_type(accept, parameters)


def read_release_file(context: AppContext, name: str) -> bytes | None:
    """Return the bytes of a file of the release.

    None where there is none.
    """
    try:
        return (context.release_info.folder / name).read_bytes() if context.release_info.folder else None
    except OSError:
        return None


def convert_turtle(turtle: bytes, media_type: str, *, is_chosen: bool = False) -> Response:
    """Return the response with a Turtle file in a format of GRAPH_TYPES.

    ``is_chosen`` tells that the address names the format, so that Accept does not matter.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else request.headers.get("Accept", ""))
    body = turtle if media_type == "text/turtle" else _converted(turtle, media_type)
    return content_response(body, content_type)


def add_page_with_file(
    routes: Blueprint, path: str, page: Callable[[], Response], turtle: Callable[[], bytes | None]
) -> None:
    """Add the routes of a page that programs get as Turtle.

    ``/<path>`` is the page, in both languages, or the file in the format that the client accepts;
    ``/<path>.<suffix>`` is the file in a format. Without a file (None) the answer to programs is 404.
    """

    def file(media_type: str, *, is_chosen: bool = False) -> Response:
        content = turtle()
        return abort(404) if content is None else convert_turtle(content, media_type, is_chosen=is_chosen)

    @routes.get(f"/{path}", endpoint=path)
    @routes.get(f"/en/{path}", endpoint=path)
    def page_or_file() -> Response:
        media_type = negotiated_type()
        return page() if media_type == protocol.PAGE else file(media_type)

    @routes.get(f"/{path}.<any({FORMAT_SUFFIXES}):ending>", endpoint=f"{path}_file")
    def file_by_suffix(ending: str) -> Response:
        return file(protocol.SUFFIXES[f".{ending}"], is_chosen=True)


def add_format_links(response: Response, address: str) -> Response:
    """Add links to the other formats (RFC 8288).

    Each is at the address and a suffix.
    """
    response.vary.add("Accept")
    for suffix, media_type in protocol.SUFFIXES.items():
        response.headers.add("Link", f'<{address}{suffix}>; rel="alternate"; type="{media_type}"')
    return response


@lru_cache(maxsize=16)
def _converted(turtle: bytes, media_type: str) -> bytes:
    """Return the triples of a Turtle file in another format.

    Blank nodes are numbered, since their random labels would change the bytes and the ETag each time.
    """
    numbered: dict[BlankNode, BlankNode] = {}

    def name(term: object) -> object:
        if isinstance(term, BlankNode):
            return numbered.setdefault(term, BlankNode(f"b{len(numbered)}"))
        return term

    triples = [
        Triple(name(triple.subject), triple.predicate, name(triple.object))  # type: ignore[arg-type]
        for triple in parse(turtle, format=RdfFormat.TURTLE)
    ]
    return serialize(triples, format=GRAPH_TYPES[media_type], prefixes=PREFIXES) or b""
