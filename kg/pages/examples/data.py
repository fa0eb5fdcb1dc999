"""Example queries grouped by theme, and their description in RDF.

The RDF follows https://github.com/sib-swiss/sparql-examples: a sh:SPARQLExecutable for each, with its question, text,
prefixes and endpoint. The IRI of each is the address of its page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pyoxigraph import Literal, NamedNode, Triple, serialize

from kg.endpoint.evaluation import GRAPH_TYPES
from kg.endpoint.evaluation.query_scanner import prefixes, verb
from kg.model.iris import DCT, OWL, RDFS, SH, TYPE, XSD, expand_curie
from kg.model.messages import N_
from kg.model.query_files import QueryFile
from kg.pages.shared.app_context import AppContext

PATH = ".well-known/sparql-examples"
SPEX = "https://purl.expasy.org/sparql-examples/ontology#"
SCHEMA = "https://schema.org/"
"""The https namespace that this vocabulary uses; the graph uses the http one."""

_KINDS = {
    "SELECT": (SH + "SPARQLSelectExecutable", SH + "select"),
    "ASK": (SH + "SPARQLAskExecutable", SH + "ask"),
    "CONSTRUCT": (SH + "SPARQLConstructExecutable", SH + "construct"),
    "DESCRIBE": (SPEX + "SPARQLDescribeExecutable", SPEX + "describe"),
}
"""Class and text property of an executable, by query form."""

_FROM = re.compile(r"^FROM\s+<[^<>]*/graph/([\w-]+)>", re.MULTILINE)
_SETS_BY_TAG = {"as-stated": "stated", "with-inferences": "inferred", "with-derived": ""}
_PREFIXES = {"sh": SH, "spex": SPEX, "schema": SCHEMA, "rdfs": RDFS, "dct": DCT, "owl": OWL, "xsd": XSD}

THEMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "overview": (N_("Overview"), ("overview",)),
    "initiatives": (N_("Initiatives"), ("initiative",)),
    "publics": (N_("People"), ("public",)),
    "situations": (N_("Situations, crises and dates"),
                   ("situation", "crisis", "problem", "time")),
    "offerings": (N_("Offerings and approaches"), ("offering", "approach")),
    "outcomes": (N_("Aims and effects"), ("outcome", "aim", "effect")),
    "claims": (N_("Claims, values, advocacy"), ("claim", "value", "advocacy")),
    "places": (N_("Organisations and places"), ("organisation", "place")),
    "evidence": (N_("Passages and modalities"), ("evidence", "modality", "document")),
    "search": (N_("Search and other data sets"), ("search", "alignment")),
    "others": (N_("Other questions"), ()),
}  # fmt: skip
"""The themes with their headings and the first tags of their queries."""


def themes_of(queries: Sequence[QueryFile]) -> list[tuple[str, str, list[QueryFile]]]:
    """Return the non-empty themes in order: key, heading, queries."""
    groups: dict[str, list[QueryFile]] = {theme: [] for theme in THEMES}
    for query in queries:
        first = next(iter(query.header.get("tags", ())), "")
        groups[next((theme for theme, (_, tags) in THEMES.items() if first in tags), "others")].append(query)
    return [(theme, THEMES[theme][0], members) for theme, members in groups.items() if members]


def set_of(example: QueryFile) -> str:
    """Return which of STATEMENT_SETS a query asks, by tag or FROM."""
    tagged = [_SETS_BY_TAG[tag] for tag in example.header.get("tags", ()) if tag in _SETS_BY_TAG]
    if tagged:
        return tagged[0]
    graphs = set(_FROM.findall(example.text))
    return "" if "things" not in graphs else "inferred" if "inferred" in graphs else "stated"


def terms_of(example: QueryFile) -> list[tuple[str, str]]:
    """Return CURIE and IRI (empty if unknown) of a query's terms."""
    return [(name, expand_curie(name) or "") for name in example.header.get("about", ())]


def describe_examples(context: AppContext, media_type: str) -> bytes:
    """Return the examples as RDF in a media type of GRAPH_TYPES."""
    return serialize(_triples(context), format=GRAPH_TYPES[media_type], prefixes=_PREFIXES) or b""


def _address(context: AppContext, example: QueryFile) -> str:
    """Return the page address of an example, also its IRI."""
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


def _example(context: AppContext, example: QueryFile) -> Iterable[Triple]:
    kind, text = _KINDS[verb(example.text)]
    node = NamedNode(_address(context, example))
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
