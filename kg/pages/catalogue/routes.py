"""What harvesters read: the DCAT catalogue, also as a page, and the VoID description."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.endpoint import protocol
from kg.model import release_files
from kg.model.iris import DCAT, DCT, FOAF, PREFIXES, TYPE, VOID, integer
from kg.model.languages import LANGUAGES
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.rdf_response import (
    FORMAT_SUFFIXES,
    add_format_links,
    convert_turtle,
    negotiated_type,
    read_release_file,
)


def harvest(context: AppContext) -> Blueprint:
    """The routes of the catalogue and of the VoID description."""
    routes = Blueprint("harvest", __name__)

    @routes.get("/catalog")
    @routes.get("/en/catalog")
    def catalogue() -> Response:
        media_type = negotiated_type()
        if media_type != protocol.PAGE:
            return convert_turtle(_catalogue(context), media_type)
        is_whole = read_release_file(context, release_files.CATALOGUE) is not None
        return add_format_links(
            render_page(context, "catalogue/page.html", is_whole=is_whole), f"{context.public_url}catalog"
        )

    @routes.get(f"/catalog.<any({FORMAT_SUFFIXES}):ending>")
    def catalogue_file(ending: str) -> Response:
        return convert_turtle(_catalogue(context), protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/.well-known/void")
    def void() -> Response:
        media_type = negotiated_type()  # there is no page of it: browsers, which the pages send here, get Turtle
        return convert_turtle(_void(context), "text/turtle" if media_type == protocol.PAGE else media_type)

    return routes


def _catalogue(context: AppContext) -> bytes:
    """The catalogue of the release; where files are served that are none, that there is a data set and an endpoint."""
    return read_release_file(context, release_files.CATALOGUE) or _turtle(_bare_catalogue(context))


def _void(context: AppContext) -> bytes:
    """The VoID description of the release; where files are served that are none, their size and the endpoint."""
    return read_release_file(context, release_files.VOID) or _turtle(_bare_void(context))


def _turtle(triples: Iterator[Triple]) -> bytes:
    used = {name: PREFIXES.get(name, "") for name in ("dcat", "dct", "foaf", "void")}
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=used) or b""


def _titles(context: AppContext) -> list[Literal]:
    return [Literal(context.project[f"title.{tag}"], language=tag) for tag in LANGUAGES]


def _bare_catalogue(context: AppContext) -> Iterator[Triple]:
    catalogue, service = (NamedNode(f"{context.public_url}catalog#{name}") for name in ("catalog", "sparql"))
    dataset, endpoint = context.project.minter.dataset, NamedNode(f"{context.public_url}sparql")
    for node, kind in ((catalogue, "Catalog"), (dataset, "Dataset"), (service, "DataService")):
        yield Triple(node, TYPE, NamedNode(DCAT + kind))
        for title in _titles(context):
            yield Triple(node, NamedNode(DCT + "title"), title)
            yield Triple(node, NamedNode(DCT + "description"), title)
    yield Triple(catalogue, NamedNode(DCAT + "dataset"), dataset)
    yield Triple(catalogue, NamedNode(DCAT + "service"), service)
    yield Triple(service, NamedNode(DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(DCAT + "endpointURL"), endpoint)
    yield Triple(service, NamedNode(DCAT + "endpointDescription"), endpoint)


def _bare_void(context: AppContext) -> Iterator[Triple]:
    document, dataset = NamedNode(f"{context.public_url}.well-known/void"), context.project.minter.dataset
    yield Triple(document, TYPE, NamedNode(VOID + "DatasetDescription"))
    yield Triple(document, NamedNode(FOAF + "primaryTopic"), dataset)
    yield Triple(dataset, TYPE, NamedNode(VOID + "Dataset"))
    for title in _titles(context):
        yield Triple(dataset, NamedNode(DCT + "title"), title)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{context.public_url}sparql"))
    yield Triple(dataset, NamedNode(VOID + "triples"), integer(context.release_info.triples))
