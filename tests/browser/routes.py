"""The pages that the tests in a browser visit, with their headings.

Of a heading only its beginning is given.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Page(NamedTuple):
    """A page: its path and the beginning of its heading.

    The path stands below the start page; the heading is given in French and in English.
    """

    path: str
    fr: str
    en: str

    def way(self, language: str = "fr") -> str:
        """Return its path in a language.

        The path of the French start page names its language; else the language of the browser decides.
        """
        path = self.path or ("?lang=fr" if language == "fr" else "")
        return f"{'en/' if language == 'en' else ''}{path}"

    @property
    def name(self) -> str:
        """The name of its files.

        Characters other than letters and digits become hyphens.
        """
        return re.sub(r"\W+", "-", self.path).strip("-")[:80] or "home"


PAGES = (
    Page("", "Réponses sociales", "Social responses"),
    Page("text/groupe-sos", "Le Groupe SOS", "Le Groupe SOS"),
    Page("doc/initiative/lhss", "Lits halte soins santé", "Medical respite beds"),
    Page("doc/situation/gilets-jaunes", "événements des Gilets jaunes", "Yellow Vests protests"),
    Page("doc/document/groupe-sos", "Texte", "Text"),
    Page("doc/assertion/groupe-sos/02c7f15be963", "Lits halte soins santé", "Medical respite beds"),
    Page("doc/passage/groupe-sos/1004-1010", "France", "France"),
    Page("things", "Parcourir", "Browse"),
    Page("things/initiative", "Initiatives", "Initiatives"),
    Page("things/situation", "Crises et problèmes sociaux", "Crises and social problems"),
    Page("timeline", "Les crises et les réponses", "Crises and responses"),
    Page("search?q=sdf", "3 résultats", "3 results"),
    Page("search?q=%3Cb%3Exyzzy", "Rien pour", "Nothing for"),
    Page("ontology", "Ontologie", "Social response ontology"),
    Page("shapes", "Les formes", "The shapes"),
    Page("validation", "Le graphe est conforme", "The graph conforms"),
    Page("examples", "Ce que l’on peut demander", "What one can ask"),
    Page("examples/016-which-initiatives-answer-each-crisis", "Quelles initiatives répondent", "Which initiatives"),
    Page("releases", "Livraisons", "Releases"),
    Page("catalog", "Catalogue", "Catalogue"),
    Page("sparql", "Interroger", "Query"),
    Page("sparql?example=012-which-crises-and-when", "De quelles crises", "Which crises"),
    Page("sparql?query=SELECT%20*%20%7B%20%3Fs%20a%20%3Fkind%20%7D%20LIMIT%2020", "Interroger", "Query"),
    Page("download/", "Télécharger", "Download"),
)
"""All pages."""
