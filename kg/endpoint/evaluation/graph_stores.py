"""Stores in memory: RDF files, and their default graph once more."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, RdfFormat, Store

from kg.endpoint.evaluation.answering import Request
from kg.endpoint.problems import LoadingError


@dataclass(frozen=True)
class GraphStores:
    """The whole store, and its default graph alone for faster answers.

    The engine finds triples along chains of those with the same term, which lead through all graphs. If each triple
    stands in a named graph too, the chains are twice as long as a query of the default graph needs.
    """

    whole: Store
    default: Store

    @classmethod
    def of(cls, whole: Store) -> GraphStores:
        """Return the two stores, which are one without named graphs."""
        if not next(whole.named_graphs(), None):
            return cls(whole, whole)
        default = Store()
        default.bulk_extend(whole.quads_for_pattern(None, None, None, DefaultGraph()))
        return cls(whole, default)

    def of_request(self, request: Request) -> Store:
        """Return the whole store if a request may name graphs, else ``default``."""
        if request.default_graphs or request.named_graphs:
            return self.whole
        words = request.query.upper()
        # An escape may spell any letter of the two words (SPARQL 1.1, section 19.2).
        names_graphs = "GRAPH" in words or "FROM" in words or "\\U" in words
        return self.whole if names_graphs else self.default


def load(paths: Sequence[Path]) -> Store:
    """Read RDF files into one store.

    A file with triples in its default graph is taken as it stands. One with named graphs only gets their union as
    default graph: each triple a second time, so that ``FROM`` and ``default-graph-uri`` still replace the default
    graph as the standard says, which the engine's own union mode does not let them do.

    Errors: LoadingError if a file is missing, of an unknown kind or corrupt; nothing is loaded then.
    """
    parts = [_load_one(path) for path in paths]
    if len(parts) == 1:
        return parts[0]
    store = Store()
    for part in parts:
        store.bulk_extend(part)
    return store


def _load_one(path: Path) -> Store:
    """Read one file into a store."""
    form = RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise LoadingError(
            f"{path}: cannot tell the format from the name. Give a file that ends in .nq, .trig, .ttl, .nt, .jsonld "
            f"or .rdf."
        )
    store = Store()
    try:
        with path.open("rb") as file:
            has_mark = file.read(len(BOM_UTF8)) == BOM_UTF8  # which some editors write before a text
            source = {"input": file} if has_mark else {"path": str(path)}  # from a path it is quicker
            store.bulk_load(**source, format=form)
    except FileNotFoundError:
        raise LoadingError(f"{path}: there is no such file. Name an RDF file that exists.") from None
    except SyntaxError as error:
        if form == RdfFormat.JSON_LD and (contexts := _remote_contexts(path)):
            raise LoadingError(
                f"{path}: its context is at {', '.join(contexts)}, and nothing is fetched from other hosts. Write "
                f"the context into the file, or make Turtle of it first."
            ) from None
        place = f"{path}:{error.lineno}" if error.lineno else f"{path}"
        raise LoadingError(
            f"{place}: this is not valid {form.name}: {error.msg}. Correct that line, or make the file again."
        ) from None
    except (OSError, ValueError) as error:
        raise LoadingError(f"{path}: cannot be read: {error}. Check the file and who may read it.") from None
    if not store.query("ASK { ?s ?p ?o }"):
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def _remote_contexts(path: Path) -> list[str]:
    """Return the addresses of contexts outside a file of JSON-LD."""

    def addresses(value: object, *, is_context: bool = False) -> Iterator[str]:
        if is_context and isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for member in value:
                yield from addresses(member, is_context=is_context)
        elif isinstance(value, dict):
            for name, member in value.items():
                yield from addresses(member, is_context=name in {"@context", "@import"})

    try:
        return sorted(set(addresses(json.loads(path.read_bytes()))))
    except (ValueError, RecursionError):
        return []
