"""A project's ontology, shapes, rules and checks add to those of the package, and change nothing of them."""

import hashlib
import shutil
from pathlib import Path

import pytest
import yaml

from kg.model.errors import InputError, KgError, Problem
from kg.model.project import Project
from kg.release.gate import check_project, engine_of

HERE = Path(__file__).resolve().parent
CASES = sorted((HERE / "folders").glob("*.yaml"))


def put_together(case: dict, folder: Path, root: Path) -> None:
    """The project of a case: the base of wrong input with files, copies and links."""
    shutil.copytree(HERE / "errors" / "base", folder)
    description, text = folder / "data" / "ici" / "document.toml", folder / "data" / "ici" / "text.txt"
    description.write_text(description.read_text().replace("SUM", hashlib.sha256(text.read_bytes()).hexdigest()))
    settings = folder / "kg.toml"
    settings.write_text(case.get("settings", 'base = "https://example.org/"') + "\n" + settings.read_text())
    for name in case.get("folders", []):
        (folder / name).mkdir(parents=True)
    for name, content in case.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for name in case.get("copies", []):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data = (root / name).read_bytes() + case.get("append", {}).get(name, "").encode()
        (folder / name).write_bytes(data.replace(b"\n", b"\r\n") if case.get("line_ends") else data)
    for name, target in case.get("links", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(root / target)


def told(problems, folder: Path) -> list[tuple[str, str]]:
    """The places and codes of problems or notes; LAST is the last line of a file."""
    places = []
    for problem in problems:
        lines = len((folder / problem.file).read_bytes().splitlines()) if problem.line else 0
        line = "LAST" if problem.line == lines > 100 else problem.line
        places.append((f"{problem.file}:{line}:{problem.column}" if problem.line else problem.file, problem.code))
    return places


def hold(found: list[Problem], expected: list[dict], folder: Path) -> None:
    """Problems or notes are those expected, with their words."""
    assert told(found, folder) == [(one["at"], one["code"]) for one in expected], "\n".join(map(str, found))
    for problem, one in zip(found, expected, strict=True):
        assert [words for words in one.get("says", []) if words not in str(problem)] == [], str(problem)
        assert problem.todo


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_folders_of_a_project_only_add(path, tmp_path, root):
    """What a project adds stands in its graph, is told in a note, or is refused with its place."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    put_together(case, tmp_path / "p", root)
    project = Project.open(tmp_path / "p")
    if "problems" in case or "error" in case:
        with pytest.raises(KgError) as caught:
            check_project(project, engine=engine_of(project))
        if isinstance(caught.value, InputError):
            hold(caught.value.problems, case["problems"], project.root)
        else:
            assert type(caught.value).__name__ == case["error"], str(caught.value)
            assert [words for words in case["says"] if words not in str(caught.value)] == [], str(caught.value)
        return
    checked = check_project(project, engine=engine_of(project))

    assert checked.report.conforms, checked.report_in_words("en")
    hold(list(checked.built.notes), case.get("notes", []), project.root)
    lines = [str(quad) for quad in checked.quads]
    for name, triples in case.get("graphs", {}).items():
        graph = project.minter.graph(name)
        assert [triple for triple in triples if f"{triple} {graph}" not in lines] == [], name
    assert [words for words in case.get("not", []) if any(words in line for line in lines)] == []
