"""Release folders are written whole or not at all, and never over other files."""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kg.model import folders as module
from kg.model import messages, release_files
from kg.model.errors import ReleaseError
from kg.model.folders import _lock, recover, swap
from kg.release.folder import checksums, graph_file, keep_release, read_graph, release_folder, write_release

LINE = b"<a:b> <a:c> <a:d> <a:e> .\n"
OLD = {release_files.GRAPH: LINE, "tables/a.csv": b"old", "old": b"old"}
NEW = {release_files.GRAPH: LINE * 2, "tables/a.csv": b"new"}


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> set[str]:
    """What stands in a folder."""
    return {path.name for path in folder.iterdir()}


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    """Both ways of swapping: in one step, and where the system cannot, by setting the old folder aside."""
    if request.param == "two renames":
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    return request.param


def test_checksums_as_sha256sum_reads_them(tmp_path):
    """The sums are sorted by name, two spaces after each digest, and fit the files."""
    write_release(OLD, tmp_path / "dist")
    lines = (tmp_path / "dist" / release_files.CHECKSUMS).read_text().splitlines()

    assert lines == [f"{hashlib.sha256(OLD[name]).hexdigest()}  {name}" for name in sorted(OLD)]
    assert checksums(OLD) == checksums(dict(reversed(OLD.items())))
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", release_files.CHECKSUMS], cwd=tmp_path / "dist", check=False
    )
    assert done.returncode == 0


def test_a_first_release(tmp_path):
    """A release is written into a folder that is not there yet, with the folders above it."""
    write_release(OLD, tmp_path / "a" / "b" / "dist")

    assert contents(tmp_path / "a" / "b" / "dist") == {**OLD, release_files.CHECKSUMS: checksums(OLD)}


@pytest.mark.usefixtures("way")
def test_a_release_takes_the_place_of_another(tmp_path):
    """The new release is whole, nothing of the old one is left, and nothing stays beside it but the lock."""
    write_release(OLD, tmp_path / "dist")
    write_release(NEW, tmp_path / "dist")

    assert contents(tmp_path / "dist") == {**NEW, release_files.CHECKSUMS: checksums(NEW)}
    assert names(tmp_path) == {"dist", ".dist.lock"}


@pytest.mark.usefixtures("way")
def test_an_empty_folder_becomes_a_release(tmp_path):
    """An empty folder can be the target."""
    (tmp_path / "dist").mkdir()
    write_release(NEW, tmp_path / "dist")

    assert contents(tmp_path / "dist") == {**NEW, release_files.CHECKSUMS: checksums(NEW)}


def test_two_folders_change_places_in_one_step(tmp_path):
    """Two folders change places in one step where the system can do that."""
    for name in ("draft", "dist"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    swap(tmp_path / "draft", tmp_path / "dist")

    assert (tmp_path / "dist" / "file").read_text() == "draft"
    if sys.platform.startswith("linux"):
        assert (tmp_path / "draft" / "file").read_text() == "dist"


def test_no_exchange_elsewhere_than_on_linux(tmp_path, monkeypatch):
    """On another system, or with a C library that has no renameat2, the folders are renamed one after the other."""
    assert not module._exchange(tmp_path / "none", tmp_path / "none either")
    monkeypatch.setattr(module.ctypes, "CDLL", lambda *_, **__: object())
    assert not module._exchange(tmp_path, tmp_path)
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert not module._exchange(tmp_path, tmp_path)


@pytest.mark.usefixtures("way")
def test_leftovers_are_cleared(tmp_path):
    """What killed builds left beside the target goes, and what only looks like it stays."""
    for name in (".dist.draft-1", ".dist.draft-999999", ".dist.previous", ".other.draft-1", ".distant"):
        (tmp_path / name).mkdir()
        (tmp_path / name / release_files.CHECKSUMS).write_text("left")
    write_release(OLD, tmp_path / "dist")

    assert names(tmp_path) == {"dist", ".dist.lock", ".other.draft-1", ".distant"}


def test_a_link_to_nothing_is_told_in_one_language(tmp_path, monkeypatch):
    """What to do about it is in the language of the rest."""
    (tmp_path / "dist").symlink_to(tmp_path / "gone")
    monkeypatch.setattr(messages, "_terminal", "fr")
    with pytest.raises(ReleaseError) as caught:
        write_release(OLD, tmp_path / "dist")

    assert str(caught.value).endswith("Choisissez-en un autre par --output.")


@pytest.mark.parametrize("make", ["file", "folder with files", "link to files", "link to nothing"])
def test_what_is_no_release_is_refused(tmp_path, make):
    """A target that is a file or leads nowhere or to a folder with other things is refused and stays as it is."""
    target = tmp_path / "dist"
    if make == "file":
        target.write_text("mine")
    elif make == "folder with files":
        target.mkdir()
        (target / "thesis.doc").write_text("mine")
    else:
        target.symlink_to(tmp_path / ("none" if make == "link to nothing" else "."))
    before = names(tmp_path)
    with pytest.raises(ReleaseError, match="Choose another with --output"):
        write_release(OLD, target)

    assert names(tmp_path) == before
    assert make != "folder with files" or contents(target) == {"thesis.doc": b"mine"}


@pytest.mark.usefixtures("way")
def test_a_link_to_a_folder_is_followed(tmp_path):
    """A target that is a link to a folder elsewhere stays a link, and the release stands where it leads to."""
    (tmp_path / "disk" / "room").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    target = tmp_path / "project" / "dist"
    target.symlink_to(tmp_path / "disk" / "room")
    write_release(OLD, target)
    write_release(NEW, target)

    assert target.is_symlink()
    assert contents(tmp_path / "disk" / "room") == {**NEW, release_files.CHECKSUMS: checksums(NEW)}
    assert names(tmp_path / "project") == {"dist"}
    (tmp_path / "disk" / "room").rename(tmp_path / "disk" / ".room.previous")
    assert release_folder(target) == tmp_path / "disk" / ".room.previous"


def test_a_read_only_place_is_told_without_advice_about_room(tmp_path, monkeypatch):
    """Where nothing may be written the message does not speak of room."""

    def refused(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(module.Path, "mkdir", refused)
    with pytest.raises(ReleaseError, match=r"Read-only file system\. Or choose another folder"):
        write_release(NEW, tmp_path / "dist")


def test_many_errors_of_a_copy_are_told_as_one():
    """What ``shutil`` collects of many files is told in the words of the first."""
    many = [("a", "b", f"[Errno 28] No space left on device: '{name}'") for name in "xy"]

    assert module.reason(shutil.Error(many)) == "No space left on device. Free some room."
    assert module.reason(OSError(errno.EROFS, "Read-only file system")) == "Read-only file system."


def test_a_second_build_is_refused(tmp_path):
    """While one build writes, another one is told to wait, and the release of the first is whole."""
    write_release(OLD, tmp_path / "dist")
    code = """
        import sys
        from pathlib import Path
        from kg.model.folders import _alone
        with _alone(Path(sys.argv[1]), "release", keep_lock=True):
            print("holding", flush=True)
            sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "dist")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "holding\n"
        with pytest.raises(ReleaseError, match="another release is being written here"):
            write_release(NEW, tmp_path / "dist")
        other.communicate("\n")

    assert contents(tmp_path / "dist") == {**OLD, release_files.CHECKSUMS: checksums(OLD)}
    write_release(NEW, tmp_path / "dist")


def test_the_lock_of_a_file_that_another_run_has_removed_is_refused(tmp_path):
    """A run that opened the lock file before another one removed it does not go on, also where there is a new one."""
    path = tmp_path / ".site.lock"
    with path.open("w") as lock:
        path.unlink()
        with pytest.raises(BlockingIOError):
            _lock(path, lock.fileno())
        path.write_text("")
        with pytest.raises(BlockingIOError):
            _lock(path, lock.fileno())


def test_a_full_disk_leaves_the_last_release(tmp_path, monkeypatch):
    """Where a file cannot be written the last good release stays, and nothing of the new one takes up room."""
    write_release(OLD, tmp_path / "dist")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fsync", full)
        with pytest.raises(ReleaseError, match=r"No space left on device\. Free some room"):
            write_release(NEW, tmp_path / "dist")

    assert names(tmp_path) == {"dist", ".dist.lock"}
    assert contents(tmp_path / "dist") == {**OLD, release_files.CHECKSUMS: checksums(OLD)}
    write_release(NEW, tmp_path / "dist")
    assert names(tmp_path) == {"dist", ".dist.lock"}


def test_a_place_that_cannot_be_written(tmp_path):
    """A target below a file is told with what to do."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReleaseError, match="the release cannot be written"):
        write_release(OLD, tmp_path / "file" / "dist")


def test_between_two_renames(tmp_path):
    """Killed between two renames, the last release is found, and the next build puts it back first."""
    write_release(OLD, tmp_path / "dist")
    (tmp_path / "dist").rename(tmp_path / ".dist.previous")

    assert release_folder(tmp_path / "dist") == tmp_path / ".dist.previous"
    recover(tmp_path / "dist")
    assert contents(tmp_path / "dist") == {**OLD, release_files.CHECKSUMS: checksums(OLD)}
    recover(tmp_path / "dist")
    assert names(tmp_path) == {"dist", ".dist.lock"}


@pytest.mark.usefixtures("way")
def test_a_build_after_one_killed_between_two_renames(tmp_path):
    """A build that finds the last release set aside ends with the new release alone."""
    write_release(OLD, tmp_path / "dist")
    (tmp_path / "dist").rename(tmp_path / ".dist.previous")
    write_release(NEW, tmp_path / "dist")

    assert contents(tmp_path / "dist") == {**NEW, release_files.CHECKSUMS: checksums(NEW)}
    assert names(tmp_path) == {"dist", ".dist.lock"}


def test_no_release_yet(tmp_path):
    """Without a release, or with a folder that is cut short, the message says what to run."""
    with pytest.raises(ReleaseError, match=r"there is no release yet\. Run 'kg build' first"):
        release_folder(tmp_path / "dist")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / release_files.GRAPH).write_bytes(LINE)
    with pytest.raises(ReleaseError, match="there is no release yet"):
        release_folder(tmp_path / "dist")


def test_a_release_is_kept(tmp_path):
    """A kept release is a copy; the same one again is no error, other content under the same version is."""
    dist, kept = tmp_path / "dist", tmp_path / "releases" / "1.0.0"
    write_release(OLD, dist)

    assert keep_release(dist, kept)
    assert contents(kept) == contents(dist)
    assert not keep_release(dist, kept)
    write_release(NEW, dist)
    with pytest.raises(ReleaseError, match=r"never rewritten\. Raise 'version' in kg\.toml"):
        keep_release(dist, kept)
    assert contents(kept) == {**OLD, release_files.CHECKSUMS: checksums(OLD)}
    assert names(tmp_path / "releases") == {"1.0.0"}


def test_nothing_is_left_of_a_release_that_cannot_be_kept(tmp_path, monkeypatch):
    """A copy that fails or was killed leaves nothing that looks like a release."""
    write_release(OLD, tmp_path / "dist")
    (tmp_path / "releases" / ".1.0.0.draft-1").mkdir(parents=True)

    def full(_, target, **__):
        (target / "half").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(ReleaseError, match="No space left on device"):
        keep_release(tmp_path / "dist", tmp_path / "releases" / "1.0.0")

    assert names(tmp_path / "releases") == set()


def test_a_release_that_cannot_be_kept(tmp_path):
    """Where there is no place for a kept release the message says so."""
    write_release(OLD, tmp_path / "dist")
    (tmp_path / "releases").write_text("mine")
    with pytest.raises(ReleaseError, match="the kept release cannot be written"):
        keep_release(tmp_path / "dist", tmp_path / "releases" / "1.0.0")


def test_a_folder_under_the_name_of_a_version(tmp_path):
    """A folder without checksums under the name of a version is not taken for a release."""
    write_release(OLD, tmp_path / "dist")
    (tmp_path / "releases" / "1.0.0").mkdir(parents=True)
    with pytest.raises(ReleaseError, match="another release is kept"):
        keep_release(tmp_path / "dist", tmp_path / "releases" / "1.0.0")


def test_releases_are_found_by_name(tmp_path, monkeypatch):
    """A release is named by its folder, its version or its file; another name gets the list of versions."""
    write_release(OLD, tmp_path / "dist")
    keep_release(tmp_path / "dist", tmp_path / "releases" / "1.0.0")
    write_release(NEW, tmp_path / "dist")
    monkeypatch.chdir(tmp_path.parent)

    assert graph_file(tmp_path, "dist") == tmp_path / "dist" / release_files.GRAPH
    assert graph_file(tmp_path, "1.0.0") == tmp_path / "releases" / "1.0.0" / release_files.GRAPH
    assert graph_file(tmp_path, str(tmp_path / "dist" / release_files.GRAPH)) == tmp_path / "dist" / release_files.GRAPH
    assert len(read_graph(tmp_path, "1.0.0")) == 1
    with pytest.raises(ReleaseError, match=r"'2.0.0' is no release.*Kept versions: 1.0.0."):
        graph_file(tmp_path, "2.0.0")
    for version in ("1.10.0", "1.9.0", "1.2.0"):
        keep_release(tmp_path / "dist", tmp_path / "releases" / version)
    with pytest.raises(ReleaseError, match=r"Kept versions: 1.0.0, 1.2.0, 1.9.0, 1.10.0."):
        graph_file(tmp_path, "2.0.0")


def test_a_graph_that_is_cut_short(tmp_path):
    """A graph file that is broken is told by name, with what to do."""
    for data in (LINE[:-5], b"\xff", b"nonsense"):
        (tmp_path / "cut.nq").write_bytes(data)
        with pytest.raises(ReleaseError, match=r"cut.nq: this is no N-Quads file.*Build the release again"):
            read_graph(tmp_path, "cut.nq")
