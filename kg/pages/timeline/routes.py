"""The timeline of crises and of the answers to them: a page, and its drawing as a file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from flask import Blueprint, Response

from kg.model.iris import RDF, SKOS, SR
from kg.pages.shared.app_context import AppContext, page_path, render_page
from kg.pages.shared.graph_queries import LabelledNode
from kg.pages.shared.language import request_language
from kg.pages.shared.page_request import requested_page
from kg.pages.timeline.data import Timeline, read_timeline
from kg.pages.timeline.layout import NARROW, WIDE, draw

_STYLE = Path(__file__).parent / "timeline.css"
_QUERY = f"""# %s
PREFIX rdf: <{RDF}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>

SELECT ?situation ?name ?time ?from ?to ?answer ?answerName ?answerTime ?quote
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
               sr:quote ?quote .
    ?answer skos:prefLabel ?answerName .
    FILTER(LANG(?answerName) = "%s")
    OPTIONAL {{ ?answer sr:startedDuring/sr:mentionedAs ?answerTime }}
  }}
}}
ORDER BY ?from ?situation ?answer"""


def timeline(context: AppContext) -> Blueprint:
    """The routes of the timeline; what a page of it holds is asked once and kept."""
    routes = Blueprint("timeline", __name__)
    read = lru_cache(32)(lambda number: read_timeline(context.evaluate, number))

    @routes.get("/timeline")
    @routes.get("/en/timeline")
    def shown() -> Response:
        found = read(requested_page())
        say = _names(context, found)
        drawings = {name: draw(found, say, layout) for name, layout in (("wide", WIDE), ("narrow", NARROW))}
        return render_page(context, "timeline/page.html", it=found, drawings=drawings, query=_query())

    @routes.get("/timeline.svg")
    @routes.get("/en/timeline.svg")
    def drawn() -> Response:
        return _file(context, read(requested_page()))

    return routes


def _names(context: AppContext, found: Timeline) -> Callable[[str], str]:
    tongue, base = request_language(), context.base
    return lambda iri: found.names.get(iri, LabelledNode(iri)).label(tongue, base).text


def _query() -> str:
    """The query behind the page, with its comments in the language of the page."""
    if request_language() == "en":
        return _QUERY % ("Crises and the answers to them", "en", "the words of the text", "the answers", "en")
    return _QUERY % ("Les crises et les réponses qui leur sont faites", "fr", "les mots du texte", "les réponses", "fr")


def _file(context: AppContext, found: Timeline) -> Response:
    """The drawing as a document of its own: its style within it, its links to the public address."""
    style = _style()
    tongue = "en/" if request_language() == "en" else ""

    def public(iri: str) -> str:
        path = page_path(context, iri)
        return urljoin(context.public_url, f"{tongue}{path}") if path else iri

    drawing = draw(found, _names(context, found), WIDE)
    response = render_page(context, "timeline/timeline.svg", it=found, drawing=drawing, style=style, public=public)
    response.mimetype = "image/svg+xml"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'sha256-{digest}'"
    response.headers["Content-Disposition"] = "inline; filename=timeline.svg"
    return response


@lru_cache(1)
def _style() -> str:
    """The style of the drawing alone: the tokens that it needs, in both colour schemes, and its own rules."""
    return "\n".join(part.strip() for part in _STYLE.read_text(encoding="utf-8").split("/* page */")[:1])
