"""Annotations: the form that curators write, its problems, and the statements that it makes.

``nodes`` reads YAML, ``form`` makes entries of it, ``quotes`` finds quotes in the text, ``meaning`` holds
entries against text and vocabulary and gives statements, ``coverage`` says which words have a fact,
``schema`` is the JSON Schema of the form and ``rename`` changes an id in all files.
"""

from kg.curate.coverage import Coverage, coverage
from kg.curate.json_schema import form_schema
from kg.curate.parser import Entry, Fact, read_entries
from kg.curate.resolver import Statement, Thing, Things, resolve, things_of
from kg.curate.thing_ids import rename
from kg.model.quotes import find_fact, nearest

__all__ = [
    "Coverage",
    "Entry",
    "Fact",
    "Statement",
    "Thing",
    "Things",
    "coverage",
    "find_fact",
    "form_schema",
    "nearest",
    "read_entries",
    "rename",
    "resolve",
    "things_of",
]
