"""A release has the same bytes wherever, whenever and by whomever it is built."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

DRIVER = """
    import os, sys, time
    if "late" in sys.argv:
        time.time = lambda: 4e9
    if "reversed" in sys.argv:
        listdir, scandir = os.listdir, os.scandir
        os.listdir = lambda *where: sorted(listdir(*where), reverse=True)
        class Reversed(list):
            def __enter__(self): return self
            def __exit__(self, *_): pass
            def close(self): pass
        os.scandir = lambda *where: Reversed(sorted(scandir(*where), key=lambda e: e.name, reverse=True))
    from pathlib import Path
    from kg.model.project import Project
    from kg.release.assembly import make_release
    from kg.release.folder import write_release
    write_release(make_release(Project.open(Path(sys.argv[1]))).files, Path(sys.argv[2]))
"""

LAST_LINE = textwrap.dedent(DRIVER).splitlines()[-1]
"""The line that builds."""

PARTS = ("data", "ontology", "shapes", "queries", "releases")


def copy_project(root: Path, folder: Path, backwards: bool = False) -> Path:
    """A copy of the sources of the project; its files are made in the opposite order where asked."""
    files = [path for part in PARTS for path in sorted((root / part).rglob("*")) if path.is_file()]
    for path in [*(reversed(files) if backwards else files), root / "kg.toml"]:
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return folder


def build_elsewhere(project: Path, target: Path, *words: str, env: dict[str, str] | None = None, **how: object) -> Path:
    """Build the project in a process with another environment."""
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), str(project), str(target), *words]
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, **how
    )
    assert done.returncode == 0, done.stderr
    return target


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def root(tmp_path_factory, mini_factory):
    """The folder of the small project."""
    return mini_factory(tmp_path_factory.mktemp("bytes") / "mini").root


@pytest.fixture(scope="module")
def reference(tmp_path_factory, root):
    """The release as it is built here and now, in the folder of the project."""
    return contents(build_elsewhere(root, tmp_path_factory.mktemp("reference") / "dist", env={"PYTHONHASHSEED": "0"}))


@pytest.mark.parametrize(
    ("words", "env", "umask"),
    [
        ((), {"PYTHONHASHSEED": "1"}, 0o022),
        ((), {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati"}, 0o022),
        ((), {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 0o022),
        ((), {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}, 0o077),
        (("late",), {"SOURCE_DATE_EPOCH": "1"}, 0o022),
        (("reversed",), {"HOME": "/nonexistent"}, 0o022),
    ],
    ids=["hash seed", "time zone", "C locale", "umask", "date", "order of files"],
)
def test_same_bytes_in_another_environment(reference, tmp_path, root, words, env, umask):
    """Hash seed, time zone, locale, umask, clock, folder and order of files change no byte of a release."""
    project = copy_project(root, tmp_path / "elsewhere", backwards="reversed" in words)
    built = contents(build_elsewhere(project, tmp_path / "out" / "dist", *words, env=env, umask=umask))

    assert [name for name in reference if built.get(name) != reference[name]] == []
    assert built.keys() == reference.keys()


def test_same_bytes_as_another_user(reference, root, require):
    """Another user's build has the same bytes."""
    require(os.geteuid() == 0, "release as another user", "the right to become another user: run as root")
    folder = Path("/tmp") / f"kg-other-user-{os.getpid()}"  # pytest's own folders are closed to other users
    try:
        project = copy_project(root, folder / "project")
        folder.chmod(0o777)
        # The interpreter may be closed to other users: a first build loads every module before the change.
        code = textwrap.dedent(DRIVER) + "os.setgid(65534); os.setuid(65534)\n" + LAST_LINE.replace("[2]", "[3]")
        command = [sys.executable, "-c", code, str(project), str(folder / "first"), str(folder / "dist")]
        env = {**os.environ, "HOME": "/nonexistent"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert (folder / "dist").stat().st_uid == 65534
        built = contents(folder / "dist")
    finally:
        shutil.rmtree(folder)

    assert [name for name in reference if built.get(name) != reference[name]] == []
