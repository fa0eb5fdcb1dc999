"""Things at their addresses: ``/id/…`` leads to ``/doc/…``, which is a page for people and RDF for programs.

Cool URIs for the Semantic Web (https://www.w3.org/TR/cooluris/), section 4.2: a thing is not the document about it, so
its IRI answers 303.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.endpoint import protocol
from kg.model.iris import HOME, OA, RDF, SR
from kg.pages.shared.app_context import AppContext, page_path, path_to_root, render_page
from kg.pages.shared.graph_queries import fetch_labels, pick_language
from kg.pages.shared.kinds import KINDS, kind_words
from kg.pages.shared.language import request_language
from kg.pages.shared.page_request import PATH_SAFE, candidate_iris, page_or_first
from kg.pages.shared.problem_pages import PageError, problem_response
from kg.pages.shared.rdf_response import add_format_links, negotiated_type
from kg.pages.shared.statements import quote_in_context
from kg.pages.thing import schemaorg
from kg.pages.thing.data import look_up, of_one_language, statements_of_one_language
from kg.pages.thing.evidence import passage_of, read_passage, tell
from kg.pages.thing.lookup import Found, find, nearest
from kg.pages.thing.rdf import description

_ENDINGS = {".html": protocol.PAGE, **protocol.SUFFIXES}
"""What the end of an address says of the media type."""

_SELECTORS = {OA + "TextQuoteSelector", OA + "TextPositionSelector"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUESTION = f"""PREFIX rdf: <{RDF}>
PREFIX sr: <{SR}>

SELECT ?property ?value ?modality ?quote
WHERE {{
  ?statement rdf:subject <%s> ;
             rdf:predicate ?property ;
             rdf:object ?value ;
             sr:modality ?modality ;
             sr:quote ?quote .
}}
ORDER BY ?property ?value"""
"""The query behind the page of a thing: what the texts say of it, in which modality and words."""


def things(context: AppContext) -> Blueprint:
    """The routes of things and of the documents about them."""
    routes = Blueprint("things", __name__)

    @routes.get("/id/<path:name>")
    def thing(name: str) -> BaseResponse:
        response = redirect(f"{path_to_root()}doc/{quote(name, safe=PATH_SAFE)}", HTTPStatus.SEE_OTHER)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    @routes.get("/doc/<path:name>")
    @routes.get("/en/doc/<path:name>")
    def document(name: str) -> BaseResponse:
        suffix = PurePosixPath(name).suffix
        if suffix in _ENDINGS:
            found = find(context.evaluate, list(candidate_iris(_starts(context), name.removesuffix(suffix))))
            if found:
                return _respond(context, found, _ENDINGS[suffix], is_chosen=True)
        found = find(context.evaluate, list(candidate_iris(_starts(context), name)))
        return _respond(context, found, negotiated_type()) if found else _missing(context, name)

    return routes


def _starts(context: AppContext) -> tuple[str, str]:
    """How the IRIs of things begin: those of the project, and those of the shared schemes."""
    return f"{context.base}id/", f"{HOME}id/"


def _respond(context: AppContext, found: Found, media_type: str, *, is_chosen: bool = False) -> Response:
    """The page of a thing or its RDF, with links to the other forms; ``is_chosen`` where the address says which."""
    if found.is_gone:
        return _gone(context, found)
    path = page_path(context, found.iri)
    is_page = media_type == protocol.PAGE
    response = (
        _page(context, found, path) if is_page else description(context, found.iri, media_type, is_chosen=is_chosen)
    )
    if response.status_code == HTTPStatus.SEE_OTHER:
        return response
    address = f"{context.public_url}{path}"
    own = f"{context.public_url}en/{path}" if is_page and request_language() == "en" else address
    add_format_links(response, address)
    if not is_chosen:
        ending = next(ending for ending, each in _ENDINGS.items() if each == media_type)
        response.headers["Content-Location"] = f"{own}{ending}"
    response.headers.add("Link", f'<{own}>; rel="canonical"')
    response.headers.add("Link", f'<{address}.ttl>; rel="describedby"; type="text/turtle"')
    response.headers.add("Link", f'<{_ascii(found.iri)}>; rel="cite-as"')
    return response


def _page(context: AppContext, found: Found, path: str) -> Response:
    """The page of a statement, a passage or any other thing; a selector leads to the passage that it finds."""
    passage = passage_of(context.evaluate, found.iri) if found.kinds & _SELECTORS else ""
    if passage:
        tongue = "en/" if request_language() == "en" else ""
        return make_response(redirect(f"{path_to_root()}{tongue}{page_path(context, passage)}", HTTPStatus.SEE_OTHER))
    shared: dict[str, Any] = {"path": path, "iri": found.iri, "endings": protocol.SUFFIXES}
    shared["question"] = f"DESCRIBE <{found.iri}>"
    told = tell(context.evaluate, found.iri) if SR + "Assertion" in found.kinds else None
    if told:
        sentence = told.sentence(request_language(), context.base)
        data = schemaorg.of_statement(context, told, sentence)
        return render_page(context, "thing/assertion.html", told=told, sentence=sentence, data=data, **shared)
    read = read_passage(context.evaluate, found.iri) if OA + "SpecificResource" in found.kinds else None
    if read:
        return render_page(
            context, "thing/passage.html", passage=read, data=schemaorg.of_passage(context, read), **shared
        )
    thing = look_up(context.evaluate, found.iri, context.base, page_or_first())
    shared["question"] = _QUESTION % found.iri
    shared |= {"around": quote_in_context, "one_language": of_one_language, "said_once": statements_of_one_language}
    shared |= {"kinds": KINDS, "kind_words": kind_words}
    return render_page(context, "thing/page.html", it=thing, data=schemaorg.of_thing(context, thing), **shared)


def _gone(context: AppContext, found: Found) -> Response:
    """The answer to the id of a thing that is withdrawn: for what reason, and what stands in its place."""
    names = fetch_labels(context.evaluate, [found.successor] if found.successor else [])
    if protocol.wants_page(request.headers.get("Accept", "")):
        response = render_page(
            context, "thing/lost.html", HTTPStatus.GONE, iri=found.iri, found=found, names=names, near=[]
        )
    else:
        reason = pick_language(found.reasons, "en")
        words = {"thing": found.iri, "why": f": {reason.text}" if reason else ""}
        successor = {"successor": found.successor} if found.successor else {}
        response = problem_response(PageError("gone.successor" if successor else "gone", words, **successor))
    if found.successor:
        response.headers.add("Link", f'<{_ascii(found.successor)}>; rel="successor-version"')
    return response


def _missing(context: AppContext, name: str) -> Response:
    """The answer to an id of nothing: those that are near, and the way to the search."""
    name = _CONTROL.sub(lambda found: quote(found[0]), name)
    iri = f"{context.base}id/{name}"
    near = nearest(context.evaluate, name, context.base)
    if protocol.wants_page(request.headers.get("Accept", "")):
        names = fetch_labels(context.evaluate, near)
        return render_page(
            context,
            "thing/lost.html",
            HTTPStatus.NOT_FOUND,
            iri=iri,
            found=None,
            names=names,
            near=near,
            slug=_words(name),
        )
    words = {"nearest": ", ".join(f"<{each}>" for each in near)}
    raise PageError("no-thing.near" if near else "no-thing", words, thing=iri, near=" ".join(near))


def _words(name: str) -> str:
    """What one would type to search for what an id means."""
    return name.rpartition("/")[2].partition(".")[0].replace("-", " ").strip()[:100]


def _ascii(iri: str) -> str:
    """The IRI as a header can hold it (RFC 3987, section 3.1)."""
    return quote(iri, safe="/:@!$&'()*+,;=~%#?[]")
