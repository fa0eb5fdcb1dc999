"""Files of a release, sent as they stand on the disk."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Response, abort, send_file
from werkzeug.security import safe_join

from kg.model import release_files

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
    """The media type of a file, with its parameters, by its name."""
    path = Path(name)
    return _SPECIAL_TYPES.get(path.name) or _TYPES.get(path.suffix, "application/octet-stream")


def send_release_file(folder: Path | None, name: str) -> Response:
    """A file of the folder, whole or the part that is asked for, with the ETag of its content; 404 where it is not."""
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
    """The path of a file in the folder; None where there is none, or where the name leads out of it."""
    path = safe_join(str(folder), name)
    try:
        return Path(path) if path and Path(path).is_file() else None
    except (OSError, ValueError):  # a name that no file can have, as one of 300 characters
        return None


@lru_cache(maxsize=512)
def _digest(file: Path, _changed: int, _size: int) -> str:
    """The hash of a file's content, found again only when the file changes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:32]
