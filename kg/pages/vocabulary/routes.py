"""Routes of the vocabulary, its versions, and its JSON-LD context."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, abort
from markupsafe import Markup
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from kg.endpoint import protocol
from kg.endpoint.evaluation import Request, asker
from kg.model import release_files
from kg.model.iris import OWL, PREFIXES, SKOS, SR, shorten_iri
from kg.pages.releases.data import version_key
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.graph_queries import Evaluate, format_iris, pick_language
from kg.pages.shared.page_requests import request_language
from kg.pages.shared.page_responses import (
    add_format_links,
    add_page_with_file,
    content_response,
    convert_turtle,
    negotiated_type,
    read_release_file,
)
from kg.pages.validation.data import shapes_of
from kg.pages.vocabulary.data import MODALITIES, GraphVocabulary, VocabularyTerm, read_vocabulary
from kg.pages.vocabulary.diagram import FROM, LEFT, MIDDLE, RIGHT, TO, WIDTH, draw

_VERSION = OWL + "versionInfo"
_NAME = re.compile(r"(\bsr:[\w-]*\w)")
_BOX = {"width": WIDTH, "from": FROM, "left": LEFT, "middle": MIDDLE, "right": RIGHT, "to": TO}
_IN_USE = """SELECT ?property (COUNT(*) AS ?triples)
WHERE { ?subject ?property ?value }
GROUP BY ?property
ORDER BY DESC(?triples)"""


def vocabulary(context: AppContext) -> Blueprint:
    """Return the routes of the vocabulary and of its JSON-LD context."""
    routes = Blueprint("vocabulary", __name__)

    add_page_with_file(routes, "ontology", lambda: _page(context, vocabulary_of(context)), lambda: _turtle(context))

    @routes.get("/ontology/<path:name>")
    @routes.get("/en/ontology/<path:name>")
    def version(name: str) -> Response:
        return _version(context, name)

    @routes.get("/context.jsonld")
    def json_ld_context() -> Response:
        return _context(context)

    return routes


@lru_cache(maxsize=2)
def vocabulary_of(context: AppContext) -> GraphVocabulary:
    """Return the vocabulary of the release, in the order of its file.

    Errors: ProblemError if a query is refused.
    """
    return read_vocabulary(context.evaluate, order_of(read_release_file(context, release_files.ONTOLOGY)))


def order_of(turtle: bytes | None) -> tuple[str, ...]:
    """Return the subjects of a Turtle file in its order."""
    triples = parse(turtle, format=RdfFormat.TURTLE) if turtle else ()
    return tuple(dict.fromkeys(triple.subject.value for triple in triples if isinstance(triple.subject, NamedNode)))


def _page(context: AppContext, vocabulary: GraphVocabulary, *, missing: str = "", is_old: bool = False) -> Response:
    """Answer with a vocabulary; ``missing`` is an unknown requested version."""
    properties = [term for term in vocabulary.properties if not term.is_annotation]
    response = render_page(
        context,
        "vocabulary/page.html",
        404 if missing else 200,
        vocabulary=vocabulary,
        classes=vocabulary.classes,
        own=[term for term in properties if vocabulary.is_own(term)],
        others=[term for term in properties if not vocabulary.is_own(term)],
        annotations=[term for term in vocabulary.properties if term.is_annotation],
        modalities=next((scheme for scheme in vocabulary.schemes if scheme.term.iri == MODALITIES[0]), None),
        of_class=_by_class(vocabulary, lambda term: term.domains),
        to_class=_by_class(vocabulary, lambda term: term.ranges),
        diagram=draw(vocabulary),
        box=_BOX,
        versions=list(_versions(context)),
        demands=_demands(context),
        missing=missing,
        is_old=is_old,
        in_words=lambda texts: pick_language(texts or {}, request_language()),
        linked=lambda text: _linked(vocabulary, text),
        local=lambda iri: iri.rpartition("#")[2],
        query_of=_query_of,
        in_use=_IN_USE,
    )
    address = f"{context.public_url}ontology{f'/{vocabulary.version}' if is_old else ''}"
    return add_format_links(response, address) if vocabulary.terms and not missing else response


def _by_class(vocabulary: GraphVocabulary, ends: Callable[[VocabularyTerm], tuple[str, ...]]) -> dict[str, list[str]]:
    """Return the properties with each class at one end."""
    by_class: dict[str, list[str]] = {}
    for term in vocabulary.properties:
        for iri in ends(term):
            by_class.setdefault(iri, []).append(term.iri)
    return by_class


def _linked(vocabulary: GraphVocabulary, text: str) -> Markup:
    """Return a text as HTML with links on term names (``sr:Crisis``)."""
    parts = _NAME.split(text)
    for at in range(1, len(parts), 2):
        iri = SR + parts[at].removeprefix("sr:")
        if iri in vocabulary.names:
            link = Markup('<a href="#{}"><code>{}</code></a>')
            parts[at] = link.format(vocabulary.anchor(iri), parts[at])
    return Markup("").join(parts)


def _query_of(term: VocabularyTerm, *, scheme: bool = False) -> str:
    """Return the SPARQL query that lists the uses of a term."""
    name = shorten_iri(term.iri)
    prefix = name.partition(":")[0]
    head = f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" if prefix in PREFIXES else ""
    name = name if head else f"<{term.iri}>"
    if scheme:
        return f"PREFIX skos: <{SKOS}>\nSELECT ?concept WHERE {{ ?concept skos:inScheme <{term.iri}> }}"
    if term.is_class:
        return f"{head}SELECT DISTINCT ?thing WHERE {{ ?thing a {name} }}"
    if term.types & {SKOS + "Concept"}:
        return f"{head}SELECT DISTINCT ?assertion ?quote\nWHERE {{ ?assertion sr:modality {name} ; sr:quote ?quote }}"
    return f"{head}SELECT ?subject ?value WHERE {{ ?subject {name} ?value }}"


def _version(context: AppContext, name: str) -> Response:
    """Answer with a version by number, perhaps with a format suffix."""
    suffix = PurePosixPath(name).suffix
    is_chosen = suffix in protocol.SUFFIXES
    number = name.removesuffix(suffix) if is_chosen else name
    media_type = protocol.SUFFIXES[suffix] if is_chosen else negotiated_type()
    path = _versions(context).get(number)
    if media_type == protocol.PAGE:
        current = vocabulary_of(context)
        if number == current.version:
            return _page(context, current)
        if path is None:
            return _page(context, current, missing=number)
        return _page(context, _old(path, path.stat().st_mtime_ns), is_old=True)
    if path is None:
        abort(404)
    return convert_turtle(path.read_bytes(), media_type, is_chosen=is_chosen)


def _versions(context: AppContext) -> Mapping[str, Path]:
    """Return the files of the served and kept versions, the newest first."""
    name = release_files.ONTOLOGY
    kept = sorted(
        context.project.releases.glob(f"*/{name}"), key=lambda path: version_key(path.parent.name), reverse=True
    )
    folder = context.release_info.folder
    served = [folder / name] if folder and (folder / name).is_file() else []
    files: dict[str, Path] = {}
    for path in [*served, *kept]:
        files.setdefault(_number(path, path.stat().st_mtime_ns), path)
    return {number: files[number] for number in sorted(files, key=version_key, reverse=True) if number}


@lru_cache(maxsize=256)
def _number(path: Path, _changed: int) -> str:
    """Return the version that an ontology file states; empty if none."""
    for triple in parse(path=str(path), format=RdfFormat.TURTLE):
        if triple.predicate.value == _VERSION:
            return str(getattr(triple.object, "value", ""))
    return ""


@lru_cache(maxsize=4)
def _old(path: Path, _changed: int) -> GraphVocabulary:
    """Return the vocabulary of an earlier release, without counts."""
    store = Store()
    store.load(path=str(path), format=RdfFormat.TURTLE)
    evaluate: Evaluate = asker(store)
    return read_vocabulary(evaluate, order_of(path.read_bytes()), counted=False)


def _demands(context: AppContext) -> dict[str, list[str]]:
    """Return the anchors of the shapes about each class or property."""
    anchors: dict[str, list[str]] = {}
    for shape in shapes_of(context):
        iris = [iri for _, iri in shape.targets]
        if shape.path and shape.path.iri and shape.targets:
            iris.append(shape.path.iri)
        for iri in dict.fromkeys(iris):
            anchors.setdefault(iri, []).append(shape.anchor)
    return anchors


def _turtle(context: AppContext) -> bytes:
    """Return the vocabulary in Turtle, from the release or the graph."""
    turtle = read_release_file(context, release_files.ONTOLOGY)
    if turtle is not None:
        return turtle
    described = vocabulary_of(context)
    if not described.terms:
        abort(404)
    terms = format_iris([*([described.iri] if described.iri else []), *(term.iri for term in described.terms)])
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {terms} }} ?s ?p ?o . FILTER(!ISBLANK(?o)) }}"
    return context.evaluate(Request(query, results=None, graph="text/turtle")).body


def _context(context: AppContext) -> Response:
    """Answer with the JSON-LD context; clients may cache it for an hour."""
    body = read_release_file(context, release_files.CONTEXT)
    if body is None:
        abort(404)
    response = content_response(body, "application/ld+json")
    response.vary.clear()
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
