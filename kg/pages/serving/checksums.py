"""Holds a release against its checksums before it is served: what is served is what was released."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kg.model import release_files
from kg.model.errors import ReleaseError

_TODO = "Run 'kg build' again."


def demand_graph(folder: Path, digest: str) -> None:
    """Demand that the graph that was loaded, by its SHA-256, is the one that the release in the folder names.

    Errors: ReleaseError.
    """
    if _sums(folder).get(release_files.GRAPH) != digest:
        raise _changed(folder / release_files.GRAPH)


def demand_files(folder: Path) -> None:
    """Demand that each file that the release in the folder names is there, and as it was released.

    Reads every file: some milliseconds for 10,000 triples, some seconds for millions.

    Errors: ReleaseError for the first that is missing or another.
    """
    for name, digest in _sums(folder).items():
        path = folder / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ReleaseError(f"{path}: this file of the release cannot be read: {error.strerror}. {_TODO}") from None
        if found != digest:
            raise _changed(path)


def _sums(folder: Path) -> dict[str, str]:
    """The checksums of the files of a release by their paths in it."""
    path = folder / release_files.CHECKSUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read: {error.strerror}. {_TODO}") from None
    except UnicodeDecodeError:
        raise ReleaseError(f"{path}: this is no list of checksums. {_TODO}") from None
    rows = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in rows if name}


def _changed(path: Path) -> ReleaseError:
    what = "graph" if path.name == release_files.GRAPH else "file"
    why = f"its checksum is not that in {release_files.CHECKSUMS}"
    return ReleaseError(f"{path}: this is not the {what} that was released: {why}. {_TODO}")
