"""Samples for the start page: a sentence and its statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.model.iris import OA, RDF, SKOS, SR
from kg.pages.shared.graph_queries import Evaluate, LabelledNode, fetch_labels, select_strings
from kg.pages.shared.statements import (
    QuotedPassage,
    QuotedStatement,
    fetch_excerpts,
    mentioned_iris,
    statements_of_assertions,
)

AROUND = 400
"""Code points before and after a quote that are searched for the borders of its sentence."""

_PREFERRED = (SR + "respondsTo", SR + "targets", "")
"""The properties that say best what such a text is about; at last any."""

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


@dataclass(frozen=True)
class SampleSentence:
    """A statement with its quote, the sentence around it, and labels."""

    statement: QuotedStatement
    quote: QuotedPassage
    before: str
    after: str
    names: Mapping[str, LabelledNode]


def find_sample(evaluate: Evaluate, document: str) -> SampleSentence | None:
    """Return a document's first statement that says what it responds to.

    Only statements between things that are reported as facts count. Those whose quote names the subject come first,
    since the quote then speaks for itself; then the order of the text decides. None where there is none.
    """
    for predicate in _PREFERRED:
        pattern = f"; rdf:predicate <{predicate}>" if predicate else ""
        for row in select_strings(evaluate, _STATEMENT % (document, pattern)):
            for statement in statements_of_assertions(evaluate, [row["assertion"]]):
                for quote in [quote for quote in statement.quotes if quote.document == document][:1]:
                    names = fetch_labels(evaluate, [*mentioned_iris([statement]), document])
                    return SampleSentence(statement, quote, *_around(evaluate, quote), names)
    return None


def _around(evaluate: Evaluate, quote: QuotedPassage) -> tuple[str, str]:
    """Return the rest of the sentence before and after a quote."""
    pieces = fetch_excerpts(evaluate, [quote], context_length=AROUND)[quote.iri].pieces
    at = next(at for at, (_, is_marked) in enumerate(pieces) if is_marked)
    return "".join(text for text, _ in pieces[:at]), "".join(text for text, _ in pieces[at + 1 :])
