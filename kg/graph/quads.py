"""The graph of one document: its description, its assertions, its passages."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg.curate import Statement
from kg.curate.documents import Document
from kg.model.iris import DCT, OA, PREF_LABEL, RDF, SCHEMA, SKOS, SR, TYPE, XSD, IriMinter, integer
from kg.model.languages import EU_CODES
from kg.model.quotes import Passage

CONTEXT = 32
"""How many code points of the text a quote selector keeps before and after the quote."""

LANGUAGE_AUTHORITY = "http://publications.europa.eu/resource/authority/language/"


def document_quads(document: Document, statements: Sequence[Statement], minter: IriMinter) -> list[Quad]:
    """The graph of one document: its description, its passages and its assertions.

    A pure function of its arguments: documents can be built in any order and on any machine.
    """
    graph = minter.graph(document.id)
    quads = _description(document, minter, graph)
    for statement in statements:
        quads += _assertion(document, statement, minter, graph)
    for passage in sorted({(s.passage.start, s.passage.end) for s in statements}):
        quads += _passage(document, Passage(*passage), minter, graph)
    return quads


def _description(document: Document, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    iri = minter.document(document.id)
    quads = [
        Quad(iri, TYPE, NamedNode(SR + "Document"), graph),
        Quad(iri, NamedNode(DCT + "title"), Literal(document.title, language=document.language), graph),
        Quad(iri, NamedNode(SCHEMA + "inLanguage"), Literal(document.language), graph),
        Quad(iri, NamedNode(SR + "sha256"), Literal(document.sha256), graph),
    ]
    quads += [Quad(iri, PREF_LABEL, Literal(label, language=tag), graph) for tag, label in document.labels.items()]
    code = EU_CODES.get(document.language.split("-")[0])
    if code:
        quads.append(Quad(iri, NamedNode(DCT + "language"), NamedNode(LANGUAGE_AUTHORITY + code), graph))
    for tag, words in document.rights.items():
        quads.append(Quad(iri, NamedNode(DCT + "rights"), Literal(words, language=tag), graph))
    for tag, words in document.source.items():
        value = NamedNode(words) if words.startswith(("http://", "https://")) else _words(words, tag)
        quads.append(Quad(iri, NamedNode(DCT + "source"), value, graph))
    if document.date:
        datatype = {4: "gYear", 7: "gYearMonth"}.get(len(document.date), "date")
        value = Literal(document.date, datatype=NamedNode(XSD + datatype))
        quads.append(Quad(iri, NamedNode(DCT + "date"), value, graph))
    if document.full_text:
        quads.append(Quad(iri, NamedNode(SCHEMA + "text"), Literal(document.text), graph))
    return quads


def _words(words: str, tag: str) -> Literal:
    return Literal(words, language=tag) if tag else Literal(words)


def _assertion(document: Document, statement: Statement, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    iri = minter.assertion(document.id, *statement.triple)
    start, end = statement.passage.start, statement.passage.end
    quote = Literal(document.text[start:end], language=document.language)
    pairs: list[tuple[str, NamedNode | Literal]] = [
        (RDF + "type", NamedNode(SR + "Assertion")),
        (RDF + "subject", statement.subject),
        (RDF + "predicate", statement.predicate),
        (RDF + "object", statement.value),
        (SR + "modality", statement.modality),
        (SR + "evidence", minter.passage(document.id, start, end)),
        (SR + "quote", quote),
        (SR + "statedIn", minter.document(document.id)),
    ]
    pairs += [(SKOS + "note", Literal(words, language=tag)) for tag, words in statement.notes.items()]
    return [Quad(iri, NamedNode(predicate), value, graph) for predicate, value in pairs]


def _passage(document: Document, passage: Passage, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    """A passage with its two selectors (Web Annotation Data Model, sections 4.2.4 and 4.2.5)."""
    start, end, text = passage.start, passage.end, document.text
    iri = minter.passage(document.id, start, end)
    quote, position = NamedNode(f"{iri.value}.quote"), NamedNode(f"{iri.value}.position")
    sentence = document.sentence_at(start)
    rows: list[tuple[NamedNode, str, NamedNode | Literal]] = [
        (iri, RDF + "type", NamedNode(OA + "SpecificResource")),
        (iri, OA + "hasSource", minter.document(document.id)),
        (iri, OA + "hasSelector", quote),
        (iri, OA + "hasSelector", position),
        (iri, SR + "inSentence", integer(sentence.number)),
        (quote, RDF + "type", NamedNode(OA + "TextQuoteSelector")),
        (quote, OA + "exact", Literal(text[start:end])),
        (quote, OA + "prefix", Literal(text[max(start - CONTEXT, 0) : start])),
        (quote, OA + "suffix", Literal(text[end : end + CONTEXT])),
        (position, RDF + "type", NamedNode(OA + "TextPositionSelector")),
        (position, OA + "start", integer(start)),
        (position, OA + "end", integer(end)),
    ]
    return [Quad(subject, NamedNode(predicate), value, graph) for subject, predicate, value in rows]
