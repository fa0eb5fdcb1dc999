"""Run a notebook of docs/ from top to bottom.

It runs in a process of its own, against a service at another address than the one in the notebook.

``python tests/docs/notebook.py docs/NAME.ipynb http://127.0.0.1:8000/`` writes what its cells give now into it.
"""

import sys
from pathlib import Path

import nbformat
from docs.session import SERVICE
from nbclient import NotebookClient

SECONDS = 120
"""Longest time that a cell may take."""


def run(notebook: nbformat.NotebookNode, address: str) -> None:
    """Run all cells against the service at the address.

    Afterwards the cells hold their outputs, with the address of the notebook.

    Errors: CellExecutionError where a cell fails.
    """
    for cell in notebook.cells:
        cell.source = cell.source.replace(SERVICE, address)
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", record_timing=False).execute()
    for cell in notebook.cells:
        cell.source = cell.source.replace(address, SERVICE)
        for output in cell.get("outputs", ()):
            for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
                if key in holder:
                    holder[key] = holder[key].replace(address, SERVICE)


def main(source: Path, address: str, target: Path) -> None:
    """Run a notebook and write it with its outputs."""
    notebook = nbformat.read(source, as_version=4)
    run(notebook, address)
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[-1] if len(sys.argv) > 3 else sys.argv[1]))
