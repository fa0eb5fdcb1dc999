"""What a page says in French where a request is refused; the English words are the refusal's own."""

from __future__ import annotations

from flask import Response

from kg.endpoint.evaluation import ProblemError
from kg.pages.shared.language import Language, number, typeset

_FRENCH: dict[str, tuple[str, str]] = {
    "method": ("La méthode {method} n’existe pas à cette adresse.", "Envoyez la requête par GET ou POST."),
    "media-type": (
        "Le corps de la requête n’est pas d’un type connu.",
        "Envoyez un formulaire (query=…) ou du « application/sparql-query ».",
    ),
    "charset": ("Le corps est déclaré en {charset}.", "Envoyez-le en UTF-8."),
    "encoding": ("La requête n’est pas en UTF-8.", "Encodez-la en UTF-8 avant tout encodage « pour cent »."),
    "too-large": ("La requête dépasse la limite de {limit}.", "Raccourcissez-la, ou téléchargez le graphe."),
    "too-long": ("L’adresse dépasse la limite de {limit}.", "Envoyez la requête par POST."),
    "long-header": ("Les en-têtes dépassent la limite de {limit} octets.", "Envoyez moins d’en-têtes, ou plus courts."),
    "slow-body": ("La requête n’est pas arrivée en {limit} secondes.", "Envoyez-la de nouveau."),
    "malformed": ("Ce qui est arrivé n’est pas une requête HTTP/1.1.", "Envoyez une requête HTTP/1.1."),
    "no-query": ("Il n’y a pas de requête.", "Écrivez-en une, ou partez d’un exemple."),
    "many-queries": ("Il y a {count} requêtes dans l’envoi.", "Envoyez-les une par une."),
    "update": (
        "C’est une mise à jour, et ce service ne fait que lire.",
        "Chargez la livraison dans votre propre base.",
    ),
    "graph-iri": (
        "« {graph} » n’est pas l’IRI absolu d’un graphe.",
        "Donnez l’IRI entier du graphe ; SELECT DISTINCT ?g { GRAPH ?g {} } en donne la liste.",
    ),
    "graph-parameter": (
        "La requête nomme plusieurs graphes, ou aucun.",
        "Demandez ?default, ou ?graph= suivi de l’IRI d’un graphe.",
    ),
    "no-graph": (
        "Il n’y a pas de graphe <{graph}>.",
        "SELECT DISTINCT ?g { GRAPH ?g {} } donne la liste des graphes.",
    ),
    "no-thing": (
        "Le graphe ne dit rien de <{thing}>.",
        "Vérifiez l’identifiant, ou cherchez par le nom.",
    ),
    "gone": (
        "<{thing}> a été retiré : {reason}",
        "N’employez plus cet identifiant ; son successeur, s’il en a un, le remplace.",
    ),
    "timeout-value": (
        "Le paramètre « timeout » vaut « {given} », qui n’est pas un nombre de secondes supérieur à zéro.",
        "Donnez un nombre, comme timeout=2.5 ; il ne peut qu’abaisser la limite du service.",
    ),
    "format": ("Le format « {given} » n’existe pas ici.", "Choisissez parmi : {types}."),
    "accept": ("La réponse n’existe pas sous la forme demandée.", "Formes possibles : {types}."),
    "syntax": ("La requête n’est pas du SPARQL 1.1 valide.", "Regardez autour de la ligne {line}, colonne {column}."),
    "syntax-form": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Après les préfixes, une requête commence par SELECT, ASK, CONSTRUCT ou DESCRIBE.",
    ),
    "syntax-prefix": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Le préfixe « {prefix}: » n’est pas déclaré ; commencez par PREFIX {prefix}: <{iri}>.",
    ),
    "syntax-closing": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Le signe {mark} de la ligne {line}, colonne {column}, ne ferme rien.",
    ),
    "syntax-string": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "La chaîne qui commence ligne {line}, colonne {column}, n’est pas fermée.",
    ),
    "syntax-open": ("La requête n’est pas du SPARQL 1.1 valide.", "Il manque un {closing} pour le dernier {mark}."),
    "nesting": ("La requête emboîte plus de {limit} niveaux de parenthèses.", "Écrivez-la plus à plat."),
    "service": (
        "La requête contient SERVICE, et ce service n’appelle jamais un autre serveur.",
        "Faites l’inverse : lancez-la chez vous, ce service-ci dans la clause SERVICE.",
    ),
    "function": ("La requête ne peut pas être évaluée.", "N’employez que les fonctions de SPARQL 1.1."),
    "timeout": (
        "La requête a été arrêtée au bout de {limit} secondes, le maximum d’une requête.",
        "Demandez moins : moins de motifs, un LIMIT sans ORDER BY ; ou téléchargez le graphe.",
    ),
    "memory": (
        "La requête demande plus de {limit} octets de mémoire, le maximum d’une requête.",
        "Demandez moins : ni ORDER BY, ni DISTINCT, ni GROUP BY sur un produit croisé ; ou téléchargez le graphe.",
    ),
    "busy": ("Le service est occupé.", "Envoyez la même requête de nouveau dans {retry_after} secondes."),
    "no-filter": ("Cette liste n’a ni filtre ni tri « {name} ».", "Possibles ici : {names}."),
    "many-filters": ("L’adresse a {count} filtres ; une liste en prend {limit}.", "Retirez-en quelques-uns."),
    "filter-value": (
        "« {given} » ne désigne rien que « {name} » puisse valoir.",
        "Donnez un identifiant comme situation/gilets-jaunes, un nom préfixé, ou un IRI entier.",
    ),
    "year": ("« {given} » n’est pas une année.", "Donnez des chiffres, comme 1993 ; un champ vide ne limite rien."),
    "page-number": ("« {given} » n’est pas un numéro de page.", "Les pages sont numérotées à partir de 1."),
    "lost": ("Le processus qui évaluait la requête s’est arrêté.", "Envoyez la même requête de nouveau."),
    "shape": ("XML ne peut pas écrire cette réponse.", "Demandez du JSON ou du Turtle."),
    "rows": (
        "La réponse a plus de {limit} lignes, le maximum d’une réponse.",
        "Ajoutez un LIMIT (avec ORDER BY et OFFSET pour paginer), ou téléchargez le graphe.",
    ),
    "bytes": (
        "La réponse dépasse {limit} octets, le maximum d’une réponse.",
        "Ajoutez un LIMIT, demandez moins de variables, ou téléchargez le graphe.",
    ),
}


_ERRORS: dict[int, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    404: (
        ("Page introuvable", "Il n’y a rien à cette adresse.", "Vérifiez-la, ou partez de l’accueil."),
        ("Not found", "There is nothing at this address.", "Check it, or begin at the start page."),
    ),
    405: (
        ("Méthode impossible", "Cette adresse ne se lit que par GET.", "Suivez un lien, ou partez de l’accueil."),
        (
            "Method not allowed",
            "This address can only be read, with GET.",
            "Follow a link, or begin at the start page.",
        ),
    ),
    500: (
        ("Le service a échoué", "La faute est de notre côté.", "Essayez de nouveau ; si cela dure, écrivez-nous."),
        ("The service failed", "The fault is ours.", "Try again; if it lasts, write to us."),
    ),
}
_REFUSED = ("Requête refusée", "Request refused")


def heading(status: int, language: Language) -> str:
    """The heading of an error page."""
    return _ERRORS[status][language == "en"][0] if status in _ERRORS else _REFUSED[language == "en"]


def describe(status: int, language: Language) -> tuple[str, str]:
    """What an error page says of a status, and what to do."""
    _, detail, remedy = _ERRORS.get(status, _ERRORS[500])[language == "en"]
    return typeset(detail, language), typeset(remedy, language)


def explain(error: ProblemError, language: Language) -> tuple[str, str]:
    """What is in the way and what to change, in the language of the page."""
    reason = f"{error.code}-{error.values['reason']}" if "reason" in error.values else error.code
    texts = _FRENCH.get(reason) or _FRENCH.get(error.code)
    if language == "en" or not texts:
        return error.detail, error.remedy
    values = {name: number(value, "fr") if isinstance(value, int) else value for name, value in error.values.items()}
    return _fill(typeset(texts[0], language), values), _fill(typeset(texts[1], language), values)


def words(language: Language) -> dict[str, tuple[str, str]]:
    """What is said of refusals by code, for a page that words them itself; the English words are the refusal's own."""
    french = {code: (typeset(what, language), typeset(remedy, language)) for code, (what, remedy) in _FRENCH.items()}
    return french if language == "fr" else {}


def told_when(error: ProblemError | None, response: Response) -> Response:
    """The response to a refusal, with the time after which to ask again where there is one."""
    if error and "retry_after" in error.values:
        response.headers["Retry-After"] = str(error.values["retry_after"])
    return response


def _fill(text: str, values: dict[str, str]) -> str:
    """The text with its values; braces of SPARQL in it stay as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
