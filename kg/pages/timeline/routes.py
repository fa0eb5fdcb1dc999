"""Routes of the timeline: a page, and its drawing as a file."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from flask import Blueprint, Response

from kg.model.iris import RDF, SKOS, SR
from kg.model.messages import translate
from kg.pages.shared.app_context import AppContext, page_path, render_page
from kg.pages.shared.graph_queries import LabelledNode
from kg.pages.shared.page_requests import request_language, requested_page
from kg.pages.timeline.data import Timeline, read_timeline
from kg.pages.timeline.layout import NARROW, WIDE, NameOf, lay_out

_SIZES = {"wide": WIDE, "narrow": NARROW}
_STYLE = Path(__file__).parent / "timeline.css"
_QUERY = f"""# %s
PREFIX rdf: <{RDF}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>

SELECT ?situation ?name ?time ?from ?to ?answer ?answerName ?answerTime ?quote ?how
WHERE {{
  VALUES ?kind {{ sr:Crisis sr:SocialProblem }}
  ?situation a ?kind ;
             sr:hasTimeSpan ?span ;
             skos:prefLabel ?name .
  FILTER(LANG(?name) = "%s")
  OPTIONAL {{ ?span sr:mentionedAs ?time }}              # %s
  OPTIONAL {{ ?span sr:earliestYear ?from }}
  OPTIONAL {{ ?span sr:latestYear ?to }}
  OPTIONAL {{                                            # %s
    ?assertion rdf:predicate sr:respondsTo ;
               rdf:subject ?answer ;
               rdf:object ?situation ;
               sr:quote ?quote ;
               sr:modality ?how .
    ?answer skos:prefLabel ?answerName .
    FILTER(LANG(?answerName) = "%s")
    OPTIONAL {{ ?answer sr:startedDuring/sr:mentionedAs ?answerTime }}
  }}
}}
ORDER BY ?from ?situation ?answer"""


def timeline(context: AppContext) -> Blueprint:
    """Return the routes of the timeline.

    Pages read from the graph are cached.
    """
    routes = Blueprint("timeline", __name__)
    read = lru_cache(32)(lambda number: read_timeline(context.evaluate, number))

    @routes.get("/timeline")
    @routes.get("/en/timeline")
    def html() -> Response:
        timeline_page = read(requested_page())
        name_of = _names(context, timeline_page)
        drawings = {
            name: lay_out(timeline_page, name_of, layout) for name, layout in (("wide", WIDE), ("narrow", NARROW))
        }
        return render_page(context, "timeline/page.html", it=timeline_page, drawings=drawings, query=_query())

    @routes.get("/timeline.svg")
    @routes.get("/en/timeline.svg")
    def svg() -> Response:
        return _file(context, read(requested_page()))

    return routes


def _names(context: AppContext, timeline_page: Timeline) -> NameOf:
    tongue, base = request_language(), context.base
    return lambda iri: timeline_page.names.get(iri, LabelledNode(iri)).label(tongue, base).text


def _query() -> str:
    """Return the SPARQL query behind the page, with comments in its language."""
    tongue = request_language()
    title = translate("Crises and the answers to them", tongue)
    quotes, answers = translate("the words of the text", tongue), translate("the answers", tongue)
    return _QUERY % (title, tongue, quotes, answers, tongue)


def _file(context: AppContext, timeline_page: Timeline) -> Response:
    """Answer with the drawing as a self-contained file."""
    style = _style()
    tongue = "en/" if request_language() == "en" else ""

    def public(iri: str) -> str:
        path = page_path(context, iri)
        return urljoin(context.public_url, f"{tongue}{path}") if path else iri

    drawing = lay_out(timeline_page, _names(context, timeline_page), WIDE)
    response = render_page(
        context, "timeline/timeline.svg", it=timeline_page, drawing=drawing, style=style, public=public
    )
    response.mimetype = "image/svg+xml"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'sha256-{digest}'"
    response.headers["Content-Disposition"] = "inline; filename=timeline.svg"
    return response


@lru_cache(1)
def _style() -> str:
    """Return the part of timeline.css that the drawing needs."""
    return "\n".join(part.strip() for part in _STYLE.read_text(encoding="utf-8").split("/* page */")[:1])
