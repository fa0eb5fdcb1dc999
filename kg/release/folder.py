"""Release folders: written whole or not at all, kept, found and read."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse

from kg.model import release_files
from kg.model.errors import ReleaseError
from kg.model.folders import beside, replace_folder
from kg.model.iris import DCT
from kg.model.messages import N_, worded

_INSTEAD = N_("Choose another with --output.")


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return ``SHA256SUMS``, as ``sha256sum --check`` reads it."""
    rows = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return "".join(rows).encode()


def write_release(files: Mapping[str, bytes], target: Path) -> None:
    """Write a release into ``target`` in one step.

    Killed at any moment, it leaves the last good release whole.

    Errors: ReleaseError where the target holds something else, cannot be written, or another build is at work.
    """
    with replace_folder(target, N_("release"), _validate_target, instead=_INSTEAD, keep_lock=True) as draft:
        _write_files({**files, release_files.CHECKSUMS: checksums(files)}, draft)


def _validate_target(target: Path) -> None:
    """Check that a target may be replaced.

    Only a release or an empty folder may, so that nobody's files are lost.
    """
    if target.is_dir() and any(target.iterdir()) and not (target / release_files.CHECKSUMS).exists():
        raise ReleaseError(
            "{target}: the folder holds something that is no release. {instead}",
            target=target,
            instead=worded(_INSTEAD),
        )


def _write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder and flush them to the disk."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def release_folder(target: Path) -> Path:
    """Return the folder of the last good release of a target.

    Errors: ReleaseError where there is none yet.
    """
    for folder in (target, beside(target.resolve(), "previous")):
        if (folder / release_files.CHECKSUMS).exists() and (folder / release_files.GRAPH).exists():
            return folder
    raise ReleaseError("{target}: there is no release yet. Run 'kg build' first.", target=target)


def is_kept(sums: bytes, folder: Path) -> bool:
    """Return whether the release with these checksums is kept already.

    Errors: ReleaseError where another one stands there.
    """
    if not folder.exists():
        return False
    if (folder / release_files.CHECKSUMS).exists() and (folder / release_files.CHECKSUMS).read_bytes() == sums:
        return True
    raise ReleaseError(
        "{folder}: another release is kept under this version, and a kept release is never rewritten. "
        "Raise 'version' in kg.toml.",
        folder=folder,
    )


def keep_release(dist: Path, folder: Path) -> bool:
    """Copy the release in ``dist`` to its version's folder.

    Returns False where the same release is kept there already.

    Errors: ReleaseError where other content stands under the same version.
    """
    if is_kept((dist / release_files.CHECKSUMS).read_bytes(), folder):
        return False
    with replace_folder(folder, N_("kept release"), lambda _: None, keep_old=True) as draft:
        shutil.copytree(dist, draft, dirs_exist_ok=True)
    return True


DIST = "dist"
RELEASES = "releases"

_VERSION = re.compile(r"\d+\.\d+\.\d+")


def read_graph(root: Path, name: str) -> list[Quad]:
    """Read the quads of a release.

    ``name`` is a release folder, an N-Quads file, or a version in ``releases/``.

    Errors: ReleaseError where there is none, or the file is cut short or broken.
    """
    path = graph_file(root, name)
    try:
        return list(parse(path=path, format=RdfFormat.N_QUADS))
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(
            "{path}: this is no N-Quads file: {error}. Build the release again.", path=path, error=error
        ) from None
    except OSError as error:
        raise ReleaseError("{path}: cannot be read: {reason}.", path=path, reason=worded(str(error.strerror))) from None


def graph_file(root: Path, name: str) -> Path:
    """Return the graph file that a name stands for (see ``read_graph``)."""
    in_project = [root / name, root / RELEASES / name]
    for folder in [*in_project, Path(name)] if Path(name).name == name else [Path(name), *in_project]:
        if folder.is_file():
            return folder
        if (folder / release_files.GRAPH).exists() or folder.name == DIST:
            return release_folder(folder) / release_files.GRAPH
    versions = [path.name for path in (root / RELEASES).glob("[!.]*") if (path / release_files.GRAPH).exists()]
    versions.sort(
        key=lambda name: (bool(_VERSION.fullmatch(name)), _numbers(name) if _VERSION.fullmatch(name) else (), name)
    )
    hint = (
        worded("Kept versions: {versions}.", versions=", ".join(versions))
        if versions
        else worded("No version is kept; 'kg build --release' keeps one.")
    )
    raise ReleaseError(
        "'{name}' is no release: give a release folder, an N-Quads file or a version. {hint}", name=name, hint=hint
    )


def is_as_released(folder: Path) -> bool:
    """Return whether the graph of a release has the checksum it had."""
    try:
        digest = hashlib.sha256((folder / release_files.GRAPH).read_bytes()).hexdigest()
        return f"{digest}  {release_files.GRAPH}\n".encode() in (folder / release_files.CHECKSUMS).read_bytes()
    except OSError:
        return False


def kept_before(releases: Path, version: str) -> list[str]:
    """Return the versions kept before a version, the oldest first."""
    versions = [
        path.name
        for path in releases.glob("*")
        if (path / release_files.GRAPH).exists() and _VERSION.fullmatch(path.name)
    ]
    return sorted((name for name in versions if _numbers(name) < _numbers(version)), key=_numbers)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def issued(graph: Path, dataset: str) -> str:
    """Return the date of a kept release, YYYY-MM-DD, or ""."""
    start = f"<{dataset}> <{DCT}issued> "
    with graph.open(encoding="utf-8") as lines:
        line = next((line for line in lines if line.startswith(start)), "")
    return line.split('"')[1] if line else ""
