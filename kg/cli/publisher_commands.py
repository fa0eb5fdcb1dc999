"""The publisher's commands: build, diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.curator_commands import write_report
from kg.cli.program import as_json, program
from kg.model import release_files
from kg.model.languages import LANGUAGES

if TYPE_CHECKING:
    from kg.model.project import Project
    from kg.release.assembly import AssembledRelease

in_language = click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="Language of the words."
)
EXAMPLE_BASE = "https://example.org/"


@program.command()
@click.option("--output", type=click.Path(path_type=Path), help="Write the release here instead of dist/.")
@click.option("--release", "keep", is_flag=True, help="Keep a copy in releases/<version>/, never rewritten.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write problems or the report here.")
@in_language
@as_json
@click.pass_obj
def build(root: Path, output: Path | None, keep: bool, report: Path | None, language: str, as_json: bool) -> None:
    """Check, build, derive, validate and release into dist/."""
    from kg.model.errors import InputError, NotValidError
    from kg.model.project import Project
    from kg.release.assembly import make_release
    from kg.release.diff.change_report import change_files
    from kg.release.folder import checksums, is_kept, keep_release, write_release

    project = Project.open(root)
    target = output or project.dist
    try:
        release = make_release(project, step=_step, compare=change_files)
    except InputError as error:
        write_report(report, [problem.as_dict() for problem in error.problems])
        raise
    write_report(report, release.report_rows())
    if not release.report.conforms:
        raise NotValidError(release.report_in_words(language) + "Nothing was written.")
    kept = project.releases / project["version"]
    if keep:
        is_kept(checksums(release.files), kept)  # refuses another content before anything is written
    write_release(release.files, target)
    if keep and keep_release(target, kept):
        _step(f"kept a copy in {project.relative(kept)}")
    if as_json:
        click.echo(json.dumps(_summary(release, target), ensure_ascii=False, indent=2))
        return
    click.echo(release.report_in_words(language), nl=False)
    for line in _advice(release, project):
        click.echo(line)
    click.echo(f"{len(release.files) + 1} files in {project.relative(target.absolute())}.")


def _step(what: str) -> None:
    """One line of progress, on standard error."""
    click.echo(f"· {what}", err=True)


def _summary(release: AssembledRelease, target: Path) -> dict[str, object]:
    return {
        "folder": str(target),
        "things": len(release.built.things),
        "files": {name: len(data) for name, data in sorted(release.files.items())},
        "report": json.loads(release.files[release_files.REPORT_JSON]),
        "missing": release.missing,
    }


def _advice(release: AssembledRelease, project: Project) -> list[str]:
    """What to set before the release is published."""
    lines = [f"Harvesters will miss: {line}" for line in release.missing]
    if project["base"] == EXAMPLE_BASE:
        lines.insert(0, f"The base is still {EXAMPLE_BASE}: set 'base' in kg.toml to an address that you control.")
    return lines


@program.command()
@click.argument("old")
@click.argument("new")
@in_language
@click.option("--patch", type=click.Path(path_type=Path, dir_okay=False), help="Write the change as an RDF patch.")
@as_json
@click.pass_obj
def diff(root: Path, old: str, new: str, language: str, patch: Path | None, as_json: bool) -> None:
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
        patch.write_text(rdf_patch(*lines), encoding="utf-8")
    click.echo(changes_json(changes) if as_json else changes_text(changes, language))
    raise SystemExit(1 if changes else 0)
