"""Answers SPARQL queries from a store in memory, never in part.

``load`` reads RDF files into a store, ``evaluate`` turns a Request into an Answer. What is not
answered raises a ProblemError that says what is in the way and what to change; nothing is answered in
part. No network: SERVICE is refused and FROM names graphs of the store only.
"""

from kg.endpoint.evaluation.answering import Answer, Request, asker, evaluate
from kg.endpoint.evaluation.graph_stores import GraphStores, load
from kg.endpoint.evaluation.query_scanner import federated, is_repeatable
from kg.endpoint.evaluation.serialization import GRAPH_TYPES, RESULT_TYPES, Limits

__all__ = [
    "GRAPH_TYPES",
    "RESULT_TYPES",
    "Answer",
    "GraphStores",
    "Limits",
    "Request",
    "asker",
    "evaluate",
    "federated",
    "is_repeatable",
    "load",
]
