"""What changed between two releases: in words for people, as JSON, and as an RDF patch.

``snapshot`` reads what people see out of the quads, ``changes`` compares two of them, ``words`` tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyoxigraph import Quad

from kg.model import release_files
from kg.release.diff.change_report import changes_json, changes_text
from kg.release.diff.comparison import Changes, Group, compare
from kg.release.diff.snapshot import Snapshot, snapshot


def rdf_patch(old: Iterable[str], new: Iterable[str]) -> str:
    """The change from one set of N-Quads lines to another as an RDF Patch: what goes, then what comes."""
    before, after = set(old), set(new)
    gone = [f"D {line}" for line in sorted(before - after)]
    come = [f"A {line}" for line in sorted(after - before)]
    return "\n".join(["TX .", *gone, *come, "TC .", ""])


def change_files(old: Collection[Quad], new: Collection[Quad]) -> dict[str, bytes]:
    """The files of a release that tell what changed since the one before: in words and figures, and as a patch."""
    told = changes_json(compare(snapshot(old), snapshot(new)))
    patch = rdf_patch(*([f"{quad} ." for quad in quads] for quads in (old, new)))
    return {release_files.CHANGES: f"{told}\n".encode(), release_files.PATCH: patch.encode()}


__all__ = [
    "Changes",
    "Group",
    "Snapshot",
    "change_files",
    "changes_json",
    "changes_text",
    "compare",
    "rdf_patch",
    "snapshot",
]
