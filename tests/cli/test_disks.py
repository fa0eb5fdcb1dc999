"""A disk that cannot be written, or is full, is told in a line, and all stands as it was."""

import os
import shutil
import subprocess
import sys

import pytest

MOUNT = {
    "read-only": 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" "$1"',
    # the folder moves to a disk of its own, which is filled to its last byte
    "full": 'mount -t tmpfs -o size=64m tmpfs "$2" && cp -a "$1/." "$2" && '
    '{ cat /dev/zero > "$2/filler" 2>/dev/null; mount --bind "$2" "$1"; }',
}
WORDS = {"read-only": "Read-only file system.", "full": "No space left on device. Free some room."}
COMMANDS = {
    "rename": ["rename", "public/habitants", "public/riverains"],
    "check --schema": ["check", "--schema"],
    "check --report": ["check", "--report", "{project}/report.json"],
    "build": ["build"],
    "build --report": ["build", "--report", "{project}/report.json"],
    "build --output": ["build", "--output", "{project}/elsewhere"],
    "build --release": ["build", "--release"],
    "site": ["site", "{project}/site"],
    "diff --patch": ["diff", "dist", "dist", "--patch", "{project}/change.rdfp"],
}
"""Every command that writes into a folder of the user's; ``{project}`` is the project's."""


@pytest.fixture(scope="module")
def on_disk(require, mini_factory, tmp_path_factory):
    """Return a function that runs a command where the project's disk is read-only or full.

    It gives the process, and what the disk holds before and after.
    """
    unshare = shutil.which("unshare")
    can_mount = unshare and not subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode
    require(bool(can_mount), "disks that cannot be written", "unshare, and leave to make namespaces")
    folder = tmp_path_factory.mktemp("disk")
    project, beside = mini_factory(folder / "project").root, folder / "beside"
    beside.mkdir()
    kg = [sys.executable, "-m", "kg", "--project", str(project)]
    subprocess.run([*kg, "build"], check=True, capture_output=True)

    def run(state: str, *words: str):
        listing = 'cd "$1" && find . -type f ! -name filler -exec sha256sum {} + | sort'
        script = f'{MOUNT[state]} || exit 99; ({listing}) > "$3/before"; P=$1 B=$3; shift 3; "$@"; code=$?; '
        script += f'set -- "$P"; ({listing}) > "$B/after"; exit $code'
        command = [word.format(project=project) for word in words]
        shell = [unshare, "-rm", "sh", "-c", script, "sh", project, beside, folder]
        done = subprocess.run([*shell, *kg, *command], capture_output=True, text=True, check=False, env=os.environ)
        assert done.returncode != 99, done.stderr
        return done, (folder / "before").read_text(), (folder / "after").read_text()

    return run


@pytest.mark.parametrize("state", MOUNT)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_takes_nothing_is_told_in_a_line(on_disk, state, name):
    """A command ends with 2 and one line, which advises to free room on a full disk alone; all stands as it was."""
    done, before, after = on_disk(state, *COMMANDS[name])
    told = [line for line in done.stderr.splitlines() if not line.startswith("· ")]

    assert done.returncode == 2, done.stderr
    assert len(told) == 1, done.stderr
    assert WORDS[state] in told[0]
    assert ("Free some room" in told[0]) == (state == "full")
    assert after == before != ""


@pytest.mark.parametrize("state", MOUNT)
@pytest.mark.parametrize("words", [["check"], ["check", "--json"], ["find", "vélos"], ["diff", "dist", "dist"]])
def test_what_only_reads_needs_no_room(on_disk, state, words):
    """Commands that write nothing work on such a disk, also where they would renew the schema for editors."""
    done, before, after = on_disk(state, *words)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert after == before
