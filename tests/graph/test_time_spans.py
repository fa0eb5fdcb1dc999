"""Years of EDTF literals are what the literal says, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph.check_functions import has_word, share_stem
from kg.graph.time_spans import _days, _days_by_library, year_bounds


@pytest.mark.parametrize(
    ("literal", "years"),
    [
        ("2018", (2018, 2018)), ("201X", (2010, 2019)), ("198X/199X", (1980, 1999)), ("1985/..", (1985, None)),
        ("../1985", (None, 1985)), ("1985/", (1985, None)), ("/1985", (None, 1985)), ("XXXX-12", (None, None)),
        ("2018?", (2018, 2018)), ("[1667,1670..1672]", (1667, 1672)), ("[..1984]", (None, 1984)),
        ("{2001,1999}", (1999, 2001)), ("-0044", (-44, -44)), ("2020-02-29", (2020, 2020)), ("2001-21", (2001, 2001)),
        ("1984-1X", (1984, 1984)), ("1984-0X-2X", (1984, 1984)), ("1950S2", (1900, 1999)), ("-1950S3", (-1959, -1950)),
        ("Y3388E2S3", (338000, 338999)), ("Y17000", (17000, 17000)), ("2004-06-XX", (2004, 2004)),
        ("156X-12-25", (1560, 1569)),
    ],
)  # fmt: skip
def test_years_are_those_of_the_literal(literal, years):
    """Open and unknown bounds have no year; others have the first and the last that they can mean."""
    bounds = year_bounds(literal)
    assert bounds is not None
    assert bounds[:2] == years
    assert bounds.is_ordered


@pytest.mark.parametrize(
    "literal",
    [
        "2018-02-30",
        "2019-02-29",
        "2018-13",
        "",
        "/",
        "../..",
        "1998/1999/2000",
        "[]",
        " 2018",
        "2018 ",
        "2018 / 2019",
        "{2018/2019}",
        "[2018}",
        "1950S0",
        "1950S5",
        "1984-02-3X",
        "1984-X3",
    ],
)
def test_a_date_that_does_not_exist_is_none(literal):
    """A day beyond its month, a thirteenth month, and what is no date give nothing."""
    assert year_bounds(literal) is None


@pytest.mark.parametrize("literal", ["2019/2018", "2018-05-10/2018-05-01", "[1672..1667]", "-0044/-0100"])
def test_an_interval_that_ends_before_it_begins_is_told(literal):
    """The order of an interval is looked at, which the library does not do."""
    bounds = year_bounds(literal)
    assert bounds is not None
    assert not bounds.is_ordered


@settings(max_examples=40, deadline=None)
@given(st.from_regex(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?|[0-9]{3}X|[0-9]{2}XX", fullmatch=True))
def test_plain_dates_are_read_as_the_library_reads_them(date):
    """What is read here for speed is what the library says."""
    if date.isascii():
        assert _days(date) == _days_by_library(date)


def test_words_are_found_whole_and_whatever_their_apostrophe():
    """A phrase counts as whole words; an ending may be left open."""
    assert has_word("Afin d'aider", "afin de|afin d’…")
    assert not has_word("entendue", "entend")
    assert not has_word("Texte “Le Monde”", "le|la", "Le Monde")


def test_a_stem_is_shared_across_endings_and_accents():
    """Endings, case and accents do not matter; short words do not count, acronyms and scripts without spaces do."""
    assert share_stem("accueille des mineurs", "Accueil de mineurs")
    assert share_stem("le VIH", "VIH/sida")
    assert share_stem("協会は家庭を", "家庭")
    assert not share_stem("pour lever les freins", "les jeunes")
