"""The program of a worker: answers one request after the other."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import socket

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, GraphStores, Request, evaluate
from kg.endpoint.problems import ProblemError
from kg.endpoint.worker_pool import ipc
from kg.endpoint.worker_pool.process_setup import allow_seconds

_RECEIVE_SIZE = 262_144
"""Most bytes received at once; requests are sent one at a time, so no part of the next can be among them."""

_NEGLIGIBLE_GROWTH = 16_777_216
"""Bytes of private memory that are not worth reporting."""

_JOINED_SIZE = 65_536
"""Bytes of an answer up to which copying it behind its head is cheaper than a second system call."""

_PAGE = resource.getpagesize()

_NICE = 5
"""Priority of a worker with a request: below the zygote and the HTTP process, which everybody waits for."""


class GrowthMeter:
    """An upper estimate of the private memory that this process has gained.

    Such memory is either new, and then the peak of all memory rises; or it is a copy of a page that was shared with
    the zygote, and then it has cost a page fault. The kernel counts both anyway. The exact figure (smaps_rollup)
    would take longer to get than most queries take, if the store is large.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._peak, self._copied = _memory()

    def report(self, head: ipc.ReplyHead) -> None:
        """Write the growth into a reply, and whether it is too much."""
        peak, head.copied = _memory()
        grown = max(peak - self._peak, (head.copied - self._copied) * _PAGE)
        if grown > self.limit:
            head.last = True
        elif grown > _NEGLIGIBLE_GROWTH:
            head.grown = grown


def _memory() -> tuple[int, int]:
    """Return the peak of resident memory, and the number of page faults.

    The peak is in bytes; a fault has taken or copied a page.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_maxrss * 1024, usage.ru_minflt


def load_modules(stores: GraphStores) -> None:
    """Answer once in every way, to import what that needs.

    A worker cannot open the files of modules.
    """
    for media_type in RESULT_TYPES:
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2", results=media_type))
    for media_type in GRAPH_TYPES:
        evaluate(stores.whole, Request("CONSTRUCT { <a:s> <a:p> ?n } WHERE { BIND(RAND() AS ?n) }", graph=media_type))
    with contextlib.suppress(ProblemError):
        evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o"))


def serve(channel: socket.socket, stores: GraphStores, growth: GrowthMeter) -> None:
    """Answer requests until the socket closes or growth is too much."""
    # A fork copies the pages that it writes to first. A query of its own takes that time from no client.
    evaluate(stores.default, Request("SELECT * WHERE { ?s ?p ?o } LIMIT 2"))
    # Only now: under overload a new worker is waited for, and must not wait behind those that cause the overload.
    os.nice(_NICE)
    greeting = ipc.ReplyHead()
    growth.report(greeting)
    channel.sendall(ipc.pack_head(greeting, 0))
    while True:
        payload = _receive(channel)
        if payload is None:
            return
        head, body = _reply(stores, payload)
        growth.report(head)
        packed = ipc.pack_head(head, len(body))
        if len(body) < _JOINED_SIZE:
            channel.sendall(packed + body)
        else:
            channel.sendall(packed)
            channel.sendall(body)
        if head.last:
            return


def _reply(stores: GraphStores, payload: memoryview) -> tuple[ipc.ReplyHead, bytes]:
    """Return the head and body of the reply to a request.

    It is an answer, a problem, or the failure that ends this process.
    """
    order = ipc.unpack_request(payload)
    allow_seconds(math.ceil(order.seconds))
    try:
        answer = evaluate(stores.of_request(order.request), order.request, order.limits)
    except ProblemError as error:
        return ipc.ReplyHead.of_problem(error), b""
    except MemoryError:
        return ipc.ReplyHead(failed="memory", last=True), b""
    except BaseException as error:  # noqa: BLE001  a panic of the engine is not an Exception
        return ipc.ReplyHead(failed=type(error).__name__, last=True), b""
    return ipc.ReplyHead.of_answer(answer), answer.body


def _receive(channel: socket.socket) -> memoryview | None:
    """Return the payload of the next request; None after the last."""
    received = bytearray()
    size = ipc.REQUEST_PREFIX.size
    while len(received) < size:
        part = channel.recv(_RECEIVE_SIZE)
        if not part:
            return None
        received += part
        if len(received) >= ipc.REQUEST_PREFIX.size:
            size = ipc.REQUEST_PREFIX.size + ipc.REQUEST_PREFIX.unpack_from(received)[0]
    return memoryview(received)[ipc.REQUEST_PREFIX.size :]
