"""Measure the service beside its peers on one machine: ``make bench``.

Every limit, the access log and the metrics are on. Nothing is asserted here: a slow machine is not a broken program.
A figure is printed with its aim; where two are set, the first is the floor and the second the goal. The peers are
Oxigraph's own server and rdflib-endpoint, where it is installed (``pip install rdflib-endpoint``, in any environment:
name its program with --rdflib-endpoint).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench_clients import CLIENTS, per_second
from bench_graph import enlarge
from faults.load import load as load_of_clients
from faults.service import ROOT, Served, end, make_root, start
from faults.test_releases import marked, swap_under_load

from kg.endpoint.evaluation import load
from kg.model.query_files import read_query

MIX = ("001", "004", "007", "012", "016", "020", "024", "028", "038", "040")
"""The ten example queries that are asked in turn."""

WHOLE = {"seconds": 12, "load": 30, "swaps": 1_000, "triples": 1_000_000}
QUICK = {"seconds": 3, "load": 5, "swaps": 20, "triples": 100_000}

ROUNDS = 3
LIMIT = 10
"""Seconds that the service allows a query."""


@dataclass
class Server:
    """A server that answers queries, ours or a peer's."""

    name: str
    port: int
    path: str
    process: subprocess.Popen


def show(what: str, value: str, aim: str = "") -> None:
    """Print a figure."""
    print(f"{what:<66}{value:>14}   {aim}", flush=True)


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_answer(port: int, path: str, process: subprocess.Popen, seconds: float) -> None:
    """Wait until a query is answered."""
    until = time.monotonic() + seconds
    url = f"http://127.0.0.1:{port}{path}?query=ASK%7B%7D"
    while True:
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=seconds):
            return
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"{process.args[0]} does not answer on port {port}.")
        time.sleep(0.005)


@contextlib.contextmanager
def running(name: str, command: list[str], port: int, path: str, seconds: float) -> Iterator[Server]:
    """Run a peer that answers, and end it with the block."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=environment
    )
    try:
        wait_for_answer(port, path, process, seconds)
        yield Server(name, port, path, process)
    finally:
        end(process)


@contextlib.contextmanager
def our_service(root: Path) -> Iterator[Served]:
    """Run our service, its log in a file as deployers do."""
    port = free_port()
    with (root / "access.log").open("w") as log:
        process = start(root, "--port", port, "--access-log", stdout=log, stderr=None)
        try:
            wait_for_answer(port, "/sparql", process, 120)
            yield Served(process, port, root)
        finally:
            end(process)


def peers(arguments: argparse.Namespace, graph: Path, folder: Path, *, is_large: bool) -> Iterator[Callable]:
    """Return functions that start each peer on a graph.

    The peers are Oxigraph's server with the same triples, and rdflib-endpoint with the release.
    """
    oxigraph = str(Path(sys.executable).parent / "oxigraph")
    quads, database, port = folder / "store.nq", folder / "database", free_port()
    load([graph]).dump(quads)
    subprocess.run([oxigraph, "load", "--location", database, "--file", quads], check=True, capture_output=True)
    quads.unlink()
    command = [oxigraph, "serve-read-only", "--location", str(database), "--bind", f"127.0.0.1:{port}"]
    name = f"Oxigraph's server {version('oxigraph')}"
    yield lambda: running(name, command, port, "/query", 60)
    if not arguments.rdflib_endpoint:
        print("rdflib-endpoint is not installed, and not measured: name its program with --rdflib-endpoint.")
    elif is_large and not arguments.all:
        print("rdflib-endpoint is not measured on the large graph, which it takes minutes to load: --all does it.")
    else:
        other = free_port()
        serve = [arguments.rdflib_endpoint, "serve", "--host", "127.0.0.1", "--port", str(other), str(graph)]
        yield lambda: running(f"rdflib-endpoint {_version_of(arguments.rdflib_endpoint)}", serve, other, "/", 900)


def _version_of(program: str) -> str:
    """Return the version of rdflib-endpoint in its program's environment."""
    interpreter = Path(program).read_text(encoding="utf-8").splitlines()[0].removeprefix("#!")
    code = "import importlib.metadata as m; print(m.version('rdflib-endpoint'))"
    return subprocess.run([interpreter, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def compare(ours: Served, other: Server, seconds: float, queries: list[str]) -> None:
    """Print queries per second of ours beside those of a peer.

    They are measured in turns, so that both see the same machine.
    """
    service = Server("ours", ours.port, "/sparql", ours.process)
    per_second(other.port, other.path, min(seconds, 2), "cached", queries)
    for mode, aims in (("uncached", ("0.8 ×, 1.2 ×", "4 ×")), ("cached", ("4 ×, 8 ×", ""))):
        per_second(ours.port, "/sparql", min(seconds, 1), mode, queries)
        before = ours.metrics()['kg_cache_requests_total{found="hits"}']
        ratios, rates, failed = [], [], {}
        for _ in range(ROUNDS):
            (mine, lost), (theirs, _) = (
                per_second(server.port, server.path, seconds / ROUNDS, mode, queries) for server in (service, other)
            )
            failed |= lost
            rates.append((mine, theirs))
            ratios.append(mine / theirs if theirs else float("inf"))
        hits = ours.metrics()['kg_cache_requests_total{found="hits"}'] - before
        mine, theirs = (statistics.median(pair) for pair in zip(*rates, strict=True))
        aim = aims["rdflib" in other.name]
        show(f"  {mode}, beside {other.name}: {mine:,.0f} to {theirs:,.0f} a second",
             f"{statistics.median(ratios):.2f} ×", aim)  # fmt: skip
        if failed or (mode == "uncached") == bool(hits):
            print(f"    of ours, not answered: {failed or 'none'}; answered from the cache: {hits:,.0f}")


def first_answer(root: Path, runs: int) -> float:
    """Return the median seconds from start of program to first answer."""
    taken = []
    for _ in range(runs):
        port, begin = free_port(), time.perf_counter()
        process = start(root, "--port", port, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_answer(port, "/sparql", process, 120)
            taken.append(time.perf_counter() - begin)
        finally:
            end(process)
    return statistics.median(taken)


def own_memory(pid: int) -> int:
    """Return the bytes that a process shares with no other."""
    try:
        figures = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, as a worker does whose query was heavy
        return 0
    return 1024 * sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", figures, re.MULTILINE)))


def memory(served: Served, queries: list[str], *, is_large: bool) -> None:
    """Print memory at rest, at work, and of each worker."""
    served.settle()
    rest = served.memory()
    per_second(served.port, "/sparql", 2, "uncached", queries)
    workers = [own_memory(pid) for pid in served.named("kg-worker")]
    worked = served.memory()
    show("memory of all processes, at rest", f"{rest / 1e6:.0f} MB", "" if is_large else "200 MB")
    show("memory of all processes, at work", f"{worked / 1e6:.0f} MB", "" if is_large else "200 MB")
    mean, most = statistics.mean(workers) / 1e6, max(workers) / 1e6
    show("each worker's own at work, mean and most", f"{mean:.1f}, {most:.1f} MB", "20 MB")


def under_load(served: Served, seconds: float, *, is_large: bool) -> None:
    """Print what 180 clients with small and 20 with heavy queries get."""
    kind = "bounded" if is_large else "any"
    load_of_clients(served.port, min(seconds, 8), 180, 20, kind=kind)
    served.settle()
    before = served.memory()
    seen = load_of_clients(served.port, seconds, 180, 20, kind=kind)
    served.settle(20)
    after = served.memory()
    refused = len(seen.small) - seen.small_ends["200"]
    show(f"180 small and 20 heavy clients, {seconds:g} s: small at the median", f"{1000 * seen.at(0.5):.0f} ms")
    show(f"  small within which 99 % of {len(seen.small):,} were answered", f"{1000 * seen.at(0.99):.0f} ms", "100 ms")
    show("  small refused or lost", str(refused), "0")
    if refused:
        print(f"    {dict(seen.small_ends)}")
    show("  longest heavy one over its limit", f"{seen.longest - LIMIT:+.2f} s", "+1 s")
    print(f"    heavy ones: {dict(seen.heavy_ends)}")
    show("  memory after, beside before", f"{100 * (after / before - 1):+.1f} %", "10 %")


def swaps(folder: Path, files: dict[str, bytes], count: int) -> None:
    """Print what clients see while releases replace each other again and again."""
    few = {name: files[name] for name in ("graph.nq", "catalog.ttl")}
    releases = {mark: marked(few, mark) for mark in "AB"}
    root = make_root(folder / "swaps", releases["A"])
    process = start(root, "--port", port := free_port(), watchful=True, stdout=subprocess.DEVNULL, stderr=None)
    begin = time.monotonic()
    try:
        wait_for_answer(port, "/sparql", process, 120)
        watched = swap_under_load(root, Served(process, port, root), releases, count)
    except Exception as error:  # noqa: BLE001  it is the figure that is printed
        show(f"{count:,} swaps under load", f"{type(error).__name__}", "no request lost, none mixed")
        print(f"    {error}")
        return
    finally:
        end(process)
    mixed = sum(len(marks) > 1 for marks in (*watched.tags.values(), *watched.letters.values()))
    show(f"{count:,} swaps in {time.monotonic() - begin:.0f} s: answers, lost", f"{watched.count:,}, 0", "0 lost")
    show("  ETags that stand for both releases, or differ within one", str(mixed), "0")


def measure(arguments: argparse.Namespace, folder: Path, files: dict[str, bytes], *, is_large: bool) -> None:
    """Print all figures of one graph."""
    triples = files["graph.nq"].count(b"\n")
    print(f"\n{'A large graph' if is_large else 'The graph of the release'}: {triples:,} triples")
    root = make_root(folder / "project", files)
    examples = ROOT / "queries" / "examples"
    queries = [read_query(path, path.name).text for path in sorted(examples.glob("*.rq")) if path.name[:3] in MIX]
    if not is_large:
        show("first answer after kg serve", f"{first_answer(root, 3):.2f} s", "1.2 s")
    with our_service(root) as ours:
        memory(ours, queries, is_large=is_large)
        print(f"  queries a second, {len(queries)} examples in turn on {CLIENTS} connections")
        for starting in peers(arguments, root / "dist" / "graph.nq", folder, is_large=is_large):
            with starting() as other:
                compare(ours, other, arguments.seconds, queries)
    with our_service(root) as ours:
        under_load(ours, arguments.load, is_large=is_large)
    if not is_large:
        swaps(folder, files, arguments.swaps)


def main() -> None:
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, help="for each comparison with a peer")
    parser.add_argument("--load", type=float, help="seconds of many clients")
    parser.add_argument("--swaps", type=int, help="of one release for another")
    parser.add_argument("--triples", type=int, help="of the large graph; 0 leaves it out")
    parser.add_argument("--quick", action="store_true", help="a minute instead of fifteen")
    parser.add_argument("--all", action="store_true", help="rdflib-endpoint on the large graph, too")
    parser.add_argument("--rdflib-endpoint", metavar="PROGRAM", default=shutil.which("rdflib-endpoint"))
    is_quick = parser.parse_known_args()[0].quick
    parser.set_defaults(**(QUICK if is_quick else WHOLE))
    arguments = parser.parse_args()
    dist = ROOT / "dist"
    files = {path.name: path.read_bytes() for path in dist.iterdir() if path.is_file() and path.name != "SHA256SUMS"}
    with tempfile.TemporaryDirectory(prefix="kg-bench-") as name:
        measure(arguments, Path(name) / "small", files, is_large=False)
        if arguments.triples:
            graph = b"".join(enlarge(files["graph.nq"], arguments.triples))
            measure(arguments, Path(name) / "large", {**files, "graph.nq": graph}, is_large=True)


if __name__ == "__main__":
    main()
