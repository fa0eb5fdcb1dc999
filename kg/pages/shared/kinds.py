"""Kinds of things: their names, and the families that share a colour."""

from __future__ import annotations

from kg.model.iris import OA, SR
from kg.model.languages import Language
from kg.model.messages import N_plural, translate_plural

KINDS: dict[str, tuple[str, str]] = {
    SR + "Initiative": N_plural("initiative", "initiatives"),
    SR + "PopulationGroup": N_plural("population group", "population groups"),
    SR + "Crisis": N_plural("crisis", "crises"),
    SR + "SocialProblem": N_plural("social problem", "social problems"),
    SR + "Offering": N_plural("offering", "offerings"),
    SR + "Approach": N_plural("approach", "approaches"),
    SR + "Aim": N_plural("aim", "aims"),
    SR + "Effect": N_plural("effect", "effects"),
    SR + "Claim": N_plural("claim", "claims"),
    SR + "AdvocacyTheme": N_plural("advocacy theme", "advocacy themes"),
    SR + "Value": N_plural("value", "values"),
    SR + "Setting": N_plural("setting", "settings"),
    SR + "Place": N_plural("place", "places"),
    SR + "TimeSpan": N_plural("time span", "time spans"),
    SR + "Organization": N_plural("organisation", "organisations"),
    SR + "Document": N_plural("document", "documents"),
    SR + "Assertion": N_plural("statement", "statements"),
    OA + "TextQuoteSelector": N_plural("quoted passage", "quoted passages"),
}
"""The kinds that pages count and list, in order: the messages for singular and plural."""

_FAMILIES = {
    "organisation": ("Organization",),
    "initiative": ("Initiative",),
    "public": ("PopulationGroup",),
    "situation": ("Crisis", "SocialProblem", "Situation"),
    "offre": ("Offering", "Approach"),
    "resultat": ("Aim", "Effect", "Outcome"),
    "affirmation": ("Claim", "Value", "AdvocacyTheme"),
    "lieu": ("Place", "Setting"),
    "temps": ("TimeSpan",),
}

FAMILY_BY_KIND = {SR + kind: family for family, kinds in _FAMILIES.items() for kind in kinds}
"""The family of each kind: kinds of a family share a colour, a form of underline and a switch in the reader."""


def kind_words(kind: str, language: Language, *, is_plural: bool = False) -> str:
    """Return the name of one thing, or several, of a kind."""
    return translate_plural(*KINDS[kind], 2 if is_plural else 1, language)


def family_of(kind: str) -> str:
    """Return the family of a kind; empty where it has none."""
    return FAMILY_BY_KIND.get(kind, "")
