"""One statement of a text, or one passage: what the pages of assertions and passages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.model.iris import OA, PROV, SKOS
from kg.pages.shared.excerpts import Excerpt, excerpts
from kg.pages.shared.graph_queries import Ask, words
from kg.pages.shared.names import Name, Words, in_language, name_all
from kg.pages.shared.statements import Statement, of_assertions, of_passage, things_of

_DEFINITIONS = f"SELECT (LANG(?text) AS ?language) ?text WHERE {{{{ <{{}}> <{SKOS}definition> ?text }}}}"
_SPEAKERS = f"SELECT DISTINCT ?speaker WHERE {{{{ <{{}}> <{PROV}wasAttributedTo> ?speaker }}}} LIMIT 9"
_OWNER = f"SELECT ?passage WHERE {{{{ ?passage <{OA}hasSelector> <{{}}> }}}} ORDER BY ?passage LIMIT 1"


@dataclass(frozen=True)
class Told:
    """A statement with the sentences that say it, how its modality is to be read, and who speaks in the document.

    ``reading`` is by language. ``names`` has a Name for each IRI.
    """

    statement: Statement
    sentences: tuple[Excerpt, ...]
    reading: Mapping[str, str]
    speakers: tuple[str, ...]
    names: Mapping[str, Name]

    def how(self, language: str) -> Words:
        """How the modality is to be read, in the language where it is told in it."""
        return in_language(self.reading, language) or Words("")

    def sentence(self, language: str, base: str) -> str:
        """The statement as a short sentence: subject, property and value."""
        each = self.statement
        names = [
            self.names[iri].words(language, base).text for iri in (each.subject, each.predicate, each.object) if iri
        ]
        return " ".join([*names, each.text] if each.text else names)


@dataclass(frozen=True)
class Passage:
    """A passage in its sentence, with the statements that it says; ``names`` has a Name for each IRI."""

    sentence: Excerpt
    statements: tuple[Statement, ...]
    names: Mapping[str, Name]


def tell(ask: Ask, assertion: str) -> Told | None:
    """What the page of an assertion shows; None where the graph lacks a part of the statement."""
    found = of_assertions(ask, [assertion])
    if not found:
        return None
    (statement,) = found
    sentences = excerpts(ask, statement.quotes)
    documents = dict.fromkeys(quote.document for quote in statement.quotes)
    speakers = tuple(row["speaker"] for each in documents for row in words(ask, _SPEAKERS.format(each)))
    return Told(
        statement,
        tuple(sentences[quote.iri] for quote in statement.quotes),
        {row["language"]: row["text"] for row in words(ask, _DEFINITIONS.format(statement.modality))},
        speakers,
        name_all(ask, [*things_of(found), *documents, *speakers]),
    )


def read_passage(ask: Ask, passage: str) -> Passage | None:
    """What the page of a passage shows; None where no statement rests on it."""
    statements = of_passage(ask, passage)
    quotes = [quote for each in statements for quote in each.quotes if quote.iri == passage]
    if not quotes:
        return None
    return Passage(
        excerpts(ask, quotes[:1])[passage],
        tuple(statements),
        name_all(ask, [*things_of(statements), quotes[0].document]),
    )


def passage_of(ask: Ask, selector: str) -> str:
    """The passage that a selector finds; empty where there is none."""
    rows = words(ask, _OWNER.format(selector))
    return rows[0]["passage"] if rows else ""
