"""One statement of a text, or one passage: what the pages of assertions and passages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.model.iris import OA, PROV, SKOS
from kg.pages.shared.graph_queries import (
    Evaluate,
    LabelledNode,
    LangString,
    fetch_labels,
    pick_language,
    select_strings,
)
from kg.pages.shared.statements import (
    Excerpt,
    QuotedStatement,
    fetch_excerpts,
    mentioned_iris,
    statements_of_assertions,
    statements_of_passage,
)

_DEFINITIONS = f"SELECT (LANG(?text) AS ?language) ?text WHERE {{{{ <{{}}> <{SKOS}definition> ?text }}}}"
_SPEAKERS = f"SELECT DISTINCT ?speaker WHERE {{{{ <{{}}> <{PROV}wasAttributedTo> ?speaker }}}} LIMIT 9"
_OWNER = f"SELECT ?passage WHERE {{{{ ?passage <{OA}hasSelector> <{{}}> }}}} ORDER BY ?passage LIMIT 1"


@dataclass(frozen=True)
class Told:
    """A statement with the sentences that say it, how its modality is to be read, and who speaks in the document.

    ``reading`` is by language. ``names`` has a Name for each IRI.
    """

    statement: QuotedStatement
    sentences: tuple[Excerpt, ...]
    reading: Mapping[str, str]
    speakers: tuple[str, ...]
    names: Mapping[str, LabelledNode]

    def how(self, language: str) -> LangString:
        """How the modality is to be read, in the language where it is told in it."""
        return pick_language(self.reading, language) or LangString("")

    def sentence(self, language: str, base: str) -> str:
        """The statement as a short sentence: subject, property and value."""
        each = self.statement
        names = [
            self.names[iri].label(language, base).text for iri in (each.subject, each.predicate, each.object) if iri
        ]
        return " ".join([*names, each.text] if each.text else names)


@dataclass(frozen=True)
class Passage:
    """A passage in its sentence, with the statements that it says; ``names`` has a Name for each IRI."""

    sentence: Excerpt
    statements: tuple[QuotedStatement, ...]
    names: Mapping[str, LabelledNode]


def tell(evaluate: Evaluate, assertion: str) -> Told | None:
    """What the page of an assertion shows; None where the graph lacks a part of the statement."""
    found = statements_of_assertions(evaluate, [assertion])
    if not found:
        return None
    (statement,) = found
    sentences = fetch_excerpts(evaluate, statement.quotes)
    documents = dict.fromkeys(quote.document for quote in statement.quotes)
    speakers = tuple(row["speaker"] for each in documents for row in select_strings(evaluate, _SPEAKERS.format(each)))
    return Told(
        statement,
        tuple(sentences[quote.iri] for quote in statement.quotes),
        {row["language"]: row["text"] for row in select_strings(evaluate, _DEFINITIONS.format(statement.modality))},
        speakers,
        fetch_labels(evaluate, [*mentioned_iris(found), *documents, *speakers]),
    )


def read_passage(evaluate: Evaluate, passage: str) -> Passage | None:
    """What the page of a passage shows; None where no statement rests on it."""
    statements = statements_of_passage(evaluate, passage)
    quotes = [quote for each in statements for quote in each.quotes if quote.iri == passage]
    if not quotes:
        return None
    return Passage(
        fetch_excerpts(evaluate, quotes[:1])[passage],
        tuple(statements),
        fetch_labels(evaluate, [*mentioned_iris(statements), quotes[0].document]),
    )


def passage_of(evaluate: Evaluate, selector: str) -> str:
    """The passage that a selector finds; empty where there is none."""
    rows = select_strings(evaluate, _OWNER.format(selector))
    return rows[0]["passage"] if rows else ""
