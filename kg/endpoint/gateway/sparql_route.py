"""``/sparql``: the cache, ETags and codings around the evaluation of a query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from kg.endpoint.evaluation import Answer, Request, federated, is_repeatable
from kg.endpoint.gateway.client_limits import RequestHead, Scope
from kg.endpoint.gateway.monitoring import LogEntry
from kg.endpoint.gateway.response_cache import Kept, ResponseCache
from kg.endpoint.gateway.responses import (
    COMMON_HEADERS,
    SMALLEST_CODED,
    WholeResponse,
    coding_of,
    encode,
    is_held,
    make_etag,
)
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import PAGE, ProtocolRequest, as_data, content_type, parse_request
from kg.endpoint.worker_pool.pool import Outcome

PATHS = frozenset(["/sparql", "/en/sparql"])

MAX_SHOWN = 8_192
"""Longest query in characters that is rewritten to run elsewhere: the rewriting keeps all others waiting."""

_MEMORABLE = 4_096
"""Most bytes of a request that is not parsed again when it comes again."""

_PAGE_QUERY = "kg.page_query"

Evaluate = Callable[[Request], Awaitable[Outcome]]


class ParsedQuery(NamedTuple):
    """A query as it was sent, and what its response depends on."""

    request: Request
    data: Request
    """The request for data, without its time limit, which changes no answer: the key of its answer."""
    is_page: bool
    """Whether some kind of answer is to be shown as a page."""
    is_repeatable: bool
    has_etag: bool
    accept: str
    coding: str


class PageQuery(NamedTuple):
    """A query whose answer or problem a page is to show.

    One that could not be read has no request.
    """

    request: Request | None
    answer: Answer | None = None
    problem: ProblemError | None = None
    release: str = ""

    def put_into(self, scope: Scope) -> Scope:
        """Return the scope of the request with this in it."""
        return {**scope, _PAGE_QUERY: self}

    @staticmethod
    def of(environ: Mapping[str, Any]) -> PageQuery | None:
        """Return what came with a request, from its WSGI environment."""
        found: PageQuery | None = environ.get("asgi.scope", {}).get(_PAGE_QUERY)
        return found


@dataclass
class SparqlEndpoint:
    """Answers queries; ``release`` tells which release they are answered from now.

    A ``base`` resolves relative IRIs of queries: the address of the endpoint. ``tagged`` says whether the
    release is the same data whenever it is loaded, so that answers have ETags. ``source`` tells the public
    address of a release, which answers name; "" where it has none.
    """

    evaluate: Evaluate
    release: Callable[[], str]
    base: str
    tagged: bool = True
    source: Callable[[str], str] = lambda _: ""
    cache: ResponseCache = field(default_factory=ResponseCache)

    def read(self, method: str, query_string: bytes, head: RequestHead, body: bytes) -> ParsedQuery:
        """Return the query of a request.

        Errors: ProblemError where it is not one of the protocol's query operation.
        """
        # A request that comes again most often comes in the same bytes, and reading it takes longer than the rest.
        is_memorable = len(query_string) + len(body) <= _MEMORABLE
        read = _read_query if is_memorable else _read_query.__wrapped__
        return read(method, query_string, head.content_type, head.accept, head.accept_encoding, body, self.base)

    def known(self, query: ParsedQuery, if_none_match: str, entry: LogEntry) -> WholeResponse | None:
        """Return the response to a query if it is at hand."""
        entry.query = query.request.query
        release = self.release()
        kept = self.cache.peek(release, query.data) if query.is_repeatable and not query.is_page else None
        if kept:
            response = kept.responses.get(_variant(query, kept.outcome.answer))
            if response:
                self.cache.hits += 1
                entry.found, entry.lane, entry.release = "hit", kept.outcome.lane, kept.outcome.release
                return response.unless_held(if_none_match)
        elif if_none_match and query.has_etag and not query.is_page:
            etag = self._etag(release, query)
            if is_held(etag, if_none_match):
                return WholeResponse(304, self._headers(etag, release))
        return None

    async def respond(self, query: ParsedQuery, if_none_match: str, entry: LogEntry) -> WholeResponse | PageQuery:
        """Return the response to a query, or what a page shows."""
        try:
            outcome = await self._outcome(query, entry)
        except ProblemError as error:
            entry.refused = error.code
            self._add_federated(error, query.request)
            return PageQuery(query.request, problem=error) if query.is_page else WholeResponse.of_problem(error)
        answer = outcome.answer
        if (query.request.graph if answer.kind == "graph" else query.request.results) == PAGE:
            return PageQuery(query.request, answer, release=outcome.release)
        response = await self._response(query, outcome)
        if entry.found == "hit":  # most queries never come again, and coded responses take room
            self.cache.keep_response(outcome.release, query.data, _variant(query, answer), response)
        return response.unless_held(if_none_match)

    async def _outcome(self, query: ParsedQuery, entry: LogEntry) -> Outcome:
        """Return the outcome of a query, from the cache if possible."""
        request = query.request if not query.is_page else as_data(query.request)
        if not query.is_repeatable:
            entry.found = "not cachable"
            outcome = await self.evaluate(request)
        elif kept := self._kept(query, entry):
            outcome = kept.outcome
        else:
            outcome = await self.cache.evaluate(
                self.release(),
                query.data,
                lambda: self.evaluate(request),
                patience=request.seconds,
                tell=entry.note_found,
            )
        entry.lane, entry.release = outcome.lane, outcome.release
        return outcome

    def _kept(self, query: ParsedQuery, entry: LogEntry) -> Kept | None:
        """Return what the cache has of a query.

        Errors: ProblemError where the query has reached a limit before.
        """
        try:
            kept = self.cache.get(self.release(), query.data, query.request.seconds)
        except ProblemError:
            entry.note_found("hit")
            raise
        if kept:
            entry.note_found("hit")
        return kept

    async def _response(self, query: ParsedQuery, outcome: Outcome) -> WholeResponse:
        """Return the answer as a response in the client's coding."""
        etag = self._etag(outcome.release, query) if query.has_etag else ""
        headers = self._headers(etag, outcome.release)
        headers["Content-Type"] = content_type(outcome.answer.media_type, query.accept)
        body = outcome.answer.body
        if query.coding and len(body) >= SMALLEST_CODED:
            body = await encode(body, query.coding)
            headers["Content-Encoding"] = query.coding
        return WholeResponse(200, headers, body)

    def _headers(self, etag: str, release: str) -> dict[str, str]:
        headers = {**COMMON_HEADERS, "Vary": "Accept, Accept-Encoding", "Cache-Control": "public, no-cache"}
        if source := self.source(release):
            headers["Link"] = f'<{source}>; rel="via"'
        return headers | ({"ETag": f'"{etag}"'} if etag else {"Cache-Control": "no-store"})

    def _etag(self, release: str, query: ParsedQuery) -> str:
        """Return the ETag of an answer, known before its evaluation."""
        asked = query.request
        types = [content_type(name, query.accept) for name in (asked.results, asked.graph) if name]
        data = [asked.query, asked.default_graphs, asked.named_graphs, asked.base]
        return make_etag(release if self.tagged else "", "/sparql", *data, *types, query.coding)

    def _add_federated(self, error: ProblemError, request: Request) -> None:
        """Add the query as the client may run it itself."""
        if error.code == "service" and len(request.query) <= MAX_SHOWN:
            query = federated(request.query, self.base)
            error.values |= {"federated": query} if query else {}


def _variant(query: ParsedQuery, answer: Answer) -> tuple[str, str, bool]:
    """Return what the response depends on besides the answer."""
    return content_type(answer.media_type, query.accept), query.coding, query.has_etag


@lru_cache(512)
def _read_query(
    method: str, query_string: bytes, body_type: str, accept: str, accept_encoding: str, body: bytes, base: str
) -> ParsedQuery:
    """Return the query in the bytes of a request.

    Errors: ProblemError where it is not one of the protocol's query operation.
    """
    request = parse_request(ProtocolRequest(method, query_string, body_type, accept, body), base=base)
    is_page = PAGE in {request.results, request.graph}
    is_cachable = is_repeatable(request.query)
    data = as_data(request) if is_page else request
    return ParsedQuery(
        request=request,
        data=data if data.seconds is None else replace(data, seconds=None),
        is_page=is_page,
        is_repeatable=is_cachable,
        has_etag=is_cachable and method != "POST",
        accept=accept,
        coding=coding_of(accept_encoding),
    )
