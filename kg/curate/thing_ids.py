"""Rename ids in all files, and list those that are gone.

``data/withdrawn.yaml`` lists ids that were published and are gone, each with a reason and, where there is one, a
successor.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import yaml

from kg.curate.parser import NodeReader, SourceLocation, compose, read_nodes, suggest, yaml_scalar
from kg.curate.resolver import ThingsById, annotatable_classes
from kg.model.errors import InputError, KgError, Problem
from kg.model.iris import THING_ID, IriMinter
from kg.model.messages import translations, worded
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
    for node in reader.sequence(root, worded("the file")):
        nodes = reader.mapping(node, worded("a withdrawn id"), _WITHDRAWN_KEYS)
        if nodes:
            withdrawn.append(
                WithdrawnId(
                    id=reader.scalar(nodes, "id", node, worded("a withdrawn id")),
                    reason=reader.texts_by_language(nodes.get("reason"), worded("the reason"), True),
                    successor=reader.scalar(nodes, "successor", node, worded("a withdrawn id"), required=False),
                    since=reader.scalar(nodes, "since", node, worded("a withdrawn id"), required=False),
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
            todo = worded("Keep the entry of line {line} or this one.", line=first[item.id].locations[""].line)
            problems.append(place.problem("duplicate-id", worded("'{id}' is withdrawn twice", id=item.id), todo))
        if item.id and not THING_ID.match(item.id):
            problems.append(
                place.problem("id", worded("'{id}' is not an id", id=item.id), worded("An id is <kind>/<slug>."))
            )
        if item.id in things:
            todo = worded(
                "Take it out of this list, or give the thing a new id: an id that is gone is never used again."
            )
            problems.append(
                place.problem("withdrawn", worded("'{id}' is withdrawn and still described", id=item.id), todo)
            )
        if not item.reason:
            problems.append(
                place.problem(
                    "withdrawn", worded("'{id}' has no reason", id=item.id), worded("Add 'reason: {fr: …, en: …}'.")
                )
            )
        if item.successor and item.successor not in things and item.successor not in ids - {item.id}:
            where = item.locations.get("successor", place)
            message = worded("the successor '{successor}' is defined nowhere", successor=item.successor)
            problems.append(
                where.problem("withdrawn", message, worded("Name a thing that is described, or leave it out."))
            )
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
            message = worded("the successors go in a circle: {names}", names=" → ".join([*chain, item.id]))
            problems.append(
                where.problem("withdrawn", message, worded("Name a thing that is described, or leave it out."))
            )
    return problems


def rename_thing(
    old: str,
    new: str,
    files: Mapping[str, str],
    withdrawn: str,
    version: str,
    *,
    ontology: Ontology,
    minter: IriMinter,
    released: Container[str],
) -> dict[str, str]:
    """Return the files that change when ``old`` is called ``new``.

    They are new texts by name. ``files`` holds the texts of all files that may name it (.yaml annotations, .ttl,
    .rq). ``withdrawn`` lists ids that are gone, with the old one if it is ``released``: what no release holds goes
    without a trace, and can come back. Nothing is written here.

    Errors: InputError where a file is no YAML; KgError where an id is none, taken, unfit, or nothing has the old one.
    """
    _validate_ids(old, new)
    annotations = {name for name in files if name.endswith(".yaml") and name != withdrawn}
    listed = files.get(withdrawn, "")
    entries = _entries({name: files[name] for name in annotations} | {withdrawn: listed})
    gone = {entry["id"].value: entry for entry in entries.pop(withdrawn) if "id" in entry}
    described = [entry for found in entries.values() for entry in found]
    types = {entry["type"].value if "type" in entry else "" for entry in described if entry["id"].value == old}
    if not types:
        near = suggest(old, sorted({entry["id"].value for entry in described}))
        raise KgError("nothing is called '{old}'. {near}'kg check' lists what is undefined.", old=old, near=near)
    if any(entry["id"].value == new for entry in described):
        raise KgError("'{new}' is taken: choose an id that was never used.", new=new)
    _validate_kind(old, new, types, ontology)
    _validate_free(old, new, gone, released)
    changed, in_rdf = {}, partial(_rename_in_rdf, minter=minter)
    for name, text in files.items():
        if name != withdrawn:
            changed[name] = (_rename_in_yaml if name in annotations else in_rdf)(text, old, new)
    after = _followed(_without_entry(listed, gone[new], withdrawn) if new in gone else listed, old, new)
    changed[withdrawn] = _with_entry(after, old, new, version) if old in released else after
    return {name: text for name, text in changed.items() if text != files.get(name, "")}


def _followed(text: str, old: str, new: str) -> str:
    """Return the text of ``withdrawn.yaml`` whose successors are renamed."""
    return re.sub(rf"^(\s*(?:- )?successor:\s*){re.escape(old)}(\s*)$", rf"\g<1>{new}\g<2>", text, flags=re.MULTILINE)


def _validate_ids(old: str, new: str) -> None:
    """Refuse what is no id, equal ids, and ids of documents."""
    for thing_id in (old, new):
        if not THING_ID.match(thing_id):
            raise KgError("'{id}' is not an id: give <kind>/<slug> with a-z, 0-9 and single hyphens.", id=thing_id)
    if old == new:
        raise KgError("'{old}' has that name already.", old=old)
    if "document" in (old.split("/", maxsplit=1)[0], new.split("/", maxsplit=1)[0]):
        raise KgError("a document is its folder in data/: the IRIs of its passages hold its name, which never changes.")


def _validate_free(old: str, new: str, gone: Mapping[str, Mapping[str, Any]], released: Container[str]) -> None:
    """Refuse an id that was released, unless its thing returns."""
    successor = gone[new]["successor"].value if new in gone and "successor" in gone[new] else ""
    if new in released and not (successor == old and old not in released):
        raise KgError("'{new}' was released and withdrawn: choose an id that was never used.", new=new)


def _validate_kind(old: str, new: str, types: Iterable[str], ontology: Ontology) -> None:
    """Refuse an id of another kind than its thing's type has."""
    kind = new.split("/", maxsplit=1)[0]
    known = {name: ontology.classes[name].segment for name in types if name in ontology.classes}
    for name, segment in known.items():
        if segment != kind:
            raise KgError(
                "'{new}' is no id for '{old}': ids of the type {type} begin with '{segment}/'.",
                new=new,
                old=old,
                type=name,
                segment=segment,
            )
    segments = sorted({ontology.classes[name].segment for name in annotatable_classes(ontology)} - {"document"})
    if kind not in segments:
        raise KgError(
            "there is no kind '{kind}'. {near}Kinds: {kinds}.",
            kind=kind,
            near=suggest(kind, segments),
            kinds=", ".join(segments),
        )


def _entries(files: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the nodes of each entry with an id, by file.

    They are by key; the node of the entry itself stands under ``""``.

    Errors: InputError with each file that is no YAML.
    """
    problems: list[Problem] = []
    entries: dict[str, list[dict[str, Any]]] = {}
    for name, text in files.items():
        root = read_nodes(text.encode(), name, problems)
        nodes = root.value if isinstance(root, yaml.SequenceNode) else []
        scalars = [
            {key.value: value for key, value in node.value if isinstance(value, yaml.ScalarNode)} | {"": node}
            for node in nodes
            if isinstance(node, yaml.MappingNode)
        ]
        entries[name] = [entry for entry in scalars if "id" in entry]
    if problems:
        raise InputError(problems)
    return entries


def _with_entry(text: str, old: str, new: str, version: str) -> str:
    """Return the text of ``withdrawn.yaml`` with an entry for a renamed id."""
    reasons = translations("renamed to {new}", new=new)
    reason = ", ".join(f"{language}: {yaml_scalar(words)}" for language, words in reasons.items())
    if not re.search(r"^- ", text, re.MULTILINE):
        text = re.sub(r"^\[\]\s*$", "", text, flags=re.MULTILINE)
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}- id: {old}\n  reason: {{{reason}}}\n  successor: {new}\n  since: {yaml_scalar(version)}\n"


def _without_entry(text: str, entry: Mapping[str, Any], name: str) -> str:
    """Return the text of ``withdrawn.yaml`` without an entry.

    The comments around it stay.

    Errors: KgError where the entry does not stand on lines of its own.
    """
    lines = text.splitlines(keepends=True)
    first, last = entry[""].start_mark.line, _last_line(entry[""])
    if not re.fullmatch(r"\s*- *", lines[first][: entry[""].start_mark.column]) or text.lstrip().startswith("["):
        raise KgError(
            "{name}:{line}: take the entry of '{id}' out, then rename again.",
            name=name,
            line=first + 1,
            id=entry["id"].value,
        )
    rest = "".join([*lines[:first], *lines[last + 1 :]])
    return rest if re.search(r"^\s*- ", rest, re.MULTILINE) else f"{rest}[]\n"


def _last_line(node: Any) -> int:
    """Return the line on which the words of a node end."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.line - (node.end_mark.column == 0))
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


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


_PREFIX = re.compile(r"@?prefix\s+([\w-]*):\s*<([^>]*)>", re.IGNORECASE)


def _rename_in_rdf(text: str, old: str, new: str, minter: IriMinter) -> str:
    """Return the Turtle or SPARQL text with the thing renamed.

    What another project calls by the same id stays.
    """
    before, after = (minter.thing(thing_id).value for thing_id in (old, new))
    kind = old.split("/", maxsplit=1)[0]
    declared = {kind: f"{minter.base}id/{kind}/", **dict(_PREFIX.findall(text))}
    text = text.replace(f"<{before}>", f"<{after}>")
    for prefix, start in declared.items():
        if before.startswith(start) and start:
            local = before.removeprefix(start).replace("/", r"\/")
            name = (
                f"{prefix}:{after.removeprefix(start)}".replace("/", r"\/") if after.startswith(start) else f"<{after}>"
            )
            found = rf"(?<![\w/:-]){re.escape(prefix)}:{re.escape(local)}(?![\w-]|\\?/)"
            text = re.sub(found, name.replace("\\", r"\\"), text)
    return text
