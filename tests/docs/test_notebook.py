"""The notebook for researchers gives the outputs that it stores."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
NOTEBOOK = TESTS.parent / "docs" / "researcher.ipynb"
NEEDED = ("nbclient", "ipykernel", "pandas", "matplotlib")
PATIENCE = 120


@pytest.fixture(scope="module")
def stored():
    """The cells of the notebook as it is kept."""
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def given(cells):
    """What each cell gave: its texts, and the media types of its pictures."""
    shown = []
    for cell in cells:
        outputs = cell.get("outputs", [])
        texts = ["".join(output.get("text", "")) for output in outputs]
        shown.append((texts, [sorted(output.get("data", {})) for output in outputs]))
    return shown


def test_the_notebook_gives_what_it_shows(require, served, stored, tmp_path):
    """Run from top to bottom, each cell gives the text that the notebook stores, and a picture where it stores one."""
    there = all(importlib.util.find_spec(name) for name in NEEDED)
    require(there, "notebook", ", ".join(NEEDED))
    renewed = tmp_path / "renewed.ipynb"
    # In a process of its own, for a kernel warns of its ways and is no business of this one.
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("notebook.py"), NOTEBOOK, served, renewed],
        env={**os.environ, "HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path), "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert done.returncode == 0, done.stderr
    assert given(json.loads(renewed.read_text(encoding="utf-8"))["cells"]) == given(stored)


def test_every_cell_has_been_run(stored):
    """The cells of the notebook are stored with what they give, numbered as they follow, and none has failed."""
    code = [cell for cell in stored if cell["cell_type"] == "code"]

    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert {output["output_type"] for cell in code for output in cell["outputs"]} == {"stream", "display_data"}
    assert NOTEBOOK.stat().st_size < 200_000
