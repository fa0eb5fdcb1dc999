"""Speaks with other SPARQL 1.1 stores: puts queries to them and graphs into them.

``query_remote`` asks an endpoint. ``push`` puts graphs into a store, over the Graph Store Protocol where
the address answers it and over SPARQL Update otherwise; ``Store`` is such an address with its password.
"""

from kg.remote.push import Graph, Pushed, Way, graphs_of, push
from kg.remote.query import query_remote
from kg.remote.secret import Credentials
from kg.remote.store import Reply, Store

__all__ = ["Credentials", "Graph", "Pushed", "Reply", "Store", "Way", "graphs_of", "push", "query_remote"]
