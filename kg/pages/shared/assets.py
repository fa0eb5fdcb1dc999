"""The files that pages load: styles and scripts of the features, and what npm gives.

A feature's style and script lie in its folder; at ``/static/`` they stand side by side, under their names alone.
What npm gives is in ``vendor/`` (``assets/README.md``), which may be absent: pages then do without.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, send_from_directory

PAGES = Path(__file__).parents[1]
"""The folder of the features; templates are named by their path in it."""

VENDOR = "vendor"
"""The folder of what npm gives, and the first part of the names of its files."""

_SUFFIXES = {".css", ".js"}
_ICON = "icon.svg"


def add_assets(app: Flask) -> None:
    """Add the route that sends assets; browsers keep them, since each link names the file's fingerprint."""

    @app.get("/static/<path:name>", endpoint="static")
    def static(name: str) -> Response:
        path = own_assets().get(name)
        if path:
            return send_from_directory(path.parent, path.name)
        folder, _, file = name.partition("/")
        return send_from_directory(PAGES / VENDOR, file) if folder == VENDOR else abort(404)


@cache
def own_assets() -> dict[str, Path]:
    """The project's own assets: each name at ``/static/`` with its file."""
    files = [path for path in PAGES.glob("*/*") if path.suffix in _SUFFIXES and path.parent.name != VENDOR]
    return {path.name: path for path in sorted([*files, PAGES / "shared" / _ICON])}


def asset_path(name: str) -> Path:
    """The file of an asset by its name at ``/static/``; whether it is there is not said."""
    return own_assets().get(name) or PAGES / name


def has_asset(name: str) -> bool:
    """Whether an asset is there: what npm gives may be absent."""
    return asset_path(name).is_file()


@cache
def fingerprint(name: str) -> str:
    """A few hex digits that change with the file, so that browsers may keep it for good."""
    return hashlib.sha256(asset_path(name).read_bytes()).hexdigest()[:8]
