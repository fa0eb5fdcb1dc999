"""The sections of the graphs: things by class, concepts by scheme, evidence in the order of the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import OA, RDF, SKOS, SR, TYPE
from kg.release.formats.ordering import Arrangement, Section, by_class, iri_of

Subjects = Mapping[NamedNode, list[Triple]]

_CONCEPT_SCHEME = NamedNode(SKOS + "ConceptScheme")
_ASSERTION = NamedNode(SR + "Assertion")
_PASSAGE = NamedNode(OA + "SpecificResource")
_OF_DOCUMENTS = ("assertion", "passage")
"""Kinds whose ids begin with the document's: each document has its own prefixes for them."""


def sections(arrangement: Arrangement, graph: str) -> list[Section]:
    """The sections of a graph, by its name; together they hold each of its triples once."""
    if graph not in arrangement.sections:
        arrangement.sections[graph] = list(_sections(arrangement, graph))
    return arrangement.sections[graph]


def _sections(arrangement: Arrangement, graph: str) -> Iterable[Section]:
    subjects = arrangement.graphs.get(graph, {})
    if graph in arrangement.documents:
        return _evidence(arrangement, graph, subjects)
    if graph == "concepts":
        return _concepts(arrangement, subjects)
    if graph in ("ontology", "metadata"):
        return [_vocabulary(arrangement, subjects)] if graph == "ontology" else [_plain(subjects)]
    return by_class(arrangement, subjects)


def _plain(subjects: Subjects) -> Section:
    return Section("", list(subjects.values()))


def _vocabulary(arrangement: Arrangement, subjects: Subjects) -> Section:
    """Classes and properties in the order of the ontology's file."""
    ordered = sorted(subjects, key=lambda subject: arrangement.term_key(subject.value))
    return Section("", [subjects[subject] for subject in ordered])


def _concepts(arrangement: Arrangement, subjects: Subjects) -> Iterator[Section]:
    """Each scheme with its concepts, then what the editors add to the things, by class."""
    schemes = [s for s, triples in subjects.items() if any(t.object == _CONCEPT_SCHEME for t in triples)]
    members: dict[NamedNode, list[NamedNode]] = {scheme: [] for scheme in schemes}
    rest = {}
    for subject, triples in subjects.items():
        of = next((scheme for scheme in _objects(triples, SKOS + "inScheme") if scheme in members), None)
        if of is not None and subject not in members:
            members[of].append(subject)
        elif subject not in members:
            rest[subject] = triples
    for scheme in sorted(schemes, key=lambda scheme: arrangement.term_key(scheme.value)):
        title = arrangement.words(scheme) or scheme.value
        yield Section(title, [subjects[subject] for subject in (scheme, *members[scheme])])
    yield from by_class(arrangement, rest)


def _evidence(arrangement: Arrangement, document: str, subjects: Subjects) -> Iterator[Section]:
    """A document, its assertions in the order of their first passage, its passages with their selectors."""
    places = _places(subjects)
    last = (len(places) + 1, 0)
    first = {}
    for subject, triples in subjects.items():
        if any(t.object == _ASSERTION for t in triples):
            first[subject] = min((places.get(p, last) for p in _objects(triples, SR + "evidence")), default=last)
    assertions = sorted(first, key=lambda subject: (first[subject], _statement_key(arrangement, subjects[subject])))
    passages = [(subjects[p], *_selectors(subjects, p)) for p in sorted(places, key=lambda p: (places[p], p.value))]
    groups = [[triple for triples in group for triple in triples] for group in passages]
    told = {*assertions, *(triple.subject for group in groups for triple in group)}
    rest = [triples for subject, triples in subjects.items() if subject not in told]
    title = arrangement.words(arrangement.minter.document(document)) or document
    prefixes = {f"{kind}-{document}": f"{arrangement.minter.base}id/{kind}/{document}/" for kind in _OF_DOCUMENTS}
    yield Section(title, rest, prefixes)
    yield Section(f"{title} · assertions", [subjects[assertion] for assertion in assertions], prefixes)
    yield Section(f"{title} · passages", groups, prefixes)


def _objects(triples: list[Triple], predicate: str) -> list[NamedNode]:
    return [t.object for t in triples if t.predicate.value == predicate and isinstance(t.object, NamedNode)]


def _selectors(subjects: Subjects, passage: NamedNode) -> list[list[Triple]]:
    return [subjects[s] for s in _objects(subjects[passage], OA + "hasSelector") if s in subjects]


def _places(subjects: Subjects) -> dict[NamedNode, tuple[int, int]]:
    """Start and end of each passage in code points, from its position selector."""
    places = {}
    for subject, triples in subjects.items():
        if not any(t.predicate == TYPE and t.object == _PASSAGE for t in triples):
            continue
        offsets = {
            triple.predicate.value: int(triple.object.value)
            for selector in _selectors(subjects, subject)
            for triple in selector
            if triple.predicate.value in (OA + "start", OA + "end") and isinstance(triple.object, Literal)
        }
        places[subject] = (offsets.get(OA + "start", 0), offsets.get(OA + "end", 0))
    return places


def _statement_key(arrangement: Arrangement, triples: list[Triple]) -> tuple[object, ...]:
    """Assertions on one passage: by subject, property in the order of the ontology, value."""
    by_name = {t.predicate.value.removeprefix(RDF): t.object for t in triples}
    subject, predicate, value = (by_name.get(name) for name in ("subject", "predicate", "object"))
    return (
        subject.value if isinstance(subject, NamedNode) else "",
        arrangement.property_key(predicate.value) if isinstance(predicate, NamedNode) else (),
        arrangement.value_key(value) if isinstance(value, NamedNode | Literal) else (),
        iri_of(triples[0].subject),
    )
