"""The curator's commands: init, check, find, rename."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import json_option, print_json, program, write_report
from kg.model.messages import spoken, worded, worded_plural

if TYPE_CHECKING:
    from kg.model.project import Project
    from kg.release.gate import CheckedProject

WATCHED = ("kg.toml", "data", "ontology", "shapes", "queries")
"""What ``kg check --watch`` looks at."""


@program.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new project in DIR.

    It has a short text of its own, and builds and serves at once.
    """
    create_project(folder)
    click.echo(worded("A new project stands in {folder}.", folder=folder))
    click.echo(worded("Put your text in place of data/exemple/, set title and base in kg.toml, then:"))
    click.echo(f"  kg --project {folder} build")
    click.echo(f"  kg --project {folder} serve")


def create_project(folder: Path) -> None:
    """Make a project in a folder that is new or empty.

    It has a short text, example queries, settings and the JSON Schema of annotations. Ontology, shapes, rules and
    checks are read from the package.

    Errors: ProjectError where the folder holds something or cannot be written; nothing is left then.
    """
    import shutil

    from kg.model.errors import ProjectError
    from kg.model.folders import reason
    from kg.model.project import Project
    from kg.model.shared_files import STARTER

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError("{folder}: there is something here already. Choose a new or an empty folder.", folder=folder)
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("data", "queries/examples"):
                shutil.copytree(STARTER / name, folder / name, copy_function=shutil.copyfile)
            shutil.copyfile(STARTER / "kg.toml", folder / "kg.toml")
            (folder / ".gitignore").write_text("dist/\n.dist.*\n", encoding="utf-8")
            _write_schema(Project.open(folder))
        except BaseException:
            for child in folder.iterdir() if folder.is_dir() else ():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            for place in filter(Path.is_dir, made):
                place.rmdir()
            raise
    except OSError as error:
        raise ProjectError(
            "{folder}: cannot be written: {error} Or choose another folder.", folder=folder, error=reason(error)
        ) from None


@program.command()
@click.option("--coverage", "show_coverage", is_flag=True, help="Print each sentence, its facts and uncovered words.")
@click.option("--watch", is_flag=True, help="Check again at each change of a file, until Ctrl-C.")
@click.option("--hints", "show_hints", is_flag=True, help="Tell also what is worth a second look, right as it may be.")
@click.option("--schema", is_flag=True, help="Write the JSON Schema of the form to data/annotations.schema.json.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the problems here, as JSON.")
@json_option
@click.pass_obj
def check(
    root: Path,
    show_coverage: bool,
    watch: bool,
    show_hints: bool,
    schema: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Find all that ``kg build`` would refuse, without writing."""
    from kg.model.errors import InputError, NotValidError
    from kg.model.project import Project
    from kg.release.gate import check_project, engine_of, hints_of, rows_of

    project = Project.open(root)
    if schema:
        click.echo(_write_schema(project))
        return
    if watch:
        _watch(root, show_coverage)
        return
    _write_schema_where_named(project)
    try:
        checked = check_project(project, engine=engine_of(project))
    except InputError as error:
        write_report(report, [problem.as_dict() for problem in error.problems])
        if not as_json:
            raise
        print_json([problem.as_dict() for problem in error.problems])
        raise SystemExit(error.exit_code) from None
    write_report(report, checked.report_rows())
    if as_json:
        conforms = checked.report.conforms
        rows = [coverage.as_dict() for coverage in checked.built.coverage] if conforms else checked.report_rows()
        print_json(rows_of(hints_of(project, checked)) if conforms and show_hints else rows)
        raise SystemExit(0 if conforms else NotValidError.exit_code)
    if show_hints and checked.report.conforms:
        click.echo(checked.in_words(hints_of(project, checked).results, spoken()), nl=False)
    _print_checked(project, checked, show_coverage)


def _print_checked(project: Project, checked: CheckedProject, show_coverage: bool) -> None:
    """Print what was found in a project, if there is no violation.

    Errors: NotValidError with the report in words where there is one.
    """
    from kg.model.errors import NotValidError
    from kg.release.gate import unlike_kept

    words = checked.report_in_words(spoken())
    if not checked.report.conforms:
        raise NotValidError(words + worded("Nothing was written."))
    for coverage in checked.built.coverage:
        for line in coverage.details() if show_coverage else ():
            click.echo(line)
        click.echo(coverage.summary())
    count = len(checked.built.things)
    for note in checked.built.notes:
        click.echo(note)
    click.echo(words if checked.report.results else "", nl=False)
    if unlike_kept(project, checked):
        version = project["version"]
        click.echo(
            worded(
                "releases/{version} holds another graph: 'kg build --release' needs a new version in kg.toml.",
                version=version,
            )
        )
    click.echo(worded_plural("{count} thing, no problem.", "{count} things, no problem.", count, count=count))


def _write_schema(project: Project) -> str:
    """Write the JSON Schema of annotations; return what to print."""
    project.write_all({project.annotation_schema: _schema(project)})
    return worded("Wrote {path}.", path=project.relative(project.annotation_schema))


def _schema(project: Project) -> bytes:
    """Return the JSON Schema of annotations."""
    from kg.curate.json_schema import annotation_schema
    from kg.model.ontology import read_ontology

    text = json.dumps(annotation_schema(read_ontology(project)), ensure_ascii=False, indent=2) + "\n"
    return text.encode()


def _write_schema_where_named(project: Project) -> None:
    """Write the JSON Schema that annotations name, unless it stands there.

    Editors read it from the comment ``$schema=`` of a file. A folder that cannot be written is left as it is.
    """
    from kg.model.errors import KgError

    path = project.annotation_schema
    files = [folder / "annotations.yaml" for folder in project.documents()]
    if not any(file.exists() and path.name.encode() in file.read_bytes() for file in files):
        return
    with contextlib.suppress(KgError):
        schema = _schema(project)
        if not path.exists() or path.read_bytes() != schema:
            project.write_all({path: schema})


def _watch(root: Path, show_coverage: bool) -> None:
    """Check at once and after each change of a file.

    Texts and annotations whose bytes are the same are not read again.
    """
    from watchfiles import watch

    from kg.graph.builder import DocumentCache
    from kg.model.errors import KgError
    from kg.model.project import Project
    from kg.release.gate import check_project, engine_of

    cache = DocumentCache()

    def check_and_wait() -> None:
        try:
            project = Project.open(root)
            _print_checked(project, check_project(project, engine=engine_of(project), cache=cache), show_coverage)
        except KgError as error:
            click.echo(str(error))
        click.echo(worded("Watching for changes; Ctrl-C ends."))

    check_and_wait()
    watched = None
    while watched != (watched := {folder for name in WATCHED if (folder := root / name).exists()}):
        for changes in watch(*watched, raise_interrupt=False, yield_on_timeout=True):
            is_another = watched != {folder for name in WATCHED if (folder := root / name).exists()}
            if changes or is_another:
                click.echo("")
                check_and_wait()
            if is_another:
                break


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
        raise KgError("there is no document '{document}'; there is {names}.", document=document, names=", ".join(names))
    facts = [find_fact(text, quote) for text in documents if document in (None, text.id)]
    near = [fact for fact in facts if fact]
    if not near:
        click.echo(worded("Nothing in the text comes near these words."), err=True)
        raise SystemExit(1)
    click.echo(max(near, key=lambda fact: fact[1])[0])


@program.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(root: Path, old: str, new: str) -> None:
    """Change the id OLD to NEW in all files.

    If a kept release has OLD, it is listed in data/withdrawn.yaml, with NEW as its successor.
    """
    from kg.curate.documents import decode_utf8
    from kg.curate.thing_ids import rename_thing
    from kg.model.errors import InputError, Problem
    from kg.model.ontology import read_ontology
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
    changed = rename_thing(
        old,
        new,
        texts,
        withdrawn,
        project["version"],
        ontology=read_ontology(project),
        minter=project.minter,
        released=project.released_ids((old, new)),
    )
    project.write_all({project.root / name: text.encode() for name, text in changed.items()})
    for name in sorted(changed):
        click.echo(worded("changed {name}", name=name))
