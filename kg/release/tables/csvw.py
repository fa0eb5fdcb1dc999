"""CSVW: what the tables are, so that programs read them without guessing.

Metadata Vocabulary for Tabular Data: https://www.w3.org/TR/tabular-metadata/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kg.model.languages import LANGUAGES
from kg.model.project import Project
from kg.release.tables.table import Table

_NOTE = {
    "fr": "Les cellules portent les mots tels quels : aucun signe n’est ajouté pour protéger un tableur des formules. "
    "Les citations appartiennent à l’auteur du texte.",
    "en": "Cells hold the words as they are: no sign is added to guard a spreadsheet from formulas. "
    "Quotes belong to the author of the text.",
}


def write_metadata(project: Project, tables: Sequence[Table]) -> bytes:
    """``csv-metadata.json``: the group of tables, with the name that CSVW readers look for beside a CSV file."""
    group = {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:title": _words({tag: project[f"title.{tag}"] for tag in LANGUAGES}),
        "dc:description": _words({tag: project[f"description.{tag}"] for tag in LANGUAGES}),
        "dc:license": {"@id": project["licence"]},
        "dcat:version": project["version"],
        "rdfs:comment": _words(_NOTE),
        "tables": [_table(table) for table in tables],
    }
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _table(table: Table) -> dict[str, Any]:
    virtual = [
        {"name": name, "virtual": True, "propertyUrl": predicate, "valueUrl": value}
        for name, (predicate, value) in table.virtual.items()
    ]
    return {
        "url": table.file,
        "dc:title": _words(table.titles),
        "dc:description": _words(table.descriptions),
        "tableSchema": {
            "columns": [*(column.as_dict() for column in table.columns), *virtual],
            "primaryKey": list(table.primary_key),
            "aboutUrl": table.about_url,
        },
    }


def _words(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": tag} for tag, text in words.items() if text]
