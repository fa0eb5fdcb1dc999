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
from kg.model.messages import N_, worded


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
            worded(
                "{path}: cannot tell the format from the name. "
                "Give a file that ends in .nq, .trig, .ttl, .nt, .jsonld or .rdf.",
                path=path,
            )
        )
    store = Store()
    try:
        with path.open("rb") as file:
            has_mark = file.read(len(BOM_UTF8)) == BOM_UTF8  # which some editors write before a text
            source = {"input": file} if has_mark else {"path": str(path)}  # from a path it is quicker
            store.bulk_load(**source, format=form)
    except FileNotFoundError:
        raise LoadingError(worded("{path}: there is no such file. Name an RDF file that exists.", path=path)) from None
    except SyntaxError as error:
        raise _not_valid(path, form, error) from None
    except (OSError, ValueError) as error:
        raise LoadingError(
            worded("{path}: cannot be read: {error}. Check the file and who may read it.", path=path, error=error)
        ) from None
    if not store.query("ASK { ?s ?p ?o }"):
        store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return store


def _not_valid(path: Path, form: RdfFormat, error: SyntaxError) -> LoadingError:
    """Return the error for a file that breaks its format."""
    if form == RdfFormat.JSON_LD and (contexts := _remote_contexts(path)):
        return LoadingError(
            worded(
                "{path}: its context is at {contexts}, and nothing is fetched from other hosts. "
                "Write the context into the file, or make Turtle of it first.",
                path=path,
                contexts=", ".join(contexts),
            )
        )
    place = f"{path}:{error.lineno}" if error.lineno else f"{path}"
    words = N_("{place}: this is not valid {format}: {what}. Correct that line, or make the file again.")
    return LoadingError(worded(words, place=place, format=form.name, what=error.msg))


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
