"""JSON-LD: the Turtle files once more, compacted with the project's context, in the order of the Turtle.

rdflib compacts. It keeps the order of properties and values that it is given, but goes through the subjects in one that
changes with the hash seed; that is put right afterwards.
JSON-LD 1.1, section 4.1: the context stands in the file itself, so that the file needs nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, Triple

from kg.model.errors import ReleaseError
from kg.model.iris import XSD
from kg.release.formats.ordering import Arrangement, Section, iri_of
from kg.release.formats.sections import sections

if TYPE_CHECKING:
    from rdflib.term import Node

_STRING = XSD + "string"


def things_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``things.jsonld``: what ``things.ttl`` holds; ``context`` is the file of the project's context."""
    return _jsonld(sections(arrangement, "things"), context)


def evidence_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``evidence.jsonld``: what ``evidence.ttl`` holds; ``context`` is the file of the project's context."""
    parts = (section for document in arrangement.documents for section in sections(arrangement, document))
    return _jsonld(parts, context)


def _jsonld(parts: Iterable[Section], context: bytes) -> bytes:
    from rdflib.plugins.serializers.jsonld import Converter
    from rdflib.plugins.shared.jsonld.context import Context

    source = _read_context(context)
    terms = Context(source)
    told = _Told(triple for section in parts for group in section.groups for triple in group)
    converter: Any = Converter(terms, use_native_types=False, use_rdf_type=False)
    nodes = converter.from_graph(told)
    ranks = {str(terms.shrink_iri(str(subject))): rank for rank, subject in enumerate(told.subjects())}
    nodes.sort(key=lambda node: ranks[str(node[terms.id_key])])
    return _layout(source, terms.graph_key, nodes).encode()


class _Told:
    """What rdflib's converter asks of a graph, without the indexes of a store, which it does not need.

    The triples are kept spelling for spelling, by subject and in their order; there are no RDF collections.
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        import rdflib

        @cache
        def term(node: object) -> rdflib.term.Node:
            if not isinstance(node, Literal):
                return rdflib.URIRef(iri_of(node))
            datatype = None if node.language or node.datatype.value == _STRING else rdflib.URIRef(node.datatype.value)
            return rdflib.Literal(node.value, lang=node.language, datatype=datatype, normalize=False)

        self._nodes: dict[Node, list[tuple[Node, Node]]] = {}
        for triple in triples:
            told = self._nodes.setdefault(term(triple.subject), [])
            told.append((term(triple.predicate), term(triple.object)))

    def subjects(self) -> Iterable[Node]:
        """The subjects in the order of their first triple."""
        return self._nodes

    def predicate_objects(self, subject: Node) -> Iterable[tuple[Node, Node]]:
        """What is told of a subject."""
        return self._nodes.get(subject, ())

    def value(self, *_: Node) -> None:
        """The one value of a property: asked of lists only, and there are none."""


def _layout(context: Any, graph_key: str, nodes: Iterable[dict[str, Any]]) -> str:
    """The document as JSON: each term of the context and each property of a node on one line."""

    def lines(table: dict[str, Any], indent: str) -> str:
        return ",\n".join(f"{indent}{_text(key)}: {_text(value)}" for key, value in table.items())

    terms = f"{{\n{lines(context, '    ')}\n  }}" if isinstance(context, dict) else _text(context)
    listed = ",\n".join(f"    {{\n{lines(node, '      ')}\n    }}" for node in nodes)
    return f'{{\n  "@context": {terms},\n  {_text(graph_key)}: [\n{listed}\n  ]\n}}\n'


_text = json.JSONEncoder(ensure_ascii=False).encode


def _read_context(context: bytes) -> Any:
    try:
        document = json.loads(context)
        return document["@context"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"ontology/context.jsonld is no JSON-LD context ({error!r}): it is a JSON object with one key, @context."
        ) from None
