"""The publisher's command for other stores: push."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import as_json, program

if TYPE_CHECKING:
    from kg.remote.graph_push import Graph, PushResult, ReportProgress, Way
    from kg.remote.http_client import Credentials

PASSWORD = "KG_PASSWORD"  # noqa: S105  the name of the variable that holds it


@program.command()
@click.argument("url")
@click.argument("release", required=False)
@click.option("--graph-store", "way", flag_value="graph-store", help="Use the Graph Store Protocol: a PUT a graph.")
@click.option("--update", "way", flag_value="update", help="Use SPARQL Update: INSERT DATA in pieces.")
@click.option("--default-graph", "union", is_flag=True, help="Fill the store's default graph with all triples too.")
@click.option("--user", metavar="NAME", help=f"Who writes; the password is read from {PASSWORD} or asked for.")
@click.option("--timeout", default=300, show_default=True, type=click.IntRange(1, 3600), help="Seconds to wait.")
@as_json
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
        done = push_graphs(client, graphs, way, report)
    failed = [one for one in done if one.error]
    if as_json:
        click.echo(json.dumps(_rows(done), ensure_ascii=False, indent=2))
    elif len(failed) < len(done):
        count = sum(len(one.graph.lines) for one in done if not one.error)
        click.echo(f"{_count(len(done) - len(failed), 'graph')} with {_count(count, 'triple')} in {client.url}.")
    if failed:
        raise RemoteError(f"{_told(failed)}\n{len(failed)} of {_count(len(done), 'graph')} not pushed.")


def _rows(done: Sequence[PushResult]) -> list[dict[str, object]]:
    return [{"graph": one.graph.name, "triples": len(one.graph.lines), "error": one.error or None} for one in done]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _told(failed: Sequence[PushResult]) -> str:
    """Each error once, below the graphs that met it."""
    from textwrap import indent

    graphs: dict[str, list[str]] = {}
    for one in failed:
        graphs.setdefault(one.error, []).append(one.graph.label)
    return "\n".join("\n".join([*names, indent(error, "    ")]) for error, names in graphs.items())


def _credentials(user: str | None, url: str) -> Credentials | None:
    """The user with the password; it never stands on the command line, where others of the machine read it."""
    import os
    import sys
    from urllib.parse import urlsplit

    from kg.model.errors import RemoteError
    from kg.remote.http_client import Credentials

    if user is None:
        return None
    if url.startswith("http:") and urlsplit(url).hostname not in {"localhost", "127.0.0.1", "::1"}:
        click.echo("The password may be read on its way: the address begins with http://, not https://.", err=True)
    password = os.environ.get(PASSWORD)
    if password is None and not sys.stdin.isatty():
        raise RemoteError(f"There is no password for {user}. Set {PASSWORD}.")
    return Credentials(user, click.prompt("Password", hide_input=True, err=True) if password is None else password)


@contextmanager
def _progress(graphs: Sequence[Graph]) -> Iterator[ReportProgress]:
    """Shows how far the push is: a bar on a terminal, a line a graph elsewhere; on standard error."""
    import sys

    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=sum(len(graph.lines) for graph in graphs))

        def report(graph: Graph, sent: int) -> None:
            before = sum(len(one.lines) for one in graphs[: graphs.index(graph)])
            progress.update(task, description=graph.label, completed=before + sent)

        yield report


def _line(graph: Graph, sent: int) -> None:
    """One line of progress for a graph that is being sent."""
    if sent == 0:
        click.echo(f"· {graph.label}: {_count(len(graph.lines), 'triple')}", err=True)
