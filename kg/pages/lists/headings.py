"""What columns and filters are called: plain words for what the vocabulary says with the name of a property."""

from __future__ import annotations

from collections.abc import Mapping

from kg.model.iris import DCT, OA, ORG, PROV, RDF, SCHEMA, SKOS, SR, shorten_iri
from kg.model.languages import Language
from kg.model.messages import N_, translate
from kg.pages.lists.list_config import Kind, Way
from kg.pages.shared.graph_queries import LabelledNode, pick_language
from kg.pages.shared.kinds import KINDS, kind_words

_AHEAD: dict[tuple[str, ...], str] = {
    (DCT + "type",): N_("type"),
    (RDF + "type",): N_("kind"),
    (RDF + "subject",): N_("subject"),
    (RDF + "predicate",): N_("what is said"),
    (RDF + "object",): N_("object"),
    (DCT + "date",): N_("date"),
    (DCT + "language",): N_("language"),
    (SCHEMA + "inLanguage",): N_("language"),
    (OA + "hasSource",): N_("text"),
    (SR + "statedIn",): N_("text"),
    (SR + "inSentence",): N_("sentence"),
    (SR + "modality",): N_("way of saying it"),
    (PROV + "wasAttributedTo",): N_("who speaks"),
    (SR + "hasTimeSpan",): N_("period"),
    (SR + "startedDuring",): N_("start"),
    (SR + "offers", DCT + "type"): N_("type of offering"),
    (SR + "respondsTo", DCT + "type"): N_("type of situation"),
    (SR + "locatedIn", DCT + "type"): N_("type of place"),
}
_BACK: dict[str, str] = {
    SR + "respondsTo": N_("responses"),
    SR + "targets": N_("served by"),
    SR + "involves": N_("takes part in"),
    SR + "affects": N_("affected by"),
    SR + "benefits": N_("benefits from"),
    SR + "offers": N_("offered by"),
    SR + "usesApproach": N_("used by"),
    SR + "hasAim": N_("aim of"),
    SR + "hasEffect": N_("effect of"),
    SR + "hasAspect": N_("aspect of"),
    SR + "concerns": N_("concerned by"),
    SR + "claimAbout": N_("claims about it"),
    SR + "operatedBy": N_("operator of"),
    SR + "coOriginatedBy": N_("originator of"),
    SR + "pioneeredBy": N_("pioneer of"),
    SR + "partner": N_("partner in"),
    SR + "holdsValue": N_("claimed by"),
    SR + "advocatesFor": N_("argued for by"),
    SR + "locatedIn": N_("place of"),
    SR + "hasTimeSpan": N_("period of"),
    SR + "startedDuring": N_("start of"),
    SR + "statedIn": N_("statements"),
    SR + "evidence": N_("statements"),
    ORG + "hasSite": N_("site of"),
    DCT + "isPartOf": N_("includes"),
    SKOS + "broader": N_("narrower terms"),
    SKOS + "related": N_("related to"),
}
_PASSAGE = OA + "SpecificResource"


def heading(way: Way, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """What a column or filter is called; a property that is not known here by its label."""
    told = _BACK.get(way.path[0]) if way.inverse else _AHEAD.get(way.path)
    if told:
        return translate(told, language)
    words = [_label(property_, names, language, base) for property_ in way.path]
    if way.inverse:
        return f"… {words[0]}"
    if len(words) > 1 and way.path[-1] == DCT + "type":
        words[-1] = "type"
    return " · ".join(words)


def kinds_words(kind: Kind, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """Return what the things of a list are called, as “crises and social problems”."""
    told = [class_words(one, names, language, base, several=kind.count != 1) for one in kind.classes]
    if len(told) == 1:
        return told[0]
    return translate("{others} and {last}", language, others=", ".join(told[:-1]), last=told[-1])


def class_words(
    iri: str, names: Mapping[str, LabelledNode], language: Language, base: str, *, several: bool = True
) -> str:
    """What one thing or several of a class are called."""
    known = OA + "TextQuoteSelector" if iri == _PASSAGE else iri
    return kind_words(known, language, is_plural=several) if known in KINDS else _label(iri, names, language, base)


def _label(iri: str, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    found = pick_language(names[iri].labels, language) if iri in names else None
    return found.text if found else shorten_iri(iri, base)
