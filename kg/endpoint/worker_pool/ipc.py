"""The messages between the HTTP process and a worker.

A message is its lengths, then MessagePack, then the bytes of the answer.

Whatever a worker sends becomes data of the types below, never code or other objects (as a pickle could): the worker
has evaluated a query of a stranger.
"""

from __future__ import annotations

import struct

import msgspec

from kg.endpoint.evaluation import Answer, Limits, Request
from kg.endpoint.evaluation.answering import Kind
from kg.endpoint.problems import ProblemError, Value

REQUEST_PREFIX = struct.Struct("!I")
"""Before a request: its length in bytes."""

REPLY_PREFIX = struct.Struct("!IQ")
"""Before a reply: the lengths of its head and of its body in bytes."""

MAX_HEAD = 4_194_304
"""Most bytes of a reply's head, which may quote words of the query."""


class WorkerRequest(msgspec.Struct, frozen=True, array_like=True):
    """A request, the limits on its answer, and its CPU seconds."""

    request: Request
    limits: Limits
    seconds: float


class WorkerProblem(msgspec.Struct, frozen=True, array_like=True):
    """The parts of a ProblemError."""

    name: str
    words: dict[str, Value]
    values: dict[str, Value]


class ReplyHead(msgspec.Struct, omit_defaults=True):
    """The head of a reply: the kind of answer, or its problem.

    ``failed`` names the exception that ended the worker; ``last`` means that it exits after this reply. ``copied``
    is how many pages of memory it has taken or copied so far. ``grown`` is how many bytes of private memory it
    holds, 0 if too few to matter.
    """

    media_type: str = ""
    kind: Kind = "rows"
    problem: WorkerProblem | None = None
    failed: str = ""
    last: bool = False
    copied: int = 0
    grown: int = 0

    @classmethod
    def of_answer(cls, answer: Answer) -> ReplyHead:
        """Return the head before the body of an answer."""
        return cls(answer.media_type, answer.kind)

    @classmethod
    def of_problem(cls, error: ProblemError) -> ReplyHead:
        """Return the head that carries a problem."""
        return cls(problem=WorkerProblem(error.name, error.words, error.values))

    def answer(self, body: bytes) -> Answer:
        """Return the answer with this head and the body.

        Errors: ProblemError if the head carries one.
        """
        if self.problem:
            raise ProblemError(self.problem.name, self.problem.words, **self.problem.values)
        return Answer(body, self.media_type, self.kind)


_ENCODER = msgspec.msgpack.Encoder()
_REQUEST_DECODER = msgspec.msgpack.Decoder(WorkerRequest)
_HEAD_DECODER = msgspec.msgpack.Decoder(ReplyHead)


def pack_request(request: Request, limits: Limits, seconds: float) -> bytes:
    """Return the bytes of a request and its limits, with their prefix."""
    payload = _ENCODER.encode(WorkerRequest(request, limits, seconds))
    return REQUEST_PREFIX.pack(len(payload)) + payload


def unpack_request(payload: bytes | memoryview) -> WorkerRequest:
    """Return the request from the bytes after the prefix."""
    return _REQUEST_DECODER.decode(payload)


def pack_head(head: ReplyHead, size: int) -> bytes:
    """Return what is sent before a body of ``size`` bytes."""
    packed = _ENCODER.encode(head)
    return REPLY_PREFIX.pack(len(packed), size) + packed


def unpack_head(packed: bytes | memoryview) -> ReplyHead:
    """Return the head from its bytes.

    Errors: msgspec.MsgspecError if they are no such head.
    """
    return _HEAD_DECODER.decode(packed)
