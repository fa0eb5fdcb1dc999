"""A build that is killed leaves the last good release whole."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from kg.endpoint.evaluation import Request, evaluate, load
from kg.model import release_files
from kg.release.assembly import make_release
from kg.release.folder import release_folder, write_release

DRIVER = """
    import os, sys
    from pathlib import Path
    import pyshacl, rdflib
    import kg.model.folders as folders
    from kg.model.project import Project
    from kg.release.assembly import make_release
    from kg.release.folder import write_release

    def killing(function, counter, after):
        def wrapper(*arguments, **named):
            result = function(*arguments, **named)
            counter.append(1)
            if len(counter) == after:
                os.kill(os.getpid(), 9)
            return result
        return wrapper

    made = {}                                  # by project: what is written is the same each time

    def files(root):
        return make_release(Project.open(Path(root))).files

    def build(root, target, after):
        if after:                              # killed by its own hand after so many changes on the disk
            counter = []
            os.fsync = killing(os.fsync, counter, after)
            folders._exchange = killing(folders._exchange, counter, after)
            Path.rename = killing(Path.rename, counter, after)
            folders.shutil.rmtree = killing(folders.shutil.rmtree, counter, after)
        write_release(made.get(root) or files(root), Path(target))

    for line in sys.stdin:                     # one build a line, each in a fork: libraries are loaded once
        root, target, after, whole = line.rstrip().split("|")
        if whole == "writes" and root not in made:
            made[root] = files(root)
        elif whole == "build":
            made.clear()
        child = os.fork()
        if not child:
            build(root, target, int(after))
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Builds:
    """A process that builds in forks of itself, each of which can be killed."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, project, target: Path, after: int = 0, part: str = "writes") -> int:
        """Begin a build, or its writes alone, and return its process id."""
        self.process.stdin.write(f"{project.root}|{target}|{after}|{part}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def ended(self) -> int:
        """The exit code of the build that was begun last."""
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def builds():
    """The process that builds."""
    one = Builds()
    yield one
    one.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory, mini_factory):
    """Two small projects with different releases, and a folder that holds the release of the first."""
    folder = tmp_path_factory.mktemp("kill")
    old, new = mini_factory(folder / "old"), mini_factory(folder / "new")
    settings = new.root / "kg.toml"
    settings.write_text(settings.read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    assert '"0.2.0"' in settings.read_text()
    return old, new, folder


def version_in(target: Path) -> str:
    """The version that the last good release answers with; every file of it must have its checksum."""
    folder = release_folder(target)
    for line in (folder / release_files.CHECKSUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    query = (
        "SELECT ?v WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> ; <http://www.w3.org/2002/07/owl#versionInfo> ?v }"
    )
    answer = evaluate(load([folder / release_files.GRAPH]), Request(query, results="text/csv"))
    return answer.body.decode().splitlines()[1]


@pytest.mark.parametrize(("part", "times"), [("build", 12), ("writes", 100)])
def test_killed_at_random_moments(two, builds, part, times):
    """A build, or its writes, killed at random moments leaves a release that answers, the old one or the new one."""
    old, new, folder = two
    target = folder / f"random-{part}"
    write_release(make_release(old).files, target)
    builds.start(new, folder / "first", part=part)
    builds.ended()
    began = time.monotonic()
    builds.start(new, folder / "timed", part=part)
    assert builds.ended() == 0
    whole = time.monotonic() - began
    moments = random.Random(1)
    codes, seen = [], set()
    for _ in range(times):
        child = builds.start(new, target, part=part)
        time.sleep(moments.uniform(0, whole))
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.kill(child, signal.SIGKILL)
        codes.append(builds.ended())
        seen.add(version_in(target))

    assert codes.count(-signal.SIGKILL) > times / 2
    assert seen <= {"0.1.0", "0.2.0"}


def test_killed_after_each_write(two, builds):
    """A build killed after each of its writes and renames leaves the old release until the new one is whole."""
    old, new, folder = two
    target = folder / "writes"
    before = make_release(old).files
    versions = []
    for after in range(1, 200):
        write_release(before, target)
        builds.start(new, target, after)
        code = builds.ended()
        versions.append(version_in(target))
        if code == 0:
            break
        assert code == -signal.SIGKILL

    assert len(versions) > len(before)
    assert versions == sorted(versions)
    assert (versions[0], versions[-1]) == ("0.1.0", "0.2.0")


def test_leftovers_of_killed_builds_go_with_the_next(two):
    """The next build removes what killed builds left beside the release."""
    old, _, folder = two
    target = folder / "leftovers"
    leftover = folder / f".leftovers.draft-{os.getpid()}"
    leftover.mkdir()
    (leftover / "half").write_text("half")
    write_release(make_release(old).files, target)

    assert [path.name for path in folder.glob(".leftovers.*")] == [".leftovers.lock"]
