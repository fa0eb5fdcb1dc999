"""The timeline: ends of time spans, situations with their answers, and the drawing."""

from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import OA, RDF, SKOS, SR, integer
from kg.pages.shared.graph_queries import LangString
from kg.pages.shared.statements import QuotedStatement
from kg.pages.timeline.data import (
    MAX_ANSWERS,
    PAGE,
    Date,
    DatedThing,
    SpanEnd,
    Timeline,
    TimeSpan,
    read_timeline,
    span_ends,
)
from kg.pages.timeline.layout import NARROW, WIDE, Bar, YearScale, fit_scale, lay_out, place_bar, wrap_text

HERE = Path(__file__).parents[1]
EX = "https://example.org/id/"


@pytest.fixture(scope="module")
def own():
    """Return the timeline of the small project."""
    return read_timeline(asker(load([HERE / "golden" / "mini.nq"]), Limits()))


def slug(thing):
    """The last part of the IRI of a thing."""
    return thing.iri.rpartition("/")[2]


def crises(count, answers=0):
    """Answers from a graph of dated crises, the first with some answers of which every other is dated."""
    store = Store()

    def add(subject, predicate, value):
        store.add(Quad(NamedNode(EX + subject), NamedNode(predicate), value))

    for n in range(count):
        add(f"situation/{n}", RDF + "type", NamedNode(SR + "Crisis"))
        add(f"situation/{n}", SKOS + "prefLabel", Literal(f"crise {n} " + "très longue " * 20, language="fr"))
        add(f"situation/{n}", SR + "hasTimeSpan", NamedNode(f"{EX}temps/{n}"))
        add(f"temps/{n}", SR + "earliestYear", integer(1900 + n))
        add(f"temps/{n}", SR + "latestYear", integer(1901 + n))
    for n in range(answers):
        add(f"initiative/{n}", RDF + "type", NamedNode(SR + "Initiative"))
        add(f"initiative/{n}", SR + "respondsTo", NamedNode(f"{EX}situation/0"))
        if n % 2:
            add(f"initiative/{n}", SR + "startedDuring", NamedNode(f"{EX}temps/{n}"))
    return asker(store, Limits())


F, V, O, U = "firm", "vague", "open", "unknown"  # noqa: E741  the letters of the table


@pytest.mark.parametrize(
    ("edtf", "earliest", "latest", "start", "end"),
    [
        ("1993", 1993, 1993, (F, 1993, 1993), (F, 1993, 1993)),
        ("2018/2019", 2018, 2019, (F, 2018, 2018), (F, 2019, 2019)),
        ("201X", 2010, 2019, (V, 2010, 2019), (V, 2010, 2019)),
        ("198X/199X", 1980, 1999, (V, 1980, 1989), (V, 1990, 1999)),
        ("2015/..", 2015, None, (F, 2015, 2015), (O, 0, 0)),
        ("../2015", None, 2015, (O, 0, 0), (F, 2015, 2015)),
        ("/2015", None, 2015, (U, 0, 0), (F, 2015, 2015)),
        ("2015-03", 2015, 2015, (F, 2015, 2015), (F, 2015, 2015)),
        ("2015-03-01/2016-21", 2015, 2016, (F, 2015, 2015), (F, 2016, 2016)),
        ("1999~", None, None, (V, 1998, 2000), (V, 1998, 2000)),
        ("1999?", 1995, 2003, (V, 1995, 2003), (V, 1995, 2003)),
        ("?1999/2001", 1999, 2001, (V, 1998, 2000), (F, 2001, 2001)),
        ("-0044", -44, -44, (F, -44, -44), (F, -44, -44)),
        ("-004X", -49, -40, (V, -49, -40), (V, -49, -40)),
        ("[1997,1999]", 1997, 1999, (V, 1997, 1999), (V, 1997, 1999)),
        ("", 1997, 1999, (F, 1997, 1997), (F, 1999, 1999)),
        ("", 1997, None, (F, 1997, 1997), (U, 0, 0)),
        ("", None, None, (U, 0, 0), (U, 0, 0)),
        ("nonsense", None, None, (U, 0, 0), (U, 0, 0)),
    ],
)
def test_the_notation_of_a_span_decides_its_ends(edtf, earliest, latest, start, end):
    """The ends of a span are firm, vague, open or unknown as its notation says, else as its outer years do."""
    assert span_ends(edtf, earliest, latest) == (SpanEnd(*start), SpanEnd(*end))


def test_an_answer_that_is_only_intended_or_derived_stands_with_the_others():
    """An answer that is only intended is read from its assertion; an inferred one is marked in the drawing."""
    store = Store()

    def add(subject, predicate, value):
        value = value if isinstance(value, Literal) else NamedNode(value)
        store.add(Quad(NamedNode(EX + subject), NamedNode(predicate), value))

    add("situation/0", RDF + "type", SR + "Crisis")
    add("situation/0", SR + "hasTimeSpan", EX + "temps/0")
    add("temps/0", SR + "earliestYear", integer(1999))
    for name, modality in (("planned", "intended"), ("concluded", "inferred")):
        add(f"initiative/{name}", RDF + "type", SR + "Initiative")
        add(f"a/{name}", RDF + "subject", f"{EX}initiative/{name}")
        add(f"a/{name}", RDF + "predicate", SR + "respondsTo")
        add(f"a/{name}", RDF + "object", EX + "situation/0")
        add(f"a/{name}", SR + "modality", SR + modality)
        add(f"a/{name}", SR + "evidence", EX + "passage/0")
    add("initiative/concluded", SR + "respondsTo", EX + "situation/0")
    add("initiative/ruled", SR + "respondsTo", EX + "situation/0")
    add("passage/0", OA + "hasSource", EX + "document/0")
    add("passage/0", SR + "inSentence", integer(1))
    for selector, facts in (("words", {"exact": Literal("oui")}), ("place", {"start": integer(0), "end": integer(3)})):
        add("passage/0", OA + "hasSelector", f"{EX}{selector}")
        for name, value in facts.items():
            add(selector, OA + name, value)
    timeline = read_timeline(asker(store, Limits()))
    (row,) = timeline.rows
    drawn = lay_out(timeline, slug_of, WIDE)
    says = {slug(answer): answer.statement and answer.statement.modality for answer in row.answers}

    assert row.count == 3
    assert says == {"concluded": SR + "inferred", "planned": SR + "intended", "ruled": None}
    assert timeline.is_evidenced
    assert {each.text: each.modality for drawn_row in drawn.rows for each in drawn_row.name} == {
        "0": "", "concluded": SR + "inferred", "planned": SR + "intended", "ruled": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("modality", "is_unsaid"),
    [("reported", False), ("context", False), ("presented", False), ("self-claim", False), ("inferred", True),
     ("intended", True)],
)  # fmt: skip
@pytest.mark.parametrize("is_start", [True, False])
def test_a_date_that_the_text_does_not_say_is_marked_in_the_drawing(modality, is_unsaid, is_start):
    """A date that is inferred or only intended is drawn pale, also where its words find no place, and says so."""
    statement = QuotedStatement("ex:a", "ex:s", SR + "hasTimeSpan", {"type": "uri"}, SR + modality, ())
    span = TimeSpan(f"{EX}temps/0", SpanEnd("firm", 2010, 2010), SpanEnd("firm", 2010, 2010), LangString("en 2010"))
    thing = DatedThing(EX + "initiative/0", (Date(span, is_start, statement),))
    for layout in (WIDE, NARROW):
        (row,) = lay_out(Timeline((), (thing,), (), (), 1, 0, {}), slug_of, layout).rows

        assert [bar.is_unsaid for bar in row.bars] == [is_unsaid]
        assert {bool(words.modality) for words in row.words} <= {is_unsaid}


def test_the_words_of_several_dates_do_not_stand_on_each_other():
    """A thing with several starts has words only where no bar and no other words stand."""
    spans = [
        TimeSpan(f"{EX}temps/{n}", SpanEnd("firm", n, n), SpanEnd("firm", n, n), LangString(f"en l’année {n}", "fr"))
        for n in (2010, 2020, 2021, 2022)
    ]
    thing = DatedThing(EX + "initiative/0", tuple(Date(span, True, None) for span in spans))
    for layout in (WIDE, NARROW):
        (row,) = lay_out(Timeline((), (thing,), (), (), 1, 0, {}), slug_of, layout).rows
        width = {text.text: len(text.text) * 5.9 for text in row.words}
        extents = [(bar.x, bar.end) for bar in row.bars] + [
            (text.x, text.x + width[text.text]) if text.anchor == "start" else (text.x - width[text.text], text.x)
            for text in row.words
        ]
        assert len(row.bars) == 4
        assert row.words
        assert all(left[1] <= right[0] for left, right in pairwise(sorted(extents)))


def slug_of(iri):
    """The last part of an IRI."""
    return iri.rpartition("/")[2]


def test_two_documents_share_one_timeline(own):
    """Two documents share one timeline; what they date without a situation stands apart."""
    assert [(slug(row.situation), list(map(slug, row.answers))) for row in own.rows] == [
        ("crue-de-2019", ["table-commune", "velos-de-la-crue"])
    ]
    assert list(map(slug, own.apart)) == ["jardin-des-ponts", "velotheque"]
    assert [slug(row.situation) for row in own.undated] == ["disparition-des-trains-de-nuit"]


def test_pages_of_situations_follow_time_and_repeat_nothing():
    """Many situations are shown by pages in the order of time, and no page says anything twice."""
    ask = crises(300)
    pages = [read_timeline(ask, number) for number in range(1, 16)]
    drawn = lay_out(pages[0], lambda iri: iri, WIDE)

    assert (pages[0].total, pages[0].pages) == (300, 15)
    assert [slug(row.situation) for page in pages for row in page.rows] == [str(n) for n in range(300)]
    assert len(drawn.rows) == PAGE
    assert read_timeline(ask, 16).rows == ()


def test_dated_answers_come_first_and_the_others_are_counted():
    """Of many answers those with a date come first, and the number of the others is told."""
    found = read_timeline(crises(40, answers=30))
    drawn = lay_out(found, lambda iri: iri, WIDE)

    assert found.rows[0].count == 30
    assert len(found.rows[0].answers) == MAX_ANSWERS
    assert all(answer.is_dated for answer in found.rows[0].answers)
    assert [n for _, _, n in drawn.more] == [30 - MAX_ANSWERS]


def test_without_a_year_nothing_is_drawn():
    """Without a year there is nothing to draw."""
    assert lay_out(read_timeline(crises(0)), lambda iri: iri, WIDE) is None


def a_date(edtf, earliest=None, latest=None, *, is_start=False):
    """A date by its notation."""
    return Date(TimeSpan("", *span_ends(edtf, earliest, latest)), is_start, None)


@pytest.mark.parametrize(
    ("edtf", "expected"),
    [
        ("1993", Bar(930, 930, 940, 940)),
        ("1993/1994", Bar(930, 930, 950, 950)),
        ("199X", Bar(900, 950, 950, 1000)),
        ("190X/192X", Bar(0, 100, 200, 300)),
        ("1950/..", Bar(500, 500, 500, 1000, to_right=True)),
        ("../1950", Bar(0, 510, 510, 510, to_left=True)),
        ("1950/", Bar(500, 500, 526, 552)),
        ("1990~", Bar(890, 905, 905, 920)),
    ],
)
def test_bars_show_whether_an_end_is_firm_vague_or_open(edtf, expected):
    """A firm end is an edge, a vague one fades over its years, an open one goes to the rim with an arrow."""
    assert place_bar(a_date(edtf), YearScale(1900, 2000, 0, 1000)) == expected


@pytest.mark.parametrize(
    ("first", "last", "apart", "expected"),
    [(1978, 2025, 44, 5), (1900, 2000, 44, 10), (0, 2000, 44, 200), (2019, 2028, 44, 1), (-500, 500, 40, 100)],
)
def test_ticks_stand_at_round_years_with_room_for_digits(first, last, apart, expected):
    """Years are marked at round distances that leave room for their digits."""
    years = [year for _, year in YearScale(first, last, 312, 930).ticks(apart)]

    assert {later - earlier for earlier, later in pairwise(years)} == {expected}
    assert all(year % expected == 0 for year in years)


def test_scale_has_room():
    """The line of years holds all spans, is never shorter than a few years, and leaves room where an end is open."""
    closed = fit_scale([a_date("2019").span], WIDE)
    opened = fit_scale([a_date("1950").span, a_date("../2000").span, a_date("2015/..").span], WIDE)

    assert closed.last - closed.first >= 8
    assert opened.first < 1950
    assert opened.last > 2016


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


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("crise", 10, ["crise"]),
        ("une crise longue", 10, ["une crise", "longue"]),
        ("une crise vraiment très longue", 10, ["une crise", "vraiment…"]),
        ("anticonstitutionnellement", 10, ["anticonst…"]),
        ("", 10, [""]),
    ],
)
def test_a_name_takes_two_lines_at_most(text, columns, expected):
    """A name takes two lines at most; what does not fit ends with an ellipsis."""
    assert wrap_text(text, columns, 2) == expected
