"""What the documentation says is what the program does."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import kg.cli  # noqa: F401  the commands register themselves
from kg import __version__
from kg.cli.program import ORDER, program
from kg.model.project import Project
from kg.model.settings import SETTINGS
from kg.release.folder import write_release

DOCUMENTS_ABOUT_CODE = ["ARCHITECTURE.md", "GLOSSARY.md", "THREAT_MODEL.md", "CONTRIBUTING.md"]
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def readme(root):
    """The text of the README."""
    return (root / "README.md").read_text(encoding="utf-8")


def console_blocks(text: str) -> list[tuple[str, str]]:
    """Each command of the console blocks with the output that the text shows for it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = piece.partition("\n")
            found.append((command.strip(), output.rstrip("\n")))
    return found


def test_every_command_is_documented(readme):
    """The README's table of commands has each command of the program and no other."""
    rows = re.findall(r"^\| `(\w+)[^|]*(?:\\\|[^|]*)*` \|", readme.split("## The commands")[1], re.MULTILINE)

    assert [row for row in rows if row in ORDER] == program.list_commands(click.Context(program))


def test_every_command_explains_itself():
    """Each command has a help text, and each of its options too."""
    for name, command in program.commands.items():
        assert command.help, name
        for option in command.params:
            is_silent = isinstance(option, click.Option) and not option.help
            assert not is_silent, f"{name} {option.name}"


def test_every_setting_is_documented(readme):
    """The README's table of settings is the table of the program."""
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]*) \| ([^|]*) \|$", readme.split("## Settings")[1], re.MULTILINE)

    shown = {None: "required", "": "empty"}
    expected = [(s.key, shown.get(s.default, f"`{s.default}`"), s.help) for s in SETTINGS]
    assert rows == expected


def test_the_readme_shows_real_output(readme, root, release, tmp_path):
    """Each command of the README's terminal gives the output that stands there."""
    for part in ("data", "ontology", "queries", "shapes"):
        (tmp_path / part).symlink_to(root / part)
    (tmp_path / "kg.toml").symlink_to(root / "kg.toml")
    write_release(release.files, tmp_path / "dist")
    blocks = [(command, shown) for command, shown in console_blocks(readme) if command.startswith("kg ")]
    assert len(blocks) >= 3
    for command, shown in blocks:
        done = subprocess.run(
            f"{sys.executable} -m {command}",
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "COLUMNS": "120"},
        )
        lines = [line.rstrip() for line in done.stdout.splitlines()]

        assert lines == shown.splitlines(), f"{command}\n{done.stdout}{done.stderr}"


def test_all_files_agree_on_the_version(root):
    """Package, data set, changelog (what is released of it), citation and ontology agree on the version."""
    headings = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    changelog = [heading for heading in headings if heading != "Unreleased"]
    citation = re.search(r'^version: "(.*)"', (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    ontology = re.search(r'owl:versionInfo "(.*?)"', (root / "ontology" / "social-response.ttl").read_text())

    assert __version__ == changelog[0] == citation[1] == ontology[1] == Project.open(root)["version"]


def test_folders_of_the_readme_exist(readme, root):
    """The README's table of folders has each folder of the sources, and each exists."""
    rows = re.findall(r"^\| `(\w+)/` \|", readme, re.MULTILINE)
    here = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}

    assert set(rows) >= here - {"releases"}
    assert set(rows) - here <= {"dist"}


def test_rooms_of_the_readme_are_those_of_the_package(readme, root):
    """The README's picture names the rooms in the order that the imports obey, and the text below it the others."""
    flow = re.search(r"^text ─ (.*)$", readme, re.MULTILINE)[1]
    below = re.search(r"^`model` is what they share.*$", readme, re.MULTILINE)[0]
    named = re.findall(r"\w+", re.sub(r"facts|valid quads|dist/graph.nq", "", flow)) + re.findall(r"`(\w+)`", below)
    there = {path.parent.name for path in (root / "kg").glob("*/__init__.py")}

    assert named == ["curate", "graph", "release", "endpoint", "pages", "static_site", "model", "remote", "cli"]
    assert set(named) == there


def test_tool_settings_stand_in_one_file(root):
    """Settings of tools are in pyproject.toml only, and each ignored rule has its reason beside it."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    tools = tomllib.loads(text)["tool"]
    ignored = tools["ruff"]["lint"]["ignore"]

    assert {"ruff", "mypy", "pytest", "hatch"} <= tools.keys()
    for rule in ignored:
        assert re.search(rf'"{rule}",\s*# \S+', text), f"{rule} is ignored without a reason"
    others = ["setup.cfg", "pytest.ini", "ruff.toml", "mypy.ini", "tox.ini", ".flake8"]
    assert not [name for name in others if (root / name).exists()]


def test_each_test_says_what_it_holds(root):
    """Every test has a name of at least three words and a docstring whose first line is one sentence."""
    silent = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                first = (ast.get_docstring(node) or "").partition("\n")[0]
                words = node.name.removeprefix("test_").split("_")
                if len(words) < 3 or not first.endswith("."):
                    silent.append(f"{path.relative_to(root)}: {node.name}")

    assert silent == []


def test_the_threat_model_names_tests_that_exist(root):
    """Each promise of the threat model names a test, or a file of tests, that is there."""
    text = (root / "THREAT_MODEL.md").read_text(encoding="utf-8")
    written = "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("test_*.py")))
    rows = [line for line in text.split("## The limits")[0].splitlines() if line.startswith("| ")][1:]

    assert len(rows) > 10
    for row in rows:
        held = re.findall(r"`([^`]+)`", row.split("|")[3])
        assert held, row
        for name in held:
            assert (root / name).exists() or f"def {name}(" in written, name


def names_in(path: Path) -> set[str]:
    """The classes, functions, methods and constants of a Python file, methods as ``Class.method``."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, FUNCTIONS)}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("document", DOCUMENTS_ABOUT_CODE)
def test_documents_name_code_that_exists(document, root):
    """Each file that a document about the code names is there, and each function named after a colon is in it."""
    text = (root / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:kg|tests|ontology|shapes|queries|assets)/[\w./-]+?)(?::([\w.]+))?`", text)
    wrong = []
    for path, name in named:
        if not (root / path).exists():
            wrong.append(path)
        elif name and name not in names_in(root / path):
            wrong.append(f"{path}:{name}")

    assert named
    assert not wrong


def dead_links(path: Path) -> list[str]:
    """The links of a Markdown file that lead to no file."""
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    return [f"{path.name} links to {link}" for link in links if not (path.parent / link).exists()]


def test_no_document_is_named_that_is_not_in_the_repository(root):
    """Code and documents refer to nothing that a reader of the repository cannot open."""
    command = ["git", "ls-files", "*.py", "*.md", "*.toml", "*.html"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()
    elsewhere = "DESI" + "GN"

    assert not [name for name in listed if re.search(rf"\b{elsewhere}\b", (root / name).read_text(encoding="utf-8"))]
    assert not [link for name in listed if name.endswith(".md") for link in dead_links(root / name)]


_QUOTE_APART = re.compile(r"sr:quote \?\w+ ;[^.{}]*?sr:evidence[/ ]|sr:evidence[/ ][^.{}]*?;[^.{}]*?sr:quote \?")


def test_no_query_that_is_shown_takes_words_and_place_from_different_nodes(root):
    """Of an assertion with two passages, its quotes and their passages do not pair: both are asked of the passage."""
    assert _QUOTE_APART.search("?a sr:quote ?q ; sr:evidence/sr:inSentence ?s")
    assert _QUOTE_APART.search("?a sr:evidence ?e ; sr:quote ?q . ?e sr:inSentence ?s")
    assert not _QUOTE_APART.search("?a sr:evidence ?e . ?e sr:quote ?q ; sr:inSentence ?s")
    shown = [*root.glob("*.md"), *root.glob("docs/*.*"), *root.glob("queries/examples/*.rq"), *root.rglob("kg/**/*.rq")]
    texts = {path: path.read_text(encoding="utf-8") for path in shown if path.suffix in {".md", ".ipynb", ".rq"}}
    assert len(texts) > 60
    apart = [f"{path.name}: {found[0]}" for path, text in texts.items() if (found := _QUOTE_APART.search(text))]
    assert not apart
