"""Lists: kinds, columns and filters from graph and ontology, and the queries behind them."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCT, OWL, RDF, SKOS, SR, integer
from kg.pages.lists import data as listing_module
from kg.pages.lists.data import Lists, in_order
from kg.pages.lists.list_config import Way, is_whole, read_frame, read_kinds
from kg.pages.lists.selection import Choice, Said, Selection, meant, spelled, written
from kg.pages.shared.graph_queries import select_strings

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "mini.nq"
ONTOLOGY = HERE.parent / "ontology" / "social-response.ttl"
BASE = "https://w3id.org/social-response/"
MINI = "https://example.org/mini/id/"
EX = "https://example.org/x/"


@pytest.fixture(scope="module")
def ask(store):
    """Answers from the repository's release."""
    return asker(store, Limits())


@pytest.fixture(scope="module")
def lists(ask):
    """The lists of the repository's release."""
    return Lists(ask)


@pytest.fixture(scope="module")
def both():
    """The lists of two documents."""
    return Lists(asker(load([GOLDEN, ONTOLOGY]), Limits()))


def store_of(*triples):
    """A store of triples in its default graph, with IRIs as text."""
    store = Store()
    for subject, predicate, value in triples:
        store.add(Quad(NamedNode(subject), NamedNode(predicate), NamedNode(value) if isinstance(value, str) else value))
    return store


def chosen(lists, segment, **given):
    """A selection of a kind; choices are pairs of the name of a way and the id or IRI of a value."""
    frame = lists.frame(segment)
    ways = {way.key: way for way in (*frame.columns, *frame.facets)}
    base = MINI.removesuffix("id/") if "mini" in str(given) else BASE
    choices = tuple(Choice(ways[name], meant(value, base)) for name, value in given.pop("choices", ()))
    sort = given.pop("sort", None)
    return Selection(frame, choices, sort=ways[sort] if sort else None, **given)


def slugs(listing):
    """The last parts of the IRIs of a list."""
    return [line.iri.rpartition("/")[2] for line in listing.lines]


WORLD = (
    "initiative 4, public 4, situation 3, offre 2, approche 1, {}but 2, effet 2, affirmation 1, plaidoyer 1, valeur 1"
)
TEXTS = "lieu 3, temps 3, organisation 2, document 2, assertion 94, passage 74"


@pytest.mark.parametrize(
    ("files", "sums"),
    [([GOLDEN, ONTOLOGY], "resultat 4, "), ([GOLDEN], "")],
    ids=["with the ontology", "without"],
)
def test_kinds_come_with_counts_in_the_order_that_readers_know(files, sums):
    """The kinds come with their counts in the order that readers know, also where no ontology names them."""
    kinds = read_kinds(asker(load(files), Limits()))

    assert ", ".join(f"{kind.segment} {kind.count}" for kind in kinds.values()) == f"{WORLD.format(sums)}, {TEXTS}"


def test_sums_of_kinds(both):
    """A kind that only sums up others, as outcomes do aims and effects, has a list but no line among the kinds."""
    kinds = both.kinds

    assert [segment for segment, kind in kinds.items() if not is_whole(kind, kinds.values())] == ["resultat"]
    assert kinds["resultat"].classes == (SR + "Aim", SR + "Effect")


def test_an_unknown_class_or_property_gets_a_list_and_a_filter():
    """A class and a property that no program knows get a list, a column and a filter as soon as a graph has them."""
    store = store_of(
        (EX + "Bridge", SR + "idSegment", Literal("pont")),
        (
            EX + "spans",
            SR + "needsEvidence",
            Literal("true", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean")),
        ),
        (EX + "spans", RDF + "type", OWL + "ObjectProperty"),
        *((f"{EX}id/pont/{n}", RDF + "type", EX + "Bridge") for n in (1, 2, 3)),
        *((f"{EX}id/pont/{n}", EX + "spans", f"{EX}id/river/{n % 2}") for n in (1, 2, 3)),
        (f"{EX}id/pont/1", EX + "colour", Literal("red")),
    )
    lists = Lists(asker(store, Limits()))
    frame = lists.frame("pont")
    shown = lists.show(Selection(frame), 1, "fr")

    assert [way.path for way in frame.columns] == [(EX + "spans",)] == [way.path for way in frame.facets]
    assert shown.facets[0].values == ((f"{EX}id/river/1", 2), (f"{EX}id/river/0", 1))


def test_a_graph_of_another_vocabulary_has_a_list_for_each_class():
    """A graph of another vocabulary has a list for each class, named after it, with columns that its things fill."""
    foaf = "http://xmlns.com/foaf/0.1/"
    store = store_of(
        (EX + "anna", RDF + "type", foaf + "ChessPlayer"),
        (EX + "bruno", RDF + "type", foaf + "ChessPlayer"),
        (EX + "anna", foaf + "knows", EX + "bruno"),
        (EX + "bruno", foaf + "knows", EX + "anna"),
    )
    lists = Lists(asker(store, Limits()))

    assert {segment: kind.count for segment, kind in lists.kinds.items()} == {"chess-player": 2}
    assert slugs(lists.show(Selection(lists.frame("chess-player")), 1, "fr")) == ["anna", "bruno"]
    assert Way((foaf + "knows",)) in lists.frame("chess-player").columns


@pytest.mark.parametrize(
    ("segment", "columns"),
    [
        ("initiative", {"dct:type", "respondsTo", "targets", "offers", "startedDuring"}),
        ("situation", {"dct:type", "~respondsTo", "affects", "hasTimeSpan"}),
        ("public", {"~targets", "~affects"}),
        ("offre", {"dct:type", "~offers"}),
        ("temps", {"edtf", "earliestYear", "latestYear"}),
        ("assertion", {"rdf:subject", "rdf:predicate", "rdf:object", "modality"}),
    ],
)
def test_columns_are_those_that_tell_the_things_apart(lists, segment, columns):
    """The columns of a kind are those that tell its things apart."""
    assert columns <= {way.key for way in lists.frame(segment).columns}


@pytest.mark.parametrize(
    ("segment", "facets"),
    [
        ("initiative", {"dct:type", "respondsTo", "targets", "offers/dct:type", "startedDuring"}),
        ("situation", {"class", "dct:type", "affects", "hasTimeSpan"}),
        ("lieu", {"class", "dct:type"}),
        ("assertion", {"modality", "rdf:predicate", "statedIn"}),
    ],
)
def test_filters_come_from_the_links_of_a_kind(lists, segment, facets):
    """The filters of a kind come from what its things are linked to, and from the types of that."""
    assert facets <= {way.key for way in lists.frame(segment).facets}


def test_every_count_is_true(lists):
    """The number beside every value of every filter of every kind is that of the list that it leads to."""
    wrong = []
    for segment in lists.kinds:
        whole = lists.show(Selection(lists.frame(segment)), 1, "fr")
        for facet in whole.facets:
            for value, n in facet.values:
                narrowed = lists.show(Selection(lists.frame(segment), (Choice(facet.way, value),)), 1, "fr")
                if narrowed.total != n:
                    wrong.append((segment, facet.way.key, value, n, narrowed.total))

    assert wrong == []


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ([("respondsTo", "situation/epidemie-vih-sida")], ["act", "la-corniche"]),
        (
            [("offers/dct:type", "type-prestation/hebergement")],
            ["accueil-personnes-en-exil", "act", "la-corniche", "lhss", "service-appartements-educatifs-78"],
        ),
        (
            [("respondsTo", "situation/epidemie-vih-sida"), ("startedDuring", "temps/1993")],
            ["act"],
        ),
        ([("respondsTo", "situation/gilets-jaunes"), ("startedDuring", "temps/1993")], []),
    ],
)
def test_filters_add_up_and_each_thing_is_listed_once(lists, choices, expected):
    """Filters add up, also two steps away, and each thing is listed once."""
    listing = lists.show(chosen(lists, "initiative", choices=choices), 1, "fr")

    assert sorted(slugs(listing)) == sorted(expected)
    assert listing.total == len(expected)


def test_an_empty_list_tells_the_counts_without_each_filter(lists):
    """Where nothing meets all filters, the list tells how many things there are without each of them."""
    choices = [("respondsTo", "situation/gilets-jaunes"), ("startedDuring", "temps/1993")]
    listing = lists.show(chosen(lists, "initiative", choices=choices), 1, "fr")

    assert [(choice.way.key, n) for choice, n in listing.loosened.items()] == [("respondsTo", 1), ("startedDuring", 1)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (1993, 1993, "epidemie-vih-sida"),
        (2000, 2009, ""),
        (2016, 2016, "crise-migratoire multiplication-des-attentats"),
        (2023, None, "multiplication-des-attentats"),
        (None, 1985, "epidemie-vih-sida"),
        (2022, 2022, "invasion-de-l-ukraine multiplication-des-attentats"),
    ],
)
def test_years_choose_whatever_can_lie_in_them(lists, since, until, expected):
    """Years choose what can lie in them: an open end has no limit, and what has no year is left out."""
    listing = lists.show(chosen(lists, "situation", since=since, until=until), 1, "fr")

    assert sorted(slugs(listing)) == expected.split()


def test_years_of_answers(lists):
    """An initiative without a year of its own has those of the situation that it responds to."""
    listing = lists.show(chosen(lists, "initiative", since=2022, until=2022), 1, "fr")

    assert sorted(slugs(listing)) == ["accueil-personnes-en-exil", "suivi-hors-de-prison"]


@pytest.mark.parametrize(
    ("segment", "sort", "descending", "first"),
    [
        ("situation", "hasTimeSpan", False, ["epidemie-vih-sida", "crise-migratoire", "multiplication-des-attentats"]),
        ("situation", "hasTimeSpan", True, ["invasion-de-l-ukraine", "prise-de-pouvoir-des-talibans", "gilets-jaunes"]),
        ("situation", "~respondsTo", True, ["sortie-de-l-ase"]),
        ("temps", "earliestYear", False, ["annees-1980-et-1990", "1993"]),
        ("initiative", None, False, ["1000-cafes", "accueil-personnes-en-exil", "act"]),
        ("initiative", None, True, ["surloyer-solidaire", "suivi-hors-de-prison"]),
    ],
)
def test_things_are_sorted_by_name_by_year_or_by_links(lists, segment, sort, descending, first):
    """Things are sorted by name as in a dictionary, by year, or by links to them; those without a value come last."""
    listing = lists.show(chosen(lists, segment, sort=sort, descending=descending), 1, "fr")

    assert slugs(listing)[: len(first)] == first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("« crise » migratoire", "découverte"),
        ("école", "ecran"),
        ("Œuvre", "offre"),
        ("égal", "Zèbre"),
        ("À table", "abri "),
    ],
)
def test_accents_capitals_and_quotation_marks_do_not_move_a_word(before, after):
    """Accents, ligatures, capital letters and quotation marks do not move a word."""
    assert in_order(before) < in_order(after)
    assert in_order("École") == in_order("ecole")
    assert in_order("« œuvre »").startswith("oeuvre")


def test_query_is_the_list(lists):
    """The query that each list shows gives the things and the cells of its pages, in both languages."""
    wrong = []
    for segment in lists.kinds:
        frame = lists.frame(segment)
        for language, selection in (
            ("fr", Selection(frame)),
            ("en", Selection(frame, since=2000 if frame.times else None)),
        ):
            rows = select_strings(lists._ask, written(selection, language, Said("Essai")))
            first = lists.show(selection, 1, language)
            pages = [first, *(lists.show(selection, n, language) for n in range(2, first.pages + 1))]
            found = {line.iri: line for page in pages for line in page.lines}
            name = selection.variable
            if [row[name] for row in rows] != list(dict.fromkeys(row[name] for row in rows)) or {
                row[name] for row in rows
            } != set(found):
                wrong.append((segment, language, "things"))
            wrong += [
                (segment, row[name], way.key)
                for row in rows
                for way in frame.columns
                if not same(row, found[row[name]], way, frame)
            ]

    assert wrong == []


def same(row, line, way, frame):
    """Whether a row of the query says what a cell of the list does: as many values, or the same number."""
    cell = line.cells[frame.columns.index(way)]
    last = way.path[-1].replace("#", "/").rpartition("/")[2]
    told = [
        value
        for name, value in row.items()
        if name.rstrip("_") in {last, f"{last}_of"} and name.endswith("_of") == way.inverse
    ]
    if way.inverse:
        return int(told[0]) == cell.count if told else not cell.count
    return len(told[0].split(" | ")) == cell.count if told and told[0] else not cell.count


def test_hostile_labels_do_not_break_the_query():
    """Labels with line breaks, quotes and 5,000 letters neither break the query nor leave its comments."""
    label = 'x" }\n} DROP ALL # ' + "é" * 5_000
    store = store_of(
        (EX + "a", RDF + "type", SR + "Initiative"),
        (EX + "a", SKOS + "prefLabel", Literal(label, language="fr")),
        (EX + "a", DCT + "type", EX + "b"),
        (EX + "b", SKOS + "prefLabel", Literal(label, language="fr")),
    )
    lists = Lists(asker(store, Limits()))
    (segment,) = lists.kinds
    way = Way((DCT + "type",))
    selection = Selection(lists.frame(segment), (Choice(way, EX + "b"),))
    query = written(selection, "fr", Said(label, {way: label}, {EX + "b": label}))

    assert [row["label"] for row in select_strings(lists._ask, query)] == [label]
    assert max(map(len, query.splitlines())) < 400


def test_a_list_too_long_to_sort_says_so(ask, monkeypatch):
    """A list too long to sort says so, keeps its pages apart, and counts its filters once for all."""
    monkeypatch.setattr(listing_module, "MANY", 5)
    monkeypatch.setattr(listing_module, "PAGE", 4)
    lists = Lists(ask)
    whole = [lists.show(Selection(lists.frame("initiative")), n, "fr", "dct:type") for n in (1, 2, 3, 4, 5)]
    facet = next(facet for facet in whole[0].facets if facet.way.key == "dct:type")
    wide = next(value for value, n in whole[0].facets[0].values if n <= 5)
    narrowed = lists.show(Selection(lists.frame("initiative"), (Choice(facet.way, wide),)), 1, "fr")

    assert [len(page.lines) for page in whole] == [4, 4, 4, 3, 0]
    assert len({line.iri for page in whole for line in page.lines}) == 15
    assert not whole[0].is_sorted
    assert facet.is_counted
    assert narrowed.is_sorted


def test_long_and_narrowed(ask, monkeypatch):
    """In a choice that is still too long only the filter that is opened has values: those of the whole list."""
    monkeypatch.setattr(listing_module, "MANY", 5)
    lists = Lists(ask)
    listing = lists.show(chosen(lists, "situation", choices=[("class", "sr:SocialProblem")]), 1, "fr", "dct:type")
    opened = [facet for facet in listing.facets if not facet.is_closed]

    assert listing.total == 18
    assert [(facet.way.key, facet.is_counted) for facet in opened] == [("dct:type", False)]
    assert opened[0].values
    assert len(listing.facets) == len(lists.frame("situation").facets)


def test_things_of_two_documents_stand_in_one_list(both):
    """Things of two documents stand in one list."""
    assert slugs(both.show(Selection(both.frame("initiative")), 1, "fr")) == [
        "table-commune", "velotheque", "potager", "velos-de-la-crue"
    ]  # fmt: skip


def test_sample_of_frames(both):
    """What a list shows is found out for every kind of a graph of two documents."""
    for kind in both.kinds.values():
        frame = read_frame(both._ask, kind)
        assert len(set(frame.columns)) == len(frame.columns)
        assert len({way.key for way in frame.facets}) == len(frame.facets)


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        (BASE + "id/situation/gilets-jaunes", "situation/gilets-jaunes"),
        (SR + "Crisis", "sr:Crisis"),
        ("https://example.org/a b", ""),
        ("https://example.org/a?b#c", "https://example.org/a?b#c"),
        (SR + "x>}", ""),
    ],
)
def test_an_iri_in_an_address_is_read_back_the_same(iri, short):
    """An IRI written into an address is read back the same; what is not an IRI is read as none."""
    if short:
        assert spelled(iri, BASE) == short
        assert meant(short, BASE) == iri
    else:
        assert meant(iri, BASE) == ""


def test_no_time_no_years():
    """A kind that nothing dates has no choice of years, and numbers sort as numbers."""
    years = [(f"{EX}id/temps/{n}", SR + "earliestYear", integer(n)) for n in (1999, 200, 30)]
    store = store_of(*years, *((iri, RDF + "type", SR + "TimeSpan") for iri, _, _ in years))
    lists = Lists(asker(store, Limits()))
    frame = lists.frame("temps")
    (way,) = [way for way in frame.columns if way.key == "earliestYear"]

    assert frame.times == ()
    assert slugs(lists.show(Selection(frame, sort=way), 1, "fr")) == ["30", "200", "1999"]
