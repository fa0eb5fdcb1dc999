"""Read the requests and responses of the suite.

Some are in the W3C's vocabulary of HTTP, some in prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .manifests import CNT, HT, MF, Entry, Manifest, Node

STATUS = "http://www.w3.org/2011/http-statusCodes#"
CODES = {"OK": {200}, "Created": {201}, "NoContent": {204}, "NotFound": {404}}
"""The status codes by their names; ``StatusCode4xx`` and its like stand for a hundred codes each."""


@dataclass(frozen=True)
class Message:
    """Headers, as they are written, and body of a message.

    The message is a request or a response.
    """

    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the value of a header, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Exchange:
    """A request and what its response must be.

    That is status, headers, and a body that means the same.
    """

    method: str
    target: str
    request: Message
    statuses: frozenset[int]
    response: Message = field(default_factory=Message)
    format: str = ""
    """The kind of format that the response must have: boolean, tabular, RDF, or any."""
    boolean: bool | None = None
    """The truth value that the response must hold; None where it need not hold one."""


def exchanges(entry: Entry) -> list[Exchange]:
    """Return the requests of a test in order of sending."""
    manifest = entry.manifest
    return [_exchange(manifest, node) for node in manifest.items(manifest.one(entry.action, HT + "requests"))]


def _exchange(manifest: Manifest, node: Node) -> Exchange:
    response = manifest.one(node, HT + "resp")
    names = [status.value.removeprefix(STATUS) for status in manifest.all(response, MF + "expectedStatus")]
    boolean = manifest.text(response, MF + "expectedBoolean")
    return Exchange(
        method=manifest.text(node, HT + "methodName"),
        target=manifest.text(node, HT + "absolutePath"),
        request=_message(manifest, node),
        statuses=frozenset(code for name in names for code in _codes(name)),
        response=_message(manifest, response),
        format=manifest.text(response, MF + "expectedFormat"),
        boolean=boolean == "true" if boolean else None,
    )


def _message(manifest: Manifest, node: Node) -> Message:
    nodes = manifest.items(manifest.one(node, HT + "headers"))
    text = manifest.text
    headers = tuple((text(header, HT + "fieldName"), text(header, HT + "fieldValue")) for header in nodes)
    body = manifest.one(node, HT + "body")
    if body is None:
        return Message(headers)
    return Message(headers, text(body, CNT + "chars").encode(text(body, CNT + "characterEncoding")))


def _codes(name: str) -> set[int]:
    if name.startswith("StatusCode"):
        hundred = 100 * int(name.removeprefix("StatusCode")[0])
        return set(range(hundred, hundred + 100))
    return CODES[name]


def exchange_in_prose(comment: str) -> Exchange:
    """Return request and response that a comment spells out.

    They stand under the headings Request and Response.
    """
    request, response = re.split(r"#### (?:Request|Response)\n", comment)[1:]
    (method, target, _), sent = _prose(request)
    (status, *_), expected = _prose(response)
    return Exchange(method, target, sent, frozenset({int(status)}), expected)


def _prose(text: str) -> tuple[list[str], Message]:
    """Return the words of the first line and the message.

    Headers and body stand below the first line, all indented by four spaces.
    """
    lines = [line.removeprefix("    ") for line in text.strip().splitlines()]
    blank = lines.index("") if "" in lines else len(lines)
    headers = tuple(tuple(line.split(": ", 1)) for line in lines[1:blank] if not line.startswith("Host:"))
    return lines[0].split(maxsplit=2), Message(headers, "\n".join(lines[blank + 1 :]).encode())
