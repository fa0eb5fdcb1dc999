"""Routes of the Reconciliation Service API 0.2, which matches names to things.

https://reconciliation-api.github.io/specs/0.2/. ``/reconcile`` answers with French names, ``/en/reconcile`` with
English ones; both understand names of either language. ``callback`` (JSONP) is for clients from before CORS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from kg import __version__
from kg.model.iris import SR
from kg.model.languages import Language
from kg.model.messages import translate
from kg.pages.reconcile.batches import MAX_BATCH, MAX_CANDIDATES, BatchError, read_batch, read_extension
from kg.pages.reconcile.data import Candidate, answer, extend, find
from kg.pages.search.entries import IndexEntry
from kg.pages.search.search_service import CatalogueTerm, SearchService, TermIndex
from kg.pages.shared.app_context import AppContext, page_path, path_to_root, render_page
from kg.pages.shared.page_requests import PageError, request_language
from kg.pages.shared.page_responses import cached_response, page_etag, problem_response

SUGGESTIONS = 10
_DEFAULT_TYPES = 12
"""Types that the manifest names."""

_WIDTH, _HEIGHT = 430, 220
_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}", re.ASCII)
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)
"""Content-Security-Policy of a preview: any site may show it in a frame."""


def reconcile(context: AppContext, service: SearchService) -> Blueprint:
    """Return the routes of the reconciliation service."""
    routes = Blueprint("reconcile", __name__)

    @routes.route("/reconcile", methods=["GET", "POST"])
    @routes.route("/en/reconcile", methods=["GET", "POST"])
    def answer_batch() -> Response:
        return _answer(context, service)

    @routes.get("/reconcile/preview")
    @routes.get("/en/reconcile/preview")
    def preview() -> Response:
        response = render_page(
            context,
            "reconcile/preview.html",
            entry=_entry(service),
            kinds=_kind_names(service, _entry(service), request_language()),
        )
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @routes.get("/reconcile/view")
    @routes.get("/en/reconcile/view")
    def view() -> BaseResponse:
        path = page_path(context, _entry(service).iri) or abort(404)
        return redirect(f"{path_to_root()}{'en/' if request_language() == 'en' else ''}{path}", 303)

    _add_suggestions(routes, context, service)
    return routes


def _add_suggestions(routes: Blueprint, context: AppContext, service: SearchService) -> None:
    """Add the routes that suggest things, types and properties."""

    @routes.get("/reconcile/suggest/entity")
    @routes.get("/en/reconcile/suggest/entity")
    def entities() -> Response:
        return _suggest_entities(context, service)

    @routes.get("/reconcile/suggest/type")
    @routes.get("/en/reconcile/suggest/type")
    def types() -> Response:
        return _suggest_terms(context, service.catalogue.types)

    @routes.get("/reconcile/suggest/property")
    @routes.get("/en/reconcile/suggest/property")
    def properties() -> Response:
        return _suggest_terms(context, service.catalogue.properties)

    @routes.get("/reconcile/properties")
    @routes.get("/en/reconcile/properties")
    def proposals() -> Response:
        return _propose(context, service)


def _answer(context: AppContext, service: SearchService) -> Response:
    """Answer with candidates, with values of properties, or with the manifest."""
    form, tongue = request.values, request_language()
    try:
        if "queries" in form:
            questions = read_batch(form["queries"], service.catalogue)
            candidates = answer(service.evaluate, service.index, questions)
            return _json(
                context,
                {
                    key: {"result": [_candidate(service, item, tongue) for item in ranked]}
                    for key, ranked in candidates.items()
                },
            )
        if "extend" in form:
            return _json(context, _extension(service, form["extend"], tongue))
    except BatchError as error:
        return _refusal(str(error))
    if request.method == "POST":
        return _refusal("There is neither queries nor extend in the form. Send one of them, as JSON.")
    return _json(context, _manifest(context, service, tongue))


def _json(context: AppContext, document: Mapping[str, Any]) -> Response:
    """Answer with JSON, or with a script if a callback is named."""
    callback = request.values.get("callback", "")
    if callback and not _CALLBACK.fullmatch(callback):
        return _refusal(
            "callback is no name of a function. Send one of letters, digits, dots, $ and _, or leave it out."
        )
    body = json.dumps(document, ensure_ascii=bool(callback))
    if callback:
        return Response(f"/**/{callback}({body});", content_type="text/javascript; charset=utf-8")
    if request.method == "POST":
        return Response(body, content_type="application/json")
    etag = page_etag(context, "reconcile", request.path, request.query_string.decode("ascii", "replace"))
    return cached_response(etag, "application/json", lambda: body)


def _refusal(detail: str) -> Response:
    """Answer with a problem document (RFC 9457), even for browsers."""
    return problem_response(PageError("reconciliation", {"reason": detail}))


def _manifest(context: AppContext, service: SearchService, tongue: Language) -> dict[str, Any]:
    """Return the service manifest."""
    at = f"{context.public_url}{'en/' if tongue == 'en' else ''}reconcile"
    title = context.project[f"title.{tongue}"]
    return {
        "versions": ["0.2"],
        "name": translate("{title} (English)", tongue, title=title),
        "identifierSpace": f"{context.base}id/",
        "schemaSpace": SR,
        "documentation": f"{context.public_url}{'en/' if tongue == 'en' else ''}ontology",
        "serviceVersion": __version__,
        "logo": f"{context.public_url}static/icon.svg",
        "view": {"url": f"{at}/view?id={{{{id}}}}"},
        "defaultTypes": [_type(term, tongue) for term in service.catalogue.types.terms[:_DEFAULT_TYPES]],
        "batchSize": MAX_BATCH,
        "suggest": {
            kind: {"service_url": at, "service_path": f"/suggest/{kind}"} for kind in ("entity", "type", "property")
        },
        "preview": {"url": f"{at}/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "extend": {
            "propose_properties": {"service_url": at, "service_path": "/properties"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": translate("Values in a cell", tongue),
                    "type": "number",
                    "default": 0,
                    "help_text": translate("At most; 0 is all of them.", tongue),
                },
                {
                    "name": "stated",
                    "label": translate("Only what the texts state", tongue),
                    "type": "checkbox",
                    "default": False,
                    "help_text": translate("Without what editors infer, rules derive or texts only intend.", tongue),
                },
            ],
        },
    }


def _type(term: CatalogueTerm, tongue: Language) -> dict[str, str]:
    return {"id": term.id, "name": term.name(tongue)}


def _types_of(service: SearchService, entry: IndexEntry, tongue: Language) -> list[dict[str, str]]:
    """Return id and name of the classes of a thing.

    Classes without a name are included only if none has a name.
    """
    terms = [term for kind in entry.kinds if (term := service.catalogue.types.find(kind))]
    return [_type(term, tongue) for term in [term for term in terms if term.entry.names] or terms]


def _kind_names(service: SearchService, entry: IndexEntry, tongue: Language) -> list[str]:
    return [kind["name"] for kind in _types_of(service, entry, tongue)[:1]]


def _described(service: SearchService, entry: IndexEntry, tongue: Language) -> str:
    """Return the kind of a thing and its definition."""
    definition = entry.definition(tongue)
    return ". ".join([*_kind_names(service, entry, tongue), *([definition.text] if definition else [])])


def _candidate(service: SearchService, candidate: Candidate, tongue: Language) -> dict[str, Any]:
    """Return a candidate in the form of the API."""
    entry, hit = candidate.entry, candidate.hit
    features: list[dict[str, Any]] = [{"id": name, "value": value} for name, value in candidate.features.items()]
    if hit and hit.name:
        features.append({"id": f"{hit.name.role}-{hit.how}", "value": True})
    return {
        "id": entry.id,
        "name": entry.label(tongue).text,
        "description": _described(service, entry, tongue),
        "type": _types_of(service, entry, tongue),
        "score": candidate.score,
        "features": features,
        "match": candidate.is_sure,
    }


def _extension(service: SearchService, text: str, tongue: Language) -> dict[str, Any]:
    """Return the answer to an extension: columns and values."""
    ids, columns = read_extension(text, service.catalogue)
    ranges = service.catalogue.range_of(column.property.iri for column in columns) if columns else {}
    meta: list[dict[str, Any]] = []
    for column in columns:
        kind = service.catalogue.types.find(ranges.get(column.property.iri, ""))
        named = {"id": column.property.id, "name": column.property.name(tongue)}
        meta.append({**named, "type": _type(kind, tongue)} if kind else named)
    return {"meta": meta, "rows": extend(service, ids, columns, tongue)}


def _typed() -> tuple[str, int]:
    """Return the typed words, and how many suggestions to skip."""
    return request.args.get("prefix", ""), max(0, request.args.get("cursor", 0, type=int))


def _suggest_entities(context: AppContext, service: SearchService) -> Response:
    """Answer with things for the typed words."""
    (prefix, cursor), tongue = _typed(), request_language()
    kind = service.catalogue.types.find(request.args.get("type", ""))
    kinds = [kind.iri] if kind else []
    most = min(cursor, MAX_CANDIDATES) + SUGGESTIONS
    hits = service.index.search(prefix, kinds, limit=most, is_typed=True).hits[cursor:]
    result = [
        {
            "id": hit.entry.id,
            "name": hit.entry.label(tongue).text,
            "description": _described(service, hit.entry, tongue),
            "notable": _types_of(service, hit.entry, tongue),
        }
        for hit in hits
    ]
    return _json(context, {"result": result})


def _suggest_terms(context: AppContext, terms: TermIndex) -> Response:
    """Answer with types or properties for the typed words."""
    prefix, cursor = _typed()
    return _json(context, {"result": _terms(terms.suggest(prefix)[cursor : cursor + SUGGESTIONS], request_language())})


def _terms(terms: Iterable[CatalogueTerm], tongue: Language) -> list[dict[str, str]]:
    return [
        _type(term, tongue) | ({"description": definition} if (definition := term.definition(tongue)) else {})
        for term in terms
    ]


def _propose(context: AppContext, service: SearchService) -> Response:
    """Answer with the properties of a type, the most frequent first."""
    reference = request.args.get("type", "")
    limit = request.args.get("limit", MAX_CANDIDATES, type=int)
    kind = service.catalogue.types.find(reference)
    properties = service.catalogue.properties
    if reference and not kind:
        near = ", ".join(term.id for term in service.catalogue.types.suggest(reference)[:3])
        return _refusal(
            f"type is {reference[:100]!r}, which is no type here. {f'Try {near}.' if near else 'Leave it out.'}"
        )
    terms = [properties.find(iri) for iri in service.catalogue.of_type(kind.iri)] if kind else properties.terms
    proposed = _terms([term for term in terms if term][: max(1, limit)], request_language())
    return _json(context, {"properties": proposed} | ({"type": reference, "limit": limit} if reference else {}))


def _entry(service: SearchService) -> IndexEntry:
    """Return the thing of the ``id`` parameter, or answer 404."""
    return find(service.index, request.args.get("id", "")) or abort(404)
