"""The timeline of the seed text: crises, the answers to them, and the words behind both."""

from itertools import pairwise

import pytest

from kg.endpoint.evaluation import Limits, asker
from kg.model.iris import SR
from kg.pages.timeline.data import read_timeline
from kg.pages.timeline.layout import NARROW, WIDE, lay_out


@pytest.fixture(scope="module")
def own(store):
    """Return the timeline of the repository's release."""
    return read_timeline(asker(store, Limits()))


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
    assert list(map(slug, own.in_words)) == ["groupe-sos"]
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


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
def test_what_has_a_year_is_drawn_and_no_row_covers_another(own, layout):
    """All that has a year is drawn between the years, all else in a column of its own, and no row covers another."""
    drawn = lay_out(own, lambda iri: own.names[iri].label("fr", "").text, layout)
    ends_of = [edge for row in drawn.rows for each in row.bars for edge in (each.x, each.full, each.ebb, each.end)]
    tops = [row.name[0].y for row in drawn.rows]

    assert len(drawn.rows) == sum(1 + len(row.answers) for row in own.rows) + len(own.apart) + len(own.in_words)
    assert all(layout.left <= edge <= layout.right for edge in ends_of)
    assert all((row.undated == layout.undated) != bool(row.bars) for row in drawn.rows)
    assert tops == sorted(tops)
    assert all(above.name[-1].y < below.name[0].y - 8 for above, below in pairwise(drawn.rows))
    assert drawn.height > tops[-1]
