"""A client of one SPARQL server, for queries and pushes.

It answers a server that asks for a password by Basic (RFC 7617) or Digest (RFC 7616). Redirects are followed only when
that is asked for: neither a password nor a graph goes to an address that nobody gave. urllib's own handlers of
passwords are not used: they do not know SHA-256, and send each body once in vain before they answer a challenge.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from ssl import SSLEOFError
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import (
    BaseHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    parse_http_list,
    parse_keqv_list,
)

from kg import __version__
from kg.model.errors import RemoteError
from kg.model.messages import N_, worded

LONGEST = 65_536
"""Bytes of an answer that are read where it is not wanted whole; what servers say of a request is shorter."""

DROPPED = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, IncompleteRead, SSLEOFError)
"""What a connection that breaks off raises."""

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
"""The algorithms of Digest; MD5 is what stores still ask for."""

_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)\s+", re.IGNORECASE)
_PREFORMATTED = re.compile(r"<(xmp|pre)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""The characters that a terminal would obey."""


@dataclass(frozen=True)
class Credentials:
    """A user and the password, which no message and no representation shows."""

    user: str
    password: str = field(repr=False)


@dataclass
class Challenge:
    """A server's demand for a password."""

    scheme: str
    parameters: Mapping[str, str]
    uses: int = 0
    """How often it was answered, which Digest counts."""

    def answer(self, credentials: Credentials, method: str, target: str) -> str:
        """Return the Authorization header for a request.

        ``target`` is the path with its parameters.
        """
        self.uses += 1
        if self.scheme == "basic":
            value = "Basic " + b64encode(f"{credentials.user}:{credentials.password}".encode()).decode("ascii")
        else:
            value = self._digest(credentials, method, target, secrets.token_hex(8))
        return value.encode().decode("latin-1")  # http.client writes headers in Latin-1: so UTF-8 passes as it is

    def _digest(self, credentials: Credentials, method: str, target: str, client_nonce: str) -> str:
        realm, nonce = self.parameters.get("realm", ""), self.parameters.get("nonce", "")
        algorithm = self.parameters.get("algorithm", "MD5")

        def digest(*parts: str) -> str:
            return _HASHES[algorithm.upper()](":".join(parts).encode()).hexdigest()

        user = re.sub(r'(["\\])', r"\\\1", credentials.user)
        fields = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{target}"']
        fields += [f"algorithm={algorithm}"] if "algorithm" in self.parameters else []
        fields += [f'opaque="{self.parameters["opaque"]}"'] if "opaque" in self.parameters else []
        secret = digest(credentials.user, realm, credentials.password)
        middle = [nonce]
        if "qop" in self.parameters:
            count = f"{self.uses:08x}"
            middle += [count, client_nonce, "auth"]
            fields += ["qop=auth", f"nc={count}", f'cnonce="{client_nonce}"']
        response = digest(secret, *middle, digest(method, target))
        return "Digest " + ", ".join([*fields, f'response="{response}"'])


def choose_challenge(headers: Sequence[str]) -> Challenge | None:
    """Return the challenge to answer among WWW-Authenticate headers: Digest before Basic.

    None where there is none that can be answered.
    """
    challenges: dict[str, Challenge] = {}
    for header in headers:
        pieces = _SCHEME.split(header)[1:]
        for scheme, rest in zip(map(str.lower, pieces[::2]), pieces[1::2], strict=True):
            parameters = parse_keqv_list([item for item in parse_http_list(rest) if "=" in item])
            if scheme == "basic" or _can_answer(parameters):
                challenges.setdefault(scheme, Challenge(scheme, parameters))
    return challenges.get("digest") or challenges.get("basic")


def _can_answer(parameters: Mapping[str, str]) -> bool:
    """Return whether a Digest challenge can be answered.

    Its algorithm and quality have to be known here.
    """
    qualities = [quality.strip() for quality in parameters.get("qop", "auth").split(",")]
    return parameters.get("algorithm", "MD5").upper() in _HASHES and "auth" in qualities


@dataclass(frozen=True)
class Reply:
    """The answer of a server."""

    status: int
    body: bytes = b""
    media_type: str = ""
    """Without parameters."""
    location: str = ""
    challenges: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the server says that it did what was asked."""
        return 200 <= self.status < 300


class HttpClient:
    """A client of one address, which remembers the server's challenge.

    ``follows_redirects`` also has it read each answer whole; otherwise LONGEST bytes of it are read.
    ``slow_advice`` is what to do after a timeout, in words.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        timeout: float = 300,
        *,
        follows_redirects: bool = False,
        slow_advice: str = N_("it may still be at work. Look there before you push again, with a longer --timeout."),
    ) -> None:
        self.url = web_address(url)
        self.credentials = credentials
        self.timeout = timeout
        self._slow_advice = slow_advice
        self._reads_whole = follows_redirects
        self._challenge: Challenge | None = None
        self._opener = OpenerDirector()
        self._opener.addheaders = [("User-Agent", f"social-response-kg/{__version__}"), ("Accept", "*/*")]
        handlers: list[BaseHandler] = [ProxyHandler(), _Handler(), _SecureHandler()]
        if follows_redirects:
            handlers += [HTTPErrorProcessor(), HTTPDefaultErrorHandler(), _WebRedirects()]
        for handler in handlers:
            self._opener.add_handler(handler)

    def send(
        self,
        method: str,
        parameters: str = "",
        body: bytes | None = None,
        media_type: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request, again where the connection breaks, and return the answer.

        ``parameters`` is what follows the question mark of the address, percent-encoded.

        Errors: RemoteError where the server cannot be reached or does not answer in time.
        """
        joint = "&" if "?" in self.url else "?"
        url = f"{self.url}{joint}{parameters}" if parameters else self.url
        sent_headers = {**(headers or {}), **({"Content-Type": media_type} if media_type else {})}

        def attempt() -> Reply:
            return self._authenticated(Request(url, body, sent_headers, method=method))  # noqa: S310  web_address saw to it

        try:
            try:
                return attempt()
            except (OSError, HTTPException) as error:
                if not isinstance(_reason(error), DROPPED):
                    raise
                return attempt()
        except (OSError, HTTPException) as error:
            raise self._failure(_reason(error)) from None

    def _authenticated(self, request: Request) -> Reply:
        """Send the request, and again with the password if asked for."""
        reply = self._exchange(request)
        if reply.status == 401 and self.credentials and (challenge := choose_challenge(reply.challenges)):
            self._challenge = challenge
            reply = self._exchange(request)
        return reply

    def _exchange(self, request: Request) -> Reply:
        # Known challenges are answered at once: a server that asks while a large graph is still being
        # sent closes the connection, and its question may be lost.
        if self._challenge and self.credentials:
            target = request.selector
            value = self._challenge.answer(self.credentials, request.get_method(), target)
            request.add_unredirected_header("Authorization", value)
        response: Any
        try:
            response = self._opener.open(request, timeout=self.timeout)
        except HTTPError as error:  # any status but success, where redirects are followed
            response = error
        with response:
            deadline = time.monotonic() + self.timeout
            body = response.read() if self._reads_whole else _read_beginning(response, deadline)
            challenges = tuple(response.headers.get_all("WWW-Authenticate", []))
            location = response.headers.get("Location", "")
            return Reply(response.status, body, response.headers.get_content_type(), location, challenges)

    def _failure(self, reason: object) -> RemoteError:
        if isinstance(reason, TimeoutError):
            return RemoteError(
                "{url}: no answer within {timeout} seconds; {slow_advice}",
                url=self.url,
                timeout=f"{self.timeout:g}",
                slow_advice=worded(self._slow_advice),
            )
        if isinstance(reason, DROPPED):
            return RemoteError(
                "{url}: closed the connection twice before it answered ({kind}). "
                "Try again later; look into the log of the server.",
                url=self.url,
                kind=type(reason).__name__,
            )
        words = str(reason) or type(reason).__name__
        return RemoteError(
            "{url}: cannot be reached: {words}. Check the address and the connection.", url=self.url, words=words
        )


def _reason(error: Exception) -> object:
    """Return what went wrong below urllib's own error."""
    return error.reason if isinstance(error, URLError) else error


def _read_beginning(response: HTTPResponse, deadline: float) -> bytes:
    """Read the beginning of a body.

    It reads LONGEST bytes, and no longer than until the deadline.
    """
    parts: list[bytes] = []
    size = 0
    while size < LONGEST and time.monotonic() < deadline and (part := response.read1(LONGEST - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


class _Connection(HTTPConnection):
    """A connection that reads the answer even when sending failed.

    Servers refuse a body that they have not read to its end, and close.
    """

    def send(self, data: Any) -> None:
        """Send data and ignore a broken pipe, which the answer explains."""
        if self.sock is None:
            self.connect()
        with suppress(BrokenPipeError, ConnectionResetError):
            super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS; the certificate is verified."""


class _Handler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Connection, req)


class _SecureHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_SecureConnection, req)


class _WebRedirects(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """Follow a redirect within the web."""
        if urlsplit(newurl).scheme not in {"http", "https"}:
            fp.close()
            raise URLError("it leads to an address that is not of the web")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def web_address(url: str) -> str:
    """Return the address without its fragment, percent-encoded where it has to be.

    Errors: RemoteError where it is no web address, or holds a password.
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_web = urlsplit(""), False
    if "@" in parts.netloc:
        raise RemoteError(
            "{scheme}://…@{hostname}: an address with a user in it is not used, for it stays in the shell’s history. "
            "Leave out what stands before the @.",
            scheme=parts.scheme,
            hostname=parts.hostname,
        )
    if not is_web:
        raise RemoteError("{url}: this is no web address. Give one that begins with http:// or https://.", url=url)
    return quote(url.partition("#")[0], safe="/:?[]@!$&'()*+,;=%~")


def describe_reply(code: int, body: bytes) -> str:
    """Return a server's status and words, for a message."""
    phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else ""
    detail = _detail(body)
    status = f"{code} {phrase}".rstrip()
    return (
        worded("answered {status}: {detail}", status=status, detail=detail)
        if detail
        else worded("answered {status}.", status=status)
    )


def without_control_characters(text: str) -> str:
    """Return text without the characters that a terminal would obey."""
    return _CONTROL.sub("", text)


def _detail(body: bytes) -> str:
    """Return the part of an error body that says what is wrong.

    That is a problem document's detail, a page's preformatted part, or a text's first paragraph.

    Stores repeat the request below that.
    """
    text = without_control_characters(body.decode("utf-8", "replace")).strip()
    try:
        document: Any = json.loads(text)
        if isinstance(document, dict) and isinstance(document.get("detail"), str):
            return without_control_characters(document["detail"])
    except (ValueError, RecursionError):
        pass
    if text.startswith("<"):
        match = _PREFORMATTED.search(text)
        text = unescape(match[2]).strip() if match else ""
    return text.partition("\n\n")[0][:500]
