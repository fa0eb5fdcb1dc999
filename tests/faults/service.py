"""The real service in a process of its own, seen from outside.

It is ended by its own id.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = 60
"""Seconds after which a service that does not start is given up."""


@dataclass
class Served:
    """A running service."""

    process: subprocess.Popen[str]
    port: int
    root: Path

    @property
    def address(self) -> str:
        """The address of the start page, which ends with a slash."""
        return f"http://127.0.0.1:{self.port}/"

    def processes(self) -> dict[int, str]:
        """Return all processes of the service by id, with their names."""
        return {pid: name_of(pid) for pid in [self.process.pid, *descendants(self.process.pid)]}

    def named(self, name: str) -> list[int]:
        """Return the processes with a name: kg-zygote or kg-worker."""
        return sorted(pid for pid, its in self.processes().items() if its == name)

    def zygote(self) -> int:
        """Return the zygote, once it is the only process of its name.

        A fork bears its name for a moment, until it names itself.
        """
        until = time.monotonic() + 5
        while len(found := self.named("kg-zygote")) != 1:
            assert time.monotonic() < until, found
            time.sleep(0.01)
        return found[0]

    def http_process(self) -> int:
        """Return the HTTP process.

        It is the child of the main process that has children itself.
        """
        return next(pid for pid in children(self.process.pid) if name_of(pid) not in {"kg-zygote", "kg-worker"})

    def memory(self) -> int:
        """Return the bytes of all processes, shared ones counted once."""
        return sum(proportional(pid) for pid in self.processes())

    def descriptors(self) -> int:
        """Return the number of files and sockets of the HTTP process."""
        with contextlib.suppress(OSError):
            return len(list(Path(f"/proc/{self.http_process()}/fd").iterdir()))
        return 0

    def metrics(self) -> dict[str, float]:
        """Return the figures of /metrics."""
        with urllib.request.urlopen(f"{self.address}metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    def index(self) -> None:
        """Wait until the index of names is made.

        Making it asks queries that tests would count as theirs.
        """
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{self.address}suggest?q=a", timeout=30),
        ):
            pass

    def settle(self, seconds: float = 12) -> dict[str, float]:
        """Wait until the pool is at rest and return the figures.

        No query is under way then and the pool has its usual size, or ``seconds`` are over.
        """
        until = time.monotonic() + seconds
        while True:
            found = self.metrics()
            busy = sum(found[f"kg_pool_{name}"] for name in BUSY)
            if (not busy and found["kg_pool_evaluators"] == found["kg_pool_quick_idle"] == 8) or (
                time.monotonic() > until
            ):
                return found
            time.sleep(0.1)


BUSY = ("quick_busy", "middle_running", "middle_waiting", "heavy_running", "heavy_waiting", "queued")


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """Return the processes below a process, at any depth."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def name_of(pid: int) -> str:
    """Return the name of a process, or an empty text.

    The text is empty where the process has ended.
    """
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def proportional(pid: int) -> int:
    """Return the bytes of a process, with its part of shared ones."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    return 0


def is_running(pid: int) -> bool:
    """Return whether a process exists and has not ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    return False


def make_root(folder: Path, files: dict[str, bytes], settings: str = "") -> Path:
    """Make a project folder with a release and no sources."""
    from kg.release.folder import write_release

    shutil.copytree(ROOT / "queries" / "examples", folder / "queries" / "examples")
    (folder / "kg.toml").write_text((ROOT / "kg.toml").read_text(encoding="utf-8") + settings, encoding="utf-8")
    write_release(files, folder / "dist")
    return folder


WATCHFUL = (
    "import kg.endpoint.serving.service as service; service.WATCH_SECONDS = 0.02; from kg.cli import main; main()"
)
"""The program, but one that looks for a new release fifty times a second."""


def start(
    root: Path, *arguments: object, watchful: bool = False, before: Sequence[str] = (), **how: object
) -> subprocess.Popen[str]:
    """Start the service as a process in its own group.

    So no signal of a test reaches another process.

    ``before`` is a command that becomes the service: one that takes rights away from it.
    """
    program = ["-c", WATCHFUL] if watchful else ["-m", "kg"]
    command = [*before, sys.executable, *program, "--project", str(root), "serve", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    return subprocess.Popen(command, **{**pipes, **how})


def end(process: subprocess.Popen[str], seconds: float = 20) -> str:
    """End the service and return what it said.

    It is ended by its own id, then what is left of its group; its pipes are closed.

    However it goes, no process and no pipe is left: else a test that fails would make another one fail later.
    """
    with process:  # closes the pipes
        try:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.communicate(timeout=10)[1] or ""


@contextlib.contextmanager
def service(root: Path, *arguments: object, **how: object) -> Iterator[Served]:
    """Run a service that answers on a free port."""
    process = start(root, "--port", 0, *arguments, **how)
    try:
        served = Served(process, _port(process), root)
        served.index()
        yield served
    finally:
        end(process)


def _port(process: subprocess.Popen[str]) -> int:
    """Return the port that the service says it answers on."""
    giving_up = threading.Timer(START, process.kill)
    giving_up.start()
    try:
        for line in process.stdout:
            if address := re.search(r"on http://\S+:(\d+)/ ", line):
                return int(address[1])
    finally:
        giving_up.cancel()
        giving_up.join()
    raise AssertionError(f"The service did not start: {process.stderr.read() if process.stderr else 'see above'}")
