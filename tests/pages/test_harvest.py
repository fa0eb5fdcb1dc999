"""What catalogues and search engines harvest, in the form that they read."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from urllib.parse import urljoin

import pytest
from pyoxigraph import RdfFormat, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCAT, FOAF, TYPE, VOID
from kg.model.project import Project
from kg.pages import create_app
from kg.pages.harvest.data import PAGES

HTML = {"Accept": "text/html"}
MAP, XHTML = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"
TYPES = {"ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML, "jsonld": RdfFormat.JSON_LD}
MEDIA = {"ttl": "text/turtle", "nt": "application/n-triples", "rdf": "application/rdf+xml",
         "jsonld": "application/ld+json"}  # fmt: skip


def triples(response, ending):
    """What an RDF response says."""
    store = Store()
    store.load(response.data, format=TYPES[ending])
    return {(quad.subject.value, quad.predicate.value, getattr(quad.object, "value", "")) for quad in store}


@pytest.fixture(scope="module")
def bare(root, app):
    """A client of a service of an RDF file that is no release."""
    service = create_app(Project.open(root), asker(load([root / "dist" / "graph.nq"])))
    service.test_client_class = app.test_client_class
    return service.test_client()


@pytest.mark.parametrize("ending", TYPES)
def test_catalogue_as_rdf(client, files, ending):
    """The catalogue of the release is had by Accept and by ending, and says the same in every format."""
    by_ending = client.get(f"/catalog.{ending}")
    by_accept = client.get("/catalog", headers={"Accept": MEDIA[ending]})
    assert by_ending.mimetype == by_accept.mimetype == MEDIA[ending]
    assert triples(by_ending, ending) == triples(by_accept, ending) == triples(client.get("/catalog.ttl"), "ttl")
    if ending == "ttl":
        assert by_ending.text == files["catalog.ttl"]


@pytest.mark.parametrize("start", ["/", "/en/"])
def test_the_foot_of_a_page_leads_to_catalogue_feed_and_names_in_its_language(client, start):
    """Catalogue, feed and reconciliation at the foot of a page are those of its language."""
    page = client.get(f"{start}examples", headers=HTML).text
    foot = page[page.index("<footer") :]

    for path in ("catalog", "feed", "reconcile"):
        (link,) = [
            urljoin(f"http://localhost{start}examples", href) for href in re.findall(rf'href="([^"]*{path})"', foot)
        ]
        assert link == f"http://localhost{start}{path}"


def test_catalogue_as_a_page(client):
    """Browsers get a page with the addresses for harvesters, which links to the RDF in its headers."""
    response = client.get("/en/catalog", headers=HTML)
    assert response.mimetype == "text/html"
    for path in ("catalog", ".well-known/void", "sparql", "en/reconcile", "openapi.json", "en/feed", "sitemap.xml"):
        assert f">https://mini.example.org/{path}</code>" in response.text
    link = '<https://mini.example.org/catalog.ttl>; rel="alternate"; type="text/turtle"'
    assert link in response.headers.getlist("Link")


@pytest.mark.parametrize("path", ["/catalog", "/.well-known/void"])
def test_only_what_there_is(client, path):
    """What no format answers to is refused."""
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("", "text/turtle"), ("text/html", "text/turtle"), ("application/ld+json", "application/ld+json"),
     ("application/rdf+xml;q=0.9, text/turtle;q=0.1", "application/rdf+xml")],
)  # fmt: skip
def test_void_by_accept(client, accept, media_type):
    """The VoID description comes in the RDF format that is asked for; browsers get Turtle."""
    response = client.get("/.well-known/void", headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, media_type)


def test_void_of_the_release(root, tmp_path):
    """The VoID description is the file of the release."""
    turtle = f"<https://mini.example.org/.well-known/void> a <{VOID}DatasetDescription> .\n"
    folder = shutil.copytree(root / "dist", tmp_path / "dist")
    (folder / "void.ttl").write_text(turtle)
    client = create_app(Project.open(root), asker(load([folder / "graph.nq"])), folder=folder).test_client()
    assert client.get("/.well-known/void").text == turtle


def test_what_is_no_release_is_described_too(bare):
    """A service of RDF files tells that there is a data set, its size and its endpoint; no link of it is dead."""
    void, catalogue = triples(bare.get("/.well-known/void"), "ttl"), triples(bare.get("/catalog.ttl"), "ttl")
    endpoint = "https://mini.example.org/sparql"
    dataset = "https://example.org/mini/catalog#dataset"
    assert {(dataset, VOID + "sparqlEndpoint", endpoint), (dataset, VOID + "triples", "8")} <= void
    assert ("https://mini.example.org/.well-known/void", FOAF + "primaryTopic", dataset) in void
    assert ("https://mini.example.org/catalog#sparql", DCAT + "endpointURL", endpoint) in catalogue
    assert (dataset, TYPE.value, DCAT + "Dataset") in catalogue
    assert "ne sont pas une livraison" in bare.get("/catalog", headers=HTML).text


def test_start_page_describes_the_data_set(client):
    """The schema.org description on the start page has all that dataset search engines ask for."""
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', client.get("/").text, re.DOTALL)
    found = json.loads(script[1])
    wanted = ("name", "description", "url", "license", "version", "datePublished", "creator", "distribution")
    assert [name for name in wanted if not found.get(name)] == []


def addresses(text):
    """The addresses of a sitemap, each with its alternates by language."""
    return {
        url.findtext(f"{MAP}loc"): {each.get("hreflang"): each.get("href") for each in url.findall(f"{XHTML}link")}
        for url in ET.fromstring(text).findall(f"{MAP}url")
    }


def test_the_sitemap_lists_every_page_in_both_languages(client):
    """The sitemap lists every page in both languages, each with the other and the release's date; all of them exist."""
    response = client.get("/sitemap.xml")
    found = addresses(response.text)
    assert response.mimetype == "application/xml"
    start = "https://mini.example.org/"
    for address, others in found.items():
        path = address.removeprefix(start)
        french = path.removeprefix("en/")
        assert others == {"fr": start + french, "en": f"{start}en/{french}", "x-default": start + french}
        assert client.get(f"/{path}", headers=HTML).status_code == 200, path
    assert response.text.count("<lastmod>2026-01-01</lastmod>") == len(found)
    wanted = {*PAGES, "things/initiative", "doc/initiative/abri", "doc/crise/gel", "releases/1.1.0"}
    wanted |= {"examples/001-initiatives"}
    assert {f"{start}{way}{path}" for way in ("", "en/") for path in wanted} <= set(found)


def test_sitemap_is_not_sent_twice(client):
    """One who has the sitemap already gets 304."""
    tag = client.get("/sitemap.xml").headers["ETag"]
    assert client.get("/sitemap.xml", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_long_sitemaps_come_in_parts(root, rows):
    """Where not all fits into a file there is an index, whose parts together list each thing once."""
    project = Project.open(root)
    ask = asker(load([project.dist / "graph.nq"]))
    client = create_app(project, ask, folder=project.dist, limits=Limits(rows=rows)).test_client()
    index = ET.fromstring(client.get("/sitemap.xml").text)
    assert index.tag == f"{MAP}sitemapindex"
    files = [node.findtext(f"{MAP}loc").removeprefix("https://mini.example.org") for node in index]
    assert files == [f"/sitemap-{number}.xml" for number in range(-(-3 // rows) + 1)]
    listed = [address for file in files[1:] for address in addresses(client.get(file).text)]
    things = [address for address in listed if "/en/" not in address]
    assert sorted(things) == [
        f"https://mini.example.org/doc/{thing}" for thing in ("crise/gel", "crise/hiver", "initiative/abri")
    ]
    assert len(listed) == 6
    assert client.get(f"/sitemap-{len(files)}.xml").status_code == 404


def test_robots_are_told_the_sitemap_and_to_leave_queries_alone(client):
    """Robots are told where the sitemap is, and to leave queries alone."""
    response = client.get("/robots.txt")
    assert response.content_type == "text/plain; charset=utf-8"
    assert "Sitemap: https://mini.example.org/sitemap.xml\n" in response.text
    assert "Disallow: /sparql?\n" in response.text
    assert "Disallow: /en/search?\n" in response.text


def test_robots_under_a_path(root):
    """Under a sub-path the rules for robots name it."""
    project = Project.open(root)
    ask = asker(load([project.dist / "graph.nq"]))
    client = create_app(project, ask, public_url="https://x.example/data/").test_client()
    text = client.get("/robots.txt").text
    assert "Disallow: /data/sparql?\n" in text
    assert "Sitemap: https://x.example/data/sitemap.xml\n" in text
