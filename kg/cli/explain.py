"""Explain how Oxigraph evaluates a query, by its command line program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kg.model.errors import QueryError
from kg.model.messages import worded

if TYPE_CHECKING:
    from pyoxigraph import Store

PROGRAM = "oxigraph"


def explain(store: Store, query: str) -> str:
    """Return the steps of the query as a tree.

    Each has its number of results and the seconds that it and its parts took. The query is evaluated to its end,
    without a limit of time, on a copy of the store in the temporary folder.

    Errors: QueryError where Oxigraph's command line is not installed, or does not accept the query.
    """
    program = _program()
    with TemporaryDirectory(prefix="kg-explain-") as name:
        folder = Path(name)
        quads, database, question, plan = (folder / file for file in ("store.nq", "database", "query.rq", "plan.json"))
        store.dump(quads)
        question.write_text(query, encoding="utf-8")
        _run([program, "load", "--location", str(database), "--lenient", "--file", str(quads)])
        # JSON is the one form that holds rows and triples alike; the plan is written after the answer.
        answer = ["--results-file", str(folder / "answer"), "--results-format", "json"]
        options = ["--query-file", str(question), *answer, "--explain-file", str(plan), "--stats"]
        _run([program, "query", "--location", str(database), *options])
        explained = json.loads(plan.read_text(encoding="utf-8"))
    results, seconds, step = worded("results"), worded("seconds"), worded("step")
    heading = f"{results:>12}{seconds:>12}  {step}"
    return "\n".join([heading, *_lines(explained["plan"]), ""])


def _lines(node: dict[str, Any], depth: int = 0) -> list[str]:
    """Return a step and, further in, the steps that it draws from."""
    count, seconds = node.get("number of results", 0), node.get("duration in seconds", 0)
    line = f"{count:>12,}{seconds:>12.6f}  {'  ' * depth}{node['name']}"
    return [line, *(line for child in node["children"] for line in _lines(child, depth + 1))]


def _program() -> str:
    """Return the program beside this interpreter or on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which(PROGRAM, path=path)
    if not program:
        raise QueryError(
            "--explain needs the command line of Oxigraph, and there is no program called {program}. "
            "Install it with 'pip install oxigraph'.",
            program=PROGRAM,
        )
    return program


def _run(command: list[str]) -> None:
    """Run a command that must succeed."""
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        message = done.stderr.strip().removeprefix("Error: ") or worded(
            "it ended with code {code}", code=done.returncode
        )
        raise QueryError("Oxigraph cannot explain the query: {message}. Try it without --explain.", message=message)
