"""What the query page shows of an answer, and gives its editor."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kg.endpoint.evaluation import Answer
from kg.model.iris import HOME, PREFIXES, shorten_iri
from kg.model.languages import Language
from kg.model.messages import N_, N_plural, translate, translate_in, translate_plural
from kg.model.query_files import QueryFile
from kg.pages.shared.app_context import PAGE_ROUTES, AppContext, path_to_root
from kg.pages.shared.page_requests import request_language, words

MAX_ROWS = 1000
"""Most rows on a page; links lead to the whole answer."""

MAX_CHARACTERS = 200_000
"""Most characters of a graph on a page."""

_STAR = re.compile(r"SELECT\s+(?:(?:DISTINCT|REDUCED)\s+)?\*", re.IGNORECASE)


@dataclass(frozen=True)
class AnswerCell:
    """A value in the table: text, IRI, language or datatype."""

    text: str
    iri: str = ""
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True)
class AnswerView:
    """What a page shows of an answer: rows, boolean, or Turtle.

    ``total`` counts all rows; ``cut`` tells that some are not shown.
    """

    kind: str
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[AnswerCell | None, ...], ...] = ()
    total: int = 0
    boolean: bool = False
    turtle: str = ""
    cut: bool = False


def view_answer(answer: Answer, query: str, base: str) -> AnswerView:
    """Return what a page shows of an answer to the query.

    The answer is in JSON (rows, a boolean) or in Turtle (a graph).
    """
    if answer.kind == "graph":
        turtle = answer.body.decode()
        return AnswerView("graph", turtle=turtle[:MAX_CHARACTERS], cut=len(turtle) > MAX_CHARACTERS)
    document = json.loads(answer.body)
    if answer.kind == "boolean":
        return AnswerView("boolean", boolean=document["boolean"])
    variables = tuple(document["head"]["vars"])
    if _STAR.search(query):
        # The engine sorts the variables of SELECT * by name; their order in the query is more useful.
        variables = tuple(sorted(variables, key=lambda name: _first(name, query)))
    bindings = document["results"]["bindings"]
    rows = tuple(tuple(_cell(row.get(name), base) for name in variables) for row in bindings[:MAX_ROWS])
    return AnswerView("rows", variables, rows, total=len(bindings), cut=len(bindings) > MAX_ROWS)


def _first(variable: str, query: str) -> int:
    """Return the place of a variable in the query."""
    match = re.search(rf"[?$]{re.escape(variable)}\b", query)
    return match.start() if match else len(query)


def _cell(binding: dict[str, Any] | None, base: str) -> AnswerCell | None:
    """Return the cell of a JSON binding; None if unbound."""
    if binding is None:
        return None
    value = str(binding["value"])
    if binding["type"] == "uri":
        return AnswerCell(shorten_iri(value, base), iri=value)
    if binding["type"] == "bnode":
        return AnswerCell(f"_:{value}")
    return AnswerCell(
        value, language=binding.get("xml:lang", ""), datatype=shorten_iri(binding.get("datatype", ""), base)
    )


_START = """SELECT ?type (COUNT(?thing) AS ?things)
WHERE { ?thing a ?type }
GROUP BY ?type
ORDER BY DESC(?things)
"""

_YASGUI = (
    N_("Add tab"),
    N_("Add a new tab"),
    N_("Close tab"),
    N_("New Tab"),
    N_("Rename Tab"),
    N_("Copy Tab"),
    N_("Close Tab"),
    N_("Close other tabs"),
    N_("Undo close Tab"),
    N_("Share query"),
    N_("Run query"),
    N_("Table"),
    N_("Response"),
    N_("Shows Table view"),
    N_("Shows Response view"),
    N_("Download result"),
    N_("Download Results"),
    N_("Download not supported"),
    N_("Simple view"),
    N_("Ellipse"),
    N_("Filter query results"),
    N_("Page size:"),
    N_("All"),
    N_("Show all"),
    N_("True"),
    N_("False"),
)
"""YASGUI's own English words that people meet."""

_TABLE = {
    "emptyTable": N_("No rows. Check the IRIs and the languages of labels, or start from an example below."),
    "info": N_("Rows _START_ to _END_ of _TOTAL_"),
    "zeroRecords": N_("No row contains these words."),
}
"""Words of the result table, by their names in DataTables."""

_TABLE_DEFAULTS = {
    "aria.orderable": N_(": activate to sort"),
    "aria.orderableReverse": N_(": activate to invert sorting"),
    "aria.orderableRemove": N_(": activate to remove sorting"),
    "aria.paginate.first": N_("first page"),
    "aria.paginate.last": N_("last page"),
    "aria.paginate.next": N_("next page"),
    "aria.paginate.previous": N_("previous page"),
    "infoFiltered": N_("(filtered from _MAX_ in all)"),
}
"""Words that DataTables has in English itself."""

_TERMS = {
    "class": "skos:Concept skos:ConceptScheme rdf:Statement rdfs:Class oa:SpecificResource oa:TextQuoteSelector "
    "oa:TextPositionSelector owl:Class owl:ObjectProperty owl:DatatypeProperty dcat:Dataset sh:NodeShape",
    "property": "rdf:type rdf:subject rdf:predicate rdf:object rdfs:label rdfs:comment rdfs:subClassOf "
    "rdfs:subPropertyOf rdfs:isDefinedBy skos:prefLabel skos:altLabel skos:definition skos:broader skos:inScheme "
    "skos:topConceptOf skos:exactMatch skos:closeMatch skos:note dct:title dct:date dct:language oa:hasSource "
    "oa:hasSelector oa:exact oa:prefix oa:suffix oa:start oa:end owl:versionInfo",
}
"""Terms of other vocabularies to complete, which the ontology may not declare."""

_NAMES = {
    "editor": N_("SPARQL query"),
    "answer": N_("Raw answer"),
    "row": N_("Row"),
    "size": N_("Rows per page"),
}
"""Names that YASGUI lacks, in the language of the page."""


def citable_address(context: AppContext, query: str) -> str:
    """Return the public address of a query, with the current release.

    Without a query it is the address of the page.
    """
    release = context.release_info.version
    named = f"&release={quote(release, safe='')}" if release else ""
    page = f"{context.public_url}{'en/' if request_language() == 'en' else ''}sparql"
    return f"{page}?query={quote(query, safe='')}{named}" if query else page


def editor_data(context: AppContext, example: QueryFile | None) -> dict[str, Any]:
    """Return the data of the editor for JSON."""
    tongue = request_language()
    home = path_to_root()
    return {
        "language": tongue,
        "endpoint": f"{home}sparql",
        "address": citable_address(context, ""),
        "release": context.release_info.version,
        "root": home,
        "home": f"{home}{'en/' if tongue == 'en' else ''}",
        "homes": sorted({context.base, HOME}),
        "routes": PAGE_ROUTES,
        "prefixes": PREFIXES,
        "name": example.summary[tongue] if example else "",
        "start": _START,
        "terms": {kind: terms.split() for kind, terms in _TERMS.items()},
        "table": _table(tongue),
        "counted": _counted(tongue),
        "words": _words(tongue),
        "refusals": words(tongue),
    }


def _words(tongue: Language) -> dict[str, str]:
    """Return words by the English text that they replace, or by name."""
    own = {message: translate(message, tongue) for message in _YASGUI} if tongue != "en" else {}
    own["query"] = translate_in("text to run", "Query", tongue)
    return own | {name: translate(message, tongue) for name, message in _NAMES.items()}


def _counted(tongue: Language) -> dict[str, str] | None:
    """Return the words for an answer's length; None in English, YASGUI's language."""
    if tongue == "en":
        return None
    one, many = N_plural("{n} result in {seconds} seconds", "{n} results in {seconds} seconds")
    return {
        "answer": translate("Response in {seconds} seconds", tongue),
        "one": translate_plural(one, many, 1, tongue),
        "other": translate_plural(one, many, 2, tongue),
    }


def _table(tongue: Language) -> dict[str, Any]:
    """Return the words of the answer's table, nested as DataTables expects."""
    words: dict[str, Any] = {"infoEmpty": ""}
    for path, message in (_TABLE if tongue == "en" else _TABLE | _TABLE_DEFAULTS).items():
        *folders, name = path.split(".")
        place = words
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = translate(message, tongue)
    return words
