"""The examples for programs, in the vocabulary that the SIB's services share (``/.well-known/sparql-examples``).

https://github.com/sib-swiss/sparql-examples: a sh:SPARQLExecutable for each, with its question, its text, the
prefixes that it uses and the endpoint that it is for. Each is named by the address of its page.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Triple, serialize

from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.evaluation.query_scanner import prefixes, verb
from kg.model.iris import DCT, OWL, RDFS, SH, TYPE, XSD
from kg.model.query_files import Query
from kg.pages.shared.app_context import AppContext

PATH = ".well-known/sparql-examples"
SPEX = "https://purl.expasy.org/sparql-examples/ontology#"
SCHEMA = "https://schema.org/"
"""The namespace of schema.org that this vocabulary uses; the graph uses the older one."""

_KINDS = {
    "SELECT": (SH + "SPARQLSelectExecutable", SH + "select"),
    "ASK": (SH + "SPARQLAskExecutable", SH + "ask"),
    "CONSTRUCT": (SH + "SPARQLConstructExecutable", SH + "construct"),
    "DESCRIBE": (SPEX + "SPARQLDescribeExecutable", SPEX + "describe"),
}
"""The class of an executable and the property of its text, by the form of the query."""

_PREFIXES = {"sh": SH, "spex": SPEX, "schema": SCHEMA, "rdfs": RDFS, "dct": DCT, "owl": OWL, "xsd": XSD}


def describe_examples(context: AppContext, media_type: str) -> bytes:
    """The examples of the site as RDF, in a media type of GRAPH_TYPES; every node has an IRI."""
    return serialize(_triples(context), format=GRAPH_TYPES[media_type], prefixes=_PREFIXES) or b""


def address_of(context: AppContext, example: Query) -> str:
    """The address of the page of an example, which names it too."""
    return f"{context.public_url}examples/{example.name}"


def _triples(context: AppContext) -> Iterable[Triple]:
    declared: dict[str, str] = {}
    for example in context.examples:
        declared = prefixes(example.text) | declared
        if verb(example.text) in _KINDS:
            yield from _example(context, example)
    owner = NamedNode(f"{context.public_url}{PATH}#prefixes")
    yield Triple(owner, TYPE, NamedNode(OWL + "Ontology"))
    nodes = {name: NamedNode(f"{context.public_url}{PATH}#prefix-{name}") for name in sorted(declared)}
    for node in nodes.values():
        yield Triple(owner, NamedNode(SH + "declare"), node)
    for name, node in nodes.items():
        yield Triple(node, NamedNode(SH + "prefix"), Literal(name))
        namespace = Literal(declared[name], datatype=NamedNode(XSD + "anyURI"))
        yield Triple(node, NamedNode(SH + "namespace"), namespace)


def _example(context: AppContext, example: Query) -> Iterable[Triple]:
    kind, text = _KINDS[verb(example.text)]
    node = NamedNode(address_of(context, example))
    yield Triple(node, TYPE, NamedNode(SH + "SPARQLExecutable"))
    yield Triple(node, TYPE, NamedNode(kind))
    for language, words in sorted(example.summary.items()):
        yield Triple(node, NamedNode(RDFS + "comment"), Literal(words, language=language))
    for language, words in sorted(example.header.get("description", {}).items()):
        yield Triple(node, NamedNode(DCT + "description"), Literal(words, language=language))
    for tag in example.header.get("tags", ()):
        yield Triple(node, NamedNode(SCHEMA + "keywords"), Literal(tag))
    yield Triple(node, NamedNode(SCHEMA + "target"), NamedNode(f"{context.public_url}sparql"))
    yield Triple(node, NamedNode(SH + "prefixes"), NamedNode(f"{context.public_url}{PATH}#prefixes"))
    yield Triple(node, NamedNode(text), Literal(example.text))
