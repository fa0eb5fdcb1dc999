"""A thing in RDF: its description in the formats that clients ask for."""

from __future__ import annotations

import json
from functools import lru_cache

from flask import Response, request
from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from kg.endpoint import protocol
from kg.endpoint.evaluation import GRAPH_TYPES, Request
from kg.model import release_files
from kg.model.iris import OA, PREFIXES, RDF, SR
from kg.model.json_ld import Context, compact, prefix_context, read_context
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.caching import is_held, labelled, tag_of
from kg.pages.shared.rdf_response import read_release_file
from kg.pages.thing.description import describe

_LINES = "application/n-triples"
_PARTS = {SR + "evidence", OA + "hasSelector"}
"""What leads from a statement to its parts, which stand right after it."""


def description(context: AppContext, iri: str, media_type: str, *, is_chosen: bool = False) -> Response:
    """The description of a thing in one of GRAPH_TYPES; ``is_chosen`` where the address says which.

    Errors: ProblemError where it is over a limit, or XML cannot hold it.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else request.headers.get("Accept", ""))
    tag = tag_of(context, "description", iri, content_type)
    if is_held(tag):
        return labelled(Response(status=304), tag)
    direct = media_type in {_LINES, "application/rdf+xml"}
    asked = Request(describe(iri), results=None, graph=media_type if direct else _LINES)
    body = context.evaluate(asked).body
    if not direct:
        body = _write(context, _arranged(iri, list(parse(body, format=RdfFormat.N_TRIPLES))), media_type)
    return labelled(Response(body, content_type=content_type), tag)


def _write(context: AppContext, triples: list[Triple], media_type: str) -> bytes:
    if media_type == "application/ld+json":
        terms = context_of(context)
        document = {"@context": terms.source, "@graph": compact(triples, terms)}
        return json.dumps(document, ensure_ascii=False, indent=1).encode()
    used = {
        prefix: namespace
        for prefix, namespace in PREFIXES.items()
        if any(term.value.startswith(namespace) for one in triples for term in one if isinstance(term, NamedNode))
    }
    return serialize(triples, format=GRAPH_TYPES[media_type], prefixes=used) or b""


@lru_cache(maxsize=2)
def context_of(context: AppContext) -> Context:
    """The JSON-LD context of the release that is served; prefixes only where there is none."""
    try:
        source = json.loads(read_release_file(context, release_files.CONTEXT) or b"{}")["@context"]
    except (ValueError, KeyError, TypeError):
        return prefix_context()
    return read_context(source)


def _arranged(iri: str, triples: list[Triple]) -> list[Triple]:
    """The triples by subject: the thing, then each statement with its passages and their selectors, then the rest."""
    told: dict[object, list[Triple]] = {}
    for one in sorted(triples, key=lambda one: (str(one.subject), _rank(one), str(one.object))):
        told.setdefault(one.subject, []).append(one)
    order: dict[object, None] = {}

    def place(subject: object) -> None:
        if subject in order or subject not in told:
            return
        order[subject] = None
        for one in told[subject]:
            if one.predicate.value in _PARTS:
                place(one.object)

    place(NamedNode(iri))
    statements = [subject for subject, each in told.items() if any(one.predicate.value in _PARTS for one in each)]
    for subject in (*sorted(statements, key=lambda subject: (_about(told[subject]), str(subject))), *told):
        place(subject)
    return [one for subject in order for one in told[subject]]


def _rank(one: Triple) -> tuple[bool, str]:
    """What sorts the triples of a subject: its classes, then the other properties by IRI."""
    return one.predicate.value != f"{RDF}type", one.predicate.value


def _about(triples: list[Triple]) -> str:
    """The property of the statement that an assertion describes; passages come after all assertions."""
    return next((str(one.object) for one in triples if one.predicate.value == f"{RDF}predicate"), "~")
