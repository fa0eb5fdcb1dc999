"""Read the graph of a release: a folder, a version that is kept, or a file."""

from __future__ import annotations

import re
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse

from kg.model import release_files
from kg.model.errors import ReleaseError
from kg.model.iris import DCT
from kg.release.folder import release_folder

DIST = "dist"
RELEASES = "releases"

_VERSION = re.compile(r"\d+\.\d+\.\d+")


def read_graph(root: Path, name: str) -> list[Quad]:
    """The quads of a release: a folder that holds one, an N-Quads file, or a version in ``releases/``.

    Errors: ReleaseError where there is none, or the file is cut short or broken.
    """
    path = graph_file(root, name)
    try:
        return list(parse(path=path, format=RdfFormat.N_QUADS))
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(f"{path}: this is no N-Quads file: {error}. Build the release again.") from None
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read: {error.strerror or error}.") from None


def graph_file(root: Path, name: str) -> Path:
    """The graph file that a name stands for; see ``read_graph``."""
    in_project = [root / name, root / RELEASES / name]
    for folder in [*in_project, Path(name)] if Path(name).name == name else [Path(name), *in_project]:
        if folder.is_file():
            return folder
        if (folder / release_files.GRAPH).exists() or folder.name == DIST:
            return release_folder(folder) / release_files.GRAPH
    kept = sorted(path.name for path in (root / RELEASES).glob("[!.]*") if (path / release_files.GRAPH).exists())
    known = f"Kept versions: {', '.join(kept)}." if kept else "No version is kept; 'kg build --release' keeps one."
    raise ReleaseError(f"'{name}' is no release: give a release folder, an N-Quads file or a version. {known}")


def kept_before(releases: Path, version: str) -> list[str]:
    """The versions kept before a version, the oldest first."""
    kept = [
        path.name
        for path in releases.glob("*")
        if (path / release_files.GRAPH).exists() and _VERSION.fullmatch(path.name)
    ]
    return sorted((name for name in kept if _numbers(name) < _numbers(version)), key=_numbers)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def issued(graph: Path, dataset: str) -> str:
    """The date of a kept release, YYYY-MM-DD; empty where it has none."""
    start = f"<{dataset}> <{DCT}issued> "
    with graph.open(encoding="utf-8") as lines:
        found = next((line for line in lines if line.startswith(start)), "")
    return found.split('"')[1] if found else ""
