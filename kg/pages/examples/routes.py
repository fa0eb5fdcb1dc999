"""The routes of the example queries: all questions, each with its query and answer, and all of them for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from flask import Blueprint, Response, abort, request

from kg.endpoint import protocol
from kg.endpoint.evaluation import Request
from kg.endpoint.problems import ProblemError
from kg.model.iris import expand_curie
from kg.model.messages import N_
from kg.model.query_files import Query
from kg.pages.examples.sparql_examples import PATH, describe_examples
from kg.pages.query.results import Shown, show
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.caching import is_held, labelled, tag_of
from kg.pages.shared.highlight import highlight
from kg.pages.shared.language import request_language
from kg.pages.shared.problem_pages import explain

SECONDS = 5
"""Longest time that the answer of an example may take for its page; the whole time of a query is one link away."""

ROWS = 20
"""How many rows of an answer the page of an example shows."""

THEMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "overview": (N_("Overview"), ("overview",)),
    "initiatives": (N_("Initiatives"), ("initiative",)),
    "publics": (N_("People"), ("public",)),
    "situations": (N_("Situations, crises and dates"),
                   ("situation", "crisis", "problem", "time")),
    "offerings": (N_("Offerings and approaches"), ("offering", "approach")),
    "outcomes": (N_("Aims and effects"), ("outcome", "aim", "effect")),
    "claims": (N_("Claims, values, advocacy"), ("claim", "value", "advocacy")),
    "places": (N_("Organisations and places"), ("organisation", "place")),
    "evidence": (N_("Passages and modalities"), ("evidence", "modality", "document")),
    "search": (N_("Search and other data sets"), ("search", "alignment")),
    "others": (N_("Other questions"), ()),
}  # fmt: skip
"""The groups of questions: their headings, and the first tags of the queries in them."""

_FORMATS = {
    "rows": ("csv", "tsv", "json", "xml"),
    "boolean": ("json", "xml"),
    "graph": ("turtle", "ntriples", "jsonld", "rdfxml"),
}


def examples(context: AppContext) -> Blueprint:
    """The routes of the examples."""
    routes = Blueprint("examples", __name__)
    answers = lru_cache(maxsize=256)(lambda name: _answer(context, name))

    @routes.get("/examples")
    @routes.get("/en/examples")
    def index() -> Response:
        return render_page(context, "examples/page.html", themes=_themes(context.examples))

    @routes.get("/examples/<name>")
    @routes.get("/en/examples/<name>")
    def example(name: str) -> Response:
        return _page(context, name, answers)

    @routes.get(f"/{PATH}")
    def for_programs() -> Response:
        return _for_programs(context)

    return routes


def _themes(queries: Sequence[Query]) -> list[tuple[str, str, list[Query]]]:
    """The groups that have any query: key, heading and queries, in the order of THEMES."""
    groups: dict[str, list[Query]] = {theme: [] for theme in THEMES}
    for query in queries:
        first = next(iter(query.header.get("tags", ())), "")
        groups[next((theme for theme, (_, tags) in THEMES.items() if first in tags), "others")].append(query)
    return [(theme, THEMES[theme][0], found) for theme, found in groups.items() if found]


def _page(context: AppContext, name: str, answers: Callable[[str], Shown]) -> Response:
    """The page of an example; where it cannot be answered now, the reason stands in the place of the answer."""
    names = [each.name for each in context.examples]
    if name not in names:
        abort(404)
    at = names.index(name)
    shown, refusal = None, None
    try:
        shown = answers(name)
    except ProblemError as error:
        refusal = explain(error, request_language())
    return render_page(
        context,
        "examples/example.html",
        example=context.examples[at],
        query=highlight(context.examples[at].text),
        shown=shown,
        refusal=refusal,
        formats=_FORMATS[shown.kind] if shown else (),
        most=ROWS,
        before=context.examples[at - 1] if at else None,
        after=context.examples[at + 1] if at + 1 < len(names) else None,
        terms=_terms(context.examples[at]),
        asks_french=request_language() == "en" and '"fr"' in context.examples[at].text,
    )


def _terms(example: Query) -> list[tuple[str, str]]:
    """The classes and properties that the query is about: the name in its header, and the IRI where it has a prefix."""
    return [(name, expand_curie(name) or "") for name in example.header.get("about", ())]


def _answer(context: AppContext, name: str) -> Shown:
    """What the page shows of the answer."""
    example = next(each for each in context.examples if each.name == name)
    seconds = min(SECONDS, context.limits.seconds)
    asked = Request(example.text, base=f"{context.public_url}sparql", seconds=seconds)
    return show(context.evaluate(asked), example.text, context.base)


def _for_programs(context: AppContext) -> Response:
    """The examples as RDF."""
    if not context.examples:
        abort(404)
    media_type = protocol.graph_type(request.headers.get("Accept", ""), list(request.args.items(multi=True)))
    content_type = protocol.content_type(media_type, request.headers.get("Accept", ""))
    tag = tag_of(context, PATH, content_type, *(each.text for each in context.examples))
    if is_held(tag):
        return labelled(Response(status=304), tag)
    return labelled(Response(describe_examples(context, media_type), content_type=content_type), tag)
