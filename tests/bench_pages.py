"""Measure pages of things beside Oxigraph's DESCRIBE of them: ``make bench``.

No page comes from a cache: each is made from the graph as it is asked for. Nothing is asserted here: a slow machine is
not a broken program.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from bench_graph import enlarge
from bench_service import our_service, peers, show
from faults.service import ROOT, make_root
from pyoxigraph import RdfFormat, Store

BASE = "https://w3id.org/social-response/id/"
LABELLED = """SELECT DISTINCT ?thing { ?thing a ?kind . ?kind <https://w3id.org/social-response/ontology#idSegment> ?s
  FILTER(STRSTARTS(STR(?thing), "%s")) } ORDER BY ?thing"""
FORMS = (("page", "text/html", ""), ("page in English", "text/html", "en/"), ("Turtle", "text/turtle", ""))
ROUNDS = 3


def times(port: int, paths: Sequence[str], accept: str) -> list[float]:
    """Return the milliseconds of each answer, the least of several tries.

    All requests use one connection.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    try:
        for path in paths:
            best = float("inf")
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                connection.request("GET", path, headers={"Accept": accept})
                response = connection.getresponse()
                response.read()
                best = min(best, 1000 * (time.perf_counter() - begin))
                if response.status != 200:
                    raise SystemExit(f"{path}: {response.status}")
            taken.append(best)
    finally:
        connection.close()
    return taken


def tell(what: str, taken: Sequence[float], aim: str = "") -> None:
    """Print median and maximum of some times."""
    show(what, f"{statistics.median(taken):.1f} ms", f"{aim}{' ' if aim else ''}(longest {max(taken):.1f} ms)")


def things(graph: bytes, count: int) -> list[str]:
    """Return the same sample of ids of things each time."""
    store = Store()
    store.load(graph, RdfFormat.N_QUADS)
    rows = store.query(LABELLED % BASE, use_default_graph_as_union=True)
    found = [row["thing"].value.removeprefix(BASE) for row in rows]
    return random.Random(4).sample(found, min(count, len(found)))


def graphs(triples: int) -> Iterator[tuple[str, bytes, str]]:
    """Return the graphs to measure on, with their names and aims."""
    small = (ROOT / "dist" / "graph.nq").read_bytes()
    yield "The graph of the release", small, "15 ms"
    if triples:
        yield "A large graph", b"".join(enlarge(small, triples)), "50 ms"


def main() -> None:
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=60)
    parser.add_argument("--triples", type=int, default=1_000_000, help="of the large graph; 0 leaves it out")
    parser.add_argument("--quick", action="store_true", help="100,000 triples in the large graph")
    parser.set_defaults(rdflib_endpoint=None, all=False)
    arguments = parser.parse_args()
    chosen = things((ROOT / "dist" / "graph.nq").read_bytes(), arguments.things)
    triples = min(arguments.triples, 100_000) if arguments.quick else arguments.triples
    for name, graph, aim in graphs(triples):
        print(f"\n{name}, {graph.count(bytes([10])):,} triples: {len(chosen)} things")
        with tempfile.TemporaryDirectory(prefix="kg-bench-") as folder:
            root = make_root(Path(folder) / "project", {"graph.nq": graph})
            with our_service(root) as ours:
                for form, accept, start in FORMS:
                    taken = times(ours.port, [f"/{start}doc/{quote(each)}" for each in chosen], accept)
                    tell(f"  {form}", taken, aim if form == "page" else "")
            describe = [f"/query?query={quote(f'DESCRIBE <{BASE}{each}>')}" for each in chosen]
            for starting in list(peers(arguments, root / "dist" / "graph.nq", Path(folder), is_large=True))[:1]:
                with starting() as other:
                    tell(f"  DESCRIBE by {other.name}", times(other.port, describe, "text/turtle"))


if __name__ == "__main__":
    main()
