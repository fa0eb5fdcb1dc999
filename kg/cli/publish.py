"""The publisher's command for hosts of static files: site."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import as_json, program

if TYPE_CHECKING:
    from kg.static_site.site_builder import SiteSummary


@program.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--public-url", metavar="URL", help="Where the site will stand, for links that name it.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes at work; one for each processor unless told.")
@as_json
@click.pass_obj
def site(root: Path, target: Path, public_url: str | None, workers: int | None, as_json: bool) -> None:
    """Write the whole publication into DIR as static files.

    It is the last release: pages, data in all formats, search and SPARQL in the browser.
    """
    import os

    from kg.model.project import Project
    from kg.release.folder import release_folder, swap
    from kg.static_site.fetch import SiteSource
    from kg.static_site.site_builder import build_site
    from kg.static_site.site_folder import replace_site

    root = root.absolute()
    url = f"{public_url.rstrip('/')}/" if public_url else ""
    source = SiteSource(root, release_folder(Project.open(root).dist), url)
    with replace_site(target.absolute(), swap) as draft:
        made = build_site(source, draft, workers=workers or os.cpu_count() or 1, step=_step)
    click.echo(json.dumps(_as_dict(made), ensure_ascii=False, indent=2) if as_json else _words(made, target))
    raise SystemExit(1 if made.lost else 0)


def _step(what: str) -> None:
    """One line of progress, on standard error."""
    click.echo(f"· {what}", err=True)


def _as_dict(made: SiteSummary) -> dict[str, object]:
    return {**vars(made), "left_out": list(made.left_out)}


def _words(made: SiteSummary, target: Path) -> str:
    """What was made and what is not there, for people."""
    lines = [f"{made.files:,} files, {made.pages:,} of them pages, {made.bytes / 1e6:.0f} MB in {target}."]
    if not made.has_engine:
        lines.append("Queries cannot be answered there: Oxigraph is missing. Run 'make' where npm is, then this again.")
    kinds = Counter(address.partition("?")[0].removeprefix("/en") for address in made.left_out)
    if kinds:
        listed = ", ".join(f"{path} ({count})" if count > 1 else path for path, count in sorted(kinds.items()))
        lines.append(f"Left out, since they need a service or are choices of a choice: {listed}.")
    lines += [f"{address} leads nowhere; {page or 'the command'} links to it." for address, page in made.lost.items()]
    return "\n".join(lines)
