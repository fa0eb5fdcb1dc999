"""Statements of texts, with their passages and the sentences around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.model.sentences import Sentence, abbreviations_of, sentence_around
from kg.pages.shared.graph_queries import LABEL_BATCH, Evaluate, HasObject, Row, format_iris, select_rows

_STATEMENT_QUERY = f"""PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>
SELECT ?assertion ?s ?p ?o ?stands ?modality ?note ?passage ?document ?sentence ?start ?end ?exact ?prefix ?suffix
  ?language
WHERE {{
  %s
  ?assertion rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; sr:modality ?modality ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; sr:inSentence ?sentence ; oa:hasSelector ?words, ?place .
  ?words oa:exact ?exact . ?place oa:start ?start ; oa:end ?end .
  BIND(EXISTS {{ ?s ?p ?o }} AS ?stands)
  OPTIONAL {{ ?words oa:prefix ?prefix }} OPTIONAL {{ ?words oa:suffix ?suffix }}
  OPTIONAL {{ ?assertion skos:note ?note }} OPTIONAL {{ ?document <{SCHEMA}inLanguage> ?language }}
}} ORDER BY ?document ?start ?end ?assertion LIMIT %d OFFSET %d"""


@dataclass(frozen=True)
class QuotedPassage:
    """A passage of a document: words, code points (end exclusive), context."""

    iri: str
    document: str
    start: int
    end: int
    sentence: int
    text: str
    language: str
    prefix: str = ""
    suffix: str = ""

    @property
    def anchor(self) -> str:
        """The URL fragment that opens the document's page at this passage."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class QuotedStatement(HasObject):
    """A statement of a text, with the passages that say it.

    ``value`` is a term of the JSON results format (type, value, xml:lang, datatype). ``notes`` are by language.
    ``stands`` tells that the graph has the triple itself. What is only intended has none: no one says that it is so.
    """

    iri: str
    subject: str
    predicate: str
    value: Mapping[str, Any]
    modality: str
    quotes: tuple[QuotedPassage, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    stands: bool = True


def statements_around(evaluate: Evaluate, iri: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """Return the statements with a thing as subject or value.

    There are at most ``limit`` of each. They are in the order of the texts. Which ones a page has follows the
    order of the store, since sorting a million of them takes too long.
    """
    window = "{{ SELECT ?assertion WHERE {{ ?assertion <{}> <{}> }} LIMIT {} OFFSET {} }}"
    parts = (window.format(RDF + end, iri, limit, offset) for end in ("subject", "object"))
    return _find_statements(evaluate, " UNION ".join(parts), 20_000)


def statements_of_document(evaluate: Evaluate, iri: str, limit: int = 50_000, offset: int = 0) -> list[QuotedStatement]:
    """Return the statements of a document in its order.

    Limit and offset count passages.
    """
    return _find_statements(
        evaluate, f"VALUES ?document {{ <{iri}> }} ?assertion sr:statedIn ?document .", limit, offset
    )


def statements_of_assertions(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """Return the statements that assertions describe, in the order of the texts."""
    return _find_statements(evaluate, f"VALUES ?assertion {{ {format_iris(iris)} }}", 10_000)


def statements_of_passage(evaluate: Evaluate, iri: str) -> list[QuotedStatement]:
    """Return the statements that rest on a passage, with all their passages."""
    rows = select_rows(
        evaluate,
        f"SELECT DISTINCT ?assertion WHERE {{ ?assertion <{SR}evidence> <{iri}> }} ORDER BY ?assertion LIMIT 1000",
    )
    return statements_of_assertions(evaluate, [str(row["assertion"]["value"]) for row in rows])


def statements_of_passages(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """Return the statements that rest on passages, with these passages.

    One query for each LABEL_BATCH passages.
    """
    distinct = list(dict.fromkeys(iris))
    statements: dict[str, QuotedStatement] = {}
    for start in range(0, len(distinct), LABEL_BATCH):
        for statement in _find_statements(
            evaluate, f"VALUES ?passage {{ {format_iris(distinct[start : start + LABEL_BATCH])} }}", 10_000
        ):
            known = statements.get(statement.iri)
            statements[statement.iri] = replace(known, quotes=known.quotes + statement.quotes) if known else statement
    return list(statements.values())


def mentioned_iris(statements: Iterable[QuotedStatement]) -> list[str]:
    """Return the distinct subjects, predicates, values and modalities of statements, in order."""
    iris: dict[str, None] = {}
    for statement in statements:
        iris |= dict.fromkeys([statement.subject, statement.predicate, statement.modality])
        if statement.object:
            iris[statement.object] = None
    return list(iris)


def _find_statements(evaluate: Evaluate, pattern: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """Return the statements that a pattern finds.

    The query has a row for each passage and language of a note.
    """
    rows: dict[str, list[Row]] = {}
    for row in select_rows(evaluate, _STATEMENT_QUERY % (pattern, limit, offset)):
        rows.setdefault(row["assertion"]["value"], []).append(row)
    return [_parse_statement(iri, statement_rows) for iri, statement_rows in rows.items()]


def _parse_statement(iri: str, rows: list[Row]) -> QuotedStatement:
    first = rows[0]
    quotes = {row["passage"]["value"]: _parse_quote(row) for row in rows}
    notes = {row["note"].get("xml:lang", ""): str(row["note"]["value"]) for row in rows if "note" in row}
    return QuotedStatement(
        iri,
        str(first["s"]["value"]),
        str(first["p"]["value"]),
        first["o"],
        str(first["modality"]["value"]),
        tuple(sorted(quotes.values(), key=lambda quote: (quote.document, quote.start, quote.end))),
        notes,
        stands=first["stands"]["value"] == "true",
    )


def _parse_quote(row: Row) -> QuotedPassage:
    return QuotedPassage(
        iri=str(row["passage"]["value"]),
        document=str(row["document"]["value"]),
        start=int(row["start"]["value"]),
        end=int(row["end"]["value"]),
        sentence=int(row["sentence"]["value"]),
        text=str(row["exact"]["value"]),
        language=str(row["exact"].get("xml:lang") or row.get("language", {}).get("value", "")),
        prefix=str(row.get("prefix", {}).get("value", "")),
        suffix=str(row.get("suffix", {}).get("value", "")),
    )


_SENTENCES_QUERY = f"""SELECT ?number ?begin ?end WHERE {{ %s
  ?sentence <{SR}sentenceOf> <%s> ; <{SR}number> ?number ; <{SR}begin> ?begin ; <{SR}end> ?end .
}} ORDER BY ?number LIMIT 100000"""


def read_sentences(evaluate: Evaluate, document: str, numbers: Iterable[int] = ()) -> dict[int, Sentence]:
    """Return the sentences of a document, by number.

    They are those that the release has, with ``numbers`` or all; none in a graph without them, such as one of 0.1.
    """
    chosen = format_iris(_sentence_iri(document, number) for number in sorted(set(numbers)))
    rows = select_rows(evaluate, _SENTENCES_QUERY % (f"VALUES ?sentence {{ {chosen} }}" if chosen else "", document))
    places = [tuple(int(row[name]["value"]) for name in ("number", "begin", "end")) for row in rows]
    return {number: Sentence(number, begin, end) for number, begin, end in places}


def _sentence_iri(document: str, number: int) -> str:
    """Return the IRI of a sentence, as a release mints it.

    Sentences are looked up by it: by document and number, each would be sought among many.
    """
    return f"{document.replace('/id/document/', '/id/sentence/')}/{number}"


CONTEXT_LENGTH = 1_000
"""Code points before and after a passage that are read to find the ends of its sentence."""

SHORT_CONTEXT = 8
"""A prefix or suffix of fewer code points than these reaches to the end of the text."""

_TEXT_QUERY = f"""SELECT ?document ?from ?number (SUBSTR(?text, ?from + 1, ?length) AS ?part) ?begin ?end WHERE {{
  VALUES (?document ?from ?length ?sentence ?number) {{ %s }} OPTIONAL {{ ?document <{SCHEMA}text> ?text }}
  OPTIONAL {{ ?sentence <{SR}begin> ?begin ; <{SR}end> ?end }} }}"""
"""The text around passages, and their sentences as the release has them."""


@dataclass(frozen=True)
class Excerpt:
    """The sentence around a passage, in quoted and other pieces.

    An ellipsis is a piece where the sentence goes on.
    """

    quote: QuotedPassage
    pieces: tuple[tuple[str, bool], ...]


def fetch_excerpts(
    evaluate: Evaluate,
    quotes: Iterable[QuotedPassage],
    marked: Iterable[QuotedPassage] = (),
    context_length: int = CONTEXT_LENGTH,
) -> dict[str, Excerpt]:
    """Return the sentence of each passage, by the passage's IRI; one query.

    ``marked`` are the passages whose words are marked in it, as far as they lie there; where none does, its own are.
    Of a document that is known by its quotes only, a sentence is what stands around the quote. ``context_length`` is
    how many code points before and after the passage are read.
    """
    passages, marks = list(quotes), list(marked)
    if not passages:
        return {}
    windows = {quote.iri: max(quote.start - context_length, 0) for quote in passages}
    rows = " ".join(
        f"(<{quote.document}> {windows[quote.iri]} {quote.end - windows[quote.iri] + context_length}"
        f" <{_sentence_iri(quote.document, quote.sentence)}> {quote.sentence})"
        for quote in passages
    )
    parts: dict[tuple[str, int, int], TextPart] = {}
    for row in select_rows(evaluate, _TEXT_QUERY % rows):
        offset, number = (int(row[name]["value"]) for name in ("from", "number"))
        places = [int(row[name]["value"]) for name in ("begin", "end") if name in row]
        sentence = Sentence(number, *places) if len(places) == 2 else None
        text = str(row["part"]["value"]) if "part" in row else ""
        parts[row["document"]["value"], offset, number] = TextPart(text, offset, sentence)
    nothing = TextPart("", 0, None)
    return {
        quote.iri: _excerpt(
            quote, parts.get((quote.document, windows[quote.iri], quote.sentence), nothing), marks, context_length
        )
        for quote in passages
    }


class TextPart(NamedTuple):
    """A part of a text, and a sentence in it, where known."""

    text: str
    offset: int
    sentence: Sentence | None

    def bounds(self, words: list[tuple[int, int]], language: str) -> tuple[int, int]:
        """Return where the sentence of some words begins and ends.

        The places are counted in the part. Where the release does not tell, as one of 0.1, the text is split by the
        rules of its language.
        """
        if self.sentence:
            return max(self.sentence.start - self.offset, 0), min(self.sentence.end - self.offset, len(self.text))
        first, last = min(start for start, _ in words), max(end for _, end in words)
        return sentence_around(self.text, first, last, abbreviations_of(language))


def _excerpt(quote: QuotedPassage, around: TextPart, marked: Iterable[QuotedPassage], context_length: int) -> Excerpt:
    """Return the excerpt of a passage from the text around it."""
    part, offset, sentence = around
    if part[quote.start - offset : quote.end - offset] != quote.text:
        return Excerpt(quote, _quoted_part(quote, sentence) if sentence else _quoted_sentence(quote))
    near = [
        (mark.start - offset, mark.end - offset, mark.sentence)
        for mark in marked
        if mark.document == quote.document and mark.end > offset and mark.start < offset + len(part)
    ]
    together = [(start, end) for start, end, number in near if number == quote.sentence and start >= 0]
    together.append((quote.start - offset, quote.end - offset))
    start, end = around.bounds(together, quote.language)
    spans = [(max(left, start), min(right, end)) for left, right, _ in near if left < end and right > start]
    pieces = _pieces(part, start, end, spans or together[-1:])
    is_whole = offset == 0, len(part) < quote.end + context_length - offset
    if sentence:
        is_whole = sentence.start >= offset, sentence.end <= offset + len(part)
    return Excerpt(quote, _with_ellipses(pieces, part[:start], part[end:], is_whole))


def quote_in_context(quote: QuotedPassage) -> tuple[tuple[str, bool], ...]:
    """Return the passage with the context of its selector.

    Sentences do not matter. Broken words at the ends are left out; a line break at the end is the end of a
    sentence. Line breaks and spaces between two paragraphs are one space.
    """
    before, after = quote.prefix, quote.suffix
    if len(before) >= SHORT_CONTEXT:
        before = re.sub(r"^\S*\s+", "… ", before)
    if len(after) >= SHORT_CONTEXT and not after.endswith("\n"):
        after = re.sub(r"\s+\S*\Z", " …", after)
    before, after = (re.sub(r"\s{2,}", " ", part) for part in (before, after))
    return tuple(piece for piece in ((before, False), (quote.text, True), (after, False)) if piece[0])


def _quoted_part(quote: QuotedPassage, sentence: Sentence) -> tuple[tuple[str, bool], ...]:
    """Return what the selector gives of a sentence.

    An ellipsis stands for what it leaves out.
    """
    text = quote.prefix + quote.text + quote.suffix
    offset = quote.start - len(quote.prefix)
    start, end = max(sentence.start - offset, 0), min(sentence.end - offset, len(text))
    pieces = _pieces(text, start, end, [(len(quote.prefix), len(quote.prefix) + len(quote.text))])
    before = [("… ", False)] if sentence.start < offset else []
    after = [(" …", False)] if sentence.end > offset + len(text) else []
    return (*before, *pieces, *after)


def _quoted_sentence(quote: QuotedPassage) -> tuple[tuple[str, bool], ...]:
    """Return the passage in its sentence, from its selector alone."""
    text = quote.prefix + quote.text + quote.suffix
    span = len(quote.prefix), len(quote.prefix) + len(quote.text)
    start, end = sentence_around(text, *span, abbreviations_of(quote.language))
    is_whole = len(quote.prefix) < SHORT_CONTEXT, len(quote.suffix) < SHORT_CONTEXT
    return _with_ellipses(_pieces(text, start, end, [span]), text[:start], text[end:], is_whole)


def _with_ellipses(
    pieces: list[tuple[str, bool]], before: str, after: str, is_whole: tuple[bool, bool]
) -> tuple[tuple[str, bool], ...]:
    """Return the pieces with an ellipsis where they are cut.

    It replaces the broken word.

    ``before`` and ``after`` is what is known of the text around them, ``is_whole`` whether that is all there is.
    They are cut where nothing but spaces is known: a line break or another sentence ends a sentence.
    """
    if not is_whole[0] and not before.strip(" ") and not pieces[0][1]:
        pieces[0] = ("… " + re.sub(r"^\S*\s+", "", before + pieces[0][0]), False)
    if not is_whole[1] and not after.strip(" ") and not pieces[-1][1]:
        pieces[-1] = (re.sub(r"\s+\S*\Z", "", pieces[-1][0] + after) + " …", False)
    return tuple(pieces)


def _pieces(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Return a span of text in pieces, marked where inside ``spans``."""
    borders = sorted({start, end, *(border for span in spans for border in span)})
    pieces: list[tuple[str, bool]] = []
    for left, right in pairwise(borders):
        is_marked = any(begin <= left and right <= stop for begin, stop in spans)
        if pieces and pieces[-1][1] == is_marked:
            pieces[-1] = (pieces[-1][0] + text[left:right], is_marked)
        else:
            pieces.append((text[left:right], is_marked))
    return pieces
