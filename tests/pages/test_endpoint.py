"""The endpoint over HTTP: queries, problem documents, CORS and links."""

import html
import json
from urllib.parse import quote

import pytest
from behind_gateway import served_app
from pyoxigraph import RdfFormat, parse

from kg.endpoint.evaluation import GRAPH_TYPES, Answer, asker, load
from kg.endpoint.problems import ProblemError
from kg.model.project import Project
from kg.model.settings import SETTINGS
from kg.pages import prepare
from kg.pages.query.service_description import _GRAPHS, _NOT_UNION

SELECT = "/sparql?query=" + quote(
    "SELECT ?label { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?label } ORDER BY ?label"
)
DESCRIBE = "/sparql?query=" + quote("DESCRIBE <https://example.org/mini/id/initiative/abri>")
HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        (SELECT, "", "application/sparql-results+json"),
        (SELECT, "application/json", "application/json"),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/csv;charset=utf-8;q=0.9", "text/csv; charset=utf-8"),
        (SELECT + "&format=tsv", "application/json", "text/tab-separated-values; charset=utf-8"),
        (SELECT + "&output=xml", "*/*", "application/sparql-results+xml"),
        (SELECT, HTML["Accept"], "text/html; charset=utf-8"),
        (DESCRIBE, "", "text/turtle; charset=utf-8"),
        (DESCRIBE, "application/ld+json", "application/ld+json"),
        (DESCRIBE, "text/html;q=0.1, application/n-triples", "application/n-triples"),
        (DESCRIBE, "application/sparql-results+json, text/html;q=0.1", "text/html; charset=utf-8"),
        (DESCRIBE + "&format=rdfxml", "", "application/rdf+xml"),
    ],
)
def test_media_type_of_the_answer(client, path, accept, media_type):
    """An answer comes in the media type that was asked for, and says that it depends on Accept."""
    response = client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)
    assert "Accept" in response.headers["Vary"].split(", ")


@pytest.mark.parametrize(
    ("path", "accept", "status", "code"),
    [
        ("/sparql?query=SELECT", "", 400, "syntax"),
        ("/sparql?query=ASK%7BSERVICE+<http://ex/>%7B%7D%7D", "", 400, "service"),
        ("/sparql?update=CLEAR+ALL", "", 400, "update"),
        ("/sparql?query=ASK%7B%7D&default-graph-uri=x", "", 400, "graph-iri"),
        ("/sparql", "application/sparql-results+json", 400, "no-query"),
        (SELECT, "text/turtle", 406, "accept"),
        (DESCRIBE, "text/csv", 406, "accept"),
        (DESCRIBE + "&format=csv", "*/*", 406, "accept"),
        (SELECT + "&timeout=never", "", 400, "timeout-value"),
        ("/sparql?query=SELECT+*%7B?s+?p+?o.?a+?b+?c%7D", "", 400, "rows"),
    ],
)
def test_an_unanswered_request_gets_a_problem_document(client, path, accept, status, code):
    """A request that is not answered gets a problem document with a code and what to change."""
    response = client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (response.json["status"], response.json["code"]) == (status, code)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_limit_is_named(client):
    """The refusal of an answer over the limit of the settings names the limit and the remedy."""
    document = client.get("/sparql?query=SELECT+*%7B?s+?p+?o.?a+?b+?c%7D").json

    assert document["limit"] == 40
    assert "more than 40 rows" in document["detail"]
    assert "LIMIT" in document["detail"]


def test_both_forms_of_post_are_answered_up_to_the_limit(client):
    """Both forms of POST are answered, and a body that is too large is refused with the limit."""
    form = client.post("/sparql", data={"query": "ASK {}"})
    direct = client.post("/sparql", data="ASK {}", content_type="application/sparql-query")
    large = client.post("/sparql", data=b" " * 1_100_000, content_type="application/sparql-query")

    assert form.json["boolean"] is direct.json["boolean"] is True
    assert (large.status_code, large.json["code"], large.json["limit"]) == (413, "too-large", 1_048_576)


def test_head_has_the_headers_of_get_and_no_body(client):
    """HEAD has the headers of GET and no body."""
    head, get = client.head(SELECT), client.get(SELECT)

    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(get.data))
    assert head.headers["ETag"] == get.headers["ETag"]


def test_a_preflight_request_allows_any_site_without_credentials(client):
    """A preflight request from another site is answered: anyone may read, without credentials."""
    response = client.options(
        "/sparql", headers={"Origin": "https://else.example", "Access-Control-Request-Method": "POST"}
    )

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "HEAD", "POST"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"*", "Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_answer_is_not_sent_twice(client):
    """One who has an answer already gets 304, though a proxy may have weakened its ETag."""
    tag = client.get(SELECT).headers["ETag"]

    for given in (tag, f"W/{tag}", f'"other", {tag}'):
        assert client.get(SELECT, headers={"If-None-Match": given}).status_code == 304
    for given in ('"other"', "*"):
        assert client.get(SELECT, headers={"If-None-Match": given}).status_code == 200


def test_each_answer_has_its_own_tag(client):
    """Another query, form, graph or name of the media type is another ETag."""
    tags = [
        client.get(path, headers={"Accept": accept}).headers["ETag"]
        for path, accept in [
            (SELECT, ""),
            (SELECT + "+LIMIT+1", ""),
            (SELECT, "text/csv"),
            (SELECT, "application/json"),
            (SELECT + "&default-graph-uri=http://ex/g", ""),
        ]
    ]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(
    "query", ["SELECT (NOW() AS ?x) {}", "SELECT (UUID() AS ?x) {}", "CONSTRUCT { [] a ?t } WHERE { ?s a ?t }"]
)
def test_changing_answers_have_no_tag(client, query):
    """An answer that differs each time has no ETag."""
    response = client.get("/sparql", query_string={"query": query})

    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_no_tag_without_a_release(root):
    """Where RDF files are served that are no release, answers have no ETag and there are no downloads."""
    app = served_app(Project.open(root), asker(load([root / "dist" / "graph.nq"])))

    assert "ETag" not in app.test_client().get(SELECT).headers
    assert app.test_client().get("/download/graph.nq").status_code == 404
    assert "il n’y a rien à télécharger" in app.test_client().get("/download/").text


def test_form_for_people(client):
    """A browser that sends no query gets the form and the examples; one of them can be chosen."""
    form = client.get("/sparql", headers=HTML).text
    chosen = client.get("/sparql?example=001-initiatives", headers=HTML).text

    assert "<textarea" in form
    assert "sparql?example=001-initiatives" in form
    assert "SELECT ?initiative WHERE { ?initiative a sr:Initiative }" in chosen


def test_rows_for_people(client):
    """A browser gets the rows as a table, values escaped, IRIs as links to what is said of the thing."""
    query = "SELECT * { ?s a ?t ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }"
    text = client.get("/sparql", query_string={"query": query}, headers=HTML).text

    assert '<th scope="col">s</th><th scope="col">t</th><th scope="col">l</th>' in text
    assert "L’abri &lt;nuit&gt;" in text
    assert ">initiative/abri</a>" in text
    assert '<td lang="en">The shelter <small title="anglais">en</small></td>' in text


def test_refusal_for_people(client):
    """A browser whose query is refused gets the form again, with the query and what to change, in its language."""
    path = "sparql?query=" + quote('SELECT * { foo:a ?p "<b>" }')
    french, english = client.get(f"/{path}", headers=HTML), client.get(f"/en/{path}", headers=HTML)

    assert (french.status_code, english.status_code) == (400, 400)
    assert "Le préfixe «\u00a0foo:\u00a0» n’est pas déclaré" in french.text
    assert "The prefix &#39;foo:&#39; is not declared" in english.text
    assert "&lt;b&gt;" in french.text


@pytest.mark.parametrize("path", ["/sparql", "/en/sparql", SELECT, DESCRIBE, "/sparql?query=SELECT"])
def test_pages_depend_on_accept(client, path):
    """A page that stands where programs get data says so, so that nothing kept of one is given to the other."""
    answers = [client.get(path, headers=headers) for headers in (HTML, {})]

    assert [answer.mimetype == "text/html" for answer in answers] == [True, False]
    assert all("Accept" in answer.headers["Vary"].split(", ") for answer in answers)


def test_federated_query_for_people(client):
    """A browser whose query calls another server is shown the same query as it may be run on its own side."""
    query = "SELECT * { ?a <x:b> ?c SERVICE <https://other.example/sparql> { ?c <x:d> '</pre><b>' } }"
    text = client.get("/sparql", query_string={"query": query}, headers=HTML).text

    shown = html.unescape(text.partition("<pre>")[2].partition("</pre>")[0])
    assert "SERVICE <https://mini.example.org/sparql> { ?a <x:b> ?c }" in shown
    assert "SERVICE <https://other.example/sparql> { ?c <x:d> '</pre><b>' }" in shown
    assert "<pre>" not in client.get("/sparql?query=SELECT", headers=HTML).text


def test_without_a_query_programs_get_the_service_description(client):
    """Without a query, a program gets the description of the service, with the graphs and their triples."""
    response = client.get("/sparql", headers={"Accept": "application/n-triples"})
    sd = "http://www.w3.org/ns/sparql-service-description#"
    triples = [quad.triple for quad in parse(response.data, format=RdfFormat.N_TRIPLES)]
    values = {(triple.predicate.value, triple.object.value) for triple in triples}

    assert (sd + "endpoint", "https://mini.example.org/sparql") in values
    assert (sd + "name", "https://example.org/mini/graph/things") in values
    assert (sd + "feature", sd + "UnionDefaultGraph") in values
    assert {"5", "3", "8"} == {value for name, value in values if name == "http://rdfs.org/ns/void#triples"}
    assert client.get("/sparql").mimetype == "text/turtle"


def test_service_description_has_the_limits(client):
    """The description gives each limit as a number and says what it means."""
    triples = [quad.triple for quad in parse(client.get("/sparql").data, format=RdfFormat.TURTLE)]
    limit = "https://w3id.org/social-response/limit#"
    values = {t.predicate.value.removeprefix(limit): int(t.object.value) for t in triples if limit in t.predicate.value}
    explained = {t.subject.value.removeprefix(limit) for t in triples if t.predicate.value.endswith("#comment")}

    assert values == {"seconds": 10, "memory": 1_073_741_824, "rows": 40, "bytes": 67_108_864}
    assert explained == set(values)


def test_service_description_is_asked_for_once(root):
    """The data are not asked again for a description, nor is it sent again to one who has it."""
    project, asked = Project.open(root), []
    ask = asker(load([root / "dist" / "graph.nq"]))
    app = served_app(project, lambda query: asked.append(query) or ask(query), folder=project.dist)
    prepare(app)
    client = app.test_client()
    tags = {form: client.get("/sparql", headers={"Accept": form}).headers["ETag"] for form in GRAPH_TYPES}

    assert [[each.query for each in asked].count(query) for query in (_GRAPHS, _NOT_UNION)] == [1, 1]
    assert len(set(tags.values())) == len(GRAPH_TYPES)
    assert client.get("/sparql", headers={"If-None-Match": tags["text/turtle"]}).status_code == 304


def test_default_graph_that_is_no_union_is_not_called_one(tmp_path):
    """A file with a default graph of its own is not described as if that were the union of its named graphs."""
    (tmp_path / "data.trig").write_text("<a:a> <a:p> 1 . <http://ex/g> { <a:b> <a:p> 2 }")
    settings = {setting.key: setting.default or "" for setting in SETTINGS}
    project = Project(tmp_path, settings | {"base": "http://ex/"})
    app = served_app(project, asker(load([tmp_path / "data.trig"])), public_url="http://ex/")

    assert "UnionDefaultGraph" not in app.test_client().get("/sparql").text
    assert "<http://ex/g>" in app.test_client().get("/sparql").text


@pytest.mark.parametrize("headers", [{}, HTML])
@pytest.mark.parametrize("is_busy", [False, True])
def test_query_is_evaluated_once(root, headers, is_busy):
    """An answer or a problem is sent to a program or shown to a person, and the query evaluated once for it."""
    body = b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'
    evaluated = []

    def evaluate(request):
        if request.query != "SELECT ?x {}":
            return answer(request)
        evaluated.append(request)
        if is_busy:
            raise ProblemError("busy", retry_after=2)
        return Answer(body, "application/sparql-results+json", "rows")

    answer = asker(load([root / "dist" / "graph.nq"]))
    client = served_app(Project.open(root), evaluate).test_client()
    response = client.get("/sparql?query=SELECT+?x+%7B%7D", headers=headers)

    assert len(evaluated) == 1
    assert response.status_code == (503 if is_busy else 200)
    assert response.headers.get("Retry-After") == ("2" if is_busy else None)
    if headers:
        assert ("occupé" if is_busy else "Aucune ligne") in response.text
    else:
        assert response.json["code"] == "busy" if is_busy else response.data == body


def test_links_to_the_service_use_its_public_address(root):
    """Links to the service use the public address that it was started with; those between pages hold anywhere."""
    project = Project.open(root)
    app = served_app(project, asker(load([root / "dist" / "graph.nq"])), public_url="https://elsewhere.example/kg/")
    text = app.test_client().get("/").text

    assert "https://elsewhere.example/kg/sparql" in text
    assert 'href="./sparql"' in text
    relative = app.test_client().get("/sparql?query=" + quote("SELECT (<x> AS ?iri) {}"))
    assert json.loads(relative.text)["results"]["bindings"][0]["iri"]["value"] == "https://elsewhere.example/kg/x"
