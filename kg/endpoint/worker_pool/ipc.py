"""How requests and answers travel between the HTTP process and an evaluator: length-prefixed MessagePack, then bytes.

Nothing that an evaluator sends is ever more than data of the types below to the HTTP process (no pickles).
"""

from __future__ import annotations

import struct

import msgspec

from kg.endpoint.evaluation import Answer, Limits, Request
from kg.endpoint.evaluation.query_request import Kind
from kg.endpoint.problems import ProblemError, Value

ASKED = struct.Struct("!I")
"""Before a request: how many bytes it has."""

ANSWERED = struct.Struct("!IQ")
"""Before an answer: how many bytes its head and its body have."""

MAX_HEAD = 4_194_304
"""Most bytes of a head, which may quote words of the query."""


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A request, the limits on its answer, and the seconds of a processor that it may use."""

    request: Request
    limits: Limits
    seconds: float


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """What a ProblemError is made of."""

    name: str
    words: dict[str, Value]
    values: dict[str, Value]


class Head(msgspec.Struct, omit_defaults=True):
    """What goes before the body of an answer: its kind, or why there is none.

    ``failed`` is the name of what was this process's end, ``last`` says that it ends now. ``copied`` is how
    many pages of memory it has taken or copied so far, and ``grown`` how many bytes it holds of its own
    where somebody needs to know.
    """

    media_type: str = ""
    kind: Kind = "rows"
    refused: Refused | None = None
    failed: str = ""
    last: bool = False
    copied: int = 0
    grown: int = 0

    @classmethod
    def of_answer(cls, answer: Answer) -> Head:
        """The head before the body of an answer."""
        return cls(answer.media_type, answer.kind)

    @classmethod
    def of_refusal(cls, error: ProblemError) -> Head:
        """The head that stands for a refusal."""
        return cls(refused=Refused(error.name, error.words, error.values))

    def answer(self, body: bytes) -> Answer:
        """The answer with this head and the body.

        Errors: ProblemError where the head stands for a refusal.
        """
        if self.refused:
            refused = self.refused
            raise ProblemError(refused.name, refused.words, **refused.values)
        return Answer(body, self.media_type, self.kind)


_ENCODER = msgspec.msgpack.Encoder()
_ASKED = msgspec.msgpack.Decoder(Asked)
_HEAD = msgspec.msgpack.Decoder(Head)


def pack_request(request: Request, limits: Limits, seconds: float) -> bytes:
    """The bytes of a request and of the limits on its answer."""
    payload = _ENCODER.encode(Asked(request, limits, seconds))
    return ASKED.pack(len(payload)) + payload


def unpack_request(payload: bytes | memoryview) -> Asked:
    """The request and its limits from the bytes after the prefix."""
    return _ASKED.decode(payload)


def pack_head(head: Head, size: int) -> bytes:
    """What is sent before a body of so many bytes."""
    packed = _ENCODER.encode(head)
    return ANSWERED.pack(len(packed), size) + packed


def unpack_head(packed: bytes | memoryview) -> Head:
    """The head from its bytes.

    Errors: msgspec.MsgspecError where they are none.
    """
    return _HEAD.decode(packed)
