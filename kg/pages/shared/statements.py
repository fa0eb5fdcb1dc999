"""The statements of the texts with the passages that say them: what the margin and the page of a thing are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.pages.shared.graph_queries import Evaluate, Row, format_iris, select_rows
from kg.pages.shared.names import LABEL_BATCH

_QUERY = f"""PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>
SELECT ?assertion ?s ?p ?o ?modality ?note ?passage ?document ?sentence ?start ?end ?exact ?prefix ?suffix ?language
WHERE {{
  %s
  ?assertion rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; sr:modality ?modality ; sr:evidence ?passage .
  ?passage oa:hasSource ?document ; sr:inSentence ?sentence ; oa:hasSelector ?words, ?place .
  ?words oa:exact ?exact . ?place oa:start ?start ; oa:end ?end .
  OPTIONAL {{ ?words oa:prefix ?prefix }} OPTIONAL {{ ?words oa:suffix ?suffix }}
  OPTIONAL {{ ?assertion skos:note ?note }} OPTIONAL {{ ?document <{SCHEMA}inLanguage> ?language }}
}} ORDER BY ?document ?start ?end ?assertion LIMIT %d OFFSET %d"""


@dataclass(frozen=True)
class QuotedPassage:
    """A passage of a document: its words, code points from ``start`` to before ``end``, and a few words around it."""

    iri: str
    document: str
    start: int
    end: int
    sentence: int
    text: str
    language: str
    prefix: str = ""
    suffix: str = ""

    @property
    def anchor(self) -> str:
        """The fragment that opens the document's page on this passage."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class QuotedStatement:
    """What a text says: subject, predicate and value, how it may be read, and the passages that say it.

    ``value`` is a term as the JSON results format has it (type, value, xml:lang, datatype).
    """

    iri: str
    subject: str
    predicate: str
    value: Mapping[str, Any]
    modality: str
    quotes: tuple[QuotedPassage, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def object(self) -> str:
        """The IRI of the value; empty where it is a literal."""
        return str(self.value["value"]) if self.value["type"] == "uri" else ""

    @property
    def text(self) -> str:
        """The words of the value; empty where it is a thing."""
        return "" if self.object else str(self.value["value"])


def of_subject(evaluate: Evaluate, iri: str, limit: int = 10_000) -> list[QuotedStatement]:
    """The statements about a thing, in the order of the texts."""
    return _find_statements(evaluate, f"VALUES ?s {{ <{iri}> }}", limit)


def of_object(evaluate: Evaluate, iri: str, limit: int = 10_000, offset: int = 0) -> list[QuotedStatement]:
    """The statements whose value is a thing, in the order of the texts; limit and offset count passages."""
    return _find_statements(evaluate, f"VALUES ?o {{ <{iri}> }}", limit, offset)


def statements_around(evaluate: Evaluate, iri: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """The statements about a thing and those whose value it is, at most ``limit`` of each, in one query.

    Those of a page are in the order of the texts; what a page holds follows the order of the store, since nobody can
    wait until a million are sorted.
    """
    chosen = "{{ SELECT ?assertion WHERE {{ ?assertion <{}> <{}> }} LIMIT {} OFFSET {} }}"
    parts = (chosen.format(RDF + end, iri, limit, offset) for end in ("subject", "object"))
    return _find_statements(evaluate, " UNION ".join(parts), 20_000)


def statements_of_document(evaluate: Evaluate, iri: str, limit: int = 50_000, offset: int = 0) -> list[QuotedStatement]:
    """The statements that a document makes, in its order; limit and offset count passages."""
    return _find_statements(
        evaluate, f"VALUES ?document {{ <{iri}> }} ?assertion sr:statedIn ?document .", limit, offset
    )


def statements_of_assertions(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """The statements that these assertions describe, in the order of the texts."""
    return _find_statements(evaluate, f"VALUES ?assertion {{ {format_iris(iris)} }}", 10_000)


def statements_of_passage(evaluate: Evaluate, iri: str) -> list[QuotedStatement]:
    """The statements that a passage says, each with all of its passages."""
    rows = select_rows(
        evaluate,
        f"SELECT DISTINCT ?assertion WHERE {{ ?assertion <{SR}evidence> <{iri}> }} ORDER BY ?assertion LIMIT 1000",
    )
    return statements_of_assertions(evaluate, [str(row["assertion"]["value"]) for row in rows])


def statements_of_passages(evaluate: Evaluate, iris: Iterable[str]) -> list[QuotedStatement]:
    """The statements that passages say, each with those of them that say it; one query for each MANY passages."""
    every = list(dict.fromkeys(iris))
    found: dict[str, QuotedStatement] = {}
    for start in range(0, len(every), LABEL_BATCH):
        for each in _find_statements(
            evaluate, f"VALUES ?passage {{ {format_iris(every[start : start + LABEL_BATCH])} }}", 10_000
        ):
            held = found.get(each.iri)
            found[each.iri] = replace(each, quotes=held.quotes + each.quotes) if held else each
    return list(found.values())


def mentioned_iris(statements: Iterable[QuotedStatement]) -> list[str]:
    """The IRIs that the statements name: subjects, predicates, values and modalities, each once, as they come."""
    found: dict[str, None] = {}
    for each in statements:
        found |= dict.fromkeys([each.subject, each.predicate, each.modality])
        if each.object:
            found[each.object] = None
    return list(found)


def _find_statements(evaluate: Evaluate, pattern: str, limit: int, offset: int = 0) -> list[QuotedStatement]:
    """The statements that a pattern finds, put together from a row for each passage and language of a note."""
    rows: dict[str, list[Row]] = {}
    for row in select_rows(evaluate, _QUERY % (pattern, limit, offset)):
        rows.setdefault(row["assertion"]["value"], []).append(row)
    return [_parse_statement(iri, found) for iri, found in rows.items()]


def _parse_statement(iri: str, rows: list[Row]) -> QuotedStatement:
    first = rows[0]
    quotes = {row["passage"]["value"]: _parse_quote(row) for row in rows}
    notes = {row["note"].get("xml:lang", ""): str(row["note"]["value"]) for row in rows if "note" in row}
    return QuotedStatement(
        iri,
        str(first["s"]["value"]),
        str(first["p"]["value"]),
        first["o"],
        str(first["modality"]["value"]),
        tuple(sorted(quotes.values(), key=lambda quote: (quote.document, quote.start, quote.end))),
        notes,
    )


def _parse_quote(row: Row) -> QuotedPassage:
    return QuotedPassage(
        iri=str(row["passage"]["value"]),
        document=str(row["document"]["value"]),
        start=int(row["start"]["value"]),
        end=int(row["end"]["value"]),
        sentence=int(row["sentence"]["value"]),
        text=str(row["exact"]["value"]),
        language=str(row["exact"].get("xml:lang") or row.get("language", {}).get("value", "")),
        prefix=str(row.get("prefix", {}).get("value", "")),
        suffix=str(row.get("suffix", {}).get("value", "")),
    )
