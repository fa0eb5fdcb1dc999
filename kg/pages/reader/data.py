"""A document as it is read: its text in paragraphs with the marks of its passages, and what each passage says."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kg.model.iris import DCT, OA, SCHEMA, SKOS, SR
from kg.model.sentences import abbreviations_of, split_sentences
from kg.pages.reader.marks import Piece, Run, lay, paragraphs, runs_of, weave
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    Row,
    fetch_labels,
    format_iris,
    pick_language,
    select_rows,
)
from kg.pages.shared.kinds import FAMILY_BY_KIND, family_of
from kg.pages.shared.statements import QuotedPassage, QuotedStatement, mentioned_iris, statements_of_passages

PART_LENGTH = 8_000
"""How many code points of a text a page shows at most; a longer text is shown in parts."""

PART_PASSAGES = 500
"""How many passages a page shows before the next paragraph goes to the next part."""

LISTED = 500
"""How many documents are listed at most."""

OTHER = "autre"
"""What stands in the place of a family where a passage is about nothing that has one."""

ORDER = (*dict.fromkeys(FAMILY_BY_KIND.values()), OTHER)
"""The families in the order of their switch."""

_DESCRIPTION = f"""SELECT ?property ?value WHERE {{
  VALUES ?property {{ {format_iris([SKOS + "prefLabel", SCHEMA + "text", SCHEMA + "inLanguage"])}
    {format_iris(DCT + name for name in ("title", "source", "rights", "date"))} }}
  <%s> ?property ?value }} LIMIT 1000"""
_SPANS = f"""PREFIX oa: <{OA}>
SELECT ?passage ?start ?end ?sentence %s WHERE {{
  ?passage oa:hasSource <%s> ; <{SR}inSentence> ?sentence ; oa:hasSelector ?place .
  ?place oa:start ?start ; oa:end ?end . %s }} ORDER BY ?start DESC(?end) ?passage"""
_WORDS = ("?words", f"?passage <{OA}hasSelector> ?quote . ?quote <{OA}exact> ?words")
_WORD = re.compile(r"\w+")
_DOCUMENTS = f"SELECT DISTINCT ?document WHERE {{ ?document a <{SR}Document> }} ORDER BY ?document LIMIT {LISTED}"

QUERY = f"""PREFIX oa: <{OA}>
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
"""The query for people: the passages of a document with what each says; takes the IRI of the document."""


@dataclass(frozen=True)
class Span:
    """Where a passage lies: its IRI, code points, and the number of the sentence that it begins in."""

    iri: str
    start: int
    end: int
    sentence: int


Paragraph = tuple[Run, ...]
"""A paragraph: stretches of text in order, with something left out between two."""


@dataclass(frozen=True)
class Document:
    """A document as the graph has it: how it is described, its text in parts, its passages in order.

    ``full`` tells whether the whole text is there, and not only its quotes; ``words`` are how many
    words of the text lie in a passage, and how many there are.
    """

    iri: str
    language: str
    described: Mapping[str, Mapping[str, str]]
    full: bool
    parts: tuple[tuple[Paragraph, ...], ...] = field(repr=False)
    spans: tuple[Span, ...] = field(repr=False)
    words: tuple[int, int] = (0, 0)

    def told(self, name: str, language: str) -> LangString | None:
        """Its title, prefLabel, source, rights or date, in the language or another; None where there is none."""
        return pick_language(self.described.get(name, {}), language)

    @property
    def starts(self) -> list[int]:
        """The code points at which the parts begin."""
        return [part[0][0].start if part else 0 for part in self.parts]


@dataclass(frozen=True)
class Passage:
    """A passage: its words and place, the families of what it is about, and what it says."""

    quote: QuotedPassage
    families: tuple[str, ...]
    statements: tuple[QuotedStatement, ...]


@dataclass(frozen=True)
class Reading:
    """A part of a document as a page shows it: paragraphs as woven runs, passages, names of all that these name.

    ``families`` has the number of passages of each family in this part, whichever is shown.
    """

    document: Document
    part: int
    paragraphs: tuple[tuple[tuple[Piece, ...], ...], ...]
    passages: tuple[Passage, ...]
    families: Mapping[str, int]
    names: Mapping[str, LabelledNode]


def documents(evaluate: Evaluate) -> list[LabelledNode]:
    """The documents of the graph with their names, the first LISTED."""
    found = [str(row["document"]["value"]) for row in select_rows(evaluate, _DOCUMENTS)]
    return list(fetch_labels(evaluate, found).values())


def open_document(evaluate: Evaluate, iri: str) -> Document | None:
    """The document with its passages; None where the graph does not know it.

    The IRI must be one that may stand in a query.
    """
    described: dict[str, dict[str, str]] = {}
    rows = [(str(row["property"]["value"]), row["value"]) for row in select_rows(evaluate, _DESCRIPTION % iri)]
    for name, value in sorted(rows, key=lambda row: (row[0], row[1]["value"])):
        described.setdefault(re.split("[/#]", name)[-1], {}).setdefault(value.get("xml:lang", ""), str(value["value"]))
    text = next(iter(described.pop("text", {}).values()), "")
    language = next(iter(described.pop("inLanguage", {}).values()), "") or next(iter(described.get("title", {})), "")
    found = select_rows(evaluate, _SPANS % (("", iri, "") if text else (_WORDS[0], iri, _WORDS[1])))
    if not found and not rows:
        return None
    spans = tuple(_span(row) for row in found)
    blocks = [(run,) for run in paragraphs(text, PART_LENGTH)] if text else _quoted(found)
    return Document(iri, language, described, bool(text), _parts(blocks, spans), spans, _covered(text, spans))


def read(evaluate: Evaluate, document: Document, language: str, part: int = 1, only: str = "") -> Reading | None:
    """A part of a document with the passages of all families or of one; None where there is no such part.

    ``language`` is that of the page: of words that the editors give in several, only these are told.
    """
    if not 1 <= part <= len(document.parts):
        return None
    borders = [-math.inf, *document.starts[1:], math.inf]
    begin, end = borders[part - 1 : part + 1]
    spans = [span for span in document.spans if begin <= span.start < end or span.start < begin < span.end]
    statements = statements_of_passages(evaluate, [span.iri for span in spans])
    names = fetch_labels(evaluate, mentioned_iris(statements))
    passages = _passages(spans, statements, names, language)
    counts = {name: sum(name in each.families for each in passages) for name in ORDER}
    passages = [each for each in passages if not only or only in each.families]
    return Reading(
        document,
        part,
        _woven(document, part, passages, only, spans),
        tuple(passages),
        {name: count for name, count in counts.items() if count},
        names,
    )


def _span(row: Row) -> Span:
    start, end, sentence = (int(row[name]["value"]) for name in ("start", "end", "sentence"))
    return Span(str(row["passage"]["value"]), start, end, sentence)


def _quoted(rows: Sequence[Row]) -> list[Paragraph]:
    """What the quotes of each sentence say together, for a document whose text is not to be shown."""
    sentences: dict[int, list[tuple[int, str]]] = {}
    for row in rows:
        span = _span(row)
        sentences.setdefault(span.sentence, []).append((span.start, str(row["words"]["value"])))
    return [tuple(runs_of(quotes)) for _, quotes in sorted(sentences.items())]


def _parts(blocks: Sequence[Paragraph], spans: Sequence[Span]) -> tuple[tuple[Paragraph, ...], ...]:
    """The paragraphs in parts that are not too long to show; one part, if only an empty one."""
    starts = sorted(span.start for span in spans)
    parts: list[list[Paragraph]] = [[]]
    for block in blocks:
        begin = parts[-1][0][0].start if parts[-1] else block[0].start
        held = bisect_left(starts, block[-1].end) - bisect_left(starts, begin)
        if parts[-1] and (block[-1].end - begin > PART_LENGTH or held > PART_PASSAGES):
            parts.append([])
        parts[-1].append(block)
    return tuple(map(tuple, parts))


def _covered(text: str, spans: Sequence[Span]) -> tuple[int, int]:
    """How many words of the text lie within a run of passages that touch, and how many there are."""
    held = bytearray(len(text))
    for span in spans:
        stretch = range(len(text))[span.start : span.end]
        held[stretch.start : stretch.stop] = b"\1" * len(stretch)
    found = [all(held[word.start() : word.end()]) for word in _WORD.finditer(text)]
    return sum(found), len(found)


def _passages(
    spans: Sequence[Span], statements: Sequence[QuotedStatement], names: Mapping[str, LabelledNode], language: str
) -> list[Passage]:
    """The passages in the order of the text, each with what it says; those that say nothing are left out."""
    said: dict[str, list[QuotedStatement]] = {}
    quotes: dict[str, QuotedPassage] = {}
    for statement in statements:
        for quote in statement.quotes:
            said.setdefault(quote.iri, []).append(statement)
            quotes[quote.iri] = quote
    return [
        Passage(quotes[span.iri], _families(said[span.iri], names), tuple(_told(said[span.iri], language)))
        for span in spans
        if span.iri in said
    ]


def _families(statements: Sequence[QuotedStatement], names: Mapping[str, LabelledNode]) -> tuple[str, ...]:
    """The families of what the statements are about, or else of their values."""
    about = {family_of(names[each.subject].kind) for each in statements} - {""}
    about = about or {family_of(names[each.object].kind) for each in statements if each.object} - {""}
    return tuple(name for name in ORDER if name in (about or {OTHER}))


def _told(statements: Sequence[QuotedStatement], language: str) -> list[QuotedStatement]:
    """The statements, what is one said in several languages only in that of the page."""
    told = {(each.subject, each.predicate) for each in statements if each.value.get("xml:lang") == language}
    kept = [
        each
        for each in statements
        if each.value.get("xml:lang", language) == language or (each.subject, each.predicate) not in told
    ]
    return sorted(kept, key=lambda each: (each.subject, bool(each.text), each.predicate, each.iri))


def _woven(
    document: Document, part: int, passages: Sequence[Passage], only: str, spans: Sequence[Span]
) -> tuple[tuple[tuple[Piece, ...], ...], ...]:
    """The paragraphs with the marks of the passages shown and the numbers of the sentences of all spans."""
    marks = lay(
        (each.quote.start, each.quote.end, name)
        for each in passages
        for name in each.families
        if not only or name == only
    )
    first: dict[int, int] = {}
    for span in spans:
        first.setdefault(span.sentence, span.start)
    abbreviations = abbreviations_of(document.language)
    return tuple(
        tuple(tuple(weave(run, marks, _numbers(run, first, abbreviations))) for run in block)
        for block in document.parts[part - 1]
    )


def _numbers(run: Run, first: Mapping[int, int], abbreviations: Collection[str]) -> dict[int, int]:
    """Return where the numbers of sentences stand in a run: where one begins, at the latest at its first passage."""
    begins = [run.start + sentence.start for sentence in split_sentences(run.text, abbreviations)]
    numbers: dict[int, int] = {}
    for sentence, start in sorted(first.items(), key=lambda item: item[1]):
        if run.start <= start < run.end:
            begin = max((place for place in begins if place <= start), default=start)
            numbers[start if begin in numbers else begin] = sentence
    return numbers
