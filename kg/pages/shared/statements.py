"""Statements of the texts, the passages that say them, and the sentences around these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.pages.shared.graph_queries import LABEL_BATCH, Evaluate, Row, format_iris, select_rows

_STATEMENT_QUERY = f"""PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>
SELECT ?assertion ?s ?p ?o ?modality ?note ?passage ?document ?sentence ?start ?end ?exact ?prefix ?suffix ?language
WHERE {{
  %s
  ?assertion rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; sr:modality ?modality ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; sr:inSentence ?sentence ; oa:hasSelector ?words, ?place .
  ?words oa:exact ?exact . ?place oa:start ?start ; oa:end ?end .
  OPTIONAL {{ ?words oa:prefix ?prefix }} OPTIONAL {{ ?words oa:suffix ?suffix }}
  OPTIONAL {{ ?assertion skos:note ?note }} OPTIONAL {{ ?document <{SCHEMA}inLanguage> ?language }}
}} ORDER BY ?document ?start ?end ?assertion LIMIT %d OFFSET %d"""


@dataclass(frozen=True)
class QuotedPassage:
    """A passage of a document: its words, code points from ``start`` to before ``end``, and a few words around it."""

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
        """The fragment that opens the document's page on this passage."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class QuotedStatement:
    """What a text says: subject, predicate and value, how it may be read, and the passages that say it.

    ``value`` is a term as the JSON results format has it (type, value, xml:lang, datatype).
    """

    iri: str
    subject: str
    predicate: str
    value: Mapping[str, Any]
    modality: str
    quotes: tuple[QuotedPassage, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def object(self) -> str:
        """The IRI of the value; empty where it is a literal."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> str:
        """The words of the value; empty where it is a thing."""
        return "" if self.object else str(self.value["value"])


def of_subject(evaluate: Evaluate, iri: str, limit: int = 10_000) -> list[QuotedStatement]:
    """The statements about a thing, in the order of the texts."""
    return _find_statements(evaluate, f"VALUES ?s {{ <{iri}> }}", limit)


def of_object(evaluate: Evaluate, iri: str, limit: int = 10_000, offset: int = 0) -> list[QuotedStatement]:
    """The statements whose value is a thing, in the order of the texts; limit and offset count passages."""
    return _find_statements(evaluate, f"VALUES ?o {{ <{iri}> }}", limit, offset)


def statements_around(evaluate: Evaluate, iri: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """The statements about a thing and those whose value it is, at most ``limit`` of each, in one query.

    Those of a page are in the order of the texts; what a page holds follows the order of the store, since nobody can
    wait until a million are sorted.
    """
    chosen = "{{ SELECT ?assertion WHERE {{ ?assertion <{}> <{}> }} LIMIT {} OFFSET {} }}"
    parts = (chosen.format(RDF + end, iri, limit, offset) for end in ("subject", "object"))
    return _find_statements(evaluate, " UNION ".join(parts), 20_000)


def statements_of_document(evaluate: Evaluate, iri: str, limit: int = 50_000, offset: int = 0) -> list[QuotedStatement]:
    """The statements that a document makes, in its order; limit and offset count passages."""
    return _find_statements(
        evaluate, f"VALUES ?document {{ <{iri}> }} ?assertion sr:statedIn ?document .", limit, offset
    )


def statements_of_assertions(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """The statements that these assertions describe, in the order of the texts."""
    return _find_statements(evaluate, f"VALUES ?assertion {{ {format_iris(iris)} }}", 10_000)


def statements_of_passage(evaluate: Evaluate, iri: str) -> list[QuotedStatement]:
    """The statements that a passage says, each with all of its passages."""
    rows = select_rows(
        evaluate,
        f"SELECT DISTINCT ?assertion WHERE {{ ?assertion <{SR}evidence> <{iri}> }} ORDER BY ?assertion LIMIT 1000",
    )
    return statements_of_assertions(evaluate, [str(row["assertion"]["value"]) for row in rows])


def statements_of_passages(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """The statements that passages say, each with those of them that say it; one query for each MANY passages."""
    every = list(dict.fromkeys(iris))
    found: dict[str, QuotedStatement] = {}
    for start in range(0, len(every), LABEL_BATCH):
        for each in _find_statements(
            evaluate, f"VALUES ?passage {{ {format_iris(every[start : start + LABEL_BATCH])} }}", 10_000
        ):
            held = found.get(each.iri)
            found[each.iri] = replace(each, quotes=held.quotes + each.quotes) if held else each
    return list(found.values())


def mentioned_iris(statements: Iterable[QuotedStatement]) -> list[str]:
    """The IRIs that the statements name: subjects, predicates, values and modalities, each once, as they come."""
    found: dict[str, None] = {}
    for each in statements:
        found |= dict.fromkeys([each.subject, each.predicate, each.modality])
        if each.object:
            found[each.object] = None
    return list(found)


def _find_statements(evaluate: Evaluate, pattern: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """The statements that a pattern finds, put together from a row for each passage and language of a note."""
    rows: dict[str, list[Row]] = {}
    for row in select_rows(evaluate, _STATEMENT_QUERY % (pattern, limit, offset)):
        rows.setdefault(row["assertion"]["value"], []).append(row)
    return [_parse_statement(iri, found) for iri, found in rows.items()]


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


CONTEXT_LENGTH = 1_000
"""How many code points before and after a passage are read to find the ends of its sentence."""

_TEXT_QUERY = f"""SELECT ?document ?from (SUBSTR(?text, ?from + 1, ?length) AS ?part) WHERE {{
  VALUES (?document ?from ?length) {{ %s }} OPTIONAL {{ ?document <{SCHEMA}text> ?text }} }}"""
_STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*(?:\s»)?(?=\s+[\"'“‘«(\[\s]*([^\W\d_]|\d|$))|(?=[\r\n])")
_INITIAL = re.compile(r"(?:^|[\s(«“])[^\W\d_]\.$")


@dataclass(frozen=True)
class Excerpt:
    """The sentence of a passage in pieces, each with whether it belongs to what is quoted; ``quote`` leads there.

    Ellipses stand where the sentence goes on.
    """

    quote: QuotedPassage
    pieces: tuple[tuple[str, bool], ...]


def fetch_excerpts(
    evaluate: Evaluate, quotes: Iterable[QuotedPassage], marked: Iterable[QuotedPassage] = ()
) -> dict[str, Excerpt]:
    """The sentence of each passage, by the passage's IRI; one query.

    ``marked`` are the passages whose words are marked in it, as far as they lie there; where none does, its own are.
    Of a document that is known by its quotes only, a sentence is what stands around the quote.
    """
    given, marks = list(quotes), list(marked)
    if not given:
        return {}
    rows = " ".join(
        f"(<{quote.document}> {max(quote.start - CONTEXT_LENGTH, 0)} {quote.end - quote.start + 2 * CONTEXT_LENGTH})"
        for quote in given
    )
    parts: dict[tuple[str, int], str] = {}
    for row in select_rows(evaluate, _TEXT_QUERY % rows):
        if "part" in row:
            parts[row["document"]["value"], int(row["from"]["value"])] = str(row["part"]["value"])
    return {quote.iri: _excerpt(quote, parts, marks) for quote in given}


def _excerpt(quote: QuotedPassage, parts: dict[tuple[str, int], str], marked: list[QuotedPassage]) -> Excerpt:
    offset = max(quote.start - CONTEXT_LENGTH, 0)
    part = parts.get((quote.document, offset), "")
    if part[quote.start - offset : quote.end - offset] != quote.text:
        return Excerpt(quote, quote_in_context(quote))
    start, end = sentence(part, quote.start - offset, quote.end - offset)
    spans = [
        (max(each.start - offset, start), min(each.end - offset, end))
        for each in marked
        if each.document == quote.document and each.start - offset < end and each.end - offset > start
    ]
    pieces = _pieces(part, start, end, spans or [(quote.start - offset, quote.end - offset)])
    if start == 0 and offset:
        pieces.insert(0, ("… ", False))
    if end == len(part) == quote.end + CONTEXT_LENGTH - offset:
        pieces.append((" …", False))
    return Excerpt(quote, tuple(pieces))


def quote_in_context(quote: QuotedPassage) -> tuple[tuple[str, bool], ...]:
    """The passage with the few words around it that its selector gives, without broken words at the ends.

    Line breaks and spaces between two paragraphs are one space.
    """
    before = quote.prefix if len(quote.prefix) < 8 else re.sub(r"^\S*\s+", "… ", quote.prefix)
    after = quote.suffix if len(quote.suffix) < 8 else re.sub(r"\s+\S*$", " …", quote.suffix)
    before, after = (re.sub(r"\s{2,}", " ", part) for part in (before, after))
    return tuple(piece for piece in ((before, False), (quote.text, True), (after, False)) if piece[0])


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence of the words from ``start`` to before ``end`` begins and ends, without the spaces around it.

    Sentences end at line breaks and after . ! ? … before a letter that is no small one, as in the release; a full
    stop after one letter ends none.
    """
    stops = [
        stop.end()
        for stop in _STOP.finditer(text)
        if not (stop[1] or "").islower() and not _INITIAL.search(text[: stop.end()][-4:])
    ]
    first = max((stop for stop in stops if stop <= start), default=0)
    last = min((stop for stop in stops if stop >= end), default=len(text))
    piece = text[first:last]
    return first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip())


def _pieces(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text from ``start`` to ``end`` in pieces, those inside any span marked."""
    borders = sorted({start, end, *(border for span in spans for border in span)})
    pieces: list[tuple[str, bool]] = []
    for left, right in pairwise(borders):
        is_marked = any(begin <= left and right <= stop for begin, stop in spans)
        if pieces and pieces[-1][1] == is_marked:
            pieces[-1] = (pieces[-1][0] + text[left:right], is_marked)
        else:
            pieces.append((text[left:right], is_marked))
    return pieces
