"""Reads RDF files into a store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kg.endpoint.problems import LoadingError


def load(paths: Sequence[Path]) -> Store:
    """The RDF files in one store.

    A file with triples in its default graph is taken as it stands. One with named graphs only gets
    their union as default graph: each triple a second time, so that ``FROM`` and
    ``default-graph-uri`` still replace the default graph as the standard says, which the engine's own
    union mode does not let them do.

    Errors: LoadingError where a file is missing, of an unknown kind or corrupt; nothing is loaded then.
    """
    parts = [_load_one(path) for path in paths]
    if len(parts) == 1:
        return parts[0]
    store = Store()
    for part in parts:
        store.bulk_extend(part)
    return store


def _load_one(path: Path) -> Store:
    """The store of one file."""
    form = RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise LoadingError(
            f"{path}: cannot tell the format from the name. Give a file that ends in .nq, .trig, .ttl, .nt, .jsonld "
            f"or .rdf."
        )
    store = Store()
    try:
        store.bulk_load(path=str(path), format=form)
    except FileNotFoundError:
        raise LoadingError(f"{path}: there is no such file. Name an RDF file, or run 'kg build' to make one.") from None
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else f"{path}"
        raise LoadingError(
            f"{place}: this is not valid {form.name}: {error.msg}. Run 'kg build' again if the file is a release, "
            f"or correct that line."
        ) from None
    except (OSError, ValueError) as error:
        raise LoadingError(f"{path}: cannot be read: {error}. Check the file and who may read it.") from None
    if not store.query("ASK { ?s ?p ?o }"):
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store
