"""Make a new project: the same ontology, shapes, rules and checks, and a short text of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from kg.model.errors import ProjectError

PACKAGE = Path(__file__).resolve().parent.parent
_SHARED = ("ontology", "shapes", "queries/rules", "queries/checks")


def _source(name: str) -> Path:
    """Where a part of the starter is: in the wheel beside the package, in a checkout at its root."""
    packed = PACKAGE / "starter" / name
    return packed if packed.exists() else PACKAGE.parent / name


def init_project(folder: Path) -> list[str]:
    """Make a project in a folder that is new or empty, and tell what to do next.

    Errors: ProjectError where the folder holds something or cannot be written; nothing is left then.
    """
    try:
        made = _empty_folder(folder)
        try:
            for name in _SHARED:
                ignored = shutil.ignore_patterns("README.md", "__pycache__")
                shutil.copytree(_source(name), folder / name, ignore=ignored, dirs_exist_ok=True)
            for name in ("data", "queries/examples"):
                shutil.copytree(PACKAGE / "starter" / name, folder / name, dirs_exist_ok=True)
            shutil.copyfile(PACKAGE / "starter" / "kg.toml", folder / "kg.toml")
            (folder / ".gitignore").write_text("dist/\n.dist.*\n", encoding="utf-8")
        except BaseException:
            for child in folder.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            if made:
                folder.rmdir()
            raise
    except OSError as error:
        raise ProjectError(f"{folder}: cannot be written: {error.strerror or error}. Choose another folder.") from None
    return [
        f"A new project stands in {folder}.",
        "Put your text in place of data/exemple/, set title and base in kg.toml, then:",
        f"  kg --project {folder} build",
        f"  kg --project {folder} serve",
    ]


def _empty_folder(folder: Path) -> bool:
    """Make the folder, or accept an empty one; returns whether it was made."""
    if not folder.exists():
        folder.mkdir(parents=True)
        return True
    if not folder.is_dir() or any(folder.iterdir()):
        raise ProjectError(f"{folder}: there is something here already. Choose a new or an empty folder.")
    return False
