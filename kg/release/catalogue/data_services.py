"""The SPARQL, reconciliation and linked-data services as ``dcat:DataService``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from kg.model.iris import DCAT, DCT
from kg.model.messages import N_, translations
from kg.release.catalogue import harvesters
from kg.release.catalogue.distributions import Scope
from kg.release.catalogue.harvesters import Pair, describe

Common = Callable[[Mapping[str, str], Mapping[str, str]], list[Pair]]
"""Returns the properties that data set and services share, from titles and descriptions by language."""


@dataclass(frozen=True)
class _Service:
    """A service of the publication."""

    name: str
    path: str
    """Where it is."""
    description: str
    """The path of what describes it."""
    standard: str
    """The IRI of the standard that it conforms to."""
    formats: tuple[str, ...]
    """Codes of the EU's list of file types."""
    title: str
    summary: str
    """Title and summary in English, as messages."""


_SERVICES = (
    _Service(
        "sparql",
        "sparql",
        "sparql",
        harvesters.SPARQL,
        ("JSON", "XML", "CSV", "TSV", "RDF_TURTLE", "JSON_LD"),
        N_("SPARQL endpoint"),
        N_("Queries the graph with SPARQL 1.1; the address without a query gives the service description."),
    ),
    _Service(
        "reconciliation",
        "reconcile",
        "reconcile",
        harvesters.RECONCILIATION,
        ("JSON",),
        N_("Reconciliation service"),
        N_("Finds the things of the graph for the names in a table, from OpenRefine or a program."),
    ),
    _Service(
        "addresses",
        "",
        "openapi.json",
        harvesters.OPENAPI,
        ("HTML", "JSON", "JSON_LD", "RDF_N_TRIPLES", "RDF_TURTLE", "RDF_XML"),
        N_("Linked data"),
        N_(
            "Each thing, statement, passage and graph at an address of its own, as a page or as RDF by Accept; "
            "search, releases and files."
        ),
    ),
)

FORMATS = tuple(sorted({code for service in _SERVICES for code in service.formats}))
"""The formats of all services, in codes of the EU's list of file types."""


def service_iris(scope: Scope) -> list[NamedNode]:
    """Return the IRIs of the services."""
    return [scope.iri(service.name) for service in _SERVICES]


def services(scope: Scope, common: Common) -> list[list[Triple]]:
    """Return the triples of each service.

    DCAT-AP 3.0.1, section on Data Service.
    """
    return [_describe(scope, service, common) for service in _SERVICES]


def _describe(scope: Scope, service: _Service, common: Common) -> list[Triple]:
    titles = {tag: f"{title} · {scope.project[f'title.{tag}']}" for tag, title in translations(service.title).items()}
    return describe(
        scope.iri(service.name),
        [DCAT + "DataService"],
        *common(titles, translations(service.summary)),
        (DCAT + "endpointURL", scope.page(service.path)),
        (DCAT + "endpointDescription", scope.page(service.description)),
        (DCAT + "servesDataset", scope.dataset),
        (DCT + "conformsTo", NamedNode(service.standard)),
        (DCT + "format", [NamedNode(harvesters.FILE_TYPES + code) for code in service.formats]),
        (DCT + "license", NamedNode(scope.project["licence"])),
    )
