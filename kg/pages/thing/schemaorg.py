"""What a page tells search engines about its subject, in the words of schema.org (JSON-LD inside the page)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.model.iris import SKOS, SR
from kg.model.labels import DEFINITIONS
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import LabelledNode
from kg.pages.shared.language import request_language
from kg.pages.thing.data import Thing
from kg.pages.thing.evidence import Passage, Told

_TYPES = {
    SR + "Organization": "Organization",
    SR + "Initiative": "Project",
    SR + "PopulationGroup": "PeopleAudience",
    SR + "Place": "Place",
    SR + "Claim": "Claim",
    SR + "Document": "CreativeWork",
    SKOS + "ConceptScheme": "DefinedTermSet",
}
"""The class of schema.org that is nearest to each class; every other thing is a DefinedTerm."""


def of_thing(context: AppContext, thing: Thing) -> dict[str, Any]:
    """A thing: its name and other names, what it is, and the same thing in other data sets.

    What the texts say of it is left out, since schema.org has no way to say that a text says it.
    """
    tongue = request_language()
    told = thing.words(DEFINITIONS, tongue)
    return _node(
        context,
        thing.iri,
        next((_TYPES[kind] for kind in thing.name.kinds if kind in _TYPES), "DefinedTerm"),
        name=thing.name.label(tongue, context.base).text,
        alternateName=[words.text for _, words in thing.words([SKOS + "altLabel"], tongue)],
        description=told[0][1].text if told else "",
        sameAs=[link.object for each in _equal(thing) for link in each],
    )


def of_statement(context: AppContext, told: Told, sentence: str) -> dict[str, Any]:
    """A statement as a Claim: its words, and the quotes and documents that it rests on."""
    statement = told.statement
    documents = {quote.document: told.names[quote.document] for quote in statement.quotes}
    return _node(
        context,
        statement.iri,
        "Claim",
        text=sentence,
        appearance=[_document(context, name) for name in documents.values()],
        citation=[{"@type": "Quotation", "@id": quote.iri, "text": quote.text} for quote in statement.quotes],
    )


def of_passage(context: AppContext, passage: Passage) -> dict[str, Any]:
    """A passage as a Quotation of its document."""
    quote = passage.sentence.quote
    return _node(
        context,
        quote.iri,
        "Quotation",
        text=quote.text,
        inLanguage=quote.language,
        isPartOf=_document(context, passage.names[quote.document]),
    )


def _equal(thing: Thing) -> Sequence[Any]:
    """The links to the same thing elsewhere, not those to something near."""
    return [links for predicate, links in thing.matches.items() if predicate.endswith(("#exactMatch", "sameAs"))]


def _document(context: AppContext, name: LabelledNode) -> dict[str, str]:
    return {"@type": "CreativeWork", "@id": name.iri, "name": name.label(request_language(), context.base).text}


def _node(context: AppContext, iri: str, kind: str, **values: Any) -> dict[str, Any]:
    told = {name: value for name, value in values.items() if value}
    dataset = {"@type": "Dataset", "@id": context.project.minter.dataset.value}
    return {
        "@context": "https://schema.org/",
        "@type": kind,
        "@id": iri,
        "identifier": iri,
        **told,
        "subjectOf": dataset,
    }
