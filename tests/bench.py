"""Measure time and memory of whole commands: ``make bench``.

A plain interpreter is measured beside them in the same run.

Each figure is the median of several runs; its ratio to the start of Python on the same machine is what can be
compared from machine to machine. Nothing is asserted here: a slow machine is not a broken program.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KG = [sys.executable, "-m", "kg", "--project", str(ROOT)]


def measure(command: list[str], runs: int) -> tuple[float, float]:
    """Return median wall time (s) and peak memory (MB) of a command.

    A command that fails ends the program.
    """
    times, peaks = [], []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        times.append(time.perf_counter() - start)
        peaks.append(usage.ru_maxrss / 1024)
        if process.returncode:
            sys.exit(f"{' '.join(command)}: ended with {process.returncode}")
    return statistics.median(times), max(peaks)


def steps(folder: Path) -> dict[str, float]:
    """Return the time of each step of one build.

    It runs in a process of its own; imports count for the step that needs them.
    """
    code = (
        "import time, sys; t=[time.perf_counter()]\n"
        "from pathlib import Path; from kg.model.project import Project\n"
        "from kg.release.assembly import make_release\n"
        "from kg.release.folder import write_release\n"
        f"p=Project.open(Path({str(ROOT)!r})); names=[]\n"
        "def step(what): names.append(what.split()[0].rstrip(':')); t.append(time.perf_counter())\n"
        f"r=make_release(p, step); write_release(r.files, Path({str(folder)!r})); step('written')\n"
        "print('\\n'.join(f'{n} {b-a}' for n,a,b in zip(names,t,t[1:])))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return {name: float(seconds) for name, seconds in (line.split() for line in out.splitlines())}


def main() -> None:
    """Print one line for each figure.

    A line has seconds, ratio to the interpreter, peak memory, and the aim where there is one.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    folder = Path(tempfile.mkdtemp(prefix="kg-bench-"))
    question = min((ROOT / "queries" / "examples").glob("*.rq"))
    try:
        base, _ = measure([sys.executable, "-c", "pass"], runs)
        rows = [
            ("interpreter", [sys.executable, "-c", "pass"], ""),
            ("import rdflib", [sys.executable, "-c", "import rdflib"], ""),
            ("import pyshacl", [sys.executable, "-c", "import pyshacl"], ""),
            ("kg --help", [*KG, "--help"], "0.3 s"),
            ("kg check", [*KG, "check"], ""),
            ("kg build", [*KG, "build", "--output", str(folder / "dist")], "4 s, 250 MB"),
            ("kg query", [*KG, "query", "--on", str(folder / "dist"), str(question)], "0.5 s"),
        ]
        print(f"{'command':<16}{'seconds':>9}{'× Python':>10}{'peak MB':>9}   aim")
        for name, command, aim in rows:
            seconds, peak = measure(command, runs)
            print(f"{name:<16}{seconds:>9.3f}{seconds / base:>10.1f}{peak:>9.0f}   {aim}")
        print("\nsteps of one build")
        for name, seconds in steps(folder / "steps").items():
            aim = "1.5 s" if name == "validated" else ""
            print(f"{name:<16}{seconds:>9.3f}{seconds / base:>10.1f}{'':>9}   {aim}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
