"""Hold triples against SHACL shapes with pySHACL.

pySHACL looks at every triple of a shape for every node that it visits, so it is handed the shapes without
their words; the messages of results are taken from the shapes here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.checks import Result, Term
from kg.errors import InputError, Problem
from kg.terms import SH

if TYPE_CHECKING:
    from rdflib import Graph

_WORDS = frozenset(SH + name for name in ("name", "description", "message"))


def shacl_results(data: Iterable[Triple], shapes: Sequence[Triple]) -> list[Result]:
    """What the shapes find wrong with the data, in no order; rdflib and pySHACL are imported here, where needed.

    Errors: InputError for shapes that pySHACL cannot use.
    """
    import pyshacl
    from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, ValidationFailure

    with _quiet("rdflib.term"):
        graph, terms = _rdflib_graph(data)
        demanded, names = _rdflib_graph(triple for triple in shapes if triple.predicate.value not in _WORDS)
        try:
            _, report, told = pyshacl.validate(graph, shacl_graph=demanded, inplace=True)
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError) as error:
            report, told = None, str(error)
    if report is None or isinstance(report, ValidationFailure):
        todo = "Correct the shapes; they are SHACL Core."
        raise InputError([Problem("shapes", 0, 0, "shacl", f"pySHACL cannot use the shapes: {told}", todo)])
    return list(_read_results(report, {**names, **terms}, _messages(shapes)))


def _messages(shapes: Iterable[Triple]) -> dict[str, dict[str, str]]:
    """The messages of each shape, by language."""
    messages: dict[str, dict[str, str]] = {}
    for triple in shapes:
        if triple.predicate.value == SH + "message" and isinstance(triple.subject, NamedNode):
            messages.setdefault(triple.subject.value, {})[triple.object.language or ""] = triple.object.value
    return messages


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Silence a logger: rdflib logs each ill-typed literal with a traceback, and the shapes report it anyway."""
    log = logging.getLogger(logger)
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


def _rdflib_graph(triples: Iterable[Triple]) -> tuple[Graph, dict[Any, Term]]:
    """The triples as an rdflib graph, with the way back from rdflib's terms.

    Straight into the store of the graph: six times as fast as parsing N-Triples.
    """
    from rdflib import BNode, Graph, URIRef
    from rdflib import Literal as Text

    made: dict[Any, Any] = {}

    def term(one: Any) -> Any:
        if one not in made:
            if isinstance(one, NamedNode):
                made[one] = URIRef(one.value)
            elif isinstance(one, BlankNode):
                made[one] = BNode(one.value)
            elif one.language:
                made[one] = Text(one.value, lang=one.language)
            else:
                made[one] = Text(one.value, datatype=URIRef(one.datatype.value), normalize=False)
        return made[one]

    graph = Graph(bind_namespaces="none")
    for triple in triples:
        graph.store.add((term(triple.subject), term(triple.predicate), term(triple.object)), graph)
    return graph, {theirs: ours for ours, theirs in made.items()}


def _read_results(
    report: Graph, terms: Mapping[Any, Term], messages: Mapping[str, Mapping[str, str]]
) -> Iterator[Result]:
    """The results of a pySHACL report, in our terms."""
    from rdflib import URIRef

    def value(node: Any, name: str) -> Any:
        return report.value(node, URIRef(SH + name))

    for node in report.objects(None, URIRef(SH + "result")):
        source, path, shown = value(node, "sourceShape"), value(node, "resultPath"), value(node, "value")
        yield Result(
            severity="warning" if value(node, "resultSeverity") != URIRef(SH + "Violation") else "violation",
            source=str(source),
            focus=terms[value(node, "focusNode")],
            path=NamedNode(str(path)) if isinstance(path, URIRef) else None,
            value=None if shown is None else terms[shown],
            component=str(value(node, "sourceConstraintComponent")),
            messages=messages.get(str(source), {}),
        )
