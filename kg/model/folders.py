"""Folders replaced whole: made beside their place, then swapped in."""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kg.model.errors import ReleaseError
from kg.model.messages import N_, worded

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_WORDS = (
    N_("Device or resource busy"),
    N_("Disk quota exceeded"),
    N_("File exists"),
    N_("File too large"),
    N_("Is a directory"),
    N_("No space left on device"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Permission denied"),
    N_("Read-only file system"),
)
"""What the system says of files, whose language it takes from elsewhere."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def reason(error: OSError) -> str:
    """Return why a file could not be written, with a remedy.

    ``shutil`` collects the errors of many files; the first of them speaks for all.
    """
    many = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    known = re.match(r"\[Errno (\d+)\]", str(many[0][-1])) if isinstance(many, list) and many else None
    number = int(known[1]) if known else error.errno
    words = os.strerror(number) if number else str(many[0][-1]) if isinstance(many, list) and many else str(error)
    words = worded(words)
    return words + ". " + worded("Free some room.") if number in _FULL else f"{words}."


@contextmanager
def replace_folder(
    target: Path,
    noun: str,
    hold: Callable[[Path], None],
    *,
    instead: str = N_("Choose another."),
    keep_old: bool = False,
    keep_lock: bool = False,
) -> Iterator[Path]:
    """Provide a folder that replaces ``target`` when the block ends well.

    Killed at any moment, or out of room, it leaves the old folder whole; where the block fails nothing of the new
    one is left. A link to a folder is followed. ``hold`` raises where the target may not be replaced; ``noun`` says in
    messages what is written, and ``instead`` how to write it elsewhere. With ``keep_old`` nothing may stand there yet.
    ``keep_lock`` leaves the lock file beside the folder, for one whose neighbours nobody publishes.

    Errors: ReleaseError where the target cannot be written or another run is at work, and what ``hold`` raises.
    """
    try:
        place = _followed(target, worded(instead))
        hold(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place, noun, keep_lock):
            recover(place)
            hold(place)
            with _draft(place) as draft:
                yield draft
                if keep_old:
                    draft.rename(place)
                else:
                    swap(draft, place)
    except OSError as error:
        raise ReleaseError(
            "{target}: the {noun} cannot be written: {error} Or choose another folder; what stood there is as it was.",
            target=target,
            noun=worded(noun),
            error=reason(error),
        ) from None


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """Provide a new folder beside a place, and leave nothing beside it."""
    _clear(place)
    draft = beside(place, f"draft-{os.getpid()}")
    try:
        draft.mkdir()
        yield draft
    finally:
        _clear(place)


def _followed(target: Path, instead: str) -> Path:
    """Return the folder that a target is or links to."""
    if target.is_symlink() and not target.exists():
        raise ReleaseError(
            "{target}: this is a link that leads nowhere: make its folder. {instead}", target=target, instead=instead
        )
    if target.exists() and not target.is_dir():
        raise ReleaseError("{target}: this is no folder. {instead}", target=target, instead=instead)
    return target.resolve() if target.is_symlink() else target


def beside(target: Path, name: str) -> Path:
    """Return a hidden folder beside the target, on the same file system."""
    return target.with_name(f".{target.name}.{name}")


def swap(draft: Path, target: Path) -> None:
    """Put ``draft`` in the place of ``target`` and the reverse.

    Linux changes the two in one step (renameat2 with RENAME_EXCHANGE). Where the file system cannot, the old folder
    is set aside first; a reader that comes in between finds it by ``release_folder``.
    """
    if not target.exists():
        draft.rename(target)
    elif not _exchange(draft, target):
        previous = beside(target, "previous")
        target.rename(previous)
        draft.rename(target)


def _exchange(first: Path, second: Path) -> bool:
    """Change two folders in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0)


def recover(target: Path) -> None:
    """Restore the last good folder after a run killed mid-swap."""
    previous = beside(target, "previous")
    if previous.exists() and not target.exists():
        previous.rename(target)


def _clear(target: Path) -> None:
    """Remove leftovers beside the target, but a folder set aside from it."""
    name = glob.escape(target.name)
    for leftover in (*target.parent.glob(f".{name}.draft-*"), *target.parent.glob(f".{name}.previous")):
        if target.exists() or not leftover.name.endswith(".previous"):
            shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _alone(target: Path, noun: str, keep_lock: bool) -> Iterator[None]:
    """Hold the lock of a target during a write.

    The system releases it when the process ends.
    """
    path = beside(target, "lock")
    with path.open("w") as lock:
        try:
            _lock(path, lock.fileno())
        except (BlockingIOError, PermissionError):
            raise ReleaseError(
                "{target}: another {noun} is being written here. Wait until it is done.",
                target=target,
                noun=worded(noun),
            ) from None
        try:
            yield
        finally:
            if not keep_lock or not target.exists():
                with suppress(OSError):  # Windows removes no file that is open
                    path.unlink()


def _lock(path: Path, descriptor: int) -> None:
    """Lock an open file for this process.

    Errors: BlockingIOError, on Windows PermissionError, if another process has locked it.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not path.exists() or not os.path.samestat(path.stat(), os.fstat(descriptor)):
        raise BlockingIOError  # another run has removed the file that was opened here
