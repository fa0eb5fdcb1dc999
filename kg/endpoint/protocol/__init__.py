"""The SPARQL 1.1 Protocol and the Graph Store Protocol without a server.

Pure: bytes and header values in, a Request or a ProblemError out. Updates are not offered.
"""

from kg.endpoint.protocol.graph_store import SUFFIXES, graph_type, named_graph
from kg.endpoint.protocol.media_types import FORMATS, PAGE, accepts, as_data, content_type, wants_page
from kg.endpoint.protocol.request import METHODS, Received, description_type, read

__all__ = [
    "FORMATS",
    "METHODS",
    "PAGE",
    "SUFFIXES",
    "Received",
    "accepts",
    "as_data",
    "content_type",
    "description_type",
    "graph_type",
    "named_graph",
    "read",
    "wants_page",
]
