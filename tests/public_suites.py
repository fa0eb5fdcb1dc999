"""Where the public conformance suites lie.

They are described in ``tests/suites/README.md`` and never copied into the project.
"""

from __future__ import annotations

import os
from pathlib import Path

SUITES = Path(os.environ.get("KG_SUITES") or Path(__file__).resolve().parents[2] / "shared" / "suites")
"""The folder of the suites: KG_SUITES, or ``../shared/suites`` beside the project."""


def suite_folder(name: str) -> Path:
    """Return the folder of a suite; it may be absent."""
    return SUITES / name


def missing(name: str) -> str:
    """Return what to do where a suite is absent.

    It is for the line that says what did not run.
    """
    return f"the folder {name} in KG_SUITES (tests/suites/README.md)"
