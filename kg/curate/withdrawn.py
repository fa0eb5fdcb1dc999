"""Ids that are gone: ``data/withdrawn.yaml``, a list of ids with a reason and, where there is one, a successor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.curate.parser import Mark, Reader
from kg.curate.resolver import Things
from kg.curate.yaml_nodes import read_nodes
from kg.model.errors import Problem
from kg.model.iris import THING_ID
from kg.model.languages import LANGUAGES
from kg.model.quotes import yaml_text

KEYS = ("id", "reason", "successor", "since")


@dataclass(frozen=True)
class Withdrawn:
    """An id that was published and is gone; it answers 410 with a link to its successor."""

    id: str
    reason: Mapping[str, str]
    successor: str
    since: str
    """The version that no longer has it."""
    marks: Mapping[str, Mark] = field(compare=False, repr=False)


def read_withdrawn(data: bytes, shown: str) -> tuple[list[Withdrawn], list[Problem]]:
    """The ids of a file, with everything that breaks its form."""
    problems: list[Problem] = []
    root = read_nodes(data, shown, problems)
    reader = Reader(shown, "", problems)
    gone = []
    for node in reader.sequence(root, "the file"):
        nodes = reader.mapping(node, "a withdrawn id", KEYS)
        if nodes:
            gone.append(
                Withdrawn(
                    id=reader.scalar(nodes, "id", node, "a withdrawn id"),
                    reason=reader.by_language(nodes.get("reason"), "the reason", True),
                    successor=reader.scalar(nodes, "successor", node, "a withdrawn id", required=False),
                    since=reader.scalar(nodes, "since", node, "a withdrawn id", required=False),
                    marks=reader.marks(node, nodes),
                )
            )
    return gone, problems


def hold_withdrawn(gone: list[Withdrawn], things: Things) -> list[Problem]:
    """What is wrong between the withdrawn ids and the things that are described."""
    problems = []
    ids = {item.id for item in gone}
    first: dict[str, Withdrawn] = {}
    for item in gone:
        place = item.marks.get("id", item.marks[""])
        if first.setdefault(item.id, item) is not item:
            todo = f"Keep the entry of line {first[item.id].marks[''].line} or this one."
            problems.append(place.problem("duplicate-id", f"'{item.id}' is withdrawn twice", todo))
        if item.id and not THING_ID.match(item.id):
            problems.append(place.problem("id", f"'{item.id}' is not an id", "An id is <kind>/<slug>."))
        if item.id in things:
            todo = "Take it out of this list, or give the thing a new id: an id that is gone is never used again."
            problems.append(place.problem("withdrawn", f"'{item.id}' is withdrawn and still described", todo))
        if not item.reason:
            problems.append(place.problem("withdrawn", f"'{item.id}' has no reason", "Add 'reason: {fr: …, en: …}'."))
        if item.successor and item.successor not in things and item.successor not in ids - {item.id}:
            where = item.marks.get("successor", place)
            found = f"the successor '{item.successor}' is defined nowhere"
            problems.append(where.problem("withdrawn", found, "Name a thing that is described, or leave it out."))
    return problems


def withdrawn_entry(old: str, new: str, version: str) -> str:
    """An entry for an id that got a new name, as YAML."""
    reasons = {"fr": f"renommé en {new}", "en": f"renamed to {new}"}
    words = ", ".join(f"{language}: {yaml_text(reasons[language])}" for language in LANGUAGES)
    return f"- id: {old}\n  reason: {{{words}}}\n  successor: {new}\n  since: {yaml_text(version)}\n"


def has_entries(text: str) -> bool:
    """Whether the text of ``withdrawn.yaml`` holds a list already."""
    return re.search(r"^- ", text, re.MULTILINE) is not None
