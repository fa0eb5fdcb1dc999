"""Finds things by what people type: one index for search, suggestions and reconciliation.

``Index`` takes entries and knows neither HTTP nor SPARQL; ``read_entries`` makes entries of a graph.
"""

from kg.search.entry import Entry, Name, Passage
from kg.search.finder import Finder
from kg.search.gather import read_entries
from kg.search.index import MOST, Found, Index
from kg.search.score import Hit
from kg.search.words import mark

__all__ = ["MOST", "Entry", "Finder", "Found", "Hit", "Index", "Name", "Passage", "mark", "read_entries"]
