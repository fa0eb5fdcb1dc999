"""What runs in an evaluator: one request after the other, each answered whole."""

from __future__ import annotations

import contextlib
import math
import resource
import socket

from kg.errors import KgError
from kg.evaluator import GRAPH_TYPES, RESULT_TYPES, RefusedError, Request, Stores, evaluate
from kg.pool import wire
from kg.pool.confine import allow_seconds

_PART = 262_144
"""Most bytes that are taken in at once; one request is sent at a time, so that nothing of another can be among them."""

_UNTOLD = 16_777_216
"""Bytes of growth that nobody needs to be told of."""

_PAGE = resource.getpagesize()


class Growth:
    """Tells how much memory the process has come to hold that it does not share with the keeper, at the most.

    Such memory is new, and then the peak of all memory rises, or it is a copy of a shared page, which
    costs a page fault each. Both are counted by the kernel anyway; to ask for the exact figure
    (smaps_rollup) takes longer than most queries where the store is large.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._peak, self._copied = _memory()

    def bytes(self) -> int:
        """What the process has grown by since this was made."""
        peak, copied = _memory()
        return max(peak - self._peak, copied - self._copied)


def _memory() -> tuple[int, int]:
    """The peak of the memory in use, and the bytes of pages that were taken or copied so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * 1024, usage.ru_minflt * _PAGE


def load_modules(stores: Stores) -> None:
    """Have each way of answering taken once in the keeper: an evaluator could not open the modules that it needs."""
    for media_type in RESULT_TYPES:
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2", results=media_type))
    for media_type in GRAPH_TYPES:
        evaluate(stores.whole, Request("CONSTRUCT { <a:s> <a:p> ?n } WHERE { BIND(RAND() AS ?n) }", graph=media_type))
    with contextlib.suppress(KgError):
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o"))


def serve(channel: socket.socket, stores: Stores, growth: Growth) -> None:
    """Say that requests can be sent, and answer them until the other side closes or this process has had enough.

    A query of its own comes first: else the first one from outside would pay for the pages of memory
    that a fork copies when it writes to them.
    """
    evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2"))
    channel.sendall(b"".join(wire.frame({}, b"")))
    while True:
        payload = _receive(channel)
        if payload is None:
            return
        head, body = _answer(stores, payload)
        grown = growth.bytes()
        if grown > growth.most:
            head["last"] = True
        elif grown > _UNTOLD:
            head["grown"] = grown
        before, body = wire.frame(head, body)
        if len(body) < 65_536:
            channel.sendall(before + body)
        else:
            channel.sendall(before)
            channel.sendall(body)
        if "last" in head:
            return


def _answer(stores: Stores, payload: bytes) -> tuple[wire.Head, bytes]:
    """The head and body of the answer to a request, of a refusal, or of the failure that is this process's last."""
    request, limits, seconds = wire.unpack_request(payload)
    allow_seconds(math.ceil(seconds))
    try:
        return wire.pack_answer(evaluate(stores.of_request(request), request, limits))
    except RefusedError as error:
        return wire.pack_refusal(error), b""
    except MemoryError:
        return {"failed": "memory", "last": True}, b""
    except BaseException as error:  # noqa: BLE001  a panic of the engine is no Exception
        return {"failed": type(error).__name__, "last": True}, b""


def _receive(channel: socket.socket) -> bytes | None:
    """The payload of the next request, most often in one part; None where the other side has closed."""
    received = bytearray()
    size = wire.ASKED.size
    while len(received) < size:
        part = channel.recv(_PART)
        if not part:
            return None
        received += part
        if len(received) >= wire.ASKED.size:
            size = wire.ASKED.size + wire.ASKED.unpack_from(received)[0]
    return bytes(memoryview(received)[wire.ASKED.size :])
