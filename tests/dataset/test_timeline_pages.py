"""The page and the file of the timeline of the seed text."""

import re
import xml.etree.ElementTree as ET
from html import unescape

import html5rdf
import pytest
from behind_gateway import served_app

from kg.endpoint.evaluation import Limits, asker

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def own(store, project):
    """Return a client of an application that serves the repository's own release."""
    return served_app(project, asker(store, Limits())).test_client()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (
            "/timeline",
            ["épidémie du VIH/sida", "« crise » migratoire", "événements des Gilets jaunes", "invasion de l’Ukraine"],
        ),
        ("/en/timeline", ["HIV/AIDS epidemic", "invasion of Ukraine"]),
    ],
)
def test_each_crisis_is_in_both_drawings_and_in_the_table(own, path, names):
    """Each crisis is in both drawings and in the table, under its name in the language of the page."""
    text = unescape(own.get(path, headers=PAGE).text).replace("\xa0", " ")
    names = [name.replace("\xa0", " ") for name in names]
    table = text[text.index('id="table"') :]

    for name in names:
        assert re.sub(r"\s+", " ", re.sub("<[^>]+>", "", text)).count(name) >= 3, name
        assert name in table


def test_drawing_and_table_hold_the_words_of_the_text(own):
    """The drawing and the table hold the words of the text, and say what is inferred or undated."""
    text = unescape(own.get("/timeline", headers=PAGE).text)

    assert "<title>« la lutte contre le VIH/Sida des années 1980 et 1990 »</title>" in text.replace("\xa0", " ")
    assert "années 1980 et 1990 (inféré)" in text
    assert "sans date" in text
    assert "Depuis quarante ans" in text


def test_each_thing_that_is_drawn_links_to_its_page(own):
    """Each thing that is drawn links to its page."""
    text = own.get("/timeline", headers=PAGE).text
    drawn = set(re.findall(r'<a class="row [^"]*" href="([^"]+)"', text))

    assert "./doc/situation/epidemie-vih-sida" in drawn
    for address in drawn:
        assert own.get(address.removeprefix("."), headers=PAGE).status_code == 200


def test_the_query_behind_the_page_gives_crises_and_answers(own):
    """The query behind the page runs, and gives each crisis with its answers."""
    text = own.get("/timeline", headers=PAGE).text
    address = unescape(re.search(r'href="\.(/sparql\?query=[^"#]+)', text)[1])
    answer = own.get(f"{address}&format=json").json["results"]["bindings"]

    assert len({row["situation"]["value"] for row in answer}) == 6
    assert len({row["answer"]["value"] for row in answer}) == 5


@pytest.mark.parametrize("start", ["", "/en"])
def test_page_and_file_of_the_seed_text_are_valid_and_small(own, start):
    """The page is HTML that a strict parser reads, sent as less than 150 kB; the file is well-formed."""
    page = own.get(f"{start}/timeline", headers=PAGE)
    html5rdf.HTMLParser(strict=True).parse(page.text)
    ids = re.findall(r'\sid="([^"]+)"', page.text)

    assert len(page.data) < 150_000
    assert len(ids) == len(set(ids))
    assert ET.fromstring(own.get(f"{start}/timeline.svg").text).tag.endswith("svg")
