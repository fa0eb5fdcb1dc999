"""N-Quads and N-Triples: one line a triple, sorted; the same lines whatever the order of the quads."""

from __future__ import annotations

from pyoxigraph import RdfFormat, Store, serialize

from kg.model.errors import ReleaseError
from kg.release.formats.ordering import Arrangement

_SHOWN = 5
"""How many triples a message names."""
_WIDTH = 300
"""How much of each triple a message shows."""


def graph_nquads(arrangement: Arrangement) -> bytes:
    """``graph.nq``, the seam: sorted N-Quads, canonical because no node is blank.

    Errors: ReleaseError with the triples whose spelling a store does not keep.
    """
    data = _sorted(serialize(arrangement.quads, format=RdfFormat.N_QUADS) or b"")
    hold_spellings(data)
    return data


def graph_ntriples(arrangement: Arrangement) -> bytes:
    """``graph.nt``: the triples of all graphs, each once."""
    return _sorted(serialize((quad.triple for quad in arrangement.quads), format=RdfFormat.N_TRIPLES) or b"")


def hold_spellings(data: bytes) -> None:
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
        shown = "\n".join(f"    {line.decode()[:_WIDTH]}" for line in lost[:_SHOWN])
        more = f"\n    and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        raise ReleaseError(
            f"{len(lost)} triples would not be served as they are written, because a store keeps the value and not "
            f"the spelling:\n{shown}{more}\nWrite the value as the store does (xsd:integer for whole numbers, 1.5 "
            f"for 1.50) or as a string."
        )


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


def _sorted(data: bytes) -> bytes:
    lines = sorted(set(_lines(data)))
    return b"".join(line + b"\n" for line in lines)
