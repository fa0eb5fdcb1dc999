"""The query whose answer describes a thing in RDF: its triples, what they rest on, what leads to it, and names."""

from __future__ import annotations

from kg.model.iris import OA, RDF, SR
from kg.model.labels import LABELS

MOST_STATEMENTS = 1_000
"""How many statements about a thing its RDF has with their passages."""

MOST_REFERRING = 1_000
"""How many triples that lead to a thing its RDF has."""

_PLUMBING = (RDF + "subject", RDF + "object", SR + "evidence", SR + "statedIn", OA + "hasSource")
"""What leads to a thing from the description of statements, which comes along on its own."""


_NAMED = "{{ ?s <{label}> ?o BIND(<{label}> AS ?p) }}"
_STATEMENTS = f"{{{{ SELECT ?assertion WHERE {{{{ ?assertion <{RDF}subject> <{{iri}}> }}}} LIMIT {MOST_STATEMENTS} }}}}"
_PARTS = (
    "VALUES ?s {{ <{iri}> }}",
    f"?s <{SR}evidence> <{{iri}}>",
    f"<{{iri}}> <{SR}evidence> ?s",
    f"<{{iri}}> <{SR}evidence> ?passage . ?passage <{OA}hasSelector> ?s",
    f"<{{iri}}> <{OA}hasSelector> ?s",
    "<{iri}> ?any ?s FILTER(isBLANK(?s))",
    _STATEMENTS.replace("?assertion", "?s"),
    f"{_STATEMENTS} ?assertion <{SR}evidence> ?s",
    f"{_STATEMENTS} ?assertion <{SR}evidence> ?passage . ?passage <{OA}hasSelector> ?s",
)
"""What comes along whole: the thing, and of its statements, or of the statement that it is part of, all parts."""

_QUERY = """CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{ {{ SELECT DISTINCT ?s WHERE {{ {{ {parts} }} }} }} OPTIONAL {{ ?s ?p ?o }} }}
  UNION {{ SELECT ?s ?p (<{iri}> AS ?o) WHERE {{ ?s ?p <{iri}> FILTER(?p NOT IN ({plumbing})) }} LIMIT {referring} }}
  UNION {{ {{ SELECT DISTINCT ?s WHERE {{ {{ <{iri}> ?out ?s FILTER(isIRI(?s)) }}
    UNION {{ ?s ?in <{iri}> FILTER(?in NOT IN ({plumbing})) }} }} LIMIT {referring} }}
    OPTIONAL {{ {labels} }} }}
}}"""


def describe(iri: str) -> str:
    """The CONSTRUCT that describes a thing.

    With the statements about it, or those of which it is the assertion or the passage, come their assertions,
    passages and selectors, so that the evidence travels along; with the things it names, their labels.
    """
    return _QUERY.format(
        iri=iri,
        parts=" } UNION { ".join(part.format(iri=iri) for part in _PARTS),
        plumbing=", ".join(f"<{each}>" for each in _PLUMBING),
        labels=" UNION ".join(_NAMED.format(label=each) for each in LABELS),
        referring=MOST_REFERRING,
    )
