"""The SPARQL 1.1 Protocol and the Graph Store Protocol without a server.

Bytes and header values go in, a Request or a ProblemError comes out. Updates are not offered.
"""

from kg.endpoint.protocol.media_types import FORMATS, PAGE, acceptable_types, accepts, as_data, content_type, wants_page
from kg.endpoint.protocol.request import METHODS, SUFFIXES, ProtocolRequest, graph_type, named_graph, parse_request

__all__ = [
    "FORMATS",
    "METHODS",
    "PAGE",
    "SUFFIXES",
    "ProtocolRequest",
    "acceptable_types",
    "accepts",
    "as_data",
    "content_type",
    "graph_type",
    "named_graph",
    "parse_request",
    "wants_page",
]
