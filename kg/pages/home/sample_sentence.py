"""What the start page shows as proof: for a document, one sentence and a statement that rests on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.pages.shared.graph_queries import Evaluate, LabelledNode, fetch_labels, select_strings
from kg.pages.shared.statements import QuotedPassage, QuotedStatement, mentioned_iris, statements_of_assertions

AROUND = 400
"""How many code points before and after a quote are looked at for the borders of its sentence."""

_PREFERRED = (SR + "respondsTo", SR + "targets", "")
"""The properties that say best what such a text is about, then any."""

_STATEMENT = f"""PREFIX rdf: <{RDF}>
PREFIX oa: <{OA}>
PREFIX skos: <{SKOS}>
PREFIX sr: <{SR}>
SELECT ?assertion WHERE {{
  {{ SELECT ?assertion ?subject WHERE {{
    ?assertion sr:statedIn <%s> ; sr:modality sr:reported ; rdf:subject ?subject ; rdf:object ?object %s .
    FILTER(isIRI(?object))
  }} ORDER BY ?assertion LIMIT 500 }}
  ?assertion sr:evidence ?passage . ?passage oa:hasSelector ?words , ?place . ?words oa:exact ?exact .
  ?place oa:start ?start . FILTER(STRLEN(?exact) < 240)
  OPTIONAL {{ ?subject skos:prefLabel ?label }}
  BIND(CONTAINS(LCASE(?exact), LCASE(COALESCE(STR(?label), "\\n"))) AS ?named)
}} ORDER BY DESC(?named) ?start ?assertion LIMIT 1"""

_TEXT = f"""SELECT (SUBSTR(?text, %d, %d) AS ?before) (SUBSTR(?text, %d, {AROUND}) AS ?after)
WHERE {{ <%s> <{SCHEMA}text> ?text }}"""

# A sentence ends at the end of a line, or at a stop that is not the one of an initial (M. Adam).
_BEGIN = re.compile(r".*(?:\n|(?<!\b\w)[.!?…](?:\s?[»”\"’)])*\s)", re.DOTALL)
_END = re.compile(r".*?(?:(?=\n)|(?<!\b\w)[.!?…](?:\s?[»”\"’)])*(?=\s|$))", re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """A statement with its quote, the words of the sentence before and after it, and the names of all that it names."""

    statement: QuotedStatement
    quote: QuotedPassage
    before: str
    after: str
    names: Mapping[str, LabelledNode]


def sample(evaluate: Evaluate, document: str) -> Sample | None:
    """The first statement of a document that answers to what or for whom; None where it states nothing.

    Among such statements between things, reported as a fact, those come first whose quote has the name of
    the subject, so that a reader sees without help that the quote says it; then they go by the place of the quote.
    """
    for predicate in _PREFERRED:
        pattern = f"; rdf:predicate <{predicate}>" if predicate else ""
        for row in select_strings(evaluate, _STATEMENT % (document, pattern)):
            for statement in statements_of_assertions(evaluate, [row["assertion"]]):
                for quote in [each for each in statement.quotes if each.document == document][:1]:
                    names = fetch_labels(evaluate, [*mentioned_iris([statement]), document])
                    return Sample(statement, quote, *_around(evaluate, quote), names)
    return None


def _around(evaluate: Evaluate, quote: QuotedPassage) -> tuple[str, str]:
    """The rest of the sentence before and after a quote; a few words where the text itself is not in the graph."""
    first = max(quote.start - AROUND, 0)
    numbers = (first + 1, quote.start - first, quote.end + 1)  # SUBSTR counts from 1
    for row in select_strings(evaluate, _TEXT % (*numbers, quote.document)):
        before, after = row["before"], row["after"]
        return _last(before, is_whole=not first), _first(after, is_whole=len(after) < AROUND)
    return _last(quote.prefix, is_whole=not quote.prefix), _first(quote.suffix, is_whole=not quote.suffix)


def _last(words: str, *, is_whole: bool) -> str:
    """What begins the sentence that the words end in; the words, marked as cut, where it begins before them."""
    found = _BEGIN.match(words)
    return words[found.end() :] if found else words if is_whole else "… " + words.partition(" ")[2]


def _first(words: str, *, is_whole: bool) -> str:
    """What ends the sentence that the words begin in; the words, marked as cut, where it ends after them."""
    found = _END.match(words)
    return found[0] if found else words if is_whole else words.rpartition(" ")[0] + " …"
