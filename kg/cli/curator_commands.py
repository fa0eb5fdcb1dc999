"""The curator's commands: init, check, find, rename."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.program import as_json, program

if TYPE_CHECKING:
    from kg.curate.coverage import Coverage
    from kg.graph.builder import BuiltGraph
    from kg.model.project import Project


@program.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new project in DIR.

    It has a short text of its own, and builds and serves at once.
    """
    from kg.model.project import init_project

    for line in init_project(folder):
        click.echo(line)


@program.command()
@click.option("--coverage", "show_coverage", is_flag=True, help="Print each sentence, its facts and uncovered words.")
@click.option("--watch", is_flag=True, help="Check again at each change of a file, until Ctrl-C.")
@click.option("--schema", is_flag=True, help="Write the JSON Schema of the form to data/annotations.schema.json.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the problems here, as JSON.")
@as_json
@click.pass_obj
def check(root: Path, show_coverage: bool, watch: bool, schema: bool, report: Path | None, as_json: bool) -> None:
    """Hold annotations against text and ontology."""
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
        built = _checked(project)
    except InputError as error:
        write_report(report, [problem.as_dict() for problem in error.problems])
        if not as_json:
            raise
        click.echo(json.dumps([problem.as_dict() for problem in error.problems], ensure_ascii=False, indent=2))
        raise SystemExit(error.exit_code) from None
    write_report(report, [])
    click.echo(_coverage_json(built) if as_json else "\n".join(_lines(built, show_coverage)))


def write_report(path: Path | None, rows: Sequence[Mapping[str, object]]) -> None:
    """Write what was found to a file outside the release, where the user named one."""
    if path:
        from kg.model.errors import ReleaseError

        try:
            path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ReleaseError(f"{path}: the report cannot be written: {error.strerror}.") from None


def _checked(project: Project) -> BuiltGraph:
    from kg.graph.builder import build

    return build(project)


def _lines(built: BuiltGraph, show_coverage: bool) -> list[str]:
    """What ``kg check`` prints about a project without problems."""
    lines = []
    for covered in built.coverage:
        if show_coverage:
            lines += _coverage_lines(covered)
        lines.append(
            f"{covered.document}: {len(covered.sentences)} sentences, {covered.covered} of {covered.words} words "
            f"covered ({covered.share:.1%}), quotes of {covered.median_quote:g} words at the median."
        )
    lines.append(f"{len(built.things)} things, no problem.")
    return lines


def _coverage_lines(covered: Coverage) -> list[str]:
    """Each sentence with its number of facts; uncovered words stand between ⟦ ⟧. Then the longest quotes."""
    from kg.curate.coverage import LONGEST_QUOTE, word_count

    lines = []
    for row in covered.sentences:
        text = row.text
        for word in reversed(row.uncovered):
            start, end = word.start - row.sentence.start, word.end - row.sentence.start
            text = f"{text[:start]}⟦{text[start:end]}⟧{text[end:]}"
        lines.append(f"{row.sentence.number:>4}  {row.facts:>3} facts  {text}")
    lines.append("Longest quotes:")
    for quote in covered.quotes[:5]:
        count = word_count(quote)
        too_long = f"  (over {LONGEST_QUOTE}: quote less)" if count > LONGEST_QUOTE else ""
        lines.append(f"{count:>4} words  {quote}{too_long}")
    return lines


def _coverage_json(built: BuiltGraph) -> str:
    rows = [
        {
            "document": covered.document,
            "words": covered.words,
            "covered": covered.covered,
            "median_quote": covered.median_quote,
            "sentences": [
                {
                    "number": row.sentence.number,
                    "start": row.sentence.start,
                    "end": row.sentence.end,
                    "facts": row.facts,
                    "uncovered": [row.text[w.start - row.sentence.start : w.end - row.sentence.start]
                                  for w in row.uncovered],
                }
                for row in covered.sentences
            ],
        }
        for covered in built.coverage
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _write_schema(project: Project) -> str:
    from kg.curate.json_schema import annotation_schema
    from kg.model.ontology import read_ontology

    text = json.dumps(annotation_schema(read_ontology(project)), ensure_ascii=False, indent=2) + "\n"
    project.annotation_schema.write_text(text, encoding="utf-8")
    return f"Wrote {project.relative(project.annotation_schema)}."


def _watch(project: Project, show_coverage: bool) -> None:
    """Check at once and after each change below data/ and ontology/."""
    from watchfiles import watch

    from kg.model.errors import KgError

    def once() -> None:
        try:
            click.echo("\n".join(_lines(_checked(project), show_coverage)))
        except KgError as error:
            click.echo(str(error))
        click.echo("Watching for changes; Ctrl-C ends.")

    once()
    folders = [folder for folder in (project.data, project.ontology.parent) if folder.exists()]
    for _ in watch(*folders, raise_interrupt=False):
        click.echo("")
        once()


@program.command()
@click.argument("quote")
@click.option("--document", help="The document to look in; all of them unless told.")
@click.pass_obj
def find(root: Path, quote: str, document: str | None) -> None:
    """Print the passage nearest to QUOTE as a ready fact."""
    from kg.curate.quote_help import find_fact
    from kg.graph.builder import read_documents
    from kg.model.errors import InputError, KgError, Problem
    from kg.model.project import Project

    problems: list[Problem] = []
    documents, _ = read_documents(Project.open(root), problems)
    if not documents:
        raise InputError(problems)
    if document and document not in {one.id for one in documents}:
        raise KgError(f"there is no document '{document}'; there is {', '.join(one.id for one in documents)}.")
    found = [fact for one in documents if document in (None, one.id) and (fact := find_fact(one, quote))]
    if not found:
        click.echo("Nothing in the text comes near these words.", err=True)
        raise SystemExit(1)
    click.echo(max(found, key=lambda fact: fact[1])[0])


@program.command()
@click.argument("old")
@click.argument("new")
@click.pass_obj
def rename(root: Path, old: str, new: str) -> None:
    """Change the id OLD to NEW in all files.

    OLD is listed in data/withdrawn.yaml, with NEW as its successor.
    """
    from kg.curate.documents import decode_utf8
    from kg.curate.thing_ids import rename_thing as renamed
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
    changed = renamed(old, new, texts, withdrawn, project["version"])
    project.write_all({project.root / name: text.encode() for name, text in changed.items()})
    for name in sorted(changed):
        click.echo(f"changed {name}")
