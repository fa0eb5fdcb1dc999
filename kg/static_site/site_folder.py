"""The folder of a site, built beside its place and swapped in."""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.model.errors import ReleaseError

MARK = ".kg-site"
"""The file that marks a folder as a site of ours."""


def _require_replaceable(target: Path) -> None:
    """Check that a target may be replaced.

    Only an empty folder or a site of ours may, so that nobody's files are lost.

    Errors: ReleaseError where it is something else, or holds more.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise ReleaseError(f"{target}: this is no folder. Choose another.")
    held = {path.name for path in target.iterdir()} if target.is_dir() else set()
    if held and MARK not in held:
        raise ReleaseError(f"{target}: the folder holds something that is no site of ours. Choose another.")
    more = sorted(held - _entries(target))
    if more:
        raise ReleaseError(
            f"{target}: {', '.join(more)} is not of the site and would be lost. Move it, or choose another."
        )


def _entries(target: Path) -> set[str]:
    """Return the names in a folder that belong to the site."""
    try:
        return set(json.loads((target / MARK).read_text(encoding="utf-8"))["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def replace_site(target: Path, swap: Callable[[Path, Path], None]) -> Iterator[Path]:
    """Provide a new folder that replaces ``target`` when the block ends well.

    ``swap`` puts the first folder in the place of the second.

    Errors: ReleaseError where the target is something else or cannot be written.
    """
    previous = target.with_name(f".{target.name}.previous")
    if previous.exists() and not target.exists():  # killed between two renames
        previous.rename(target)
    _require_replaceable(target)
    draft = target.with_name(f".{target.name}.site-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear(target)
        draft.mkdir()
        yield draft
        swap(draft, target)
    except OSError as error:
        raise ReleaseError(
            f"{target}: the site cannot be written: {error.strerror or error}. Free some room or choose another folder."
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if target.exists():
            shutil.rmtree(previous, ignore_errors=True)


def _clear(target: Path) -> None:
    """Remove what killed runs left beside the target."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.site-*"):
        number = left.name.rpartition("-")[2]
        if number.isdecimal() and not _runs(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    """Return whether a process with that id exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_mark(draft: Path, **properties: str) -> None:
    """Mark a folder as a site, listing its properties and entries."""
    entries = sorted({MARK, *(path.name for path in draft.iterdir())})
    text = json.dumps({**properties, "entries": entries}, indent=2, sort_keys=True)
    (draft / MARK).write_text(f"{text}\n", encoding="utf-8", newline="")
