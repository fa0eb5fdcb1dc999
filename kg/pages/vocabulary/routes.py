"""The routes of the vocabulary: ``/ontology`` and its versions for people and programs, and ``/context.jsonld``."""

from __future__ import annotations

import hashlib
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
from kg.pages.shapes.routes import shapes_of
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.caching import is_held, labelled
from kg.pages.shared.graph_queries import Evaluate, format_iris, pick_language
from kg.pages.shared.language import request_language
from kg.pages.shared.rdf_response import (
    FORMAT_SUFFIXES,
    add_format_links,
    convert_turtle,
    negotiated_type,
    read_release_file,
)
from kg.pages.vocabulary.data import MODALITIES, Term, Vocabulary, read_vocabulary
from kg.pages.vocabulary.diagram import FROM, LEFT, MIDDLE, RIGHT, TO, WIDTH, draw

_VERSION = OWL + "versionInfo"
_NAME = re.compile(r"(\bsr:[\w-]*\w)")
_BOX = {"width": WIDTH, "from": FROM, "left": LEFT, "middle": MIDDLE, "right": RIGHT, "to": TO}
_IN_USE = """SELECT ?property (COUNT(*) AS ?triples)
WHERE { ?subject ?property ?value }
GROUP BY ?property
ORDER BY DESC(?triples)"""


def vocabulary(context: AppContext) -> Blueprint:
    """The routes of the vocabulary and of its JSON-LD context."""
    routes = Blueprint("vocabulary", __name__)

    @routes.get("/ontology")
    @routes.get("/en/ontology")
    def ontology() -> Response:
        media_type = negotiated_type()
        return (
            _page(context, vocabulary_of(context))
            if media_type == protocol.PAGE
            else convert_turtle(_turtle(context), media_type)
        )

    @routes.get(f"/ontology.<any({FORMAT_SUFFIXES}):ending>")
    def ontology_file(ending: str) -> Response:
        return convert_turtle(_turtle(context), protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/ontology/<path:name>")
    @routes.get("/en/ontology/<path:name>")
    def version(name: str) -> Response:
        return _version(context, name)

    @routes.get("/context.jsonld")
    def json_ld_context() -> Response:
        return _context(context)

    return routes


@lru_cache(maxsize=2)
def vocabulary_of(context: AppContext) -> Vocabulary:
    """The vocabulary of what is served, asked of the graph once; in the order of the release's file where it has one.

    Errors: ProblemError where the graph does not answer.
    """
    return read_vocabulary(context.evaluate, order_of(read_release_file(context, release_files.ONTOLOGY)))


def order_of(turtle: bytes | None) -> tuple[str, ...]:
    """The subjects of a Turtle file as they come: the order in which its authors want them to be read."""
    triples = parse(turtle, format=RdfFormat.TURTLE) if turtle else ()
    return tuple(dict.fromkeys(one.subject.value for one in triples if isinstance(one.subject, NamedNode)))


def _page(context: AppContext, vocabulary: Vocabulary, *, missing: str = "", is_old: bool = False) -> Response:
    """The page of a vocabulary; ``missing`` is the version that was asked for and is not there."""
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
        modalities=next((one for one in vocabulary.schemes if one.term.iri == MODALITIES[0]), None),
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


def _by_class(vocabulary: Vocabulary, ends: Callable[[Term], tuple[str, ...]]) -> dict[str, list[str]]:
    """The properties that lead from, or to, each class itself."""
    found: dict[str, list[str]] = {}
    for term in vocabulary.properties:
        for iri in ends(term):
            found.setdefault(iri, []).append(term.iri)
    return found


def _linked(vocabulary: Vocabulary, text: str) -> Markup:
    """A text in HTML; the names of terms in it (``sr:Crisis``) lead to their place in the page."""
    parts = _NAME.split(text)
    for at in range(1, len(parts), 2):
        iri = SR + parts[at].removeprefix("sr:")
        if iri in vocabulary.names:
            link = Markup('<a href="#{}"><code>{}</code></a>')
            parts[at] = link.format(vocabulary.anchor(iri), parts[at])
    return Markup("").join(parts)


def _query_of(term: Term, *, scheme: bool = False) -> str:
    """The query behind the number of uses of a term: the things of a class, the triples of a property, and so on."""
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
    """A version of the vocabulary, by its number and perhaps the ending of a format."""
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
    """The versions of the ontology that can be had, the newest first: that of the release served, and those kept."""
    name = release_files.ONTOLOGY
    kept = sorted(context.project.releases.glob(f"*/{name}"), key=lambda path: _numbers(path.parent.name), reverse=True)
    served = (
        [context.release_info.folder / name]
        if context.release_info.folder and (context.release_info.folder / name).is_file()
        else []
    )
    found: dict[str, Path] = {}
    for path in [*served, *kept]:
        found.setdefault(_number(path, path.stat().st_mtime_ns), path)
    return {number: found[number] for number in sorted(found, key=_numbers, reverse=True) if number}


def _numbers(version: str) -> list[int]:
    """The parts of a version, to sort by."""
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]


@lru_cache(maxsize=256)
def _number(path: Path, _changed: int) -> str:
    """The version that an ontology file tells; empty where it tells none."""
    for triple in parse(path=str(path), format=RdfFormat.TURTLE):
        if triple.predicate.value == _VERSION:
            return str(getattr(triple.object, "value", ""))
    return ""


@lru_cache(maxsize=4)
def _old(path: Path, _changed: int) -> Vocabulary:
    """The vocabulary that a file of an earlier release describes, without counts."""
    store = Store()
    store.load(path=str(path), format=RdfFormat.TURTLE)
    evaluate: Evaluate = asker(store)
    return read_vocabulary(evaluate, order_of(path.read_bytes()), counted=False)


def _demands(context: AppContext) -> dict[str, list[str]]:
    """The anchors of the shapes that demand something of a class or property, by its IRI."""
    found: dict[str, list[str]] = {}
    for shape in shapes_of(context):
        release_info = [iri for _, iri in shape.targets]
        if shape.path and shape.path.iri and shape.targets:
            release_info.append(shape.path.iri)
        for iri in dict.fromkeys(release_info):
            found.setdefault(iri, []).append(shape.anchor)
    return found


def _turtle(context: AppContext) -> bytes:
    """The vocabulary in Turtle: the file of the release, or else what the graph says of each term."""
    turtle = read_release_file(context, release_files.ONTOLOGY)
    if turtle is not None:
        return turtle
    found = vocabulary_of(context)
    if not found.terms:
        abort(404)
    terms = format_iris([*([found.iri] if found.iri else []), *(term.iri for term in found.terms)])
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {terms} }} ?s ?p ?o . FILTER(!ISBLANK(?o)) }}"
    return context.evaluate(Request(query, results=None, graph="text/turtle")).body


def _context(context: AppContext) -> Response:
    """The JSON-LD context; kept for an hour by those who read it with each document."""
    body = read_release_file(context, release_files.CONTEXT)
    if body is None:
        try:
            body = context.project.context.read_bytes()
        except OSError:
            abort(404)
    tag = hashlib.sha256(body).hexdigest()[:32]
    held = is_held(tag)
    response = labelled(Response(status=304) if held else Response(body, content_type="application/ld+json"), tag)
    response.vary.clear()
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
