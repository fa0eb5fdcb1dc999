"""The folder of a site, built beside its place and swapped in."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

from kg.model.errors import ReleaseError
from kg.model.folders import replace_folder
from kg.model.messages import N_

MARK = ".kg-site"
"""The file that marks a folder as a site of ours."""


def _require_replaceable(target: Path) -> None:
    """Check that a target may be replaced.

    Only an empty folder or a site of ours may, so that nobody's files are lost.

    Errors: ReleaseError where it is something else, or holds more.
    """
    held = {path.name for path in target.iterdir()} if target.is_dir() else set()
    if held and MARK not in held:
        raise ReleaseError(
            "{target}: the folder holds something that is no site of ours. Choose another.", target=target
        )
    more = sorted(held - _entries(target))
    if more:
        raise ReleaseError(
            "{target}: {more} is not of the site and would be lost. Move it, or choose another.",
            target=target,
            more=", ".join(more),
        )


def _entries(target: Path) -> set[str]:
    """Return the names in a folder that belong to the site."""
    try:
        return set(json.loads((target / MARK).read_text(encoding="utf-8"))["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def replace_site(target: Path) -> AbstractContextManager[Path]:
    """Provide a new folder that replaces ``target`` when the block ends well.

    Errors: ReleaseError where the target is something else or cannot be written.
    """
    return replace_folder(target, N_("site"), _require_replaceable)


def write_mark(draft: Path, **properties: str) -> None:
    """Mark a folder as a site, listing its properties and entries."""
    entries = sorted({MARK, *(path.name for path in draft.iterdir())})
    text = json.dumps({**properties, "entries": entries}, indent=2, sort_keys=True)
    (draft / MARK).write_text(f"{text}\n", encoding="utf-8", newline="")
