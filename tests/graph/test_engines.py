"""The native SHACL engine finds what the W3C suite expects; our own shapes are compared case by case elsewhere."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from public_suites import missing, suite_folder
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.graph.validator import native_results
from kg.model.iris import SH

SUITE = suite_folder("shacl")
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
TAKEN = ("unsupported-sparql-002", "unsupported-sparql-006")
CASES = sorted(path for path in SUITE.rglob("*.ttl") if b"sht:Validate" in path.read_bytes())


def read(address: str) -> list[Triple]:
    """The triples of a file of the suite."""
    path = Path(unquote(urlsplit(address).path))
    return [quad.triple for quad in parse(path.read_bytes(), RdfFormat.TURTLE, base_iri=address)]


def the(triples: list[Triple], name: str) -> NamedNode:
    """The one value of a property in a manifest."""
    return next(triple.object for triple in triples if triple.predicate.value == name)


def test_the_suite_is_there(require):
    """The W3C suite of SHACL is at hand, with all its tests."""
    require(SUITE.exists(), "W3C suite of SHACL", missing("shacl"))
    assert len(CASES) == 121


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.relative_to(SUITE).with_suffix("").as_posix())
def test_the_native_engine_finds_what_the_suite_expects(path):
    """For each test of the W3C suite the native engine gives as many results as its report lists.

    Two tests expect a refusal of SPARQL that it takes; our shapes are SHACL Core.
    """
    triples = read(path.as_uri())
    report = the(triples, f"{MF}result")
    expected = sum(t.subject == report and t.predicate.value == f"{SH}result" for t in triples)
    data, shapes = (read(the(triples, f"{SHT}{name}Graph").value) for name in ("data", "shapes"))
    if report == NamedNode(f"{SHT}Failure"):
        with pytest.raises(ValueError, match="SPARQL") if path.stem not in TAKEN else nullcontext():
            native_results(data, shapes)
    else:
        assert len(native_results(data, shapes)) == expected
