"""Queries to other SPARQL endpoints."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from kg.model.errors import RemoteError
from kg.model.messages import N_, worded
from kg.remote.http_client import HttpClient, describe_reply

LONGEST_ADDRESS = 2000
"""Longest encoded query that is sent with GET; longer ones are posted as a form."""

TIMEOUT = 60
"""Seconds to wait for the other server."""

ROWS = ("application/sparql-results", "text/csv", "text/tab-separated-values")
"""How the media types of rows begin; the others are those of graphs."""

_PROLOGUE = re.compile(r"(?:\s|#[^\n\r]*|BASE\s*<[^>]*>|PREFIX\s*[^\s:]*\s*:\s*<[^>]*>)*", re.IGNORECASE)
_KEYWORD = re.compile(r"[A-Z]*", re.IGNORECASE)
_UPDATES = frozenset(["INSERT", "DELETE", "CREATE", "CLEAR", "DROP", "LOAD", "COPY", "MOVE", "ADD", "WITH"])

_OTHER_ADVICE = N_("Try a smaller query, or later.")
_ADVICE = {
    400: N_("Correct the query."),
    401: N_("This endpoint asks for a password; kg sends none."),
    403: N_("This endpoint does not answer such a query to you."),
    404: N_("Give the address of its SPARQL endpoint."),
    406: N_("Ask for another format."),
    503: N_("Try again in a minute."),
    504: N_("Ask for less, or try again later."),
}


def query_remote(url: str, text: str, accept: str, timeout: int = TIMEOUT) -> tuple[bytes, str]:
    """Return an endpoint's answer and its media type without parameters.

    ``accept`` is an Accept header: the media types that the caller can read. Redirects are followed.

    Errors: RemoteError where the endpoint cannot be reached or does not answer the query.
    """
    form = query_form(text)
    if form in _UPDATES:
        raise RemoteError("The query is an update, which is not sent. Write a SELECT, ASK, CONSTRUCT or DESCRIBE.")
    client = HttpClient(url, None, timeout, follows_redirects=True, slow_advice=N_("ask for less, or try again later."))
    parameters = urlencode({"query": text})
    headers = {"Accept": _ordered(accept, form)}
    if len(parameters) > LONGEST_ADDRESS:
        reply = client.send("POST", "", parameters.encode(), "application/x-www-form-urlencoded", headers)
    else:
        reply = client.send("GET", parameters, headers=headers)
    if not reply.ok:
        advice = worded(_ADVICE.get(reply.status, _OTHER_ADVICE))
        raise RemoteError(f"{url}: {describe_reply(reply.status, reply.body)}\n{advice}")
    if reply.media_type == "text/html" and "html" not in accept:
        raise RemoteError(
            "{url}: answered with a page, not with data. Give the address of its SPARQL endpoint.", url=url
        )
    return reply.body, reply.media_type


def query_form(text: str) -> str:
    """Return the keyword after the prologue, in capitals, or ""."""
    prologue = _PROLOGUE.match(text)
    keyword = _KEYWORD.match(text, prologue.end() if prologue else 0)
    return keyword[0].upper() if keyword else ""


def _ordered(accept: str, form: str) -> str:
    """Return the media types with those of the query's form first.

    Virtuoso gives a graph as CSV where CSV comes first.
    """
    is_graph = form in {"CONSTRUCT", "DESCRIBE"}
    return ", ".join(sorted(accept.split(", "), key=lambda media_type: media_type.startswith(ROWS) == is_graph))
