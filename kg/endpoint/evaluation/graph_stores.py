"""A store with named graphs beside one of its default graph alone, which answers most queries sooner."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import DefaultGraph, Store

from kg.endpoint.evaluation.query_request import Request


@dataclass(frozen=True)
class Stores:
    """The whole store, and its default graph once more by itself.

    The engine finds triples along chains of those with the same term, which lead through all graphs: where
    each triple stands in a named graph too, they are twice as long as a query of the default graph needs.
    """

    whole: Store
    default: Store

    @classmethod
    def of(cls, whole: Store) -> Stores:
        """The two; they are one where the store has no named graph."""
        if not next(whole.named_graphs(), None):
            return cls(whole, whole)
        default = Store()
        default.bulk_extend(whole.quads_for_pattern(None, None, None, DefaultGraph()))
        return cls(whole, default)

    def of_request(self, request: Request) -> Store:
        """The store to answer a request from: the whole one wherever the words of the query may name a graph.

        A backslash may spell any letter of them (SPARQL 1.1, section 19.2).
        """
        if request.default_graphs or request.named_graphs:
            return self.whole
        words = request.query.upper()
        names_graphs = "GRAPH" in words or "FROM" in words or "\\U" in words
        return self.whole if names_graphs else self.default
