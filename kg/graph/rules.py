"""Derive triples with CONSTRUCT rules, repeated until they add nothing new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QueryTriples, Store, Triple

from kg.model.errors import QueryError
from kg.model.iris import RDF, SKOS
from kg.model.messages import worded
from kg.model.query_files import QueryFile

SOURCES = ("things", "ontology", "concepts")
"""The graphs that rules reason over: what the texts say of the world, not what editors infer, nor the evidence."""

_TYPE = NamedNode(RDF + "type")
_BROADER, _NARROWER = (NamedNode(SKOS + name) for name in ("broader", "narrower"))
_OF_ALL = {_TYPE, *(NamedNode(SKOS + name) for name in ("inScheme", "topConceptOf", "hasTopConcept"))}
"""What joins a thing to too many others to lead anywhere."""

MAX_ROUNDS = 100
"""More rounds than any closure of a real hierarchy needs; rules that go on make something new each time."""


def derive(quads: Sequence[Quad], rules: Sequence[QueryFile], graph: NamedNode) -> list[Quad]:
    """Return what the rules add, sorted, as quads of ``graph``.

    ``graph`` is ``<base>graph/derived``. The rules see the graphs of SOURCES and what was derived so far as one
    graph. A triple that stands in any graph already is not derived again.

    Errors: QueryError for a rule that is no CONSTRUCT, makes blank nodes, states what nothing leads to, or does not
    come to an end.
    """
    start = graph.value.rsplit("/", 1)[0]
    sources = {NamedNode(f"{start}/{name}") for name in SOURCES}
    given = [quad.triple for quad in quads if quad.graph_name in sources]
    store = Store()
    store.bulk_extend(_in(triple, DefaultGraph()) for triple in given)
    connections = _Connections(given)
    derived: set[Triple] = set()
    for _ in range(MAX_ROUNDS):
        before = len(derived)
        for rule in rules:
            new = set(_construct(store, rule)) - derived
            connections.validate(rule, new)
            derived |= new
            store.extend(_in(triple, DefaultGraph()) for triple in new)
        if len(derived) == before:
            subjects = {triple.subject for triple in derived}
            stated = {quad.triple for quad in quads if quad.subject in subjects}
            return sorted((_in(triple, graph) for triple in derived - stated), key=str)
    names = ", ".join(rule.path for rule in rules)
    raise QueryError(
        "{names}: the rules still add triples after {max_rounds} rounds. "
        "Look for a rule that makes a new IRI or literal from what it made before.",
        names=names,
        max_rounds=MAX_ROUNDS,
    )


class _Connections:
    """Stated triples, as ways between things in both directions."""

    def __init__(self, stated: Iterable[Triple]) -> None:
        self._near: dict[object, set[object]] = defaultdict(set)
        self._broader: dict[object, set[object]] = defaultdict(set)
        self._far: dict[object, set[object]] = {}
        for triple in stated:
            if triple.predicate not in _OF_ALL:
                self._near[triple.subject].add(triple.object)
                self._near[triple.object].add(triple.subject)
            if triple.predicate == _BROADER:
                self._broader[triple.subject].add(triple.object)
            if triple.predicate == _NARROWER:
                self._broader[triple.object].add(triple.subject)

    def validate(self, rule: QueryFile, triples: Iterable[Triple]) -> None:
        """Refuse a rule that states something of its own.

        A derived statement joins two things that one or two stated ones join already, or that stand in one line of
        broader concepts; its words and numbers are among those stated. What rules may add without is a type.
        """
        for triple in sorted(triples, key=str):
            if triple.predicate != _TYPE and not self._leads(triple.subject, triple.object):
                words = " ".join(str(term) for term in (triple.subject, triple.predicate, triple.object))
                raise QueryError(
                    "{path}: nothing that is stated leads to what the rule adds: {words}. "
                    "Derive from statements about the same things; a fact of its own needs a quote.",
                    path=rule.path,
                    words=words,
                )

    def _leads(self, subject: object, value: object) -> bool:
        """Return whether stated triples join two terms."""
        near = self._near[subject]
        return value in near or any(value in self._near[middle] for middle in near) or value in self._reached(subject)

    def _reached(self, subject: object) -> set[object]:
        """Return all that broader concepts lead to, in any number of steps."""
        if subject not in self._far:
            found: set[object] = set()
            waiting = [subject]
            while waiting:
                new = self._broader[waiting.pop()] - found
                found |= new
                waiting.extend(new)
            self._far[subject] = found
        return self._far[subject]


def validate_rules(rules: Sequence[QueryFile]) -> list[QueryFile]:
    """Return the rules, each a CONSTRUCT that can be read.

    Errors: QueryError with every rule that is none.
    """
    wrong = []
    for rule in rules:
        try:
            by_itself = any(_construct(Store(), rule))
        except QueryError as error:
            wrong.append(str(error))
        else:
            if by_itself:
                wrong.append(
                    worded(
                        "{path}: the rule states something where nothing is stated. "
                        "Derive from statements about the same things; a fact of its own needs a quote.",
                        path=rule.path,
                    )
                )
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
        raise QueryError(
            "{path}: the rule is not a CONSTRUCT. Write 'CONSTRUCT {{ … }} WHERE {{ … }}'.", path=rule.path
        )
    for triple in result:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            raise QueryError("{path}: the rule makes blank nodes. Give IRIs to what it makes.", path=rule.path)
        yield triple
