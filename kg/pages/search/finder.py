"""The index over a release: made once, when a search first needs it or before, and shared by all that search."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cached_property

from kg.endpoint.problems import ProblemError
from kg.pages.search.gathering import read_entries
from kg.pages.search.index import Index
from kg.pages.search.term_catalogue import Vocabulary
from kg.pages.shared.graph_queries import Evaluate
from kg.pages.shared.problem_pages import PageError

PATIENCE = 8
"""Seconds that a search waits for the index while another thread makes it."""


class Finder:
    """Makes the index over what ``ask`` answers from; may be called from several threads.

    A release has one finder, as it has one ``ask``: what is found is what is served.
    """

    def __init__(self, evaluate: Evaluate, base: str) -> None:
        self.evaluate = evaluate
        self._base = base
        self._index: Index | None = None
        self._making = threading.Lock()

    @property
    def index(self) -> Index:
        """The index; whoever comes while it is made waits for it, for PATIENCE at most.

        Errors: ProblemError where it is not there yet, or where the graph does not answer now; the next one tries
        again.
        """
        if self._index is None:
            if not self._making.acquire(timeout=PATIENCE):
                raise PageError("busy.index", retry_after=PATIENCE)
            try:
                if self._index is None:
                    self._index = Index(read_entries(self.evaluate, self._base))
            finally:
                self._making.release()
        return self._index

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The classes and properties of what the index holds."""
        return Vocabulary(self.evaluate, self.index)

    def prepare(self) -> None:
        """Make the index in a thread of its own, so that nobody has to wait for it; 3 s for 10,000 things."""

        def make() -> None:
            with suppress(ProblemError):  # the first search makes it then, or tells why not
                _ = self.index

        threading.Thread(target=make, name="index", daemon=True).start()
