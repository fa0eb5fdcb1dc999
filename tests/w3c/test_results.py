"""The comparison of results that the suites use."""

from __future__ import annotations

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.model.iris import XSD

from .results import Table, read_result, same

IRI = NamedNode("http://example.org/a")
P = NamedNode("http://example.org/p")


def number(text: str, kind: str = "integer") -> Literal:
    return Literal(text, datatype=NamedNode(XSD + kind))


def table(*rows: dict) -> Table:
    return Table(frozenset({"x", "y"}), list(rows))


def blank(x: str, y: str) -> dict:
    return {"x": BlankNode(x), "y": BlankNode(y)}


ONE, TWO = {"x": IRI}, {"x": Literal("two")}

SAME = {
    "values of numbers": (table({"x": number("01")}), table({"x": number("1")})),
    "values of doubles": (table({"x": number("1.0E6", "double")}), table({"x": number("1000000", "double")})),
    "values of decimals": (table({"x": number("2.50", "decimal")}), table({"x": number("2.5", "decimal")})),
    "values of booleans": (table({"x": number("1", "boolean")}), table({"x": number("true", "boolean")})),
    "case of languages": (table({"x": Literal("a", language="en-GB")}), table({"x": Literal("a", language="en-gb")})),
    "names of blank nodes": (table(blank("a", "a"), blank("a", "b")), table(blank("c", "d"), blank("c", "c"))),
    "order of rows": (table(ONE, TWO, ONE), table(ONE, ONE, TWO)),
    "graphs": ([Triple(BlankNode("a"), P, BlankNode("b"))], [Triple(BlankNode("c"), P, BlankNode("d"))]),
}

DIFFERENT = {
    "kinds of terms": (table({"x": IRI}), table({"x": Literal(IRI.value)})),
    "datatypes": (table({"x": number("1")}), table({"x": number("1", "decimal")})),
    "languages": (table({"x": Literal("a", language="en")}), table({"x": Literal("a")})),
    "unbound variables": (table({"x": IRI}), table({"x": IRI, "y": IRI})),
    "variables": (Table(frozenset({"x"}), []), Table(frozenset({"x", "y"}), [])),
    "repetitions": (table(ONE, TWO, TWO), table(ONE, ONE, TWO)),
    "blank nodes shared by rows": (table(blank("a", "b"), blank("a", "c")), table(blank("a", "b"), blank("c", "d"))),
    "graphs": ([Triple(BlankNode("a"), P, BlankNode("b"))], [Triple(BlankNode("a"), P, BlankNode("a"))]),
    "truth values": (True, False),
    "kinds of results": (table(), []),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_results_spelled_differently_are_the_same(pair):
    """Results that say the same are the same, in whichever way they are spelled."""
    assert same(*pair)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_results_that_differ_are_told_apart(pair):
    """Results that do not say the same are told apart."""
    assert not same(*pair)


def test_order_counts_where_it_is_asked_for():
    """Rows in another order are another result only where the query orders them."""
    assert same(table(ONE, TWO), table(ONE, TWO), ordered=True)
    assert not same(table(ONE, TWO), table(TWO, ONE), ordered=True)


def test_formats_say_the_same():
    """One table reads the same in JSON, XML, TSV and RDF, and in CSV as far as CSV tells it."""
    xml = '<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="x"/><variable name="y"/></head>'
    xml += '<results><result><binding name="x"><uri>http://example.org/a</uri></binding>'
    xml += f'<binding name="y"><literal datatype="{XSD}integer">7</literal></binding></result></results></sparql>'
    json = '{"head": {"vars": ["x", "y"]}, "results": {"bindings": [{"x": {"type": "uri", "value": '
    json += f'"{IRI.value}"}}, "y": {{"type": "literal", "datatype": "{XSD}integer", "value": "7"}}}}]}}}}'
    ttl = "@prefix rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> . [] a rs:ResultSet ;"
    ttl += ' rs:resultVariable "x", "y" ; rs:solution [ rs:binding [ rs:variable "x" ; rs:value <a> ],'
    ttl += ' [ rs:variable "y" ; rs:value 7 ] ] .'
    texts = {"srx": xml, "srj": json, "tsv": f"?x\t?y\n<{IRI.value}>\t7\n", "ttl": ttl}
    row = {"x": IRI, "y": number("7")}

    for kind, text in texts.items():
        assert same(read_result(text.encode(), kind, "http://example.org/"), table(row)), kind
    in_csv = table({"x": Literal(IRI.value), "y": number("7", "decimal")})
    assert same(read_result(f"x,y\r\n{IRI.value},7\r\n".encode(), "csv", ""), in_csv)
