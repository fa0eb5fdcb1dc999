"""Finds things by what people type: one index for search, suggestions and reconciliation.

``Index`` takes entries and knows neither HTTP nor SPARQL; ``read_entries`` makes entries of a graph.
"""

from kg.pages.search.entry import Entry, Name, Passage
from kg.pages.search.finder import Finder
from kg.pages.search.gathering import read_entries
from kg.pages.search.index import MOST, Found, Index
from kg.pages.search.scoring import Hit
from kg.pages.search.tokens import mark

__all__ = ["MOST", "Entry", "Finder", "Found", "Hit", "Index", "Name", "Passage", "mark", "read_entries"]
