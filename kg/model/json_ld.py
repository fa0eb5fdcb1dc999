"""JSON-LD of triples, compacted with a context.

A context that is understood has prefixes, aliases of keywords, and terms with ``@id``, ``@type`` and
``@container: @language``; other terms are left unused. JSON-LD 1.1: https://www.w3.org/TR/json-ld11-api/#compaction
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import PREFIXES, TYPE, XSD

Node = dict[str, Any]
"""The JSON object of one subject."""

_PREFIX_ENDS = (":", "/", "?", "#", "[", "]", "@")
"""The characters with which the IRI of a prefix may end (JSON-LD 1.1, section 4.1.5)."""

_WHOLE_NUMBER = re.compile(r"-?[1-9][0-9]*\Z|0\Z")
_LANGUAGE_MAP = "@language"


@dataclass(frozen=True)
class Context:
    """A JSON-LD context and the terms that it has for IRIs."""

    source: Any
    """The value of ``@context`` as it was read."""
    typed: Mapping[tuple[str, str], str]
    """The term for an IRI and the type of its values: ``@id``, a datatype, ``@language`` (a language map) or none."""
    prefixes: Mapping[str, str]
    """The prefix for the start of an IRI."""
    aliases: Mapping[str, str]
    """The name for a keyword."""
    has_language: bool
    """Whether a string alone would be read as one in a default language."""

    def key(self, keyword: str) -> str:
        """Return the key for a keyword such as ``@id``."""
        return self.aliases.get(keyword, keyword)

    def curie(self, iri: str) -> str:
        """Return an IRI with its prefix, or whole where there is none."""
        end = next((at for mark in "#/:" if (at := iri.rfind(mark)) >= 0), len(iri)) + 1
        prefix, local = self.prefixes.get(iri[:end]), iri[end:]
        return f"{prefix}:{local}" if prefix and not local.startswith("//") else iri

    def name(self, iri: str) -> str:
        """Return the term for an IRI, or its prefixed name."""
        return self.typed.get((iri, "")) or self.curie(iri)


def read_context(source: Any) -> Context:
    """Read the value of ``@context``.

    Parts of it that are no JSON objects define no terms.
    """
    parts = source if isinstance(source, list) else [source]
    definitions = {name: value for part in parts if isinstance(part, Mapping) for name, value in part.items()}
    prefixes = {iri: name for name, iri in definitions.items() if isinstance(iri, str) and iri.endswith(_PREFIX_ENDS)}
    spaces = {name: iri for iri, name in prefixes.items()}

    def whole(name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{spaces[prefix]}{local}" if prefix in spaces else name

    typed: dict[tuple[str, str], str] = {}
    aliases: dict[str, str] = {}
    for name, definition in definitions.items():
        term = {"@id": definition} if isinstance(definition, str) else definition
        if name.startswith("@") or name in spaces or not isinstance(term, Mapping) or "@id" not in term:
            continue
        iri = whole(str(term["@id"]))
        if iri.startswith("@"):
            aliases.setdefault(iri, name)
        elif set(term) <= {"@id", "@type", "@container"} and term.get("@container") in {None, _LANGUAGE_MAP}:
            kind = _LANGUAGE_MAP if "@container" in term else whole(str(term.get("@type", "")))
            typed[iri, kind] = name
    return Context(source, typed, prefixes, aliases, has_language=bool(definitions.get("@language")))


def prefix_context() -> Context:
    """Return a context with the project's prefixes and no terms."""
    return read_context(PREFIXES)


def compact(triples: Iterable[Triple], context: Context) -> list[Node]:
    """Return an object for each subject, in order of first triples."""
    nodes: dict[str, Node] = {}
    for triple in triples:
        subject = context.curie(_ref(triple.subject))
        node = nodes.setdefault(subject, {context.key("@id"): subject})
        iri = triple.predicate.value
        if isinstance(triple.object, Literal):
            _add_literal(node, iri, triple.object, context)
        elif triple.predicate == TYPE:
            _add(node, context.key("@type"), context.name(_ref(triple.object)))
        elif term := context.typed.get((iri, "@id")):
            _add(node, term, context.curie(_ref(triple.object)))
        else:
            _add(node, context.name(iri), {context.key("@id"): context.curie(_ref(triple.object))})
    return list(nodes.values())


def _ref(term: object) -> str:
    """Return a node's IRI, or a blank node's label."""
    return term.value if isinstance(term, NamedNode) else str(term)


def _add_literal(node: Node, iri: str, literal: Literal, context: Context) -> None:
    """Add a literal under the term for its type, if any."""
    if literal.language:
        if term := context.typed.get((iri, _LANGUAGE_MAP)):
            _add(node.setdefault(term, {}), literal.language, literal.value)
        else:
            _add(node, context.name(iri), _value(literal, context))
    elif term := context.typed.get((iri, literal.datatype.value)):
        _add(node, term, literal.value)
    else:
        _add(node, context.name(iri), _value(literal, context))


def _value(literal: Literal, context: Context) -> object:
    """Return a literal in JSON.

    It is a plain value where one is read back the same, otherwise a value object.
    """
    value, datatype = literal.value, literal.datatype.value
    if literal.language:
        return {context.key("@language"): literal.language, context.key("@value"): value}
    if datatype == XSD + "string":
        return {context.key("@value"): value} if context.has_language else value
    if datatype == XSD + "integer" and _WHOLE_NUMBER.match(value):
        return int(value)
    if datatype == XSD + "boolean" and value in {"true", "false"}:
        return value == "true"
    return {context.key("@type"): context.name(datatype), context.key("@value"): value}


def _add(node: Node, key: str, value: object) -> None:
    """Add a value, to a list where there are several."""
    if key not in node:
        node[key] = value
    elif isinstance(node[key], list):
        node[key].append(value)
    else:
        node[key] = [node[key], value]
