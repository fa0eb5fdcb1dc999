"""Projects: settings, paths, new projects, and files that are written whole."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import program
from kg.cli.curator_commands import create_project
from kg.graph.builder import build
from kg.model.errors import ProjectError
from kg.model.iris import IriMinter
from kg.model.project import Project
from kg.model.settings import SETTINGS

TITLE = '[title]\nfr = "Titre"\nen = "Title"\n'


def opened(folder, settings: str) -> Project:
    """The project of a kg.toml."""
    (folder / "kg.toml").write_text(settings, encoding="utf-8")
    return Project.open(folder)


def test_settings_not_given_have_their_defaults(tmp_path):
    """Settings that are not given have the default of the table, which has one sentence on each."""
    project = opened(tmp_path, TITLE)

    for setting in SETTINGS:
        assert project[setting.key] == (setting.default if setting.default is not None else project[setting.key])
        assert re.fullmatch(r"[A-Z].*\.", setting.help), setting.key
    assert project["base"] == "https://example.org/"
    assert project.public_url == "https://example.org/"
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)


def test_settings_of_a_file(tmp_path):
    """Settings stand under their dotted keys, dates as text or as dates."""
    more = 'base = "https://a.org/b/"\nversion = "1.2.3"\nreleased = 2026-01-02\n'
    project = opened(tmp_path, f'public_url = "http://localhost:8000/"\n{more}{TITLE}[limits]\nrows = 5\n')

    assert project["released"] == "2026-01-02"
    assert (project["limits.rows"], project["limits.seconds"]) == (5, 10)
    assert project.public_url == "http://localhost:8000/"
    assert project.minter == IriMinter("https://a.org/b/")
    assert project["title.fr"] == "Titre"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('base = "ftp://example.org/"', "'base' is 'ftp://example.org/'"),
        ('base = "https://example.org/?a/"', "'base' is"),
        ('base = "https://example.org/#/"', "'base' is"),
        ('base = ""', "'base' is ''"),
        ('base = "https://exa{mple}.org/"', "'base' is"),
        ('version = "1.2"', "'version' is '1.2'; give three numbers"),
        ('version = "1.2.3-rc1"', "'version' is"),
        ('released = "soon"', "'released' is 'soon'; give a date"),
        ("released = 5", "it takes text"),
        ('licence = ""', "'licence' is ''"),
        ("limits.rows = -1", "give a number above zero"),
        ("limits.rows = 1.5", "it takes a number"),
        ("limits.rows = true", "it takes a number"),
        ("limits = 5", "there is no setting 'limits'"),
        ("colour = 'blue'", "there is no setting 'colour'; those known are title.fr"),
    ],
)
def test_a_wrong_setting_is_told_with_what_to_give(tmp_path, setting, words):
    """A setting that is unknown or wrong is told with its name, its value and what to give."""
    with pytest.raises(ProjectError, match=re.escape(words)) as caught:
        opened(tmp_path, f"{setting}\n{TITLE}")
    assert str(tmp_path / "kg.toml") in str(caught.value)


def test_documents_are_folders_in_the_order_of_their_names(tmp_path):
    """Each folder of data/ is a document but for hidden ones; files are not."""
    project = opened(tmp_path, TITLE)
    assert project.documents() == []
    for name in ("b", "a", ".hidden"):
        (project.data / name).mkdir(parents=True)
    (project.data / "withdrawn.yaml").write_text("[]")

    assert [path.name for path in project.documents()] == ["a", "b"]


def test_sources_are_the_files_that_hold_ids(mini):
    """Annotations, vocabulary, examples and withdrawn ids are the files in which a rename looks."""
    (mini.examples).mkdir(parents=True)
    (mini.examples / "001-a.rq").write_text("SELECT * {}")
    (mini.root / "ontology").mkdir()
    (mini.root / "ontology" / "own.ttl").touch()
    names = [mini.relative(path) for path in mini.sources()]

    assert names == [
        "data/atelier-du-canal/annotations.yaml",
        "data/jardin-des-ponts/annotations.yaml",
        "ontology/own.ttl",
        "queries/examples/001-a.rq",
        "data/withdrawn.yaml",
    ]


def test_paths_in_messages(mini, tmp_path):
    """A path is shown below the project or the package with slashes, and whole where it is elsewhere."""
    assert mini.relative(mini.root / "shapes" / "own.ttl") == "shapes/own.ttl"
    assert mini.relative(mini.concepts) == "<package>/ontology/concepts.ttl"
    assert mini.relative(tmp_path / "else") == (tmp_path / "else").as_posix()


def test_a_project_at_the_root_of_a_checkout_has_folders_of_its_own(mini, root, monkeypatch):
    """Opened from its own folder, the project that holds the shared files calls nothing the package's."""
    monkeypatch.chdir(root)
    here = replace(mini, root=Path())
    assert here.relative(Path("dist").absolute()) == "dist"
    assert here.relative(here.concepts) == "ontology/concepts.ttl"


def test_a_file_that_cannot_be_read(mini):
    """A missing file and a folder in its place are told by name."""
    with pytest.raises(ProjectError, match="data/none: the file is missing"):
        mini.read(mini.data / "none")
    with pytest.raises(ProjectError, match="data: cannot be read: "):
        mini.read(mini.data)


def test_files_are_written_whole_or_not_at_all(mini):
    """Where one file cannot be written none is, and no draft stays behind."""
    good, bad = mini.data / "good", mini.data / "missing" / "bad"
    with pytest.raises(ProjectError, match="data/missing/bad: cannot be written"):
        mini.write_all({good: b"new", bad: b"new"})

    assert not good.exists()
    assert [path.name for path in mini.data.iterdir() if path.name.startswith(".")] == []


def test_a_new_project(tmp_path):
    """A new project has text, settings, queries and the JSON Schema, and reads what is shared from the package."""
    done = CliRunner().invoke(program, ["init", str(tmp_path / "a" / "new")])
    project = Project.open(tmp_path / "a" / "new")

    assert project["base"] == "https://example.org/"
    assert {path.name for path in project.root.iterdir()} == {".gitignore", "data", "kg.toml", "queries"}
    assert [path.name for path in (project.root / "queries").iterdir()] == ["examples"]
    assert "Initiative" in project.annotation_schema.read_text(encoding="utf-8")
    files = (project.ontology, *project.shapes, *project.rules, *project.checks, *project.examples.glob("*.rq"))
    assert len([path for path in files if path.exists()]) == len(files) > 50
    assert build(project).notes == ()
    assert [path.name for path in project.documents()] == ["exemple"]
    assert not list(project.root.rglob("README.md"))
    assert f"kg --project {tmp_path / 'a' / 'new'} build" in done.output


def test_a_new_project_in_an_empty_folder(tmp_path):
    """An empty folder can become a project."""
    create_project(tmp_path)

    assert Project.open(tmp_path).documents()


def test_a_new_project_needs_room(tmp_path):
    """A folder with files and a file are refused and left as they are."""
    (tmp_path / "mine").write_text("mine")
    for place in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ProjectError, match="there is something here already"):
            create_project(place)
    with pytest.raises(ProjectError, match="cannot be written"):
        create_project(tmp_path / "mine" / "below")

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_nothing_is_left_of_a_new_project_that_fails(tmp_path, monkeypatch):
    """A new project that cannot be finished leaves nothing behind, and an empty folder empty."""

    def copy(source, target, **how):
        if Path(target).name == "kg.toml":
            raise OSError("no room")
        return original(source, target, **how)

    original = shutil.copyfile
    monkeypatch.setattr(shutil, "copyfile", copy)
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        with pytest.raises(ProjectError, match="cannot be written: no room"):
            create_project(tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("how", ["size=16k", "ro"])
def test_nothing_is_left_of_a_new_project_on_a_disk_that_takes_none(tmp_path, how, require):
    """On a full or read-only disk kg init says one line, and leaves no folder and no file."""
    works = shutil.which("unshare") and subprocess.run(["unshare", "-rm", "true"], check=False).returncode == 0
    require(bool(works), "kg init on a full disk", "unshare, with a user namespace")
    init = f"{sys.executable} -m kg init {tmp_path}/disk/a/new"
    script = f"mkdir {tmp_path}/disk && mount -t tmpfs -o {how} none {tmp_path}/disk && {init}; ls -A {tmp_path}/disk"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)

    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert ("No space left" if "size" in how else "Read-only file system") in done.stderr
