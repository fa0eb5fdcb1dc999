"""Work through a page of docs/ as a reader does.

Its commands and snippets are run, its files saved, its changes made.

A page is a story: what comes later builds on what came before, in one folder. Its blocks are

- ``console``: commands after ``$``, each with what it prints. One that ends with ``&`` goes on until the page ends, and
  its first line is what it prints.
- ``python``, followed by a block ``text`` with what it prints.
- ``diff``: a change of the file that its first line names.
- any other: the file that the words ``save as `name` `` before it name.

A line ``…`` stands for any lines.

``python tests/docs/session.py docs/PAGE.md http://127.0.0.1:8000/=http://127.0.0.1:8001/`` writes what is printed now
into the page, with the service at another address where the page does not start one.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICE, STORE = "http://127.0.0.1:8000/", "http://127.0.0.1:7878/"
WIKIDATA = "https://query.wikidata.org/sparql"
PATIENCE = 300
"""Seconds after which a command is given up."""

_BLOCK = re.compile(r"(?P<words>[^\n]*)\n+^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)
_SAVE = re.compile(r"[Ss]ave (?:this|it) as `([^`]+)`:$")


class PageError(AssertionError):
    """The error of a page that says what is not so."""


@dataclass(frozen=True)
class Step:
    """One thing that a page tells its reader to do.

    ``span`` is where the output of the step stands in the page.
    """

    kind: str
    name: str
    text: str
    shown: str = ""
    span: tuple[int, int] = (0, 0)


def steps(page: str) -> Iterator[Step]:
    """Return what a page tells its reader to do, in order.

    Errors: PageError where a block is none of those that are known.
    """
    snippet = None
    for block in _BLOCK.finditer(page):
        kind, text, start = block["kind"], block["text"], block.start("text")
        if snippet is not None:
            if kind != "text":
                raise PageError(f"A snippet shows nothing:\n{snippet}")
            yield Step("python", "", snippet, text, block.span("text"))
            snippet = None
        elif saved := _SAVE.search(block["words"]):
            yield Step("file", saved[1], text)
        elif kind == "python":
            snippet = text
        elif kind == "diff":
            name, _, change = text.partition("\n")
            yield Step("change", name.removeprefix("--- "), change)
        elif kind == "console":
            for command in re.finditer(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                words = command[1].replace("\n> ", "\n").rstrip("\n")
                span = (start + command.start(2), start + command.end(2))
                yield Step("command", "", words, command[2], span)
        else:
            raise PageError(f"What is to be done with this block?\n{block[0]}")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def is_like(shown: str, printed: str) -> bool:
    """Return whether a page shows what was printed.

    A line ``…`` stands for any lines.
    """
    parts = [re.escape(part) for part in re.split(r"^…\n", shown, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


class Session:
    """A reader at work in a folder.

    Services are at other addresses than those that the page names.
    """

    def __init__(self, folder: Path, addresses: dict[str, str] | None = None) -> None:
        ports = {address: f"http://127.0.0.1:{free_port()}/" for address in (SERVICE, STORE)}
        self._there = {**ports, **(addresses or {})}
        self._home, self._folder = folder, folder
        self._running: list[subprocess.Popen[str]] = []
        programs = folder / ".programs"
        programs.mkdir()
        (programs / "kg").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kg "$@"\n')
        (programs / "kg").chmod(0o755)
        path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        here = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self._environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "COLUMNS": "100", **here}

    def do(self, step: Step) -> str:
        """Do a step and return what was printed.

        The output has the addresses of the page.

        Errors: PageError where it cannot be done.
        """
        if step.kind == "file":
            path = self._folder / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            return ""
        if step.kind == "change":
            return self._change(step)
        if step.kind == "python":
            return self._run([sys.executable, "-c", self._to_there(step.text)])
        if step.text.endswith(" &"):
            return self._start(step.text.removesuffix(" &"))
        kept = self._home / ".folder"
        printed = self._run(["bash", "-euo", "pipefail", "-c", f"{self._to_there(step.text)}\npwd > {kept}"])
        self._folder = Path(kept.read_text(encoding="utf-8").strip())
        return printed

    def reach(self, address: str) -> int:
        """Return the status of an address of the page.

        It is asked for as a browser would.
        """
        wanted = ["-H", "Accept: text/html", "-o", "/dev/null", "-w", "%{http_code}"]
        return int(self._run(["curl", "-sSL", *wanted, self._to_there(address)]))

    def close(self) -> None:
        """End what still runs, each process by its own id."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its group is its own: what is left of what it started
            process.communicate()

    def _change(self, step: Step) -> str:
        path = self._folder / step.name
        text = path.read_text(encoding="utf-8")
        lines = step.text.splitlines(keepends=True)
        before, after = ("".join(line[1:] for line in lines if line[0] in kinds) for kinds in (" -", " +"))
        if text.count(before) != 1:
            raise PageError(f"{step.name} has these lines {text.count(before)} times:\n{before}")
        path.write_text(text.replace(before, after), encoding="utf-8")
        return ""

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        printed = self._to_page(done.stdout)
        if done.returncode:
            raise PageError(f"This ends with {done.returncode}:\n{command[-1]}\n{printed}")
        return printed

    def _start(self, command: str) -> str:
        """Start a command that goes on and return its first line."""
        port = self._there[SERVICE].rstrip("/").rpartition(":")[2]
        asks = f"{command} --port {port}" if command.startswith("kg serve") else command
        process = subprocess.Popen(
            ["bash", "-c", f"exec {self._to_there(asks)}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._running.append(process)
        assert process.stdout is not None
        return self._to_page(process.stdout.readline())

    def _to_there(self, text: str) -> str:
        for address, there in self._there.items():
            text = text.replace(address, there).replace(_host(address), _host(there))
        return text

    def _to_page(self, text: str) -> str:
        for address, there in self._there.items():
            text = text.replace(there, address).replace(_host(there), _host(address))
        text = text.replace(str(self._home), "~")
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _host(address: str) -> str:
    return address.split("/")[2]


def renew(path: Path) -> None:
    """Write what a page's commands print now into the page.

    An output that the page abridges with ``…`` is left while it still fits.
    """
    page = path.read_text(encoding="utf-8")
    changes = []
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder), dict(pair.split("=") for pair in sys.argv[2:]))
        try:
            for step in steps(page):
                printed = session.do(step)
                print(step.text, printed, sep="\n")
                if step.kind in {"command", "python"} and not is_like(step.shown, printed):
                    changes.append((step.span, printed))
        except PageError as error:
            print(error)
        finally:
            session.close()
    for (start, end), printed in reversed(changes):
        page = page[:start] + printed + page[end:]
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
