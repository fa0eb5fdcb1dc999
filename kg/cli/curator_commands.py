"""The curator's commands: init, check, find, rename."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import json_option, print_json, program, write_report

if TYPE_CHECKING:
    from kg.graph.builder import BuiltGraph
    from kg.model.project import Project

PACKAGE = Path(__file__).resolve().parent.parent
_SHARED = ("ontology", "shapes", "queries/rules", "queries/checks")
"""The folders that a new project gets as they are."""


@program.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new project in DIR.

    It has a short text of its own, and builds and serves at once.
    """
    create_project(folder)
    click.echo(f"A new project stands in {folder}.")
    click.echo("Put your text in place of data/exemple/, set title and base in kg.toml, then:")
    click.echo(f"  kg --project {folder} build")
    click.echo(f"  kg --project {folder} serve")


def create_project(folder: Path) -> None:
    """Make a project in a folder that is new or empty.

    It has the ontology, shapes, rules and checks of the package, and a short text.

    Errors: ProjectError where the folder holds something or cannot be written; nothing is left then.
    """
    import shutil

    from kg.model.errors import ProjectError

    starter = PACKAGE / "starter"
    try:
        is_new = _make_empty_folder(folder)
        try:
            for name in _SHARED:
                # in the wheel they are packed beside the package, in a checkout they stand at its root
                source = starter / name if (starter / name).exists() else PACKAGE.parent / name
                ignored = shutil.ignore_patterns("README.md", "__pycache__")
                shutil.copytree(source, folder / name, ignore=ignored, dirs_exist_ok=True)
            for name in ("data", "queries/examples"):
                shutil.copytree(starter / name, folder / name, dirs_exist_ok=True)
            shutil.copyfile(starter / "kg.toml", folder / "kg.toml")
            (folder / ".gitignore").write_text("dist/\n.dist.*\n", encoding="utf-8")
        except BaseException:
            for child in folder.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            if is_new:
                folder.rmdir()
            raise
    except OSError as error:
        raise ProjectError(f"{folder}: cannot be written: {error.strerror or error}. Choose another folder.") from None


def _make_empty_folder(folder: Path) -> bool:
    """Make or accept an empty folder; return whether it is new."""
    from kg.model.errors import ProjectError

    if not folder.exists():
        folder.mkdir(parents=True)
        return True
    if not folder.is_dir() or any(folder.iterdir()):
        raise ProjectError(f"{folder}: there is something here already. Choose a new or an empty folder.")
    return False


@program.command()
@click.option("--coverage", "show_coverage", is_flag=True, help="Print each sentence, its facts and uncovered words.")
@click.option("--watch", is_flag=True, help="Check again at each change of a file, until Ctrl-C.")
@click.option("--schema", is_flag=True, help="Write the JSON Schema of the form to data/annotations.schema.json.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the problems here, as JSON.")
@json_option
@click.pass_obj
def check(root: Path, show_coverage: bool, watch: bool, schema: bool, report: Path | None, as_json: bool) -> None:
    """Hold annotations against text and ontology."""
    from kg.graph.builder import build
    from kg.model.errors import InputError
    from kg.model.project import Project

    project = Project.open(root)
    if schema:
        click.echo(_write_schema(project))
        return
    if watch:
        _watch(project, show_coverage)
        return
    try:
        built = build(project)
    except InputError as error:
        write_report(report, [problem.as_dict() for problem in error.problems])
        if not as_json:
            raise
        print_json([problem.as_dict() for problem in error.problems])
        raise SystemExit(error.exit_code) from None
    write_report(report, [])
    if as_json:
        print_json([coverage.as_dict() for coverage in built.coverage])
    else:
        _print_coverage(built, show_coverage)


def _print_coverage(built: BuiltGraph, show_coverage: bool) -> None:
    """Print the coverage of a project without problems."""
    for coverage in built.coverage:
        for line in coverage.details() if show_coverage else ():
            click.echo(line)
        click.echo(coverage.summary())
    click.echo(f"{len(built.things)} things, no problem.")


def _write_schema(project: Project) -> str:
    """Write the JSON Schema of annotations; return what to print."""
    from kg.curate.json_schema import annotation_schema
    from kg.model.ontology import read_ontology

    text = json.dumps(annotation_schema(read_ontology(project)), ensure_ascii=False, indent=2) + "\n"
    project.annotation_schema.write_text(text, encoding="utf-8")
    return f"Wrote {project.relative(project.annotation_schema)}."


def _watch(project: Project, show_coverage: bool) -> None:
    """Check at once and after each change below data/ and ontology/."""
    from watchfiles import watch

    from kg.graph.builder import build
    from kg.model.errors import KgError

    def check_and_wait() -> None:
        try:
            _print_coverage(build(project), show_coverage)
        except KgError as error:
            click.echo(str(error))
        click.echo("Watching for changes; Ctrl-C ends.")

    check_and_wait()
    folders = [folder for folder in (project.data, project.ontology.parent) if folder.exists()]
    for _ in watch(*folders, raise_interrupt=False):
        click.echo("")
        check_and_wait()


@program.command()
@click.argument("quote")
@click.option("--document", help="The document to look in; all of them unless told.")
@click.pass_obj
def find(root: Path, quote: str, document: str | None) -> None:
    """Print the passage nearest to QUOTE as a ready fact."""
    from kg.curate.quoting import find_fact
    from kg.graph.builder import read_documents
    from kg.model.errors import InputError, KgError, Problem
    from kg.model.project import Project

    problems: list[Problem] = []
    documents, _ = read_documents(Project.open(root), problems)
    if not documents:
        raise InputError(problems)
    names = [document.id for document in documents]
    if document and document not in names:
        raise KgError(f"there is no document '{document}'; there is {', '.join(names)}.")
    facts = [find_fact(text, quote) for text in documents if document in (None, text.id)]
    near = [fact for fact in facts if fact]
    if not near:
        click.echo("Nothing in the text comes near these words.", err=True)
        raise SystemExit(1)
    click.echo(max(near, key=lambda fact: fact[1])[0])


@program.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(root: Path, old: str, new: str) -> None:
    """Change the id OLD to NEW in all files.

    OLD is listed in data/withdrawn.yaml, with NEW as its successor.
    """
    from kg.curate.documents import decode_utf8
    from kg.curate.thing_ids import rename_thing
    from kg.model.errors import InputError, Problem
    from kg.model.project import Project

    project = Project.open(root)
    problems: list[Problem] = []
    texts = {}
    for path in project.sources():
        shown = project.relative(path)
        texts[shown] = decode_utf8(project.read(path), shown, problems) or ""
    if problems:
        raise InputError(problems)
    withdrawn = project.relative(project.withdrawn)
    changed = rename_thing(old, new, texts, withdrawn, project["version"])
    project.write_all({project.root / name: text.encode() for name, text in changed.items()})
    for name in sorted(changed):
        click.echo(f"changed {name}")
