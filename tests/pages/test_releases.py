"""Every release at its address, and the changes between any two."""

import asyncio
import hashlib
import json
import re
import shutil
import xml.etree.ElementTree as ET

import html5rdf
import pytest
from behind_gateway import served_app
from pyoxigraph import RdfFormat, parse

from kg.endpoint.evaluation import Answer, asker, load
from kg.endpoint.gateway.client_limits import RequestHead
from kg.endpoint.gateway.monitoring import LogEntry
from kg.endpoint.gateway.sparql_route import SparqlEndpoint
from kg.endpoint.worker_pool.pool import Outcome
from kg.model.project import Project
from kg.pages.releases import data as between
from kg.pages.releases.data import notes_of, read_releases, version_and_date, version_key
from kg.pages.releases.routes import PAGE

HTML = {"Accept": "text/html"}
ATOM = "{http://www.w3.org/2005/Atom}"
SETTINGS = """\
base = "https://example.org/mini/"
public_url = "https://mini.example.org/"
version = "0.10.0"
title = {fr = "L'essai <deux>", en = "A trial & more"}
"""
START = "https://example.org/mini/"
DATASET = f"{START}catalog#dataset"
LABEL, TYPE = "<http://www.w3.org/2004/02/skos/core#prefLabel>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
ODD = '« L’œuvre » <b>&amp; \\"x\\" ⋅\u202f!'


def quad(subject, predicate, value, graph="things"):
    """A line of N-Quads; values are IRIs of the project or literals as they are written."""
    value = value if value.startswith(('"', "<")) else f"<{START}{value}>"
    return f"<{START}{subject}> {predicate} {value} <{START}graph/{graph}> .\n"


def graph(version, issued, *lines):
    """The graph file of a release: sorted lines, with version and date of the data set."""
    dated = f'"{issued}"^^<http://www.w3.org/2001/XMLSchema#date>'
    about = [
        quad("catalog#dataset", TYPE, "<http://www.w3.org/ns/dcat#Dataset>", "metadata"),
        quad("catalog#dataset", "<http://www.w3.org/2002/07/owl#versionInfo>", f'"{version}"', "metadata"),
        quad("catalog#dataset", "<http://purl.org/dc/terms/issued>", dated, "metadata"),
    ]
    return "".join(sorted([*about, *lines]))


KIND = "<https://w3id.org/social-response/ontology#Initiative>"
ABRI = [quad("id/initiative/abri", TYPE, KIND), quad("id/initiative/abri", LABEL, '"l’abri"@fr')]
GRAPHS = {
    "0.1.0": graph("0.1.0", "2025-01-01", *ABRI),
    "0.9.0": graph(
        "0.9.0", "2025-06-01", ABRI[0], quad("id/initiative/abri", LABEL, f'"{ODD}"@fr'),
        quad("id/passage/essai/0-3", LABEL, '"x"', "essai")),
    "0.10.0": graph(
        "0.10.0", "2026-01-01", ABRI[0], quad("id/initiative/abri", LABEL, f'"{ODD}"@fr'),
        quad("id/passage/essai/0-3", LABEL, '"x"', "essai"),
        *(quad(f"id/initiative/i{n:03}", TYPE, KIND) for n in range(PAGE + 5))),
}  # fmt: skip
CHANGES = {
    "old": "0.1.0",
    "words": [
        {"id": f"{START}id/initiative/abri", "fr": "l’abri\u00a0: <i>renommé\x0b</i>", "en": "the shelter: renamed"},
        {"id": None, "fr": "Graphe things\u00a0: +1 −1 triplets", "en": "Graph things: +1 −1 triples"},
    ],
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A project with three kept releases, the last of which is served."""
    root = tmp_path_factory.mktemp("releases")
    (root / "kg.toml").write_text(SETTINGS, encoding="utf-8")
    for version, text in GRAPHS.items():
        folder = root / "releases" / version
        folder.mkdir(parents=True)
        files = {"graph.nq": text, "things.ttl": f"# {version}\n"}
        files |= {"changes.json": json.dumps(CHANGES), "changes.rdfp": "TX .\nTC .\n"} if version == "0.9.0" else {}
        sums = [f"{hashlib.sha256(data.encode()).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
        for name, data in {**files, "SHA256SUMS": "".join(sums)}.items():
            (folder / name).write_text(data, encoding="utf-8")
    (root / "releases" / "0.2.0").mkdir()  # no release: it has no graph
    (root / "releases" / ".0.3.0.draft-1").mkdir()
    shutil.copytree(root / "releases" / "0.10.0", root / "dist")
    return root


@pytest.fixture(scope="module")
def client_of(kept, app):
    """Makes a client of a service of the project's graph, of a release where a folder is given."""

    def make(folder=None, **settings):
        project = Project.open(kept)
        project = Project(kept, {**project.settings, **settings})
        service = served_app(project, asker(load([(folder or project.dist) / "graph.nq"])), folder=folder)
        service.test_client_class = app.test_client_class
        return service.test_client()

    return make


@pytest.fixture(scope="module")
def served(client_of, kept):
    """A client of the service of the last release."""
    return client_of(kept / "dist")


@pytest.fixture(scope="module")
def bare(client_of):
    """A client of a service of an RDF file that is no release."""
    return client_of()


def listed(kept, version="0.10.0", dist="dist"):
    """The releases as the service finds them."""
    found = read_releases(kept / "releases", kept / dist, (version, "2026-01-01"), DATASET)
    return [(each.version, each.issued, each.is_kept, each.is_current) for each in found]


def test_releases_are_found_newest_first(kept):
    """Folders of a version with a graph are releases, by number; what is served is the current one if it is kept."""
    assert listed(kept) == [
        ("0.10.0", "2026-01-01", True, True),
        ("0.9.0", "2025-06-01", True, False),
        ("0.1.0", "2025-01-01", True, False),
    ]
    assert sorted(["1.0.0", "0.10.0", "0.9.1"], key=version_key) == ["0.9.1", "0.10.0", "1.0.0"]


def test_what_is_served_may_not_be_kept_yet(kept, tmp_path):
    """A release of a new version is the current one and not kept; another content of a kept version is neither."""
    assert listed(kept, "0.11.0")[0] == ("0.11.0", "2026-01-01", False, True)
    shutil.copytree(kept / "dist", tmp_path / "other")
    (tmp_path / "other" / "SHA256SUMS").write_text("00  graph.nq\n")
    assert listed(kept, dist=tmp_path / "other")[0] == ("0.10.0", "2026-01-01", True, False)
    nothing = read_releases(tmp_path / "none", None, ("", ""), DATASET)
    assert nothing == []


def test_version_and_date_are_those_of_the_graph(kept, tmp_path):
    """Version and date stand in the graph of a release; a file that is missing or says nothing gives neither."""
    assert version_and_date(kept / "releases" / "0.9.0" / "graph.nq", DATASET) == ("0.9.0", "2025-06-01")
    (tmp_path / "graph.nq").write_text("".join(ABRI))
    assert version_and_date(tmp_path / "graph.nq", DATASET) == ("", "")
    assert version_and_date(tmp_path / "none.nq", DATASET) == ("", "")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"old": "1"}', '{"old": "1", "words": [{}]}'])
def test_a_broken_file_of_changes_tells_nothing(kept, tmp_path, text):
    """A release whose changes cannot be read is one that does not tell them."""
    found = read_releases(kept / "releases", None, ("", ""), DATASET)[0]
    folder = tmp_path / "1.0.0"
    shutil.copytree(found.folder, folder)
    (folder / "changes.json").write_text(text)
    (release,) = read_releases(tmp_path, None, ("", ""), DATASET)
    assert notes_of(release) is None


PAGES = ["/releases", "/releases/0.10.0", "/releases/0.9.0", "/releases/0.1.0/", "/releases/0.1.0/changes/0.9.0",
         "/releases/0.9.0/changes/0.10.0", "/releases/0.9.0/changes/0.10.0?page=2", "/releases/0.9.0/changes/0.9.0",
         "/catalog"]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *("/en" + path for path in PAGES)])
def test_each_page_of_releases_is_valid_and_its_links_are_good(served, path):
    """Each page is valid HTML in its language, escapes what the data say, and its links to the service are good."""
    response = served.get(path, headers=HTML)
    html5rdf.HTMLParser(strict=True).parse(response.text)
    assert response.status_code == 200
    assert response.headers["Content-Language"] == ("en" if path.startswith("/en") else "fr")
    assert "<b>" not in response.text
    assert "<i>" not in response.text
    home = "../" * (path.partition("?")[0].count("/") - 1) or "./"
    pattern = rf'href="{re.escape(home)}((?:en/)?(?:releases|download|feed|catalog)[^"#]*)"'
    for link in set(re.findall(pattern, response.text)):
        assert served.get(f"/{link.replace('&amp;', '&')}", headers=HTML).status_code == 200, link


def test_page_of_a_release(served):
    """The page tells what changed in words, the files with their sums, how to cite it, and other versions."""
    text = served.get("/releases/0.9.0", headers=HTML).text
    sums = hashlib.sha256(GRAPHS["0.9.0"].encode()).hexdigest()
    words = [
        "Ce qui a changé depuis la version 0.1.0",
        "&lt;i&gt;renommé",
        "+1 −1 triplets",
        sums,
        "1er\u00a0juin 2025",
    ]
    words += ['href="../releases/0.9.0/graph.nq"', 'href="../releases/0.9.0/changes.rdfp"']
    words += ["https://mini.example.org/releases/0.9.0", 'href="../releases/0.9.0/changes/0.10.0"']
    assert [each for each in words if each not in text] == []
    english = served.get("/en/releases/0.9.0", headers=HTML).text
    assert "What changed since version 0.1.0" in english
    assert "the shelter: renamed" in english
    assert "Première livraison" in served.get("/releases/0.1.0", headers=HTML).text


def test_links_between_versions(served):
    """The page of a release names in its headers the one before, the current one and the list of all (RFC 5829)."""
    links = served.get("/releases/0.9.0", headers=HTML).headers.getlist("Link")
    start = "https://mini.example.org/releases"
    for address, relation in ((f"{start}/0.1.0", "predecessor-version"), (f"{start}/0.10.0", "latest-version"),
                              (start, "version-history"), (f"{start}/0.9.0", "via")):  # fmt: skip
        assert f'<{address}>; rel="{relation}"' in links


def test_files_of_a_kept_release_never_change(served):
    """A file of a kept release comes byte for byte, may be kept for good, and names its own release."""
    response = served.get("/releases/0.1.0/graph.nq")
    assert response.data == GRAPHS["0.1.0"].encode()
    assert response.mimetype == "application/n-quads"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers.getlist("Link") == ['<https://mini.example.org/releases/0.1.0>; rel="via"']
    again = served.get("/releases/0.1.0/graph.nq", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_files_of_a_release_that_is_not_kept_may_change(client_of, tmp_path):
    """The files of what is served and not kept are asked for again each time."""
    (tmp_path / "graph.nq").write_text("".join(ABRI), encoding="utf-8")
    client = client_of(tmp_path, version="0.11.0")
    response = client.get("/releases/0.11.0/graph.nq")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "public, no-cache")
    page = client.get("/releases/0.11.0", headers=HTML).text
    assert "pas encore archivée" in page
    assert "../releases/0.10.0/changes/0.11.0" in page


@pytest.mark.parametrize(
    "path",
    ["/releases/0.2.0", "/releases/9.9.9", "/releases/..", "/releases/.0.3.0.draft-1", "/releases/0.1.0/none",
     "/releases/0.1.0/../../kg.toml", "/releases/0.1.0/%2e%2e/0.9.0/graph.nq", "/releases/0.1.0/changes/9.9.9",
     "/releases/9.9.9/changes/0.1.0", "/releases/0.1.0/changes/"],
)  # fmt: skip
def test_nothing_else_is_a_release(served, path):
    """What is no release, and no file of one, is not found."""
    assert served.get(path).status_code == 404


def applied(patch, old):
    """The lines of a graph after an RDF patch."""
    begin, *rows, end = patch.splitlines()
    assert (begin, end) == ("TX .", "TC .")
    after = set(old.splitlines())
    for row in rows:
        kind, line = row.split(" ", 1)
        assert list(parse(line, RdfFormat.N_QUADS))
        (after.remove if kind == "D" else after.add)(line)
    return after


@pytest.mark.parametrize("old", GRAPHS)
@pytest.mark.parametrize("new", GRAPHS)
def test_the_patch_makes_the_new_of_the_old(served, old, new):
    """The RDF patch between any two releases, applied to the first, gives the second."""
    by_ending = served.get(f"/releases/{old}/changes/{new}.rdfp")
    by_accept = served.get(f"/releases/{old}/changes/{new}", headers={"Accept": "application/rdf-patch"})
    assert applied(by_ending.text, GRAPHS[old]) == set(GRAPHS[new].splitlines())
    assert by_accept.text == by_ending.text
    assert (by_ending.mimetype, by_accept.mimetype) == ("text/plain", "application/rdf-patch")
    assert by_ending.headers["Cache-Control"].endswith("immutable")


def test_differences_in_words(served):
    """The page of differences counts triples by graph and tells of each thing what came and what went."""
    text = " ".join(served.get("/releases/0.1.0/changes/0.9.0", headers=HTML).text.split())
    assert re.search(r"<del>.*?nom.*?l’abri</span></del>|<del>.*?nom.*?l’abri</del>", text)
    assert re.search(r"<ins>.*?nom.*?L’œuvre » &lt;b&gt;", text)
    row = r"de « essai »</a></th><td class=\"figure\">0</td><td class=\"figure\">1</td>"
    assert re.search(row, text)
    assert "la même chose" in served.get("/releases/0.9.0/changes/0.9.0", headers=HTML).text


def test_long_differences_come_in_pages(served):
    """Differences about many things are shown a page at a time."""
    pages = [served.get(f"/releases/0.9.0/changes/0.10.0?page={n}", headers=HTML).text for n in (1, 2, 9)]
    assert [page.count('class="change"') for page in pages] == [PAGE, 6, 6]


def test_too_many_differences(served, monkeypatch):
    """Where more lines differ than are held, the page says so and the patch is refused with what to do."""
    between._compare.cache_clear()
    monkeypatch.setattr(between, "MAX_LINES", 10)
    page = served.get("/releases/0.9.0/changes/0.10.0", headers=HTML)
    patch = served.get("/releases/0.9.0/changes/0.10.0.rdfp")
    between._compare.cache_clear()
    assert "kg diff 0.9.0 0.10.0 --patch FILE" in page.text
    assert (patch.status_code, patch.json["code"]) == (400, "rows")
    assert "kg diff 0.9.0 0.10.0" in patch.json["detail"]


def test_differences_in_no_other_form(served):
    """Differences are refused in a form that they do not have."""
    assert served.get("/releases/0.1.0/changes/0.9.0", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("path", ["/feed", "/en/feed"])
def test_the_feed_is_valid_atom_with_an_entry_a_release(served, path):
    """The Atom feed has what RFC 4287 demands, an entry a release with absolute links, and what each changed."""
    response = served.get(path)
    feed = ET.fromstring(response.text)
    assert response.mimetype == "application/atom+xml"
    assert feed.tag == f"{ATOM}feed"
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    entries = feed.findall(f"{ATOM}entry")
    for node in (feed, *entries):
        assert [len(node.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", node.findtext(f"{ATOM}updated"))
    links = [link.get("href") for link in feed.iter(f"{ATOM}link") if link.get("rel") != "license"]
    assert all(link.startswith("https://mini.example.org/") for link in links)
    start = "https://mini.example.org/releases/"
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [f"{start}{v}" for v in ("0.10.0", "0.9.0", "0.1.0")]
    assert feed.findtext(f"{ATOM}updated") == "2026-01-01T00:00:00Z"
    (own,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == feed.findtext(f"{ATOM}id") == f"https://mini.example.org{path}"
    told = entries[1].findtext(f"{ATOM}summary")
    assert told.startswith("the shelter: renamed" if path == "/en/feed" else "l’abri\u00a0: <i>renommé\ufffd</i>")
    assert all(entry.findtext(f"{ATOM}summary") for entry in entries)
    again = served.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_without_a_release(bare):
    """A service of RDF files that are no release has an empty list and feed, and its answers name none."""
    page = bare.get("/releases", headers=HTML)
    assert "ne sont pas une livraison" in page.text
    assert ET.fromstring(bare.get("/feed").text).findall(f"{ATOM}entry") == []
    assert bare.get("/releases/0.10.0").status_code == 404
    assert not bare.get("/things", headers=HTML).headers.getlist("Link")


@pytest.mark.parametrize(
    ("path", "names"),
    [("/", True), ("/things", True), ("/download/graph.nq", True), ("/sparql?query=ASK%7B%7D", True),
     ("/graph/things", True), ("/id/initiative/abri", True), ("/doc/initiative/abri.ttl", True),
     ("/sitemap.xml", True), ("/health", False), ("/openapi.json", False), ("/robots.txt", False),
     ("/static/style.css", False), ("/none", False)],
)  # fmt: skip
def test_every_answer_names_its_release(served, path, names):
    """What is made from the data links to the release that it comes from; what is not does not."""
    links = served.get(path).headers.getlist("Link")
    assert ('<https://mini.example.org/releases/0.10.0>; rel="via"' in links) is names


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
@pytest.mark.parametrize("held", [False, True])
def test_answers_of_the_gateway_name_their_release(accept, held):
    """An answer to a query names the release that it was evaluated on, also where the client has it already."""

    async def evaluate(_):
        return Outcome(Answer(b"a\r\n", "text/csv", "rows"), "digest", 0.1, "quick")

    async def ask(tag):
        source = {"digest": "https://mini.example.org/releases/1.0.0"}
        endpoint = SparqlEndpoint(
            evaluate, lambda: "digest", "https://mini.example.org/sparql", source=source.__getitem__
        )
        query = endpoint.read("GET", b"query=SELECT+*%7B%7D", RequestHead(accept), b"")
        entry = LogEntry("GET", "/sparql", "")
        return endpoint.known(query, tag, entry) or await endpoint.respond(query, tag, entry)

    response = asyncio.run(ask(""))
    response = asyncio.run(ask(response.headers["ETag"])) if held else response
    assert response.status == (304 if held else 200)
    assert response.headers["Link"] == '<https://mini.example.org/releases/1.0.0>; rel="via"'
    assert "Link" in response.headers["Access-Control-Expose-Headers"]


@pytest.fixture(scope="module")
def later(tmp_path_factory, app):
    """A client of a release whose kept predecessors have an assertion and passages that it has not."""
    root = tmp_path_factory.mktemp("later")
    (root / "kg.toml").write_text(SETTINGS, encoding="utf-8")
    gone = [quad(f"id/assertion/essai/{n:012x}", LABEL, '"a"', "essai") for n in range(50)]
    texts = {
        "0.9.0": graph("0.9.0", "2025-06-01", *ABRI, *gone, quad("id/passage/essai/0-9", LABEL, '"x"', "essai")),
        "0.10.0": graph("0.10.0", "2025-07-01", *ABRI, *gone[10:20]),
        "0.11.0": graph("0.11.0", "2026-01-01", *ABRI, *gone[20:]),
    }
    for version, text in texts.items():
        (root / "releases" / version).mkdir(parents=True)
        (root / "releases" / version / "graph.nq").write_text(text, encoding="utf-8")
    shutil.copytree(root / "releases" / "0.11.0", root / "dist")
    (root / "releases" / "0.12.0").mkdir()
    (root / "releases" / "0.12.0" / "graph.nq").touch()
    service = served_app(Project.open(root), asker(load([root / "dist" / "graph.nq"])), folder=root / "dist")
    service.test_client_class = app.test_client_class
    return service.test_client()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("assertion/essai/000000000000", "0.9.0"),
        ("assertion/essai/000000000009", "0.9.0"),
        ("assertion/essai/00000000000a", "0.10.0"),
        ("assertion/essai/000000000013", "0.10.0"),
        ("passage/essai/0-9", "0.9.0"),
    ],
)
def test_what_only_a_kept_release_has_is_gone_and_leads_there(later, name, version):
    """An assertion or passage that only kept releases have answers 410 and leads to the last that has it."""
    for path in (f"/doc/{name}", f"/doc/{name}.ttl"):
        data = later.get(path)
        assert (data.status_code, data.json["code"]) == (410, "gone")
        assert data.json["release"].endswith(f"/releases/{version}")
        assert f'<{data.json["release"]}>; rel="predecessor-version"' in data.headers.getlist("Link")
    page = later.get(f"/en/doc/{name}", headers=HTML)

    assert page.status_code == 410
    assert f'releases/{version}">Release {version}</a>' in page.text


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("assertion/essai/000000000014", 200),
        ("assertion/essai/000000000032", 404),
        ("assertion/essai/0", 404),
        ("passage/essai/0-99", 404),
        ("zzz/essai", 404),
    ],
)
def test_kept_releases_answer_for_nothing_else(later, name, status):
    """What this release has answers as ever, and what no release has answers 404."""
    assert later.get(f"/doc/{name}").status_code == status
