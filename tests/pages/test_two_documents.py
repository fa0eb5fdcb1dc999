"""Every page and file holds both documents of a graph with two."""

import html
import json
import re
import tomllib
from pathlib import Path
from urllib.parse import urljoin

import pytest
from behind_gateway import served_app
from page_helpers import HTML

from kg.endpoint.evaluation import asker, load
from kg.model.query_files import read_queries
from kg.release.assembly import make_release

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = """\
#+ summary:
#+   fr: Quelles sont les initiatives ?
#+   en: Which initiatives are there?
#+ tags: [initiative]

PREFIX sr: <https://w3id.org/social-response/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?label WHERE { ?initiative a sr:Initiative ; skos:prefLabel ?label . FILTER(LANG(?label) = "fr") }
ORDER BY ?label
"""
INITIATIVES = (
    "SELECT%20*%20%7B%20%3Fi%20a%20%3Chttps%3A%2F%2Fw3id.org%2Fsocial-response%2Fontology%23Initiative%3E%20%7D"
)

CASES = [
    ("/", "il a créé en 2020 la Vélothèque", "nous avons ouvert la Table commune"),
    ("/en/", "Text “L’Atelier du Canal”", "Text “Le Jardin des Ponts”"),
    ("/things", "2 documents", "4 initiatives"),
    ("/things/document", "L’Atelier du Canal", "Le Jardin des Ponts"),
    ("/things/organisation", "L’Atelier du Canal", "Le Jardin des Ponts"),
    ("/things/initiative", "la Vélothèque", "la Table commune"),
    ("/en/things/initiative", "the Vélothèque bicycle library", "Table commune"),
    ("/things/assertion?statedIn=document/atelier-du-canal", "Énoncés 57", "La Vélothèque prête des vélos"),
    ("/things/assertion?statedIn=document/jardin-des-ponts", "Énoncés 37", "nous avons ouvert la Table commune"),
    ("/things/passage", "Texte « L’Atelier du Canal »", "Texte « Le Jardin des Ponts »"),
    ("/doc/situation/crue-de-2019", "prêt de vélos pendant la crue", "la Table commune"),
    ("/doc/situation/crue-de-2019", "Texte « L’Atelier du Canal »", "Texte « Le Jardin des Ponts »"),
    ("/doc/public/habitants", "Texte « L’Atelier du Canal »", "Texte « Le Jardin des Ponts »"),
    ("/timeline", "prêt de vélos pendant la crue", "la Table commune"),
    ("/en/timeline.svg", "bicycles lent during the flood", "Table commune"),
    ("/search?q=port-neuf", "L’Atelier du Canal", "Le Jardin des Ponts"),
    ("/search?q=crue", "prêt de vélos pendant la crue", "la Table commune"),
    ("/suggest?q=texte", "document/atelier-du-canal", "document/jardin-des-ponts"),
    ("/examples/001-initiatives", "la Vélothèque", "la Table commune"),
    (f"/sparql?query={INITIATIVES}", "initiative/velotheque", "initiative/table-commune"),
    ("/graph/things.nt", "initiative/velotheque>", "initiative/table-commune>"),
    ("/download/things.ttl", "initiative:velotheque a", "initiative:table-commune a"),
    ("/download/evidence.ttl", "document:atelier-du-canal", "document:jardin-des-ponts"),
    ("/download/tables/document.csv", "document/atelier-du-canal", "document/jardin-des-ponts"),
    ("/catalog.ttl", "document/atelier-du-canal>", "document/jardin-des-ponts>"),
    ("/.well-known/void", "graph:atelier-du-canal a void:Dataset", "graph:jardin-des-ponts a void:Dataset"),
    ("/sitemap.xml", "/text/atelier-du-canal<", "/text/jardin-des-ponts<"),
    ("/sitemap.xml", "/doc/initiative/velotheque<", "/doc/initiative/table-commune<"),
]
"""Addresses, each with words of the first document and of the second."""


@pytest.fixture(scope="module")
def both(mini_factory, app, tmp_path_factory):
    """A client of the service of the release of the small project, which has two documents."""
    project = mini_factory(tmp_path_factory.mktemp("both") / "mini")
    project.examples.mkdir(parents=True)
    (project.examples / "001-initiatives.rq").write_text(EXAMPLE, encoding="utf-8")
    for name, data in make_release(project).files.items():
        path = project.dist / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    ask = asker(load([project.dist / "graph.nq"]))
    service = served_app(project, ask, folder=project.dist, examples=read_queries(project.examples))
    service.test_client_class = app.test_client_class
    return service.test_client()


def text_of(client, path, accept=HTML):
    """What an answer says, without its markup, on one line."""
    response = client.get(path, headers=accept)
    assert response.status_code == 200, path
    found = response.text
    if response.mimetype == "text/html":
        found = re.sub(r"<script[^>]*>.*?</script>|<header class=\"top\".*?</header>", "", found, flags=re.DOTALL)
        found = html.unescape(re.sub(r"<[^>]+>", " ", found))
    return " ".join(found.split())


@pytest.mark.parametrize(("path", "first", "second"), CASES)
def test_each_page_and_file_tells_of_both_documents(both, path, first, second):
    """Each page and file tells of both documents, whichever was written first."""
    words = text_of(both, path)

    assert [each for each in (first, second) if each not in words] == []


@pytest.mark.parametrize(
    ("slug", "own", "other", "organisation"),
    [
        ("atelier-du-canal", "La Vélothèque prête des vélos aux", "la Table commune", "organisation/atelier-du-canal"),
        ("jardin-des-ponts", "nous avons ouvert la Table commune", "Vélothèque", "organisation/jardin-des-ponts"),
    ],
)
def test_each_has_its_own_pages(both, slug, own, other, organisation):
    """A document is read on a page of its own, which says nothing of the other; its thing names who speaks."""
    for path in (f"/text/{slug}", f"/en/text/{slug}"):
        text = text_of(both, path)

        assert own in text
        assert other not in text
    assert f'doc/{organisation}"' in both.get(f"/doc/document/{slug}", headers=HTML).text


def test_way_to_the_texts(both):
    """Where there are several texts, "read" leads to their list, from every page, and the list into each text."""
    for path in ("/", "/things", "/doc/situation/crue-de-2019", "/ontology", "/shapes", "/validation", "/sparql"):
        assert re.search(r'<li><a href="[./]*things/document">Lire</a></li>', both.get(path, headers=HTML).text), path
    lines = both.get("/things/document", headers=HTML).text
    assert set(re.findall(r'href="\.\./text/([a-z-]+)"', lines)) == {"atelier-du-canal", "jardin-des-ponts"}


@pytest.mark.parametrize("start", ["/", "/en/"])
def test_numbers_open_their_lists(both, start):
    """Each number of the start page opens a list of so many things, also where two kinds share a list."""
    page = both.get(start, headers=HTML).text.partition('<ul class="register">')[2].partition("</ul>")[0]
    numbers = re.findall(r'href="([^"]*)"><span class="figure">(\d+)<', page)
    shown = {}
    for address, _ in numbers:
        listed = both.get(urljoin(start, html.unescape(address)), headers=HTML).text
        shown[address] = re.search(r'<span class="count">(\d+)<', listed)[1]

    assert len(numbers) == 18
    assert shown == dict(numbers)


def test_the_start_page_tells_the_inferred_from_the_intended_and_the_derived(both):
    """The start page counts inferred and intended statements, each number opening its list, and derived triples."""
    page = both.get("/en/", headers=HTML).text
    numbers = re.findall(r'href="([^"]*modality=[^"]*)">(?:(\d+)|one) ', page)
    shown = {}
    for address, number in numbers:
        listed = both.get(urljoin("/en/", html.unescape(address)), headers=HTML).text
        shown[address] = (re.search(r'<span class="count">(\d+)<', listed)[1], number or "1")

    assert len(numbers) == 2
    assert all(listed == told for listed, told in shown.values())
    assert re.search(r"rules derive \d+ more triples", page)


def test_names_of_both_texts_are_reconciled_together(both):
    """Names of both texts are found for one spreadsheet, and a thing of both has its one id."""
    queries = {name: {"query": name} for name in ("Vélothèque", "Table commune", "crue de 2019")}
    found = both.post("/reconcile", data={"queries": json.dumps(queries)}).json

    assert {name: [each["id"] for each in answer["result"]][:1] for name, answer in found.items()} == {
        "Vélothèque": ["initiative/velotheque"],
        "Table commune": ["initiative/table-commune"],
        "crue de 2019": ["situation/crue-de-2019"],
    }


@pytest.mark.parametrize("path", ["/ontology", "/shapes", "/validation", "/releases", "/feed", "/download/", "/search"])
def test_pages_about_the_whole_stand_as_with_one_document(both, path):
    """Pages about the whole stand as they do with one document."""
    assert "Deux associations de Port-Neuf" in text_of(both, path)


def test_the_program_knows_no_organisation():
    """No file of the program names an organisation or a document of the repository's own data."""
    names = [each.name for each in (ROOT / "data").iterdir() if each.is_dir()]
    names += [
        tomllib.loads((ROOT / "data" / name / "document.toml").read_text(encoding="utf-8"))["title"] for name in names
    ]
    sources = [
        path
        for path in sorted((ROOT / "kg").rglob("*"))
        if path.suffix in {".py", ".html", ".svg", ".xml", ".js", ".css", ".yaml"} and "vendor" not in path.parts
    ]
    said = re.compile("|".join(re.escape(name.removeprefix("Le ")) for name in names), re.IGNORECASE)

    assert len(sources) > 100
    assert [str(path) for path in sources if said.search(path.read_text(encoding="utf-8"))] == []
