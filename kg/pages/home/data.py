"""Sample sentences of the start page, and citations of the data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kg.model.iris import INFERRED, INTENDED, OA, RDF, SKOS, SR
from kg.model.languages import Language
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import Evaluate, LabelledNode, fetch_labels, select_strings
from kg.pages.shared.release_info import FIRST_FILES, ReleaseFile
from kg.pages.shared.served_files import file_media_type
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


_COUNTS = f"""SELECT ?inferred ?intended ?derived WHERE {{
  {{ SELECT (COUNT(?assertion) AS ?inferred) WHERE {{ ?assertion <{SR}modality> <{INFERRED}> }} }}
  {{ SELECT (COUNT(?assertion) AS ?intended) WHERE {{ ?assertion <{SR}modality> <{INTENDED}> }} }}
  {{ SELECT (COUNT(*) AS ?derived) WHERE {{ GRAPH <%sgraph/derived> {{ ?thing ?property ?value }} }} }} }}"""


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
                for passage in [passage for passage in statement.quotes if passage.document == document][:1]:
                    names = fetch_labels(evaluate, [*mentioned_iris([statement]), document])
                    return SampleSentence(statement, passage, *_around(evaluate, passage), names)
    return None


def count_sets(evaluate: Evaluate, base: str) -> dict[str, int]:
    """Return the numbers of inferred and intended statements, and of derived triples."""
    return {name: int(n) for name, n in select_strings(evaluate, _COUNTS % base)[0].items()}


def _around(evaluate: Evaluate, quote: QuotedPassage) -> tuple[str, str]:
    """Return the rest of the sentence before and after a quote."""
    pieces = fetch_excerpts(evaluate, [quote], context_length=AROUND)[quote.iri].pieces
    at = next(at for at, (_, is_marked) in enumerate(pieces) if is_marked)
    return "".join(text for text, _ in pieces[:at]), "".join(text for text, _ in pieces[at + 1 :])


_BIBTEX_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: "\\" + character for character in "{}%&$#_"
}
"""The characters that BibTeX reads as commands, each with its escape."""

_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


def bibtex(context: AppContext, language: Language) -> str:
    """Return the release as a BibTeX entry.

    It is a ``@misc``, which every style knows. Doubled braces keep BibTeX from splitting names and changing case.
    """
    version, issued = context.release_info.version, context.release_info.issued
    fields = {
        "author": f"{{{_tex(context.project['publisher.name'])}}}" if context.project["publisher.name"] else "",
        "title": f"{{{_tex(context.project[f'title.{language}'])}}}",
        "year": issued[:4],
        "note": f"Version {_tex(version)}" if version else "",
        "url": context.cited_url,
    }
    key = _NOT_IN_KEYS.sub("-", f"{context.project['publisher.name'] or 'data'} {issued[:4]}".lower()).strip("-")
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}}}\n"


def citation_file(context: AppContext) -> str:
    """Return the release in the Citation File Format 1.2.0.

    That is YAML; its values are written as JSON, which YAML reads too.
    """
    version, issued = context.release_info.version, context.release_info.issued
    project = context.project
    keys = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them with their version.",
        "type": "dataset",
        "title": project["title.en"],
        "abstract": project["description.en"],
        "authors": [{"name": project["publisher.name"] or project["title.en"]}],
        "version": version,
        "date-released": issued,
        "url": context.cited_url,
        "license-url": project["licence"],
    }
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items() if value)


def dataset(context: AppContext, language: Language) -> dict[str, Any]:
    """Return the data set in schema.org terms, for dataset search engines."""
    project, release_info = context.project, context.release_info
    name, homepage = project["publisher.name"], project["publisher.homepage"]
    publisher = _present({"@type": "Organization", "name": name, "url": homepage}) if name else None
    return _present(
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": project.minter.dataset.value,
            "name": project[f"title.{language}"],
            "description": project[f"description.{language}"],
            "url": context.public_url,
            "license": project["licence"],
            "version": release_info.version,
            "datePublished": release_info.issued,
            "isAccessibleForFree": True,
            "creator": publisher,
            "publisher": publisher,
            "distribution": [_download(context, file) for file in release_info.files if file.name in FIRST_FILES],
        }
    )


def _download(context: AppContext, file: ReleaseFile) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file.name,
        "encodingFormat": file_media_type(file.name).partition(";")[0],
        "contentSize": f"{file.size} B",
        "contentUrl": f"{context.public_url}download/{quote(file.name)}",
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are not empty."""
    return {name: value for name, value in values.items() if value}


def _tex(text: str) -> str:
    """Escape a text for BibTeX."""
    return "".join(_BIBTEX_ESCAPES.get(character, character) for character in text)
