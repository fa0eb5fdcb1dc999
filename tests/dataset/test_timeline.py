"""The timeline of the seed text: crises, the answers to them, and the words behind both; reader and page."""

import re
from html import unescape

import pytest
from behind_gateway import served_app

from kg.endpoint.evaluation import Limits, asker
from kg.model.iris import SR
from kg.pages.timeline.data import read_timeline


@pytest.fixture(scope="module")
def own(store):
    """Return the timeline of the repository's release."""
    return read_timeline(asker(store, Limits()))


@pytest.fixture(scope="module")
def client(project, store):
    """Return a client of an application that serves the repository's release."""
    return served_app(project, asker(store, Limits())).test_client()


@pytest.fixture(scope="module")
def page(client):
    """Return the French page of the timeline."""
    return unescape(client.get("/timeline", headers={"Accept": "text/html"}).text)


def slug(thing):
    """Return the last part of the IRI of a thing."""
    return thing.iri.rpartition("/")[2]


def test_crises_stand_in_the_order_of_years_with_their_answers(own):
    """The release's crises stand in the order of their years, each with the initiatives that respond to it."""
    told = [(slug(row.situation), " ".join(map(slug, row.answers))) for row in own.rows]

    assert told == [
        ("epidemie-vih-sida", "la-corniche act"),
        ("crise-migratoire", "accueil-personnes-en-exil"),
        ("multiplication-des-attentats", "suivi-hors-de-prison"),
        ("gilets-jaunes", "1000-cafes"),
        ("prise-de-pouvoir-des-talibans", "accueil-personnes-en-exil"),
        ("invasion-de-l-ukraine", "accueil-personnes-en-exil"),
    ]
    assert list(map(slug, own.in_words)) == ["quarante-ans-de-reponses"]
    assert own.apart == ()
    assert "feminicides" in [slug(row.situation) for row in own.undated]


def test_each_date_and_each_answer_has_its_words_from_the_text(own):
    """Each date and each answer of the release has the words that say it, and how they may be read."""
    things = [thing for row in (*own.rows, *own.undated) for thing in (row.situation, *row.answers)]
    corniche = own.rows[0].answers[0]

    assert all(date.statement and date.statement.quotes for thing in things for date in thing.dates)
    assert all(answer.statement and answer.statement.quotes for row in own.rows for answer in row.answers)
    assert corniche.dates[0].is_start
    assert corniche.dates[0].statement.modality == SR + "inferred"
    assert corniche.dates[0].span.words.text == "années 1980 et 1990"


def test_drawing_and_table_hold_the_words_of_the_text(page):
    """The drawing and the table hold the words of the text, and say what is inferred or undated."""
    assert "<title>« la lutte contre le VIH/Sida des années 1980 et 1990 »" in page.replace("\xa0", " ")
    assert "années 1980 et 1990 (inféré)" in page
    assert "sans date" in page
    assert "Depuis quarante ans" in page


def test_each_statement_of_the_table_has_its_own_modality(page):
    """An inferred start stands beside its modality, though the quote below it is reported."""
    table = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page[page.index('id="table"') :]))
    corniche = table[table.index("La Corniche") :][:300]

    assert corniche.index("années 1980 et 1990 inféré par l’éditeur") < corniche.index("rapporté")


def test_the_query_behind_the_page_gives_crises_and_answers(client, page):
    """The query behind the page runs, and gives each crisis with its answers."""
    address = re.search(r'href="\.(/sparql\?query=[^"#]+)', page)[1]
    answer = client.get(f"{address}&format=json").json["results"]["bindings"]

    assert len({row["situation"]["value"] for row in answer}) == 6
    assert len({row["answer"]["value"] for row in answer}) == 5
