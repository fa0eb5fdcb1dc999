"""A project that a careless curator spoiled: ``kg check`` says it, with the place and what to do.

A case of ``spoiled/`` changes the small project of ``tests/mini/`` and lists what must be found in it, besides what is
found in the small project as it is: all errors, violations and warnings, and those hints that it names. The line that
is told is the one with the mark ``# here``, or the one of ``at``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from spoiled_projects import put_together

from kg.graph.builder import DocumentCache
from kg.graph.constraints import ValidationResult
from kg.graph.validator import native_results
from kg.model import ontology
from kg.model.errors import InputError, KgError
from kg.model.iris import HOME
from kg.model.iris import PREFIXES as PREFIXES_OF_ALL
from kg.model.project import Project
from kg.release import gate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MINI = HERE.parent / "mini"
MARK = "# here"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}-{re.sub('[^a-z0-9]+', '-', case['what'].lower()).strip('-')}")
    for path in sorted((HERE / "spoiled").glob("*.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1)
]
CACHE = DocumentCache()
PREFIXES = "".join(
    f"@prefix {prefix}: <{iri}> .\n"
    for prefix, iri in (
        *((name, PREFIXES_OF_ALL[name]) for name in ("dct", "owl", "schema", "skos", "sr")),
        *((name, f"{HOME}id/{name}/") for name in ("scheme", "type-initiative")),
        ("my", "https://example.org/mini/terms#"),
        ("wd", "http://www.wikidata.org/entity/"),
        ("eurovoc", "http://eurovoc.europa.eu/"),
    )
)

Found = tuple[str, str, str, str]
"""Severity, the name of the shape, check or kind of error, place, words."""


@pytest.fixture(scope="module", autouse=True)
def _shared() -> Iterator[None]:
    """Read ontology, shapes and checks of the repository once for all cases."""
    read_queries, read_shapes = cache(gate.read_queries), cache(gate.read_shapes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "read_queries", lambda paths: read_queries(tuple(paths)))
        patch.setattr(gate, "read_shapes", lambda paths: read_shapes(tuple(paths)))
        patch.setattr(gate, "validate_checks", lambda checks: checks)  # those of the package are tried elsewhere
        patch.setattr(ontology, "read_turtle_lines", cache(ontology.read_turtle_lines))
        yield


def found_in(folder: Path, hints: bool = False) -> list[Found]:
    """What ``kg check`` finds in a project, or ``kg check --hints``."""
    try:
        project = Project.open(folder)
        checked = gate.check_project(project, engine=native_results, cache=CACHE)
    except InputError as error:
        problems = error.problems
        return [("error", p.code, f"{p.file}:{p.line}" if p.line else p.file, f"{p.found} {p.todo}") for p in problems]
    except KgError as error:
        return [("error", type(error).__name__, "", str(error))]
    results = [*checked.report.results, *(gate.hints_of(project, checked).results if hints else ())]
    return [_told(result, checked) for result in results]


def _told(result: ValidationResult, checked: gate.CheckedProject) -> Found:
    """A result as people read it, in English."""
    assert set(result.messages) == {"fr", "en"}
    place = re.match(r"(?:([^\s:]+:\d+):\d+: )?", checked.in_words([result], "en"))
    name = result.source.rsplit("#", 1)[-1].removeprefix("check-")
    return result.severity, name, (place and place[1]) or "", result.messages["en"]


def spoil(case: dict[str, Any], folder: Path) -> None:
    """Make the project of a case; its ``terms`` are in a file of the project's own, with the prefixes of the shared."""
    files = {"ontology/terms.ttl": PREFIXES + case["terms"]} if "terms" in case else {}
    put_together({**case, "own": True, "files": {**case.get("files", {}), **files}}, MINI, folder, ROOT)


@cache
def found_anyway() -> frozenset[Found]:
    """What is found in the small project as it is, without its lines."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "mini"
        spoil({}, folder)
        found = found_in(folder, hints=True)
        assert {severity for severity, *_ in found} == {"warning", "hint"}, found
        return frozenset(map(_without_line, found))


def _without_line(found: Found) -> Found:
    severity, name, place, words = found
    return severity, name, place.partition(":")[0], words


def marked(folder: Path) -> list[str]:
    """The places with the mark of a case, by file and line."""
    files = sorted([*folder.glob("data/**/*.*"), *folder.glob("ontology/*.ttl"), folder / "kg.toml"])
    return [
        f"{path.relative_to(folder).as_posix()}:{number}"
        for path in files
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n"), 1)
        if MARK in line
    ]


@pytest.mark.parametrize("case", CASES)
def test_a_spoiled_project_is_told_with_place_and_remedy(case, tmp_path):
    """Each way to spoil a project is told, where a curator finds it, with what to do."""
    folder = tmp_path / "p"
    spoil(case, folder)
    named = {row["hint"] for row in case["finds"] if "hint" in row}
    new = [one for one in found_in(folder, bool(named)) if _without_line(one) not in found_anyway()]
    told = [one for one in new if one[0] != "hint" or one[1] in named]
    marks = marked(folder)
    expected = _expected(case["finds"], marks)
    assert sorted(one[:3] for one in told) == sorted(one[:3] for one in expected), new
    for one in expected:
        assert [words for *where, words in told if tuple(where) == one[:3] and one[3] in words], (one, new)


def _expected(rows: list[dict[str, str]], marks: list[str]) -> list[Found]:
    """What the rows of a case expect: each at a mark of its own, those after the last mark at that one."""
    places = iter(marks)
    expected = []
    place = ""
    for row in rows:
        severity = next(iter(row))
        if "at" not in row:
            place = next(places, place)
        expected.append((severity, row[severity], row.get("at", place), row["says"]))
    return expected
