"""Derive triples with CONSTRUCT rules, repeated until they add nothing new."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QueryTriples, Store, Triple

from kg.model.errors import QueryError
from kg.model.query_files import QueryFile

SOURCES = ("things", "ontology", "concepts")
"""The graphs that rules reason over: what the texts say of the world, not what editors infer, nor the evidence."""

MAX_ROUNDS = 100
"""More rounds than any closure of a real hierarchy needs; rules that go on make something new each time."""


def derive(quads: Sequence[Quad], rules: Sequence[QueryFile], graph: NamedNode) -> list[Quad]:
    """Return what the rules add, sorted, as quads of ``graph``.

    ``graph`` is ``<base>graph/derived``. The rules see the graphs of SOURCES and what was derived so far as one
    graph. A triple that stands in
    any graph already is not derived again.

    Errors: QueryError for a rule that is no CONSTRUCT, makes blank nodes, or does not come to an end.
    """
    start = graph.value.rsplit("/", 1)[0]
    sources = {NamedNode(f"{start}/{name}") for name in SOURCES}
    stated = {quad.triple for quad in quads}
    store = Store()
    store.bulk_extend(_in(quad.triple, DefaultGraph()) for quad in quads if quad.graph_name in sources)
    derived: set[Triple] = set()
    for _ in range(MAX_ROUNDS):
        before = len(derived)
        for rule in rules:
            new = set(_construct(store, rule)) - derived
            derived |= new
            store.extend(_in(triple, DefaultGraph()) for triple in new)
        if len(derived) == before:
            return sorted((_in(triple, graph) for triple in derived - stated), key=str)
    names = ", ".join(rule.path for rule in rules)
    raise QueryError(
        f"{names}: the rules still add triples after {MAX_ROUNDS} rounds. "
        "Look for a rule that makes a new IRI or literal from what it made before."
    )


def validate_rules(rules: Sequence[QueryFile]) -> list[QueryFile]:
    """Return the rules, each a CONSTRUCT that can be read.

    Errors: QueryError with every rule that is none.
    """
    wrong = []
    for rule in rules:
        try:
            deque(_construct(Store(), rule), maxlen=0)
        except QueryError as error:
            wrong.append(str(error))
    if wrong:
        raise QueryError("\n".join(wrong))
    return list(rules)


def _in(triple: Triple, graph: NamedNode | DefaultGraph) -> Quad:
    """Return the triple as a quad of the graph."""
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _construct(store: Store, rule: QueryFile) -> Iterator[Triple]:
    """Yield the triples that a rule makes of the store."""
    try:
        result = store.query(rule.text)
    except SyntaxError as error:
        raise rule.not_sparql(error) from None
    if not isinstance(result, QueryTriples):
        raise QueryError(f"{rule.path}: the rule is not a CONSTRUCT. Write 'CONSTRUCT {{ … }} WHERE {{ … }}'.")
    for triple in result:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            raise QueryError(f"{rule.path}: the rule makes blank nodes. Give IRIs to what it makes.")
        yield triple
