"""Read the ontology that annotations use from its Turtle files.

The mapping from annotations to RDF comes from here alone: a property that the ontology file declares
with ``sr:needsEvidence true`` is usable in annotations at once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, cast

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.model.errors import InputError, Problem
from kg.model.iris import DCT, HOME, OWL, PREFIXES, RDF, RDFS, SCHEMA, SKOS, SR, curie, value_of
from kg.model.messages import worded
from kg.model.project import Project
from kg.model.shared_files import copied_files, is_unchanged, was_copied

CONCEPT = SKOS + "Concept"
MAX_NESTING = 500
"""Levels of brackets in a Turtle file, far more than a vocabulary or a shape has."""

LANG_STRING = RDF + "langString"

DOMAINS = (SCHEMA + "domainIncludes", SR + "usedFrom")
"""What names the classes of subjects: of our own properties, and of those of other vocabularies as used here."""

RANGES = (SCHEMA + "rangeIncludes", SR + "usedTo")
"""What names the classes or datatype of values, in the same way."""

MATCHES = {SKOS + f"{how}Match" for how in ("close", "exact", "broad", "narrow", "related")}
MATCHES |= {SKOS + "mappingRelation", OWL + "sameAs", OWL + "differentFrom", RDFS + "seeAlso", SCHEMA + "sameAs"}
"""What sets a term or a thing beside those of others."""

_DECLARED = {OWL + f"{kind}Property" for kind in ("Object", "Datatype", "Annotation", "Ontology", "Functional")}
_DECLARED |= {OWL + "Class", OWL + "Ontology", RDFS + "Class", RDFS + "Datatype", RDF + "Property"}
"""The types of terms."""


@dataclass(frozen=True)
class OntologyClass:
    """A class of things: ``name`` is how annotations spell it.

    ``segment`` is what the ids of its things begin with.
    """

    name: str
    iri: str
    segment: str
    labels: Mapping[str, str]
    ancestors: frozenset[str]
    """IRIs of the class itself and of every class above it."""

    @property
    def is_concept(self) -> bool:
        """Whether its things are concepts of a scheme."""
        return CONCEPT in self.ancestors


@dataclass(frozen=True)
class Property:
    """A property that annotations may use: ``name`` is how they spell it."""

    name: str
    iri: str
    is_object: bool
    labels: Mapping[str, str]
    phrases: Mapping[str, str]
    """The noun phrase that names its object, by language: « l’effet »."""
    domains: frozenset[str]
    """IRIs of the classes of its subjects."""
    ranges: frozenset[str]
    ancestors: frozenset[str] = frozenset()
    """IRIs of the property itself and of every property above it."""

    @property
    def datatype(self) -> str:
        """The datatype of its literals."""
        return LANG_STRING if LANG_STRING in self.ranges else next(iter(sorted(self.ranges)), LANG_STRING)


@dataclass(frozen=True)
class Ontology:
    """What annotations may say, by the words that they use."""

    classes: Mapping[str, OntologyClass]
    properties: Mapping[str, Property]
    modalities: Mapping[str, str]
    replaced: Mapping[str, str]
    """Properties that are not used any more, with the one that is used instead, as annotations spell them."""
    concepts: Mapping[str, str]
    """IRIs of the concepts of the schemes, shared or the project's own, by id ``<scheme>/<concept>``."""
    prefixes: Mapping[str, str]
    triples: tuple[Triple, ...]
    concept_triples: tuple[Triple, ...]
    alignments: tuple[Triple, ...]
    places: Mapping[Triple, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)
    """The file and the line of each triple."""
    own: frozenset[Triple] = frozenset()
    """Those that the project adds in files of its own."""
    notes: tuple[Problem, ...] = ()
    """What is to be told of the files and stops nothing."""

    @property
    def defined(self) -> frozenset[str]:
        """The IRIs of modalities, of concepts and of schemes."""
        schemes = (value_of(t.object) for t in self.concept_triples if t.predicate.value == SKOS + "inScheme")
        kinds = (CONCEPT, SKOS + "ConceptScheme")
        typed = (value_of(t.subject) for t in self.concept_triples if value_of(t.object) in kinds)
        return frozenset([*typed, *self.modalities.values(), *schemes])

    def classes_of_segment(self, segment: str) -> list[OntologyClass]:
        """Return the classes whose ids begin with a segment."""
        return [kind for kind in self.classes.values() if kind.segment == segment]


def _depth(data: bytes) -> int:
    """Return how deep brackets nest, those within strings included."""
    depth = deepest = 0
    for bracket in re.finditer(rb"[\[\](){}]", data):
        depth += 1 if bracket.group() in b"[({" else -1
        deepest = max(deepest, depth)
    return deepest


def read_turtle(data: bytes, shown_path: str) -> tuple[list[Triple], dict[str, str]]:
    """Return the triples and prefixes of a Turtle file.

    Errors: InputError with the place of the mistake, as ``shown_path`` names the file.
    """
    rows, prefixes = read_turtle_lines(data, shown_path)
    return [triple for triple, _ in rows], prefixes


class _Lines(io.RawIOBase):
    """Bytes that are read line by line; ``line`` counts them."""

    def __init__(self, data: bytes) -> None:
        self._bytes = io.BytesIO(data)
        self._at_start = True
        self.line = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part = self._bytes.readline(size)
        self.line += self._at_start and bool(part)
        self._at_start = part.endswith(b"\n")
        return part


def read_turtle_lines(data: bytes, shown_path: str) -> tuple[list[tuple[Triple, int]], dict[str, str]]:
    """Return the triples and lines of a Turtle file, and its prefixes.

    The line is that of the object. The parser is fed line by line and gives each triple as soon as it can.

    Errors: as ``read_turtle``.
    """
    if _depth(data) > MAX_NESTING:  # the parser would end the process
        todo = worded("Write the file without nested brackets; every node of a project has an IRI.")
        raise InputError(
            [
                Problem(
                    shown_path,
                    0,
                    0,
                    "turtle",
                    worded("brackets nest deeper than {max_nesting} levels", max_nesting=MAX_NESTING),
                    todo,
                )
            ]
        )
    try:
        lines = _Lines(data)
        parser = parse(cast("IO[bytes]", lines), RdfFormat.TURTLE)
        rows = [(quad.triple, lines.line) for quad in parser]
    except SyntaxError as error:
        problem = Problem(
            shown_path, error.lineno or 0, error.offset or 0, "turtle", error.msg, worded("Correct the Turtle.")
        )
        raise InputError([problem]) from None
    except ValueError as error:
        raise InputError(
            [Problem(shown_path, 0, 0, "turtle", str(error), worded("Save the file as UTF-8 Turtle."))]
        ) from None
    return rows, dict(parser.prefixes)


class _Reader:
    """An index of triples by subject and predicate."""

    def __init__(self, triples: Sequence[Triple]) -> None:
        self._objects: dict[tuple[str, str], list[str]] = {}
        self._words: dict[tuple[str, str], dict[str, str]] = {}
        for triple in triples:
            if not isinstance(triple.subject, NamedNode):
                continue
            key = (triple.subject.value, triple.predicate.value)
            self._objects.setdefault(key, []).append(value_of(triple.object))
            if isinstance(triple.object, Literal) and triple.object.language:
                self._words.setdefault(key, {})[triple.object.language] = triple.object.value

    def items(self) -> Iterable[tuple[tuple[str, str], list[str]]]:
        """Return subjects and predicates with their values, in order."""
        return self._objects.items()

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Return the IRIs that have the value, in order."""
        return [s for (s, p), values in self._objects.items() if p == predicate and value in values]

    def all(self, subject: str, predicate: str) -> list[str]:
        """Return the values, in the order of the file."""
        return self._objects.get((subject, predicate), [])

    def words(self, subject: str, predicate: str) -> dict[str, str]:
        """Return the texts by language."""
        return self._words.get((subject, predicate), {})

    def closure(self, subject: str, predicate: str) -> frozenset[str]:
        """Return the IRI and everything above it."""
        closure = {subject}
        waiting = [subject]
        while waiting:
            for above in self.all(waiting.pop(), predicate):
                if above not in closure:
                    closure.add(above)
                    waiting.append(above)
        return frozenset(closure)


def read_ontology(project: Project) -> Ontology:
    """Read the shared ontology, and what a project adds to it.

    Errors: InputError as ``parse_ontology``, ProjectError where a file is missing.
    """
    paths = {"ontology": project.ontology, "concepts": project.concepts, "alignments": project.alignments}
    files = {name: (project.relative(path), project.read(path)) for name, path in paths.items()}
    copies = copied_files(project.root, project.shared, "ontology")
    changed = [path for path in copies if path.suffix == ".ttl" and not is_unchanged(path, project.shared, "ontology")]
    own = {project.relative(path): project.read(path) for path in (*changed, *project.own_terms)}
    return parse_ontology(files, own, project["base"], [project.relative(path) for path in changed])


def parse_ontology(
    files: Mapping[str, tuple[str, bytes]],
    own: Mapping[str, bytes] = MappingProxyType({}),
    base: str = HOME,
    copies: Container[str] = (),
) -> Ontology:
    """Parse the ontology from its three shared files and a project's own.

    ``files`` has for ``ontology``, ``concepts`` and ``alignments`` the name that messages show and the bytes; ``own``
    has the bytes of a project's files by name. Of those in ``copies`` only what no shared file ever held counts.

    Errors: InputError where a file is no Turtle, or the ontology has no class of documents.
    """
    rows = {name: read_turtle_lines(data, shown_path) for name, (shown_path, data) in files.items()}
    places = {t: (files[name][0], line) for name in files for t, line in rows[name][0]}
    parts: dict[str, list[Triple]] = {name: [t for t, _ in rows[name][0]] for name in files}
    added, own_prefixes, notes = _own_triples(own, places, copies)
    prefixes = {**_add_to_graphs(added, parts, base, own_prefixes), **rows["ontology"][1]}
    ontology, scheme = _Reader(parts["ontology"]), _Reader(parts["concepts"])
    classes = _classes(ontology, prefixes)
    if "Document" not in classes:
        todo = worded("Declare it: each text of a project is one of its things.")
        raise InputError([Problem(files["ontology"][0], 0, 0, "ontology", worded("it has no class sr:Document"), todo)])
    return Ontology(
        classes=classes,
        properties=_properties(ontology, prefixes),
        replaced=_replaced(ontology, prefixes),
        modalities=_modalities(scheme),
        concepts={**_concepts(scheme, base), **_concepts(scheme, HOME)},
        prefixes=prefixes,
        triples=tuple(parts["ontology"]),
        concept_triples=tuple(parts["concepts"]),
        alignments=tuple(parts["alignments"]),
        places=places,
        own=frozenset(added),
        notes=tuple(notes),
    )


def _own_triples(
    own: Mapping[str, bytes],
    places: dict[Triple, tuple[str, int]],
    copies: Container[str],
) -> tuple[list[Triple], dict[str, str], list[Problem]]:
    """Return what a project adds, its prefixes, and notes about its copies.

    The place of each added triple is put into ``places``.
    """
    added: list[Triple] = []
    prefixes: dict[str, str] = {}
    notes, problems = [], []
    for name, data in own.items():
        try:
            rows, own_prefixes = read_turtle_lines(data, name)
        except InputError as error:
            problems += error.problems
            continue
        is_copy = name in copies
        new = {t: (name, line) for t, line in rows if t not in places and not (is_copy and was_copied(t))}
        places |= new
        added += new
        prefixes |= own_prefixes
        if is_copy:
            notes.append(_note_of_copy(name, list(new.values())))
    if problems:
        raise InputError(problems)
    return added, prefixes, notes


def _note_of_copy(name: str, places: Sequence[tuple[str, int]]) -> Problem:
    """Return what to tell of a changed copy."""
    if not places:
        found = worded("it is a copy of a file of the package, and adds nothing")
        return Problem(name, 0, 0, "copy", found, worded("Delete it: the package has the file."))
    found = worded("what this copy of a file of the package adds is read (statements: {count})", count=len(places))
    todo = worded("Move it to a file of another name in ontology/ and delete this one: the package has the rest.")
    return Problem(name, places[0][1], 1, "copy", found, todo)


def _add_to_graphs(
    added: Iterable[Triple], parts: Mapping[str, list[Triple]], base: str, prefixes: Mapping[str, str]
) -> dict[str, str]:
    """Add what a project says to the graph where it belongs.

    What sets something beside the terms and things of others is an alignment, as is its identifier there: the value of
    a property of a vocabulary that is not used otherwise. What is said of terms belongs to the ontology, the rest to
    the concepts. Return the prefixes that name terms of the project.
    """
    everything = [*added, *(t for triples in parts.values() for t in triples)]
    terms = {
        value_of(t.subject) for t in everything if t.predicate.value == RDF + "type" and value_of(t.object) in _DECLARED
    }
    familiar = (base, *PREFIXES.values())
    own_terms = set()
    for triple in added:
        subject, predicate = value_of(triple.subject), triple.predicate.value
        if predicate in MATCHES or not (predicate.startswith(familiar) or predicate in terms):
            parts["alignments"].append(triple)
        else:
            parts["ontology" if subject in terms else "concepts"].append(triple)
            own_terms |= {subject} & terms
    return {name: iri for name, iri in prefixes.items() if any(term.startswith(iri) for term in own_terms)}


def _classes(reader: _Reader, prefixes: Mapping[str, str]) -> dict[str, OntologyClass]:
    kinds = {}
    for iri in reader.subjects(RDF + "type", OWL + "Class"):
        for segment in reader.all(iri, SR + "idSegment"):
            ancestors = reader.closure(iri, RDFS + "subClassOf")
            kind = OntologyClass(
                property_name(iri, prefixes), iri, segment, reader.words(iri, RDFS + "label"), ancestors
            )
            kinds[kind.name] = kind
    return kinds


def _properties(reader: _Reader, prefixes: Mapping[str, str]) -> dict[str, Property]:
    properties = {}
    for iri in reader.subjects(SR + "needsEvidence", "true"):
        name = property_name(iri, prefixes)
        properties[name] = Property(
            name=name,
            iri=iri,
            is_object=OWL + "ObjectProperty" in reader.all(iri, RDF + "type"),
            labels=reader.words(iri, RDFS + "label"),
            phrases=reader.words(iri, SR + "objectPhrase"),
            domains=frozenset(value for end in DOMAINS for value in reader.all(iri, end)),
            ranges=frozenset(value for end in RANGES for value in reader.all(iri, end)),
            ancestors=reader.closure(iri, RDFS + "subPropertyOf"),
        )
    return properties


def _replaced(reader: _Reader, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the properties that annotations used once, with their successors."""
    successors = {
        iri: values[0]
        for (iri, predicate), values in reader.items()
        if predicate in (DCT + "isReplacedBy", SR + "usedInstead")
    }
    return {property_name(old, prefixes): property_name(new, prefixes) for old, new in successors.items()}


def _modalities(reader: _Reader) -> dict[str, str]:
    words = {}
    for iri in reader.subjects(SKOS + "inScheme", SR + "modalities"):
        for word in (iri.removeprefix(SR), *reader.all(iri, SKOS + "notation")):
            words[word] = iri
    return words


def _concepts(reader: _Reader, base: str) -> dict[str, str]:
    start = base + "id/"
    concepts = reader.subjects(RDF + "type", CONCEPT)
    return {iri.removeprefix(start): iri for iri in concepts if iri.startswith(start)}


def property_name(iri: str, prefixes: Mapping[str, str]) -> str:
    """Return how annotations spell a property or a class.

    Those of the ontology's namespace stand bare, others as CURIEs.
    """
    return iri.removeprefix(SR) if iri.startswith(SR) else curie(iri, prefixes) or iri
