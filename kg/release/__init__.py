"""A release: everything that ``dist/`` holds, made in memory and written in one step.

``make`` runs the whole way from texts to files, ``folder`` writes and finds release folders.
"""

from kg.release.assembly import Release, make_release
from kg.release.folder import checksums, is_kept, keep_release, release_folder, swap, write_release
from kg.release.graph_reader import read_graph

__all__ = [
    "Release",
    "checksums",
    "is_kept",
    "keep_release",
    "make_release",
    "read_graph",
    "release_folder",
    "swap",
    "write_release",
]
