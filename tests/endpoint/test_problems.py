"""The table of problems: one code and status for each, with words for people."""

import ast
import re
from pathlib import Path

import pytest

from kg.endpoint.problems import PROBLEMS, ProblemError
from kg.pages.shared.page_requests import PAGE_PROBLEMS, PageError, explain, words

PACKAGE = Path(__file__).parents[2] / "kg"
WORDLESS = {"reconciliation", "http.other"}
"""Problems whose remedy stands in the detail that they are handed."""


def raised():
    """Each place where a problem is made by its name: the place, the class, the name and the values."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"ProblemError", "PageError"}:
                names = [node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)]
                for name in (name for name in names if isinstance(name, str) and name.strip(".") == name and name):
                    yield f"{path.name}:{call.lineno}", call.func.id, name, call


def test_each_problem_that_is_raised_stands_in_the_table():
    """No error names a problem that its table does not have."""
    known = {"ProblemError": PROBLEMS, "PageError": PAGE_PROBLEMS}
    unknown = [
        (place, name)
        for place, error, name, call in raised()
        if name not in known[error] and not isinstance(call.args[0], ast.JoinedStr)
    ]

    assert len(list(raised())) > 30
    assert not unknown


def test_each_code_has_one_status_and_words_of_its_own():
    """Every name begins with a code that is an entry itself, and all names of a code have one status."""
    for name, problem in PAGE_PROBLEMS.items():
        assert PAGE_PROBLEMS[name.partition(".")[0]].status == problem.status, name


@pytest.mark.parametrize("name", PAGE_PROBLEMS)
def test_each_problem_has_words_in_both_languages(name):
    """What is wrong and what to do are sentences; French words take their values from the English ones."""
    problem = PAGE_PROBLEMS[name]
    french = words("fr").get(name) or words("fr")[name.partition(".")[0]]

    if name not in WORDLESS:
        assert problem.detail.endswith((".", "}.")), problem.detail
        assert problem.remedy.endswith("."), problem.remedy
        assert all(text.endswith((".", "}", "»")) for text in french)


def test_words_are_filled_in_once():
    """A value that looks like a place for another value, or like a graph pattern, stays as it is."""
    error = ProblemError("format", given="{types}", types="json, xml")

    assert error.detail == "There is no format '{types}'."
    assert "{ GRAPH ?g {} }" in ProblemError("no-graph", graph="http://ex/g").remedy
    assert explain(error, "fr")[0] == "Le format «\u00a0{types}\u00a0» n’existe pas ici."


def test_numbers_are_written_as_the_language_does():
    """Thousands are set apart by a comma in English and by a narrow space in French."""
    error = ProblemError("too-long", limit=60_000)

    assert "60,000 bytes" in error.detail
    assert "60\u202f000" in explain(error, "fr")[0]
    assert error.document()["limit"] == 60_000


def test_values_of_the_words_alone_are_no_members():
    """The problem document has the values, not those that only the words need."""
    document = PageError("no-thing.near", {"nearest": "<a:b>"}, thing="a:c", near="a:b").document()

    assert "The nearest ids are <a:b>." in document["detail"]
    assert set(document) == {"title", "status", "detail", "code", "thing", "near"}
    assert re.fullmatch("no-thing", document["code"])
