"""The unit and the Containerfile of deploy/, tried without systemd and containers."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import urllib.request

import pytest
from faults.service import ROOT, make_root, service

from kg.cli import program
from kg.cli.program import ORDER

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "kg.service"
HOME = "/opt/social-response-kg"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
FIGURES = re.findall(r"^\| `(kg_\w+)` \|", PAGE, re.MULTILINE)
KEPT_OUT = """\
import ctypes, os, resource, sys
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: NoNewPrivileges
libc.prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE, from Linux 6.3 on: MemoryDenyWriteExecute
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # no room but for a semaphore in /dev/shm: ProtectSystem
resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
os.umask(0o077)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Does to the service what the unit does, as far as a process can do it to itself; becomes the command given."""


def instructions():
    """The instructions of the Containerfile, each with its words."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line]


def parse(words):
    """Hold a command line of the program against its options."""
    project, folder, name, *rest = words
    assert (project, folder) == ("--project", str(ROOT))
    return name, program.commands[name].make_context(name, rest)


@pytest.fixture(scope="module")
def systemd(require):
    """The program that looks at units."""
    require(shutil.which("systemd-analyze") is not None, "systemd unit", "systemd-analyze (systemd)")
    return "systemd-analyze"


def test_systemd_understands_each_line_of_the_unit(systemd, tmp_path):
    """Each line of the unit is one that systemd understands, and the program that it starts is there."""
    kg = tmp_path / "kg"
    kg.write_text("#!/bin/sh\n")
    kg.chmod(0o755)
    text = UNIT.read_text(encoding="utf-8")
    (tmp_path / "kg.service").write_text(text.replace(f"{HOME}/.venv/bin/kg", str(kg)).replace(HOME, str(ROOT)))
    done = subprocess.run([systemd, "verify", tmp_path / "kg.service"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_exposed_to_little(systemd):
    """The exposure of the unit, which systemd measures from 0 to 10, is below 2."""
    command = [systemd, "security", "--offline=true", "--no-pager", UNIT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert float(re.search(r"exposure level for kg\.service: ([\d.]+)", done.stdout)[1]) < 2


def test_the_unit_starts_what_there_is():
    """The command of the unit is one of the program, behind one proxy, and a stop leaves time for what is under way."""
    text = UNIT.read_text(encoding="utf-8")
    words = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1])
    name, context = parse(["--project", str(ROOT), *words[3:]])

    assert (words[0], words[1:3]) == (f"{HOME}/.venv/bin/kg", ["--project", HOME])
    assert (name, context.params["proxies"], context.params["host"]) == ("serve", 1, "127.0.0.1")
    assert int(re.search(r"^TimeoutStopSec=(\d+)", text, re.MULTILINE)[1]) > 10 + 5


def test_the_service_starts_without_rights(release, tmp_path):
    """The service answers where it gets no new rights, writes no file, and has no memory both written and run."""
    root = make_root(tmp_path / "project", dict(release.files))
    before = [sys.executable, "-c", KEPT_OUT]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        service(root, before=before, env=environment) as running,
        urllib.request.urlopen(f"{running.address}en/doc/initiative/lhss", timeout=30) as answer,
    ):
        assert answer.status == 200


def test_the_image_copies_what_there_is(tmp_path):
    """What the Containerfile copies is there, and the wheel can be built from it and has all that a project needs."""
    copied = [words.split() for name, words in instructions() if name == "COPY" and not words.startswith("--from")]
    assert len(copied) >= 6
    for *sources, target in copied:
        for source in sources:
            assert (ROOT / source).exists(), source
            if source.startswith("assets/"):
                continue
            there = tmp_path / (source if target == "./" else target)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__", "vendor*"))
            else:
                shutil.copy(ROOT / source, there)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    # What npm gives comes from the image's first part, which is not run here.
    without = {**os.environ, "KG_WITHOUT_ASSETS": "1"}
    subprocess.run(command, cwd=tmp_path, env=without, check=True, capture_output=True)

    assert len(list(tmp_path.glob("dist/*.whl"))) == 1
    assert ("COPY", "--from=assets /source/kg/pages/vendor kg/pages/vendor") in instructions()


def test_the_image_takes_what_is_locked(tmp_path):
    """The constraints that the Containerfile makes of the lock have a version of each library of the program."""
    (command,) = [words for name, words in instructions() if name == "RUN" and words.startswith("sed ")]
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    pinned = {line.partition("==")[0] for line in (tmp_path / "constraints.txt").read_text().splitlines()}
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]

    assert {re.match(r"[\w-]+", line)[0] for line in needed} <= pinned
    assert not [line for line in pinned if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", line)]


def test_the_image_starts_what_there_is(served):
    """The command of the image is one of the program, and its look at its health finds a service that answers."""
    said = dict(instructions())
    words = [*re.findall(r'"([^"]*)"', said["ENTRYPOINT"]), *re.findall(r'"([^"]*)"', said["CMD"])]
    name, context = parse(["--project", str(ROOT), *words[3:]])
    look = re.findall(r'"([^"]*)"', said["HEALTHCHECK"])
    code = look[2].replace("http://127.0.0.1:8000/", served)
    closed = look[2].replace(":8000", ":9")

    assert (words[0], name, context.params["port"]) == ("kg", "serve", int(said["EXPOSE"]))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", closed], check=False, capture_output=True).returncode == 1


def test_a_shell_understands_each_block_of_the_page():
    """Each block of the page is a script that a shell understands, and each command of the program in it is one."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    ours = re.findall(r"\bkg (\w+)((?: --[\w-]+)*)", "\n".join(blocks) + "\n".join(re.findall(r"`(kg [^`]*)`", PAGE)))

    assert len(blocks) > 8
    for block in blocks:
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block
    for name, options in ours:
        assert name in ORDER
        known = {word for option in program.commands[name].params for word in option.opts}
        assert set(options.split()) <= known, f"kg {name}{options}"


def test_the_service_has_each_figure_that_the_page_names(served):
    """Each figure that the page says to look at is one of the service's."""
    with urllib.request.urlopen(f"{served}metrics", timeout=30) as answer:
        there = set(re.findall(r"^# TYPE (\w+)", answer.read().decode(), re.MULTILINE))

    assert len(FIGURES) >= 5
    assert set(FIGURES) <= there
