"""The graph of Groupe SOS keeps the shapes and checks."""

from pyoxigraph import NamedNode

from kg.graph.constraints import display_term
from kg.graph.report import report_text
from kg.graph.rules import derive
from kg.graph.validator import read_shapes, validate_triples
from kg.model.iris import SCHEMA
from kg.model.query_files import read_queries


def test_this_project_is_valid_with_two_true_warnings(project, built):
    """The seed has no violation, and two initiatives whose target group the text does not name."""
    given = [*built.quads, *derive(built.quads, read_queries(project.rules), project.minter.graph("derived"))]
    texts = {project.minter.document(document.id).value: document.text for document in built.documents}
    demands = read_shapes(project.shapes), read_queries(project.checks), texts
    report = validate_triples(given, *demands)
    found = [(display_term(result.focus), result.source.rpartition("#")[2]) for result in report.results]
    assert report.conforms, report_text(report)
    assert found == [
        ("initiative/1000-cafes", "Initiative-targets"),
        ("initiative/plaidoyer", "Initiative-targets"),
    ]
    only_quoted = [quad for quad in given if quad.predicate != NamedNode(SCHEMA + "text")]
    assert len(only_quoted) < len(given)
    assert validate_triples(only_quoted, *demands) == report
