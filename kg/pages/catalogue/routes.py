"""What harvesters read: the DCAT catalogue, also as a page, and the VoID description."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.endpoint import protocol
from kg.model import release_files
from kg.model.iris import DCAT, DCT, FOAF, PREFIXES, TYPE, VOID, integer
from kg.pages.shared.app_context import Site, page
from kg.pages.shared.rdf_response import ENDINGS, part_of, rdf, wanted, with_formats


def harvest(site: Site) -> Blueprint:
    """The routes of the catalogue and of the VoID description."""
    routes = Blueprint("harvest", __name__)

    @routes.get("/catalog")
    @routes.get("/en/catalog")
    def catalogue() -> Response:
        media_type = wanted()
        if media_type != protocol.PAGE:
            return rdf(_catalogue(site), media_type)
        is_whole = part_of(site, release_files.CATALOGUE) is not None
        return with_formats(page(site, "catalogue/page.html", is_whole=is_whole), f"{site.public_url}catalog")

    @routes.get(f"/catalog.<any({ENDINGS}):ending>")
    def catalogue_file(ending: str) -> Response:
        return rdf(_catalogue(site), protocol.SUFFIXES[f".{ending}"], is_chosen=True)

    @routes.get("/.well-known/void")
    def void() -> Response:
        media_type = wanted()  # there is no page of it: browsers, which the pages send here, get Turtle
        return rdf(_void(site), "text/turtle" if media_type == protocol.PAGE else media_type)

    return routes


def _catalogue(site: Site) -> bytes:
    """The catalogue of the release; where files are served that are none, that there is a data set and an endpoint."""
    return part_of(site, release_files.CATALOGUE) or _turtle(_bare_catalogue(site))


def _void(site: Site) -> bytes:
    """The VoID description of the release; where files are served that are none, their size and the endpoint."""
    return part_of(site, release_files.VOID) or _turtle(_bare_void(site))


def _turtle(triples: Iterator[Triple]) -> bytes:
    used = {name: PREFIXES.get(name, "") for name in ("dcat", "dct", "foaf", "void")}
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=used) or b""


def _titles(site: Site) -> list[Literal]:
    return [Literal(site.project[f"title.{tag}"], language=tag) for tag in ("fr", "en")]


def _bare_catalogue(site: Site) -> Iterator[Triple]:
    catalogue, service = (NamedNode(f"{site.public_url}catalog#{name}") for name in ("catalog", "sparql"))
    dataset, endpoint = site.project.minter.dataset, NamedNode(f"{site.public_url}sparql")
    for node, kind in ((catalogue, "Catalog"), (dataset, "Dataset"), (service, "DataService")):
        yield Triple(node, TYPE, NamedNode(DCAT + kind))
        for title in _titles(site):
            yield Triple(node, NamedNode(DCT + "title"), title)
            yield Triple(node, NamedNode(DCT + "description"), title)
    yield Triple(catalogue, NamedNode(DCAT + "dataset"), dataset)
    yield Triple(catalogue, NamedNode(DCAT + "service"), service)
    yield Triple(service, NamedNode(DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(DCAT + "endpointURL"), endpoint)
    yield Triple(service, NamedNode(DCAT + "endpointDescription"), endpoint)


def _bare_void(site: Site) -> Iterator[Triple]:
    document, dataset = NamedNode(f"{site.public_url}.well-known/void"), site.project.minter.dataset
    yield Triple(document, TYPE, NamedNode(VOID + "DatasetDescription"))
    yield Triple(document, NamedNode(FOAF + "primaryTopic"), dataset)
    yield Triple(dataset, TYPE, NamedNode(VOID + "Dataset"))
    for title in _titles(site):
        yield Triple(dataset, NamedNode(DCT + "title"), title)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{site.public_url}sparql"))
    yield Triple(dataset, NamedNode(VOID + "triples"), integer(site.about.triples))
