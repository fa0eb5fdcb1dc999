"""Routes of the Graph Store Protocol (read only), direct and indirect.

https://www.w3.org/TR/sparql11-http-rdf-update/, sections 4 and 5.2. A graph ``<base>graph/<name>`` is at
``/graph/<name>``, and every graph at ``/rdf-graph-store?graph=<IRI>``.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Blueprint, Response, request

from kg.endpoint import protocol
from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.caching import cached_response, page_etag
from kg.pages.shared.page_request import candidate_iris


def graphs(context: AppContext) -> Blueprint:
    """Return the routes of the graphs."""
    routes = Blueprint("graphs", __name__)

    @routes.get("/rdf-graph-store")
    def indirect() -> Response:
        iri = protocol.named_graph(request.query_string)
        if iri is not None and not _exists(context, iri):
            raise _missing(iri)
        return _graph(context, iri, protocol.graph_type(_accept(), _parameters()))

    @routes.get("/graph/<path:name>")
    def direct(name: str) -> Response:
        for iri in candidate_iris([f"{context.base}graph/"], name):
            if _exists(context, iri):
                return _graph(context, iri, protocol.graph_type(_accept(), _parameters()))
        suffix = PurePosixPath(name).suffix
        if suffix in protocol.SUFFIXES:
            for iri in candidate_iris([f"{context.base}graph/"], name.removesuffix(suffix)):
                if _exists(context, iri):
                    return _graph(context, iri, protocol.SUFFIXES[suffix], is_chosen=True)
        raise _missing(f"{context.base}graph/{name}")

    return routes


def _accept() -> str:
    return request.headers.get("Accept", "")


def _parameters() -> list[tuple[str, str]]:
    return list(request.args.items(multi=True))


def _exists(context: AppContext, iri: str) -> bool:
    """Return whether the store has the named graph, even if empty.

    The IRI must be valid in a query.
    """
    return b"true" in context.evaluate(Request(f"ASK {{ GRAPH <{iri}> {{}} }}")).body


def _missing(iri: str) -> ProblemError:
    """Return the problem of a graph that does not exist."""
    return ProblemError("no-graph", graph=iri)


def _graph(context: AppContext, iri: str | None, media_type: str, *, is_chosen: bool = False) -> Response:
    """Answer with a graph; None is the default graph.

    ``is_chosen`` tells that the address names the media type.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else _accept())
    named = () if iri is None else (iri,)
    query = Request("CONSTRUCT WHERE { ?s ?p ?o }", default_graphs=named, results=None, graph=media_type)
    etag = page_etag(context, "graph", iri or "", content_type)
    return cached_response(etag, content_type, lambda: context.evaluate(query).body)
