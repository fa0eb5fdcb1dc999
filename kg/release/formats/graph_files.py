"""The graph of a release in all its formats.

N-Quads and N-Triples have a line a triple, sorted; JSON-LD holds the Turtle files once more, compacted with the
project's context.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pyoxigraph import RdfFormat, Store, serialize

from kg.model import release_files
from kg.model.errors import ReleaseError
from kg.model.json_ld import Context, Node, compact, read_context
from kg.model.messages import worded
from kg.release.formats.arrangement import Arrangement, Section, sections
from kg.release.formats.turtle import evidence_turtle, graph_trig, one_graph_turtle, rdf12_turtle

_SHOWN = 5
"""How many triples a message names."""
_WIDTH = 300
"""How much of each triple a message shows."""


def graph_files(arrangement: Arrangement, context: bytes) -> dict[str, bytes]:
    """Return all files of the graph by name.

    ``context`` holds the bytes of the project's JSON-LD context.

    Errors: ReleaseError where a spelling does not survive in a store, or the context is none.
    """
    return {
        release_files.GRAPH: graph_nquads(arrangement),
        **{file: one_graph_turtle(arrangement, name) for name, file in release_files.OF_ONE_GRAPH.items()},
        release_files.EVIDENCE: evidence_turtle(arrangement),
        release_files.GRAPH_NTRIPLES: graph_ntriples(arrangement),
        release_files.GRAPH_TRIG: graph_trig(arrangement),
        release_files.THINGS_JSONLD: things_jsonld(arrangement, context),
        release_files.EVIDENCE_JSONLD: evidence_jsonld(arrangement, context),
        release_files.GRAPH_RDF12: rdf12_turtle(arrangement),
    }


def graph_nquads(arrangement: Arrangement) -> bytes:
    """``graph.nq``, the seam: sorted N-Quads, canonical because no node is blank.

    Errors: ReleaseError with the triples whose spelling a store does not keep.
    """
    data = _sorted(serialize(arrangement.quads, format=RdfFormat.N_QUADS) or b"")
    validate_spellings(data)
    return data


def graph_ntriples(arrangement: Arrangement) -> bytes:
    """``graph.nt``: the triples of all graphs, each once."""
    return _sorted(serialize((quad.triple for quad in arrangement.quads), format=RdfFormat.N_TRIPLES) or b"")


def validate_spellings(data: bytes) -> None:
    """Load N-Quads into a store, dump them and compare.

    The store keeps values, not spellings: 1.50 comes back as 1.5, xsd:nonNegativeInteger as xsd:integer.
    A release that held them would not be the graph that is served.

    Errors: ReleaseError with the triples that do not come back as they were.
    """
    store = Store()
    store.bulk_load(input=data, format=RdfFormat.N_QUADS)
    again = set(_lines(store.dump(format=RdfFormat.N_QUADS) or b""))
    lost = [line for line in _lines(data) if line not in again]
    if lost:
        examples = "\n".join(f"    {line.decode()[:_WIDTH]}" for line in lost[:_SHOWN])
        more = "\n    " + worded("and {count} more", count=len(lost) - _SHOWN) if len(lost) > _SHOWN else ""
        raise ReleaseError(
            "{count} triples would not be served as they are written, "
            "because a store keeps the value and not the spelling:\n{examples}{more}\n"
            "Write the value as the store does (xsd:integer for whole numbers, 1.5 for 1.50) or as a string.",
            count=len(lost),
            examples=examples,
            more=more,
        )


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


def _sorted(data: bytes) -> bytes:
    lines = sorted(set(_lines(data)))
    return b"".join(line + b"\n" for line in lines)


def things_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``things.jsonld``: what ``things.ttl`` holds; ``context`` is the file of the project's context."""
    return _jsonld(sections(arrangement, "things"), context)


def evidence_jsonld(arrangement: Arrangement, context: bytes) -> bytes:
    """``evidence.jsonld``: what ``evidence.ttl`` holds; ``context`` is the file of the project's context."""
    parts = (section for document in arrangement.documents for section in sections(arrangement, document))
    return _jsonld(parts, context)


def _jsonld(parts: Iterable[Section], source: bytes) -> bytes:
    """Return the triples of sections as a JSON-LD document."""
    context = read_context_file(source)
    nodes = compact((triple for section in parts for group in section.groups for triple in group), context)
    return _layout(context, nodes).encode()


def _layout(context: Context, nodes: Iterable[Node]) -> str:
    """Return the document as JSON.

    Each term of the context and each property of a node has one line.
    """
    source = context.source

    def lines(table: dict[str, Any], indent: str) -> str:
        return ",\n".join(f"{indent}{_text(key)}: {_text(value)}" for key, value in table.items())

    terms = f"{{\n{lines(source, '    ')}\n  }}" if isinstance(source, dict) else _text(source)
    listed = ",\n".join(f"    {{\n{lines(node, '      ')}\n    }}" for node in nodes)
    return f'{{\n  "@context": {terms},\n  {_text(context.key("@graph"))}: [\n{listed}\n  ]\n}}\n'


_text = json.JSONEncoder(ensure_ascii=False).encode


def read_context_file(source: bytes) -> Context:
    """Read the bytes of a JSON-LD context.

    Errors: ReleaseError where it is none.
    """
    try:
        return read_context(json.loads(source)["@context"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            "ontology/context.jsonld is no JSON-LD context ({error}): it is a JSON object with one key, @context.",
            error=repr(error),
        ) from None
