"""The vocabulary as its page tells it: classes, properties and schemes of concepts, with how often each is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kg.endpoint.problems import ProblemError
from kg.model.iris import ADMS, DCT, HOME, OWL, RDF, RDFS, SCHEMA, SKOS, SR, VANN, shorten_iri
from kg.model.labels import DEFINITIONS, LABELS
from kg.pages.shared.graph_queries import LABEL_BATCH, Evaluate, Row, format_iris, select_rows, select_strings
from kg.pages.shared.kinds import KINDS

MOST = 1000
"""How many terms a page of a vocabulary has at most."""

MOST_CONCEPTS = 60
"""How many concepts of a scheme the page lists; of a larger one it gives the number."""

_CLASSES = (OWL + "Class", RDFS + "Class")
_OBJECT = OWL + "ObjectProperty"
_ANNOTATION = OWL + "AnnotationProperty"
_TYPES = (*_CLASSES, _OBJECT, OWL + "DatatypeProperty", _ANNOTATION, RDF + "Property")
_MATCHES = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))
ALIGNMENTS = (OWL + "equivalentClass", OWL + "equivalentProperty", *_MATCHES)
"""The relations between a term and those of other vocabularies, the closest first."""

MODALITIES = tuple(
    SR + name for name in ("modalities", "reported", "context", "intended", "presented", "self-claim", "inferred")
)
"""The scheme of modalities, and these from what a text says as a fact to what it does not say."""

_DOMAINS = (SCHEMA + "domainIncludes", RDFS + "domain")
_RANGES = (SCHEMA + "rangeIncludes", RDFS + "range")
_SUPERS = (RDFS + "subClassOf", RDFS + "subPropertyOf")
_OTHERS = (RDF + "type", OWL + "disjointWith", SR + "idSegment", SR + "needsEvidence", SKOS + "example")
_NOTATION = SKOS + "notation"
_TOLD = (*LABELS, *DEFINITIONS, *_DOMAINS, *_RANGES, *_SUPERS, *ALIGNMENTS, *_OTHERS, _NOTATION)

_TERMS = f"""SELECT DISTINCT ?term WHERE {{ VALUES ?type {{ {format_iris(_TYPES)} }}
  ?term a ?type . FILTER(ISIRI(?term)) }} ORDER BY ?term LIMIT {MOST + 1}"""
_FACTS = (
    f"SELECT ?term ?p ?o WHERE {{ VALUES ?term {{ %s }} VALUES ?p {{ {format_iris(_TOLD)} }} ?term ?p ?o }} ORDER BY ?o"
)
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
class Term:
    """A class, a property or a concept; what it refers to is named by IRI. ``used`` is None where nobody counted."""

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
        """Whether it is a class, and not a property or a concept."""
        return bool(self.types & set(_CLASSES))

    @property
    def is_annotation(self) -> bool:
        """Whether it is a property that describes the vocabulary itself."""
        return _ANNOTATION in self.types

    @property
    def has_things(self) -> bool:
        """Whether the values of the property are things, and not texts or numbers."""
        return _OBJECT in self.types


@dataclass(frozen=True)
class Scheme:
    """A scheme of concepts; ``concepts`` is empty where there are too many, or where they are the things of a kind."""

    term: Term
    count: int
    concepts: tuple[Term, ...]
    segment: str = ""
    """The kind of thing that its concepts are; empty where they are types of things."""


@dataclass(frozen=True)
class Vocabulary:
    """What the graph says of its own terms; ``is_cut`` where there are more than MOST of them."""

    iri: str
    namespace: str
    head: Mapping[str, Texts]
    """What is said of the ontology, by property and language (empty for IRIs, numbers and plain texts)."""
    terms: tuple[Term, ...]
    schemes: tuple[Scheme, ...] = ()
    is_cut: bool = False
    names: Mapping[str, Term] = field(default_factory=dict)
    """Terms and concepts by IRI."""

    @property
    def version(self) -> str:
        """The version of the ontology; empty where it tells none."""
        return self.head.get(OWL + "versionInfo", {}).get("", "")

    @property
    def classes(self) -> list[Term]:
        """The classes, in the order of the terms."""
        return [term for term in self.terms if term.is_class]

    @property
    def properties(self) -> list[Term]:
        """The properties, in the order of the terms."""
        return [term for term in self.terms if not term.is_class]

    def is_own(self, term: Term) -> bool:
        """Whether the term stands in the namespace of the ontology."""
        return term.iri.startswith(self.namespace)

    def subs(self, term: Term) -> list[str]:
        """The terms that are told to be under this one."""
        return self._subs.get(term.iri, [])

    @cached_property
    def _subs(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for term in self.terms:
            for above in term.supers:
                found.setdefault(above, []).append(term.iri)
        return found

    def anchor(self, iri: str) -> str:
        """The name of the term in its page: ``targets`` for one of the ontology, ``dct-type`` for another's."""
        name = iri.removeprefix(self.namespace) if iri.startswith(self.namespace) else shorten_iri(iri)
        return re.sub(r"[^\w.-]+", "-", name).strip("-") or "term"


def read_vocabulary(evaluate: Evaluate, order: Sequence[str] = (), *, counted: bool = True) -> Vocabulary:
    """The vocabulary that the graph describes, in the order given, what is not in it after that by name.

    Without ``counted`` nothing is told of its use. A graph that is too large to be counted in the time
    of a query has no counts either.

    Errors: ProblemError where the graph does not answer.
    """
    iri, head = _head(evaluate)
    namespace = head.get(VANN + "preferredNamespaceUri", {}).get("", "") or (iri and f"{iri}#")
    found = [row["term"] for row in select_strings(evaluate, _TERMS)]
    facts = _facts(evaluate, found[:MOST])
    rank = {one: place for place, one in enumerate(dict.fromkeys([*order, *KINDS, *MODALITIES]))}
    chosen = sorted(found[:MOST], key=lambda one: (rank.get(one, len(rank)), one))
    drafts = [_term(one, facts[one]) for one in chosen]
    used = _used(evaluate, drafts) if counted else {}
    terms = tuple(_term(one, facts[one], used.get(one, 0) if used else None) for one in chosen)
    schemes = _schemes(evaluate, {term.segment for term in terms}, rank, counted=counted)
    names = {term.iri: term for term in (*(one for scheme in schemes for one in scheme.concepts), *terms)}
    return Vocabulary(iri, namespace, head, terms, schemes, len(found) > MOST, names)


def _head(evaluate: Evaluate) -> tuple[str, dict[str, Texts]]:
    """The IRI of the ontology, ours before others, and what is said of it."""
    told: dict[str, dict[str, dict[str, str]]] = {}
    for row in select_rows(evaluate, _HEAD):
        release_info = told.setdefault(row["ontology"]["value"], {})
        release_info.setdefault(row["p"]["value"], {}).setdefault(row["o"].get("xml:lang", ""), row["o"]["value"])
    iri = min(told, key=lambda one: (not one.startswith(HOME), one), default="")
    return iri, dict(told.get(iri, {}))


def _facts(evaluate: Evaluate, iris: Sequence[str]) -> dict[str, list[Row]]:
    """What the graph says of each term."""
    facts: dict[str, list[Row]] = {iri: [] for iri in iris}
    for start in range(0, len(iris), LABEL_BATCH):
        for row in select_rows(evaluate, _FACTS % format_iris(iris[start : start + LABEL_BATCH])):
            facts[row["term"]["value"]].append(row)
    return facts


def _term(iri: str, facts: Iterable[Row], used: int | None = None) -> Term:
    held: dict[str, list[tuple[str, str]]] = {}
    for row in facts:
        held.setdefault(row["p"]["value"], []).append((row["o"]["value"], row["o"].get("xml:lang", "")))

    def texts(properties: Iterable[str]) -> Texts:
        found: dict[str, str] = {}
        for name in properties:
            for text, language in held.get(name, []):
                found.setdefault(language, text)
        return found

    def iris(properties: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for name in properties for value, _ in held.get(name, []) if ":" in value))

    return Term(
        iri=iri,
        types=frozenset(iris([RDF + "type"])),
        labels=texts(LABELS),
        definitions=texts(DEFINITIONS),
        examples=texts([SKOS + "example"]),
        supers=iris(_SUPERS),
        domains=iris(_DOMAINS),
        ranges=iris(_RANGES),
        disjoint=iris([OWL + "disjointWith"]),
        alignments=tuple((name, value) for name in ALIGNMENTS for value in iris([name])),
        segment=next((value for value, _ in held.get(SR + "idSegment", [])), ""),
        notation=next((value for value, _ in held.get(_NOTATION, [])), ""),
        needs_evidence=("true", "") in held.get(SR + "needsEvidence", []),
        used=used,
    )


def _used(evaluate: Evaluate, terms: Sequence[Term]) -> dict[str, int]:
    """How many things or triples there are of each class and property; none told where that takes too long."""
    of = {is_class: [term.iri for term in terms if term.is_class == is_class] for is_class in (True, False)}
    return _count(evaluate, _MEMBERS, of[True]) | _count(evaluate, _TRIPLES, of[False])


def _count(evaluate: Evaluate, query: str, iris: Sequence[str]) -> dict[str, int]:
    if not iris:
        return {}
    try:
        return {row["term"]: int(row["n"]) for row in select_strings(evaluate, query % format_iris(iris))}
    except ProblemError as error:
        if error.code in {"busy", "lost"}:  # another time it may be counted
            raise
        return {}


def _schemes(evaluate: Evaluate, segments: set[str], rank: Mapping[str, int], *, counted: bool) -> tuple[Scheme, ...]:
    """The schemes of concepts: with their concepts where these are no things of the graph, and not too many."""
    counts = {row["scheme"]: int(row["n"]) for row in select_strings(evaluate, _SCHEMES)}
    kinds = {iri: iri.rpartition("/scheme/")[2] for iri in counts if "/scheme/" in iri}
    kinds = {iri: segment for iri, segment in kinds.items() if segment in segments}
    told = [iri for iri, count in counts.items() if iri not in kinds and count <= MOST_CONCEPTS]
    within: dict[str, list[str]] = {}
    for row in select_strings(evaluate, _CONCEPTS % format_iris(told)) if told else []:
        within.setdefault(row["scheme"], []).append(row["concept"])
    concepts = list(dict.fromkeys(one for found in within.values() for one in found))
    facts = _facts(evaluate, [*counts, *concepts])
    used = _count(evaluate, _ASSIGNED, concepts) if counted else {}

    def concept(iri: str) -> Term:
        return _term(iri, facts[iri], used.get(iri, 0) if used else None)

    schemes = []
    for iri, count in counts.items():
        members = sorted(within.get(iri, []), key=lambda one: (rank.get(one, len(rank)), one))
        schemes.append(
            Scheme(_term(iri, facts[iri]), count, tuple(concept(one) for one in members), kinds.get(iri, ""))
        )
    return tuple(sorted(schemes, key=lambda one: (bool(one.segment), rank.get(one.term.iri, len(rank)), one.term.iri)))
