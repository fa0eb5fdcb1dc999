"""The table of assertions, a row a passage that supports one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import OA, RDF, SKOS, SR, TYPE
from kg.model.messages import N_, translations
from kg.model.ontology import property_name
from kg.release.formats.arrangement import Arrangement
from kg.release.tables.class_tables import identifier
from kg.release.tables.csvw import Column, Table

_ASSERTION = NamedNode(SR + "Assertion")
_NOTE = SKOS + "note"
_DESCRIPTION = N_("A row for each passage that says a statement: a statement said by two passages has two rows.")


def assertion_table(arrangement: Arrangement) -> Table | None:
    """Return ``assertions.csv`` in text order; None where nothing is asserted."""
    rows = [row for document in arrangement.documents for row in _rows(arrangement, document)]
    if not rows:
        return None
    return Table(
        file="assertions.csv",
        titles=translations("Assertions"),
        descriptions=translations(_DESCRIPTION),
        columns=[*_statement_columns(arrangement), *_passage_columns(arrangement)],
        rows=rows,
        about_url=f"{arrangement.minter.base}id/{{+id}}",
        primary_key=["id", "start", "end"],
        virtual={"class": (RDF + "type", SR + "Assertion"), "evidence": (SR + "evidence", _passage(arrangement))},
    )


def _passage(arrangement: Arrangement) -> str:
    """Return the IRI of a row's passage as a URI template."""
    return f"{arrangement.minter.base}id/passage/{{document}}/{{start}}-{{end}}"


def _statement_columns(arrangement: Arrangement) -> list[Column]:
    """Return the columns of the assertion and its statement."""
    language = arrangement.languages[0]
    labels = translations("label")

    def label(of: str, title: str) -> Column:
        titles = {tag: f"{name} ({labels[tag]})" for tag, name in translations(title).items()}
        return Column(f"{of}_label_{language}", titles, language=language, suppressed=True)

    def plain(name: str, title: str) -> Column:
        return Column(name, translations(title), required=True, suppressed=True)

    def node(name: str, title: str, predicate: str, template: str) -> Column:
        required = name != "value_iri"
        return Column(name, translations(title), required=required, property_url=predicate, value_url=template)

    return [
        plain("id", N_("identifier")),
        Column("iri", translations("IRI"), datatype="anyURI", required=True, suppressed=True),
        node("subject", N_("subject"), RDF + "subject", f"{arrangement.minter.base}id/{{+subject}}"),
        label("subject", N_("subject")),
        plain("property", N_("property")),
        node("property_iri", N_("property (IRI)"), RDF + "predicate", "{+property_iri}"),
        label("property", N_("property")),
        plain("value", N_("value (id or words)")),
        node("value_iri", N_("value (IRI)"), RDF + "object", "{+value_iri}"),
        label("value", N_("value")),
        node("modality", N_("modality"), SR + "modality", f"{SR}{{modality}}"),
        label("modality", N_("modality")),
    ]


def _passage_columns(arrangement: Arrangement) -> list[Column]:
    """Return the columns of the passage: words, place and editors' note."""
    passage = _passage(arrangement)
    tags = _quote_languages(arrangement)
    notes = translations("note")

    def number(name: str, title: str, about: str, predicate: str) -> Column:
        return Column(name, translations(title), "integer", required=True, about_url=about, property_url=predicate)

    return [
        Column(
            "quote",
            translations("quote"),
            language=tags[0] if len(tags) == 1 else "",
            required=True,
            property_url=SR + "quote",
        ),
        Column(
            "document",
            translations("document"),
            required=True,
            property_url=SR + "statedIn",
            value_url=f"{arrangement.minter.base}id/document/{{document}}",
        ),
        number("start", N_("start, in code points"), f"{passage}.position", OA + "start"),
        number("end", N_("end, exclusive"), f"{passage}.position", OA + "end"),
        number("sentence", N_("sentence number"), passage, SR + "inSentence"),
        *(
            Column(
                f"note_{tag}",
                {language: f"{note} ({tag})" for language, note in notes.items()},
                language=tag,
                property_url=_NOTE,
            )
            for tag in arrangement.languages
        ),
    ]


def _quote_languages(arrangement: Arrangement) -> list[str]:
    tags = set()
    for document in arrangement.documents:
        for triples in arrangement.graphs[document].values():
            tags |= {_language(t.object) for t in triples if t.predicate.value == SR + "quote"}
    return sorted(tags)


def _language(value: object) -> str:
    return (value.language or "") if isinstance(value, Literal) else ""


class _Nodes:
    """The values of a document's assertions, passages and selectors by property."""

    def __init__(self, subjects: Mapping[NamedNode, Sequence[Triple]]) -> None:
        self._subjects = subjects

    def all(self, subject: NamedNode, predicate: str) -> list[NamedNode | Literal]:
        """Return the values of a property."""
        values = [t.object for t in self._subjects.get(subject, ()) if t.predicate.value == predicate]
        return [value for value in values if isinstance(value, NamedNode | Literal)]

    def first(self, subject: NamedNode, predicate: str) -> NamedNode | Literal:
        """Return the first value of a property, or an empty literal."""
        return next(iter(self.all(subject, predicate)), Literal(""))

    def selected(self, passage: NamedNode, predicate: str) -> str:
        """Return what a passage's selectors say: exact words, start, end."""
        selectors = [node for node in self.all(passage, OA + "hasSelector") if isinstance(node, NamedNode)]
        return next((value.value for node in selectors for value in self.all(node, predicate)), "")


def _rows(arrangement: Arrangement, document: str) -> list[dict[str, str]]:
    """Return the rows of a document, by place, then by statement."""
    subjects = arrangement.graphs[document]
    nodes = _Nodes(subjects)
    rows = []
    for assertion, triples in subjects.items():
        if any(t.predicate == TYPE and t.object == _ASSERTION for t in triples):
            statement = _statement(arrangement, nodes, assertion)
            order = arrangement.property_key(statement["property_iri"])
            for passage in nodes.all(assertion, SR + "evidence"):
                if isinstance(passage, NamedNode):
                    row = statement | _place(nodes, passage) | {"document": document}
                    key = (int(row["start"] or 0), int(row["end"] or 0), row["subject"], order, row["value"], row["id"])
                    rows.append((key, row))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _statement(arrangement: Arrangement, nodes: _Nodes, assertion: NamedNode) -> dict[str, str]:
    """Return the cells of an assertion and its statement."""
    language = arrangement.languages[0]
    subject, predicate, value = (nodes.first(assertion, RDF + part) for part in ("subject", "predicate", "object"))
    modality = nodes.first(assertion, SR + "modality")
    row = {
        "id": identifier(arrangement, assertion.value),
        "iri": assertion.value,
        "subject": identifier(arrangement, subject.value),
        "property": property_name(predicate.value, arrangement.ontology.prefixes),
        "property_iri": predicate.value,
        "value": identifier(arrangement, value.value) if isinstance(value, NamedNode) else value.value,
        "value_iri": value.value if isinstance(value, NamedNode) else "",
        "modality": modality.value.removeprefix(SR),
    }
    for name, node in (("subject", subject), ("property", predicate), ("value", value), ("modality", modality)):
        labels = arrangement.labels.get(node, {}) if isinstance(node, NamedNode) else {}
        row[f"{name}_label_{language}"] = labels.get(language, "")
    for note in nodes.all(assertion, _NOTE):
        row[f"note_{_language(note)}"] = note.value
    return row


def _place(nodes: _Nodes, passage: NamedNode) -> dict[str, str]:
    """Return the cells of a passage."""
    return {
        "quote": nodes.selected(passage, OA + "exact"),
        "start": nodes.selected(passage, OA + "start"),
        "end": nodes.selected(passage, OA + "end"),
        "sentence": nodes.first(passage, SR + "inSentence").value,
    }
