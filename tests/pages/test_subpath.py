"""The service behind a proxy that shows it under a path."""

import contextlib
import http.client
import http.server
import json
import re
import sys
import threading
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.service import make_root, service

PREFIX = "/data/sub"
LIMIT = 30
MOST = 90
"""Most addresses that are visited."""


class Proxy(http.server.BaseHTTPRequestHandler):
    """Hands on what comes below the prefix, without it, and says so, as a proxy in front of the service does."""

    protocol_version = "HTTP/1.1"
    port = 0

    def do_GET(self) -> None:
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404)
            return
        told = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": PREFIX}
        told["X-Forwarded-Host"] = self.headers["Host"]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(connection):
            given = {name: value for name, value in self.headers.items() if name != "Host"}
            connection.request("GET", self.path.removeprefix(PREFIX), headers={**given, **told})
            response = connection.getresponse()
            body = response.read()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory, release):
    """The address of the start page below the proxy's prefix."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        start = f"http://127.0.0.1:{proxy.server_port}{PREFIX}/"
        root = make_root(tmp_path_factory.mktemp("subpath") / "project", dict(release.files))
        with service(root, "--trust-proxy", 1, "--public-url", start, stderr=None) as served:
            Proxy.port = served.port
            thread = threading.Thread(target=proxy.serve_forever)
            thread.start()
            try:
                yield start
            finally:
                proxy.shutdown()
                thread.join()


def get(address, accept="text/html"):
    """The response to a GET, which follows no redirect, and its body."""
    parts = urlsplit(address)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=LIMIT)) as connection:
        connection.request(
            "GET", parts._replace(scheme="", netloc="", fragment="").geturl(), headers={"Accept": accept}
        )
        response = connection.getresponse()
        return response, response.read().decode("utf-8", "replace")


def leads_to(address, response, text):
    """Where a response leads on this host: links, forms, scripts, styles, pictures, a redirect."""
    found = [response.getheader("Location")] if response.getheader("Location") else []
    if response.getheader("Content-Type", "").startswith("text/html"):
        found += [unescape(value) for value in re.findall(r'<[^>]* (?:href|src|action)="([^"]+)"', text)]
    whole = {urljoin(address, each).partition("#")[0] for each in found}
    return {each for each in whole if urlsplit(each).netloc == urlsplit(address).netloc}


def kind(address):
    """What addresses have in common that the same code answers; of each such kind two are visited."""
    parts = urlsplit(address)
    return (*parts.path.removeprefix(PREFIX).removeprefix("/en").split("/")[1:3], re.sub("=[^&]*", "", parts.query))


def test_links_stay_below_the_path(address):
    """From the start page on every link of every kind of page stays below the path, and leads somewhere."""
    waiting, seen, kinds = [address, urljoin(address, "en/")], {address}, {}
    visited = 0
    while waiting and visited < MOST:
        here = waiting.pop(0)
        response, text = get(here)
        visited += 1
        assert response.status < 400, here
        for link in sorted(leads_to(here, response, text) - seen):
            assert link.startswith(address), (here, link)
            seen.add(link)
            kinds[kind(link)] = kinds.get(kind(link), 0) + 1
            if kinds[kind(link)] <= 2 and len(kinds) <= MOST:
                waiting.append(link)

    assert {first for first, *_ in kinds} >= {"sparql", "static", "doc", "things", "text", "timeline", "download"}


@pytest.mark.parametrize(
    ("path", "location"),
    [("id/initiative/lhss", "doc/initiative/lhss"), ("id/document/groupe-sos", "doc/document/groupe-sos")],
)
def test_redirects_stay_below_the_path(address, path, location):
    """The redirect from a thing to its document leads to the document below the path."""
    response, _ = get(f"{address}{path}")

    assert response.status == 303
    assert urljoin(f"{address}{path}", response.getheader("Location")) == f"{address}{location}"


def test_addresses_for_programs(address):
    """What programs read names the public address: the description, the API, the map of the site, the relative IRIs."""
    described = get(f"{address}sparql", "text/turtle")[1]
    servers = json.loads(get(f"{address}openapi.json", "application/json")[1])["servers"]
    pages = [each.text for each in ET.fromstring(get(f"{address}sitemap.xml")[1]).iter() if each.tag.endswith("loc")]
    via = get(f"{address}sparql?query=ASK%7B%7D", "application/json")[0].getheader("Link")
    iri = json.loads(get(f"{address}sparql?query=SELECT(%3Cx%3EAS%20%3Fi)%7B%7D", "application/json")[1])

    assert f"<{address}sparql>" in described
    assert servers == [{"url": address.rstrip("/")}]
    assert pages
    assert all(each.startswith(address) for each in pages)
    assert via.startswith(f"<{address}releases/")
    assert iri["results"]["bindings"][0]["i"]["value"] == f"{address}x"


def test_outside_of_the_path(address):
    """Nothing of the service is asked for outside of the path."""
    assert get(urljoin(address, "/sparql"))[0].status == 404
