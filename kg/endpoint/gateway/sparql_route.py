"""``/sparql`` for programs: the cache, ETags and codings around the evaluation of a query."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace
from werkzeug.http import parse_etags

from kg import __version__
from kg.endpoint.evaluation import Answer, Request, federated, is_repeatable
from kg.endpoint.gateway.compression import SMALLEST, coding_of, encode
from kg.endpoint.gateway.metrics import LogEntry
from kg.endpoint.gateway.request_limits import Scope
from kg.endpoint.gateway.response_cache import MAX_BYTES, Kept, Response, request_of
from kg.endpoint.gateway.segmented_lru import SegmentedLRU
from kg.endpoint.gateway.single_flight import SingleFlight
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import PAGE, ProtocolRequest, as_data, content_type, parse_request
from kg.endpoint.worker_pool.pool import Outcome

PATHS = frozenset(["/sparql", "/en/sparql"])

COMMON_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Language, Link, Retry-After",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""What every response says: anyone may read it, and no browser may take it for something else."""

GIVEN: ContextVar[Answer | ProblemError | None] = ContextVar("GIVEN", default=None)
"""The outcome of the query of a request, where the edge has evaluated it and a page is to show it."""

MAX_SHOWN = 8_192
"""Longest query in characters that is shown as the client may run it: reading it keeps all others waiting."""

GIVEN_RELEASE: ContextVar[str] = ContextVar("GIVEN_RELEASE", default="")
"""The release that the answer in GIVEN comes from."""

_OF_304 = frozenset([*COMMON_HEADERS, "Vary", "Cache-Control", "Link", "ETag"])
"""What a response says again to one who has it (RFC 9110, section 15.4.5)."""

Evaluate = Callable[[Request], Awaitable[Outcome]]


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
    cache: SingleFlight = field(default_factory=SingleFlight)
    ready: SegmentedLRU[Kept] = field(default_factory=lambda: SegmentedLRU(MAX_BYTES))

    def known(self, scope: Scope, entry: LogEntry) -> Response | None:
        """The response to a request that came before in the same bytes; None where it is to be made."""
        request = request_of(scope, self.release())
        kept = self.ready.get(request) if request else None
        if kept is None:
            return None
        self.cache.hits += 1
        kept.note(entry)
        return self._unless_held(scope, kept.response)

    def _unless_held(self, scope: Scope, response: Response) -> Response:
        """The response, or 304 for a client that has it already."""
        held = [value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"]
        tag = response.headers.get("ETag", "").strip('"')
        if held and tag and parse_etags(", ".join(held)).contains_weak(tag):
            return Response(304, {name: value for name, value in response.headers.items() if name in _OF_304})
        return response

    def forget(self) -> None:
        """Forget all answers, as after a new release."""
        self.cache.clear()
        self.ready.clear()

    async def respond(self, scope: Scope, body: bytes, entry: LogEntry) -> Response | None:
        """The response to a request; None where it is for the pages, with GIVEN set if they are to show an answer."""
        headers = headers_of(scope)
        accept = headers.get("accept", "")
        received = ProtocolRequest(
            scope["method"], scope["query_string"], headers.get("content-type", ""), accept, body
        )
        try:
            asked = parse_request(received, base=self.base)
        except ProblemError:
            return None  # whoever sent no query at all gets the form or the description, others a refusal
        entry.query = asked.query
        for_page = PAGE in {asked.results, asked.graph}
        coding = coding_of(headers.get("accept-encoding", ""))
        is_cachable = is_repeatable(asked.query)
        held = headers.get("if-none-match", "")
        if held and is_cachable and not for_page and scope["method"] != "POST":
            tag = self._tag(self.release(), asked, accept, coding)
            if tag and parse_etags(held).contains_weak(tag):
                return Response(304, self._headers(tag, self.release()))
        try:
            outcome = await self._outcome(as_data(asked) if for_page else asked, is_cachable, entry)
        except ProblemError as error:
            entry.refused = error.code
            if for_page:
                GIVEN.set(error)
                return None
            return problem_response(error, self._federated(error, asked))
        if for_page:
            GIVEN.set(outcome.answer)
            GIVEN_RELEASE.set(outcome.release)
            return None
        response = await self._whole(scope, asked, outcome, accept, coding, is_cachable)
        request = request_of(scope, outcome.release) if entry.found == "hit" else None  # it may come a third time
        if request:
            kept = Kept(response, asked.query, outcome.lane, outcome.release)
            self.ready.keep(request, kept, kept.size)
        return response

    async def _outcome(self, asked: Request, is_cachable: bool, entry: LogEntry) -> Outcome:
        """The outcome of a query, from the cache where it may come from there."""
        if not is_cachable:
            entry.found = "not cachable"
            outcome = await self.evaluate(asked)
        else:
            # A shorter limit of time changes no answer.
            question = asked if asked.seconds is None else replace(asked, seconds=None)
            outcome = await self.cache.get(
                self.release(), question, lambda: self.evaluate(asked), patience=asked.seconds, told=entry.looked_up
            )
        entry.lane, entry.release = outcome.lane, outcome.release
        return outcome

    async def _whole(
        self, scope: Scope, asked: Request, outcome: Outcome, accept: str, coding: str, is_cachable: bool
    ) -> Response:
        """The answer with its headers, in the coding that the client takes."""
        answer = outcome.answer
        tag = ""
        if is_cachable and scope["method"] != "POST":
            tag = self._tag(outcome.release, asked, accept, coding)
        headers = self._headers(tag, outcome.release)
        headers["Content-Type"] = content_type(answer.media_type, accept)
        body = answer.body
        if coding and len(body) >= SMALLEST:
            body = await encode(body, coding)
            headers["Content-Encoding"] = coding
        return Response(200, headers, body)

    def _federated(self, error: ProblemError, asked: Request) -> dict[str, str]:
        """A query that calls another server, as the client may run it itself."""
        is_shown = error.code == "service" and len(asked.query) <= MAX_SHOWN
        query = federated(asked.query, self.base) if is_shown else ""
        return {"federated": query} if query else {}

    def _headers(self, tag: str, release: str) -> dict[str, str]:
        headers = {**COMMON_HEADERS, "Vary": "Accept, Accept-Encoding", "Cache-Control": "public, no-cache"}
        if source := self.source(release):
            headers["Link"] = f'<{source}>; rel="via"'
        return headers | ({"ETag": f'"{tag}"'} if tag else {"Cache-Control": "no-store"})

    def _tag(self, release: str, asked: Request, accept: str, coding: str) -> str:
        """The ETag of an answer (DESIGN section 6); empty where nothing names the data."""
        if not self.tagged:
            return ""
        types = [content_type(each, accept) for each in (asked.results, asked.graph) if each]
        data = [asked.query, asked.default_graphs, asked.named_graphs, asked.base]
        parts = [release, __version__, "/sparql", *data, *types, coding]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request by name in small letters; repeated ones joined by commas (RFC 9110, section 5.2)."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def problem_response(error: ProblemError, more: Mapping[str, str] | None = None) -> Response:
    """The problem document of a refusal (RFC 9457), with more members where there are some."""
    document = {**error.document(), **(more or {})}
    headers = {
        **COMMON_HEADERS,
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    if "retry_after" in error.values:
        headers["Retry-After"] = str(error.values["retry_after"])
    return Response(error.status, headers, json.dumps(document, ensure_ascii=False).encode())
