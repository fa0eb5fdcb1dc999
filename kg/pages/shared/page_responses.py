"""The answers of pages: ETags, codings, RDF formats, and problems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, request
from pyoxigraph import BlankNode, RdfFormat, Triple, parse, serialize
from werkzeug.exceptions import HTTPException

from kg.endpoint import protocol
from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.gateway.responses import SMALLEST_CODED, coding_of, encoded, is_held, make_etag
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import wants_page
from kg.endpoint.protocol.media_types import acceptable_types
from kg.model.iris import PREFIXES
from kg.model.messages import N_, translate
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.page_requests import PageError, explain, request_language

LARGEST_CODED = 4_194_304
"""Most bytes that are coded: coding a larger text would keep others waiting."""

_TEXTS = ("text/", "application/json", "application/xml", "application/javascript", "application/n-triples")
_SUFFIXES = ("+json", "+xml")


def page_etag(context: AppContext, *parts: str) -> str:
    """Return the ETag of what depends on release, address and parts."""
    return make_etag(context.tag, context.public_url, *parts)


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


_HEADINGS = {
    404: N_("Not found"),
    405: N_("Method not allowed"),
    500: N_("The service failed"),
}
"""The headings of error pages by status."""

_REFUSED = N_("Request refused")


def of_http_error(error: HTTPException) -> PageError:
    """Return the problem that an error of Flask or Werkzeug is."""
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return PageError("not-found", {"path": request.path})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = dict(error.get_headers()).get("Allow", "GET")
        is_write = request.method in {"PUT", "POST", "DELETE", "PATCH"}
        place = {"method": request.method, "path": request.path, "allowed": allowed}
        return PageError("read-only" if is_write else "method.page", place)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return PageError("http")
    problem = PageError("http.other", {"description": error.description or HTTPStatus(status).phrase})
    problem.status = status
    return problem


def respond(context: AppContext, error: ProblemError) -> Response:
    """Return an error page for browsers, else a problem document."""
    return error_page(context, error) if wants_page(request.headers.get("Accept", "")) else problem_response(error)


def error_page(context: AppContext, error: ProblemError) -> Response:
    """Return the page of a problem, with detail and remedy."""
    heading = translate(_HEADINGS.get(error.status, _REFUSED), request_language())
    detail, remedy = explain(error, request_language())
    response = render_page(
        context, "shared/error.html", error.status, code=error.status, heading=heading, detail=detail, remedy=remedy
    )
    return with_retry_after(error, response)


def problem_response(error: ProblemError) -> Response:
    """Return the problem document (RFC 9457)."""
    body = json.dumps(error.document(), ensure_ascii=False)
    return with_retry_after(error, Response(body, error.status, content_type="application/problem+json"))


def with_retry_after(error: ProblemError | None, response: Response) -> Response:
    """Add Retry-After (RFC 9110, section 10.2.3), where the problem has a time."""
    if error and "retry_after" in error.values:
        response.headers["Retry-After"] = str(error.values["retry_after"])
    return response
