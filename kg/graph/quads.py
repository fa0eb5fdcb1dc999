"""Make the quads of things, documents and terms.

Each function is pure: documents can be built in any order and on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg.curate.documents import Document
from kg.curate.resolver import Statement, ThingsById
from kg.model.iris import (
    BROADER,
    DCT,
    DEFINITION,
    IN_SCHEME,
    INFERRED,
    INTENDED,
    NARROWER,
    OA,
    PAV,
    PREF_LABEL,
    RDF,
    SCHEMA,
    SKOS,
    SR,
    STATED,
    TYPE,
    XSD,
    IriMinter,
    integer,
    value_of,
)
from kg.model.languages import eu_language
from kg.model.ontology import Ontology, OntologyClass
from kg.model.quotes import Passage, context_of
from kg.model.sentences import Sentence

_AIM = SR + "Aim"
_HAS_AIM = SR + "hasAim"


def graph_of_statements(
    things: ThingsById, statements: Iterable[Statement], ontology: Ontology
) -> dict[tuple[NamedNode, NamedNode, NamedNode | Literal], str]:
    """Return the graph of each triple that is stated or inferred.

    It is ``things`` if the text says it as its word in any document, else ``inferred`` if the editors conclude it.
    What is only intended is not said to be so: it has its assertion, and stands in no graph.
    """
    aims = {thing.iri for thing in things.values() if _AIM in thing.kind.ancestors}
    has_aim = {prop.iri for prop in ontology.properties.values() if _HAS_AIM in prop.ancestors}
    graphs = {}
    for statement in statements:
        modality = statement.modality.value
        wished = modality == INTENDED and (statement.predicate.value in has_aim or statement.subject in aims)
        if modality in STATED or wished:
            graphs[statement.triple] = "things"
        elif modality == INFERRED:
            graphs.setdefault(statement.triple, "inferred")
    return graphs


def thing_quads(
    things: ThingsById, statements: Sequence[Statement], ontology: Ontology, minter: IriMinter
) -> list[Quad]:
    """Return the graphs ``things`` and ``inferred``.

    Types, labels and definitions stand in ``things``, and each direct statement of all documents in one of the two.
    """
    graph = minter.graph("things")
    placed = graph_of_statements(things, statements, ontology)
    narrower = {subject.value for subject, predicate, _ in placed if predicate == BROADER}
    narrower |= {value_of(triple.subject) for triple in ontology.concept_triples if triple.predicate == BROADER}
    narrower |= {value_of(triple.object) for triple in ontology.concept_triples if triple.predicate == NARROWER}
    quads = []
    for thing in things.values():
        described = [(DEFINITION, thing.definition), (NamedNode(SKOS + "editorialNote"), thing.note)]
        if thing.kind.name != "Document":  # type and label of a document are in its own graph
            kinds = [SKOS + "Concept", thing.kind.iri] if thing.kind.is_concept else [thing.kind.iri]
            quads += [Quad(thing.iri, TYPE, NamedNode(kind), graph) for kind in kinds]
            described.insert(0, (PREF_LABEL, thing.labels))
        for predicate, by_language in described:
            quads += [
                Quad(thing.iri, predicate, Literal(text, language=tag), graph) for tag, text in by_language.items()
            ]
        if thing.kind.is_concept:
            scheme = minter.scheme(thing.kind.segment)
            quads.append(Quad(thing.iri, IN_SCHEME, scheme, graph))
            if thing.iri.value not in narrower:
                quads.append(Quad(thing.iri, NamedNode(SKOS + "topConceptOf"), scheme, graph))
    quads += [Quad(*triple, minter.graph(name)) for triple, name in placed.items()]
    return quads


def scheme_quads(things: ThingsById, ontology: Ontology, minter: IriMinter) -> list[Quad]:
    """Return the concept schemes of the concept classes with things.

    They go into the graph ``concepts``. A scheme bears the labels of the most general concept class of its segment.
    """
    graph = minter.graph("concepts")
    used = {thing.kind.segment for thing in things.values() if thing.kind.is_concept}
    quads = []
    for segment in sorted(used):
        labels = _most_general([kind for kind in ontology.classes_of_segment(segment) if kind.is_concept]).labels
        scheme = minter.scheme(segment)
        quads.append(Quad(scheme, TYPE, NamedNode(SKOS + "ConceptScheme"), graph))
        for tag, label in labels.items():
            title = Literal(label, language=tag)
            quads += [Quad(scheme, predicate, title, graph) for predicate in (PREF_LABEL, NamedNode(DCT + "title"))]
    return quads


def _most_general(kinds: Sequence[OntologyClass]) -> OntologyClass:
    """Return the class with the fewest classes above it."""
    return min(kinds, key=lambda kind: (len(kind.ancestors), kind.name))


def ontology_quads(ontology: Ontology, graph_names: Mapping[str, NamedNode], described: set[str]) -> list[Quad]:
    """Return the quads of the graphs ``ontology``, ``concepts`` and ``alignments``.

    Labels and alignments of things are kept where the thing is ``described`` (IRIs) in the data; those of
    the schemes and of the terms always.
    """
    defined = ontology.defined
    quads = [Quad(t.subject, t.predicate, t.object, graph_names["ontology"]) for t in ontology.triples]
    own_terms = {value_of(t.subject) for t in ontology.triples if t in ontology.own}
    for name, triples in (("concepts", ontology.concept_triples), ("alignments", ontology.alignments)):
        for triple in triples:
            subject = value_of(triple.subject)
            is_term = (subject.startswith(SR) or subject in own_terms) and subject not in defined
            graph = graph_names["ontology" if is_term and name == "concepts" else name]
            if is_term or subject in defined or subject in described:
                quads.append(Quad(triple.subject, triple.predicate, triple.object, graph))
    return quads


def document_quads(
    document: Document, statements: Sequence[Statement], minter: IriMinter, published: float
) -> list[Quad]:
    """Return the graph of one document: description, assertions and passages.

    ``published`` is the share of its text that the release holds.
    """
    graph = minter.graph(document.id)
    quads = _description(document, minter, graph)
    for statement in statements:
        quads += _assertion(document, statement, minter, graph)
    passages = [Passage(*span) for span in sorted({(s.passage.start, s.passage.end) for s in statements})]
    for passage in passages:
        quads += _passage(document, passage, minter, graph)
    for sentence in document.sentences:
        quads += _sentence(document, sentence, minter, graph)
    share = Literal(f"{published:g}", datatype=NamedNode(XSD + "decimal"))
    quads.append(Quad(minter.document(document.id), NamedNode(SR + "publishedShare"), share, graph))
    return quads


def _sentence(document: Document, sentence: Sentence, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    """Return a sentence: its number and place, none of its words."""
    iri = minter.sentence(document.id, sentence.number)
    pairs: list[tuple[str, NamedNode | Literal]] = [
        (RDF + "type", NamedNode(SR + "Sentence")),
        (SR + "sentenceOf", minter.document(document.id)),
        (SR + "number", integer(sentence.number)),
        (SR + "begin", integer(sentence.start)),
        (SR + "end", integer(sentence.end)),
    ]
    return [Quad(iri, NamedNode(predicate), value, graph) for predicate, value in pairs]


def _description(document: Document, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    """Return what is said of a document as a whole."""
    iri = minter.document(document.id)
    quads = [
        Quad(iri, TYPE, NamedNode(SR + "Document"), graph),
        Quad(iri, NamedNode(DCT + "title"), Literal(document.title, language=document.language), graph),
        Quad(iri, NamedNode(SCHEMA + "inLanguage"), Literal(document.language), graph),
        Quad(iri, NamedNode(SR + "sha256"), Literal(document.sha256), graph),
    ]
    quads += [Quad(iri, PREF_LABEL, Literal(label, language=tag), graph) for tag, label in document.labels.items()]
    known = eu_language(document.language)
    if known:
        quads.append(Quad(iri, NamedNode(DCT + "language"), NamedNode(known), graph))
    for tag, words in document.rights.items():
        quads.append(Quad(iri, NamedNode(DCT + "rights"), Literal(words, language=tag), graph))
    sources = [_name_or_address(words, tag) for tag, words in document.source.items()]
    quads += [Quad(iri, NamedNode(DCT + "source"), value, graph) for value in sources]
    quads += _provenance(document, minter, graph)
    if document.date:
        datatype = {4: "gYear", 7: "gYearMonth"}.get(len(document.date), "date")
        value = Literal(document.date, datatype=NamedNode(XSD + datatype))
        quads.append(Quad(iri, NamedNode(DCT + "date"), value, graph))
    if document.full_text:
        quads.append(Quad(iri, NamedNode(SCHEMA + "text"), Literal(document.text), graph))
    return quads


def _provenance(document: Document, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    """Return origin, authors and predecessor of a document."""
    iri = minter.document(document.id)
    pairs: list[tuple[str, NamedNode | Literal]] = []
    if document.url:
        pairs.append((DCT + "source", NamedNode(document.url)))
    if document.retrieved:  # PAV 2.3: a day without a time is its first moment
        midnight = Literal(f"{document.retrieved}T00:00:00Z", datatype=NamedNode(XSD + "dateTime"))
        pairs.append((PAV + "retrievedOn", midnight))
    pairs += [(DCT + "creator", _name_or_address(author)) for author in document.authors]
    if document.replaces:
        pairs.append((DCT + "replaces", minter.document(document.replaces)))
    return [Quad(iri, NamedNode(predicate), value, graph) for predicate, value in pairs]


def _name_or_address(words: str, language: str = "") -> NamedNode | Literal:
    """Return an address as an IRI, other words as a literal."""
    if words.startswith(("http://", "https://")):
        return NamedNode(words)
    return Literal(words, language=language) if language else Literal(words)


def _assertion(document: Document, statement: Statement, minter: IriMinter, graph: NamedNode) -> list[Quad]:
    """Return the assertion of a statement."""
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
    """Return a passage with its two selectors.

    Web Annotation Data Model, sections 4.2.4 and 4.2.5.
    """
    start, end, text = passage.start, passage.end, document.text
    iri = minter.passage(document.id, start, end)
    quote, position = NamedNode(f"{iri.value}.quote"), NamedNode(f"{iri.value}.position")
    sentence = document.sentence_at(start)
    before, after = context_of(document.quotes, passage, only_needed=not document.full_text)
    rows: list[tuple[NamedNode, str, NamedNode | Literal]] = [
        (iri, RDF + "type", NamedNode(OA + "SpecificResource")),
        (iri, OA + "hasSource", minter.document(document.id)),
        (iri, OA + "hasSelector", quote),
        (iri, OA + "hasSelector", position),
        (iri, SR + "inSentence", integer(sentence.number)),
        (iri, SR + "quote", Literal(text[start:end], language=document.language)),
        (quote, RDF + "type", NamedNode(OA + "TextQuoteSelector")),
        (quote, OA + "exact", Literal(text[start:end])),
        (quote, OA + "prefix", Literal(text[before.start : before.end])),
        (quote, OA + "suffix", Literal(text[after.start : after.end])),
        (position, RDF + "type", NamedNode(OA + "TextPositionSelector")),
        (position, OA + "start", integer(start)),
        (position, OA + "end", integer(end)),
    ]
    return [Quad(subject, NamedNode(predicate), value, graph) for subject, predicate, value in rows]
