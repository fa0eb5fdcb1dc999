"""The search page and the suggestions."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from behind_gateway import served_app
from page_helpers import main_of, results, words
from pyoxigraph import RdfFormat, Store

from kg.endpoint.evaluation import asker, load
from kg.endpoint.problems import ProblemError
from kg.model.project import Project
from kg.pages import create_app

MINI = Path(__file__).parents[1] / "mini"
GOLDEN = Path(__file__).parents[1] / "golden" / "mini.nq"
LANGUAGES = pytest.mark.parametrize("start", ["", "/en"])
LONG = "Une maison très " + "longue " * 800
TRAPS = f"""
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://ex.org/> .
ex:a a ex:Thing ; rdfs:label "maison <script>alert(1)</script> « l’été ⋅ · œ » &amp; \\"'"@fr ;
  skos:altLabel "<b>maison</b>" ;
  skos:definition "<img src=x onerror=alert(1)> maison" .
<javascript:alert(2)> a <javascript:alert(3)> ; rdfs:label "maison piège" .
ex:c rdfs:label "{LONG}"@fr .
ex:d a ex:Thing ; rdfs:label "ferme"@fr ; skos:altLabel "la Bâtisse" ; skos:hiddenLabel "demeure" .
"""


@pytest.fixture(scope="module")
def client():
    """Return a client of the service over the small project."""
    return served_app(Project.open(MINI), asker(load([GOLDEN]))).test_client()


@pytest.fixture(scope="module")
def traps(project):
    """A client of a service over a graph whose labels are markup."""
    store = Store()
    store.load(TRAPS, RdfFormat.TURTLE)
    return create_app(Project.open(project.root), asker(store)).test_client()


@pytest.fixture(scope="module")
def many(project):
    """A client of a service over a graph with more things than are shown."""
    labels = (
        f'<http://ex.org/{place}> <http://www.w3.org/2000/01/rdf-schema#label> "maison {place}" .'
        for place in range(320)
    )
    store = Store()
    store.load("\n".join(labels), RdfFormat.TURTLE)
    return create_app(Project.open(project.root), asker(store)).test_client()


def test_a_result_shows_the_sentence_that_the_release_tells(tmp_path):
    """The sentence of a result is that of the release, also where the marks of the text would end it sooner."""
    begin = '<{0}id/sentence/atelier-du-canal/4> <https://w3id.org/social-response/ontology#begin> "{1}"'
    base = "https://example.org/mini/"
    graph = GOLDEN.read_text(encoding="utf-8")
    assert begin.format(base, 187) in graph
    file = tmp_path / "graph.nq"
    file.write_text(graph.replace(begin.format(base, 187), begin.format(base, 83)), encoding="utf-8")
    joined = served_app(Project.open(MINI), asker(load([file]))).test_client()

    assert "Face à la disparition des trains de nuit" in words(main_of(joined, "/search?q=travailleurs"))


@LANGUAGES
@pytest.mark.parametrize(
    "path", ["/search", "/search?q=", "/search?q=xyzzy", "/search?q=%20", "/search?q=v%C3%A9lo&kind=None"]
)
def test_every_page_of_the_search_is_valid(client, start, path):
    """Every page of the search is valid, has one heading, and leads on."""
    page = main_of(client, start + path)

    assert page.count("<h1") == 1
    assert re.search(r'href="[^"]*(doc/|search\?q=)', page)


@LANGUAGES
def test_a_result_has_its_name_kind_definition_and_a_quote(client, start):
    """A result has its name, kind, definition and a quote that leads to its place in the text; the words are marked."""
    page = main_of(client, f"{start}/search?q=cours+cuisine")
    text = words(page)

    assert "<mark>cours</mark> de <mark>cuisine</mark>" in page
    assert re.search(r'href="[^"]*text/jardin-des-ponts#\d+-\d+"', page)
    assert ("offering" if start else "prestation") in text
    assert re.search(r'href="[^"]*doc/offre/cours-de-cuisine"', page)


def test_a_result_found_by_another_name_tells_which(client, traps):
    """Where another name met the search, the page tells which, and what it is to the thing."""
    assert "name cours de cuisine" in words(main_of(client, "/en/search?q=cours"))
    assert "also called la Bâtisse" in words(main_of(traps, "/en/search?q=b%C3%A2tisse"))
    assert "mot voisin demeure" in words(main_of(traps, "/search?q=demeure"))


def test_each_kind_among_the_results_has_a_count_and_a_link(client):
    """Each kind among the results has a count and a link that leaves only that kind."""
    page = main_of(client, "/search?q=crue")
    choices = re.findall(r'<li><a href="\./search\?q=crue&amp;kind=([\w%]+)".*?<span class="figure">(\d+)</span>', page)

    assert len(choices) > 1
    for kind, count in choices:
        assert len(results(client, f"/search?q=crue&kind={kind}")) == int(count)
    assert sum(int(count) for _, count in choices) == len(results(client, "/search?q=crue"))


def test_nothing_of_a_kind(client):
    """Where a kind has no result, the way to all kinds is offered."""
    page = main_of(client, "/search?q=v%C3%A9lo&kind=TimeSpan")

    assert "Rien pour" in words(page)
    assert 'href="./search?q=v%C3%A9lo">' in page


def test_an_empty_result_offers_near_words_and_examples(client):
    """An empty result says so and offers near words, examples that find something, and the way to browse."""
    page = main_of(client, "/search?q=jrdn")

    assert "Rien pour « jrdn »" in words(page).replace("\u00a0", " ")
    links = [unescape(each) for each in re.findall(r'href="\./(search\?q=[^"]+)"', page)]
    assert links
    assert all(results(client, f"/{link}") for link in links)
    assert 'href="./things"' in page


def test_results_come_by_the_page_each_once(many):
    """Results come by the page, each once, with the way back and forth; of too many the best ones, and it is said."""
    first, second = main_of(many, "/search?q=maison"), main_of(many, "/search?q=maison&page=2")
    every = [name for number in range(1, 16) for name in results(many, f"/search?q=maison&page={number}")]

    assert len(every) == len(set(every)) == 300
    assert "320 résultats" in words(first).replace("\u202f", " ")
    assert 'rel="next" href="./search?q=maison&amp;page=2"' in first
    assert 'rel="prev" href="./search?q=maison"' in second
    assert "rel=" not in main_of(many, "/search?q=xyzzy")
    assert "Les 300 meilleurs résultats" in words(first).replace("\u202f", " ")


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "x", "1e3", ""])
def test_a_missing_page_is_replaced_by_the_nearest(many, page):
    """In place of a page that does not exist comes the nearest one."""
    assert results(many, f"/search?q=maison&page={page}")


@LANGUAGES
def test_markup_is_escaped(traps, start):
    """Labels, definitions and searches that hold markup are shown as they are, and no script becomes a link."""
    for sought in (
        "maison",
        "<script>alert(1)</script>",
        '"><img src=x>',
        "maison' onmouseover='x",
        LONG,
        "\x00\u202e",
    ):
        page = main_of(traps, f"{start}/search?q={quote(sought)}")

        assert "<script" not in page
        assert "<img" not in page
        assert "javascript:" not in re.sub(r">[^<]*<", "><", page)
        assert "onmouseover='" not in page
    assert "maison <script>alert(1)</script> « l’été ⋅ · œ » &amp; \"'" in results(traps, f"{start}/search?q=maison")


def test_suggestions_of_markup(traps):
    """Suggestions lead to pages of this service only."""
    suggestions = traps.get("/suggest?q=maison").json["suggestions"]

    assert len(suggestions) == 3
    assert not [each for each in suggestions if not re.match(r"(doc/|search\?q=)", each["href"])]


@LANGUAGES
def test_suggestions_have_name_kind_and_address(client, many, traps, start):
    """Typed words get suggestions with name, kind and address, and the name that was met where it is another."""
    response = client.get(f"{start}/suggest?q=cours+cu")
    first = response.json["suggestions"][0]

    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert first["name"] == ("cooking class" if start else "cours de cuisine")
    assert first["href"] == "doc/offre/cours-de-cuisine"
    assert first["kind"] == ("offering" if start else "prestation")
    assert first.get("also") == ("cours de cuisine" if start else None)
    assert traps.get(f"{start}/suggest?q=b%C3%A2tis").json["suggestions"][0]["also"] == "la Bâtisse"
    assert len(many.get(f"{start}/suggest?q=m").json["suggestions"]) == 8
    assert client.get(f"{start}/suggest").json == {"q": "", "suggestions": []}


def test_the_endpoint_answers_the_query_behind_a_search(client):
    """The query behind a search is one that the endpoint answers."""
    page = main_of(client, "/search?q=%22crue%5C%22")
    query = unescape(re.search(r'href="\./(sparql\?query=[^"#]+)', page)[1])

    assert client.get(f"/{query}", headers={"Accept": "text/csv"}).status_code == 200
    floods = unescape(re.search(r'href="\./(sparql\?query=[^"#]+)', main_of(client, "/search?q=crue"))[1])
    assert "crue de 2019" in client.get(f"/{floods}", headers={"Accept": "text/csv"}).text


def test_a_busy_graph_is_told_with_when_to_come_again(project):
    """Where the graph does not answer, the page says so and when to come again."""

    def refuse(_):
        raise ProblemError("busy", retry_after=2)

    app = create_app(Project.open(project.root), refuse)
    for path in ("/suggest?q=x", "/reconcile", "/reconcile/suggest/entity?prefix=x"):
        response = app.test_client().get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
