"""The tables of a release for spreadsheets: one CSV file for each class, one of assertions, and CSVW metadata.

``table`` is what a table is, ``classes`` and ``assertions`` make them from the graph, ``csvw`` describes them.
"""

from __future__ import annotations

from kg.model import release_files
from kg.release.formats import Arrangement
from kg.release.tables.assertion_table import assertion_table
from kg.release.tables.class_tables import class_tables, file_name
from kg.release.tables.csvw import write_metadata
from kg.release.tables.table import Column, Table, write_csv


def tables(arrangement: Arrangement) -> list[Table]:
    """The tables of a graph: the classes in the order of the ontology, then the assertions."""
    asserted = assertion_table(arrangement)
    return [*class_tables(arrangement), *([asserted] if asserted else [])]


def table_files(arrangement: Arrangement) -> dict[str, bytes]:
    """All files of the tables by name: ``tables/<class>.csv`` and ``tables/csv-metadata.json``."""
    made = tables(arrangement)
    files = {release_files.TABLES + table.file: write_csv(table) for table in made}
    return files | {release_files.TABLES_METADATA: write_metadata(arrangement.project, made)}


__all__ = ["Column", "Table", "file_name", "table_files", "tables", "write_csv"]
