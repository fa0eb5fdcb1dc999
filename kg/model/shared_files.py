"""What every project shares: ontology, shapes, rules and checks of the package.

A project's folders of the same names add to them. ``kg init`` once copied the shared files into each project:
``init_copies.json`` has the digests of what it copied, so that such copies are told from what a project adds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pyoxigraph import Triple

from kg.model.errors import Problem
from kg.model.messages import worded

PACKAGE = Path(__file__).resolve().parent.parent
STARTER = PACKAGE / "starter"
SHARED = STARTER if (STARTER / "ontology").is_dir() else PACKAGE.parent
"""Where ontology, shapes, rules and checks stand: packed in the wheel, at the root of a checkout."""

ONTOLOGY = ("social-response.ttl", "concepts.ttl", "alignments.ttl")
"""The shared files of ``ontology/``; others there belong to the project."""

CONTEXT = "context.jsonld"

PARTS = {"ontology": "*.ttl", "shapes": "*.ttl", "queries/rules": "*.rq", "queries/checks": "*.rq"}
"""The folders that a project adds to, with the names of the files that are read there."""


def shared_files(shared: Path, part: str) -> list[Path]:
    """Return the files of a part that every project has."""
    if part == "ontology":
        return [shared / part / name for name in ONTOLOGY]
    return visible_files(shared / part, PARTS[part])


def own_files(root: Path, shared: Path, part: str) -> list[Path]:
    """Return the files that a project adds to a part."""
    names = _shared_names(shared, part, _is_shared(root, shared, part))
    return [path for path in visible_files(root / part, PARTS[part]) if path.name not in names]


def copied_files(root: Path, shared: Path, part: str) -> list[Path]:
    """Return a project's files with the name of a shared one."""
    if _is_shared(root, shared, part):
        return []
    names = _shared_names(shared, part) | ({CONTEXT} if part == "ontology" else set())
    return [path for path in visible_files(root / part, "*") if path.name in names and path.is_file()]


def is_unchanged(path: Path, shared: Path, part: str) -> bool:
    """Return whether a copy holds what some version of the package held."""
    data = path.read_bytes().replace(b"\r\n", b"\n")
    now = shared / part / path.name
    if now.exists() and now.read_bytes().replace(b"\r\n", b"\n") == data:
        return True
    return hashlib.sha256(data).hexdigest()[:16] in _copies()[0].get(f"{part}/{path.name}", [])


def was_copied(triple: Triple) -> bool:
    """Return whether some version of the shared Turtle files held a triple."""
    return hashlib.sha256(str(triple).encode()).hexdigest()[:10] in _copies()[1]


def visible_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder, sorted, without hidden ones."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def copy_notes(root: Path, shared: Path) -> list[Problem]:
    """Return notes on copies, and on files that nothing reads."""
    copies = [(part, path) for part in PARTS for path in copied_files(root, shared, part)]
    unchanged = [f"{part}/{path.name}" for part, path in copies if is_unchanged(path, shared, part)]
    notes = []
    if unchanged:
        found = worded("unchanged copies of files of the package are not read ({count})", count=len(unchanged))
        todo = worded("Delete what 'kg init' copied: {files}.", files=_counts(unchanged))
        notes.append(Problem(unchanged[0], 0, 0, "copy", found, todo))
    context = f"ontology/{CONTEXT}"
    if context not in unchanged and any(path.name == CONTEXT for _, path in copies):
        found = worded("not read: the context is the package’s")
        todo = worded("Delete it: JSON-LD names terms of your own by their IRIs.")
        notes.append(Problem(context, 0, 0, "copy", found, todo))
    for part, pattern in PARTS.items():
        strangers = [path for path in visible_files(root / part, "*") if path.is_file() and not path.match(pattern)]
        for path in () if _is_shared(root, shared, part) else strangers:
            if path.name != CONTEXT and path.suffix != ".md":
                names = worded("Files here are called {pattern}: rename it, or move it elsewhere.", pattern=pattern)
                found = worded("nothing reads this file")
                notes.append(Problem(f"{part}/{path.name}", 0, 0, "unread", found, names))
    return notes


def changed_copies(root: Path, shared: Path) -> list[Problem]:
    """Return a problem for each changed copy that cannot add."""
    problems = []
    for part in PARTS:
        for path in copied_files(root, shared, part):
            if part != "ontology" and not is_unchanged(path, shared, part):
                found = worded("it is called like a file of the package, and is another")
                todo = worded("Delete it to use the package’s; give it another name to add it.")
                if path.suffix == ".rq":
                    todo += " " + worded("The words after its number count too.")
                problems.append(Problem(f"{part}/{path.name}", 0, 0, "copy", found, todo))
    return problems


def _counts(names: Iterable[str]) -> str:
    """Return how many of the files are in each folder."""
    counts = Counter(name.rsplit("/", 1)[0] for name in names)
    return ", ".join(f"{count} in {folder}/" for folder, count in counts.items())


def _is_shared(root: Path, shared: Path, part: str) -> bool:
    """Return whether a folder is the package's, as in a checkout."""
    return (root / part).resolve() == (shared / part).resolve()


def _shared_names(shared: Path, part: str, only_now: bool = False) -> set[str]:
    """Return the names of shared files, those of earlier versions too."""
    names = {path.name for path in shared_files(shared, part)}
    if only_now:
        return names
    earlier = (name.rsplit("/", 1) for name in _copies()[0])
    return names | {name for folder, name in earlier if folder == part and name != CONTEXT}


@lru_cache
def _copies() -> tuple[dict[str, list[str]], frozenset[str]]:
    """Return the digests of copied files by name, and of triples."""
    known = json.loads(Path(__file__).with_name("init_copies.json").read_bytes())
    return known["files"], frozenset(digest for line in known["triples"] for digest in line.split())
