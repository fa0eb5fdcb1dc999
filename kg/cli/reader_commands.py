"""The reader's commands: query, serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from kg.cli.program import program
from kg.model.messages import worded, worded_plural

if TYPE_CHECKING:
    from kg.endpoint.evaluation import Answer, Request

RESULTS = {
    "table": "application/sparql-results+json",
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
}
"""The formats of ``kg query`` for SELECT and ASK, with their media types."""

TRIPLES = {
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
}
"""The formats of ``kg query`` for CONSTRUCT and DESCRIBE, with their media types."""


@program.command()
@click.argument("file", metavar="FILE|-", type=click.File("r", encoding="utf-8-sig"))
@click.option(
    "--format",
    "form",
    type=click.Choice([*RESULTS, *TRIPLES]),
    help="A table on a terminal and CSV elsewhere; Turtle for CONSTRUCT and DESCRIBE.",
)
@click.option("--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of the last release.")
@click.option("--on", "graph", metavar="RELEASE", help="Ask a kept version, a release folder or an RDF file.")
@click.option("--explain", "explained", is_flag=True, help="Print how Oxigraph evaluates the query, not its answer.")
@click.pass_obj
def query(
    root: Path, file: TextIO, form: str | None, endpoint: str | None, graph: str | None, *, explained: bool
) -> None:
    """Put a query to the release or to an endpoint.

    FILE holds the query; - reads it from standard input.
    """
    import sys

    from kg.model.errors import QueryError

    if explained and endpoint:
        raise click.UsageError(worded("--explain looks into the engine of this program, not into that of --endpoint."))
    try:
        text = file.read()
    except UnicodeDecodeError:
        raise QueryError("{name}: this is not UTF-8. Save the query as UTF-8.", name=file.name) from None
    shape = form or ("table" if sys.stdout.isatty() else "csv")
    if explained:
        click.echo(_explain(root, graph, text), nl=False)
        return
    request = _request(text, shape)
    answer = _ask_endpoint(endpoint, request) if endpoint else _ask_release(root, graph, request)
    is_table = answer.kind != "graph" and shape == "table"
    click.echo(_table(answer) if is_table else answer.body.decode("utf-8"), nl=False)


def _request(text: str, shape: str) -> Request:
    """Return the request for an answer in the format."""
    from kg.endpoint.evaluation import Request

    return Request(text, results=RESULTS.get(shape, RESULTS["csv"]), graph=TRIPLES.get(shape, TRIPLES["turtle"]))


def _ask_release(root: Path, graph: str | None, request: Request) -> Answer:
    """Return the answer from a release."""
    from kg.endpoint.evaluation import evaluate, load

    return evaluate(load([_graph_file(root, graph)]), request)


def _explain(root: Path, graph: str | None, text: str) -> str:
    """Return how Oxigraph evaluates a query on a release."""
    from pyoxigraph import Store

    from kg.cli.explain import explain
    from kg.endpoint.evaluation import Request, evaluate, load

    evaluate(Store(), Request(text))  # refuses a wrong query with the usual message
    return explain(load([_graph_file(root, graph)]), text)


def _graph_file(root: Path, graph: str | None) -> Path:
    """Return the file of a release, by default the last one."""
    from kg.model.project import Project
    from kg.release.folder import graph_file

    return graph_file(root, graph or str(Project.open(root).dist))


def _ask_endpoint(url: str, request: Request) -> Answer:
    """Return the answer of an endpoint."""
    from kg.endpoint.evaluation import Answer
    from kg.remote.remote_query import query_remote

    wanted = ", ".join(dict.fromkeys([request.results or "", request.graph or ""]))
    body, media_type = query_remote(url, request.query, wanted)
    return Answer(body, media_type, "graph" if media_type in TRIPLES.values() else "rows")


def _table(answer: Answer) -> str:
    """Return the rows of a JSON answer as a table for people.

    IRIs are shown by their last parts.
    """
    import io
    import json

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    result = json.loads(answer.body)
    if "boolean" in result:
        return "true\n" if result["boolean"] else "false\n"
    columns = result["head"]["vars"]
    rows = result["results"]["bindings"]
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")  # nothing of an id is left out
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    out = io.StringIO()
    Console(file=out, width=_width(), highlight=False, markup=False).print(table)
    plain = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
    return plain + "\n" + worded_plural("{count} row", "{count} rows", len(rows), count=len(rows)) + "\n"


def _width() -> int:
    """Return the width of the terminal in characters."""
    import shutil

    return shutil.get_terminal_size((120, 24)).columns


def _cell(term: dict[str, str] | None) -> str:
    """Return the words of a cell."""
    if term is None:
        return ""
    value = term["value"]
    return value.rsplit("/id/", 1)[-1].rsplit("#", 1)[-1] if term["type"] == "uri" else value


@program.command()
@click.argument("files", metavar="[FILE.nq …]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@click.option("--public-url", metavar="URL", help="Where the service stands in public, for its links.")
@click.option("--access-log", is_flag=True, help="Print a line of JSON for each request.")
@click.option(
    "--trust-proxy",
    "proxies",
    metavar="N",
    default=0,
    type=click.IntRange(0, 16),
    help="How many proxies stand before the service: X-Forwarded-* is believed of so many, of none unless told.",
)
@click.pass_obj
def serve(
    root: Path,
    files: tuple[Path, ...],
    host: str,
    port: int,
    workers: int,
    public_url: str | None,
    access_log: bool,
    proxies: int,
) -> None:
    """Serve the last release, or RDF files.

    The address is http://127.0.0.1:8000 unless told.
    """
    from kg.model.project import Project
    from kg.pages.pages_service import serve as run
    from kg.release.folder import release_folder

    folder = None if files else release_folder(Project.open(root).dist)
    run(
        root,
        files,
        host=host,
        port=port,
        workers=workers,
        public_url=public_url,
        folder=folder,
        access_log=access_log,
        proxies=proxies,
    )
