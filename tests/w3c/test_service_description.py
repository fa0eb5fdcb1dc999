"""SPARQL 1.1 Service Description: what the endpoint says of itself."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.model.iris import RDF, SD

from .manifests import SUITE, Manifest, cases
from .results import same
from .service import BASE, Applications, Reply, filled

ENDPOINT = f"{BASE}sparql"
TYPE = NamedNode(RDF + "type")
FORMATS = "http://www.w3.org/ns/formats/"
FORMAT_NAMES = {
    "JSON-LD", "N3", "N-Quads", "N-Triples", "RDF_JSON", "RDF_XML", "RDFa", "SPARQL_Results_CSV",
    "SPARQL_Results_JSON", "SPARQL_Results_TSV", "SPARQL_Results_XML", "TriG", "Turtle",
}  # fmt: skip
"""The names that the W3C gives to formats of graphs and results."""

USES = {
    "endpoint": ("Service", "IRI"),
    "feature": ("Service", "Feature"),
    "defaultEntailmentRegime": ("Service", "EntailmentRegime"),
    "defaultSupportedEntailmentProfile": ("Service", "EntailmentProfile"),
    "entailmentRegime": ("NamedGraph", "EntailmentRegime"),
    "supportedEntailmentProfile": ("NamedGraph", "EntailmentProfile"),
    "extensionFunction": ("Service", "Function"),
    "extensionAggregate": ("Service", "Aggregate"),
    "languageExtension": ("Service", "Feature"),
    "supportedLanguage": ("Service", "Language"),
    "propertyFeature": ("Service", "Feature"),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "resultFormat": ("Service", "Format"),
    "inputFormat": ("Service", "Format"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "name": ("NamedGraph", "IRI"),
    "graph": ("NamedGraph", "Graph"),
}
"""The properties of the vocabulary, each with the class of its subjects and what its values are (section 3)."""

SUBCLASSES = {"GraphCollection": {"GraphCollection", "Dataset"}}
"""The classes whose members are members of a class too."""

OPEN = {"Feature", "Language", "EntailmentRegime", "EntailmentProfile", "Format"}
"""The classes whose members are described elsewhere, so that their IRI is enough."""

KNOWN = {
    "Feature": {"DereferencesURIs", "UnionDefaultGraph", "RequiresDataset", "EmptyGraphs", "BasicFederatedQuery"},
    "Language": {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"},
}
"""The members that the vocabulary itself defines (sections 3.3 and 3.4)."""

CLASSES = {
    "Service", "Feature", "Language", "Function", "Aggregate", "EntailmentRegime", "EntailmentProfile",
    "GraphCollection", "Dataset", "Graph", "NamedGraph",
}  # fmt: skip


@pytest.fixture(scope="module")
def application(applications: Applications):
    """The application over a store with a default graph and a named one."""
    triples = [Triple(NamedNode("a:s"), NamedNode("a:p"), Literal("o"))]
    return applications.over(filled(triples, {f"{BASE}graph/one": triples}))


@pytest.fixture(scope="module")
def description(application) -> Store:
    """The description as a graph."""
    return filled(_triples(_fetch(application, "text/turtle")))


def _fetch(application, accept: str) -> Reply:
    """The reply to a GET of the endpoint without a query."""
    reply = application.send("GET", "/sparql", [("Accept", accept)])
    assert reply.status == 200, reply
    assert reply.media_type == accept, reply
    return reply


def _triples(reply: Reply) -> list[Triple]:
    form = RdfFormat.from_media_type(reply.media_type)
    return [quad.triple for quad in parse(reply.body, form, base_iri=ENDPOINT)]


def returns_rdf(application, _description: Store) -> None:
    """Demand RDF, the same in each of its formats."""
    turtle = _triples(_fetch(application, "text/turtle"))

    assert turtle
    for media_type in ("application/rdf+xml", "application/n-triples", "application/ld+json"):
        assert same(_triples(_fetch(application, media_type)), turtle), media_type


def has_endpoint_triple(_application, description: Store) -> None:
    """Demand a triple that says that something has the address of the endpoint as its endpoint."""
    assert list(description.quads_for_pattern(None, NamedNode(SD + "endpoint"), NamedNode(ENDPOINT)))


def conforms_to_schema(_application, description: Store) -> None:
    """Demand that the terms of the vocabulary exist and stand where it says, and that each named graph has its name."""
    wrong = [complaint for quad in description for complaint in _complaints(description, quad.triple)]
    for quad in description.quads_for_pattern(None, TYPE, NamedNode(SD + "NamedGraph")):
        names = list(description.quads_for_pattern(quad.subject, NamedNode(SD + "name"), None))
        if len(names) != 1:
            wrong.append(f"{quad.subject} has {len(names)} names")

    assert not wrong, "\n".join(wrong)
    assert list(description.quads_for_pattern(None, TYPE, NamedNode(SD + "Service")))


def _complaints(description: Store, triple: Triple) -> list[str]:
    """What is wrong with a triple as a use of the vocabulary."""
    subject, predicate, value = triple
    if predicate == TYPE and value.value.startswith(SD):
        return [] if value.value.removeprefix(SD) in CLASSES else [f"there is no class {value}"]
    if not predicate.value.startswith(SD):
        return []
    if predicate.value.removeprefix(SD) not in USES:
        return [f"there is no property {predicate}"]
    domain, target = USES[predicate.value.removeprefix(SD)]
    wrong = [] if _is_a(description, subject, domain) else [f"{subject} is not a sd:{domain}"]
    return wrong if _fits(description, value, target) else [*wrong, f"{predicate} {value} is not a {target}"]


def _is_a(description: Store, node, name: str) -> bool:
    classes = SUBCLASSES.get(name, {name})
    return any(Quad(node, TYPE, NamedNode(SD + one)) in description for one in classes)


def _fits(description: Store, value, target: str) -> bool:
    if target == "IRI":
        return isinstance(value, NamedNode)
    if target not in OPEN:
        return _is_a(description, value, target)
    if not isinstance(value, NamedNode):
        return False
    if value.value.startswith(SD):
        return value.value.removeprefix(SD) in KNOWN.get(target, set())
    return target != "Format" or value.value in {FORMATS + name for name in FORMAT_NAMES}


DEMANDS = {
    "returns-rdf": returns_rdf,
    "has-endpoint-triple": has_endpoint_triple,
    "conforms-to-schema": conforms_to_schema,
}
"""What each test of the suite demands; the suite itself says it in its name only."""

TESTS = Manifest("service-description/manifest.ttl").entries if SUITE.is_dir() else []


@pytest.mark.parametrize("entry", cases(TESTS))
def test_the_endpoint_describes_itself_as_the_suite_demands(entry, application, description):
    """The endpoint describes itself as the test of the suite demands."""
    DEMANDS[entry.name](application, description)


def test_all_are_accounted_for():
    """The suite has the three tests that are written here."""
    assert {entry.name for entry in TESTS} == set(DEMANDS)
