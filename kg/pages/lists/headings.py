"""What columns and filters are called: plain words for what the vocabulary says with the name of a property."""

from __future__ import annotations

from collections.abc import Mapping

from kg.model.iris import DCT, OA, ORG, PROV, RDF, SCHEMA, SKOS, SR, shorten_iri
from kg.model.languages import Language
from kg.pages.lists.list_config import Kind, Way
from kg.pages.shared.graph_queries import LabelledNode, pick_language
from kg.pages.shared.kinds import KINDS

_AHEAD: dict[tuple[str, ...], tuple[str, str]] = {
    (DCT + "type",): ("type", "type"),
    (RDF + "type",): ("genre", "kind"),
    (RDF + "subject",): ("sujet", "subject"),
    (RDF + "predicate",): ("ce qui est dit", "what is said"),
    (RDF + "object",): ("objet", "object"),
    (DCT + "date",): ("date", "date"),
    (DCT + "language",): ("langue", "language"),
    (SCHEMA + "inLanguage",): ("langue", "language"),
    (OA + "hasSource",): ("texte", "text"),
    (SR + "statedIn",): ("texte", "text"),
    (SR + "inSentence",): ("phrase", "sentence"),
    (SR + "modality",): ("manière de le dire", "way of saying it"),
    (PROV + "wasAttributedTo",): ("qui parle", "who speaks"),
    (SR + "hasTimeSpan",): ("période", "period"),
    (SR + "startedDuring",): ("début", "start"),
    (SR + "offers", DCT + "type"): ("type de prestation", "type of offering"),
    (SR + "respondsTo", DCT + "type"): ("type de situation", "type of situation"),
    (SR + "locatedIn", DCT + "type"): ("type de lieu", "type of place"),
}
_BACK: dict[str, tuple[str, str]] = {
    SR + "respondsTo": ("réponses", "responses"),
    SR + "targets": ("public de", "served by"),
    SR + "involves": ("prend part à", "takes part in"),
    SR + "affects": ("touché par", "affected by"),
    SR + "benefits": ("bénéficie de", "benefits from"),
    SR + "offers": ("proposé par", "offered by"),
    SR + "usesApproach": ("adoptée par", "used by"),
    SR + "hasAim": ("but de", "aim of"),
    SR + "hasEffect": ("effet de", "effect of"),
    SR + "hasAspect": ("aspect de", "aspect of"),
    SR + "concerns": ("concerné par", "concerned by"),
    SR + "claimAbout": ("affirmations à son sujet", "claims about it"),
    SR + "operatedBy": ("opérateur de", "operator of"),
    SR + "coOriginatedBy": ("à l’origine de", "originator of"),
    SR + "pioneeredBy": ("expérimentateur de", "pioneer of"),
    SR + "partner": ("partenaire de", "partner in"),
    SR + "holdsValue": ("revendiquée par", "claimed by"),
    SR + "advocatesFor": ("défendu par", "argued for by"),
    SR + "locatedIn": ("lieu de", "place of"),
    SR + "hasTimeSpan": ("période de", "period of"),
    SR + "startedDuring": ("début de", "start of"),
    SR + "statedIn": ("énoncés", "statements"),
    SR + "evidence": ("énoncés", "statements"),
    ORG + "hasSite": ("site de", "site of"),
    DCT + "isPartOf": ("comprend", "includes"),
    SKOS + "broader": ("termes plus précis", "narrower terms"),
    SKOS + "related": ("lié à", "related to"),
}
_PASSAGES = {OA + "SpecificResource": (("passage cité", "passages cités"), ("quoted passage", "quoted passages"))}


def heading(way: Way, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """What a column or filter is called; a property that is not known here by its label."""
    told = _BACK.get(way.path[0]) if way.inverse else _AHEAD.get(way.path)
    if told:
        return told[language == "en"]
    words = [_label(property_, names, language, base) for property_ in way.path]
    if way.inverse:
        return f"… {words[0]}"
    if len(words) > 1 and way.path[-1] == DCT + "type":
        words[-1] = "type"
    return " · ".join(words)


def kinds_words(kind: Kind, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """What the things of a list are called, several of them: crises et problèmes sociaux."""
    told = [class_words(one, names, language, base, several=kind.count != 1) for one in kind.classes]
    last = " and " if language == "en" else " et "
    return last.join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]


def class_words(
    iri: str, names: Mapping[str, LabelledNode], language: Language, base: str, *, several: bool = True
) -> str:
    """What one thing or several of a class are called."""
    known = KINDS.get(iri) or _PASSAGES.get(iri)
    return known[language == "en"][several] if known else _label(iri, names, language, base)


def _label(iri: str, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    found = pick_language(names[iri].labels, language) if iri in names else None
    return found.text if found else shorten_iri(iri, base)
