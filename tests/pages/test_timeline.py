"""The page of the timeline, and its drawing as a file."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import html5rdf
import pytest
from behind_gateway import served_app
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import RDF, SKOS, SR, integer
from kg.model.project import Project

MINI = Path(__file__).parents[1] / "mini"
GOLDEN = Path(__file__).parents[1] / "golden" / "mini.nq"
BASE = "https://example.org/mini/id/"
PAGE = {"Accept": "text/html"}
SVG = "{http://www.w3.org/2000/svg}"
EVIL = '</a></svg><script>alert("1")</script> « ’ ⋅ · œ é \u202f; ' + "'\"&<b>" * 700


def served(store):
    """A client of an application that serves the store with the settings of the small project."""
    return served_app(Project.open(MINI), asker(store, Limits())).test_client()


def many(count, label="crise"):
    """A store of dated crises with the same name."""
    store = Store()
    for n in range(count):
        iri, time = NamedNode(f"{BASE}situation/s{n}"), NamedNode(f"{BASE}temps/t{n}")
        store.add(Quad(iri, NamedNode(RDF + "type"), NamedNode(SR + "Crisis")))
        store.add(Quad(iri, NamedNode(SKOS + "prefLabel"), Literal(label, language="fr")))
        store.add(Quad(iri, NamedNode(SR + "hasTimeSpan"), time))
        store.add(Quad(time, NamedNode(SR + "mentionedAs"), Literal(label, language="fr")))
        store.add(Quad(time, NamedNode(SR + "earliestYear"), integer(1900 + n % 100)))
    return store


@pytest.fixture(scope="module")
def both():
    """A client of an application that serves two documents."""
    return served(load([GOLDEN]))


@pytest.mark.parametrize("path", ["/timeline", "/en/timeline"])
def test_the_page_of_the_timeline_is_valid_and_small(both, path):
    """The page is HTML that a strict parser reads without an error, without inline style, sent as less than 150 kB."""
    response = both.get(path, headers=PAGE)
    html5rdf.HTMLParser(strict=True).parse(response.text)
    ids = re.findall(r'\sid="([^"]+)"', response.text)

    assert response.status_code == 200
    assert len(response.data) < 150_000
    assert " style=" not in response.text
    assert "<style" not in response.text
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/timeline", ["crue de 2019", "prêt de vélos pendant la crue"]),
        ("/en/timeline", ["flood of 2019", "bicycles lent during the flood"]),
    ],
)
def test_each_crisis_is_in_both_drawings_and_in_the_table(both, path, names):
    """Each crisis is in both drawings and in the table, under its name in the language of the page."""
    text = unescape(both.get(path, headers=PAGE).text).replace("\xa0", " ")
    names = [name.replace("\xa0", " ") for name in names]
    table = text[text.index('id="table"') :]

    for name in names:
        assert re.sub(r"\s+", " ", re.sub("<[^>]+>", "", text)).count(name) >= 3, name
        assert name in table


def test_drawing_and_table_hold_the_words_of_the_text(both):
    """The drawing and the table hold the words of the text, and say what is undated."""
    text = unescape(both.get("/timeline", headers=PAGE).text)

    assert "<title>« Depuis 2015, le Jardin des Ponts cultive un potager »</title>" in text.replace("\xa0", " ")
    assert "sans date" in text
    assert "Face à la disparition des trains de nuit" in text


def test_the_page_says_which_statements_it_shows(both):
    """The page says that it shows inferences and derived triples too; without evidence it claims nothing."""
    assert "chaque énoncé porte la manière dont il est dit" in both.get("/timeline", headers=PAGE).text
    bare = served(many(3)).get("/timeline", headers=PAGE).text
    assert "chaque énoncé" not in bare
    assert "déduit par une règle" not in bare


def test_each_thing_that_is_drawn_links_to_its_page(both):
    """Each thing that is drawn links to its page."""
    text = both.get("/timeline", headers=PAGE).text
    drawn = set(re.findall(r'<a class="row [^"]*" href="([^"]+)"', text))

    assert "./doc/situation/crue-de-2019" in drawn
    for address in drawn:
        assert both.get(address.removeprefix("."), headers=PAGE).status_code == 200


@pytest.mark.parametrize("path", ["/timeline.svg", "/en/timeline.svg"])
def test_the_file_is_svg_that_stands_alone(both, path):
    """The file is well-formed SVG that stands alone: its style within, allowed by its policy, its links public."""
    response = both.get(path)
    drawing = ET.fromstring(response.text)
    (style,) = drawing.iter(f"{SVG}style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    links = [each.get("href") for each in drawing.iter(f"{SVG}a")]

    assert response.mimetype == "image/svg+xml"
    assert drawing.tag == f"{SVG}svg"
    assert f"'sha256-{digest}'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert links
    assert all(link.startswith("https://") for link in links)
    assert all(("/en/doc/" in link) == path.startswith("/en") for link in links)
    assert {each.tag for each in drawing.iter()} & {f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"} == set()


def test_every_gradient_in_use_is_in_the_drawing(both):
    """Every gradient that a shape is filled with is in the drawing."""
    text = both.get("/timeline.svg").text

    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(re.findall(r'id="([^"]+)"', text))


def test_many_situations_stand_on_several_pages():
    """Three hundred situations stand on several pages, each of which says how many there are."""
    client = served(many(300))
    first, last = (client.get(f"/timeline?page={n}", headers=PAGE).text for n in (1, 15))

    assert "300 situations datées, page 1 sur 15" in first
    assert 'rel="next"' in first
    assert 'rel="next"' not in last
    assert len(first) < 150_000


def test_a_page_beyond_the_last_says_so_and_leads_back():
    """A page beyond the last says so and leads back; a graph without dates says what else there is."""
    assert "Il n’y a pas de page 9" in served(many(3)).get("/timeline?page=9", headers=PAGE).text
    assert "Aucune situation n’est datée" in served(Store()).get("/timeline", headers=PAGE).text
    assert "Rien n’est daté" in served(Store()).get("/timeline.svg").text


@pytest.mark.parametrize("page", ["0", "x", "-1", "1.5", "99999999"])
def test_a_wrong_number_of_a_page_is_refused(both, page):
    """What is not the number of a page is refused with what to give."""
    response = both.get(f"/timeline?page={page}")

    assert response.status_code == 400
    assert "counted from 1" in response.json["detail"]


def test_names_and_words_are_escaped_in_page_and_file():
    """Names and words are escaped in the page and in the file, and do not stretch the drawing."""
    client = served(many(2, EVIL))
    page, file = client.get("/timeline", headers=PAGE).text, client.get("/timeline.svg").text
    html5rdf.HTMLParser(strict=True).parse(page)
    ET.fromstring(file)

    assert "<script>alert" not in page + file
    assert max(len(text) for text in re.findall(r"<tspan[^>]*>([^<]*)", file)) < 300


def test_the_query_behind_the_page_gives_crises_and_answers(both):
    """The query behind the page runs, and gives each crisis with its answers."""
    text = both.get("/timeline", headers=PAGE).text
    address = unescape(re.search(r'href="\.(/sparql\?query=[^"#]+)', text)[1])
    answer = both.get(f"{address}&format=json").json["results"]["bindings"]

    assert len({row["situation"]["value"] for row in answer}) == 1
    assert len({row["answer"]["value"] for row in answer}) == 2
