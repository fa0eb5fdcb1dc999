"""A document in the reader: marked paragraphs, passages and statements."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kg.model.iris import DCT, OA, PAV, SCHEMA, SKOS, SR
from kg.model.sentences import Abbreviations, abbreviations_of, split_sentences
from kg.pages.reader.marks import Piece, TextRun, assign_lanes, merge_quotes, split_paragraphs, weave
from kg.pages.shared.graph_queries import (
    FAMILY_BY_KIND,
    Evaluate,
    LabelledNode,
    LangString,
    Row,
    family_of,
    fetch_labels,
    format_iris,
    pick_language,
    select_rows,
)
from kg.pages.shared.statements import (
    QuotedPassage,
    QuotedStatement,
    mentioned_iris,
    read_sentences,
    statements_of_passages,
)

PART_LENGTH = 8_000
"""Most code points of a text on a page; a longer text is shown in parts."""

PART_PASSAGES = 500
"""Passages of a part after which the next paragraph goes to the next part."""

MAX_DOCUMENTS = 500
"""Most documents that are listed."""

OTHER_FAMILY = "autre"
"""The family of passages about things that have none."""

FAMILIES = (*dict.fromkeys(FAMILY_BY_KIND.values()), OTHER_FAMILY)
"""The families in the order of their switch."""

_DESCRIPTION = f"""SELECT ?property ?value WHERE {{
  VALUES ?property {{ {format_iris([SKOS + "prefLabel", SCHEMA + "text", SCHEMA + "inLanguage"])}
    {format_iris(DCT + name for name in ("title", "source", "rights", "date", "creator", "replaces"))}
    <{PAV}retrievedOn> }}
  <%s> ?property ?value }} LIMIT 1000"""
_SPANS = f"""PREFIX oa: <{OA}>
SELECT ?passage ?start ?end ?sentence %s WHERE {{
  ?passage oa:hasSource <%s> ; <{SR}inSentence> ?sentence ; oa:hasSelector ?place .
  ?place oa:start ?start ; oa:end ?end . %s }} ORDER BY ?start DESC(?end) ?passage"""
_WORDS = ("?words", f"?passage <{OA}hasSelector> ?quote . ?quote <{OA}exact> ?words")
_WORD = re.compile(r"\w+")
_DOCUMENTS = (
    f"SELECT DISTINCT ?document WHERE {{ ?document a <{SR}Document> }} ORDER BY ?document LIMIT {MAX_DOCUMENTS}"
)

PASSAGES_QUERY = f"""PREFIX oa: <{OA}>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX sr: <{SR}>

SELECT ?start ?end ?words ?subject ?predicate ?value ?modality
WHERE {{
  ?passage oa:hasSource <%s> ; oa:hasSelector ?place , ?quote .
  ?place oa:start ?start ; oa:end ?end .
  ?quote oa:exact ?words .
  ?assertion sr:evidence ?passage ; rdf:subject ?subject ; rdf:predicate ?predicate ; rdf:object ?value ;
    sr:modality ?modality .
}}
ORDER BY ?start DESC(?end)"""
"""The query for people: the passages of a document with what each says; takes its IRI."""


@dataclass(frozen=True)
class PassageSpan:
    """The place of a passage: code points, and its first sentence."""

    iri: str
    start: int
    end: int
    sentence: int


Paragraph = tuple[TextRun, ...]
"""A paragraph: runs of text in order, with something left out between two."""


@dataclass(frozen=True)
class ReaderDocument:
    """A document of the graph: descriptions, text in parts, passages in order.

    ``descriptions`` are by property name and language. ``has_text`` tells that the whole text is there, and not only
    its quotes. ``word_counts`` are the words of the text that lie in a passage, and all.
    """

    iri: str
    language: str
    descriptions: Mapping[str, Mapping[str, str]]
    has_text: bool
    parts: tuple[tuple[Paragraph, ...], ...] = field(repr=False)
    spans: tuple[PassageSpan, ...] = field(repr=False)
    word_counts: tuple[int, int] = (0, 0)

    def description(self, name: str, language: str) -> LangString | None:
        """Return its title, prefLabel, source, rights or date.

        None where there is none.
        """
        return pick_language(self.descriptions.get(name, {}), language)

    @property
    def starts(self) -> list[int]:
        """The code points at which the parts begin."""
        return [part[0][0].start if part else 0 for part in self.parts]


@dataclass(frozen=True)
class ReaderPassage:
    """A passage with its families and the statements on it."""

    quote: QuotedPassage
    families: tuple[str, ...]
    statements: tuple[QuotedStatement, ...]


@dataclass(frozen=True)
class ReaderPage:
    """A part of a document on a page: paragraphs, passages and labels.

    ``families`` has the number of passages of each family in this part, whichever are shown.
    """

    document: ReaderDocument
    part: int
    paragraphs: tuple[tuple[tuple[Piece, ...], ...], ...]
    passages: tuple[ReaderPassage, ...]
    families: Mapping[str, int]
    names: Mapping[str, LabelledNode]


def list_documents(evaluate: Evaluate) -> list[LabelledNode]:
    """Return the first MAX_DOCUMENTS documents of the graph with their labels."""
    iris = [str(row["document"]["value"]) for row in select_rows(evaluate, _DOCUMENTS)]
    return list(fetch_labels(evaluate, iris).values())


def read_document(evaluate: Evaluate, iri: str) -> ReaderDocument | None:
    """Return the document with its passages.

    None where the graph does not know it. The IRI must be one that may stand in a query.
    """
    descriptions: dict[str, dict[str, str]] = {}
    rows = [(str(row["property"]["value"]), row["value"]) for row in select_rows(evaluate, _DESCRIPTION % iri)]
    for name, value in sorted(rows, key=lambda row: (row[0], row[1]["value"])):
        descriptions.setdefault(re.split("[/#]", name)[-1], {}).setdefault(
            value.get("xml:lang", ""), str(value["value"])
        )
    authors = [str(value["value"]) for name, value in rows if name == DCT + "creator"]
    if len(authors) > 1:
        descriptions["creator"] = {"": ", ".join(sorted(authors))}
    text = next(iter(descriptions.pop("text", {}).values()), "")
    language = next(iter(descriptions.pop("inLanguage", {}).values()), "") or next(
        iter(descriptions.get("title", {})), ""
    )
    passages = select_rows(evaluate, _SPANS % (("", iri, "") if text else (_WORDS[0], iri, _WORDS[1])))
    if not passages and not rows:
        return None
    spans = tuple(_span(row) for row in passages)
    blocks = [(run,) for run in split_paragraphs(text, PART_LENGTH)] if text else _quoted_paragraphs(passages)
    return ReaderDocument(
        iri, language, descriptions, bool(text), _parts(blocks, spans), spans, _count_words(text, spans)
    )


def read_part(
    evaluate: Evaluate, document: ReaderDocument, language: str, part: int = 1, only: str = ""
) -> ReaderPage | None:
    """Return a document's part with the passages of one family or all.

    None where there is no such part. ``language`` is that of the page: statements that the editors give in several
    languages are shown in this one only.
    """
    if not 1 <= part <= len(document.parts):
        return None
    borders = [-math.inf, *document.starts[1:], math.inf]
    begin, end = borders[part - 1 : part + 1]
    spans = [span for span in document.spans if begin <= span.start < end or span.start < begin < span.end]
    statements = statements_of_passages(evaluate, [span.iri for span in spans])
    names = fetch_labels(evaluate, mentioned_iris(statements))
    passages = _passages(spans, statements, names, language)
    counts = {family: sum(family in passage.families for passage in passages) for family in FAMILIES}
    passages = [passage for passage in passages if not only or only in passage.families]
    return ReaderPage(
        document,
        part,
        _weave_part(document, part, passages, only, _first_places(evaluate, document, spans)),
        tuple(passages),
        {family: count for family, count in counts.items() if count},
        names,
    )


def _span(row: Row) -> PassageSpan:
    start, end, sentence = (int(row[name]["value"]) for name in ("start", "end", "sentence"))
    return PassageSpan(str(row["passage"]["value"]), start, end, sentence)


def _quoted_paragraphs(rows: Sequence[Row]) -> list[Paragraph]:
    """Return each sentence's quotes as a paragraph, for documents without text."""
    sentences: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        span = _span(row)
        sentences.setdefault(span.sentence, []).append((span.start, str(row["words"]["value"])))
    return [tuple(merge_quotes(quotes)) for _, quotes in sorted(sentences.items())]


def _parts(blocks: Sequence[Paragraph], spans: Sequence[PassageSpan]) -> tuple[tuple[Paragraph, ...], ...]:
    """Return the paragraphs in parts that are not too long to show.

    There is one part at least, if an empty one.
    """
    starts = sorted(span.start for span in spans)
    parts: list[list[Paragraph]] = [[]]
    for block in blocks:
        begin = parts[-1][0][0].start if parts[-1] else block[0].start
        passages = bisect_left(starts, block[-1].end) - bisect_left(starts, begin)
        if parts[-1] and (block[-1].end - begin > PART_LENGTH or passages > PART_PASSAGES):
            parts.append([])
        parts[-1].append(block)
    return tuple(map(tuple, parts))


def _count_words(text: str, spans: Sequence[PassageSpan]) -> tuple[int, int]:
    """Return the number of words that passages cover, and of all words."""
    is_covered = bytearray(len(text))
    for span in spans:
        inside = range(len(text))[span.start : span.end]
        is_covered[inside.start : inside.stop] = b"\1" * len(inside)
    words = [all(is_covered[word.start() : word.end()]) for word in _WORD.finditer(text)]
    return sum(words), len(words)


def _passages(
    spans: Sequence[PassageSpan],
    statements: Sequence[QuotedStatement],
    names: Mapping[str, LabelledNode],
    language: str,
) -> list[ReaderPassage]:
    """Return the passages that say something, in the text's order."""
    by_passage: dict[str, list[QuotedStatement]] = {}
    quotes: dict[str, QuotedPassage] = {}
    for statement in statements:
        for quote in statement.quotes:
            by_passage.setdefault(quote.iri, []).append(statement)
            quotes[quote.iri] = quote
    return [
        ReaderPassage(
            quotes[span.iri],
            _families(by_passage[span.iri], names),
            tuple(_without_translations(by_passage[span.iri], language)),
        )
        for span in spans
        if span.iri in by_passage
    ]


def _families(statements: Sequence[QuotedStatement], names: Mapping[str, LabelledNode]) -> tuple[str, ...]:
    """Return the families of the statements' subjects, else of their values."""
    families = {family_of(names[statement.subject].kind) for statement in statements} - {""}
    objects = [statement.object for statement in statements if statement.object]
    families = families or {family_of(names[iri].kind) for iri in objects} - {""} or {OTHER_FAMILY}
    return tuple(family for family in FAMILIES if family in families)


def _without_translations(statements: Sequence[QuotedStatement], language: str) -> list[QuotedStatement]:
    """Return the statements without translations of those in the language."""
    in_language = {(s.subject, s.predicate) for s in statements if s.value.get("xml:lang") == language}
    statements = [
        s
        for s in statements
        if s.value.get("xml:lang", language) == language or (s.subject, s.predicate) not in in_language
    ]
    return sorted(statements, key=lambda s: (s.subject, bool(s.text), s.predicate, s.iri))


def _first_places(
    evaluate: Evaluate, document: ReaderDocument, spans: Sequence[PassageSpan]
) -> dict[int, tuple[int, int | None]]:
    """Return the first passage of each sentence, and where that begins.

    The second place is None where the release does not tell it.
    """
    first: dict[int, int] = {}
    for span in spans:
        first.setdefault(span.sentence, span.start)
    known = read_sentences(evaluate, document.iri, first) if first else {}
    return {number: (start, known[number].start if number in known else None) for number, start in first.items()}


def _weave_part(
    document: ReaderDocument,
    part: int,
    passages: Sequence[ReaderPassage],
    only: str,
    first: Mapping[int, tuple[int, int | None]],
) -> tuple[tuple[tuple[Piece, ...], ...], ...]:
    """Return the paragraphs with marks and sentence numbers."""
    marks = assign_lanes(
        (passage.quote.start, passage.quote.end, family)
        for passage in passages
        for family in passage.families
        if not only or family == only
    )
    abbreviations = abbreviations_of(document.language)
    return tuple(
        tuple(tuple(weave(run, marks, _sentence_numbers(run, first, abbreviations))) for run in block)
        for block in document.parts[part - 1]
    )


def _sentence_numbers(
    run: TextRun, first: Mapping[int, tuple[int, int | None]], abbreviations: Abbreviations
) -> dict[int, int]:
    """Return the place of each sentence's number in a run.

    That is where the sentence begins, at the latest at its first passage. Where the release does not tell, as one of
    0.1, the text is split by the rules of its language.
    """
    inside = [(start, begin, number) for number, (start, begin) in first.items() if run.start <= start < run.end]
    begins: list[int] = []
    if any(begin is None for _, begin, _ in inside):
        begins = [run.start + sentence.start for sentence in split_sentences(run.text, abbreviations)]
    numbers: dict[int, int] = {}
    for start, told, sentence in sorted(inside, key=lambda item: item[0]):
        if told is not None and run.start <= told <= start:
            numbers[told] = sentence
        else:
            begin = max((place for place in begins if place <= start), default=start)
            numbers[start if begin in numbers else begin] = sentence
    return numbers
