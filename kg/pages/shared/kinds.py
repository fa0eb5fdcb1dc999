"""The kinds of things on pages: their names, and the families that share a colour."""

from __future__ import annotations

from kg.model.iris import OA, SR

KINDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    SR + "Initiative": (("initiative", "initiatives"), ("initiative", "initiatives")),
    SR + "PopulationGroup": (("public", "publics"), ("population group", "population groups")),
    SR + "Crisis": (("crise", "crises"), ("crisis", "crises")),
    SR + "SocialProblem": (("problème social", "problèmes sociaux"), ("social problem", "social problems")),
    SR + "Offering": (("prestation", "prestations"), ("offering", "offerings")),
    SR + "Approach": (("approche", "approches"), ("approach", "approaches")),
    SR + "Aim": (("but", "buts"), ("aim", "aims")),
    SR + "Effect": (("effet", "effets"), ("effect", "effects")),
    SR + "Claim": (("affirmation", "affirmations"), ("claim", "claims")),
    SR + "AdvocacyTheme": (("thème de plaidoyer", "thèmes de plaidoyer"), ("advocacy theme", "advocacy themes")),
    SR + "Value": (("valeur", "valeurs"), ("value", "values")),
    SR + "Setting": (("cadre", "cadres"), ("setting", "settings")),
    SR + "Place": (("lieu", "lieux"), ("place", "places")),
    SR + "TimeSpan": (("période", "périodes"), ("time span", "time spans")),
    SR + "Organization": (("organisation", "organisations"), ("organisation", "organisations")),
    SR + "Document": (("document", "documents"), ("document", "documents")),
    SR + "Assertion": (("énoncé", "énoncés"), ("statement", "statements")),
    OA + "TextQuoteSelector": (("passage cité", "passages cités"), ("quoted passage", "quoted passages")),
}
"""The kinds that pages count and list, in order: singular and plural, in French and English."""

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


def family_of(kind: str) -> str:
    """Return the family of a kind; empty where it has none."""
    return FAMILY_BY_KIND.get(kind, "")
