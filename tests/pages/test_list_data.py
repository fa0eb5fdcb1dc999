"""Lists: kinds, columns and filters from graph and ontology, and the queries behind them."""

import time

import pytest
from page_helpers import GOLDEN, ONTOLOGY
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCT, OWL, RDF, SKOS, SR, integer
from kg.pages.lists import data as listing_module
from kg.pages.lists.data import ListReader
from kg.pages.lists.list_config import PropertyPath, has_own_list, read_kinds, read_list_config
from kg.pages.lists.selection import Filter, QueryComments, Selection, display_query, expand_value, shorten_value
from kg.pages.shared.graph_queries import select_strings
from kg.pages.shared.text_analysis import collation_key

BASE = "https://w3id.org/social-response/"
MINI = "https://example.org/mini/"
EX = "https://example.org/x/"


@pytest.fixture(scope="module")
def ask():
    """Answers from the graph of the small project, which has two documents."""
    return asker(load([GOLDEN, ONTOLOGY]), Limits())


@pytest.fixture(scope="module")
def lists(ask):
    """The lists of the small project."""
    return ListReader(ask)


def store_of(*triples):
    """A store of triples in its default graph, with IRIs as text."""
    store = Store()
    for subject, predicate, value in triples:
        store.add(Quad(NamedNode(subject), NamedNode(predicate), NamedNode(value) if isinstance(value, str) else value))
    return store


def chosen(lists, segment, **given):
    """A selection of a kind; filters are pairs of the name of a path and the id or IRI of a value."""
    config = lists.config(segment)
    paths = {path.key: path for path in (*config.columns, *config.facets)}
    filters = tuple(Filter(paths[name], expand_value(value, MINI)) for name, value in given.pop("filters", ()))
    sort = given.pop("sort", None)
    return Selection(config, filters, sort=paths[sort] if sort else None, **given)


def slugs(listing):
    """The last parts of the IRIs of a list."""
    return [line.iri.rpartition("/")[2] for line in listing.rows]


WORLD = (
    "initiative 4, public 4, situation 3, offre 2, approche 1, {}but 2, effet 2, affirmation 1, plaidoyer 1, valeur 1"
)
TEXTS = "lieu 3, temps 3, organisation 2, document 2, assertion 94, passage 74, sentence 22"


@pytest.mark.parametrize(
    ("files", "sums"),
    [([GOLDEN, ONTOLOGY], "resultat 4, "), ([GOLDEN], "")],
    ids=["with the ontology", "without"],
)
def test_kinds_come_with_counts_in_the_order_that_readers_know(files, sums):
    """The kinds come with their counts in the order that readers know, also where no ontology names them."""
    kinds = read_kinds(asker(load(files), Limits()))

    assert ", ".join(f"{kind.segment} {kind.count}" for kind in kinds.values()) == f"{WORLD.format(sums)}, {TEXTS}"


def test_sums_of_kinds(lists):
    """A kind that only sums up others, as outcomes do aims and effects, has a list but no line among the kinds."""
    kinds = lists.kinds

    assert [segment for segment, kind in kinds.items() if not has_own_list(kind, kinds.values())] == ["resultat"]
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
    lists = ListReader(asker(store, Limits()))
    config = lists.config("pont")
    shown = lists.read_page(Selection(config), 1, "fr")

    assert (
        [path.properties for path in config.columns] == [(EX + "spans",)] == [path.properties for path in config.facets]
    )
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
    lists = ListReader(asker(store, Limits()))

    assert {segment: kind.count for segment, kind in lists.kinds.items()} == {"chess-player": 2}
    assert slugs(lists.read_page(Selection(lists.config("chess-player")), 1, "fr")) == ["anna", "bruno"]
    assert PropertyPath((foaf + "knows",)) in lists.config("chess-player").columns


@pytest.mark.parametrize(
    ("segment", "columns"),
    [
        ("initiative", {"dct:type", "respondsTo", "targets", "startedDuring"}),
        ("situation", {"dct:type", "~respondsTo", "affects", "hasTimeSpan"}),
        ("public", {"~targets", "~affects"}),
        ("offre", {"dct:type", "~offers"}),
        ("temps", {"edtf", "earliestYear", "latestYear"}),
        ("assertion", {"rdf:subject", "rdf:predicate", "rdf:object", "modality"}),
    ],
)
def test_columns_are_those_that_tell_the_things_apart(lists, segment, columns):
    """The columns of a kind are those that tell its things apart."""
    assert columns <= {path.key for path in lists.config(segment).columns}


@pytest.mark.parametrize(
    ("segment", "facets"),
    [
        ("initiative", {"dct:type", "respondsTo", "targets", "hasEffect/dct:type", "startedDuring"}),
        ("situation", {"class", "dct:type", "affects", "hasTimeSpan"}),
        ("lieu", {"class"}),
        ("assertion", {"modality", "rdf:predicate", "statedIn"}),
    ],
)
def test_filters_come_from_the_links_of_a_kind(lists, segment, facets):
    """The filters of a kind come from what its things are linked to, and from the types of that."""
    assert facets <= {path.key for path in lists.config(segment).facets}


def test_every_count_is_true(lists):
    """The number beside every value of every filter of every kind is that of the list that it leads to."""
    wrong = []
    for segment in lists.kinds:
        whole = lists.read_page(Selection(lists.config(segment)), 1, "fr")
        for facet in whole.facets:
            for value, n in facet.values:
                narrowed = lists.read_page(Selection(lists.config(segment), (Filter(facet.path, value),)), 1, "fr")
                if narrowed.total != n:
                    wrong.append((segment, facet.path.key, value, n, narrowed.total))

    assert wrong == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("respondsTo", "situation/crue-de-2019")], ["table-commune", "velos-de-la-crue"]),
        ([("hasEffect/dct:type", BASE + "id/type-effet/changement-presente")], ["velos-de-la-crue"]),
        ([("respondsTo", "situation/crue-de-2019"), ("startedDuring", "temps/2019")], ["table-commune"]),
        ([("respondsTo", "situation/crue-de-2019"), ("startedDuring", "temps/2020")], []),
    ],
)
def test_filters_add_up_and_each_thing_is_listed_once(lists, filters, expected):
    """Filters add up, also two steps away, and each thing is listed once."""
    listing = lists.read_page(chosen(lists, "initiative", filters=filters), 1, "fr")

    assert sorted(slugs(listing)) == sorted(expected)
    assert listing.total == len(expected)


def test_an_empty_list_tells_the_counts_without_each_filter(lists):
    """Where nothing meets all filters, the list tells how many things there are without each of them."""
    filters = [("respondsTo", "situation/crue-de-2019"), ("startedDuring", "temps/2020")]
    listing = lists.read_page(chosen(lists, "initiative", filters=filters), 1, "fr")

    assert [(filter_.path.key, n) for filter_, n in listing.counts_without.items()] == [
        ("respondsTo", 1),
        ("startedDuring", 2),
    ]


@pytest.mark.parametrize(
    ("segment", "since", "until", "expected"),
    [
        ("situation", 2019, 2019, "crue-de-2019"),
        ("situation", 2000, 2009, ""),
        ("organisation", 2023, None, "jardin-des-ponts"),
        ("organisation", None, 2014, ""),
        ("initiative", None, 2020, "table-commune velos-de-la-crue velotheque"),
    ],
)
def test_years_choose_whatever_can_lie_in_them(lists, segment, since, until, expected):
    """Years choose what can lie in them: an open end has no limit, and what has no year is left out."""
    listing = lists.read_page(chosen(lists, segment, since=since, until=until), 1, "fr")

    assert sorted(slugs(listing)) == expected.split()


def test_years_of_answers(lists):
    """An initiative without a year of its own has those of the situation that it responds to."""
    listing = lists.read_page(chosen(lists, "initiative", since=2019, until=2019), 1, "fr")

    assert sorted(slugs(listing)) == ["table-commune", "velos-de-la-crue"]


@pytest.mark.parametrize(
    ("segment", "sort", "descending", "first"),
    [
        ("temps", "earliestYear", False, ["depuis-2015", "2019", "2020"]),
        ("temps", "earliestYear", True, ["2020", "2019", "depuis-2015"]),
        ("situation", "hasTimeSpan", False, ["crue-de-2019"]),
        ("situation", "~respondsTo", True, ["crue-de-2019"]),
        ("initiative", None, False, ["table-commune", "velotheque", "potager", "velos-de-la-crue"]),
        ("initiative", None, True, ["velos-de-la-crue", "potager", "velotheque", "table-commune"]),
        ("initiative", "startedDuring", True, ["velotheque", "table-commune"]),
    ],
)
def test_things_are_sorted_by_name_by_year_or_by_links(lists, segment, sort, descending, first):
    """Things are sorted by name as in a dictionary, by year, or by links to them; those without a value come last."""
    listing = lists.read_page(chosen(lists, segment, sort=sort, descending=descending), 1, "fr")

    assert slugs(listing)[: len(first)] == first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("« crise » migratoire", "découverte"),
        ("école", "ecran"),
        ("Œuvre", "offre"),
        ("égal", "Zèbre"),
        ("À table", "abri "),
        ("phrase 2", "phrase 10"),
        ("phrase 9", "Phrase 010 bis"),
        ("https://example.org/id/sentence/text/3", "https://example.org/id/sentence/text/20"),
        ("12 maisons", "100 maisons"),
    ],
)
def test_words_sort_as_in_a_dictionary_and_numbers_by_size(before, after):
    """Accents, ligatures, capital letters and quotation marks do not move a word; numbers in it go by size."""
    assert collation_key(before) < collation_key(after)
    assert collation_key("École") == collation_key("ecole")
    assert collation_key("« œuvre »").startswith("oeuvre")


def test_query_is_the_list(lists):
    """The query that each list shows gives the things and the cells of its pages, in both languages."""
    wrong = []
    for segment in lists.kinds:
        config = lists.config(segment)
        for language, selection in (
            ("fr", Selection(config)),
            ("en", Selection(config, since=2000 if config.times else None)),
        ):
            rows = select_strings(lists._evaluate, display_query(selection, language, QueryComments("Essai")))
            first = lists.read_page(selection, 1, language)
            pages = [first, *(lists.read_page(selection, n, language) for n in range(2, first.pages + 1))]
            found = {line.iri: line for page in pages for line in page.rows}
            name = selection.variable
            if [row[name] for row in rows] != list(dict.fromkeys(row[name] for row in rows)) or {
                row[name] for row in rows
            } != set(found):
                wrong.append((segment, language, "things"))
            wrong += [
                (segment, row[name], path.key)
                for row in rows
                for path in config.columns
                if not same(row, found[row[name]], path, config)
            ]

    assert wrong == []


def same(row, line, path, config):
    """Whether a row of the query says what a cell of the list does: as many values, or the same number."""
    cell = line.cells[config.columns.index(path)]
    last = path.properties[-1].replace("#", "/").rpartition("/")[2]
    told = [
        value
        for name, value in row.items()
        if name.rstrip("_") in {last, f"{last}_of"} and name.endswith("_of") == path.inverse
    ]
    if path.inverse:
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
    lists = ListReader(asker(store, Limits()))
    (segment,) = lists.kinds
    path = PropertyPath((DCT + "type",))
    selection = Selection(lists.config(segment), (Filter(path, EX + "b"),))
    query = display_query(selection, "fr", QueryComments(label, {path: label}, {EX + "b": label}))

    assert [row["label"] for row in select_strings(lists._evaluate, query)] == [label]
    assert max(map(len, query.splitlines())) < 400


def test_a_list_too_long_to_sort_says_so(ask, monkeypatch):
    """A list too long to sort says so, keeps its pages apart, and counts its filters once for all."""
    monkeypatch.setattr(listing_module, "MAX_SORTED", 3)
    monkeypatch.setattr(listing_module, "PAGE_SIZE", 3)
    lists = ListReader(ask)
    whole = [lists.read_page(Selection(lists.config("initiative")), n, "fr", "dct:type") for n in (1, 2, 3)]
    facet = next(facet for facet in whole[0].facets if facet.path.key == "dct:type")
    wide = next(value for value, n in facet.values if n <= 3)
    narrowed = lists.read_page(Selection(lists.config("initiative"), (Filter(facet.path, wide),)), 1, "fr")

    assert [len(page.rows) for page in whole] == [3, 1, 0]
    assert len({line.iri for page in whole for line in page.rows}) == 4
    assert not whole[0].is_sorted
    assert facet.is_counted
    assert narrowed.is_sorted


def test_long_and_narrowed(ask, monkeypatch):
    """In a list that is still too long only the filter that is opened has values: those of the whole list."""
    monkeypatch.setattr(listing_module, "MAX_SORTED", 1)
    lists = ListReader(ask)
    listing = lists.read_page(chosen(lists, "situation", filters=[("class", "sr:SocialProblem")]), 1, "fr", "dct:type")
    opened = [facet for facet in listing.facets if not facet.is_closed]

    assert listing.total == 2
    assert [(facet.path.key, facet.is_counted) for facet in opened] == [("dct:type", False)]
    assert opened[0].values
    assert len(listing.facets) == len(lists.config("situation").facets)


def test_things_of_two_documents_stand_in_one_list(lists):
    """Things of two documents stand in one list."""
    assert slugs(lists.read_page(Selection(lists.config("initiative")), 1, "fr")) == [
        "table-commune", "velotheque", "potager", "velos-de-la-crue"
    ]  # fmt: skip


def test_sample_of_frames(lists):
    """What a list shows is found out for every kind of a graph of two documents."""
    for kind in lists.kinds.values():
        config = read_list_config(lists._evaluate, kind)
        assert len(set(config.columns)) == len(config.columns)
        assert len({path.key for path in config.facets}) == len(config.facets)


THREE_SETS = f"""
@prefix rdf: <{RDF}> . @prefix sr: <{SR}> . @prefix skos: <{SKOS}> . @prefix : <{EX}id/> .
<{EX}graph/ontology> {{ sr:offers sr:needsEvidence true . }}
<{EX}graph/things> {{
  :home a sr:Initiative ; skos:prefLabel "Home"@fr ; sr:offers :bed .
  :kitchen a sr:Initiative ; skos:prefLabel "Kitchen"@fr ; sr:offers :meal .
  :bed a sr:Offering ; skos:prefLabel "a bed"@fr .  :meal a sr:Offering .  :advice a sr:Offering .  :job a sr:Offering .
}}
<{EX}graph/inferred> {{ :home sr:offers :advice . }}
<{EX}graph/derived> {{ :kitchen sr:offers :bed . }}
<{EX}graph/text> {{
  :a1 rdf:subject :home ; rdf:predicate sr:offers ; rdf:object :bed ; sr:modality sr:reported .
  :a2 rdf:subject :kitchen ; rdf:predicate sr:offers ; rdf:object :meal ; sr:modality sr:presented .
  :a3 rdf:subject :home ; rdf:predicate sr:offers ; rdf:object :advice ; sr:modality sr:inferred .
  :a4 rdf:subject :home ; rdf:predicate sr:offers ; rdf:object :job ; sr:modality sr:intended .
  :a5 rdf:subject :home ; rdf:predicate sr:offers ; rdf:object :bed ; sr:modality sr:inferred .
}}"""
"""Two initiatives whose offerings are reported, presented, inferred, intended and derived."""


@pytest.fixture(scope="module")
def three_sets(tmp_path_factory):
    """The lists of a graph with the three sets, loaded as a service loads it."""
    path = tmp_path_factory.mktemp("sets") / "graph.trig"
    path.write_text(THREE_SETS, encoding="utf-8")
    return ListReader(asker(load([path]), Limits()))


def offerings(lists, statements, **chosen_by):
    """What a list of a set of statements shows of each initiative: the offerings, each with its modality."""
    selection = Selection(lists.config("initiative"), statements=statements, graphs=f"{EX}graph/", **chosen_by)
    listing = lists.read_page(selection, 1, "fr")
    (column,) = [at for at, path in enumerate(selection.config.columns) if path.key == "offers"]
    return {
        row.iri.rpartition("/")[2]: " ".join(
            f"{value.iri.rpartition('/')[2]}:{value.modality.rpartition('#')[2]}" for value in row.cells[column].values
        )
        for row in listing.rows
    }


@pytest.mark.parametrize(
    ("statements", "home", "kitchen"),
    [
        ("stated", "bed:reported", "meal:presented"),
        ("inferred", "advice:inferred bed:reported", "meal:presented"),
        ("", "advice:inferred bed:reported job:intended", "bed:derived meal:presented"),
    ],
)
def test_a_list_shows_one_of_three_sets_each_value_with_its_modality(three_sets, statements, home, kitchen):
    """What stands nowhere is shown as intended, what rules add as derived; each set has its own values only."""
    assert offerings(three_sets, statements) == {"home": home, "kitchen": kitchen}


@pytest.mark.parametrize("statements", ["stated", "inferred", ""])
def test_filters_counts_and_query_are_those_of_the_set(three_sets, statements):
    """Each filter leads to as many things as it says in the set shown, and the query behind the list gives the same."""
    selection = Selection(three_sets.config("initiative"), statements=statements, graphs=f"{EX}graph/")
    listing = three_sets.read_page(selection, 1, "fr")
    (path,) = [path for path in selection.config.facets if path.key == "offers"]
    shown = offerings(three_sets, statements)
    counts = {value: n for facet in listing.facets if facet.path == path for value, n in facet.values}

    for name in ("bed", "meal", "advice", "job"):
        found = offerings(three_sets, statements, filters=(Filter(path, f"{EX}id/{name}"),))
        assert set(found) == {thing for thing, values in shown.items() if f"{name}:" in values}
        assert counts.get(f"{EX}id/{name}", 0) in {len(found), 0}
    rows = select_strings(three_sets._evaluate, display_query(selection, "fr", QueryComments("Essai")))
    assert {row["initiative"].rpartition("/")[2]: len(row["offers"].split(" | ")) for row in rows} == {
        thing: len(values.split()) for thing, values in shown.items()
    }


def test_what_is_only_intended_is_looked_up_once_and_not_for_each_thing():
    """A long list with intentions is filtered and counted in the time of one without: no pairs are tried."""
    lines = [f'<urn:offers> <{SR}needsEvidence> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .']
    for n in range(3_000):
        facts = ((RDF + "subject", f"urn:i{n}"), (RDF + "predicate", "urn:offers"), (RDF + "object", "urn:o"))
        lines += [f"<urn:i{n}> <{RDF}type> <{SR}Initiative> .", f"<urn:i{n}> <urn:offers> <urn:o{n % 7}> ."]
        lines += [f"<urn:a{n}> <{predicate}> <{value}> ." for predicate, value in facts]
        lines.append(f"<urn:a{n}> <{SR}modality> <{SR}{'intended' if n % 3 else 'reported'}> .")
    store = Store()
    store.load("\n".join(lines).encode(), format=RdfFormat.N_TRIPLES)
    lists = ListReader(asker(store, Limits()))
    config = lists.config("initiative")
    (path,) = [path for path in config.facets if path.is_intended]
    begun = time.process_time()
    listing = lists.read_page(Selection(config, (Filter(path, "urn:o"),)), 1, "fr", path.key)
    select_strings(lists._evaluate, display_query(Selection(config), "fr", QueryComments("Essai")))

    assert listing.total == 2_000
    assert time.process_time() - begun < 3


def test_offerings_count_those_who_only_intend_them(three_sets):
    """An offering that is only intended has its initiative in its list, marked as intended."""
    config = three_sets.config("offering")
    (column,) = [at for at, path in enumerate(config.columns) if path.key == "~offers"]
    rows = three_sets.read_page(Selection(config, graphs=f"{EX}graph/"), 1, "fr").rows
    (job,) = [row for row in rows if row.iri.endswith("/job")]

    assert [(value.iri, value.modality) for value in job.cells[column].values] == [(f"{EX}id/home", SR + "intended")]


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
        assert shorten_value(iri, BASE) == short
        assert expand_value(short, BASE) == iri
    else:
        assert expand_value(iri, BASE) == ""


def test_no_time_no_years():
    """A kind that nothing dates has no filter of years, and numbers sort as numbers."""
    years = [(f"{EX}id/temps/{n}", SR + "earliestYear", integer(n)) for n in (1999, 200, 30)]
    store = store_of(*years, *((iri, RDF + "type", SR + "TimeSpan") for iri, _, _ in years))
    lists = ListReader(asker(store, Limits()))
    config = lists.config("temps")
    (path,) = [path for path in config.columns if path.key == "earliestYear"]

    assert config.times == ()
    assert slugs(lists.read_page(Selection(config, sort=path), 1, "fr")) == ["30", "200", "1999"]
