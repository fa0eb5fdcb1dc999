"""A table for each class, with things as rows, properties as columns.

A column named after a property holds what the texts state. What they do not state (the editors infer it, or a text only
intends it) has columns of its own, whose names end with the modality, so that no reader of a spreadsheet takes one for
the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import DCT, DEFINITION, EDTF, OWL, PREF_LABEL, RDF, SCHEMA, SKOS, SR, XSD
from kg.model.messages import N_, translations
from kg.model.ontology import property_name
from kg.release.formats.arrangement import Arrangement, iri_of
from kg.release.tables.csvw import IDS, Column, Table, words_separator

_LEFT_OUT = {RDF + "type", SCHEMA + "text", *(SKOS + name for name in ("inScheme", "topConceptOf"))}
"""Properties that make no column: the class is the table, the scheme follows from it, texts have their files."""

_NAMES = ("integer", "decimal", "boolean", "date", "gYear", "gYearMonth", "duration")
_DATATYPES: dict[str, str | dict[str, str]] = {
    **{XSD + name: name for name in _NAMES},
    EDTF + "EDTF": {"@id": EDTF + "EDTF", "base": "string"},
}
"""The datatypes of literals in CSVW (Metadata Vocabulary for Tabular Data, section 5.11)."""

_SHORT_NAMES = {PREF_LABEL.value: "label", DEFINITION.value: "definition"}
_OTHER_TITLES = {
    PREF_LABEL.value: N_("label"),
    DEFINITION.value: N_("definition"),
    SKOS + "altLabel": N_("other name"),
    SKOS + "hiddenLabel": N_("name for searching"),
    SKOS + "editorialNote": N_("editors’ note"),
    SKOS + "exactMatch": N_("exact match"),
    SKOS + "closeMatch": N_("close match"),
    SKOS + "broadMatch": N_("broader match"),
    SKOS + "narrowMatch": N_("narrower match"),
    SKOS + "relatedMatch": N_("related match"),
    OWL + "sameAs": N_("same as"),
    SCHEMA + "inLanguage": N_("language tag"),
    DCT + "title": N_("title"),
    DCT + "language": N_("language"),
    DCT + "rights": N_("rights"),
    DCT + "source": N_("source"),
    DCT + "date": N_("date"),
}
"""What people call properties of other vocabularies that the ontology does not label."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_NOT_STATED = N_(
    "No text says that this is so: the name of the column ends with the modality. The words for each value are in "
    "assertions.csv."
)

_STATED, _INFERRED = "", SR + "inferred"
_ASSERTED = (RDF + "subject", RDF + "predicate", RDF + "object", SR + "modality")
_Values = dict[tuple[NamedNode, str], list[NamedNode | Literal]]
"""Values by property and modality; what the texts state has none."""


def class_tables(arrangement: Arrangement) -> Iterator[Table]:
    """Yield the tables of the classes in the order of the ontology."""
    members: dict[str, list[NamedNode]] = {}
    described = [*arrangement.graphs.get("things", {}), *map(arrangement.minter.document, arrangement.documents)]
    for subject in sorted(set(described), key=lambda subject: subject.value):
        if subject in arrangement.classes:
            members.setdefault(arrangement.classes[subject], []).append(subject)
    unstated = _unstated(arrangement)
    for iri in sorted(members, key=arrangement.term_key):
        yield _class_table(arrangement, iri, members[iri], unstated)


def file_name(class_iri: str) -> str:
    """Return the file of a class, such as ``population-group.csv``."""
    local = re.split(r"[/#]", class_iri)[-1]
    return f"{_WORD.sub('-', local).lower()}.csv"


def identifier(arrangement: Arrangement, iri: str) -> str:
    """Return a thing's id, or the whole IRI of anything foreign."""
    return arrangement.minter.local_id(iri) or iri


def column_name(arrangement: Arrangement, iri: str) -> str:
    """Return a property's short name with ``_`` for other signs."""
    return re.sub(r"\W", "_", property_name(iri, arrangement.ontology.prefixes), flags=re.ASCII)


def _class_table(
    arrangement: Arrangement, class_iri: str, subjects: Sequence[NamedNode], unstated: Mapping[NamedNode, _Values]
) -> Table:
    values = {s: _values(arrangement, s, unstated.get(s, {})) for s in subjects}
    base = arrangement.minter.base
    rows = [{"id": identifier(arrangement, s.value), "iri": s.value} for s in subjects]
    columns = [
        Column("id", translations("identifier"), required=True, suppressed=True),
        Column("iri", translations("IRI"), datatype="anyURI", required=True, suppressed=True),
    ]
    ranks = {modality: rank for rank, modality in enumerate((_STATED, *arrangement.ontology.modalities.values()))}

    def order(heading: tuple[NamedNode, str]) -> tuple[object, ...]:
        predicate, modality = heading
        place = arrangement.property_key(predicate.value)
        return predicate != PREF_LABEL, predicate != DEFINITION, place, ranks.get(modality, len(ranks)), modality

    for predicate, modality in sorted({heading for of in values.values() for heading in of}, key=order):
        cells = [values[subject].get((predicate, modality), []) for subject in subjects]
        for column, texts in _columns(arrangement, predicate, cells):
            name = _SHORT_NAMES.get(predicate.value) or column_name(arrangement, predicate.value)
            named = _marked(arrangement, column, name, modality) if modality else column
            columns.append(named)
            for row, text in zip(rows, texts, strict=True):
                row[named.name] = text
    labels = arrangement.labels.get(NamedNode(class_iri), {})
    return Table(
        file=file_name(class_iri),
        titles=labels,
        descriptions=_definitions(arrangement, class_iri),
        columns=columns,
        rows=rows,
        about_url=f"{base}id/{{+id}}",
        primary_key=["id"],
        virtual={"class": (RDF + "type", class_iri)},
    )


def _values(arrangement: Arrangement, subject: NamedNode, unstated: _Values) -> _Values:
    """Return a thing's values by property and modality, in order.

    These are its statements, and the editors' words and links.
    """
    own = arrangement.minter.local_id(subject.value) or ""
    graphs = [
        "things",
        "concepts",
        "alignments",
        *([own.removeprefix("document/")] if own.startswith("document/") else []),
    ]
    triples: list[Triple] = []
    for name in graphs:
        triples += arrangement.graphs.get(name, {}).get(subject, [])
    values: _Values = {}
    for triple in sorted(triples, key=arrangement.triple_key):
        if triple.predicate.value not in _LEFT_OUT and isinstance(triple.object, NamedNode | Literal):
            values.setdefault((triple.predicate, _STATED), []).append(triple.object)
    return values | unstated


def _unstated(arrangement: Arrangement) -> dict[NamedNode, _Values]:
    """Return what no text states, by thing: inferred, or only asserted.

    A value that texts assert with several such modalities stands under each, unless it is inferred.
    """
    graphs = arrangement.graphs
    standing = {triple for name in ("things", "inferred") for own in graphs.get(name, {}).values() for triple in own}
    found = {(triple, _INFERRED) for own in graphs.get("inferred", {}).values() for triple in own}
    for document in arrangement.documents:
        for triples in graphs[document].values():
            said = {triple.predicate.value: triple.object for triple in triples}
            subject, predicate, value, modality = (said.get(iri) for iri in _ASSERTED)
            if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode) and value and modality:
                statement = Triple(subject, predicate, value)
                found |= {(statement, iri_of(modality))} if statement not in standing else set()
    unstated: dict[NamedNode, _Values] = {}
    for triple, of in sorted(found, key=lambda pair: (arrangement.triple_key(pair[0]), pair[1])):
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Literal):
            unstated.setdefault(triple.subject, {}).setdefault((triple.predicate, of), []).append(triple.object)
    return unstated


def _marked(arrangement: Arrangement, column: Column, name: str, modality: str) -> Column:
    """Return the column with the modality in name and titles.

    No RDF is made of it: as triples these values would be stated.
    """
    labels, local = arrangement.labels.get(NamedNode(modality), {}), re.split(r"[/#]", modality)[-1]
    mark = re.sub(r"\W", "_", local, flags=re.ASCII)
    return replace(
        column,
        name=f"{name}_{mark}{column.name.removeprefix(name)}",
        titles={tag: f"{title} ({labels.get(tag, local)})" for tag, title in column.titles.items()},
        descriptions=translations(_NOT_STATED),
        property_url="",
        suppressed=True,
    )


def _definitions(arrangement: Arrangement, class_iri: str) -> dict[str, str]:
    triples = arrangement.graphs.get("ontology", {}).get(NamedNode(class_iri), [])
    literals = [t.object for t in triples if t.predicate == DEFINITION and isinstance(t.object, Literal)]
    return {literal.language or "und": literal.value for literal in literals}


def _columns(
    arrangement: Arrangement, predicate: NamedNode, cells: Sequence[Sequence[NamedNode | Literal]]
) -> Iterator[tuple[Column, list[str]]]:
    """Yield the columns of a property with their cells.

    There are ids with their labels, words by language, and other literals.
    """
    things = [[value.value for value in cell if isinstance(value, NamedNode)] for cell in cells]
    literals = [[value for value in cell if isinstance(value, Literal)] for cell in cells]
    if any(things):
        yield from _id_columns(arrangement, predicate.value, things)
    tags = {value.language or "" for cell in literals for value in cell}
    for tag in sorted(tags, key=arrangement.language_key):
        in_language = [[value for value in cell if (value.language or "") == tag] for cell in literals]
        yield _literal_column(arrangement, predicate.value, in_language, tag, beside_ids=any(things))


def _id_columns(
    arrangement: Arrangement, predicate: str, cells: Sequence[Sequence[str]]
) -> Iterator[tuple[Column, list[str]]]:
    """Yield a column of ids and, if any has one, of labels.

    Labels are in the vocabulary's first language.

    A list of ids has no value URL in CSVW (a URI template expands the list as a whole, section 5.1.2), so
    the column is left out of RDF made from the table.
    """
    name, titles = column_name(arrangement, predicate), _titles(arrangement, predicate)
    ids = [IDS.join(identifier(arrangement, iri) for iri in cell) for cell in cells]
    yield Column(name, titles, separator=IDS, property_url=predicate, suppressed=True), ids
    language = arrangement.languages[0]
    labels = [[arrangement.labels.get(NamedNode(iri), {}).get(language, "") for iri in cell] for cell in cells]
    if any(label for cell in labels for label in cell):
        mark = words_separator(labels)
        words = translations("labels")
        about = {tag: f"{title} ({words.get(tag, 'labels')})" for tag, title in titles.items()}
        column = Column(f"{name}_label_{language}", about, language=language, separator=mark, suppressed=True)
        yield column, [mark.join(cell) for cell in labels]


def _literal_column(
    arrangement: Arrangement, predicate: str, cells: Sequence[Sequence[Literal]], tag: str, *, beside_ids: bool
) -> tuple[Column, list[str]]:
    """Return a column of literals in one language or in none.

    Labels and definitions have their short names.

    Words in a language are always a list, whatever the number of values; other literals only where one
    thing has several.
    """
    short = _SHORT_NAMES.get(predicate) or column_name(arrangement, predicate)
    suffix = f"_{tag.replace('-', '_')}" if tag else "_text" if beside_ids else ""
    datatypes = {value.datatype.value for cell in cells for value in cell}
    datatype = _DATATYPES.get(min(datatypes), "string") if len(datatypes) == 1 and not tag else "string"
    words = [[value.value for value in cell] for cell in cells]
    listed = bool(tag) and predicate not in _SHORT_NAMES
    mark = words_separator(words) if listed or any(len(cell) > 1 for cell in words) else ""
    column = Column(
        f"{short}{suffix}",
        {of: f"{title} ({tag})" if tag else title for of, title in _titles(arrangement, predicate).items()},
        datatype=datatype,
        language=tag,
        separator=mark,
        property_url=predicate,
    )
    return column, [mark.join(cell) for cell in words]


def _titles(arrangement: Arrangement, predicate: str) -> dict[str, str]:
    """Return the labels of a property, or its short name."""
    other = _OTHER_TITLES.get(predicate)
    labels = arrangement.labels.get(NamedNode(predicate)) or (translations(other) if other else {})
    name = property_name(predicate, arrangement.ontology.prefixes)
    return {tag: labels.get(tag, name) for tag in arrangement.languages}
