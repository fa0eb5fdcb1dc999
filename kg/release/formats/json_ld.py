"""JSON-LD: the Turtle files once more, compacted with the project's context, in the order of the Turtle.

JSON-LD 1.1, section 4.1: the context stands in the file itself, so that the file needs nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kg.model.errors import ReleaseError
from kg.model.json_ld import Context, Node, compact, read_context
from kg.release.formats.ordering import Arrangement, Section
from kg.release.formats.sections import sections


def things_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``things.jsonld``: what ``things.ttl`` holds; ``context`` is the file of the project's context."""
    return _jsonld(sections(arrangement, "things"), context)


def evidence_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``evidence.jsonld``: what ``evidence.ttl`` holds; ``context`` is the file of the project's context."""
    parts = (section for document in arrangement.documents for section in sections(arrangement, document))
    return _jsonld(parts, context)


def _jsonld(parts: Iterable[Section], source: bytes) -> bytes:
    """Return the triples of sections as a JSON-LD document."""
    context = _read_context(source)
    nodes = compact((triple for section in parts for group in section.groups for triple in group), context)
    return _layout(context, nodes).encode()


def _layout(context: Context, nodes: Iterable[Node]) -> str:
    """Return the document as JSON: each term of the context and each property of a node on one line."""
    source = context.source

    def lines(table: dict[str, Any], indent: str) -> str:
        return ",\n".join(f"{indent}{_text(key)}: {_text(value)}" for key, value in table.items())

    terms = f"{{\n{lines(source, '    ')}\n  }}" if isinstance(source, dict) else _text(source)
    listed = ",\n".join(f"    {{\n{lines(node, '      ')}\n    }}" for node in nodes)
    return f'{{\n  "@context": {terms},\n  {_text(context.key("@graph"))}: [\n{listed}\n  ]\n}}\n'


_text = json.JSONEncoder(ensure_ascii=False).encode


def _read_context(source: bytes) -> Context:
    try:
        return read_context(json.loads(source)["@context"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"ontology/context.jsonld is no JSON-LD context ({error!r}): it is a JSON object with one key, @context."
        ) from None
