import json
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import html5rdf
import pytest

from kg.evaluator import RefusedError
from kg.project import Project
from kg.web import create_app

HTML = {"Accept": "text/html"}
FRENCH = [
    "/",
    "/download/",
    "/nothing",
    "/sparql",
    "/sparql?example=001-initiatives",
    "/sparql?query=ASK%7B%7D",
    "/sparql?query=SELECT+*%7B?s+?p+?o%7D",
    "/sparql?query=SELECT+*%7B?s+<http://none>+?o%7D",
    "/sparql?query=SELECT+*%7Bfoo:a+?p+?o%7D",
    "/sparql?query=DESCRIBE+<https://example.org/mini/id/initiative/abri>",
]
PAGES = [*FRENCH, *("/en" + path for path in FRENCH)]


class Page(HTMLParser):
    """The elements and the words of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self._skip = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._skip += tag in {"textarea", "pre", "code"}

    def handle_endtag(self, tag):
        self._skip -= tag in {"textarea", "pre", "code"}

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def page(client):
    def get(path):
        return Page(client.get(path, headers=HTML).text)

    return get


@pytest.mark.parametrize("path", PAGES)
def test_valid_html(client, path):
    """Every page is HTML that a strict parser reads without an error."""
    text = client.get(path, headers=HTML).text

    html5rdf.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize("path", PAGES)
def test_structure(client, page, path):
    """Every page has one h1, its language, a label for each field, no id twice, and a name in each link."""
    elements = page(path)
    labelled = {label.get("for") for label in elements.all("label")}
    ids = [attributes["id"] for _, attributes in elements.elements if "id" in attributes]

    assert len(elements.all("h1")) == 1
    assert elements.all("html")[0]["lang"] == ("en" if path.startswith("/en") else "fr")
    assert all(field["id"] in labelled for field in elements.all("textarea", "select", "input"))
    assert len(ids) == len(set(ids))
    assert not re.search(r"<a [^>]*>\s*</a>", client.get(path, headers=HTML).text)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_from_elsewhere(client, page, path):
    """No page loads anything from another host, holds script or inline style, or may do so by its policy."""
    response = client.get(path, headers=HTML)
    policy = response.headers["Content-Security-Policy"]
    elements = page(path)

    loaded = [attributes.get("src") or attributes.get("href") for attributes in elements.all("link", "img", "script")]
    assert [address for address in loaded if not re.match(r"(\./|\.\./)*static/", address)] == []
    assert elements.all("script", "style") == []
    assert [attributes for _, attributes in elements.elements if "style" in attributes] == []
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("path", FRENCH)
def test_french_typography(page, path):
    """French pages have ’ and the spaces that do not break, before ; ! ? : and inside « »."""
    words = " ".join(" ".join(page(path).words).split(" "))

    assert "'" not in words
    assert re.findall(r".{0,20}[ \n][;!?:»](?:\s|$)", words) == []
    assert re.findall(r"« .{0,20}", words) == []


@pytest.mark.parametrize("start", ["/", "/en/"])
def test_links_lead_somewhere(client, files, start):
    """Every link to this service, followed from page to page, leads to something that is there."""
    seen, todo = set(), [start]
    while todo:
        path = todo.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        response = client.get(path, headers=HTML)
        assert response.status_code == 200, path
        if response.mimetype == "text/html":
            here = urljoin("http://localhost", path)
            links = [urljoin(here, link["href"]) for link in Page(response.text).all("a", "link")]
            todo += [link.removeprefix("http://localhost").split("#")[0] for link in links if "localhost" in link]

    assert {f"/download/{name}" for name in files} <= seen


def test_start_page_tells_what_there_is(client):
    """The start page has counts from the store, an example, downloads with sizes, licence, version and validation."""
    text = client.get("/").text

    words = ["L’essai\u00a0: une base", "rien de plus", "Quelles sont les initiatives\u202f?", "CC\u00a0BY\u00a04.0"]
    words += ["1.1.0", "1er\u00a0janvier 2026", "Validation\u00a0: conforme, 2 avertissements", "13\u00a0octets"]
    assert [each for each in words if each not in text] == []
    counts = re.findall(r'class="figure">([^<]+)</span> <span>([^<]+)<', text)
    assert counts == [("1", "initiative"), ("2", "crises")]


def test_english_start_page(client):
    """The English page has the same path under /en and English words."""
    text = client.get("/en/").text

    words = ["A trial", "Which initiatives are there?", "1\u00a0January 2026", "Things", "13\u00a0bytes", "conforms"]
    assert [each for each in words if each not in text] == []


@pytest.mark.parametrize(
    ("header", "status"),
    [("", 200), ("fr", 200), ("fr-FR,fr;q=0.9,en;q=0.8", 200), ("en", 302), ("en-GB,en;q=0.9,fr;q=0.1", 302),
     ("de", 200), ("de,en;q=0.5", 302), ("*", 200)],
)  # fmt: skip
def test_language_of_the_start_page(client, header, status):
    """Accept-Language sends from / to the English page only those who would rather read English."""
    response = client.get("/", headers={"Accept-Language": header})

    assert response.status_code == status
    assert response.headers.get("Location") == ("en/" if status == 302 else None)
    assert "Accept-Language" in response.headers["Vary"]


def test_language_is_not_forced(client, page):
    """Only / looks at Accept-Language, and the link from English to French is not sent back."""
    english = {"Accept-Language": "en"}
    (link,) = [link["href"] for link in page("/en/").all("a") if link.get("hreflang") == "fr"]

    assert client.get(urljoin("http://localhost/en/", link), headers=english).headers["Content-Language"] == "fr"
    assert client.get("/sparql", headers={**HTML, **english}).headers["Content-Language"] == "fr"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("things.ttl", "text/turtle; charset=utf-8"),
        ("graph-rdf12.ttl", "text/turtle; charset=utf-8; version=1.2"),
        ("graph.nq", "application/n-quads"),
        ("graph.nt", "application/n-triples"),
        ("graph.trig", "application/trig"),
        ("things.jsonld", "application/ld+json"),
        ("report.json", "application/json"),
        ("tables/initiative.csv", "text/csv; charset=utf-8; header=present"),
        ("tables/csv-metadata.json", "application/csvm+json"),
        ("texts/essai.txt", "text/plain; charset=utf-8"),
        ("SHA256SUMS", "text/plain; charset=utf-8"),
    ],
)
def test_download(client, files, name, media_type):
    """A file of the release comes byte for byte, with its media type, to be shown and not to be saved."""
    response = client.get(f"/download/{name}")

    assert response.data == files[name].encode()
    assert response.headers["Content-Type"] == media_type
    assert "attachment" not in response.headers.get("Content-Disposition", "")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_download_is_not_sent_twice(client):
    """A download has the ETag of its content; one who has it already gets 304, and parts can be had."""
    first = client.get("/download/things.ttl")
    again = client.get("/download/things.ttl", headers={"If-None-Match": first.headers["ETag"]})
    part = client.get("/download/things.ttl", headers={"Range": "bytes=2-4"})

    assert (again.status_code, again.data) == (304, b"")
    assert (part.status_code, part.data) == (206, b"Les")
    assert first.headers["ETag"] != client.get("/download/graph.nq").headers["ETag"]


@pytest.mark.parametrize(
    "name",
    ["none.ttl", "../kg.toml", "%2e%2e/kg.toml", "tables", "tables/", "%2fetc%2fhostname", "..%5ckg.toml", "%00",
     "a" * 300],
)  # fmt: skip
def test_only_files_of_the_release(client, name):
    """Nothing outside of the release folder is sent, however it is spelled."""
    assert client.get(f"/download/{name}").status_code == 404


def test_health(client):
    """The state of the service is JSON that is never kept."""
    response = client.get("/health")

    assert json.loads(response.text) == {"live": True, "ready": True, "triples": 8, "version": "1.1.0"}
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/health/live").json == {"live": True}


def test_health_while_no_query_is_answered(root):
    """A service that cannot answer a query now says so with 503, and that it lives."""

    def refuse(_):
        raise RefusedError("busy", "The service is busy.", "Come again.", retry_after=2)

    client = create_app(Project.open(root), refuse).test_client()
    response = client.get("/health")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert (response.json["live"], response.json["ready"]) == (True, False)
    assert client.get("/health/live").status_code == 200
    assert [client.get(path).status_code for path in ("/", "/sparql", "/graph/things")] == [503] * 3


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/", 405), ("DELETE", "/sparql", 405)]
)
def test_errors(client, method, path, status):
    """Errors are pages for people and problem documents for programs."""
    page = client.open(path, method=method, headers=HTML)
    document = client.open(path, method=method)

    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert (document.status_code, document.mimetype) == (status, "application/problem+json")
    assert document.json["status"] == status
    assert document.json["detail"].endswith(".")
    assert ("Allow" in document.headers) == (status == 405)


def test_broken_page_says_so(app, client, monkeypatch, caplog):
    """A fault of the service is a problem document without its inner workings; the log has them."""
    monkeypatch.setattr(type(app.extensions["site"].about), "release", property(lambda _: 1 / 0))
    response = client.get("/health")

    assert response.status_code == 500
    assert "division" not in response.text
    assert "ZeroDivisionError" in caplog.text
