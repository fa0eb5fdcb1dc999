"""Descriptions of the data and of the service: DCAT, VoID, OpenAPI.

A release has DCAT and VoID files. If other files are served, minimal descriptions are made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg import __version__
from kg.model import release_files
from kg.model.iris import DCAT, DCT, FOAF, PREFIXES, TYPE, VOID, integer
from kg.model.languages import LANGUAGES
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.problem_pages import PAGE_PROBLEMS
from kg.pages.shared.rdf_response import read_release_file


def catalogue_of(context: AppContext) -> bytes:
    """Return the DCAT catalogue in Turtle."""
    return read_release_file(context, release_files.CATALOGUE) or _turtle(_minimal_catalogue(context))


def void_of(context: AppContext) -> bytes:
    """Return the VoID description in Turtle."""
    return read_release_file(context, release_files.VOID) or _turtle(_minimal_void(context))


def _turtle(triples: Iterator[Triple]) -> bytes:
    used = {name: PREFIXES.get(name, "") for name in ("dcat", "dct", "foaf", "void")}
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=used) or b""


def _titles(context: AppContext) -> list[Literal]:
    return [Literal(context.project[f"title.{tag}"], language=tag) for tag in LANGUAGES]


def _minimal_catalogue(context: AppContext) -> Iterator[Triple]:
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


def _minimal_void(context: AppContext) -> Iterator[Triple]:
    document, dataset = NamedNode(f"{context.public_url}.well-known/void"), context.project.minter.dataset
    yield Triple(document, TYPE, NamedNode(VOID + "DatasetDescription"))
    yield Triple(document, NamedNode(FOAF + "primaryTopic"), dataset)
    yield Triple(dataset, TYPE, NamedNode(VOID + "Dataset"))
    for title in _titles(context):
        yield Triple(dataset, NamedNode(DCT + "title"), title)
    yield Triple(dataset, NamedNode(VOID + "sparqlEndpoint"), NamedNode(f"{context.public_url}sparql"))
    yield Triple(dataset, NamedNode(VOID + "triples"), integer(context.release_info.triples))


def describe_routes(context: AppContext) -> dict[str, Any]:
    """Return the OpenAPI description of this service."""
    shared = _openapi()
    info = {**shared["info"], "title": context.project["title.en"], "version": __version__}
    if context.project["licence"]:
        info["license"] = {"name": "Licence of the data", "url": context.project["licence"]}
    return {**shared, "info": info, "servers": [{"url": context.public_url.rstrip("/")}]}


@cache
def _openapi() -> dict[str, Any]:
    """Return the part of the description that all services share."""
    document: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8"))
    code = document["components"]["schemas"]["Problem"]["properties"]["code"]
    code["enum"] = sorted({name.partition(".")[0] for name in PAGE_PROBLEMS})
    return document
