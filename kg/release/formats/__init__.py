"""The text formats of a release: quads in, bytes out, the same bytes whatever the order of the quads.

``arrange`` puts the quads in the order that people read them in, once for all formats; ``lines`` writes
N-Quads and N-Triples, ``graphs`` Turtle and TriG, ``jsonld`` JSON-LD; ``turtle`` is the writer, which
the catalogue uses too.
"""

from __future__ import annotations

from kg.model import release_files
from kg.release.formats.graph_files import (
    concepts_turtle,
    derived_turtle,
    evidence_turtle,
    graph_trig,
    rdf12_turtle,
    things_turtle,
)
from kg.release.formats.json_ld import evidence_jsonld, things_jsonld
from kg.release.formats.nquads import graph_nquads, graph_ntriples, hold_spellings
from kg.release.formats.ordering import Arrangement, Section, arrange
from kg.release.formats.turtle import write_turtle


def graph_files(arrangement: Arrangement, context: bytes) -> dict[str, bytes]:
    """All files of the graph by name; ``context`` holds the bytes of the project's JSON-LD context.

    Errors: ReleaseError where a spelling does not survive in a store, or the context is none.
    """
    return {
        release_files.GRAPH: graph_nquads(arrangement),
        release_files.THINGS: things_turtle(arrangement),
        release_files.EVIDENCE: evidence_turtle(arrangement),
        release_files.CONCEPTS: concepts_turtle(arrangement),
        release_files.DERIVED: derived_turtle(arrangement),
        release_files.GRAPH_NTRIPLES: graph_ntriples(arrangement),
        release_files.GRAPH_TRIG: graph_trig(arrangement),
        release_files.THINGS_JSONLD: things_jsonld(arrangement, context),
        release_files.EVIDENCE_JSONLD: evidence_jsonld(arrangement, context),
        release_files.GRAPH_RDF12: rdf12_turtle(arrangement),
    }


__all__ = [
    "Arrangement",
    "Section",
    "arrange",
    "concepts_turtle",
    "derived_turtle",
    "evidence_jsonld",
    "evidence_turtle",
    "graph_files",
    "graph_nquads",
    "graph_ntriples",
    "graph_trig",
    "hold_spellings",
    "rdf12_turtle",
    "things_jsonld",
    "things_turtle",
    "write_turtle",
]
