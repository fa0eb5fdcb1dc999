"""The problems that only pages tell of, the French words of all, and how a page or a program is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import HTTPException

from kg.endpoint.problems import PROBLEMS, ProblemError, problem_types
from kg.endpoint.protocol import wants_page
from kg.model.languages import Language, number, typeset
from kg.pages.shared.app_context import AppContext, render_page
from kg.pages.shared.language import request_language

_WORDS: Mapping[HTTPStatus, Mapping[str, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: {
        "rows.patch": (
            "{count} lines differ, more than the {limit} that a patch made here holds.",
            "Take both graphs and run 'kg diff {old} {new} --patch FILE'.",
        ),
        "no-filter": ("This list has no filter or order “{name}”.", "Possible here: {names}."),
        "many-filters": ("The address has {count} filters; a list takes {limit}.", "Take some away."),
        "filter-value": (
            "“{given}” names nothing that “{name}” could be.",
            "Give an id such as situation/gilets-jaunes, a prefixed name, or a whole IRI.",
        ),
        "year": ("“{given}” is not a year.", "Give digits, such as 1993; an empty field limits nothing."),
        "page-number": ("“{given}” is not the number of a page.", "Pages are counted from 1."),
        "reconciliation": ("{reason}", ""),
    },
    HTTPStatus.NOT_FOUND: {
        "not-found": ("There is nothing at {path}.", "The start page / leads to all there is."),
        "no-thing": ("The graph tells nothing of <{thing}>.", "Search it by its name."),
        "no-thing.near": ("The graph tells nothing of <{thing}>.", "The nearest ids are {nearest}."),
    },
    HTTPStatus.METHOD_NOT_ALLOWED: {
        "read-only": ("{method} is not possible at {path}, since this service only reads.", "Use one of {allowed}."),
        "method.page": ("{method} is not possible at {path}.", "Use one of {allowed}."),
    },
    HTTPStatus.NOT_ACCEPTABLE: {
        "accept.differences": ("Differences cannot be sent as '{given}'.", "Accept one of {types}."),
    },
    HTTPStatus.GONE: {
        "gone": ("<{thing}> is withdrawn{why}.", "Nothing stands in its place."),
        "gone.successor": ("<{thing}> is withdrawn{why}.", "Use <{successor}> instead."),
    },
    HTTPStatus.INTERNAL_SERVER_ERROR: {
        "http": ("The service failed, and the fault is ours.", "Try again; if it lasts, write to us."),
        "http.other": ("{description}", ""),
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "busy.index": ("The index of names is being made.", "Send the same request again soon."),
    },
}

PAGE_PROBLEMS = {**PROBLEMS, **problem_types(_WORDS)}
"""The problems of the endpoint and those of the pages, by name."""


class PageError(ProblemError):
    """Raised when a page is not made for a reason that stands in PAGE_PROBLEMS."""

    types = PAGE_PROBLEMS


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
    "syntax.form": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Après les préfixes, une requête commence par SELECT, ASK, CONSTRUCT ou DESCRIBE.",
    ),
    "syntax.prefix": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Le préfixe « {prefix}: » n’est pas déclaré ; commencez par PREFIX {prefix}: <{iri}>.",
    ),
    "syntax.closing": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "Le signe {mark} de la ligne {line}, colonne {column}, ne ferme rien.",
    ),
    "syntax.string": (
        "La requête n’est pas du SPARQL 1.1 valide.",
        "La chaîne qui commence ligne {line}, colonne {column}, n’est pas fermée.",
    ),
    "syntax.open": ("La requête n’est pas du SPARQL 1.1 valide.", "Il manque un {closing} pour le dernier {mark}."),
    "nesting": ("La requête emboîte plus de {limit} niveaux de parenthèses.", "Écrivez-la plus à plat."),
    "nesting.parser": ("La requête emboîte trop d’expressions.", "Écrivez-la plus à plat."),
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
    "reconciliation": ("{reason}", ""),
    "not-found": ("Il n’y a rien à cette adresse.", "Vérifiez-la, ou partez de l’accueil."),
    "read-only": ("Cette adresse ne se lit que par GET.", "Suivez un lien, ou partez de l’accueil."),
    "method.page": ("Cette adresse ne se lit que par GET.", "Suivez un lien, ou partez de l’accueil."),
    "http": ("La faute est de notre côté.", "Essayez de nouveau ; si cela dure, écrivez-nous."),
}
"""The words of a problem by its name, or by its code where they are the same for all names of the code."""

_HEADINGS = {
    404: ("Page introuvable", "Not found"),
    405: ("Méthode impossible", "Method not allowed"),
    500: ("Le service a échoué", "The service failed"),
}
"""The headings of error pages by status."""

_REFUSED = ("Requête refusée", "Request refused")


def explain(error: ProblemError, language: Language) -> tuple[str, str]:
    """Return what is in the way and what to change, in the language of a page."""
    texts = _FRENCH.get(error.name) or _FRENCH.get(error.code)
    if language == "en" or not texts:
        return error.detail, error.remedy
    what, remedy = (error.filled(typeset(text, "fr"), lambda value: number(value, "fr")) for text in texts)
    return what, remedy


def words(language: Language) -> dict[str, tuple[str, str]]:
    """Return the words of problems by name for a script of a page; none in English, which problem documents hold."""
    french = {name: (typeset(what, language), typeset(remedy, language)) for name, (what, remedy) in _FRENCH.items()}
    return french if language == "fr" else {}


def of_http_error(error: HTTPException) -> PageError:
    """Return the problem that an error of Flask or Werkzeug is."""
    status = error.code or 500
    if status == HTTPStatus.NOT_FOUND:
        return PageError("not-found", {"path": request.path})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = dict(error.get_headers()).get("Allow", "GET")
        is_write = request.method in {"PUT", "POST", "DELETE", "PATCH"}
        place = {"method": request.method, "path": request.path, "allowed": allowed}
        return PageError("read-only" if is_write else "method.page", place)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return PageError("http")
    problem = PageError("http.other", {"description": error.description or HTTPStatus(status).phrase})
    problem.status = status
    return problem


def respond(context: AppContext, error: ProblemError) -> Response:
    """Return the error page for a browser, or the problem document for a program."""
    return error_page(context, error) if wants_page(request.headers.get("Accept", "")) else problem_response(error)


def error_page(context: AppContext, error: ProblemError) -> Response:
    """Return the page that says what is in the way and what to do."""
    heading = _HEADINGS.get(error.status, _REFUSED)[request_language() == "en"]
    detail, remedy = explain(error, request_language())
    response = render_page(
        context, "shared/error.html", error.status, code=error.status, heading=heading, detail=detail, remedy=remedy
    )
    return with_retry_after(error, response)


def problem_response(error: ProblemError) -> Response:
    """Return the problem document (RFC 9457)."""
    body = json.dumps(error.document(), ensure_ascii=False)
    return with_retry_after(error, Response(body, error.status, content_type="application/problem+json"))


def with_retry_after(error: ProblemError | None, response: Response) -> Response:
    """Add the time after which to ask again, where the problem has one."""
    if error and "retry_after" in error.values:
        response.headers["Retry-After"] = str(error.values["retry_after"])
    return response
