"""The publisher's commands: build, diff, site."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import json_option, print_json, print_step, program, write_report, write_text
from kg.model import release_files
from kg.model.languages import number, size
from kg.model.messages import spoken, worded

if TYPE_CHECKING:
    from kg.model.project import Project
    from kg.release.assembly import AssembledRelease
    from kg.static_site.site_builder import SiteSummary

EXAMPLE_BASE = "https://example.org/"


@program.command()
@click.option("--output", type=click.Path(path_type=Path), help="Write the release here instead of dist/.")
@click.option("--release", "keep", is_flag=True, help="Keep a copy in releases/<version>/, never rewritten.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write problems or the report here.")
@json_option
@click.pass_obj
def build(root: Path, output: Path | None, keep: bool, report: Path | None, as_json: bool) -> None:
    """Check, build, derive, validate and release into dist/."""
    from kg.model.errors import InputError, NotValidError
    from kg.model.project import Project
    from kg.release.assembly import make_release
    from kg.release.diff.change_report import change_files
    from kg.release.folder import checksums, is_kept, keep_release, write_release

    project = Project.open(root)
    target = output or project.dist
    try:
        release = make_release(project, step=print_step, compare=change_files)
    except InputError as error:
        write_report(report, [problem.as_dict() for problem in error.problems])
        raise
    write_report(report, release.report_rows())
    if not release.report.conforms:
        raise NotValidError(release.report_in_words(spoken()) + worded("Nothing was written."))
    kept = project.releases / project["version"]
    if keep:
        is_kept(checksums(release.files), kept)  # refuses another content before anything is written
    write_release(release.files, target)
    if keep and keep_release(target, kept):
        print_step(worded("kept a copy in {kept}", kept=project.relative(kept)))
    if as_json:
        print_json(_summary(release, target))
        return
    for note in release.built.notes:
        click.echo(note)
    click.echo(release.report_in_words(spoken()), nl=False)
    for line in _advice(release, project):
        click.echo(line)
    click.echo(worded("{count} files in {folder}.", count=len(release.files) + 1, folder=project.relative(target)))


def _summary(release: AssembledRelease, target: Path) -> dict[str, object]:
    """Return what was released, for machines."""
    return {
        "folder": str(target),
        "things": len(release.built.things),
        "files": {name: len(data) for name, data in sorted(release.files.items())},
        "report": json.loads(release.files[release_files.REPORT_JSON]),
        "notes": [note.as_dict() for note in release.built.notes],
        "missing": release.missing,
    }


def _advice(release: AssembledRelease, project: Project) -> list[str]:
    """Return what to set before the release is published."""
    lines = [worded("Harvesters will miss: {line}", line=line) for line in release.missing]
    if project["base"] == EXAMPLE_BASE:
        lines.insert(
            0,
            worded(
                "The base is still {base}: set 'base' in kg.toml to an address that you control.", base=EXAMPLE_BASE
            ),
        )
    return lines


@program.command()
@click.argument("old")
@click.argument("new")
@click.option("--patch", type=click.Path(path_type=Path, dir_okay=False), help="Write the change as an RDF patch.")
@json_option
@click.pass_obj
def diff(root: Path, old: str, new: str, patch: Path | None, as_json: bool) -> None:
    """Tell what changed from OLD to NEW.

    They are release folders, versions in releases/, or N-Quads files.
    """
    from kg.release.diff.change_report import changes_json, changes_text, rdf_patch
    from kg.release.diff.comparison import compare, take_snapshot
    from kg.release.folder import read_graph

    before, after = read_graph(root, old), read_graph(root, new)
    changes = compare(take_snapshot(before), take_snapshot(after))
    if patch:
        lines = [[f"{quad} ." for quad in quads] for quads in (before, after)]
        write_text(patch, rdf_patch(*lines))
    click.echo(changes_json(changes) if as_json else changes_text(changes, spoken()))
    raise SystemExit(1 if changes else 0)


@program.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--public-url", metavar="URL", help="Where the site will stand, for links that name it.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes at work; one for each processor unless told.")
@json_option
@click.pass_obj
def site(root: Path, target: Path, public_url: str | None, workers: int | None, as_json: bool) -> None:
    """Write the whole publication into DIR as static files.

    It is the last release: pages, data in all formats, search and SPARQL in the browser.
    """
    import os

    from kg.model.project import Project
    from kg.release.folder import release_folder
    from kg.static_site.crawl import SiteSource
    from kg.static_site.site_builder import build_site, replace_site

    root = root.absolute()
    url = f"{public_url.rstrip('/')}/" if public_url else ""
    source = SiteSource(root, release_folder(Project.open(root).dist), url)
    with replace_site(target.absolute()) as draft:
        summary = build_site(source, draft, workers=workers or os.cpu_count() or 1, step=print_step)
    if as_json:
        print_json({**vars(summary), "left_out": list(summary.left_out)})
    else:
        click.echo(_site_summary(summary, target))
    raise SystemExit(1 if summary.lost else 0)


def _site_summary(summary: SiteSummary, target: Path) -> str:
    """Return what was made and what is not there, for people."""
    lines = [
        worded(
            "{files} files, {pages} of them pages, {size} in {folder}.",
            files=number(summary.files, spoken()),
            pages=number(summary.pages, spoken()),
            size=size(summary.bytes, spoken()),
            folder=target,
        )
    ]
    if not summary.has_engine:
        lines.append(
            worded("Queries cannot be answered there: Oxigraph is missing. Run 'make' where npm is, then this again.")
        )
    kinds = Counter(address.partition("?")[0].removeprefix("/en") for address in summary.left_out)
    if kinds:
        listed = ", ".join(f"{path} ({count})" if count > 1 else path for path, count in sorted(kinds.items()))
        lines.append(worded("Left out, since they need a service or are choices of a choice: {listed}.", listed=listed))
    lines += [
        worded("{address} leads nowhere; {page} links to it.", address=address, page=page or worded("the command"))
        for address, page in summary.lost.items()
    ]
    return "\n".join(lines)
