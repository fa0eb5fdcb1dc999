"""What every page has in common, the files of the release, and its citation."""

import json
import re
from urllib.parse import unquote, urljoin

import html5rdf
import pytest
import yaml
from behind_gateway import served_app
from page_helpers import GOLDEN, HTML, ParsedPage

from kg.endpoint.evaluation import asker, load
from kg.endpoint.problems import ProblemError
from kg.model.project import Project

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


@pytest.fixture
def page(client):
    def get(path):
        return ParsedPage(client.get(path, headers=HTML).text)

    return get


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_valid_html(client, path):
    """Every page is HTML that a strict parser reads without an error."""
    text = client.get(path, headers=HTML).text

    html5rdf.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_h1_a_language_and_labels(client, page, path):
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
    """No page loads anything from another host, runs a script or has a style within it, or may do so by its policy."""
    response = client.get(path, headers=HTML)
    policy = response.headers["Content-Security-Policy"]
    elements = page(path)

    loaded = [link["href"] for link in elements.all("link") if link["rel"] in {"stylesheet", "icon", "preload"}]
    loaded += [each["src"] for each in elements.all("img", "script") if "src" in each]
    assert [address for address in loaded if not re.match(r"(\./|\.\./)*static/", address)] == []
    within = [script.get("type") for script in elements.all("script") if "src" not in script]
    assert set(within) <= {"application/json", "application/ld+json"}
    assert elements.all("style") == []
    assert [name for _, given in elements.elements for name in given if name == "style" or name.startswith("on")] == []
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("path", PAGES)
def test_addresses_of_a_page(page, path):
    """A page that is there names its public address in both languages; one that is not asks not to be indexed."""
    elements = page(path)
    links = {link.get("hreflang", link["rel"]): link["href"] for link in elements.all("link")}
    french, _, query = path.removeprefix("/en").partition("?")
    asked = f"?{query}" if query else ""

    if french == "/nothing":
        assert "canonical" not in links
        assert {"name": "robots", "content": "noindex"} in elements.all("meta")
    else:
        asked = unquote(asked)
        here = unquote(links["en" if path.startswith("/en") else "fr"])
        assert unquote(links["canonical"]) == here
        assert unquote(links["fr"]) == f"https://mini.example.org{french}{asked}"
        assert unquote(links["en"]) == f"https://mini.example.org/en{french}{asked}"


@pytest.mark.parametrize("path", PAGES)
def test_one_can_search_and_knows_where_one_is(page, path):
    """Every page has a form that searches in its language, and marks its own entry of the navigation."""
    elements = page(path)
    (form,) = [form for form in elements.all("form") if form.get("role") == "search"]
    current = [link["href"] for link in elements.all("a") if link.get("aria-current") == "page"]
    address = path.split("?")[0].removeprefix("/en").lstrip("/")

    assert urljoin(f"http://h{path}", form["action"]) == f"http://h{'/en' if path.startswith('/en') else ''}/search"
    expected = [] if address in {"", "nothing"} else [path.split("?")[0]]
    assert list({urljoin(f"http://h{path}", link).removeprefix("http://h") for link in current}) == expected


@pytest.mark.parametrize("path", FRENCH)
def test_french_pages_have_the_right_typography(page, path):
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
            links = [urljoin(here, link["href"]) for link in ParsedPage(response.text).all("a", "link")]
            todo += [link.removeprefix("http://localhost").split("#")[0] for link in links if "localhost" in link]

    assert {f"/download/{name}" for name in files} <= seen


def test_start_page_tells_what_there_is(client):
    """The start page has counts from the store, an example, downloads with sizes, licence, version and validation."""
    text = client.get("/").text

    words = ["L’essai\u00a0: une base", "rien de plus", "Quelles sont les initiatives\u202f?", "CC\u00a0BY\u00a04.0"]
    words += ["1.1.0", "1er\u00a0janvier 2026", "Validation\u00a0: conforme, 2\u00a0avertissements", "13\u00a0octets"]
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
def test_a_file_of_the_release_comes_byte_for_byte(client, files, name, media_type):
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


def test_the_state_of_the_service_is_json_never_kept(client):
    """The state of the service is JSON that is never kept."""
    response = client.get("/health")

    assert json.loads(response.text) == {"live": True, "ready": True, "triples": 8, "version": "1.1.0"}
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/health/live").json == {"live": True}


def test_health_while_no_query_is_answered(root):
    """A service that cannot answer a query now says so with 503, and that it lives."""

    def refuse(_):
        raise ProblemError("busy", retry_after=2)

    client = served_app(Project.open(root), refuse).test_client()
    response = client.get("/health")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert (response.json["live"], response.json["ready"]) == (True, False)
    assert client.get("/health/live").status_code == 200
    assert [client.get(path).status_code for path in ("/", "/sparql", "/graph/things")] == [503] * 3


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/", 405), ("DELETE", "/sparql", 405)]
)
def test_errors_are_pages_for_people_and_problems_for_programs(client, method, path, status):
    """Errors are pages for people and problem documents for programs."""
    page = client.open(path, method=method, headers=HTML)
    document = client.open(path, method=method)

    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert (document.status_code, document.mimetype) == (status, "application/problem+json")
    assert document.json["status"] == status
    assert document.json["detail"].endswith(".")
    assert ("Allow" in document.headers) == (status == 405)


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/none/la-maille", "search?q=la%20maille"),
        ("/en/none/La_Maille.ttl", "en/search?q=La%20Maille"),
        ("/none/%3Cb%3E%22&'", "search?q=%3Cb%3E%22%26%27"),
        ("/none/" + "a" * 300, "search?q=" + "a" * 80),
    ],
)
def test_missing_page_offers_a_search(client, path, link):
    """A page that is not there offers to search for the words of its address, whatever they are."""
    response = client.get(path, headers=HTML)
    links = [each["href"] for each in ParsedPage(response.text).all("a")]

    assert response.status_code == 404
    assert f"http://h/{link}" in [urljoin(f"http://h{path}", each) for each in links]
    assert "<b>" not in response.text


def test_data_set_for_search_engines(client):
    """The start page describes the data set in the words of schema.org: what, whose, which version, which files."""
    text = client.get("/en/").text
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    found = json.loads(script[1])

    assert {key: found[key] for key in ("@type", "name", "version", "datePublished", "license", "url")} == {
        "@type": "Dataset",
        "name": "A trial",
        "version": "1.1.0",
        "datePublished": "2026-01-01",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": "https://mini.example.org/",
    }
    assert found["creator"]["name"] == "Les Tests"
    assert {each["contentUrl"]: each["encodingFormat"] for each in found["distribution"]} == {
        "https://mini.example.org/download/things.ttl": "text/turtle",
        "https://mini.example.org/download/graph.nq": "application/n-quads",
        "https://mini.example.org/download/things.jsonld": "application/ld+json",
        "https://mini.example.org/download/graph-rdf12.ttl": "text/turtle",
    }


def test_the_release_can_be_cited_in_two_formats(client):
    """The release can be cited by BibTeX and by a Citation File, both with its version, date and address."""
    entry, file = client.get("/citation.bib"), client.get("/citation.cff")

    assert entry.content_type == "application/x-bibtex; charset=utf-8"
    assert entry.text == (
        "@misc{les-tests-2026,\n  author = {{Les Tests}},\n  title = {{L'essai : une base}},\n  year = {2026},\n"
        "  note = {Version 1.1.0},\n  url = {https://mini.example.org/},\n}\n"
    )
    known = yaml.safe_load(file.text)
    assert (known["version"], str(known["date-released"]), known["type"]) == ("1.1.0", "2026-01-01", "dataset")
    again = client.get("/citation.cff", headers={"If-None-Match": file.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.fixture(scope="module")
def two(mini_factory, tmp_path_factory):
    """A client of the service of a graph with two documents."""
    project = mini_factory(tmp_path_factory.mktemp("two") / "mini")
    return served_app(project, asker(load([GOLDEN, project.ontology]))).test_client()


@pytest.mark.parametrize(("start", "predicate"), [("/", "répond à"), ("/en/", "responds to")])
def test_start_page_shows_the_promise(two, start, predicate):
    """The start page shows of each document a sentence, marked where it says something, and what it says."""
    text = two.get(start).text
    home = "./" if start == "/" else "../en/"

    for document, sentence in [
        ("atelier-du-canal", "<mark>Face à la disparition des trains de nuit, il a créé en 2020 la Vélothèque</mark>"),
        ("jardin-des-ponts", "<mark>Lors de la crue de 2019, nous avons ouvert la Table commune</mark>"),
    ]:
        assert sentence in text
        assert re.search(rf'<a href="{re.escape(home)}text/{document}#\d+-\d+"><mark>', text)
    assert text.count(f">{predicate}</a>") == 2
    assert f'href="{home}things/document"' in text
    assert ('<blockquote class="text words k-initiative" lang="fr"' in text) is (start != "/")


def test_broken_page_says_so(app, client, monkeypatch, caplog):
    """A fault of the service is a problem document without its inner workings; the log has them."""
    monkeypatch.setattr(type(app.extensions["app_context"].release_info), "version", property(lambda _: 1 / 0))
    response = client.get("/health")

    assert response.status_code == 500
    assert "division" not in response.text
    assert "ZeroDivisionError" in caplog.text
