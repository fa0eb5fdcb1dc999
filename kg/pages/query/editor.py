"""Data for the SPARQL editor in the browser (``editor.js``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kg.model.iris import HOME, PREFIXES
from kg.model.languages import Language
from kg.model.query_files import Query
from kg.pages.shared.app_context import PAGE_ROUTES, AppContext, path_to_root
from kg.pages.shared.language import request_language
from kg.pages.shared.problem_pages import words

_START = """SELECT ?type (COUNT(?thing) AS ?things)
WHERE { ?thing a ?type }
GROUP BY ?type
ORDER BY DESC(?things)
"""

_FRENCH = {
    "Add tab": "Nouvel onglet",
    "Add a new tab": "Nouvel onglet",
    "Close tab": "Fermer l’onglet",
    "New Tab": "Nouvel onglet",
    "Rename Tab": "Renommer l’onglet",
    "Copy Tab": "Copier l’onglet",
    "Close Tab": "Fermer l’onglet",
    "Close other tabs": "Fermer les autres onglets",
    "Undo close Tab": "Rouvrir l’onglet fermé",
    "Share query": "Partager la requête",
    "Run query": "Exécuter la requête",
    "Table": "Tableau",
    "Response": "Réponse brute",
    "Shows Table view": "Tableau",
    "Shows Response view": "Réponse brute",
    "Download result": "Télécharger la réponse",
    "Download Results": "Télécharger la réponse",
    "Download not supported": "Rien à télécharger",
    "Simple view": "Vue simple",
    "Ellipse": "Abréger",
    "Filter query results": "Filtrer les lignes",
    "Page size:": "Lignes par page :",
    "All": "Toutes",
    "Show all": "Tout montrer",
    "True": "Oui",
    "False": "Non",
}
"""French for the words of YASGUI."""

_TABLE: dict[Language, dict[str, Any]] = {
    "fr": {
        "aria": {
            "orderable": " : trier",
            "orderableReverse": " : trier dans l’autre sens",
            "orderableRemove": " : ne plus trier",
            "paginate": {"first": "première page", "last": "dernière page", "next": "suite", "previous": "retour"},
        },
        "emptyTable": "Aucune ligne. Vérifiez les IRI et les langues des libellés, ou partez d’un exemple ci-dessous.",
        "info": "Lignes _START_ à _END_ sur _TOTAL_",
        "infoEmpty": "",
        "infoFiltered": "(de _MAX_ en tout)",
        "zeroRecords": "Aucune ligne ne contient ces mots.",
    },
    "en": {
        "emptyTable": "No rows. Check the IRIs and the languages of labels, or start from an example below.",
        "info": "Rows _START_ to _END_ of _TOTAL_",
        "infoEmpty": "",
        "zeroRecords": "No row contains these words.",
    },
}
"""Words of the result table, by their names in DataTables."""

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
    "fr": {
        "query": "Requête",
        "editor": "Requête SPARQL",
        "answer": "Réponse brute",
        "row": "Ligne",
        "size": "Lignes par page",
    },
    "en": {"query": "Query", "editor": "SPARQL query", "answer": "Raw answer", "row": "Row", "size": "Rows per page"},
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


def editor_data(context: AppContext, example: Query | None) -> dict[str, Any]:
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
        "table": _TABLE[tongue],
        "words": _words(tongue),
        "refusals": words(tongue),
    }


def _words(tongue: Language) -> dict[str, str]:
    """Return words by name, or by the English words of YASGUI."""
    return {**(_FRENCH if tongue == "fr" else {}), **_NAMES[tongue]}
