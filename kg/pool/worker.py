"""What runs in an evaluator: one request after the other, each answered whole."""

from __future__ import annotations

import contextlib
import math
import resource
import socket

from pyoxigraph import Store

from kg.errors import KgError
from kg.evaluator import GRAPH_TYPES, RESULT_TYPES, RefusedError, Request, evaluate
from kg.pool import wire
from kg.pool.confine import allow_seconds

_PAGE = resource.getpagesize()


class Growth:
    """Tells whether the process has come to hold much memory that it does not share with the keeper.

    Such memory is new, and then the peak of all memory rises, or it is a copy of a shared page, which
    costs a page fault each. Both are counted by the kernel anyway; to ask for the exact figure
    (smaps_rollup) takes longer than most queries where the store is large.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._peak, self._copied = _memory()

    def is_over(self) -> bool:
        """Whether the process has grown too much since this was made."""
        peak, copied = _memory()
        return peak - self._peak > self._most or copied - self._copied > self._most


def _memory() -> tuple[int, int]:
    """The peak of the memory in use, and the bytes of pages that were taken or copied so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * 1024, usage.ru_minflt * _PAGE


def load_modules(store: Store) -> None:
    """Have each way of answering taken once in the keeper: an evaluator could not open the modules that it needs."""
    for media_type in RESULT_TYPES:
        evaluate(store, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2", results=media_type))
    for media_type in GRAPH_TYPES:
        evaluate(store, Request("CONSTRUCT { <a:s> <a:p> ?n } WHERE { BIND(RAND() AS ?n) }", graph=media_type))
    with contextlib.suppress(KgError):
        evaluate(store, Request("SELECT * WHERE { ?s ?p ?o"))


def serve(channel: socket.socket, store: Store, growth: Growth) -> None:
    """Say that requests can be sent, and answer them until the other side closes or this process has had enough.

    A query of its own comes first: else the first one from outside would pay for the pages of memory
    that a fork copies when it writes to them.
    """
    evaluate(store, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2"))
    channel.sendall(b"".join(wire.frame({}, b"")))
    while True:
        size = _receive(channel, wire.ASKED.size)
        if size is None:
            return
        payload = _receive(channel, wire.ASKED.unpack(size)[0])
        if payload is None:
            return
        head, body = _answer(store, payload)
        if growth.is_over():
            head["last"] = True
        before, body = wire.frame(head, body)
        if len(body) < 65_536:
            channel.sendall(before + body)
        else:
            channel.sendall(before)
            channel.sendall(body)
        if "last" in head:
            return


def _answer(store: Store, payload: bytes) -> tuple[wire.Head, bytes]:
    """The head and body of the answer to a request, of a refusal, or of the failure that is this process's last."""
    request, limits, seconds = wire.unpack_request(payload)
    allow_seconds(math.ceil(seconds))
    try:
        return wire.pack_answer(evaluate(store, request, limits))
    except RefusedError as error:
        return wire.pack_refusal(error), b""
    except MemoryError:
        return {"failed": "memory", "last": True}, b""
    except BaseException as error:  # noqa: BLE001  a panic of the engine is no Exception
        return {"failed": type(error).__name__, "last": True}, b""


def _receive(channel: socket.socket, size: int) -> bytes | None:
    """So many bytes; None where the other side has closed."""
    received = bytearray()
    while len(received) < size:
        part = channel.recv(min(size - len(received), 1_048_576))
        if not part:
            return None
        received += part
    return bytes(received)
