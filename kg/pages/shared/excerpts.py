"""Sentences around passages: what a page quotes where the few words of a passage would not stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from kg.model.iris import SCHEMA
from kg.pages.shared.graph_queries import Evaluate, select_rows
from kg.pages.shared.statements import QuotedPassage

CONTEXT_LENGTH = 1_000
"""How many code points before and after a passage are read to find the ends of its sentence."""

_QUERY = f"""SELECT ?document ?from (SUBSTR(?text, ?from + 1, ?length) AS ?part) WHERE {{
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
    for row in select_rows(evaluate, _QUERY % rows):
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
