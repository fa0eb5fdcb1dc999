"""Classes, properties and concept schemes of a graph, with their use counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kg.endpoint.problems import ProblemError
from kg.model.iris import ADMS, DCT, HOME, OWL, RDF, RDFS, SCHEMA, SKOS, SR, VANN, shorten_iri
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.shared.graph_queries import KINDS, LABEL_BATCH, Evaluate, Row, format_iris, select_rows, select_strings

MAX_TERMS = 1000
"""Most terms on a page."""

MAX_CONCEPTS = 60
"""Most concepts listed for a scheme; of a larger one only the number is shown."""

_CLASSES = (OWL + "Class", RDFS + "Class")
_OBJECT = OWL + "ObjectProperty"
_ANNOTATION = OWL + "AnnotationProperty"
_TYPES = (*_CLASSES, _OBJECT, OWL + "DatatypeProperty", _ANNOTATION, RDF + "Property")
_MATCHES = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))
ALIGNMENTS = (OWL + "equivalentClass", OWL + "equivalentProperty", *_MATCHES)
"""Properties that align a term with other vocabularies, the closest first."""

MODALITIES = tuple(
    SR + name for name in ("modalities", "reported", "context", "intended", "presented", "self-claim", "inferred")
)
"""The scheme of modalities, then these from fact to inference."""

_DOMAINS = (SCHEMA + "domainIncludes", SR + "usedFrom", RDFS + "domain")
_RANGES = (SCHEMA + "rangeIncludes", SR + "usedTo", RDFS + "range")
_MEANINGS = (*DEFINITIONS, VANN + "usageNote")
_SUPERS = (RDFS + "subClassOf", RDFS + "subPropertyOf")
_OTHERS = (RDF + "type", OWL + "disjointWith", SR + "idSegment", SR + "needsEvidence", SKOS + "example")
_NOTATION = SKOS + "notation"
_DESCRIBING = (*LABELS, *_MEANINGS, *_DOMAINS, *_RANGES, *_SUPERS, *ALIGNMENTS, *_OTHERS, _NOTATION)

_TERMS = f"""SELECT DISTINCT ?term WHERE {{ VALUES ?type {{ {format_iris(_TYPES)} }}
  ?term a ?type . FILTER(ISIRI(?term)) }} ORDER BY ?term LIMIT {MAX_TERMS + 1}"""
_FACTS = f"""SELECT ?term ?p ?o WHERE {{
  VALUES ?term {{ %s }} VALUES ?p {{ {format_iris(_DESCRIBING)} }} ?term ?p ?o }} ORDER BY ?o"""
_MEMBERS = "SELECT ?term (COUNT(*) AS ?n) WHERE { VALUES ?term { %s } ?x a ?term } GROUP BY ?term"
_TRIPLES = "SELECT ?term (COUNT(*) AS ?n) WHERE { VALUES ?term { %s } ?x ?term ?y } GROUP BY ?term"
_ASSIGNED = f"""SELECT ?term (COUNT(DISTINCT ?x) AS ?n) WHERE {{
  VALUES ?term {{ %s }} VALUES ?p {{ <{DCT}type> <{ADMS}status> <{SR}modality> }} ?x ?p ?term }} GROUP BY ?term"""
_SCHEMES = f"""SELECT ?scheme (COUNT(DISTINCT ?concept) AS ?n) WHERE {{
  ?scheme a <{SKOS}ConceptScheme> . FILTER(ISIRI(?scheme)) ?concept <{SKOS}inScheme> ?scheme .
}} GROUP BY ?scheme ORDER BY ?scheme LIMIT 200"""
_CONCEPTS = f"""SELECT ?scheme ?concept WHERE {{ VALUES ?scheme {{ %s }} ?concept <{SKOS}inScheme> ?scheme
  FILTER(ISIRI(?concept)) }} ORDER BY ?concept"""
_HEAD = f"""SELECT ?ontology ?p ?o WHERE {{ ?ontology a <{OWL}Ontology> ; ?p ?o . FILTER(ISIRI(?ontology)) }}
ORDER BY ?ontology ?o LIMIT 1000"""

Texts = Mapping[str, str]
"""A text by language."""


@dataclass(frozen=True)
class VocabularyTerm:
    """A class, property or concept; ``used`` is None if not counted."""

    iri: str
    types: frozenset[str]
    labels: Texts
    definitions: Texts
    examples: Texts
    supers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    disjoint: tuple[str, ...] = ()
    alignments: tuple[tuple[str, str], ...] = ()
    segment: str = ""
    notation: str = ""
    needs_evidence: bool = False
    used: int | None = None

    @property
    def is_class(self) -> bool:
        """Whether it is a class."""
        return bool(self.types & set(_CLASSES))

    @property
    def is_annotation(self) -> bool:
        """Whether it is an annotation property."""
        return _ANNOTATION in self.types

    @property
    def has_things(self) -> bool:
        """Whether it is an object property."""
        return _OBJECT in self.types


@dataclass(frozen=True)
class ConceptScheme:
    """A concept scheme.

    ``concepts`` is empty if there are too many, or if the concepts are things of a kind.
    """

    term: VocabularyTerm
    count: int
    concepts: tuple[VocabularyTerm, ...]
    segment: str = ""
    """The id segment of the things that the concepts are; empty for types of things."""


@dataclass(frozen=True)
class GraphVocabulary:
    """The terms that a graph describes; ``is_cut`` if too many."""

    iri: str
    namespace: str
    head: Mapping[str, Texts]
    """Properties of the ontology by language (empty for IRIs, numbers and untagged texts)."""
    terms: tuple[VocabularyTerm, ...]
    schemes: tuple[ConceptScheme, ...] = ()
    is_cut: bool = False
    names: Mapping[str, VocabularyTerm] = field(default_factory=dict)
    """Terms and listed concepts by IRI."""

    @property
    def version(self) -> str:
        """The version of the ontology; empty if it states none."""
        return self.head.get(OWL + "versionInfo", {}).get("", "")

    @property
    def classes(self) -> list[VocabularyTerm]:
        """The classes, in the order of the terms."""
        return [term for term in self.terms if term.is_class]

    @property
    def properties(self) -> list[VocabularyTerm]:
        """The properties, in the order of the terms."""
        return [term for term in self.terms if not term.is_class]

    def is_own(self, term: VocabularyTerm) -> bool:
        """Return whether the term is in the namespace of the ontology."""
        return term.iri.startswith(self.namespace)

    def subs(self, term: VocabularyTerm) -> list[str]:
        """Return the direct subclasses or subproperties."""
        return self._subs.get(term.iri, [])

    @cached_property
    def _subs(self) -> dict[str, list[str]]:
        subs: dict[str, list[str]] = {}
        for term in self.terms:
            for above in term.supers:
                subs.setdefault(above, []).append(term.iri)
        return subs

    def anchor(self, iri: str) -> str:
        """Return the anchor in the page: ``targets`` if our own, else ``dct-type``."""
        name = iri.removeprefix(self.namespace) if iri.startswith(self.namespace) else shorten_iri(iri)
        return re.sub(r"[^\w.-]+", "-", name).strip("-") or "term"


def read_vocabulary(evaluate: Evaluate, order: Sequence[str] = (), *, counted: bool = True) -> GraphVocabulary:
    """Return the vocabulary that a graph describes.

    Terms follow ``order``, then KINDS and MODALITIES, then IRI order. Uses are counted if ``counted``, and if that is
    possible within the time limit of a query.

    Errors: ProblemError if a query is refused.
    """
    iri, head = _head(evaluate)
    namespace = head.get(VANN + "preferredNamespaceUri", {}).get("", "") or (iri and f"{iri}#")
    iris = [row["term"] for row in select_strings(evaluate, _TERMS)]
    facts = _facts(evaluate, iris[:MAX_TERMS])
    rank = {name: place for place, name in enumerate(dict.fromkeys([*order, *KINDS, *MODALITIES]))}
    chosen = sorted(iris[:MAX_TERMS], key=lambda term: (rank.get(term, len(rank)), term))
    drafts = [_term(term, facts[term]) for term in chosen]
    used = _used(evaluate, drafts) if counted else {}
    terms = tuple(_term(term, facts[term], used.get(term, 0) if used else None) for term in chosen)
    schemes = _schemes(evaluate, {term.segment for term in terms}, rank, counted=counted)
    names = {term.iri: term for term in (*(concept for scheme in schemes for concept in scheme.concepts), *terms)}
    return GraphVocabulary(iri, namespace, head, terms, schemes, len(iris) > MAX_TERMS, names)


def _head(evaluate: Evaluate) -> tuple[str, dict[str, Texts]]:
    """Return the IRI of the ontology (ours before others) and its properties."""
    heads: dict[str, dict[str, dict[str, str]]] = {}
    for row in select_rows(evaluate, _HEAD):
        properties = heads.setdefault(row["ontology"]["value"], {})
        properties.setdefault(row["p"]["value"], {}).setdefault(row["o"].get("xml:lang", ""), row["o"]["value"])
    iri = min(heads, key=lambda name: (not name.startswith(HOME), name), default="")
    return iri, dict(heads.get(iri, {}))


def _facts(evaluate: Evaluate, iris: Sequence[str]) -> dict[str, list[Row]]:
    """Return the triples of each term."""
    facts: dict[str, list[Row]] = {iri: [] for iri in iris}
    for start in range(0, len(iris), LABEL_BATCH):
        for row in select_rows(evaluate, _FACTS % format_iris(iris[start : start + LABEL_BATCH])):
            facts[row["term"]["value"]].append(row)
    return facts


def _term(iri: str, facts: Iterable[Row], used: int | None = None) -> VocabularyTerm:
    values: dict[str, list[tuple[str, str]]] = {}
    for row in facts:
        values.setdefault(row["p"]["value"], []).append((row["o"]["value"], row["o"].get("xml:lang", "")))

    def texts(properties: Iterable[str]) -> Texts:
        by_language: dict[str, str] = {}
        for name in properties:
            for text, language in values.get(name, []):
                by_language.setdefault(language, text)
        return by_language

    def iris(properties: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for name in properties for value, _ in values.get(name, []) if ":" in value))

    return VocabularyTerm(
        iri=iri,
        types=frozenset(iris([RDF + "type"])),
        labels=texts(LABELS),
        definitions=texts(_MEANINGS),
        examples=texts([SKOS + "example"]),
        supers=iris(_SUPERS),
        domains=iris(_DOMAINS),
        ranges=iris(_RANGES),
        disjoint=iris([OWL + "disjointWith"]),
        alignments=tuple((name, value) for name in ALIGNMENTS for value in iris([name])),
        segment=next((value for value, _ in values.get(SR + "idSegment", [])), ""),
        notation=next((value for value, _ in values.get(_NOTATION, [])), ""),
        needs_evidence=("true", "") in values.get(SR + "needsEvidence", []),
        used=used,
    )


def _used(evaluate: Evaluate, terms: Sequence[VocabularyTerm]) -> dict[str, int]:
    """Return the number of things or triples of each class and property.

    The result is empty if counting takes too long.
    """
    iris = {is_class: [term.iri for term in terms if term.is_class == is_class] for is_class in (True, False)}
    return _count(evaluate, _MEMBERS, iris[True]) | _count(evaluate, _TRIPLES, iris[False])


def _count(evaluate: Evaluate, query: str, iris: Sequence[str]) -> dict[str, int]:
    if not iris:
        return {}
    try:
        return {row["term"]: int(row["n"]) for row in select_strings(evaluate, query % format_iris(iris))}
    except ProblemError as error:
        if error.code in {"busy", "lost"}:  # a later attempt may succeed
            raise
        return {}


def _schemes(
    evaluate: Evaluate, segments: set[str], rank: Mapping[str, int], *, counted: bool
) -> tuple[ConceptScheme, ...]:
    """Return the schemes, with concepts unless things or too many."""
    counts = {row["scheme"]: int(row["n"]) for row in select_strings(evaluate, _SCHEMES)}
    kinds = {iri: iri.rpartition("/scheme/")[2] for iri in counts if "/scheme/" in iri}
    kinds = {iri: segment for iri, segment in kinds.items() if segment in segments}
    listed = [iri for iri, count in counts.items() if iri not in kinds and count <= MAX_CONCEPTS]
    within: dict[str, list[str]] = {}
    for row in select_strings(evaluate, _CONCEPTS % format_iris(listed)) if listed else []:
        within.setdefault(row["scheme"], []).append(row["concept"])
    concepts = list(dict.fromkeys(concept for members in within.values() for concept in members))
    facts = _facts(evaluate, [*counts, *concepts])
    used = _count(evaluate, _ASSIGNED, concepts) if counted else {}

    def concept(iri: str) -> VocabularyTerm:
        return _term(iri, facts[iri], used.get(iri, 0) if used else None)

    schemes = []
    for iri, count in counts.items():
        members = sorted(within.get(iri, []), key=lambda member: (rank.get(member, len(rank)), member))
        schemes.append(ConceptScheme(_term(iri, facts[iri]), count, tuple(map(concept, members)), kinds.get(iri, "")))
    return tuple(
        sorted(
            schemes, key=lambda scheme: (bool(scheme.segment), rank.get(scheme.term.iri, len(rank)), scheme.term.iri)
        )
    )
