"""Read results in each of their formats and compare them.

They are read without the engine's readers.

Two results say the same where they differ in nothing but the spelling of values and the names of blank nodes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.model.iris import RDF, XSD

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_SRX = "{http://www.w3.org/2005/sparql-results#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

INTEGERS = {
    XSD + name
    for name in (
        "integer", "nonPositiveInteger", "negativeInteger", "nonNegativeInteger", "positiveInteger", "long", "int",
        "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
    )
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")

Term = NamedNode | BlankNode | Literal
Row = dict[str, Term]


@dataclass(frozen=True)
class Table:
    """The answer to a SELECT: its variables and its rows.

    Each row has the variables that are bound.
    """

    variables: frozenset[str]
    rows: list[Row]


Result = bool | Table | list[Triple]


def read_result(body: bytes, kind: str, base: str) -> Result:
    """Return the result in a file or body.

    Its format is the one that the extension of the file names.
    """
    if kind in READERS:
        return READERS[kind](body)
    triples = [quad.triple for quad in parse(body, RdfFormat.from_extension(kind), base_iri=base)]
    sets = [
        triple.subject
        for triple in triples
        if triple.predicate.value == RDF + "type" and triple.object.value == RS + "ResultSet"
    ]
    return _from_graph(triples, sets[0]) if sets else triples


def _from_json(body: bytes) -> Result:
    """Return a result in JSON (SPARQL 1.1 Query Results JSON Format)."""
    document = json.loads(body)
    if "boolean" in document:
        return document["boolean"]
    rows = [{name: _json_term(binding) for name, binding in row.items()} for row in document["results"]["bindings"]]
    return Table(frozenset(document["head"]["vars"]), rows)


def _json_term(binding: dict[str, str]) -> Term:
    value = binding["value"]
    if binding["type"] == "uri":
        return NamedNode(value)
    if binding["type"] == "bnode":
        return BlankNode(f"b{value}")
    assert binding["type"] in {"literal", "typed-literal"}, binding
    return _literal(value, binding.get("xml:lang"), binding.get("datatype"))


def _from_xml(body: bytes) -> Result:
    """Return a result in XML.

    See SPARQL Query Results XML Format, second edition.
    """
    root = ET.fromstring(body)
    boolean = root.find(f"{_SRX}boolean")
    if boolean is not None:
        return {"true": True, "false": False}[boolean.text.strip()]
    variables = frozenset(found.attrib["name"] for found in root.findall(f"{_SRX}head/{_SRX}variable"))
    rows = [
        {found.attrib["name"]: _xml_term(found[0]) for found in row.findall(f"{_SRX}binding")}
        for row in root.findall(f"{_SRX}results/{_SRX}result")
    ]
    return Table(variables, rows)


def _xml_term(element: ET.Element) -> Term:
    value = element.text or ""
    if element.tag == f"{_SRX}uri":
        return NamedNode(value)
    if element.tag == f"{_SRX}bnode":
        return BlankNode(f"b{value}")
    assert element.tag == f"{_SRX}literal", element.tag
    return _literal(value, element.get(_LANG), element.get("datatype"))


def _literal(value: str, language: str | None, datatype: str | None) -> Literal:
    if language:
        return Literal(value, language=language)
    return Literal(value, datatype=NamedNode(datatype)) if datatype else Literal(value)


def _from_tsv(body: bytes) -> Result:
    """Return a table in TSV, whose cells are written as in Turtle."""
    header, *lines = body.decode().splitlines()
    names = [name.removeprefix("?") for name in header.split("\t")]
    rows = []
    for line in lines:
        cells = zip(names, line.split("\t"), strict=True)
        rows.append({name: _turtle_term(cell) for name, cell in cells if cell})
    return Table(frozenset(names), rows)


def _turtle_term(cell: str) -> Term:
    (quad,) = parse(f"<a:a> <a:a> {cell} .", RdfFormat.TURTLE)
    return quad.object


def _from_csv(body: bytes) -> Result:
    """Return a table in CSV, whose cells are text.

    A number is known by its looks, a blank node by its ``_:``.
    """
    header, *lines = csv.reader(io.StringIO(body.decode(), newline=""))
    rows = [{name: _csv_term(cell) for name, cell in zip(header, line, strict=True) if cell} for line in lines if line]
    return Table(frozenset(header), rows)


def _csv_term(cell: str) -> Term:
    if cell.startswith("_:"):
        return BlankNode(f"b{cell[2:]}")
    return Literal(cell, datatype=NamedNode(XSD + "decimal")) if _NUMBER.match(cell) else Literal(cell)


READERS: dict[str, Callable[[bytes], Result]] = {
    "srj": _from_json,
    "srx": _from_xml,
    "csv": _from_csv,
    "tsv": _from_tsv,
}
"""What reads a format of results, by the extension of its files."""

RESULT_TYPES = {
    "srj": "application/sparql-results+json",
    "srx": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
"""The media types of those formats."""

RESULT_KINDS = {media_type: kind for kind, media_type in RESULT_TYPES.items()}
"""The formats by their media types."""


def _from_graph(triples: list[Triple], node: Term) -> Result:
    """Return a result written in RDF, as the suite writes some."""

    def values(subject: Term, name: str) -> list[Term]:
        return [
            triple.object for triple in triples if triple.subject == subject and triple.predicate.value == RS + name
        ]

    boolean = values(node, "boolean")
    if boolean:
        return boolean[0].value == "true"
    rows = [
        {values(binding, "variable")[0].value: values(binding, "value")[0] for binding in values(solution, "binding")}
        for solution in values(node, "solution")
    ]
    return Table(frozenset(name.value for name in values(node, "resultVariable")), rows)


def same(found: Result, expected: Result, *, ordered: bool = False) -> bool:
    """Return whether two results say the same.

    The order of rows counts where ``ordered`` is given.
    """
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, Table) != isinstance(expected, Table):
        return False
    if isinstance(found, Table):
        if found.variables != expected.variables or len(found.rows) != len(expected.rows):
            return False
        return _isomorphic(_row_triples(found, ordered=ordered), _row_triples(expected, ordered=ordered))
    return _isomorphic(found, expected)


def _row_triples(table: Table, *, ordered: bool) -> list[Triple]:
    """Return the table as a graph, a node for each row.

    A blank node has the bindings of its row, and how often the row stands there, or where.
    """
    places = list(enumerate(frozenset(row.items()) for row in table.rows))
    if not ordered:
        places = [(count, row) for row, count in Counter(row for _, row in places).items()]
    triples = []
    for at, (count, row) in enumerate(places):
        subject = BlankNode(f"row{at}")
        triples.append(Triple(subject, NamedNode("row:number"), Literal(count)))
        triples += [Triple(subject, NamedNode(f"row:{name}"), term) for name, term in row]
    return triples


def _isomorphic(found: Iterable[Triple], expected: Iterable[Triple]) -> bool:
    """Return whether two graphs say the same.

    They may differ in the names of blank nodes and in the spelling of values.
    """
    import rdflib
    from rdflib.compare import isomorphic

    def node(term: Term) -> rdflib.term.Identifier:
        if isinstance(term, NamedNode):
            return rdflib.URIRef(term.value)
        if isinstance(term, BlankNode):
            return rdflib.BNode(term.value)
        return rdflib.Literal(value(term))

    graphs = []
    for triples in (found, expected):
        graph = rdflib.Graph()
        for triple in triples:
            graph.add((node(triple.subject), node(triple.predicate), node(triple.object)))
        graphs.append(graph)
    return len(graphs[0]) == len(graphs[1]) and isomorphic(*graphs)


def value(literal: Literal) -> str:
    """Return what a literal means, written in one way.

    That is its number, its truth value, or else its words and their datatype.
    """
    datatype, text = literal.datatype.value, literal.value
    if literal.language:
        return f"{text}@{literal.language.lower()}"
    try:
        if datatype in INTEGERS:
            return f"{int(text)} {datatype}"
        if datatype == XSD + "decimal":
            return f"{Decimal(text).normalize():f} decimal"
        if datatype in {XSD + "double", XSD + "float"}:
            return f"{float(text)!r} {datatype}"
        if datatype == XSD + "boolean":
            return f"{ {'true': True, '1': True, 'false': False, '0': False}[text] } boolean"
    except (ValueError, InvalidOperation, KeyError):
        pass  # it is not of its datatype, so that only its words are left to compare
    return f"{text!r} {datatype}"
