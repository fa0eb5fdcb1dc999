"""The properties that name and define things, in order of preference."""

from __future__ import annotations

import re

from kg.model.iris import DCT, FOAF, RDFS, SCHEMA, SKOS

LABELS = (SKOS + "prefLabel", RDFS + "label", DCT + "title", SCHEMA + "name", FOAF + "name")
"""The properties that name a thing, whatever vocabulary a graph uses."""

OTHER_LABELS = (SKOS + "altLabel", SKOS + "hiddenLabel")
"""The properties that give a thing further names."""

DEFINITIONS = (SKOS + "definition", DCT + "description", SCHEMA + "description", RDFS + "comment")
"""The properties that say what a thing is."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


def is_one_line(words: str) -> bool:
    """Return whether words are one line, without white space around them.

    Whoever looks for a name, character by character, would miss others; what XML cannot hold is no word either.
    """
    return words == words.strip() and len(words.splitlines()) <= 1 and not _CONTROL.search(words)
