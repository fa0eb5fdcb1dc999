"""The publisher's command for other stores: push."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import json_option, print_json, print_step, program
from kg.model.messages import N_, worded, worded_plural

if TYPE_CHECKING:
    from kg.remote.graph_push import Graph, PushResult, ReportProgress, Way
    from kg.remote.http_client import Credentials

PASSWORD = "KG_PASSWORD"  # noqa: S105  the name of the variable that holds it


@program.command()
@click.argument("url")
@click.argument("release", required=False)
@click.option("--graph-store", "way", flag_value="graph-store", help="Use the Graph Store Protocol: a PUT a graph.")
@click.option("--update", "way", flag_value="update", help="Use SPARQL Update: INSERT DATA in pieces.")
@click.option(
    "--default-graph", "union", is_flag=True, help="Fill the default graph of the store with all triples too."
)
@click.option("--user", metavar="NAME", help=f"Who writes; the password is read from {PASSWORD} or asked for.")
@click.option("--timeout", default=300, show_default=True, type=click.IntRange(1, 3600), help="Seconds to wait.")
@json_option
@click.pass_obj
def push(
    root: Path,
    url: str,
    release: str | None,
    way: Way | None,
    union: bool,
    user: str | None,
    timeout: int,
    as_json: bool,
) -> None:
    """Put the graphs of a release into the store at URL.

    RELEASE is a release folder, a version in releases/ or an N-Quads file; the last release unless told. Each
    graph replaces the one of its name there; other graphs are left alone, also those that only an older
    release had.

    Where a query names no graph, 'kg serve' answers from the union of all graphs. Virtuoso and GraphDB always
    do so too; Oxigraph does with --union-default-graph and Fuseki with tdb2:unionDefaultGraph. Elsewhere
    --default-graph replaces the default graph of the store with that union.
    """
    from kg.model.errors import RemoteError
    from kg.model.project import Project
    from kg.release.folder import read_graph
    from kg.remote.graph_push import group_by_graph
    from kg.remote.graph_push import push as push_graphs
    from kg.remote.http_client import HttpClient

    graphs = group_by_graph(read_graph(root, release or str(Project.open(root).dist)), union=union)
    client = HttpClient(url, _credentials(user, url), timeout)
    with _progress(graphs) as report:
        results = push_graphs(client, graphs, way, report)
    failed = [result for result in results if result.error]
    if as_json:
        print_json(_rows(results))
    elif len(failed) < len(results):
        _print_sum([result for result in results if not result.error], client.url)
    if failed:
        words = N_("{failed}\n{count} of {graphs} not pushed.")
        raise RemoteError(words, failed=_errors(failed), count=len(failed), graphs=_graphs(len(results)))


def _rows(results: Sequence[PushResult]) -> list[dict[str, object]]:
    """Return what became of each graph, for machines."""
    return [
        {"graph": result.graph.name, "triples": len(result.graph.lines), "error": result.error or None}
        | ({"address": result.address, "refusal": result.refusal} if result.address else {})
        for result in results
    ]


def _graphs(count: int) -> str:
    """Return a number of graphs."""
    return worded_plural("{count} graph", "{count} graphs", count, count=count)


def _triples(count: int) -> str:
    """Return a number of triples."""
    return worded_plural("{count} triple", "{count} triples", count, count=count)


def _errors(failed: Sequence[PushResult]) -> str:
    """Return each error once, below the graphs that met it."""
    from textwrap import indent

    graphs: dict[str, list[str]] = {}
    for result in failed:
        graphs.setdefault(result.error, []).append(result.graph.label)
    return "\n".join("\n".join([*names, indent(error, "    ")]) for error, names in graphs.items())


def _print_sum(pushed: Sequence[PushResult], url: str) -> None:
    """Print what is in the store, and which address took it."""
    triples = sum(len(result.graph.lines) for result in pushed)
    click.echo(
        worded(
            "{graphs} with {triples} in {url}.",
            graphs=_graphs(len(pushed)),
            triples=_triples(triples),
            url=url,
        )
    )
    beside = [result for result in pushed if result.address]
    if beside:
        refusals = "; ".join(dict.fromkeys(result.refusal.partition("\n")[0] for result in beside))
        click.echo(
            worded(
                "{count} of them by {address}: {refusals}",
                count=len(beside),
                address=beside[0].address,
                refusals=refusals,
            )
        )


def _credentials(user: str | None, url: str) -> Credentials | None:
    """Return the user with the password.

    The password never stands on the command line, where others of the machine could read it.
    """
    import os
    import sys
    from urllib.parse import urlsplit

    from kg.model.errors import RemoteError
    from kg.remote.http_client import Credentials

    if user is None:
        return None
    if url.startswith("http:") and urlsplit(url).hostname not in {"localhost", "127.0.0.1", "::1"}:
        click.echo(
            worded("The password may be read on its way: the address begins with http://, not https://."), err=True
        )
    password = os.environ.get(PASSWORD)
    if password is None and not sys.stdin.isatty():
        raise RemoteError("There is no password for {user}. Set {password}.", user=user, password=PASSWORD)
    return Credentials(
        user, click.prompt(worded("Password"), hide_input=True, err=True) if password is None else password
    )


@contextmanager
def _progress(graphs: Sequence[Graph]) -> Iterator[ReportProgress]:
    """Show the progress of the push on standard error.

    That is a bar on a terminal, and a line for each graph elsewhere.
    """
    import sys

    if not sys.stderr.isatty():
        yield _print_graph
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=sum(len(graph.lines) for graph in graphs))

        def report(graph: Graph, sent: int) -> None:
            before = sum(len(earlier.lines) for earlier in graphs[: graphs.index(graph)])
            progress.update(task, description=graph.label, completed=before + sent)

        yield report


def _print_graph(graph: Graph, sent: int) -> None:
    """Print a line when the sending of a graph begins."""
    if sent == 0:
        print_step(f"{graph.label}: {_triples(len(graph.lines))}")
