"""JSON-LD of a few triples, compacted with the project's context (https://www.w3.org/TR/json-ld11-api/#compaction).

The context stands in the document, so that it needs nothing else to be read. What a term of the context cannot say as
it is (another datatype, words where it wants a thing) is said under the property's whole IRI.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.model.iris import PREFIXES, TYPE, XSD, value_of

_STRING = XSD + "string"


@dataclass(frozen=True)
class Context:
    """A JSON-LD context with the terms that it has for properties and classes.

    ``properties`` has for an IRI the term, the type to which it coerces values ("" where it does not) and whether its
    values stand by language; ``names`` the term for an IRI.
    """

    source: Mapping[str, Any]
    properties: Mapping[str, tuple[str, str, bool]]
    names: Mapping[str, str]

    @property
    def id(self) -> str:
        """The key of the IRI of a thing."""
        return self.names.get("@id", "@id")

    @property
    def type(self) -> str:
        """The key of its classes."""
        return self.names.get("@type", "@type")


def read_context(source: Mapping[str, Any]) -> Context:
    """The context that the value of ``@context`` defines: prefixes, aliases of keywords, and terms."""
    prefixes = {name: iri for name, iri in source.items() if isinstance(iri, str) and iri.endswith(("#", "/"))}

    def whole(name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{prefixes[prefix]}{local}" if prefix in prefixes else name

    properties: dict[str, tuple[str, str, bool]] = {}
    names: dict[str, str] = {}
    for term, definition in source.items():
        told = {"@id": definition} if isinstance(definition, str) else definition
        if term.startswith("@") or term in prefixes or not isinstance(told, Mapping) or "@id" not in told:
            continue
        iri = whole(str(told["@id"]))
        names.setdefault(iri, term)
        if set(told) <= {"@id", "@type", "@container"} and told.get("@container") in {None, "@language"}:
            properties.setdefault(iri, (term, whole(str(told.get("@type", ""))), "@container" in told))
    return Context(source, properties, names)


def plain_context() -> Context:
    """The context of a service without one: prefixes only."""
    return Context(PREFIXES, {}, {})


def compact(triples: Iterable[Triple], context: Context) -> bytes:
    """The triples as a JSON-LD document: one object a subject, in the order of their first triples."""
    nodes: dict[str, dict[str, Any]] = {}
    for one in triples:
        node = nodes.setdefault(_ref(one.subject), {context.id: _ref(one.subject)})
        if one.predicate == TYPE and not isinstance(one.object, Literal):
            iri = _ref(one.object)
            _add(node, context.type, context.names.get(iri, iri))
        else:
            _say(node, one.predicate.value, one.object, context)
    document = {"@context": context.source, "@graph": list(nodes.values())}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _say(node: dict[str, Any], predicate: str, value: object, context: Context) -> None:
    """Add a value under the term that can say it, else under the whole IRI."""
    term, coerced, by_language = context.properties.get(predicate, (predicate, "", False))
    if isinstance(value, Literal):
        datatype = value.datatype.value
        if by_language and value.language:
            _add(node.setdefault(term, {}), value.language, value.value)
        elif coerced and coerced == datatype:
            _add(node, term, value.value)
        else:
            _add(node, predicate if coerced or by_language else term, _literal(value))
    elif coerced == "@id":
        _add(node, term, _ref(value))
    else:
        _add(node, predicate if coerced or by_language else term, {context.id: _ref(value)})


def _literal(value: Literal) -> object:
    """A literal as a JSON-LD value; a string is one as it is."""
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = value.datatype.value
    return value.value if datatype == _STRING else {"@value": value.value, "@type": datatype}


def _add(node: dict[str, Any], key: str, value: object) -> None:
    """Add a value: alone under its key, or to a list where there are several."""
    if key not in node:
        node[key] = value
    elif isinstance(node[key], list):
        node[key].append(value)
    else:
        node[key] = [node[key], value]


def _ref(term: object) -> str:
    """The IRI of a term, or the label of a blank node."""
    if isinstance(term, NamedNode | BlankNode):
        return term.value if isinstance(term, NamedNode) else str(term)
    return value_of(term)
