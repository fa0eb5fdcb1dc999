"""Rename ids in all files, and list those that are gone.

``data/withdrawn.yaml`` lists ids that were published and are gone, each with a reason and, where there is one, a
successor.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode, Triple

from kg.curate.parser import NodeReader, SourceLocation, compose, read_nodes, suggest, yaml_scalar
from kg.curate.resolver import ThingsById
from kg.model.errors import KgError, Problem
from kg.model.iris import HOME, SKOS, SR, THING_ID, IriMinter, shorten_iri, value_of
from kg.model.messages import translations
from kg.model.ontology import Ontology

_WITHDRAWN_KEYS = ("id", "reason", "successor", "since")


@dataclass(frozen=True)
class WithdrawnId:
    """An id that was published and is gone.

    It answers 410 with a link to its successor.
    """

    id: str
    reason: Mapping[str, str]
    successor: str
    since: str
    """The version that no longer has it."""
    locations: Mapping[str, SourceLocation] = field(compare=False, repr=False)


def parse_withdrawn(data: bytes, shown_path: str) -> tuple[list[WithdrawnId], list[Problem]]:
    """Parse a ``withdrawn.yaml``; return its ids and all problems."""
    problems: list[Problem] = []
    root = read_nodes(data, shown_path, problems)
    reader = NodeReader(shown_path, "", problems)
    withdrawn = []
    for node in reader.sequence(root, "the file"):
        nodes = reader.mapping(node, "a withdrawn id", _WITHDRAWN_KEYS)
        if nodes:
            withdrawn.append(
                WithdrawnId(
                    id=reader.scalar(nodes, "id", node, "a withdrawn id"),
                    reason=reader.texts_by_language(nodes.get("reason"), "the reason", True),
                    successor=reader.scalar(nodes, "successor", node, "a withdrawn id", required=False),
                    since=reader.scalar(nodes, "since", node, "a withdrawn id", required=False),
                    locations=reader.locations(node, nodes),
                )
            )
    return withdrawn, problems


def validate_withdrawn(withdrawn: list[WithdrawnId], things: ThingsById) -> list[Problem]:
    """Return problems between withdrawn ids and the things described."""
    problems = []
    ids = {item.id for item in withdrawn}
    first: dict[str, WithdrawnId] = {}
    for item in withdrawn:
        place = item.locations.get("id", item.locations[""])
        if first.setdefault(item.id, item) is not item:
            todo = f"Keep the entry of line {first[item.id].locations[''].line} or this one."
            problems.append(place.problem("duplicate-id", f"'{item.id}' is withdrawn twice", todo))
        if item.id and not THING_ID.match(item.id):
            problems.append(place.problem("id", f"'{item.id}' is not an id", "An id is <kind>/<slug>."))
        if item.id in things:
            todo = "Take it out of this list, or give the thing a new id: an id that is gone is never used again."
            problems.append(place.problem("withdrawn", f"'{item.id}' is withdrawn and still described", todo))
        if not item.reason:
            problems.append(place.problem("withdrawn", f"'{item.id}' has no reason", "Add 'reason: {fr: …, en: …}'."))
        if item.successor and item.successor not in things and item.successor not in ids - {item.id}:
            where = item.locations.get("successor", place)
            message = f"the successor '{item.successor}' is defined nowhere"
            problems.append(where.problem("withdrawn", message, "Name a thing that is described, or leave it out."))
    return [*problems, *_circles(first)]


def _circles(withdrawn: Mapping[str, WithdrawnId]) -> list[Problem]:
    """Return a problem for each id whose successors lead back to it."""
    problems = []
    for item in filter(lambda item: item.id != item.successor, withdrawn.values()):
        chain = [item.id]
        while chain[-1] in withdrawn and (successor := withdrawn[chain[-1]].successor) and successor not in chain:
            chain.append(successor)
        if chain[-1] in withdrawn and withdrawn[chain[-1]].successor == item.id:
            where = item.locations.get("successor", item.locations[""])
            message = f"the successors go in a circle: {' → '.join([*chain, item.id])}"
            problems.append(where.problem("withdrawn", message, "Name a thing that is described, or leave it out."))
    return problems


EDITORS_RELATIONS = frozenset(SKOS + name for name in ("broader", "narrower", "related", "notation"))
"""What editors say of concepts without a quote, in the file of concepts: a thesaurus is theirs."""


def validate_vocabulary(ontology: Ontology, things: ThingsById, minter: IriMinter) -> list[Problem]:
    """Return problems of the ontology's files with evidence and with ids.

    A statement has a quote wherever it is written, and what is said of an id has something that describes it. What
    the files say of the things of another project is left aside.
    """
    described = {thing.iri.value for thing in things.values()}
    terms = {value_of(triple.subject) for triple in ontology.triples}
    known = described | ontology.shared | {iri for iri in terms if not iri.startswith(f"{minter.base}id/")}
    concepts = ontology.shared | {thing.iri.value for thing in things.values() if thing.kind.is_concept}
    needed = {prop.iri for prop in ontology.properties.values()}
    ours = (SR, f"{minter.base}id/")
    elsewhere = () if minter.base == HOME else (f"{HOME}id/",)
    problems = []
    parts = (ontology.triples, ontology.concept_triples, ontology.alignments)
    for triple, of_concepts in ((t, part is parts[1]) for part in parts for t in part):
        subject, value = value_of(triple.subject), triple.object
        if subject.startswith(elsewhere) and subject not in known:
            continue
        file, line = ontology.places.get(triple, ("ontology", 0))
        unknown = [iri for iri in (subject, value_of(value)) if iri not in known]
        if subject in unknown:
            problems.append(_undescribed(subject, file, line, known, minter.base))
        elif isinstance(value, NamedNode) and value.value in unknown and value.value.startswith(ours):
            problems.append(_undescribed(value.value, file, line, known, minter.base))
        elif triple.predicate.value in needed and not (of_concepts and _is_editors(triple, concepts)):
            words = " ".join(shorten_iri(value_of(term), minter.base) for term in triple)
            todo = "Write it as a fact with its quote into the annotations of the document that says it."
            problems.append(Problem(file, line, 1, "evidence", f"the statement '{words}' has no quote here", todo))
    return problems


def _is_editors(triple: Triple, concepts: Container[str]) -> bool:
    """Return whether editors may say it of concepts without a quote."""
    ends = [triple.subject] if isinstance(triple.object, Literal) else [triple.subject, triple.object]
    return triple.predicate.value in EDITORS_RELATIONS and all(value_of(end) in concepts for end in ends)


def _undescribed(iri: str, file: str, line: int, known: Iterable[str], base: str) -> Problem:
    """Return the problem of an id or a term that nothing describes."""
    name = shorten_iri(iri, base)
    near = suggest(name, sorted(shorten_iri(other, base) for other in known))
    todo = f"{near}Describe it in the annotations, declare it in the ontology, or take the line out."
    return Problem(file, line, 1, "undescribed", f"nothing describes '{name}'", todo)


def rename_thing(old: str, new: str, files: Mapping[str, str], withdrawn: str, version: str) -> dict[str, str]:
    """Return the files that change when ``old`` is called ``new``.

    They are new texts by name. ``files`` holds the texts of all files that may name it (.yaml annotations, .ttl,
    .rq); ``withdrawn`` names the one that lists ids that are gone, which gets an entry for the old id. Nothing is
    written here.

    Errors: KgError where an id is none, the new one is taken, or nothing has the old one.
    """
    for thing_id in (old, new):
        if not THING_ID.match(thing_id):
            raise KgError(f"'{thing_id}' is not an id: give <kind>/<slug> with a-z, 0-9 and single hyphens.")
    if old == new:
        raise KgError(f"'{old}' has that name already.")
    if "document" in (old.split("/", maxsplit=1)[0], new.split("/", maxsplit=1)[0]):
        raise KgError("a document is its folder in data/: its passages' IRIs hold its name, which never changes.")
    annotations = {name for name in files if name.endswith(".yaml") and name != withdrawn}
    if not any(_defines(files[name], old) for name in annotations):
        raise KgError(f"nothing is called '{old}': 'kg check' lists near names where a value is undefined.")
    if any(_defines(files[name], new) for name in annotations) or _defines(files.get(withdrawn, ""), new):
        raise KgError(f"'{new}' is taken or was withdrawn: choose an id that was never used.")
    changed = {}
    for name, text in files.items():
        if name == withdrawn:
            renamed = re.sub(rf"^(\s*successor:\s*){re.escape(old)}\s*$", rf"\g<1>{new}", text, flags=re.MULTILINE)
        else:
            renamed = _rename_in_yaml(text, old, new) if name in annotations else _rename_in_rdf(text, old, new)
        if renamed != text:
            changed[name] = renamed
    changed[withdrawn] = _with_entry(changed.get(withdrawn, files.get(withdrawn, "")), old, new, version)
    return changed


def _with_entry(text: str, old: str, new: str, version: str) -> str:
    """Return the text of ``withdrawn.yaml`` with an entry for a renamed id."""
    reasons = translations("renamed to {new}", new=new)
    reason = ", ".join(f"{language}: {yaml_scalar(words)}" for language, words in reasons.items())
    if not re.search(r"^- ", text, re.MULTILINE):
        text = re.sub(r"^\[\]\s*$", "", text, flags=re.MULTILINE)
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}- id: {old}\n  reason: {{{reason}}}\n  successor: {new}\n  since: {yaml_scalar(version)}\n"


def _defines(text: str, thing_id: str) -> bool:
    """Return whether an entry of the YAML text has the id."""
    try:
        root = compose(text)
    except yaml.YAMLError as error:
        raise KgError(f"a file is not valid YAML ({error}): correct it first; 'kg check' says where.") from None
    entries = root.value if isinstance(root, yaml.SequenceNode) else []
    return any(
        key.value == "id" and value.value == thing_id
        for entry in entries
        if isinstance(entry, yaml.MappingNode)
        for key, value in entry.value
        if isinstance(key, yaml.ScalarNode)
    )


def _rename_in_yaml(text: str, old: str, new: str) -> str:
    """Return the YAML text with each ``id`` and ``value`` renamed.

    Everything else stays as it was.
    """
    skipped = int(text.startswith("\ufeff"))  # the parser does not count a byte order mark
    places = {
        (node.start_mark.index + skipped, node.end_mark.index + skipped)
        for key, node in _keys_and_values(compose(text))
        if key in ("id", "value") and isinstance(node, yaml.ScalarNode) and node.value == old
    }  # a set: an alias gives the node of its anchor again
    for start, end in sorted(places, reverse=True):
        text = text[:start] + text[start:end].replace(old, new) + text[end:]
    return text


def _keys_and_values(node: Any) -> list[tuple[str, Any]]:
    """Return the keys of entries and facts with their value nodes."""
    if isinstance(node, yaml.SequenceNode):
        return [pair for item in node.value for pair in _keys_and_values(item)]
    if isinstance(node, yaml.MappingNode):
        return [
            pair
            for key, value in node.value
            for pair in ((str(key.value), value), *(_keys_and_values(value) if key.value == "facts" else ()))
        ]
    return []


def _rename_in_rdf(text: str, old: str, new: str) -> str:
    """Return the Turtle or SPARQL text with the thing renamed."""
    text = re.sub(rf"(/id/){re.escape(old)}(?![a-z0-9-])", rf"\g<1>{new}", text)
    kind, slug = old.split("/")
    new_kind, new_slug = new.split("/")
    return re.sub(rf"(?<![\w/:-]){kind}:{re.escape(slug)}(?![\w-])", f"{new_kind}:{new_slug}", text)
