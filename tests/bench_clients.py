"""Clients that ask queries as fast as they are answered.

They do as little work of their own as possible.

``python bench_clients.py PORT PATH SECONDS MODE`` reads queries, a JSON list, and prints what came back, in JSON.
In the mode ``uncached`` each query is asked but once, told apart by a comment; in ``cached`` all are the same again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote

ACCEPT = b"application/sparql-results+json"
CLIENTS = 4
"""Processes that ask at once, each on one connection."""

PATIENCE = 60
"""Seconds that one answer may take."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def ask(connection: socket.socket, request: bytes) -> tuple[int, int]:
    """Return the status and the size in bytes of an answer.

    Both ways in which HTTP/1.1 delimits a body are read.
    """
    connection.sendall(request)
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _part(connection)
    status = int(received[9:12])
    length = _LENGTH.search(received, 0, end + 2)
    if length:
        whole = end + 4 + int(length[1])
        while len(received) < whole:
            received += _part(connection)
        return status, whole - end - 4
    while not received.endswith(b"0\r\n\r\n"):
        received += _part(connection)
    return status, len(received) - end - 4


def _part(connection: socket.socket) -> bytes:
    part = connection.recv(262_144)
    if not part:
        raise ConnectionError("closed before the answer was whole")
    return part


def run(port: int, path: str, seconds: float, mode: str, queries: Sequence[str]) -> dict[str, object]:
    """Ask until the time is over and count the answers.

    The result has the answers by status, their bytes, and the seconds taken.
    """
    starts = [f"GET {path}?query={quote(query, safe='')}".encode() for query in queries]
    rest = b" HTTP/1.1\r\nHost: bench\r\nAccept: " + ACCEPT + b"\r\n\r\n"
    answers: Counter[int] = Counter()
    size = 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.perf_counter()
        for number in count():
            mark = b"%%20%%23%d-%d" % (os.getpid(), number) if mode == "uncached" else b""
            status, got = ask(connection, starts[number % len(starts)] + mark + rest)
            answers[status] += 1
            size += got
            taken = time.perf_counter() - begin
            if taken > seconds:
                return {"answers": answers, "bytes": size, "seconds": taken}
    raise AssertionError


_SCRIPT = """local paths = {%s}
local asked, mark = 0, %d
wrk.headers["Accept"] = "%s"
request = function()
  asked = asked + 1
  return wrk.format("GET", paths[asked %% #paths + 1]%s)
end
"""


def per_second(port: int, path: str, seconds: float, mode: str, queries: Sequence[str]) -> tuple[float, dict[str, int]]:
    """Return answers per second of all clients, and failures by status.

    By wrk where it is installed: clients in Python take as much of the two processors as what they measure.
    """
    if not shutil.which("wrk"):
        return _by_ourselves(port, path, seconds, mode, queries)
    paths = ", ".join(json.dumps(f"{path}?query={quote(query, safe='')}") for query in queries)
    mark = ' .. "%20%23" .. mark .. "-" .. asked' if mode == "uncached" else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % (paths, time.monotonic_ns(), ACCEPT.decode(), mark))
        script.flush()
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{max(1, round(seconds))}s", "--timeout", f"{PATIENCE}s"]
        said = subprocess.run(
            [*command, "-s", script.name, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
        ).stdout
    rate = re.search(r"Requests/sec: *([\d.]+)", said)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return float(rate[1]) if rate else 0.0, {"not 200": int(failed[1])} if failed else {}


def _by_ourselves(
    port: int, path: str, seconds: float, mode: str, queries: Sequence[str]
) -> tuple[float, dict[str, int]]:
    """Return the same, measured by clients in Python."""
    command = [sys.executable, str(Path(__file__).resolve()), str(port), path, str(seconds), mode]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes: list[subprocess.Popen] = []
    rate, failed = 0.0, Counter[str]()
    try:
        for _ in range(CLIENTS):
            processes += [subprocess.Popen(command, **pipes)]
        asked = json.dumps(queries).encode()
        for process in processes:  # all are at work before the first is waited for
            process.stdin.write(asked)
            process.stdin.close()
            process.stdin = None
        for process in processes:
            said, complaint = process.communicate(timeout=seconds + 2 * PATIENCE)
            if process.returncode:
                failed[complaint.decode().strip().splitlines()[-1]] += 1
                continue
            seen = json.loads(said)
            rate += seen["answers"].pop("200", 0) / seen["seconds"]
            failed.update(seen["answers"])
    finally:
        for process in processes:
            with process:
                process.kill()
    return rate, dict(failed)


if __name__ == "__main__":
    port, path, seconds, mode = sys.argv[1:]
    print(json.dumps(run(int(port), path, float(seconds), mode, json.load(sys.stdin))))
