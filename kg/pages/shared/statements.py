"""Statements of texts, with their passages and the sentences around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.model.quotes import CONTEXT
from kg.model.sentences import Sentence, abbreviations_of, sentence_around
from kg.pages.shared.graph_queries import LABEL_BATCH, Evaluate, HasObject, Row, format_iris, select_rows

_BOUNDS = f"OPTIONAL {{ ?place <{SR}begin> ?begin ; <{SR}end> ?stop }}"
"""Where the sentence ``?place`` begins and ends, in a release that tells it."""

_STATEMENT_QUERY = f"""PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>
SELECT ?assertion ?s ?p ?o ?stands ?modality ?note ?passage ?document ?sentence ?start ?end ?exact ?prefix ?suffix
  ?language ?begin ?stop
WHERE {{
  %s
  ?assertion rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; sr:modality ?modality ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; sr:inSentence ?sentence ; oa:hasSelector ?words, ?position .
  ?words oa:exact ?exact . ?position oa:start ?start ; oa:end ?end .
  BIND(EXISTS {{ ?s ?p ?o }} AS ?stands)
  OPTIONAL {{ ?words oa:prefix ?prefix }} OPTIONAL {{ ?words oa:suffix ?suffix }}
  OPTIONAL {{ ?assertion skos:note ?note }} OPTIONAL {{ ?document <{SCHEMA}inLanguage> ?language }}
  BIND(STR(?document) AS ?name)
  BIND(IRI(CONCAT(STRBEFORE(?name, "/document/"), "/sentence/", STRAFTER(?name, "/document/"), "/", STR(?sentence)))
    AS ?place)
  {_BOUNDS}
}} ORDER BY ?document ?start ?end ?assertion LIMIT %d OFFSET %d"""


@dataclass(frozen=True)
class QuotedPassage:
    """A passage of a document: words, code points (end exclusive), context.

    ``bounds`` is its sentence, where the release tells it.
    """

    iri: str
    document: str
    start: int
    end: int
    sentence: int
    text: str
    language: str
    prefix: str = ""
    suffix: str = ""
    bounds: Sentence | None = None

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
        bounds=_parse_sentence(row, int(row["sentence"]["value"])),
    )


def _parse_sentence(row: Row, number: int) -> Sentence | None:
    if "begin" not in row or "stop" not in row:
        return None
    return Sentence(number, int(row["begin"]["value"]), int(row["stop"]["value"]))


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

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that part words by no space: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""

_TEXT_QUERY = f"""SELECT ?document ?from ?number (SUBSTR(?text, ?from + 1, ?length) AS ?part) ?begin ?stop WHERE {{
  VALUES (?document ?from ?length ?place ?number) {{ %s }} OPTIONAL {{ ?document <{SCHEMA}text> ?text }} {_BOUNDS} }}"""
"""The text around passages, and their sentences as the release has them."""

_HEAD_LEFT, _TAIL_LEFT = re.compile(r"^[\s…,;:.!?)\]»”]+"), re.compile(r"[\s…(\[«“]+\Z")
"""What means nothing beside an ellipsis: spaces, another ellipsis, marks whose other half is cut off."""

Pieces = tuple[tuple[str, bool], ...]
"""Words in order, each with whether they are quoted."""


@dataclass(frozen=True)
class Excerpt:
    """The sentence around a passage, in quoted and other pieces.

    An ellipsis is in a piece where the sentence goes on.
    """

    quote: QuotedPassage
    pieces: Pieces


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
    windows = {quote.iri: (max(quote.start - context_length, 0), quote.end + context_length) for quote in passages}
    rows = " ".join(
        f"(<{quote.document}> {windows[quote.iri][0]} {windows[quote.iri][1] - windows[quote.iri][0]}"
        f" <{_sentence_iri(quote.document, quote.sentence)}> {quote.sentence})"
        for quote in passages
    )
    known: dict[tuple[str, int, int], tuple[str, Sentence | None]] = {}
    for row in select_rows(evaluate, _TEXT_QUERY % rows):
        offset, number = (int(row[name]["value"]) for name in ("from", "number"))
        words = str(row["part"]["value"]) if "part" in row else ""
        known[row["document"]["value"], offset, number] = words, _parse_sentence(row, number)
    excerpts = {}
    for quote in passages:
        offset, last = windows[quote.iri]
        words, sentence = known.get((quote.document, offset, quote.sentence), ("", None))
        part = TextPart(words, offset, offset + len(words) < last, sentence)
        excerpts[quote.iri] = Excerpt(quote, _sentence_pieces(quote, part, marks))
    return excerpts


def quote_in_context(quote: QuotedPassage) -> Pieces:
    """Return the passage in its sentence, as far as its selector goes."""
    span = len(quote.prefix), len(quote.prefix) + len(quote.text)
    return _selected_part(quote).pieces([span], [span], quote.language)


class TextPart(NamedTuple):
    """Part of a text, its place, and a sentence in it.

    ``is_last`` tells that the text ends with it.
    """

    text: str
    offset: int
    is_last: bool
    sentence: Sentence | None

    def pieces(self, words: list[tuple[int, int]], spans: list[tuple[int, int]], language: str) -> Pieces:
        """Return the sentence of some words in pieces, with ``spans`` marked.

        An ellipsis stands where the sentence goes on and the part does not. Places are counted in the part.
        """
        start, end = self._bounds(words, language)
        stop = min(end, len(self.text))
        inside = [(max(left, start, 0), min(right, stop)) for left, right in spans if left < stop and right > start]
        pieces = _pieces(self.text, max(start, 0), stop, inside or words[-1:])
        if start < 0:
            head = "" if pieces[0][1] else pieces.pop(0)[0]
            pieces.insert(0, ("… " + _HEAD_LEFT.sub("", _without_broken(head[::-1])[::-1]), False))
        if end > stop:
            tail = "" if pieces[-1][1] else pieces.pop()[0]
            pieces.append((_TAIL_LEFT.sub("", _without_broken(tail)) + " …", False))
        return tuple(pieces)

    def _bounds(self, words: list[tuple[int, int]], language: str) -> tuple[int, int]:
        """Return where the sentence of some words begins and ends.

        That is outside the part where the sentence goes on. Where the release does not tell, as one of 0.1, the text
        is split by the rules of its language; a sentence goes on after the part unless a capital would begin another.
        """
        if self.sentence:
            return self.sentence.start - self.offset, self.sentence.end - self.offset
        first, last = min(start for start, _ in words), max(end for _, end in words)
        text = self.text if self.is_last else f"{self.text} X"
        start, end = sentence_around(text, first, last, abbreviations_of(language))
        return (-1 if self.offset > 0 and not self.text[:start].strip(" ") else start), end


def _selected_part(quote: QuotedPassage, sentence: Sentence | None = None) -> TextPart:
    """Return what the selector of a passage tells of its text.

    Of the two ends only one is cut short by the text, where the other is as long as releases make them.
    """
    text, offset = quote.prefix + quote.text + quote.suffix, quote.start - len(quote.prefix)
    return TextPart(text, offset, len(quote.suffix) < CONTEXT <= len(quote.prefix), sentence or quote.bounds)


def _sentence_pieces(quote: QuotedPassage, around: TextPart, marked: Iterable[QuotedPassage]) -> Pieces:
    """Return the pieces of a passage's sentence from the text around it."""
    offset = around.offset
    if around.text[quote.start - offset : quote.end - offset] != quote.text:
        span = len(quote.prefix), len(quote.prefix) + len(quote.text)
        return _selected_part(quote, around.sentence).pieces([span], [span], quote.language)
    near = [
        (mark.start - offset, mark.end - offset, mark.sentence)
        for mark in marked
        if mark.document == quote.document and mark.end > offset and mark.start < offset + len(around.text)
    ]
    together = [(start, end) for start, end, number in near if number == quote.sentence and start >= 0]
    together.append((quote.start - offset, quote.end - offset))
    return around.pieces(together, [(start, end) for start, end, _ in near], quote.language)


def _without_broken(text: str) -> str:
    """Return words without the broken one at their end.

    Reversed words lose their beginning.
    """
    broken = re.search(r"\S*\Z", text)
    if broken and re.search(r"\w", broken[0]) and not _UNSPACED.search(broken[0]):
        return text[: broken.start()]
    return text


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
