"""The files that pages send: assets and files of a release.

A feature's style and script lie in its folder; at ``/static/`` they stand side by side, under their names alone.
What npm gives is in ``vendor/`` (``assets/README.md``), which may be absent: pages then do without.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, send_file, send_from_directory
from werkzeug.security import safe_join

from kg.model import release_files

PAGES = Path(__file__).parents[1]
"""The folder of the features; templates are named by their path in it."""

VENDOR = "vendor"
"""The folder of what npm gives, and the first part of the names of its files."""

_SUFFIXES = {".css", ".js"}
_ICON = "icon.svg"


def add_assets(app: Flask) -> None:
    """Add the route of assets.

    Browsers keep assets for good, since links name each file's fingerprint.
    """

    @app.get("/static/<path:name>", endpoint="static")
    def static(name: str) -> Response:
        path = own_assets().get(name)
        if path:
            return send_from_directory(path.parent, path.name)
        folder, _, file = name.partition("/")
        return send_from_directory(PAGES / VENDOR, file) if folder == VENDOR else abort(404)


@cache
def own_assets() -> dict[str, Path]:
    """Return the features' own assets: the file of each name at ``/static/``."""
    files = [path for path in PAGES.glob("*/*") if path.suffix in _SUFFIXES and path.parent.name != VENDOR]
    return {path.name: path for path in sorted([*files, PAGES / "shared" / _ICON])}


def asset_path(name: str) -> Path:
    """Return the path of an asset, whether or not it exists."""
    return own_assets().get(name) or PAGES / name


def has_asset(name: str) -> bool:
    """Return whether an asset exists: those of npm may be absent."""
    return asset_path(name).is_file()


@cache
def fingerprint(name: str) -> str:
    """Return a few hex digits that change with the file."""
    return hashlib.sha256(asset_path(name).read_bytes()).hexdigest()[:8]


_TYPES = {
    ".ttl": "text/turtle; charset=utf-8",
    ".nt": "application/n-triples",
    ".nq": "application/n-quads",
    ".trig": "application/trig",
    ".jsonld": "application/ld+json",
    ".rdf": "application/rdf+xml",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8; header=present",
    ".txt": "text/plain; charset=utf-8",
    ".rdfp": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
_SPECIAL_TYPES = {
    "csv-metadata.json": "application/csvm+json",
    release_files.GRAPH_RDF12: "text/turtle; charset=utf-8; version=1.2",
}


def file_media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    path = Path(name)
    return _SPECIAL_TYPES.get(path.name) or _TYPES.get(path.suffix, "application/octet-stream")


def send_release_file(folder: Path | None, name: str) -> Response:
    """Return a file of the folder, or the requested range.

    Its ETag is a hash of its content.

    Errors: NotFound where there is no such file.
    """
    file = _path(folder, name) if folder else None
    if file is None:
        abort(404)
    state = file.stat()
    response = send_file(
        file, mimetype=file_media_type(name), conditional=True, etag=_digest(file, state.st_mtime_ns, state.st_size)
    )
    response.headers["Content-Type"] = file_media_type(name)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def _path(folder: Path, name: str) -> Path | None:
    """Return the path of a file in the folder.

    None where there is none or it is outside.
    """
    path = safe_join(str(folder), name)
    try:
        return Path(path) if path and Path(path).is_file() else None
    except (OSError, ValueError):  # no file can have such a name, for example one of 300 characters
        return None


@lru_cache(maxsize=512)
def _digest(file: Path, _changed: int, _size: int) -> str:
    """Return the hash of a file's content.

    The other arguments renew the cache when the file changes.
    """
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:32]
