"""The program ``python -m kg.endpoint FILE``: a SPARQL endpoint over RDF files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kg.endpoint.evaluation import Limits
from kg.endpoint.problems import EndpointError
from kg.endpoint.serving.server import Announce, ServerSettings, run_server
from kg.endpoint.serving.service import EndpointService, ServiceSettings
from kg.endpoint.worker_pool import PoolSettings


def main(arguments: list[str] | None = None) -> int:
    """Serve the files that the command line names; return the exit code."""
    options = _parser().parse_args(arguments)
    paths = tuple(path.resolve() for path in options.files)

    def make_service(url: str, announce: Announce) -> EndpointService:
        settings = ServiceSettings(
            paths=paths,
            base=options.base or f"{url}sparql",
            limits=Limits(options.rows, options.bytes, options.seconds),
            pool=PoolSettings(seconds=options.seconds, memory=options.memory),
            watched=paths,
            access_log=options.access_log,
            proxies=options.trust_proxy,
        )
        return EndpointService(settings, announce)

    server = ServerSettings(options.host, options.port, options.processes, options.seconds)
    try:
        run_server(make_service, server)
    except EndpointError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    limits, pool = Limits(), PoolSettings()
    parser = argparse.ArgumentParser(
        prog="python -m kg.endpoint",
        description="Serve RDF files at /sparql (SPARQL 1.1, read only), with /health and /metrics. A file that is "
        "replaced while it is served is loaded again.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="N-Quads, TriG, Turtle, JSON-LD or RDF/XML")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on; 0 takes a free one")
    parser.add_argument("--base", metavar="IRI", help="public address of the endpoint, which resolves relative IRIs")
    parser.add_argument("--processes", default=1, type=int, help="HTTP processes, each with workers of its own")
    parser.add_argument("--seconds", default=limits.seconds, type=float, help="longest time of a query")
    parser.add_argument("--memory", default=pool.memory, type=int, help="most bytes of memory of a query")
    parser.add_argument("--rows", default=limits.rows, type=int, help="most rows or triples of an answer")
    parser.add_argument("--bytes", default=limits.bytes, type=int, help="most bytes of an answer")
    parser.add_argument("--access-log", action="store_true", help="print a line of JSON for each request")
    parser.add_argument("--trust-proxy", default=0, type=int, metavar="N", help="proxies whose X-Forwarded-For counts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
