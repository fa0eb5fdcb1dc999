"""The search index and term catalogue of a release, made lazily."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cached_property

from kg.endpoint.problems import ProblemError
from kg.pages.search.entries import read_entries
from kg.pages.search.index import SearchIndex
from kg.pages.search.term_catalogue import TermCatalogue
from kg.pages.shared.graph_queries import Evaluate
from kg.pages.shared.problem_pages import PageError

PATIENCE = 8
"""Seconds that a search waits while another thread makes the index."""


class SearchService:
    """The index and the terms of what ``ask`` answers from; thread-safe.

    A release has one service, as it has one ``ask``: search results always match the data served.
    """

    def __init__(self, evaluate: Evaluate, base: str) -> None:
        self.evaluate = evaluate
        self._base = base
        self._index: SearchIndex | None = None
        self._lock = threading.Lock()

    @property
    def index(self) -> SearchIndex:
        """The index, made on first use; other threads wait up to PATIENCE.

        Errors: ProblemError if the index is not ready in time, or a query is refused; the next access tries again.
        """
        if self._index is None:
            if not self._lock.acquire(timeout=PATIENCE):
                raise PageError("busy.index", retry_after=PATIENCE)
            try:
                if self._index is None:
                    self._index = SearchIndex(read_entries(self.evaluate, self._base))
            finally:
                self._lock.release()
        return self._index

    @cached_property
    def catalogue(self) -> TermCatalogue:
        """The classes and properties of the indexed things."""
        return TermCatalogue(self.evaluate, self.index)

    def prepare(self) -> None:
        """Make the index in a background thread (3 s for 10,000 things)."""

        def make() -> None:
            with suppress(ProblemError):  # the first search tries again, and reports the problem
                _ = self.index

        threading.Thread(target=make, name="index", daemon=True).start()
