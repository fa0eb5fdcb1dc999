"""The named graphs at their addresses."""

from urllib.parse import quote

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from kg.endpoint.evaluation import asker
from kg.model.project import Project
from kg.pages import create_app

THINGS = "https://example.org/mini/graph/things"
STORE = """\
@prefix g: <https://example.org/mini/graph/> .
<https://example.org/mini/graph/a/b> { <http://ex/s> <http://ex/p> 1 }
<https://example.org/mini/graph/a.ttl> { <http://ex/s> <http://ex/p> 2 }
<https://example.org/mini/graph/a> { <http://ex/s> <http://ex/p> 3 }
<https://example.org/mini/graph/été> { <http://ex/s> <http://ex/p> 4 }
<https://example.org/mini/graph/a%20b> { <http://ex/s> <http://ex/p> 5 }
<http://ex/service/(x)> { <http://ex/s> <http://ex/p> 6 }
"""


@pytest.fixture(scope="module")
def odd(root):
    """A client of a service whose graphs have odd names; one is empty."""
    store = Store()
    store.load(STORE, RdfFormat.TRIG)
    store.add_graph(NamedNode("https://example.org/mini/graph/empty"))
    return create_app(Project.open(root), asker(store)).test_client()


def count(response):
    return len(list(parse(response.data, RdfFormat.from_media_type(response.mimetype))))


@pytest.mark.parametrize(
    ("path", "triples"),
    [(f"/rdf-graph-store?graph={THINGS}", 5), ("/rdf-graph-store?default", 8), ("/graph/things", 5),
     ("/graph/metadata", 3)],
)  # fmt: skip
def test_a_graph_is_at_its_own_address_and_at_the_store(client, path, triples):
    """A graph is at its own address and at the store's, in Turtle unless something else is asked for."""
    get, head = client.get(path), client.head(path)

    assert get.headers["Content-Type"] == head.headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert int(get.headers["Content-Length"]) == int(head.headers["Content-Length"]) == len(get.data) > 0
    assert (head.status_code, head.data) == (200, b"")
    assert count(get) == triples


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/graph/things", "application/n-triples", "application/n-triples"),
        ("/graph/things", "application/json", "application/json"),
        ("/graph/things", "text/html,application/xml;q=0.9,*/*;q=0.8", "text/turtle; charset=utf-8"),
        ("/graph/things?format=rdfxml", "text/turtle", "application/rdf+xml"),
        ("/graph/things.ttl", "application/ld+json", "text/turtle; charset=utf-8"),
        ("/graph/things.nt", "", "application/n-triples"),
        ("/graph/things.jsonld", "text/turtle", "application/ld+json"),
        ("/graph/things.rdf", "", "application/rdf+xml"),
        (f"/rdf-graph-store?graph={THINGS}&output=nt", "", "application/n-triples"),
    ],
)
def test_media_type_of_a_graph(client, path, accept, media_type):
    """The media type of a graph is chosen by Accept, by ``format`` or by the end of its address."""
    response = client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "accept", "status", "code"),
    [
        ("/rdf-graph-store", "", 400, "graph-parameter"),
        (f"/rdf-graph-store?default&graph={THINGS}", "", 400, "graph-parameter"),
        ("/rdf-graph-store?graph=things", "", 400, "graph-iri"),
        ("/rdf-graph-store?graph=" + quote("http://ex/> {} } #"), "", 400, "graph-iri"),
        ("/rdf-graph-store?graph=http://ex/none", "", 404, "no-graph"),
        ("/graph/none", "", 404, "no-graph"),
        ("/graph/none.ttl", "", 404, "no-graph"),
        ("/graph/things.docx", "", 404, "no-graph"),
        ("/graph/things/", "", 404, "no-graph"),
        ("/graph/%3E%20%7B%7D", "", 404, "no-graph"),
        ("/graph/things", "text/csv", 406, "accept"),
        ("/graph/things?format=csv", "", 406, "accept"),
        ("/graph/things?format=docx", "", 400, "format"),
    ],
)
def test_what_is_no_graph(client, path, accept, status, code):
    """A graph that is not there, or not named rightly, gets a problem document with what to change."""
    response = client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert response.json["code"] == code
    assert client.head(path, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("path", ["/graph/things", "/rdf-graph-store?default"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_graphs_cannot_be_written(client, method, path):
    """A request that writes gets 405, with what is possible, and that the service only reads."""
    response = client.open(path, method=method)

    assert (response.status_code, response.json["code"]) == (405, "read-only")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "only reads" in response.json["detail"]


@pytest.mark.parametrize(
    ("path", "value"),
    [("/graph/a/b", 1), ("/graph/a.ttl", 2), ("/graph/a.ttl.ttl", 2), ("/graph/a", 3), ("/graph/a/b.ttl", 1),
     ("/graph/%C3%A9t%C3%A9", 4), ("/graph/a%20b", 5),
     ("/rdf-graph-store?graph=http://ex/service/(x)", 6), ("/rdf-graph-store?graph=http%3A//ex/service/%28x%29", 6)],
)  # fmt: skip
def test_slashes_and_a_last_ttl_belong_to_the_name(odd, path, value):
    """Slashes and a last .ttl belong to the name; a name that is no URL is found percent-encoded or not."""
    (quad,) = parse(odd.get(path).data, RdfFormat.TURTLE)

    assert quad.object.value == str(value)


def test_an_empty_graph_is_not_missing(odd):
    """A graph that exists and is empty is not missing."""
    assert (odd.get("/graph/empty").status_code, odd.get("/graph/empty").data) == (200, b"")


def test_graph_is_not_sent_twice(client):
    """One who has a graph already gets 304; another graph, or another media type, has another ETag."""
    paths = ["/graph/things", "/graph/things.nt", "/graph/metadata", "/rdf-graph-store?default"]
    tags = [client.get(path).headers["ETag"] for path in paths]

    assert len(set(tags)) == len(tags)
    for path, tag in zip(paths, tags, strict=True):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"/rdf-graph-store?graph={THINGS}").headers["ETag"] == tags[0]


def test_missing_graph_for_people(client):
    """A browser gets a page that says in its language which graph is missing."""
    response = client.get("/graph/none", headers={"Accept": "text/html"})

    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "Il n’y a pas de graphe &lt;https://example.org/mini/graph/none&gt;" in response.text
