"""The search pages and suggestions over the seed text."""

import re
from html import unescape

import pytest
from behind_gateway import served_app
from page_helpers import main_of, results, words

from kg.endpoint.evaluation import asker
from kg.model.project import Project

LANGUAGES = pytest.mark.parametrize("start", ["", "/en"])


@pytest.fixture(scope="module")
def client(store, project):
    """A client of the service over the repository's own release."""
    return served_app(Project.open(project.root), asker(store)).test_client()


@LANGUAGES
def test_a_result_has_its_name_kind_definition_and_a_quote(client, start):
    """A result has its name, kind, definition and a quote that leads to its place in the text; the words are marked."""
    page = main_of(client, f"{start}/search?q=h%C3%A9bergement+temporaire")
    text = words(page)

    assert "<mark>hébergement</mark> temporaire complet" in page.replace("<mark>temporaire</mark>", "temporaire")
    assert re.search(r'href="[^"]*text/groupe-sos#\d+-\d+"', page)
    assert ("offerings" if start else "prestations") in text
    assert re.search(r'href="[^"]*doc/offre/hebergement-temporaire-complet"', page)


def test_a_result_found_by_another_name_tells_which(client):
    """Where another name met the search, the page tells which, and what it is to the thing."""
    assert "aussi appelé SDF" in words(main_of(client, "/search?q=sdf"))
    assert "mot voisin migrants" in words(main_of(client, "/search?q=migrants"))
    assert "also called SDF" in words(main_of(client, "/en/search?q=sdf"))


def test_each_kind_among_the_results_has_a_count_and_a_link(client):
    """Each kind among the results has a count and a link that leaves only that kind."""
    page = main_of(client, "/search?q=exil")
    choices = re.findall(r'<li><a href="\./search\?q=exil&amp;kind=([\w%]+)".*?<span class="figure">(\d+)</span>', page)

    assert len(choices) > 2
    for kind, count in choices:
        assert len(results(client, f"/search?q=exil&kind={kind}")) == int(count)
    assert sum(int(count) for _, count in choices) == len(results(client, "/search?q=exil"))


@LANGUAGES
def test_suggestions_have_name_kind_and_address(client, start):
    """Typed words get suggestions with name, kind and address, and the name that was met where it is another."""
    response = client.get(f"{start}/suggest?q=lits+infi")
    first = response.json["suggestions"][0]

    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert first["name"] == ("Medical respite beds (LHSS)" if start else "Lits halte soins santé (LHSS)")
    assert first["href"] == "doc/initiative/lhss"
    assert (first["kind"], first["also"]) == ("initiative", "lits infirmiers")
    assert len(client.get(f"{start}/suggest?q=e").json["suggestions"]) == 8
    assert client.get(f"{start}/suggest").json == {"q": "", "suggestions": []}


def test_the_endpoint_answers_the_query_behind_a_search(client):
    """The query behind a search is one that the endpoint answers."""
    page = main_of(client, "/search?q=%22caf%C3%A9s%5C%22")
    query = unescape(re.search(r'href="\./(sparql\?query=[^"#]+)', page)[1])

    assert client.get(f"/{query}", headers={"Accept": "text/csv"}).status_code == 200
    cafes = unescape(re.search(r'href="\./(sparql\?query=[^"#]+)', main_of(client, "/search?q=caf%C3%A9s"))[1])
    assert "1000 cafés" in client.get(f"/{cafes}", headers={"Accept": "text/csv"}).text
