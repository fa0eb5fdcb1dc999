"""Whoever serves a release on their own machine is told addresses that answer there; identifiers stay what they are."""

import functools
import json
import re
import urllib.request
from urllib.parse import quote, urljoin

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from kg.model.iris import DCAT, FOAF, VOID

DOCUMENTS = {
    "": "text/html",
    "en/": "text/html",
    "en/sparql": "text/html",
    "en/sparql?query=ASK%7B%7D": "text/html",
    "en/catalog": "text/html",
    "en/releases": "text/html",
    "en/doc/organisation/groupe-sos": "text/html",
    "sparql": "text/turtle",
    "examples": "text/turtle",
    "catalog": "text/turtle",
    ".well-known/void": "text/turtle",
    "openapi.json": "application/json",
    "reconcile": "application/json",
    "en/reconcile": "application/json",
    "feed": "*/*",
    "en/feed": "*/*",
    "sitemap.xml": "*/*",
    "robots.txt": "*/*",
}
"""Documents that name addresses, by path, with the media type to ask for."""

IDENTIFIER = r"(id/|graph/|ontology\b|context\.jsonld|catalog#|shapes#|\.well-known/void|releases/|examples|limit#)"
"""What follows the base in what is named and not called."""


@functools.lru_cache(1_000)
def fetch(address, accept="*/*"):
    """The status, headers and text of an address."""
    request = urllib.request.Request(address, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status, response.headers, response.read().decode("utf-8", "replace")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_of_a_local_service_name_addresses_that_answer(served, project, path):
    """Each address of this service in a document answers, and none of the public service stands where one is called."""
    _, headers, text = fetch(urljoin(served, path), DOCUMENTS[path])
    named = re.findall(r"https?://[^\s\"'<>\\^`{}|)]+", text.replace("&amp;", "&"))
    named = [f"{address}/" if f"{address}/" == served else address for address in named if not address.endswith("?id=")]
    named += re.findall(r"<([^>]+)>", headers.get("Link", ""))
    own = sorted({address.rstrip(".,;") for address in named if address.startswith(served)})
    public = {address for address in named if address.startswith(project["base"])}

    assert own or path == "en/releases"
    for address in own[:12] + own[-12:]:
        assert fetch(address)[0] == 200, address
    assert [a for a in public if not re.match(IDENTIFIER, a.removeprefix(project["base"]) or "id/")] == []


@pytest.mark.parametrize("path", ["catalog", ".well-known/void"])
def test_descriptions_of_a_release_lead_to_this_service(served, path):
    """Endpoints and downloads in the released catalogue and VoID are those of the service that sends them."""
    called = {DCAT + name for name in ("endpointURL", "endpointDescription", "accessURL", "downloadURL", "landingPage")}
    called |= {VOID + "sparqlEndpoint", VOID + "dataDump", FOAF + "page"}
    quads = list(parse(fetch(served + path, "text/turtle")[2], RdfFormat.TURTLE))
    addresses = {q.object.value for q in quads if q.predicate.value in called and isinstance(q.object, NamedNode)}

    assert f"{served}sparql" in addresses
    assert f"{served}download/graph.nq" in addresses
    assert {address for address in addresses if not address.startswith(served)} == set()
    for address in sorted(addresses):
        assert fetch(address)[0] == 200


def test_openrefine_works_with_a_local_service(served):
    """What OpenRefine calls by the manifest answers: queries, suggestions, previews, views and properties."""
    manifest = json.loads(fetch(f"{served}en/reconcile")[2])
    queries = quote(json.dumps({"q0": {"query": "Marseille"}}))
    best = json.loads(fetch(f"{served}en/reconcile?queries={queries}")[2])["q0"]["result"][0]
    suggestions = {
        kind: json.loads(fetch(service["service_url"] + service["service_path"] + "?prefix=l")[2])["result"]
        for kind, service in manifest["suggest"].items()
    }
    extend = manifest["extend"]["propose_properties"]
    kind = best["type"][0]["id"]

    assert best["name"] == "Marseille"
    assert all(suggestions.values())
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert "Marseille" in fetch(template.replace("{{id}}", quote(best["id"], safe="")))[2]
    assert "properties" in json.loads(fetch(f"{extend['service_url']}{extend['service_path']}?type={quote(kind)}")[2])
    assert fetch(manifest["documentation"])[0] == fetch(manifest["logo"])[0] == 200
