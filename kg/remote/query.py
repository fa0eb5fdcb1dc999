"""Puts queries to other SPARQL endpoints, with SPARQLWrapper."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import quote_plus

from kg.model.errors import RemoteError
from kg.remote.remote_messages import answered, unreachable, web_address

if TYPE_CHECKING:
    from SPARQLWrapper import SPARQLWrapper

LONGEST_ADDRESS = 2000
"""Longest encoded query that is sent with GET; longer ones are posted as a form."""

TIMEOUT = 60
"""Seconds to wait for the other server."""

ROWS = ("application/sparql-results", "text/csv", "text/tab-separated-values")
"""How the media types of rows begin; the others are those of graphs."""


def query_remote(url: str, text: str, accept: str, timeout: int = TIMEOUT) -> tuple[bytes, str]:
    """The answer of the endpoint to the query, and its media type without parameters.

    ``accept`` is an Accept header: the media types that the caller can read.

    Errors: RemoteError where the endpoint cannot be reached or does not answer the query.
    """
    wrapper = _wrapper(url, text, accept, timeout)
    try:
        response = wrapper.query().response
        body: bytes = response.read()
    except HTTPError as error:
        raise _refused(url, error.code, error.read()) from None
    except TimeoutError:
        raise unreachable(url, f"no answer within {timeout} seconds") from None
    except OSError as error:
        raise unreachable(url, str(getattr(error, "reason", error))) from None
    except _wrapper_errors() as error:
        code = error.__context__.code if isinstance(error.__context__, HTTPError) else 0
        raise _refused(url, code, _body_of(error)) from None
    media_type = response.headers.get_content_type()
    if media_type == "text/html" and "html" not in accept:
        raise RemoteError(f"{url}: answered with a page, not with data. Give the address of its SPARQL endpoint.")
    return body, media_type


def _wrapper(url: str, text: str, accept: str, timeout: int) -> SPARQLWrapper:
    """The request, ready to be sent."""
    # It imports rdflib, which takes longer than most queries.
    from SPARQLWrapper import POST, SPARQLWrapper

    wrapper = SPARQLWrapper(web_address(url))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is no query is for the endpoint to say
        wrapper.setQuery(text)
    if wrapper.isSparqlUpdateRequest():
        raise RemoteError("The query is an update, which is not sent. Write a SELECT, ASK, CONSTRUCT or DESCRIBE.")
    wrapper.setOnlyConneg(True)
    wrapper.addCustomHttpHeader("Accept", _ordered(accept, wrapper.queryType))
    wrapper.setTimeout(timeout)
    if len(quote_plus(text)) > LONGEST_ADDRESS:
        wrapper.setMethod(POST)
    return wrapper


def _ordered(accept: str, form: str | None) -> str:
    """The media types with those of the query's form first: Virtuoso gives a graph as CSV where CSV comes first."""
    is_graph = form in {"CONSTRUCT", "DESCRIBE"}
    return ", ".join(sorted(accept.split(", "), key=lambda one: one.startswith(ROWS) == is_graph))


def _wrapper_errors() -> type[Exception]:
    """The base of SPARQLWrapper's own errors."""
    from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

    return SPARQLWrapperException


def _body_of(error: Exception) -> bytes:
    """The body of the response that an error of SPARQLWrapper quotes in its message."""
    _, _, quoted = str(error).partition("Response:\n")
    try:
        body = ast.literal_eval(quoted)
    except (SyntaxError, ValueError):
        return b""
    return body if isinstance(body, bytes) else b""


def _refused(url: str, code: int, body: bytes) -> RemoteError:
    """The error of an endpoint that answered without answering: what it said, and what to do."""
    todo = {
        400: "Correct the query.",
        401: "This endpoint asks for a password; kg sends none.",
        403: "This endpoint does not answer such a query to you.",
        404: "Give the address of its SPARQL endpoint.",
        406: "Ask for another format.",
        503: "Try again in a minute.",
        504: "Ask for less, or try again later.",
    }.get(code, "Try a smaller query, or later.")
    return RemoteError(f"{url}: {answered(code, body)}\n{todo}")
