"""The Reconciliation Service API 0.2, its schemas, and the session of docs/openrefine.md."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from public_suites import missing, suite_folder
from pyoxigraph import RdfFormat, Store
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from kg.endpoint.evaluation import asker
from kg.model.project import Project
from kg.pages import create_app

ROOT = Path(__file__).parents[2]
SUITE = suite_folder("reconciliation-0.2")
SEARCHES = yaml.safe_load((ROOT / "tests" / "dataset" / "searches.yaml").read_text(encoding="utf-8"))
SCHEMAS = "https://reconciliation-api.github.io/specs/0.2/schemas/"
LANGUAGES = pytest.mark.parametrize("start", ["", "/en"])
ODD = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://ex.org/> .
ex:a a ex:Thing ; rdfs:label "<script>alert(1)</script>"@fr ;
  ex:born "1951-02-03"^^xsd:date ; ex:size 1.5 ; ex:count 7 ;
  ex:seen "2020-01-02T03:04:05Z"^^xsd:dateTime ;
  ex:is true ; ex:near ex:b , <http://elsewhere.org/x> , [] ; ex:big 1e300 .
ex:b a ex:Thing ; rdfs:label "Bé"@fr , "Bee"@en .
<javascript:alert(1)> a ex:Thing ; rdfs:label "trap" .
"""


@pytest.fixture(scope="module")
def client(store, project):
    """A client of the service over the repository's own release."""
    return create_app(Project.open(project.root), asker(store)).test_client()


@pytest.fixture(scope="module")
def odd(project):
    """A client of a service over a graph of others."""
    store = Store()
    store.load(ODD, RdfFormat.TURTLE)
    return create_app(Project.open(project.root), asker(store)).test_client()


@pytest.fixture(scope="module")
def valid(require):
    """Holds a document against one of the specification's schemas."""
    require(SUITE.is_dir(), "reconciliation", missing("reconciliation-0.2"))
    documents = {path.name: json.loads(path.read_text("utf-8")) for path in (SUITE / "schemas").glob("*.json")}
    swagger = {"definitions": {"securityDefinitions": {"additionalProperties": {}}}}
    known = {f"{SCHEMAS}type.json": documents["type.json"], "http://swagger.io/v2/schema.json": swagger}
    registry = Registry().with_resources((name, DRAFT202012.create_resource(each)) for name, each in known.items())

    def hold(name, document):
        schema = {key: value for key, value in documents[f"{name}.json"].items() if key != "$schema"}
        Draft202012Validator(schema, registry=registry).validate(document)
        return document

    return hold


def ask(client: FlaskClient, start="", **questions):
    """The answer to a batch, sent as a form."""
    response = client.post(f"{start}/reconcile", data={"queries": json.dumps(questions)})
    assert response.status_code == 200, response.text
    return response.json


def first(client, **question):
    return ask(client, q=question)["q"]["result"][0]


def expected(case):
    """The things that a case expects, any of them."""
    return case["expect"] if isinstance(case["expect"], list) else [case["expect"]]


@LANGUAGES
def test_without_a_query_the_service_describes_itself(client, valid, start):
    """Without a query the service describes itself: addresses below its public one, types, a bound for batches."""
    response = client.get(f"{start}/reconcile")
    manifest = valid("manifest", response.json)
    at = f"https://w3id.org/social-response{start}/reconcile"

    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert manifest["versions"] == ["0.2"]
    assert manifest["identifierSpace"] == "https://w3id.org/social-response/id/"
    assert {each["service_url"] for each in manifest["suggest"].values()} == {at}
    assert manifest["extend"]["propose_properties"] == {"service_url": at, "service_path": "/properties"}
    assert all(manifest[part]["url"].startswith(at) for part in ("view", "preview"))
    assert manifest["defaultTypes"][0] == {"id": "Initiative", "name": "Initiative"}
    assert manifest["batchSize"] == 50


def test_searches_of_people(client):
    """The searches that people type find first in 85 % and among three in 95 % what a person expects, here too."""
    found = {}
    for start in range(0, len(SEARCHES), 50):
        questions = {
            each["search"]: {"query": str(each["search"]), "limit": 3} for each in SEARCHES[start : start + 50]
        }
        found |= {key: [one["id"] for one in each["result"]] for key, each in ask(client, **questions).items()}
    first_ones = [case for case in SEARCHES if set(found[case["search"]][:1]) & set(expected(case))]
    among_three = [case for case in SEARCHES if set(found[case["search"]]) & set(expected(case))]

    assert len(first_ones) >= 0.85 * len(SEARCHES), [each["search"] for each in SEARCHES if each not in first_ones]
    assert len(among_three) >= 0.95 * len(SEARCHES), [each["search"] for each in SEARCHES if each not in among_three]


@pytest.mark.parametrize("name", ["no-query-string", "multi-values", "example-full", "example-min"])
def test_examples_of_the_specification(client, valid, name):
    """The specification's own batches are read, but for types and properties that are not of this graph."""
    batch = json.loads(
        (SUITE / "examples" / "reconciliation-query-batch" / "valid" / f"{name}.json").read_text("utf-8")
    )
    for question in batch.values():
        question.pop("type", None)
        for given in question.get("properties", ()):
            given["pid"] = "skos:altLabel"

    answer = valid("reconciliation-result-batch", ask(client, **valid("reconciliation-query-batch", batch)))
    assert set(answer) == set(batch)


@LANGUAGES
def test_a_batch_gets_an_answer_for_each_key(client, valid, start):
    """A batch gets an answer for each key, by GET and by POST, with names in the language of the address."""
    questions = {"a": {"query": "lhss", "limit": 1}, "é \u202f": {"query": "xyzzy"}, "": {"query": ""}}
    posted = valid("reconciliation-result-batch", ask(client, start, **questions))
    got = client.get(f"{start}/reconcile", query_string={"queries": json.dumps(questions)})
    name = "Medical respite beds (LHSS)" if start else "Lits halte soins santé (LHSS)"

    assert got.json == posted
    assert [each["name"] for each in posted["a"]["result"]] == [name]
    assert posted["é \u202f"] == posted[""] == {"result": []}


@pytest.mark.parametrize(
    ("question", "things", "others"),
    [
        ({"query": "exil", "type": "PopulationGroup"}, {"public/personnes-en-exil"}, {"plaidoyer/accueil-digne-exil"}),
        ({"query": "exil", "type": ["sr:PopulationGroup", "AdvocacyTheme"]},
         {"public/personnes-en-exil", "plaidoyer/accueil-digne-exil"}, {"initiative/accueil-personnes-en-exil"}),
        ({"query": "crise migratoire", "type": "Situation"}, {"situation/crise-migratoire"}, set()),
        ({"query": "exil", "type": ["PopulationGroup", "skos:Concept"], "type_strict": "all"},
         {"public/personnes-en-exil"}, {"initiative/accueil-personnes-en-exil"}),
        ({"query": "exil", "type": "PopulationGroup", "type_strict": "should"},
         {"public/personnes-en-exil", "initiative/accueil-personnes-en-exil"}, set()),
    ],
)  # fmt: skip
def test_a_type_keeps_candidates_of_other_types_out(client, question, things, others):
    """A type keeps candidates of other types out, all types where all are demanded, and only lowers where it should."""
    found = {each["id"] for each in ask(client, q={**question, "limit": 50})["q"]["result"]}

    assert things <= found
    assert not others & found


def test_type_that_should_be(client):
    """A candidate without the type that it should have keeps 80 % of its score."""
    free = first(client, query="egaldia")
    lowered = first(client, query="egaldia", type="Place", type_strict="should")

    assert (free["score"], lowered["score"]) == (100, 80)
    assert {"id": "type", "value": False} in lowered["features"]


@pytest.mark.parametrize(
    ("value", "agreement"),
    [
        ("Marseille", 100), ("marseile", 94.1), ({"id": "lieu/marseille"}, 100), ("lieu/marseille", 100),
        ({"id": "https://w3id.org/social-response/id/lieu/marseille", "name": "x"}, 100), (["Lyon", "Marseille"], 100),
        ("Lyon", 0), ({"id": "lieu/france"}, 0), (13, 0), (True, 0),
    ],
)  # fmt: skip
def test_values_of_properties_count_beside_the_name(client, value, agreement):
    """Values of properties, as words or as ids, count beside the name, and a candidate tells how well they agree."""
    found = first(client, query="La Corniche", properties=[{"pid": "locatedIn", "v": value}])

    assert {"id": "locatedIn", "value": agreement} in found["features"]
    assert found["score"] == round((100 + 0.4 * agreement) / 1.4, 1)


@pytest.mark.parametrize("value", ["Marseille", {"id": "lieu/marseille"}, ["x", "Marseille"]])
def test_values_of_properties_alone_lead_to_candidates(client, value):
    """Where there are no words, the values of properties lead to the candidates."""
    found = ask(client, q={"properties": [{"pid": "locatedIn", "v": value}]})["q"]["result"]

    assert [each["id"] for each in found] == ["initiative/la-corniche"]


@pytest.mark.parametrize(
    ("query", "is_sure"),
    [("Egaldia", True), ("egaldya", False), ("réfugiés", False), ("crise", False), ("auteurs violences", False)],
)
def test_a_match_needs_a_whole_name_and_no_near_rival(client, query, is_sure):
    """One candidate at most is a match: by its own whole name, with no other near; never by a near word."""
    found = ask(client, q={"query": query})["q"]["result"]

    assert [each["match"] for each in found] == [is_sure] + [False] * (len(found) - 1)


@LANGUAGES
@pytest.mark.parametrize(
    ("path", "schema", "wanted"),
    [
        ("entity?prefix=corni", "entities", "initiative/la-corniche"),
        ("entity?prefix=e", "entities", "initiative/egaldia"),
        ("entity?prefix=exil&type=PopulationGroup", "entities", "public/personnes-en-exil"),
        ("type?prefix=popul", "types", "PopulationGroup"),
        ("type?prefix=", "types", "Initiative"),
        ("property?prefix=target", "properties", "targets"),
        ("property?prefix=skos", "properties", "skos:altLabel"),
    ],
)
def test_the_beginning_of_a_name_or_an_id_is_completed(client, valid, start, path, schema, wanted):
    """Things, types and properties are suggested for the beginning of a name or of an id."""
    answer = client.get(f"{start}/reconcile/suggest/{path}").json

    assert wanted in [each["id"] for each in valid(f"suggest-{schema}-response", answer)["result"]]


@pytest.mark.parametrize("path", ["entity?prefix=e", "type?prefix=", "property?prefix="])
def test_suggestions_after_the_cursor_go_on_without_repeating(client, path):
    """Suggestions go on after the cursor, without one twice, and end."""
    found = [
        [each["id"] for each in client.get(f"/reconcile/suggest/{path}&cursor={cursor}").json["result"]]
        for cursor in (0, 10, 1000)
    ]

    assert len(found[0]) == 10
    assert found[1]
    assert not set(found[0]) & set(found[1])
    assert not found[2]


def test_values_come_for_each_id_and_property(client, valid):
    """Values come for each id and property, things by id and name, in the address’s language; none for unknown ids."""
    asked = valid("data-extension-query", {
        "ids": ["initiative/lhss", "none", "https://w3id.org/social-response/id/temps/1993"],
        "properties": [{"id": "targets"}, {"id": "skos:altLabel", "settings": {"limit": "1"}}, {"id": "earliestYear"}],
    })  # fmt: skip
    answer = valid(
        "data-extension-response", client.get("/en/reconcile", query_string={"extend": json.dumps(asked)}).json
    )

    assert [each["name"] for each in answer["meta"]] == ["targets", "other name", "earliest year"]
    lhss, none, year = (answer["rows"][each] for each in asked["ids"])
    assert lhss["targets"] == [
        {"id": "public/personnes-sans-domicile-fixe", "name": "people experiencing homelessness"}
    ]
    assert len(lhss["skos:altLabel"]) == 1
    assert none == {"targets": [], "skos:altLabel": [], "earliestYear": []}
    assert year["earliestYear"] == [{"int": 1993}]


def test_values_of_all_kinds(odd, valid):
    """Numbers, days, moments, things and links of any graph come as the specification writes them."""
    properties = ["born", "size", "count", "seen", "is", "near", "big"]
    asked = {"ids": ["http://ex.org/a"], "properties": [{"id": f"http://ex.org/{each}"} for each in properties]}
    answer = valid("data-extension-response", odd.post("/reconcile", data={"extend": json.dumps(asked)}).json)
    row = answer["rows"]["http://ex.org/a"]

    assert [row[f"http://ex.org/{each}"] for each in properties] == [
        [{"date": "1951-02-03T00:00:00Z"}], [{"float": 1.5}], [{"int": 7}], [{"date": "2020-01-02T03:04:05Z"}],
        [{"str": "true"}], [{"str": "http://elsewhere.org/x"}, {"id": "http://ex.org/b", "name": "Bé"}],
        [{"float": 1e300}],
    ]  # fmt: skip


@LANGUAGES
def test_properties_of_a_type_are_proposed_our_own_first(client, valid, start):
    """The properties that things of a type have are proposed, our own first."""
    answer = client.get(f"{start}/reconcile/properties?type=Initiative&limit=3").json
    every = client.get(f"{start}/reconcile/properties").json

    assert len(valid("data-extension-property-proposal", answer)["properties"]) == answer["limit"] == 3
    assert "targets" in [each["id"] for each in valid("data-extension-property-proposal", every)["properties"]]


def test_a_preview_is_the_only_page_that_may_be_framed(client):
    """A preview is a small page that any site may show in a frame; no other page is."""
    response = client.get("/en/reconcile/preview?id=initiative/lhss")

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "Medical respite beds (LHSS)" in response.text
    assert "frame-ancestors *" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get("/search").headers["Content-Security-Policy"]


def test_preview_of_odd_things(odd):
    """Labels are escaped, and an IRI that is no web address is no link."""
    labelled, trap = (
        odd.get(f"/reconcile/preview?id={iri}").text for iri in ("http://ex.org/a", "javascript:alert(1)")
    )

    assert "&lt;script&gt;alert(1)" in labelled
    assert "<script" not in labelled
    assert 'href="javascript' not in trap


@LANGUAGES
def test_the_address_of_a_candidate_leads_to_its_page(client, start):
    """The address of a candidate leads to its page in the language of the service."""
    response = client.get(f"{start}/reconcile/view?id=initiative%2Flhss")

    assert response.status_code == 303
    assert response.location.endswith(f"{start}/doc/initiative/lhss")


@pytest.mark.parametrize("path", ["preview", "preview?id=", "preview?id=none", "view?id=none", "view"])
def test_an_unknown_thing_has_no_page(client, path):
    """A thing that does not exist has no page."""
    assert client.get(f"/reconcile/{path}").status_code == 404


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "neither queries nor extend"),
        ({"queries": "{"}, "queries is not JSON"),
        ({"queries": '{"q0": {"query": "x", "type": "Initiativ"}}'}, "q0.type"),
        ({"extend": "[]"}, "extend is no JSON object"),
        ({"extend": '{"ids": "x", "properties": []}'}, "extend.ids"),
        ({"extend": '{"ids": [], "properties": {}}'}, "extend.properties"),
        ({"extend": '{"ids": [], "properties": [{"id": "target"}]}'}, "extend.properties[0].id"),
        ({"extend": '{"ids": [], "properties": [{"id": "targets", "settings": {"limit": -1}}]}'}, "settings.limit"),
        ({"extend": json.dumps({"ids": ["x"] * 201, "properties": []})}, "Send 200 at most"),
        ({"queries": "{}", "callback": "alert(1)//"}, "callback"),
    ],
)
def test_a_wrong_request_gets_a_problem_with_the_key(client, form, told):
    """A request that cannot be answered gets a problem document that names the key and what to change."""
    response = client.post("/reconcile", data=form)

    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert told in response.json["detail"]
    assert response.json["code"] == "reconciliation"


def test_unknown_type_of_proposals(client):
    """Properties of a type that there is not are not guessed."""
    response = client.get("/reconcile/properties?type=Initiativ")

    assert response.status_code == 400
    assert "Try Initiative" in response.json["detail"]


def test_a_client_without_cors_gets_a_script_with_its_callback(client):
    """A client from before CORS gets a script that calls its function, and no more."""
    response = client.get("/reconcile?callback=jQuery1.cb_2")

    assert response.mimetype == "text/javascript"
    assert re.fullmatch(r"/\*\*/jQuery1\.cb_2\(\{.*\}\);", response.text)
    assert response.text.isascii()


def test_any_site_may_ask(client):
    """A browser on another site may ask beforehand whether it may post."""
    response = client.options("/reconcile", headers={"Access-Control-Request-Method": "POST"})

    assert response.status_code == 204
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def steps():
    """The requests of the documentation, each with the answer that stands beneath it, or None."""
    text = (ROOT / "docs" / "openrefine.md").read_text(encoding="utf-8")
    found = re.findall(r"```bash\n(curl .*?)```(?:\s*```json\n(.*?)```)?", text, re.DOTALL)
    return [(command, json.loads(shown) if shown else None) for command, shown in found]


def covers(answer, shown):
    """Whether an answer says all that is shown; it may say more of each thing, but lists have the same members."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(name in answer and covers(answer[name], shown[name]) for name in shown)
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(covers, answer, shown))
    return answer == shown


@pytest.mark.parametrize(("command", "shown"), steps())
def test_each_request_of_the_documented_session_is_answered_so(client, command, shown):
    """Each request of docs/openrefine.md gets the answer that stands there."""
    _, _, address, *more = shlex.split(command)
    path = address.removeprefix("http://127.0.0.1:8000")
    assert more[:1] in ([], ["--data-urlencode"])
    response = client.post(path, data=dict([more[1].split("=", 1)])) if more else client.get(path)

    assert covers(response.json, shown) if shown else response.status_code == 303


def test_documentation_has_steps():
    """The documentation shows a session of several requests."""
    assert len(steps()) >= 8
