"""Change an id in all files of a project, and note that the old one is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from kg.curate.withdrawn import has_entries, withdrawn_entry
from kg.curate.yaml_nodes import compose
from kg.model.errors import KgError
from kg.model.iris import THING_ID


def rename(old: str, new: str, files: Mapping[str, str], withdrawn: str, version: str) -> dict[str, str]:
    """The files that change when the thing ``old`` is called ``new``, by name, with their new text.

    ``files`` holds the texts of all files that may name it (.yaml annotations, .ttl, .rq); ``withdrawn`` names
    the one that lists ids that are gone, which gets an entry for the old id. Nothing is written here.

    Errors: KgError where an id is none, the new one is taken, or nothing has the old one.
    """
    for word in (old, new):
        if not THING_ID.match(word):
            raise KgError(f"'{word}' is not an id: give <kind>/<slug> with a-z, 0-9 and single hyphens.")
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
        after = _in_yaml(text, old, new) if name in annotations else _in_rdf(text, old, new)
        if name == withdrawn:
            after = re.sub(rf"^(\s*successor:\s*){re.escape(old)}\s*$", rf"\g<1>{new}", text, flags=re.MULTILINE)
        if after != text:
            changed[name] = after
    listed = changed.get(withdrawn, files.get(withdrawn, ""))
    listed = listed if has_entries(listed) else re.sub(r"^\[\]\s*$", "", listed, flags=re.MULTILINE)
    gap = "" if not listed or listed.endswith("\n") else "\n"
    changed[withdrawn] = listed + gap + withdrawn_entry(old, new, version)
    return changed


def _defines(text: str, thing_id: str) -> bool:
    """Whether an entry of the YAML text has the id."""
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


def _in_yaml(text: str, old: str, new: str) -> str:
    """The YAML text with each ``id`` or ``value`` that is the old id changed, everything else as it was."""
    skipped = int(text.startswith("\ufeff"))  # the parser does not count a byte order mark
    places = {
        (node.start_mark.index + skipped, node.end_mark.index + skipped)
        for key, node in _pairs(compose(text))
        if key in ("id", "value") and isinstance(node, yaml.ScalarNode) and node.value == old
    }  # a set: an alias gives the node of its anchor again
    for start, end in sorted(places, reverse=True):
        text = text[:start] + text[start:end].replace(old, new) + text[end:]
    return text


def _pairs(node: Any) -> list[tuple[str, Any]]:
    """Each key of entries and facts with the node of its value."""
    if isinstance(node, yaml.SequenceNode):
        return [pair for item in node.value for pair in _pairs(item)]
    if isinstance(node, yaml.MappingNode):
        return [
            pair
            for key, value in node.value
            for pair in ((str(key.value), value), *(_pairs(value) if key.value == "facts" else ()))
        ]
    return []


def _in_rdf(text: str, old: str, new: str) -> str:
    """The Turtle or SPARQL text with the IRI or prefixed name of the thing changed."""
    text = re.sub(rf"(/id/){re.escape(old)}(?![a-z0-9-])", rf"\g<1>{new}", text)
    kind, slug = old.split("/")
    new_kind, new_slug = new.split("/")
    return re.sub(rf"(?<![\w/:-]){kind}:{re.escape(slug)}(?![\w-])", f"{new_kind}:{new_slug}", text)
