"""Search results as the page shows them, with matches marked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from kg.model.iris import SKOS, SR, shorten_iri
from kg.model.languages import Language
from kg.model.messages import N_, translate
from kg.pages.search.entries import IndexedName, IndexedQuote, IndexEntry
from kg.pages.search.index import Hit, SearchResults
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import KINDS, LangString, fetch_labels, kind_words
from kg.pages.shared.statements import Excerpt, QuotedPassage, fetch_excerpts
from kg.pages.shared.text_analysis import mark_words

_SAMPLES = 5

_ROLES = {
    "alternative": N_("also called"),
    "notation": N_("acronym"),
    "mention": N_("in the text"),
    "hidden": N_("related word"),
    "label": N_("name"),
}
"""What a name that was met is to the thing, where it is not the one that is shown."""

Pieces = list[tuple[str, bool]]
"""A text in pieces, each with whether it is a word of the query."""


@dataclass(frozen=True)
class QuotedSentence:
    """A sentence of a text: its address, language, and parts.

    Each part tells whether it belongs to the quote. ``path`` is empty if the text has no page here.
    """

    path: str
    language: str
    parts: list[tuple[Pieces, bool]]


@dataclass(frozen=True)
class ResultView:
    """A result as the page shows it, its texts in pieces.

    ``other`` is the name that matched if it is not the one shown, with its role in words; ``quote`` is the sentence
    around the quote with the most words of the query.
    """

    iri: str
    kind: str
    name: Pieces
    language: str
    definition: Pieces
    definition_language: str
    other: tuple[str, Pieces, str] | None
    quote: QuotedSentence | None


@dataclass(frozen=True)
class KindChoice:
    """A kind as a filter: key in addresses, IRI, words, result count."""

    key: str
    kind: str
    words: str
    count: int


def key_of(kind: str) -> str:
    """Return the key of a class: its CURIE, or local name."""
    return shorten_iri(kind).removeprefix("sr:")


def kind_of(results: SearchResults, key: str) -> str:
    """Return the class with a key among results and KINDS."""
    return next((kind for kind in (*results.kinds, *KINDS) if kind and key_of(kind) == key), "")


def words_of_kinds(context: AppContext, kinds: Iterable[str], tongue: Language) -> dict[str, tuple[str, str]]:
    """Return singular and plural of each kind.

    They are the same for a class that is not among KINDS.
    """
    every = list(kinds)
    unknown = [kind for kind in every if kind not in KINDS]
    names = fetch_labels(context.evaluate, unknown) if unknown else {}
    labels = {kind: names[kind].label(tongue, context.base).text for kind in unknown}
    labels |= {SKOS + "Concept": translate("classification term", tongue)}
    return {
        kind: (kind_words(kind, tongue), kind_words(kind, tongue, is_plural=True))
        if kind in KINDS
        else (labels[kind], labels[kind])
        for kind in every
    }


def result_views(context: AppContext, hits: Iterable[Hit], tongue: Language) -> list[ResultView]:
    """Return the hits as the page shows them."""
    quotes = [(hit, _best_quote(hit)) for hit in hits]
    sentences = _sentences(context, [best for _, best in quotes])
    return [_view(context, hit, sentences[best] if best else None, tongue) for hit, best in quotes]


def _view(context: AppContext, hit: Hit, excerpt: Excerpt | None, tongue: Language) -> ResultView:
    entry = hit.entry
    label = entry.label(tongue)
    definition = entry.definition(tongue) or IndexedName("")
    return ResultView(
        iri=entry.iri,
        kind=entry.kind,
        name=_marked(label.text, hit),
        language=label.language,
        definition=_marked(definition.text, hit),
        definition_language=definition.language,
        other=other_name(hit, label, tongue),
        quote=_quoted(context, hit, excerpt) if excerpt else None,
    )


def _marked(text: str, hit: Hit) -> Pieces:
    return mark_words(text, hit.words.__contains__)


def _count_marked(text: str, hit: Hit) -> int:
    return sum(is_marked for _, is_marked in _marked(text, hit))


def other_name(hit: Hit, label: IndexedName, tongue: Language) -> tuple[str, Pieces, str] | None:
    """Return the name that matched, if the label does not show it.

    Returns: its role in words, the name in pieces, its language.
    """
    name = hit.name
    if name is None or name.text == label.text or _count_marked(name.text, hit) <= _count_marked(label.text, hit):
        return None
    return translate(_ROLES[name.role], tongue), _marked(name.text, hit), name.language


def _best_quote(hit: Hit) -> IndexedQuote | None:
    """Return the quote with the most query words, the shortest of these.

    A quote without any query word is returned only if the thing has no definition.
    """
    if not hit.entry.quotes:
        return None
    best = max(hit.entry.quotes, key=lambda quote: (_count_marked(quote.text, hit), -len(quote.text)))
    return best if _count_marked(best.text, hit) or not hit.entry.definitions else None


def _sentences(context: AppContext, indexed: Iterable[IndexedQuote | None]) -> dict[IndexedQuote, Excerpt]:
    """Return the sentences around the quotes."""
    distinct = [quote for quote in dict.fromkeys(indexed) if quote]
    quotes = [
        QuotedPassage(
            iri=f"{each.document}#{each.start}-{each.end}",
            document=each.document,
            start=each.start,
            end=each.end,
            sentence=each.sentence,
            text=each.text,
            language=each.language,
        )
        for each in distinct
    ]
    by_iri = fetch_excerpts(context.evaluate, quotes)
    return {original: by_iri[quote.iri] for original, quote in zip(distinct, quotes, strict=True)}


def _quoted(context: AppContext, hit: Hit, excerpt: Excerpt) -> QuotedSentence:
    """Return the sentence of an excerpt with query words marked."""
    document = excerpt.quote.document.removeprefix(f"{context.base}id/document/")
    path = f"text/{quote(document)}#{excerpt.quote.anchor}" if document != excerpt.quote.document else ""
    parts = [(_marked(text, hit), is_quoted) for text, is_quoted in excerpt.pieces]
    return QuotedSentence(path, excerpt.quote.language, parts)


def samples(entries: Iterable[IndexEntry], tongue: Language) -> list[LangString]:
    """Return names of the things with the most quotes, as sample searches."""
    most_quoted = sorted(entries, key=lambda entry: (-len(entry.quotes), entry.id))[:_SAMPLES]
    labels = [entry.label(tongue) for entry in most_quoted]
    return [LangString(label.text, label.language) for label in labels]


def sparql_of(sought: str, tongue: Language) -> str:
    """Return a SPARQL query for names that contain the search."""
    literal = json.dumps(sought.casefold(), ensure_ascii=False)
    return f"""PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>

SELECT DISTINCT ?thing ?label
WHERE {{
  ?thing skos:prefLabel|skos:altLabel|skos:hiddenLabel|sr:mentionedAs ?name ; skos:prefLabel ?label .
  FILTER(CONTAINS(LCASE(?name), {literal}) && LANG(?label) = "{tongue}")
}}
ORDER BY ?label"""
