"""What runs in an evaluator: one request after the other, each answered whole."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import socket

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Request, Stores, evaluate
from kg.endpoint.problems import EndpointError, ProblemError
from kg.endpoint.worker_pool import ipc as wire
from kg.endpoint.worker_pool.sandbox import allow_seconds

_PART = 262_144
"""Most bytes that are taken in at once; one request is sent at a time, so that nothing of another can be among them."""

_UNTOLD = 16_777_216
"""Bytes of growth that nobody needs to be told of."""

_PAGE = resource.getpagesize()

_NICE = 5
"""How far an evaluator with a request gives way to the keeper and the HTTP process, which all others wait for."""


class Growth:
    """Tells how much memory the process has come to hold that it does not share with the keeper, at the most.

    Such memory is new, and then the peak of all memory rises, or it is a copy of a shared page, which
    costs a page fault each. Both are counted by the kernel anyway; to ask for the exact figure
    (smaps_rollup) takes longer than most queries where the store is large.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._peak, self._copied = _memory()

    def tell(self, head: wire.Head) -> None:
        """Note in the head of an answer what the process has grown by since this was made."""
        peak, head.copied = _memory()
        grown = max(peak - self._peak, (head.copied - self._copied) * _PAGE)
        if grown > self.most:
            head.last = True
        elif grown > _UNTOLD:
            head.grown = grown


def _memory() -> tuple[int, int]:
    """The peak of the memory in use, in bytes, and how many pages were taken or copied so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * 1024, usage.ru_minflt


def load_modules(stores: Stores) -> None:
    """Have each way of answering taken once in the keeper: an evaluator could not open the modules that it needs."""
    for media_type in RESULT_TYPES:
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2", results=media_type))
    for media_type in GRAPH_TYPES:
        evaluate(stores.whole, Request("CONSTRUCT { <a:s> <a:p> ?n } WHERE { BIND(RAND() AS ?n) }", graph=media_type))
    with contextlib.suppress(EndpointError):
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o"))


def serve(channel: socket.socket, stores: Stores, growth: Growth) -> None:
    """Say that requests can be sent, and answer them until the other side closes or this process has had enough.

    A query of its own comes first: else the first one from outside would pay for the pages of memory
    that a fork copies when it writes to them. Only then does the process give way to others: somebody may be
    waiting for it, and those it would wait for are the reason.
    """
    evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2"))
    os.nice(_NICE)
    greeting = wire.Head()
    growth.tell(greeting)
    channel.sendall(wire.pack_head(greeting, 0))
    while True:
        payload = _receive(channel)
        if payload is None:
            return
        head, body = _answer(stores, payload)
        growth.tell(head)
        before = wire.pack_head(head, len(body))
        if len(body) < 65_536:
            channel.sendall(before + body)
        else:
            channel.sendall(before)
            channel.sendall(body)
        if head.last:
            return


def _answer(stores: Stores, payload: memoryview) -> tuple[wire.Head, bytes]:
    """The head and body of the answer to a request, of a refusal, or of the failure that is this process's last."""
    asked = wire.unpack_request(payload)
    allow_seconds(math.ceil(asked.seconds))
    try:
        answer = evaluate(stores.of_request(asked.request), asked.request, asked.limits)
    except ProblemError as error:
        return wire.Head.of_refusal(error), b""
    except MemoryError:
        return wire.Head(failed="memory", last=True), b""
    except BaseException as error:  # noqa: BLE001  a panic of the engine is no Exception
        return wire.Head(failed=type(error).__name__, last=True), b""
    return wire.Head.of_answer(answer), answer.body


def _receive(channel: socket.socket) -> memoryview | None:
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
    return memoryview(received)[wire.ASKED.size :]
