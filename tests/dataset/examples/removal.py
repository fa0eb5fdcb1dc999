"""The real graph in a store, whole or without some facts."""

from collections.abc import Sequence

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from kg.graph.rules import derive
from kg.model.project import Project
from kg.model.query_files import read_queries

from .reading import full

TYPE, SUBJECT, PREDICATE, OBJECT = (full(f"rdf:{name}") for name in ("type", "subject", "predicate", "object"))
Row = tuple[str, str, str, Quad]
"""A quad with its terms as text, which compare quickly."""


class Graph:
    """The graph of a project, with what the rules add to it."""

    def __init__(self, project: Project, built: Sequence[Quad]):
        self._rules = read_queries(project.rules)
        self._derived = project.minter.graph("derived")
        self._rows: list[Row] = [(str(q.subject)[1:-1], q.predicate.value, str(q.object), q) for q in built]
        self._classes = {s for s, p, o, _ in self._rows if p == TYPE and o == f"<{full('owl:Class')}>"}

    def store(self, without: str = "") -> Store:
        """Return a store of the graph, whole or without some facts.

        Each quad is in its named graph and in the default graph.

        ``without`` says what is left out: the facts about a class or property (``sr:Aim``, ``sr:targets``), the
        editors' ``inferences``, or what is ``derived``.
        """
        quads = [row[3] for row in self._rows]
        if without == "inferences":
            quads = self._without_inferences()
        elif full(without) in self._classes:
            quads = self._without_class(full(without))
        elif ":" in without:
            quads = self._without_property(full(without))
        if without != "derived":
            added = derive(quads, self._rules, self._derived)
            quads += [quad for quad in added if quad.predicate.value != full(without)]
        store = Store()
        store.bulk_extend(quads)
        store.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads)
        return store

    def _without_property(self, iri: str) -> list[Quad]:
        """Return the quads without a property and its assertions."""
        gone = {s for s, p, o, _ in self._rows if p == PREDICATE and o == f"<{iri}>"}
        return [quad for s, p, _, quad in self._rows if p != iri and s not in gone]

    def _without_class(self, iri: str) -> list[Quad]:
        """Return the quads without things of a class or below it.

        The assertions about them are left out too.
        """
        below = {f"<{iri}>"}
        while more := {f"<{s}>" for s, p, o, _ in self._rows if p == full("rdfs:subClassOf") and o in below} - below:
            below |= more
        members = {f"<{s}>" for s, p, o, _ in self._rows if p == TYPE and o in below}
        about = {f"<{s}>" for s, p, o, _ in self._rows if p in (SUBJECT, OBJECT) and o in members}
        gone = members | about
        return [quad for s, _, o, quad in self._rows if f"<{s}>" not in gone and o not in gone]

    def _without_inferences(self) -> list[Quad]:
        """Return the quads without the inferences of the editors.

        Their assertions and their statements are left out.
        """
        inferred = f"<{full('sr:inferred')}>"
        gone = {s for s, p, o, _ in self._rows if p == full("sr:modality") and o == inferred}
        parts = {(s, p): o for s, p, o, _ in self._rows if s in gone}
        said = {tuple(parts[one, part] for part in (SUBJECT, PREDICATE, OBJECT)) for one in gone}
        return [quad for s, p, o, quad in self._rows if s not in gone and (f"<{s}>", f"<{p}>", o) not in said]


def named(store: Store) -> list[Quad]:
    """Return the quads of the named graphs of a store."""
    return [quad for quad in store if isinstance(quad.graph_name, NamedNode)]
