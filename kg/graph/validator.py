"""Hold triples against SHACL shapes with pySHACL.

pySHACL looks at every triple of a shape for every node that it visits, and rdflib takes its time to load a
graph. So pySHACL is handed the shapes without words and severities, which are added to its results here, and
of the data only what the shapes look at: half the time, the same results.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.graph.constraints import Result, Term
from kg.model.errors import InputError, Problem
from kg.model.iris import RDFS, SH, TYPE

if TYPE_CHECKING:
    from rdflib import Graph

_MESSAGE = NamedNode(SH + "message")
_SEVERITY = NamedNode(SH + "severity")
_SAID = (NamedNode(SH + "name"), NamedNode(SH + "description"), _MESSAGE, _SEVERITY)
_CLOSED = NamedNode(SH + "closed")


def shacl_results(data: Iterable[Triple], shapes: Sequence[Triple]) -> list[Result]:
    """What the shapes find wrong with the data, in no order; rdflib and pySHACL are imported here, where needed.

    Errors: InputError for shapes that pySHACL cannot use.
    """
    import pyshacl
    from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, ValidationFailure

    with _quiet("rdflib.term"):
        graph, terms = _rdflib_graph(_looked_at(data, shapes))
        demanded, names = _rdflib_graph(triple for triple in shapes if triple.predicate not in _SAID)
        try:
            _, report, told = pyshacl.validate(graph, shacl_graph=demanded, inplace=True)
        except (ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, re.error) as error:
            report, told = None, str(error)
    if report is None or isinstance(report, ValidationFailure):
        todo = "Correct the shapes; they are SHACL Core."
        raise InputError([Problem("shapes", 0, 0, "shacl", f"pySHACL cannot use the shapes: {told}", todo)])
    messages, lenient = _messages(shapes), _lenient(shapes)
    return [
        replace(
            result,
            severity="warning" if result.source in lenient else "violation",
            messages=messages.get(result.source, {}),
        )
        for result in _read_results(report, {**names, **terms})
    ]


def _looked_at(data: Iterable[Triple], shapes: Sequence[Triple]) -> Iterable[Triple]:
    """The triples whose predicate some shape names; all of them where a shape is closed (SHACL section 4.8.1)."""
    if any(triple.predicate == _CLOSED for triple in shapes):
        return data
    named = {triple.object for triple in shapes} | {TYPE, NamedNode(RDFS + "subClassOf")}
    return (triple for triple in data if triple.predicate in named)


def _messages(shapes: Iterable[Triple]) -> dict[str, dict[str, str]]:
    """The messages of each shape, by language."""
    messages: dict[str, dict[str, str]] = {}
    for triple in shapes:
        if triple.predicate == _MESSAGE and isinstance(triple.object, Literal):
            messages.setdefault(_name(triple), {})[triple.object.language or ""] = triple.object.value
    return messages


def _lenient(shapes: Iterable[Triple]) -> set[str]:
    """The shapes whose results are not violations (SHACL section 2.1.4)."""
    return {_name(t) for t in shapes if t.predicate == _SEVERITY and t.object != NamedNode(SH + "Violation")}


def _name(triple: Triple) -> str:
    """The subject as pySHACL's report names it."""
    return "" if isinstance(triple.subject, Triple) else triple.subject.value


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


def _read_results(report: Graph, terms: Mapping[Any, Term]) -> Iterator[Result]:
    """The results of a pySHACL report in our terms, without severity and words."""
    from rdflib import URIRef

    def value(node: Any, name: str) -> Any:
        return report.value(node, URIRef(SH + name))

    for node in report.objects(None, URIRef(SH + "result")):
        path, shown = value(node, "resultPath"), value(node, "value")
        yield Result(
            severity="",
            source=str(value(node, "sourceShape")),
            focus=terms[value(node, "focusNode")],
            path=NamedNode(str(path)) if isinstance(path, URIRef) else None,
            value=None if shown is None else terms[shown],
            component=str(value(node, "sourceConstraintComponent")),
            messages={},
        )
