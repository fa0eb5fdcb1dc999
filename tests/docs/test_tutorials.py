"""The tutorials work as they are written."""

import re
from pathlib import Path

import pytest
from docs.session import SERVICE, WIKIDATA, PageError, Session, Step, is_like, steps

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
USERS = ["researcher", "publisher", "integrator", "curator"]
LINK = re.compile(r"<(http://127\.0\.0\.1:8000/[^>\s]*)>")
STARTS_ITSELF = re.compile(r"^\$ kg serve", re.MULTILINE)


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("user", USERS)
def test_each_step_of_a_tutorial_prints_what_the_page_shows(user, tmp_path, request):
    """Each step of a tutorial can be done, prints what the page shows, and the addresses that it opens exist."""
    page = (DOCS / f"tutorial-{user}.md").read_text(encoding="utf-8")
    there = {} if STARTS_ITSELF.search(page) else {SERVICE: request.getfixturevalue("served")}
    if WIKIDATA in page:
        there[WIKIDATA] = request.getfixturevalue("wikidata")
    session = Session(tmp_path, there)
    try:
        for step in steps(page):
            printed = session.do(step)
            assert is_like(step.shown, printed), f"{step.text}\nprints\n{printed}\nand the page shows\n{step.shown}"
        lost = [address for address in LINK.findall(page) if session.reach(address) != 200]
    finally:
        session.close()

    assert lost == []


def anchors(page: str) -> set[str]:
    """The fragments of the headings of a page, as forges make them."""
    heads = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages(path):
    """Each link of a page to a file of the repository leads to one that is there, and to a heading that it has."""
    lost = []
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", re.sub(r"\n", "", text)):
        name, _, fragment = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (fragment and fragment not in anchors(there.read_text(encoding="utf-8"))):
            lost.append(target)

    assert lost == []


def test_each_page_is_listed():
    """The README leads to every page of the documentation."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in sorted(DOCS.iterdir()) if f"(docs/{path.name})" not in readme] == []


@pytest.mark.parametrize(
    ("shown", "printed", "alike"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\n", "a\nb\nc\n", True),
        ("…\nc\n", "a\nb\nc\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("", "a\n", False),
    ],
)
def test_a_line_of_three_dots_stands_for_any_lines(shown, printed, alike):
    """A line … stands for any lines, and for nothing else."""
    assert is_like(shown, printed) is alike


@pytest.mark.parametrize(
    "page", ["Words:\n\n```sh\nls\n```\n", "Words:\n\n```python\nprint(1)\n```\n\n```console\n$ true\n```\n"]
)
def test_a_block_that_nobody_can_do_is_told(page):
    """A block that nobody can do, or a snippet that shows nothing, is told of instead of left out."""
    with pytest.raises(PageError):
        list(steps(page))


def test_a_command_that_fails_is_told_with_what_it_printed(tmp_path):
    """A command that ends with another code than 0 is told of, with what it printed."""
    session = Session(tmp_path)

    with pytest.raises(PageError, match="ends with 3") as told:
        session.do(Step("command", "", "echo here; exit 3"))
    assert "here" in str(told.value)
