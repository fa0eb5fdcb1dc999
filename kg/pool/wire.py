"""How requests and answers travel between the HTTP process and an evaluator: length-prefixed JSON, then bytes.

Nothing that an evaluator sends is ever more than data to the HTTP process (no pickles).
"""

from __future__ import annotations

import json
import struct
from typing import Any

from kg.evaluator import Answer, Limits, RefusedError, Request

ASKED = struct.Struct("!I")
"""Before a request: how many bytes it has."""

ANSWERED = struct.Struct("!IQ")
"""Before an answer: how many bytes its head and its body have."""

MAX_HEAD = 4_194_304
"""Most bytes of a head, which may quote words of the query."""

Head = dict[str, Any]


def pack_request(request: Request, limits: Limits, seconds: float) -> bytes:
    """The bytes of a request and of the limits on its answer."""
    payload = json.dumps([vars(request), vars(limits), seconds]).encode()
    return ASKED.pack(len(payload)) + payload


def unpack_request(payload: bytes) -> tuple[Request, Limits, float]:
    """The request, its limits and its seconds from the bytes after the prefix."""
    request, limits, seconds = json.loads(payload)
    for name in ("default_graphs", "named_graphs"):
        request[name] = tuple(request[name])
    return Request(**request), Limits(**limits), seconds


def pack_answer(answer: Answer) -> tuple[Head, bytes]:
    """The head and the body of an answer."""
    return {"media_type": answer.media_type, "kind": answer.kind}, answer.body


def pack_refusal(error: RefusedError) -> Head:
    """The head that stands for a refusal."""
    return {"refused": [error.code, error.detail, error.remedy, error.values]}


def frame(head: Head, body: bytes) -> tuple[bytes, bytes]:
    """What is sent for a head and a body: what goes before the body, and the body."""
    packed = json.dumps(head).encode()
    return ANSWERED.pack(len(packed), len(body)) + packed, body


def unpack_answer(head: Head, body: bytes) -> Answer:
    """The answer that a head and a body stand for.

    Errors: RefusedError where they stand for a refusal.
    """
    if "refused" in head:
        code, detail, remedy, values = head["refused"]
        raise RefusedError(code, detail, remedy, **values)
    return Answer(body, head["media_type"], head["kind"])
