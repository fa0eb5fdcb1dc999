"""The pages of lists are valid, lead somewhere, explain refusals and escape names."""

import csv
import re
from html import unescape
from urllib.parse import quote, urljoin

import html5rdf
import pytest
from behind_gateway import served_app
from page_helpers import GOLDEN, HTML, MINI, ONTOLOGY
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCT, RDF, SKOS, SR
from kg.model.project import Project
from kg.pages.lists import data as listing

BASE = "https://example.org/mini/"
EVIL = '</a><script>alert("1")</script> « ’ ⋅ · œ é \u202f; ' + "'\"&<b>" * 700
KINDS = (
    "initiative public situation offre approche resultat but effet affirmation plaidoyer valeur lieu temps organisation"
)
PATHS = [
    *(f"/things/{segment}" for segment in [*KINDS.split(), "document", "assertion", "passage", "sentence"]),
    "/things",
    "/things/assertion?page=2",
    "/things/initiative?respondsTo=situation/crue-de-2019&sort=-startedDuring",
    "/things/initiative?from=2019&to=2019",
    "/things/initiative?respondsTo=situation/crue-de-2019&targets=public/travailleurs-de-nuit",
    "/things/initiative?page=7",
    "/things/situation?class=sr:Crisis",
    "/things/initiative?https://w3id.org/social-response/ontology%23targets=https://example.org/mini/id/public/habitants",
]


def served(store):
    """A client of an application that serves the store with the settings of the small project."""
    return served_app(Project.open(MINI), asker(store, Limits())).test_client()


@pytest.fixture(scope="module")
def both():
    """A client of an application that serves two documents."""
    return served(load([GOLDEN, ONTOLOGY]))


def links(client, path):
    """The addresses that a page links to below /things and /sparql."""
    text = client.get(path, headers=HTML).text
    found = (urljoin(f"http://localhost{path}", unescape(href)) for href in re.findall(r'href="([^"]+)"', text))
    return sorted({each.removeprefix("http://localhost").split("#")[0] for each in found if "localhost" in each})


@pytest.mark.parametrize("path", [*PATHS, *("/en" + path for path in PATHS)])
def test_every_list_is_valid_html_below_150_kb(both, path):
    """Every list is HTML that a strict parser reads, with one heading and no style inline, sent as less than 150 kB."""
    response = both.get(path, headers=HTML)
    html5rdf.HTMLParser(strict=True).parse(response.text)

    assert response.status_code == 200
    assert response.text.count("<h1") == 1
    assert len(response.data) < 150_000
    assert " style=" not in response.text


@pytest.mark.parametrize(
    "path", ["/things", "/things/initiative", "/things/situation", "/en/things/lieu?class=sr:Setting"]
)
def test_every_filter_order_and_page_leads_to_a_list(both, path):
    """Every filter, order and page that a list offers leads to a list."""
    offered = [each for each in links(both, path) if "/things" in each]

    assert len(offered) > 5
    for address in offered:
        assert both.get(address, headers=HTML).status_code == 200, address


def test_a_list_says_which_statements_it_shows_and_leads_to_the_other_sets(both):
    """A list says which set of statements it shows; its links lead to the others, with the filters that are chosen."""
    path = "/en/things/initiative?respondsTo=situation/crue-de-2019"
    whole, stated = (unescape(both.get(address, headers=HTML).text) for address in (path, f"{path}&set=stated"))

    assert '<strong aria-current="true">with derived triples</strong>' in whole
    assert '<strong aria-current="true">as stated</strong>' in stated
    assert '/en/things/initiative?respondsTo=situation/crue-de-2019&set=inferred"' in whole
    assert 'ontology#inferred"' in whole
    assert 'ontology#inferred"' not in stated
    assert quote("FROM <https://example.org/mini/graph/things>", safe="") in stated
    assert "Statements shown" not in both.get("/en/things/assertion", headers=HTML).text


def test_a_set_that_is_none_is_refused(both):
    """A set that is none is refused with those that there are."""
    response = both.get("/things/initiative?set=all")

    assert response.status_code == 400
    assert "stated, inferred" in response.json["detail"]


def test_the_count_of_each_kind_is_that_of_its_list(both):
    """The page of all kinds gives the number of things of each, and that is the number of its list."""
    text = both.get("/things", headers=HTML).text
    told = re.findall(r'things/([a-z]+)"><span class="figure">(\d+)</span> <span>([^<]+)<', text)

    assert ("initiative", "4", "initiatives") in told
    assert ("situation", "3", "crises et problèmes sociaux") in told
    for segment, count, _ in told:
        assert f'<span class="count">{count}</span>' in both.get(f"/things/{segment}", headers=HTML).text


@pytest.mark.parametrize(
    "path", ["/things/initiative", "/en/things/public", "/things/passage", "/things/initiative?from=2019"]
)
def test_the_query_behind_a_list_gives_a_row_for_each_thing(both, path):
    """Each list leads to the query behind it, which runs and gives as CSV a line for each thing, and no more."""
    count = int(re.search(r'class="count">(\d+)<', both.get(path, headers=HTML).text)[1])
    asked = [each for each in links(both, path) if "/sparql?query=" in each]
    shown = both.get(next(each for each in asked if "format=" not in each), headers=HTML)
    table = both.get(next(each for each in asked if "format=csv" in each))

    assert (shown.status_code, table.status_code, table.mimetype) == (200, 200, "text/csv")
    assert len(list(csv.reader(table.text.splitlines()))) == count + 1


def test_the_query_says_what_is_chosen(both):
    """The query names its filters and columns in comments of the page's language."""
    path = "/en/things/initiative?respondsTo=situation/crue-de-2019"
    (address,) = [each for each in links(both, path) if "/sparql?query=" in each and "format=" not in each]
    text = both.get(address, headers=HTML).text

    assert "# responds to: flood of 2019" in unescape(text)


def test_an_empty_list_offers_to_take_each_filter_away(both):
    """Where nothing meets all filters the page says so, and offers to take each away with the number that it gives."""
    path = "/things/initiative?respondsTo=situation/crue-de-2019&targets=public/travailleurs-de-nuit"
    text = both.get(path, headers=HTML).text

    assert "Rien ne répond à tous ces filtres" in text
    assert '<a href="../things/initiative?targets=public/travailleurs-de-nuit">Sans «' in unescape(text)
    assert re.search(r"Sans «\s*crue de 2019\s*»</a> <span class=\"figure\">1<", text)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("foo=bar", "no-filter", "no filter or order “foo”"),
        ("sort=foo", "no-filter", "Possible here: name,"),
        ("~claimAbout=affirmation/x", "no-filter", "no filter"),
        ("targets=a%20b", "filter-value", "“a b” names nothing"),
        ("targets=public/x%3E%7D", "filter-value", "names nothing"),
        ("from=hier", "year", "“hier” is not a year"),
        ("to=99999999", "year", "is not a year"),
        ("page=0", "page-number", "counted from 1"),
        ("page=x", "page-number", "counted from 1"),
        ("&".join(f"targets=public/{n}" for n in range(9)), "many-filters", "has 9 filters; a list takes 8"),
    ],
)
def test_an_address_that_asks_for_too_much_is_refused_with_advice(both, query, code, words):
    """An address that asks for what does not exist is refused with what is wrong and what to do, in both languages."""
    document = both.get(f"/things/initiative?{query}").json
    english = both.get(f"/en/things/initiative?{query}", headers=HTML)
    french = both.get(f"/things/initiative?{query}", headers=HTML)

    assert (document["status"], document["code"]) == (400, code)
    assert words in document["detail"]
    assert words in unescape(english.text)
    assert (french.status_code, english.status_code) == (400, 400)
    assert "Requête refusée" in french.text


@pytest.mark.parametrize("path", ["/things/nothing", "/en/things/nothing", "/things/initiative/x"])
def test_an_unknown_kind_has_no_list(both, path):
    """An address whose kind is unknown has no list."""
    assert both.get(path, headers=HTML).status_code == 404


def test_names_are_escaped_wherever_a_list_shows_them():
    """Names are escaped wherever a list shows them, and the query behind it runs whatever they hold."""
    store = Store()
    for thing in ("a", "b"):
        iri = NamedNode(f"{BASE}id/initiative/{thing}")
        store.add(Quad(iri, NamedNode(RDF + "type"), NamedNode(SR + "Initiative")))
        store.add(Quad(iri, NamedNode(SKOS + "prefLabel"), Literal(EVIL + thing, language="fr")))
        store.add(Quad(iri, NamedNode(DCT + "type"), NamedNode(f"{BASE}id/type/{thing}")))
        store.add(
            Quad(NamedNode(f"{BASE}id/type/{thing}"), NamedNode(SKOS + "prefLabel"), Literal(EVIL, language="fr"))
        )
    client = served(store)
    for path in ("/things", "/things/initiative", "/things/initiative?dct:type=type/a"):
        text = client.get(path, headers=HTML).text
        html5rdf.HTMLParser(strict=True).parse(text)

        assert "<script>alert" not in text
        assert "<b>" not in text
    (query,) = [each for each in links(client, "/things/initiative?dct:type=type/a") if "format=csv" in each]
    assert client.get(query).status_code == 200


@pytest.mark.parametrize("name", ["Chess Player", "é", "x" * 300])
def test_a_graph_without_our_vocabulary_has_lists(name):
    """A graph without our vocabulary has lists of its own classes."""
    store = Store()
    store.add(
        Quad(
            NamedNode("https://other.example/a"),
            NamedNode(RDF + "type"),
            NamedNode(f"https://other.example#{quote(name)}"),
        )
    )
    client = served(store)
    (address,) = [each for each in links(client, "/things") if each.startswith("/things/")]

    assert client.get(address, headers=HTML).status_code == 200


def test_an_empty_graph_has_no_kinds():
    """An empty graph has no kinds, and the page says so."""
    assert "ne décrit encore rien" in served(Store()).get("/things", headers=HTML).text


def test_a_list_too_long_to_sort_offers_no_order(monkeypatch):
    """A list too long to be sorted offers no order and says why."""
    monkeypatch.setattr(listing, "MAX_SORTED", 2)
    text = served(load([GOLDEN, ONTOLOGY])).get("/things/initiative", headers=HTML).text

    assert "n’est pas triée" in text
    assert "sort=" not in text


def test_long_list_opens_filters(monkeypatch):
    """A list too long to count all its filters at once has a link for each, and the page behind it shows its values."""
    monkeypatch.setattr(listing, "MAX_SORTED", 2)
    client = served(load([GOLDEN, ONTOLOGY]))
    opening = [each for each in links(client, "/things/initiative?from=2000") if "open=" in each]

    assert len(opening) > 5
    for address in opening:
        text = client.get(address, headers=HTML).text
        assert len(re.findall(r"<details name=\"filter\" open>", text)) == 1, address
