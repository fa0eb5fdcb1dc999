"""What the pages of things, statements and passages show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kg.model.iris import DCT, INFERRED, OA, OWL, PROV, RDF, RDFS, SCHEMA, SKOS, SR, STATED
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    fetch_labels,
    pick_language,
    select_rows,
    select_strings,
)
from kg.pages.shared.statements import (
    Excerpt,
    QuotedStatement,
    fetch_excerpts,
    mentioned_iris,
    statements_around,
    statements_of_assertions,
    statements_of_passage,
)
from kg.pages.shared.text_analysis import collation_key

STATEMENTS_PER_PAGE = 50
"""Statements about a thing on a page, and as many whose value it is."""

LINKS_PER_PAGE = 100
"""Other triples on a page that have the thing as their value."""

_MAX_TRIPLES = 1000
"""Other triples about a thing that are read; its RDF has all."""

_FACTUAL = {*STATED} - {SR + "self-claim"}

NOTES = (SKOS + "scopeNote", SKOS + "note", SKOS + "editorialNote", SKOS + "example", SKOS + "historyNote")
MATCHES = (
    *(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")),
    *(OWL + "sameAs", SCHEMA + "sameAs", RDFS + "seeAlso"),
)
_NOT_LISTED = {RDF + "type", SKOS + "hiddenLabel", SKOS + "topConceptOf", SKOS + "hasTopConcept"}
"""Properties that a page does not list: shown elsewhere on it, or repetitions of others."""

_PROPERTY_ORDER = {
    iri: place
    for place, iri in enumerate((
        *(SR + "mentionedAs", SKOS + "notation", DCT + "type", SR + "statedIn", SKOS + "broader", DCT + "isPartOf"),
        *(SR + name for name in ("respondsTo", "targets", "involves", "affects", "hasAspect", "offers")),
        *(SR + name for name in ("usesApproach", "hasAim", "hasEffect", "hasOutcome", "benefits", "concerns")),
        *(SR + name for name in ("reportedQuantity", "claimAbout", "claimBasis", "operatedBy", "openedBy")),
        *(SR + name for name in ("launchedBy", "developedBy", "introducedBy", "runBy", "coOriginatedBy")),
        *(SR + name for name in ("pioneeredBy", "partner", "holdsValue", "advocatesFor", "hasTimeSpan")),
        *(SR + name for name in ("startedDuring", "edtf", "earliestYear", "latestYear", "locatedIn")),
    ))
}  # fmt: skip
"""The order of properties on a page; others follow in the order of the texts."""

_PLUMBING = f"<{RDF}subject>, <{RDF}object>, <{SR}evidence>, <{SR}statedIn>, <http://www.w3.org/ns/oa#hasSource>, " + (
    ", ".join(f"<{iri}>" for iri in sorted(_NOT_LISTED - {RDF + "type"}))
)
_STATED = (
    f"EXISTS {{{{ ?p <{SR}needsEvidence> true }}}} && "
    "EXISTS {{ VALUES ?set {{ <{things}> <{inferred}> }} GRAPH ?set {{ {triple} }} }}"
)
_DERIVED = "OPTIONAL {{ GRAPH <{derived}> {{ {triple} }} BIND(true AS ?derived) }}"
_NEXT = "{{ SELECT ?next WHERE {{ ?next <{end}> <{iri}> }} LIMIT 1 OFFSET {after} }}"


@dataclass(frozen=True)
class Link:
    """A triple that is no statement: property and term at its end."""

    predicate: str
    value: Mapping[str, Any]
    is_derived: bool = False

    @property
    def object(self) -> str:
        """The IRI of the other end; empty where it has none."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> LangString:
        """The text of the other end; empty where it is a thing."""
        if self.value["type"] != "literal":
            return LangString("")
        return LangString(str(self.value["value"]), str(self.value.get("xml:lang", "")))


Statements = Mapping[str, list[QuotedStatement]]
Links = Mapping[str, list[Link]]


@dataclass(frozen=True)
class ThingPage:
    """A thing with the statements and other triples about it.

    ``stated`` are the statements of the texts about it, ``intended`` those that the texts only wish or plan, for which
    the graph has no triple, ``inferred`` those of the editors, and ``incoming`` those whose value it is. ``lead`` is
    the sentence that best says what it is. ``links`` and ``referring`` are the other triples from it and to it.
    ``names`` has a node for each IRI. Long lists come in pages, counted from 1.
    """

    iri: str
    names: Mapping[str, LabelledNode]
    lead: Excerpt | None
    stated: Statements
    intended: Statements
    inferred: Statements
    incoming: Statements
    links: tuple[Link, ...]
    referring: tuple[Link, ...]
    number: int = 1
    is_last: bool = True

    @property
    def name(self) -> LabelledNode:
        """The thing with its labels and classes."""
        return self.names[self.iri]

    @property
    def matches(self) -> Links:
        """The links to equal or similar things in other data sets."""
        return _group_links(link for link in self.links if link.predicate in MATCHES and link.object)

    @property
    def others(self) -> Links:
        """The triples from the thing that no other section shows."""
        shown = {*LABELS, *DEFINITIONS, *NOTES, *MATCHES, *_NOT_LISTED, SKOS + "altLabel"}
        return _group_links(link for link in self.links if link.predicate not in shown and not link.is_derived)

    @property
    def derived(self) -> Links:
        """The triples from the thing that rules derive."""
        return _group_links(link for link in self.links if link.is_derived and link.predicate not in _NOT_LISTED)

    @property
    def back(self) -> Links:
        """The triples to the thing, without those that rules derive."""
        return _group_links(link for link in self.referring if not link.is_derived)

    @property
    def derived_back(self) -> Links:
        """The triples to the thing that rules derive."""
        return _group_links(link for link in self.referring if link.is_derived)

    def texts(self, predicates: Iterable[str], language: str) -> list[LangString]:
        """Return the texts of properties, property by property; see ``texts_in_language``."""
        return [
            text
            for predicate in predicates
            for text in texts_in_language([link.text for link in self.links if link.predicate == predicate], language)
        ]


def texts_in_language(texts: Iterable[LangString], language: str) -> list[LangString]:
    """Return the texts in ``language`` or without one.

    Otherwise those in the first other language.
    """
    texts = [text for text in texts if text.text]
    tags = {text.language for text in texts}
    chosen = {language, ""} & tags or set(sorted(tags)[:1])
    return sorted({text for text in texts if text.language in chosen}, key=lambda text: text.text)


def links_in_language(links: Iterable[Link], language: str) -> list[Link]:
    """Return the links to things, and those whose text is among ``texts_in_language``."""
    links = list(links)
    texts = texts_in_language([link.text for link in links], language)
    return [link for link in links if not link.text.text or link.text in texts]


def statements_in_language(statements: Iterable[QuotedStatement], language: str) -> list[QuotedStatement]:
    """Return a property's statements without translations of those in the language.

    A translation rests on the same passages.
    """
    statements = list(statements)
    translated = {s.quotes for s in statements if s.text and s.value.get("xml:lang") == language}
    return [
        s for s in statements if s.quotes not in translated or s.object or s.value.get("xml:lang", "") in {language, ""}
    ]


def read_thing_page(evaluate: Evaluate, iri: str, base: str, number: int = 1) -> ThingPage:
    """Read a page of a thing; four queries, whatever there is."""
    rows = select_rows(evaluate, _links_query(iri, base, number))
    statements = statements_around(evaluate, iri, STATEMENTS_PER_PAGE, (number - 1) * STATEMENTS_PER_PAGE)
    stated = {(s.subject, s.predicate, str(s.value["value"])) for s in statements}
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
    about = [statement for statement in statements if statement.subject == iri]
    toward = [statement for statement in statements if statement.subject != iri]
    return ThingPage(
        iri=iri,
        names=fetch_labels(evaluate, _labelled_iris(iri, statements, (*links, *referring))),
        lead=lead_sentence(evaluate, iri, statements),
        stated=_group_statements(s for s in about if s.modality != INFERRED and not _is_unstated(s)),
        intended=_group_statements(s for s in about if _is_unstated(s)),
        inferred=_group_statements(statement for statement in about if statement.modality == INFERRED),
        incoming=_group_statements(toward),
        links=links,
        referring=tuple(referring[:LINKS_PER_PAGE]),
        number=number,
        is_last=len(referring) <= LINKS_PER_PAGE and not any("next" in row for row in rows),
    )


def _is_unstated(statement: QuotedStatement) -> bool:
    """Return whether the graph does not say that it is so."""
    return not statement.stands and statement.modality not in {*STATED, INFERRED}


def lead_sentence(evaluate: Evaluate, iri: str, statements: Iterable[QuotedStatement]) -> Excerpt | None:
    """Return the sentence that best says what a thing is.

    Its name is marked. None where no text speaks of it. That is the sentence with the most statements about the
    thing, the first of several. What the text claims of itself and what editors infer count only where there is
    nothing else.
    """
    statements = list(statements)
    about = [statement for statement in statements if statement.subject == iri]
    factual = [statement for statement in about if statement.modality in _FACTUAL]
    quotes = [quote for s in factual or about or statements for quote in s.quotes]
    if not quotes:
        return None
    counts = Counter((quote.document, quote.sentence) for quote in quotes)
    best = min(counts, key=lambda place: (-counts[place], place))
    inside = [quote for quote in quotes if (quote.document, quote.sentence) == best]
    first = min(inside, key=lambda quote: (quote.start, quote.end))
    mentions = [quote for s in about if s.predicate == SR + "mentionedAs" for quote in s.quotes]
    named = [quote for quote in mentions if (quote.document, quote.sentence) == best]
    return fetch_excerpts(evaluate, [first], named or inside)[first.iri]


def _links_query(iri: str, base: str, number: int) -> str:
    """Return the query for a page of the other triples.

    These are from and to the thing; it also tells whether more follow.
    """
    after = number * STATEMENTS_PER_PAGE
    graphs = {name: f"{base}graph/{name}" for name in ("things", "inferred", "derived")}
    out, back = ({**graphs, "triple": triple} for triple in (f"<{iri}> ?p ?o", f"?s ?p <{iri}>"))
    own = f"?p != <{SCHEMA}text> && !({_STATED.format(**out)})"
    others = f"?p NOT IN ({_PLUMBING}) && !({_STATED.format(**back)})"
    bounds = f"LIMIT {LINKS_PER_PAGE + 1} OFFSET {(number - 1) * LINKS_PER_PAGE}"
    parts = [
        f"{{ SELECT ?p ?o WHERE {{ <{iri}> ?p ?o FILTER({own}) }} LIMIT {_MAX_TRIPLES} }} {_DERIVED.format(**out)}",
        f"{{ SELECT ?s ?p WHERE {{ ?s ?p <{iri}> FILTER({others}) }} {bounds} }} {_DERIVED.format(**back)}",
        _NEXT.format(end=RDF + "subject", iri=iri, after=after),
        _NEXT.format(end=RDF + "object", iri=iri, after=after),
    ]
    return f"SELECT ?p ?o ?s ?derived ?next WHERE {{ {{ {' } UNION { '.join(parts)} }} }}"


def _labelled_iris(iri: str, statements: list[QuotedStatement], links: Iterable[Link]) -> list[str]:
    """Return the IRIs whose labels a page shows."""
    documents = {quote.document: None for statement in statements for quote in statement.quotes}
    ends = (end for link in links for end in (link.predicate, link.object) if end)
    return list(dict.fromkeys([iri, *mentioned_iris(statements), *documents, *ends]))


def _group_statements(statements: Iterable[QuotedStatement]) -> Statements:
    """Return the statements by property, in _PROPERTY_ORDER.

    Further properties are in the order of the texts.
    """
    groups: dict[str, list[QuotedStatement]] = {}
    for statement in statements:
        groups.setdefault(statement.predicate, []).append(statement)
    return dict(sorted(groups.items(), key=lambda item: _PROPERTY_ORDER.get(item[0], len(_PROPERTY_ORDER))))


def _group_links(links: Iterable[Link]) -> Links:
    """Return the links by property, in _PROPERTY_ORDER.

    Those of a property are sorted by IRI or text, and numbers in these by size.
    """
    groups: dict[str, list[Link]] = {}
    for link in sorted(
        links, key=lambda link: (_PROPERTY_ORDER.get(link.predicate, len(_PROPERTY_ORDER)), link.predicate)
    ):
        groups.setdefault(link.predicate, []).append(link)
    return {
        predicate: sorted(group, key=lambda link: collation_key(str(link.value["value"])))
        for predicate, group in groups.items()
    }


_DEFINITIONS = f"SELECT (LANG(?text) AS ?language) ?text WHERE {{{{ <{{}}> <{SKOS}definition> ?text }}}}"
_SPEAKERS = f"SELECT DISTINCT ?speaker WHERE {{{{ <{{}}> <{PROV}wasAttributedTo> ?speaker }}}} LIMIT 9"
_PASSAGE_OF_SELECTOR = f"SELECT ?passage WHERE {{{{ ?passage <{OA}hasSelector> <{{}}> }}}} ORDER BY ?passage LIMIT 1"


@dataclass(frozen=True)
class StatementPage:
    """A statement with its sentences, modality explained, and speakers.

    ``modality_definitions`` are by language, ``names`` by IRI.
    """

    statement: QuotedStatement
    sentences: tuple[Excerpt, ...]
    modality_definitions: Mapping[str, str]
    speakers: tuple[str, ...]
    names: Mapping[str, LabelledNode]

    def modality_definition(self, language: str) -> LangString:
        """Return the definition of the modality, in the language if possible."""
        return pick_language(self.modality_definitions, language) or LangString("")

    def sentence(self, language: str, base: str) -> str:
        """Return the statement as a short sentence: subject, property and value."""
        s = self.statement
        names = [self.names[iri].label(language, base).text for iri in (s.subject, s.predicate, s.object) if iri]
        return " ".join([*names, s.text] if s.text else names)


@dataclass(frozen=True)
class PassagePage:
    """A passage in its sentence, with the statements that rest on it."""

    sentence: Excerpt
    statements: tuple[QuotedStatement, ...]
    names: Mapping[str, LabelledNode]


def read_statement_page(evaluate: Evaluate, assertion: str) -> StatementPage | None:
    """Read the page of an assertion.

    None where the graph lacks a part of the statement.
    """
    statements = statements_of_assertions(evaluate, [assertion])
    if not statements:
        return None
    (statement,) = statements
    sentences = fetch_excerpts(evaluate, statement.quotes)
    documents = dict.fromkeys(quote.document for quote in statement.quotes)
    speakers = tuple(row["speaker"] for iri in documents for row in select_strings(evaluate, _SPEAKERS.format(iri)))
    return StatementPage(
        statement,
        tuple(sentences[quote.iri] for quote in statement.quotes),
        {row["language"]: row["text"] for row in select_strings(evaluate, _DEFINITIONS.format(statement.modality))},
        speakers,
        fetch_labels(evaluate, [*mentioned_iris(statements), *documents, *speakers]),
    )


def read_passage_page(evaluate: Evaluate, passage: str) -> PassagePage | None:
    """Read the page of a passage.

    None where no statement rests on it.
    """
    statements = statements_of_passage(evaluate, passage)
    quotes = [quote for statement in statements for quote in statement.quotes if quote.iri == passage]
    if not quotes:
        return None
    return PassagePage(
        fetch_excerpts(evaluate, quotes[:1])[passage],
        tuple(statements),
        fetch_labels(evaluate, [*mentioned_iris(statements), quotes[0].document]),
    )


def passage_of_selector(evaluate: Evaluate, selector: str) -> str:
    """Return the passage that a selector finds; empty where there is none."""
    rows = select_strings(evaluate, _PASSAGE_OF_SELECTOR.format(selector))
    return rows[0]["passage"] if rows else ""
