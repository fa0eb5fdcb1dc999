"""What ``kg build`` refuses, ``kg check`` refuses too, with the same words, and it writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import program
from kg.graph import builder
from kg.graph.builder import DocumentCache
from kg.model.errors import InputError, QueryError
from kg.model.project import Project
from kg.release import gate


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Put new words in the place of old ones in a file of the project."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(root: Path, name: str, text: str) -> None:
    """Add text to a file, or make it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


VELO = "data/atelier-du-canal/annotations.yaml"
HEADER = "#+ summary:\n#+   fr: Une.\n#+   en: One.\n"
MESSAGE = "#+ message:\n#+   fr: Faux.\n#+   en: Wrong.\n#+ severity: violation\n"
SHACL = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n@prefix sr: <https://w3id.org/social-response/ontology#> .\n"

SPOILS = {
    "a time span without EDTF": lambda root: edit(root, VELO, "edtf", "skos:notation"),
    "a self-claim as fact": lambda root: edit(
        root,
        VELO,
        "un service de prêt de vélos\n    modality: reported",
        "un service de prêt de vélos\n    modality: self-claim",
    ),
    "two facts of one statement in two modalities": lambda root: edit(
        root,
        VELO,
        "La Vélothèque prête des vélos\n    modality: reported",
        "La Vélothèque prête des vélos\n    modality: intended",
    ),
    "an unknown property beside a rule that is none": lambda root: (
        edit(root, VELO, "property: mentionedAs", "property: calledAs"),
        add(root, "queries/rules/90-own.rq", f"{HEADER}SELECT * {{ ?s ?p ?o }}"),
    ),
    "a rule that makes blank nodes": lambda root: add(
        root, "queries/rules/90-own.rq", f"{HEADER}CONSTRUCT {{ ?s ?p [] }} WHERE {{ ?s ?p ?o }}"
    ),
    "two checks that are none": lambda root: (
        add(root, "queries/checks/90-own.rq", f"{HEADER}SELECT ?focus {{ ?focus a ?x }}"),
        add(root, "queries/checks/91-own.rq", f"{HEADER}{MESSAGE}SELECT ?focus {{"),
    ),
    "a check that finds something": lambda root: add(
        root,
        "queries/checks/90-own.rq",
        f"{HEADER}{MESSAGE}SELECT ?focus {{ ?focus a <https://w3id.org/social-response/ontology#Initiative> }}",
    ),
    "a shape that finds something": lambda root: add(
        root,
        "shapes/own.ttl",
        f"{SHACL}<urn:own> a sh:NodeShape ; sh:targetClass sr:Initiative ; sh:nodeKind sh:Literal .",
    ),
    "shapes that are not well-formed": lambda root: add(
        root,
        "shapes/own.ttl",
        f"{SHACL}<urn:own> a sh:PropertyShape ; sh:targetClass sr:Initiative ; sh:path sr:edtf ; sh:minCount 1 , 2 .",
    ),
    "shapes that are no Turtle": lambda root: add(root, "shapes/own.ttl", "@prefix"),
    "a rule whose spelling no store keeps": lambda root: add(
        root,
        "queries/rules/90-own.rq",
        f"{HEADER}CONSTRUCT {{ ?s <urn:p> 1.50 }} WHERE {{ ?s a <https://w3id.org/social-response/ontology#Place> }}",
    ),
    "an id that is withdrawn and described": lambda root: add(
        root, "data/withdrawn.yaml", "- id: initiative/velotheque\n  reason: {fr: partie, en: gone}\n"
    ),
    "a text that was changed": lambda root: add(root, "data/atelier-du-canal/text.txt", "Encore une phrase.\n"),
    "a setting that is none": lambda root: add(root, "kg.toml", "[limits]\nseconds = 0\n"),
    "a kept release that is cut short": lambda root: (
        add(root, "releases/0.0.9/graph.nq", "<urn:s> <urn:p> <urn:o"),
        add(root, "releases/0.0.9/SHA256SUMS", ""),
    ),
}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_check_refuses_what_build_refuses(spoil, mini):
    """Each project that the build refuses is refused by the check with the same words and exit code."""
    spoil(mini.root)
    before = contents(mini.root)
    checked = CliRunner().invoke(program, ["--project", str(mini.root), "check", "--language", "en"])
    built = CliRunner().invoke(program, ["--project", str(mini.root), "build", "--language", "en"])
    words = [line for line in built.stderr.splitlines() if not line.startswith("·")]
    assert built.exit_code in {1, 2}
    assert (checked.exit_code, checked.stderr.splitlines()) == (built.exit_code, words)
    assert contents(mini.root) == before


def test_check_tells_what_is_wrong_in_different_folders_at_once(mini):
    """A wrong fact, a wrong rule, two wrong checks and a wrong shape are told in one answer."""
    for name in (
        "an unknown property beside a rule that is none",
        "two checks that are none",
        "shapes that are no Turtle",
    ):
        SPOILS[name](mini.root)
    told = CliRunner().invoke(program, ["--project", str(mini.root), "check"]).stderr
    for words in ("calledAs", "rules/90-own.rq", "checks/90-own.rq", "shapes/own.ttl", "problems; nothing was written"):
        assert words in told


def test_check_tells_warnings(mini):
    """What the build warns of, the check tells too, and ends with 0."""
    edit(
        mini.root,
        VELO,
        "  - property: targets\n    value: public/travailleurs-de-nuit\n",
        "  - property: involves\n    value: public/travailleurs-de-nuit\n",
    )
    checked = CliRunner().invoke(program, ["--project", str(mini.root), "check", "--language", "en"])
    assert checked.exit_code == 0
    assert "Warning · initiative/velotheque · sr:targets" in checked.output


def test_check_tells_that_another_graph_is_kept_under_the_version(mini):
    """Where another graph is kept under this version the check says that a release needs a new one, and ends with 0."""
    run = lambda *words: CliRunner().invoke(program, ["--project", str(mini.root), *words])  # noqa: E731
    assert run("build", "--release").exit_code == 0
    assert "holds another graph" not in run("check").output
    edit(mini.root, VELO, "en: the Vélothèque bicycle library", "en: the Vélothèque")
    checked = run("check")
    assert checked.exit_code == 0
    assert "releases/0.1.0 holds another graph" in checked.output
    assert run("build", "--release").exit_code == 2


def test_what_has_not_changed_is_not_read_again(mini, monkeypatch):
    """A second check with the same cache reads only the document whose bytes have changed."""
    read = []
    for name in ("parse_document", "parse_entries"):
        original = getattr(builder, name)
        monkeypatch.setattr(
            builder, name, lambda *given, original=original: (read.append(given[-2]), original(*given))[1]
        )
    cache = DocumentCache()
    first = gate.check_project(mini, engine=gate.engine_of(mini), cache=cache)
    assert len(read) == 4
    read.clear()
    edit(mini.root, VELO, "en: the Vélothèque bicycle library", "en: the Vélothèque")
    second = gate.check_project(Project.open(mini.root), engine=gate.engine_of(mini), cache=cache)
    assert read == [VELO]
    assert len(second.quads) == len(first.quads)
    assert second.quads != first.quads


@pytest.mark.parametrize(
    ("message", "problems"),
    [
        ("a.rq: it is wrong. Correct it.", [("a.rq: it is wrong", "Correct it.")]),
        ("a.rq: wrong. Correct it.\nb.rq: so. Do that.", [("a.rq: wrong", "Correct it."), ("b.rq: so", "Do that.")]),
        ("2 are lost:\n    <a>\n    <b>\nWrite them anew.", [("2 are lost:\n    <a>\n    <b>", "Write them anew.")]),
        ("a.rq: wrong", [("a.rq: wrong", "Correct this first: it hides what else may be wrong.")]),
    ],
)
def test_errors_of_several_kinds_become_problems_with_a_remedy(message, problems):
    """Errors that are told together are problems, each whole and with what to do about it."""
    error = gate.joined_error([QueryError(message), QueryError("z.rq: other. Correct that.")])

    assert isinstance(error, InputError)
    assert [(problem.found, problem.todo) for problem in error.problems if problem.found != "z.rq: other"] == problems
    assert all(problem.todo for problem in error.problems)


def test_a_kept_release_that_is_as_released_is_not_read_again(mini, monkeypatch):
    """The release kept before is parsed only where its graph has another checksum than it had."""
    project = ["--project", str(mini.root)]
    assert CliRunner().invoke(program, [*project, "build", "--release"]).exit_code == 0
    edit(mini.root, "kg.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    read: list[str] = []
    monkeypatch.setattr(gate, "read_graph", lambda _, name: read.append(Path(name).name))
    assert CliRunner().invoke(program, [*project, "check"]).exit_code == 0
    assert read == []
    with (mini.releases / "0.1.0" / "graph.nq").open("ab") as file:
        file.write(b"\n")
    assert CliRunner().invoke(program, [*project, "check"]).exit_code == 0

    assert read == ["0.1.0"]
