"""Spoil a small project as a case says."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

VOCABULARY = ("ontology", "shapes", "queries")
"""The folders that a spoiled project shares with the repository, unless its case touches them."""


def put_together(case: dict[str, Any], base: Path, folder: Path, root: Path) -> None:
    """Make the project of a case: the base with its files, changes, additions and removals.

    Its ontology, shapes and queries are those that every project shares, but for a case of a project's own files.
    """
    shutil.copytree(base, folder)
    touched = {Path(name).parts[0] for key in ("files", "change", "append", "remove") for name in case.get(key, [])}
    for name in () if case.get("own") else VOCABULARY:
        if name in touched:
            shutil.copytree(root / name, folder / name)
        else:
            (folder / name).symlink_to(root / name)
    for name, content in case.get("files", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for name, pairs in case.get("change", {}).items():
        text = (folder / name).read_bytes().decode()
        for old, new in pairs.items():
            assert old in text, f"{old!r} is not in {name}"
            text = text.replace(old, new)
        (folder / name).write_bytes(text.encode())
    for name, content in case.get("append", {}).items():
        path = folder / name
        path.write_bytes((path.read_bytes() if path.exists() else b"") + content.encode())
    for name in case.get("remove", []):
        path = folder / name
        path.rmdir() if path.is_dir() else path.unlink()
    for path in folder.glob("data/*/document.toml"):
        text_file = path.with_name("text.txt")
        if text_file.exists():
            digest = hashlib.sha256(text_file.read_bytes()).hexdigest()
            path.write_bytes(path.read_bytes().replace(b"SUM", digest.encode()))
