"""A thing for programs: RDF, and schema.org inside its page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask import Response, request
from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse, serialize

from kg.endpoint import protocol
from kg.endpoint.evaluation import GRAPH_TYPES, Request
from kg.endpoint.evaluation.serialization import checked_xml, demand_names
from kg.model import release_files
from kg.model.iris import OA, PREFIXES, RDF, SKOS, SR
from kg.model.json_ld import Context, compact, prefix_context, read_context
from kg.model.labels import DEFINITIONS, LABELS
from kg.model.messages import N_, in_all_languages
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import LabelledNode, format_iris
from kg.pages.shared.page_requests import request_language
from kg.pages.shared.page_responses import cached_response, page_etag, read_release_file
from kg.pages.thing.data import PassagePage, StatementPage, ThingPage

MAX_STATEMENTS = 1_000
"""Most statements about a thing that its RDF has with their passages."""

MAX_REFERRING = 1_000
"""Most triples that have the thing as their value in its RDF."""

_PLUMBING = (RDF + "subject", RDF + "object", SR + "evidence", SR + "statedIn", OA + "hasSource")
"""Properties of assertions and passages that have the thing as value; these are included whole."""


_NAMED = "{{ ?s <{label}> ?o BIND(<{label}> AS ?p) }}"
_STATEMENTS = f"{{{{ SELECT ?assertion WHERE {{{{ ?assertion <{RDF}subject> <{{iri}}> }}}} LIMIT {MAX_STATEMENTS} }}}}"
_DESCRIBED = (
    "VALUES ?s {{ <{iri}> }}",
    f"?s <{SR}evidence> <{{iri}}>",
    f"<{{iri}}> <{SR}evidence> ?s",
    f"<{{iri}}> <{SR}evidence> ?passage . ?passage <{OA}hasSelector> ?s",
    f"<{{iri}}> <{OA}hasSelector> ?s",
    "<{iri}> ?any ?s FILTER(isBLANK(?s))",
    _STATEMENTS.replace("?assertion", "?s"),
    f"{_STATEMENTS} ?assertion <{SR}evidence> ?s",
    f"{_STATEMENTS} ?assertion <{SR}evidence> ?passage . ?passage <{OA}hasSelector> ?s",
)
"""What is included whole: the thing, and all parts of its statements or of the statement it is part of."""

_PATTERN = """{{ {{ SELECT DISTINCT ?s WHERE {{ {{ {parts} }} }} }} OPTIONAL {{ ?s ?p ?o }} }}
  UNION {{ SELECT ?s ?p (<{iri}> AS ?o) WHERE {{ ?s ?p <{iri}> FILTER(?p NOT IN ({plumbing})) }} LIMIT {referring} }}
  UNION {{ {{ SELECT DISTINCT ?s WHERE {{ {{ <{iri}> ?out ?s FILTER(isIRI(?s)) }}
    UNION {{ ?s ?in <{iri}> FILTER(?in NOT IN ({plumbing})) }} }} LIMIT {referring} }}
    OPTIONAL {{ {labels} }} }}"""


def description_query(*iris: str) -> str:
    """Return the CONSTRUCT that describes things.

    It includes the assertions, passages and selectors of the statements about the thing, or of those of which it is
    itself a part, so that the evidence is there; and the labels of all things it mentions.
    """
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {' UNION '.join(map(_description, iris))} }}"


def _description(iri: str) -> str:
    return _PATTERN.format(
        iri=iri,
        parts=" } UNION { ".join(part.format(iri=iri) for part in _DESCRIBED),
        plumbing=", ".join(f"<{iri}>" for iri in _PLUMBING),
        labels=" UNION ".join(_NAMED.format(label=label) for label in LABELS),
        referring=MAX_REFERRING,
    )


_SETS = """SELECT ?s ?p ?o ?graph WHERE {{ VALUES ?thing {{ {things} }}
  {{ GRAPH ?graph {{ ?thing ?p ?o }} BIND(?thing AS ?s) }}
  UNION {{ GRAPH ?graph {{ ?s ?p ?thing }} BIND(?thing AS ?o) }}
  FILTER(?p NOT IN ({plumbing})) }} LIMIT {most}"""

_SECTIONS = {
    "things": N_("As the texts state it (graph “things”)"),
    "inferred": N_("As the editors infer it (graph “inferred”)"),
    "derived": N_("As rules derive it from what the texts state (graph “derived”)"),
    "concepts": N_("As the editors relate concepts (graph “concepts”)"),
    "alignments": N_("As it is linked to others (graph “alignments”)"),
}
"""The title of a section of a description for each graph that has one, in order."""

_EVIDENCE = N_("The statements, each with its modality and its words; what is only intended has nothing else")
_MENTIONED = N_("The names of what is mentioned")

_NTRIPLES, _XML = "application/n-triples", "application/rdf+xml"
_PART_PROPERTIES = {SR + "evidence", OA + "hasSelector"}
"""The properties from a statement to its parts, which follow right after it."""


def rdf_response(context: AppContext, iris: Sequence[str], media_type: str, *, is_chosen: bool = False) -> Response:
    """Return the description of things in one of GRAPH_TYPES.

    ``is_chosen`` tells that the address names the format. Errors: ProblemError where the description is over a limit,
    or XML cannot hold it.
    """
    content_type = protocol.content_type(media_type, "" if is_chosen else request.headers.get("Accept", ""))

    def make() -> bytes:
        body = context.evaluate(Request(description_query(*iris), results=None, graph=_NTRIPLES)).body
        triples = _arrange(iris[0], list(parse(body, format=RdfFormat.N_TRIPLES)))
        sections = _divide(context, iris, triples)
        if media_type == "application/ld+json":
            return _json_ld(context, triples, sections)
        return _write_xml(sections) if media_type == _XML else _write(sections, media_type)

    return cached_response(page_etag(context, "description", *iris, content_type), content_type, make)


def _json_ld(context: AppContext, triples: list[Triple], sections: dict[str, list[Triple]]) -> bytes:
    """Return all triples, and those of each set in its graph too.

    So it is in the service: the default graph has all triples, and who reads the graphs can tell the sets apart.
    """
    terms = json_ld_context(context)
    sets = [
        {terms.key("@id"): terms.curie(f"{context.base}graph/{name}"), "@graph": compact(sections[title], terms)}
        for name, title in _SECTIONS.items()
        if title in sections
    ]
    document = {"@context": terms.source, "@graph": [*compact(triples, terms), *sets]}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _write(sections: dict[str, list[Triple]], media_type: str) -> bytes:
    """Return Turtle or N-Triples, each section under its title as a comment."""
    used = _prefixes(sections) if media_type == "text/turtle" else {}
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in used.items())
    parts = [head] if head else []
    for title, triples in sections.items():
        body = (serialize(triples, format=GRAPH_TYPES[media_type], prefixes=used) or b"").decode()
        body = "".join(line for line in body.splitlines(keepends=True) if not line.startswith("@prefix "))
        parts.append(f"# {in_all_languages(title)}\n{body}" if title else body)
    return "\n".join(parts).encode()


def _write_xml(sections: dict[str, list[Triple]]) -> bytes:
    """Return RDF/XML, each section under its title as a comment.

    Errors: ProblemError where XML cannot hold a property or a character.
    """
    demand_names({triple.predicate.value for triples in sections.values() for triple in triples})
    used = _prefixes(sections)
    parts: list[bytes] = []
    for title, triples in sections.items():
        # The first two lines and the last one are the same for each: declaration, root with the prefixes, its end.
        *head, body = (serialize(triples, format=RdfFormat.RDF_XML, prefixes=used) or b"").split(b"\n", 2)
        body, end, _ = body.rpartition(b"</rdf:RDF>")
        parts += [] if parts else [line + b"\n" for line in head]
        parts += [f"\t<!-- {in_all_languages(title)} -->\n".encode() if title else b"", body]
    return checked_xml(b"".join([*parts, end, b"\n"]))


def _prefixes(sections: dict[str, list[Triple]]) -> dict[str, str]:
    """Return the prefixes whose namespace begins an IRI of the sections."""
    terms = [term for triples in sections.values() for triple in triples for term in triple]
    iris = [term.value for term in terms if isinstance(term, NamedNode)]
    return {
        prefix: namespace for prefix, namespace in PREFIXES.items() if any(iri.startswith(namespace) for iri in iris)
    }


def _divide(context: AppContext, iris: Sequence[str], triples: list[Triple]) -> dict[str, list[Triple]]:
    """Return the triples by the title of their section, in order.

    Without graphs of the sets (a file that is no release, what describes a document) there is one, without a title.
    """
    plumbing = ", ".join(f"<{iri}>" for iri in _PLUMBING)
    rows = context.select(
        _SETS.format(things=format_iris(iris), plumbing=plumbing, most=MAX_STATEMENTS + MAX_REFERRING)
    )
    graphs: dict[tuple[tuple[str, str], ...], str] = {}
    for row in rows:
        terms = (_key(row[name]["value"], row[name].get("xml:lang", ""), row[name]["type"]) for name in "spo")
        graphs[tuple(terms)] = str(row["graph"]["value"]).removeprefix(f"{context.base}graph/")
    if not _SECTIONS.keys() & set(graphs.values()):
        return {"": triples}
    sections: dict[str, list[Triple]] = {title: [] for title in (*_SECTIONS.values(), _EVIDENCE, _MENTIONED)}
    for triple in triples:
        name = graphs.get(tuple(map(_term_key, (triple.subject, triple.predicate, triple.object))), "")
        other = _MENTIONED if not name and triple.predicate.value in LABELS else _EVIDENCE
        sections[_SECTIONS.get(name, other)].append(triple)
    return {title: own for title, own in sections.items() if own}


def _key(value: str, language: str, kind: str) -> tuple[str, str]:
    """Return what a term is compared by."""
    return ("" if kind == "bnode" else value, language.lower())


def _term_key(term: object) -> tuple[str, str]:
    is_blank = isinstance(term, BlankNode)
    return _key(str(getattr(term, "value", "")), getattr(term, "language", None) or "", "bnode" if is_blank else "")


@lru_cache(maxsize=2)
def json_ld_context(context: AppContext) -> Context:
    """Return the JSON-LD context of the release.

    Prefixes only where there is none.
    """
    try:
        source = json.loads(read_release_file(context, release_files.CONTEXT) or b"{}")["@context"]
    except (ValueError, KeyError, TypeError):
        return prefix_context()
    return read_context(source)


def _arrange(iri: str, triples: list[Triple]) -> list[Triple]:
    """Sort the triples by subject.

    The thing is first, then each statement followed by its parts, then the rest.
    """
    by_subject: dict[object, list[Triple]] = {}
    for triple in sorted(triples, key=lambda triple: (str(triple.subject), _sort_key(triple), str(triple.object))):
        by_subject.setdefault(triple.subject, []).append(triple)
    order: dict[object, None] = {}

    def place(subject: object) -> None:
        if subject in order or subject not in by_subject:
            return
        order[subject] = None
        for triple in by_subject[subject]:
            if triple.predicate.value in _PART_PROPERTIES:
                place(triple.object)

    place(NamedNode(iri))
    statements = [
        subject
        for subject, own in by_subject.items()
        if any(triple.predicate.value in _PART_PROPERTIES for triple in own)
    ]
    for subject in (
        *sorted(statements, key=lambda subject: (_predicate(by_subject[subject]), str(subject))),
        *by_subject,
    ):
        place(subject)
    return [triple for subject in order for triple in by_subject[subject]]


def _sort_key(triple: Triple) -> tuple[bool, str]:
    """Return the sort key of a subject's triples: classes first."""
    return triple.predicate.value != f"{RDF}type", triple.predicate.value


def _predicate(triples: list[Triple]) -> str:
    """Return the property of an assertion's statement.

    Of a passage what sorts after all properties.
    """
    return next((str(triple.object) for triple in triples if triple.predicate.value == f"{RDF}predicate"), "~")


_SCHEMA_ORG_CLASSES = {
    SR + "Organization": "Organization",
    SR + "Initiative": "Project",
    SR + "PopulationGroup": "PeopleAudience",
    SR + "Place": "Place",
    SR + "Claim": "Claim",
    SR + "Document": "CreativeWork",
    SKOS + "ConceptScheme": "DefinedTermSet",
}
"""The nearest schema.org class of each class; things of all other classes are DefinedTerms."""


def thing_data(context: AppContext, page: ThingPage) -> dict[str, Any]:
    """Return a thing in schema.org terms.

    It has names, definition, and equal things elsewhere. Statements are left out, since schema.org cannot say
    that it is a text that says them.
    """
    language = request_language()
    definitions = page.texts(DEFINITIONS, language)
    return _node(
        context,
        page.iri,
        next((_SCHEMA_ORG_CLASSES[kind] for kind in page.name.kinds if kind in _SCHEMA_ORG_CLASSES), "DefinedTerm"),
        name=page.name.label(language, context.base).text,
        alternateName=[text.text for text in page.texts([SKOS + "altLabel"], language)],
        description=definitions[0].text if definitions else "",
        sameAs=_same_things(page),
    )


def statement_data(context: AppContext, page: StatementPage, sentence: str) -> dict[str, Any]:
    """Return a statement as a Claim with its quotes and documents."""
    statement = page.statement
    documents = {quote.document: page.names[quote.document] for quote in statement.quotes}
    return _node(
        context,
        statement.iri,
        "Claim",
        text=sentence,
        appearance=[_document(context, name) for name in documents.values()],
        citation=[{"@type": "Quotation", "@id": quote.iri, "text": quote.text} for quote in statement.quotes],
    )


def passage_data(context: AppContext, page: PassagePage) -> dict[str, Any]:
    """Return a passage as a Quotation of its document."""
    quote = page.sentence.quote
    return _node(
        context,
        quote.iri,
        "Quotation",
        text=quote.text,
        inLanguage=quote.language,
        isPartOf=_document(context, page.names[quote.document]),
    )


def _same_things(page: ThingPage) -> list[str]:
    """Return the IRIs of the same thing elsewhere, not of similar ones."""
    equal = (links for predicate, links in page.matches.items() if predicate.endswith(("#exactMatch", "sameAs")))
    return [link.object for links in equal for link in links]


def _document(context: AppContext, name: LabelledNode) -> dict[str, str]:
    return {"@type": "CreativeWork", "@id": name.iri, "name": name.label(request_language(), context.base).text}


def _node(context: AppContext, iri: str, kind: str, **values: Any) -> dict[str, Any]:
    present = {name: value for name, value in values.items() if value}
    dataset = {"@type": "Dataset", "@id": context.project.minter.dataset.value}
    return {
        "@context": "https://schema.org/",
        "@type": kind,
        "@id": iri,
        "identifier": iri,
        **present,
        "subjectOf": dataset,
    }
