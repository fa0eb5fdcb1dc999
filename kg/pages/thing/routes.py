"""Routes of things: ``/id/…`` redirects to ``/doc/…``, a page or RDF.

Cool URIs for the Semantic Web (https://www.w3.org/TR/cooluris/), section 4.2: a thing is not the document about it, so
its IRI answers 303.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg.endpoint import protocol
from kg.endpoint.problems import ProblemError
from kg.model.iris import HOME, OA, RDF, SR
from kg.pages.shared.app_context import AppContext, page_path, path_to_root, render_page
from kg.pages.shared.graph_queries import KINDS, fetch_labels, kind_words, pick_language
from kg.pages.shared.page_requests import PageError, candidate_iris, page_or_first, request_language, sent_name
from kg.pages.shared.page_responses import add_format_links, negotiated_type, problem_response
from kg.pages.shared.statements import quote_in_context
from kg.pages.thing.data import (
    links_in_language,
    passage_of_selector,
    read_passage_page,
    read_statement_page,
    read_thing_page,
    statements_in_language,
)
from kg.pages.thing.lookup import LookupResult, iris_with_fragment, look_up, look_up_kept, nearest_iris
from kg.pages.thing.rdf import passage_data, rdf_response, statement_data, thing_data

_MEDIA_TYPES = {".html": protocol.PAGE, **protocol.SUFFIXES}
"""The media type that each suffix of an address means."""

_SELECTORS = {OA + "TextQuoteSelector", OA + "TextPositionSelector"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STATEMENTS_QUERY = f"""PREFIX rdf: <{RDF}>
PREFIX sr: <{SR}>

SELECT ?property ?value ?modality ?set ?quote
WHERE {{
  ?statement rdf:subject <%s> ;
             rdf:predicate ?property ;
             rdf:object ?value ;
             sr:modality ?modality ;
             sr:quote ?quote .
  OPTIONAL {{ GRAPH ?set {{ <%s> ?property ?value }} }}
}}
ORDER BY ?property ?value"""
"""The query behind the page of a thing: the statements about it, their modality, set and quotes."""


def things(context: AppContext) -> Blueprint:
    """Return the routes of things and of the documents about them."""
    routes = Blueprint("things", __name__)

    @routes.get("/id/<path:name>")
    def thing(name: str) -> BaseResponse:  # noqa: ARG001 the name as it was sent, with its escapes, is asked for
        query = request.query_string.decode("ascii", "replace")
        address = f"{path_to_root()}doc/{sent_name('id/')}{'?' if query else ''}{query}"
        response = redirect(address, HTTPStatus.SEE_OTHER)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    @routes.get("/doc/<path:name>")
    @routes.get("/en/doc/<path:name>")
    def document(name: str) -> BaseResponse:
        sent = sent_name("doc/")
        suffix = PurePosixPath(sent).suffix
        if suffix in _MEDIA_TYPES:
            result = _find(context, sent.removesuffix(suffix))
            if result:
                return _respond(context, result, _MEDIA_TYPES[suffix], is_chosen=True)
        result = _find(context, sent)
        return _respond(context, result, negotiated_type()) if result else _missing(context, name)

    return routes


def _starts(context: AppContext) -> tuple[str, str]:
    """Return how IRIs of the project and shared schemes begin."""
    return f"{context.base}id/", f"{HOME}id/"


def _find(context: AppContext, name: str) -> LookupResult | None:
    """Return the thing of a name as it was sent.

    The request's query belongs to the name if an IRI has it. Clients send no fragments: an IRI stands for those with
    a fragment too, or for them alone if it is unknown.
    """
    query = request.query_string.decode("ascii", "replace")
    names = [f"{name}?{query}", name] if query else [name]
    iris = [iri for each in names for iri in candidate_iris(_starts(context), each)]
    found = look_up(context.evaluate, iris)
    inside = [part for iri in ([found.iri] if found else iris) for part in _fragments(context).get(iri, ())]
    found = found or look_up(context.evaluate, inside) or look_up_kept(context.project.releases, iris)
    return found and replace(found, siblings=tuple(iri for iri in inside if iri != found.iri))


@lru_cache(maxsize=2)
def _fragments(context: AppContext) -> dict[str, list[str]]:
    """Return the IRIs with a fragment by what stands before it."""
    by_document: dict[str, list[str]] = {}
    with suppress(ProblemError):  # too many to be found in time
        for iri in iris_with_fragment(context.evaluate, _starts(context)):
            by_document.setdefault(iri.partition("#")[0], []).append(iri)
    return by_document


def _respond(context: AppContext, result: LookupResult, media_type: str, *, is_chosen: bool = False) -> Response:
    """Return a thing's page or RDF, with links to other formats.

    ``is_chosen`` tells that the address names the format.
    """
    if result.is_gone:
        return _gone(context, result)
    path = page_path(context, result.iri)
    is_page = media_type == protocol.PAGE
    if is_page:
        response = _page(context, result, path)
    else:
        response = rdf_response(context, (result.iri, *result.siblings), media_type, is_chosen=is_chosen)
    if response.status_code == HTTPStatus.SEE_OTHER:
        return response
    address = f"{context.public_url}{path}"
    own = f"{context.public_url}en/{path}" if is_page and request_language() == "en" else address
    add_format_links(response, address)
    if not is_chosen:
        suffix = next(suffix for suffix, name in _MEDIA_TYPES.items() if name == media_type)
        response.headers["Content-Location"] = f"{own}{suffix}"
    response.headers.add("Link", f'<{own}>; rel="canonical"')
    response.headers.add("Link", f'<{address}.ttl>; rel="describedby"; type="text/turtle"')
    response.headers.add("Link", f'<{_ascii(result.iri)}>; rel="cite-as"')
    return response


def _page(context: AppContext, result: LookupResult, path: str) -> Response:
    """Return the page of a thing.

    That of a selector redirects to its passage.
    """
    passage = passage_of_selector(context.evaluate, result.iri) if result.kinds & _SELECTORS else ""
    if passage:
        language = "en/" if request_language() == "en" else ""
        return make_response(redirect(f"{path_to_root()}{language}{page_path(context, passage)}", HTTPStatus.SEE_OTHER))
    shared: dict[str, Any] = {"path": path, "iri": result.iri, "endings": protocol.SUFFIXES}
    shared["question"] = f"DESCRIBE <{result.iri}>"
    statement = read_statement_page(context.evaluate, result.iri) if SR + "Assertion" in result.kinds else None
    if statement:
        sentence = statement.sentence(request_language(), context.base)
        data = statement_data(context, statement, sentence)
        return render_page(context, "thing/assertion.html", page=statement, sentence=sentence, data=data, **shared)
    cited = read_passage_page(context.evaluate, result.iri) if OA + "SpecificResource" in result.kinds else None
    if cited:
        return render_page(context, "thing/passage.html", page=cited, data=passage_data(context, cited), **shared)
    thing = read_thing_page(context.evaluate, result.iri, context.base, page_or_first())
    shared["question"] = _STATEMENTS_QUERY % (result.iri, result.iri)
    shared |= {"quote_in_context": quote_in_context, "kinds": KINDS, "kind_words": kind_words}
    shared |= {"links_in_language": links_in_language, "statements_in_language": statements_in_language}
    shared["siblings"] = fetch_labels(context.evaluate, result.siblings) if result.siblings else {}
    return render_page(context, "thing/page.html", page=thing, data=thing_data(context, thing), **shared)


def _gone(context: AppContext, result: LookupResult) -> Response:
    """Return the answer for a withdrawn thing: reason and successor."""
    names = fetch_labels(context.evaluate, [result.successor] if result.successor else [])
    if protocol.wants_page(request.headers.get("Accept", "")):
        response = render_page(
            context, "thing/lost.html", HTTPStatus.GONE, iri=result.iri, result=result, names=names, near=[]
        )
    else:
        reason = pick_language(result.reasons, "en")
        words = {"thing": result.iri, "why": f": {reason.text}" if reason else ""}
        successor = {"successor": result.successor} if result.successor else {}
        name = "gone.successor" if successor else "gone"
        if result.release:
            name, words["release"] = "gone.kept", result.release
            successor = {"release": f"{context.public_url}releases/{result.release}"}
        response = problem_response(PageError(name, words, **successor))
    if result.successor:
        response.headers.add("Link", f'<{_ascii(result.successor)}>; rel="successor-version"')
    if result.release:
        address = f"{context.public_url}releases/{result.release}"
        response.headers.add("Link", f'<{address}>; rel="predecessor-version"')
    return response


def _missing(context: AppContext, name: str) -> Response:
    """Return the page of an unknown id, with the nearest ids.

    Errors: PageError with the nearest ids for those who want no page.
    """
    name = _CONTROL.sub(lambda control: quote(control[0]), name)
    iri = f"{context.base}id/{name}"
    near = nearest_iris(context.evaluate, name, context.base)
    if protocol.wants_page(request.headers.get("Accept", "")):
        names = fetch_labels(context.evaluate, near)
        return render_page(
            context,
            "thing/lost.html",
            HTTPStatus.NOT_FOUND,
            iri=iri,
            result=None,
            names=names,
            near=near,
            slug=_search_words(name),
        )
    words = {"nearest": ", ".join(f"<{near_iri}>" for near_iri in near)}
    raise PageError("no-thing.near" if near else "no-thing", words, thing=iri, near=" ".join(near))


def _search_words(name: str) -> str:
    """Return the search words for the thing of an id.

    Statements, passages and sentences are numbered, which nobody searches for.
    """
    if name.partition("/")[0] in {"assertion", "passage", "sentence"}:
        return ""
    return name.rpartition("/")[2].partition(".")[0].replace("-", " ").strip()[:100]


def _ascii(iri: str) -> str:
    """Return the IRI for a header (RFC 3987, section 3.1)."""
    return quote(iri, safe="/:@!$&'()*+,;=~%#?[]")
