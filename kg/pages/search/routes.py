"""The search page and the suggestions as one types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, request

from kg.model.iris import SKOS, SR, shorten_iri
from kg.model.languages import Language
from kg.pages.search import MOST, Entry, Finder, Found, Hit, Name, Passage, mark
from kg.pages.shared.app_context import AppContext, page_path, render_page
from kg.pages.shared.caching import is_held, labelled, tag_of
from kg.pages.shared.graph_queries import LangString, fetch_labels
from kg.pages.shared.kinds import KINDS, family_of
from kg.pages.shared.language import request_language
from kg.pages.shared.statements import Excerpt, QuotedPassage, fetch_excerpts

PAGE = 20
"""Things on a page of results."""

LONGEST = 500
"""Characters of a search that are read."""

SUGGESTIONS = 8
_SAMPLES = 5
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
"""Spaces, and what no page may hold."""

_HOW: dict[str, tuple[str, str]] = {
    "alternative": ("aussi appelé", "also called"),
    "notation": ("sigle", "acronym"),
    "mention": ("dans le texte", "in the text"),
    "hidden": ("mot voisin", "related word"),
    "label": ("nom", "name"),
}
"""What a name that was met is to the thing, where it is not the one that is shown."""

Pieces = list[tuple[str, bool]]
"""A text in pieces, each with whether it is a word that was searched for."""


@dataclass(frozen=True)
class Quoted:
    """A sentence of a text: where it is read, its language, and its parts, each with whether it is what is quoted.

    ``path`` is empty where the text has no page here.
    """

    path: str
    language: str
    parts: list[tuple[Pieces, bool]]


@dataclass(frozen=True)
class Shown:
    """A result as the page shows it: names and texts in pieces, with their languages.

    ``other`` is the name that was met where it is not the one that is shown, with what it is to the thing;
    ``quote`` the sentence around the passage that has most of the words that were searched for.
    """

    iri: str
    kind: str
    name: Pieces
    language: str
    definition: Pieces
    definition_language: str
    other: tuple[str, Pieces, str] | None
    quote: Quoted | None


@dataclass(frozen=True)
class Choice:
    """A kind to narrow the results to: its name in addresses, its words, how many results it has."""

    key: str
    kind: str
    words: str
    count: int


def search(context: AppContext, finder: Finder) -> Blueprint:
    """The routes of the search."""
    routes = Blueprint("search", __name__)

    @routes.get("/search")
    @routes.get("/en/search")
    def results() -> Response:
        return _results(context, finder)

    @routes.get("/suggest")
    @routes.get("/en/suggest")
    def suggest() -> Response:
        return _suggest(context, finder)

    return routes


def _results(context: AppContext, finder: Finder) -> Response:
    """The page of results, or of ways to find something where nothing is sought or found."""
    sought = _sought()
    tongue = request_language()
    index = finder.index
    found = index.search(sought) if sought else Found()
    kind = _kind(found, request.args.get("kind", ""))
    chosen = index.search(sought, [kind], is_first=True) if kind else found
    pages = max(1, -(-len(chosen.hits) // PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    words = _kind_words(context, filter(None, found.kinds), tongue)
    hits = chosen.hits[(number - 1) * PAGE : number * PAGE]
    return render_page(
        context,
        "search/page.html",
        sought=sought,
        total=chosen.total,
        all_total=found.total,
        is_cut=chosen.total > MOST,
        most=MOST,
        results=_all_shown(context, hits, tongue),
        first=(number - 1) * PAGE + 1,
        page_number=number,
        pages=pages,
        choices=[
            Choice(_key(each), each, words[each][count != 1], count)
            for each, count in found.kinds.most_common()
            if each
        ],
        words={each: one for each, (one, _) in words.items()},
        kind=kind,
        kind_key=_key(kind),
        near=index.near(sought) if sought and not found.total else [],
        samples=[] if found.total else _samples(index.entries, tongue),
        query=_query(sought, tongue),
    )


def _sought() -> str:
    """What is searched for, without what no search needs."""
    return _BLANK.sub(" ", request.args.get("q", "")[:LONGEST]).strip()


def _key(kind: str) -> str:
    """The name of a class in addresses: a name of our own vocabulary without its prefix."""
    return shorten_iri(kind).removeprefix("sr:")


def _kind(found: Found, key: str) -> str:
    """The class that an address names, of those that were found or that pages know; empty where it names none."""
    return next((kind for kind in (*found.kinds, *KINDS) if kind and _key(kind) == key), "")


def _kind_words(context: AppContext, kinds: Iterable[str], tongue: Language) -> dict[str, tuple[str, str]]:
    """How one and several things of each kind are called; both ways alike for a class that pages do not know."""
    every = list(kinds)
    unknown = [kind for kind in every if kind not in KINDS]
    names = fetch_labels(context.evaluate, unknown) if unknown else {}
    labels = {kind: names[kind].label(tongue, context.base).text for kind in unknown}
    labels |= {SKOS + "Concept": ("terme d’un classement", "classification term")[tongue == "en"]}
    return {kind: KINDS[kind][tongue == "en"] if kind in KINDS else (labels[kind], labels[kind]) for kind in every}


def _all_shown(context: AppContext, hits: Iterable[Hit], tongue: Language) -> list[Shown]:
    passages = [(hit, _passage(hit)) for hit in hits]
    sentences = _excerpts(context, [passage for _, passage in passages])
    return [_shown(context, hit, sentences[passage] if passage else None, tongue) for hit, passage in passages]


def _shown(context: AppContext, hit: Hit, excerpt: Excerpt | None, tongue: Language) -> Shown:
    entry = hit.entry
    label = entry.label(tongue)
    definition = entry.definition(tongue) or Name("")
    name = _marked(label.text, hit)
    return Shown(
        iri=entry.iri,
        kind=entry.kind,
        name=name,
        language=label.language,
        definition=_marked(definition.text, hit),
        definition_language=definition.language,
        other=_other(hit, label, name, tongue),
        quote=_quoted(context, hit, excerpt) if excerpt else None,
    )


def _marked(text: str, hit: Hit) -> Pieces:
    return mark(text, hit.words.__contains__)


def _other(hit: Hit, label: Name, shown: Pieces, tongue: Language) -> tuple[str, Pieces, str] | None:
    """The name that met the search, where the name that is shown does not show it."""
    name = hit.name
    if name is None or name.text == label.text:
        return None
    pieces = _marked(name.text, hit)
    if sum(is_met for _, is_met in pieces) <= sum(is_met for _, is_met in shown):
        return None
    return _HOW[name.role][tongue == "en"], pieces, name.language


def _passage(hit: Hit) -> Passage | None:
    """The quote that has most of the words, the shortest of these; one without any only where nothing else is told."""
    met = [(sum(is_met for _, is_met in _marked(each.text, hit)), -len(each.text), each) for each in hit.entry.quotes]
    best = max(met, key=lambda each: each[:2], default=None)
    return best[2] if best and (best[0] or not hit.entry.definitions) else None


def _excerpts(context: AppContext, passages: Iterable[Passage | None]) -> dict[Passage, Excerpt]:
    """The sentences of passages."""
    every = [each for each in dict.fromkeys(passages) if each]
    quotes = [
        QuotedPassage(
            f"{each.document}#{each.start}-{each.end}", each.document, each.start, each.end, 0, each.text, each.language
        )
        for each in every
    ]
    found = fetch_excerpts(context.evaluate, quotes)
    return {passage: found[quote.iri] for passage, quote in zip(every, quotes, strict=True)}


def _quoted(context: AppContext, hit: Hit, excerpt: Excerpt) -> Quoted:
    """A sentence of a text as the page shows it."""
    document = excerpt.quote.document.removeprefix(f"{context.base}id/document/")
    path = f"text/{quote(document)}#{excerpt.quote.anchor}" if document != excerpt.quote.document else ""
    return Quoted(path, excerpt.quote.language, [(_marked(text, hit), is_said) for text, is_said in excerpt.pieces])


def _samples(entries: Iterable[Entry], tongue: Language) -> list[LangString]:
    """Names of the things that are spoken of most, to try a search with."""
    spoken_of = sorted(entries, key=lambda entry: (-len(entry.quotes), entry.id))[:_SAMPLES]
    names = [entry.label(tongue) for entry in spoken_of]
    return [LangString(name.text, name.language) for name in names]


def _query(sought: str, tongue: Language) -> str:
    """A query that asks for names with the words of a search, as one may write it."""
    literal = json.dumps(sought.casefold(), ensure_ascii=False)
    return f"""PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>

SELECT DISTINCT ?thing ?label
WHERE {{
  ?thing skos:prefLabel|skos:altLabel|skos:hiddenLabel|sr:mentionedAs ?name ; skos:prefLabel ?label .
  FILTER(CONTAINS(LCASE(?name), {literal}) && LANG(?label) = "{tongue}")
}}
ORDER BY ?label"""


def _suggest(context: AppContext, finder: Finder) -> Response:
    """What one who is typing may mean, as JSON; addresses are relative to that of the answer."""
    sought, tongue = _sought(), request_language()
    tag = tag_of(context, "suggest", tongue, sought)
    if is_held(tag):
        return labelled(Response(status=304), tag)
    hits = finder.index.search(sought, limit=SUGGESTIONS, is_typed=True).hits if sought else ()
    found = [_suggestion(context, hit, tongue) for hit in hits]
    body = json.dumps({"q": sought, "suggestions": found}, ensure_ascii=False)
    return labelled(Response(body, content_type="application/json"), tag)


def _suggestion(context: AppContext, hit: Hit, tongue: Language) -> dict[str, str]:
    """A thing as a suggestion; ``also`` is the name that was met, where it is another."""
    label = hit.entry.label(tongue)
    known = KINDS.get(hit.entry.kind)
    found = {
        "name": label.text,
        "language": label.language,
        "kind": known[tongue == "en"][0] if known else shorten_iri(hit.entry.kind, context.base),
        "family": family_of(hit.entry.kind),
        "href": page_path(context, hit.entry.iri) or f"search?q={quote(label.text)}",
    }
    other = _other(hit, label, _marked(label.text, hit), tongue)
    if other:
        found["also"] = "".join(text for text, _ in other[1])
    return found
