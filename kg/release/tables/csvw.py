"""Tables and their columns, as CSV and as CSVW metadata.

Metadata Vocabulary for Tabular Data: https://www.w3.org/TR/tabular-metadata/
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.model.languages import LANGUAGES
from kg.model.messages import N_, translations
from kg.model.project import Project

IDS = ";"
"""What stands between the ids of one cell; no id holds it."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Metadata Vocabulary for Tabular Data, sections 5.6 and 5.7.
    """

    name: str
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call it, by language; the name is the header."""
    datatype: str | Mapping[str, str] = "string"
    language: str = ""
    separator: str = ""
    required: bool = False
    property_url: str = ""
    value_url: str = ""
    about_url: str = ""
    suppressed: bool = False
    """Left out when the table is turned into RDF: it repeats, or what it says cannot be expressed there."""
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the column in JSON.

        Its header is among the titles, which are for people.
        """
        described: dict[str, Any] = {"name": self.name, "titles": {"und": self.name, **self.titles}}
        optional = {
            "datatype": self.datatype,
            "lang": self.language,
            "separator": self.separator,
            "required": self.required,
            "aboutUrl": self.about_url,
            "propertyUrl": self.property_url,
            "valueUrl": self.value_url,
            "suppressOutput": self.suppressed,
            "dc:description": _language_values(self.descriptions),
        }
        return described | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True)
class Table:
    """A table and how its rows become RDF."""

    file: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, str]]
    """The cells of each row by column; an empty cell may be left out."""
    about_url: str
    primary_key: Sequence[str]
    virtual: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Columns that are in no cell: property and value of each row, by name."""


def words_separator(cells: Iterable[Sequence[str]]) -> str:
    """Return a separator that no word holds: one or more bars."""
    words = [word for cell in cells for word in cell]
    bars = "|"
    while any(bars in word for word in words):
        bars += "|"
    return f" {bars} "


def write_csv(table: Table) -> bytes:
    """Return the table as CSV in UTF-8 with a header row.

    Lines end with CR LF (RFC 4180).

    Cells hold the words as they are: nothing is put before an equals sign to guard a spreadsheet.
    """
    out = io.StringIO()
    names = [column.name for column in table.columns]
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in table.rows)
    return out.getvalue().encode()


_COMMENT = N_(
    "A column named after a property holds what the texts state, or the editors’ own words and links; what the editors "
    "infer or a text only intends stands in columns whose names end with the modality, what rules derive in no table. "
    "Cells hold the words as they are: no sign is added to guard a spreadsheet from formulas. Quotes belong to "
    "the author of the text."
)


def write_metadata(project: Project, tables: Sequence[Table]) -> bytes:
    """Return ``csv-metadata.json``, which CSVW readers look for beside a CSV file."""
    group = {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:title": _language_values({tag: project[f"title.{tag}"] for tag in LANGUAGES}),
        "dc:description": _language_values({tag: project[f"description.{tag}"] for tag in LANGUAGES}),
        "dc:license": {"@id": project["licence"]},
        "dcat:version": project["version"],
        "rdfs:comment": _language_values(translations(_COMMENT)),
        "tables": [_describe_table(table) for table in tables],
    }
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _describe_table(table: Table) -> dict[str, Any]:
    virtual = [
        {"name": name, "virtual": True, "propertyUrl": predicate, "valueUrl": value}
        for name, (predicate, value) in table.virtual.items()
    ]
    return {
        "url": table.file,
        "dc:title": _language_values(table.titles),
        "dc:description": _language_values(table.descriptions),
        "tableSchema": {
            "columns": [*(column.as_dict() for column in table.columns), *virtual],
            "primaryKey": list(table.primary_key),
            "aboutUrl": table.about_url,
        },
    }


def _language_values(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": tag} for tag, text in words.items() if text]
