"""A query that calls another server is shown as the client may run it."""

import pytest
from rdflib.plugins.sparql import prepareQuery

from kg.endpoint.evaluation import federated

OURS = "https://example.org/sparql"


def test_patterns_go_into_a_clause_of_their_own():
    """What was meant for this service goes into a SERVICE clause, what spans both stays outside."""
    query = """PREFIX ex: <https://example.org/>
SELECT ?place ?people WHERE {
  ?i ex:at ?place . # SERVICE in a comment
  SERVICE <https://other.example/sparql> { ?item ex:people ?people }
  ?place ex:same ?item . FILTER(?people > 10 && ?place != "SERVICE")
}
ORDER BY ?place"""
    shown = federated(query, OURS)

    assert f"SERVICE <{OURS}> {{ ?i ex:at ?place . ?place ex:same ?item . }}" in " ".join(shown.split())
    assert "\n  SERVICE <https://other.example/sparql> { ?item ex:people ?people }" in shown
    assert '\n  FILTER(?people > 10 && ?place != "SERVICE")\n}\nORDER BY ?place' in shown


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?b ?c SERVICE <x:y> { ?a ?d ?e } }",
        "SELECT * { SERVICE SILENT <x:y> { ?a ?d ?e . { ?e ?f ?g } } . ?a ?b ?c }",
        "CONSTRUCT { ?a ?b ?c } WHERE { SERVICE <x:y> { ?a ?d ?e } ?a ?b ?c BIND(1 AS ?n) }",
        "ASK { SERVICE ?where { ?a ?b ?c } ?s <x:at> ?where OPTIONAL { ?s ?p ?o } }",
    ],
)
def test_what_is_shown_is_a_query(query):
    """What is shown is SPARQL that an engine reads, with both clauses."""
    shown = federated(query, OURS)

    assert shown.upper().count("SERVICE") == 2
    prepareQuery(shown)  # reads it and calls nobody


@pytest.mark.parametrize(
    "query", ["SELECT * { OPTIONAL { SERVICE <x:y> { ?a ?b ?c } } }", "SELECT * { ?a ?b ?c }", "SERVICE", "{", ""]
)
def test_nothing_is_shown_where_the_meaning_could_change(query):
    """A clause that stands deeper is not moved; neither is anything in what is no query."""
    assert federated(query, OURS) == ""
