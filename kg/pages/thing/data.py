"""A thing with all that is told of it: what its page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kg.model.iris import DCT, OWL, RDF, RDFS, SCHEMA, SKOS, SR
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.shared.graph_queries import Evaluate, LabelledNode, LangString, fetch_labels, select_rows
from kg.pages.shared.statements import Excerpt, QuotedStatement, fetch_excerpts, mentioned_iris, statements_around

SHOWN = 50
"""How many statements about a thing a page shows, and how many whose value it is; the next page has the next ones."""

LINKS = 100
"""How many triples that are no statements, and have the thing as their value, a page shows."""

_MOST = 1000
"""How many triples of a thing that are no statements are read; more are in its RDF."""

INFERRED = SR + "inferred"
_TELLING = {SR + "reported", SR + "context", SR + "presented"}

NOTES = (SKOS + "scopeNote", SKOS + "note", SKOS + "editorialNote", SKOS + "example", SKOS + "historyNote")
MATCHES = (
    *(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")),
    *(OWL + "sameAs", SCHEMA + "sameAs", RDFS + "seeAlso"),
)
_UNTOLD = {RDF + "type", SKOS + "hiddenLabel", SKOS + "topConceptOf", SKOS + "hasTopConcept"}
"""What a page does not list among the triples: it is told elsewhere on it, or says the same a second time."""

_ORDER = {
    iri: place
    for place, iri in enumerate((
        *(SR + "mentionedAs", SKOS + "notation", DCT + "type", SR + "statedIn", SKOS + "broader", DCT + "isPartOf"),
        *(SR + name for name in ("respondsTo", "targets", "involves", "affects", "hasAspect", "offers")),
        *(SR + name for name in ("usesApproach", "hasAim", "hasEffect", "hasOutcome", "benefits", "concerns")),
        *(SR + name for name in ("reportedQuantity", "claimAbout", "claimBasis", "operatedBy", "coOriginatedBy")),
        *(SR + name for name in ("pioneeredBy", "partner", "holdsValue", "advocatesFor", "hasTimeSpan")),
        *(SR + name for name in ("startedDuring", "edtf", "earliestYear", "latestYear", "locatedIn")),
    ))
}  # fmt: skip
"""In which order properties are told; others come after, as the texts have them."""

_PLUMBING = f"<{RDF}subject>, <{RDF}object>, <{SR}evidence>, <{SR}statedIn>, <http://www.w3.org/ns/oa#hasSource>, " + (
    ", ".join(f"<{iri}>" for iri in sorted(_UNTOLD - {RDF + "type"}))
)
_STATED = f"EXISTS {{{{ ?p <{SR}needsEvidence> true }}}} && EXISTS {{{{ GRAPH <{{things}}> {{{{ {{triple}} }}}} }}}}"
_DERIVED = "OPTIONAL {{ GRAPH <{derived}> {{ {triple} }} BIND(true AS ?derived) }}"
_NEXT = "{{ SELECT ?next WHERE {{ ?next <{end}> <{iri}> }} LIMIT 1 OFFSET {after} }}"


@dataclass(frozen=True)
class Link:
    """A triple that is no statement of a text: its property and its other end, a term of the JSON results format."""

    predicate: str
    value: Mapping[str, Any]
    is_derived: bool = False

    @property
    def object(self) -> str:
        """The IRI of the other end; empty where it has none."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def words(self) -> LangString:
        """The words of the other end; empty where it is a thing."""
        if self.value["type"] != "literal":
            return LangString("")
        return LangString(str(self.value["value"]), str(self.value.get("xml:lang", "")))


Statements = Mapping[str, list[QuotedStatement]]
Links = Mapping[str, list[Link]]


@dataclass(frozen=True)
class Thing:
    """A thing with its names, the statements about it and toward it by property, and what else is told of it.

    ``stated`` are the statements of the texts about it, ``inferred`` those that the editors draw from them, and
    ``incoming`` those whose value it is. ``links`` and ``referring`` are the other triples from it and to it. ``names``
    has a Name for each IRI among all of them. Long lists come in pages, counted from 1.
    """

    iri: str
    names: Mapping[str, LabelledNode]
    opening: Excerpt | None
    stated: Statements
    inferred: Statements
    incoming: Statements
    links: tuple[Link, ...]
    referring: tuple[Link, ...]
    page: int = 1
    is_last: bool = True

    @property
    def name(self) -> LabelledNode:
        """What the thing is called."""
        return self.names[self.iri]

    @property
    def matches(self) -> Links:
        """The same or something near in other data sets."""
        return _by_property(link for link in self.links if link.predicate in MATCHES and link.object)

    @property
    def others(self) -> Links:
        """The triples from the thing that are neither a name, a note nor a match, without those that rules add."""
        told = {*LABELS, *DEFINITIONS, *NOTES, *MATCHES, *_UNTOLD, SKOS + "altLabel"}
        return _by_property(link for link in self.links if link.predicate not in told and not link.is_derived)

    @property
    def derived(self) -> Links:
        """What rules add about the thing."""
        return _by_property(link for link in self.links if link.is_derived and link.predicate not in _UNTOLD)

    @property
    def back(self) -> Links:
        """The triples to the thing by property, without those that rules add."""
        return _by_property(link for link in self.referring if not link.is_derived)

    @property
    def derived_back(self) -> Links:
        """What rules add that leads to the thing."""
        return _by_property(link for link in self.referring if link.is_derived)

    def words(self, predicates: Iterable[str], language: str) -> list[tuple[str, LangString]]:
        """The words that properties tell, in that order, in the language where there are any, else in another."""
        return [
            (predicate, words)
            for predicate in predicates
            for words in in_one_language([each.words for each in self.links if each.predicate == predicate], language)
        ]


def in_one_language(told: Iterable[LangString], language: str) -> list[LangString]:
    """Those in the language, and those in none; where there are no such, those in the first of the others."""
    given = [words for words in told if words.text]
    tags = {words.language for words in given}
    chosen = {language, ""} & tags or set(sorted(tags)[:1])
    return sorted({words for words in given if words.language in chosen}, key=lambda words: words.text)


def of_one_language(links: Iterable[Link], language: str) -> list[Link]:
    """The triples of a property that lead to things, and those whose words are ``in_one_language``."""
    given = list(links)
    kept = in_one_language([link.words for link in given], language)
    return [link for link in given if not link.words.text or link.words in kept]


def statements_of_one_language(statements: Iterable[QuotedStatement], language: str) -> list[QuotedStatement]:
    """The statements of a property, without those in another language whose passages say as much in this one."""
    given = list(statements)
    said = {each.quotes for each in given if each.text and each.value.get("xml:lang") == language}
    return [
        each
        for each in given
        if each.quotes not in said or each.object or each.value.get("xml:lang", "") in {language, ""}
    ]


def look_up(evaluate: Evaluate, iri: str, base: str, page: int = 1) -> Thing:
    """A page of what the graph tells of a thing; four queries, whatever there is."""
    rows = select_rows(evaluate, _links(iri, base, page))
    statements = statements_around(evaluate, iri, SHOWN, (page - 1) * SHOWN)
    stated = {(each.subject, each.predicate, str(each.value["value"])) for each in statements}
    links = tuple(
        Link(row["p"]["value"], row["o"], "derived" in row)
        for row in rows
        if "o" in row and (iri, row["p"]["value"], str(row["o"]["value"])) not in stated
    )
    referring = [
        Link(row["p"]["value"], row["s"], "derived" in row)
        for row in rows
        if "s" in row and (row["s"]["value"], row["p"]["value"], iri) not in stated
    ]
    release_info = [each for each in statements if each.subject == iri]
    toward = [each for each in statements if each.subject != iri]
    return Thing(
        iri=iri,
        names=fetch_labels(evaluate, _named(iri, statements, (*links, *referring))),
        opening=opening(evaluate, iri, statements),
        stated=_ordered(each for each in release_info if each.modality != INFERRED),
        inferred=_ordered(each for each in release_info if each.modality == INFERRED),
        incoming=_ordered(toward),
        links=links,
        referring=tuple(referring[:LINKS]),
        page=page,
        is_last=len(referring) <= LINKS and not any("next" in row for row in rows),
    )


def opening(evaluate: Evaluate, iri: str, statements: Iterable[QuotedStatement]) -> Excerpt | None:
    """The sentence that best says what a thing is, its name in it marked; None where no text speaks of it.

    That is the sentence which tells most about the thing, the first of several. What the text claims of itself and
    what the editors infer counts only where there is nothing else.
    """
    given = list(statements)
    for chosen in (
        [each for each in given if each.subject == iri and each.modality in _TELLING],
        [each for each in given if each.subject == iri],
        given,
    ):
        counted = Counter((quote.document, quote.sentence) for each in chosen for quote in each.quotes)
        if counted:
            break
    else:
        return None
    best = min(counted, key=lambda place: (-counted[place], place))
    inside = [quote for each in chosen for quote in each.quotes if (quote.document, quote.sentence) == best]
    first = min(inside, key=lambda quote: (quote.start, quote.end))
    mentions = [each for each in given if each.subject == iri and each.predicate == SR + "mentionedAs"]
    named = [quote for each in mentions for quote in each.quotes if (quote.document, quote.sentence) == best]
    return fetch_excerpts(evaluate, [first], named or inside)[first.iri]


def _links(iri: str, base: str, page: int) -> str:
    """The query for the triples from and to a thing that are no statements of texts, and for whether there are more."""
    after = page * SHOWN
    graphs = {"things": f"{base}graph/things", "derived": f"{base}graph/derived"}
    out, back = ({**graphs, "triple": triple} for triple in (f"<{iri}> ?p ?o", f"?s ?p <{iri}>"))
    own = f"?p != <{SCHEMA}text> && !({_STATED.format(**out)})"
    others = f"?p NOT IN ({_PLUMBING}) && !({_STATED.format(**back)})"
    bounds = f"LIMIT {LINKS + 1} OFFSET {(page - 1) * LINKS}"
    parts = [
        f"{{ SELECT ?p ?o WHERE {{ <{iri}> ?p ?o FILTER({own}) }} LIMIT {_MOST} }} {_DERIVED.format(**out)}",
        f"{{ SELECT ?s ?p WHERE {{ ?s ?p <{iri}> FILTER({others}) }} {bounds} }} {_DERIVED.format(**back)}",
        _NEXT.format(end=RDF + "subject", iri=iri, after=after),
        _NEXT.format(end=RDF + "object", iri=iri, after=after),
    ]
    return f"SELECT ?p ?o ?s ?derived ?next WHERE {{ {{ {' } UNION { '.join(parts)} }} }}"


def _named(iri: str, statements: list[QuotedStatement], links: Iterable[Link]) -> list[str]:
    """All IRIs that a page calls by a name."""
    documents = {quote.document: None for each in statements for quote in each.quotes}
    ends = (end for link in links for end in (link.predicate, link.object) if end)
    return list(dict.fromkeys([iri, *mentioned_iris(statements), *documents, *ends]))


def _ordered(statements: Iterable[QuotedStatement]) -> Statements:
    """The statements by property, the properties in their order, else in that of the texts."""
    found: dict[str, list[QuotedStatement]] = {}
    for each in statements:
        found.setdefault(each.predicate, []).append(each)
    return dict(sorted(found.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))


def _by_property(links: Iterable[Link]) -> Links:
    """The triples by property, the properties in their order, their other ends by IRI or words."""
    found: dict[str, list[Link]] = {}
    for each in sorted(links, key=lambda link: (_ORDER.get(link.predicate, len(_ORDER)), link.predicate)):
        found.setdefault(each.predicate, []).append(each)
    return {predicate: sorted(each, key=lambda link: str(link.value["value"])) for predicate, each in found.items()}
