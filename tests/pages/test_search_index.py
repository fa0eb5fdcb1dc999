"""The index behind search, suggestions and reconciliation."""

import threading
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.endpoint.problems import ProblemError
from kg.model.iris import SKOS, SR
from kg.pages.search.entries import IndexedName, IndexedQuote, IndexEntry, read_entries
from kg.pages.search.index import MAX_HITS, SearchIndex
from kg.pages.search.search_service import SearchService
from kg.pages.shared.text_analysis import drop_stopwords, mark_words, normalise_words, stem

GOLDEN = Path(__file__).parents[1] / "golden" / "mini.nq"
BASE = "https://example.org/mini/"
ODD = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <http://ex.org/> .
ex:a a ex:Thing ; rdfs:label "Œuvre du « cœur » <b>d’été</b>"@fr , "Work of the heart"@en .
ex:b rdfs:label "sans classe" .
ex:c a foaf:Person ; foaf:name "Éléonore" , "Eleonora" .
ex:d a ex:Thing .
ex:e a ex:Thing ; rdfs:label "العربية"@ar .
[] rdfs:label "blank" .
ex:Thing a owl:Class ; rdfs:label "Chose"@fr .
"""


EXPLAINED = (
    IndexEntry(
        "http://ex.org/beds",
        "beds",
        names=(
            IndexedName("Lits halte soins santé (LHSS)"),
            IndexedName("LHSS", "notation"),
            IndexedName("Lits Haltes Soins Santé", "mention"),
            IndexedName("exil", "hidden"),
        ),
    ),
    IndexEntry(
        "http://ex.org/house",
        "house",
        names=(IndexedName("la Corniche"), IndexedName("jeunes toxicomanes", "alternative")),
        quotes=(IndexedQuote("la réhabilitation de mineurs hors de la ville", "http://ex.org/text", 0, 45),),
    ),
    IndexEntry(
        "http://ex.org/cafes", "cafes", names=(IndexedName("1000 cafés"), IndexedName("mille cafés", "alternative"))
    ),
)
"""Things with a name of each role, and one with a quote."""


@pytest.fixture(scope="module")
def ask():
    """Return what answers from the release of the small project."""
    return asker(load([GOLDEN]))


@pytest.fixture(scope="module")
def index(ask):
    """Return the index of the small project."""
    return SearchService(ask, BASE).index


@pytest.fixture(scope="module")
def odd():
    """The entries of a graph of others, without our ontology."""
    store = Store()
    store.load(ODD, RdfFormat.TURTLE)
    return {entry.iri: entry for entry in read_entries(asker(store), "http://base.org/")}


def named(*names, role="label", **more):
    """Entries with these names, one each."""
    return [
        IndexEntry(f"http://ex.org/{place}", str(place), (SR + "Place",), (IndexedName(name, role),), **more)
        for place, name in enumerate(names)
    ]


def ids(found, count=None):
    return [hit.entry.id for hit in found.hits[:count]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’État d'été", ["l", "etat", "d", "ete"]),
        ("cœur Æsop straße", ["coeur", "aesop", "strasse"]),
        ("résident⋅e⋅s jeune majeur·e", ["residents", "jeune", "majeur"]),
        ("les salarié.e.s et résident(e)s", ["les", "salaries", "et", "residents"]),
        ("E.H.P.A.D. et S.O.S", ["ehpad", "et", "sos"]),
        ("1 000, 1\u202f000, 1,000 ou 1000 cafés", ["1000", "1000", "1000", "ou", "1000", "cafes"]),
        ("en 2018/2019, 360°", ["en", "2018", "2019", "360"]),
        ("aller-vers_x", ["aller", "vers", "x"]),
        ("", []),
        ("?!…", []),
    ],
)
def test_words_of_a_text(text, words):
    """A text is read as its words without accents, ligatures, case, groups of digits and inclusive endings."""
    assert normalise_words(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hopital", "hopitaux"), ("jeune", "jeunes"), ("educatif", "educative"), ("heberge", "hebergement"),
        ("isolement", "isole"), ("migrant", "migratoire"), ("crisis", "crises"), ("innovant", "innovation"),
        ("terrorisme", "terroriste"), ("training", "train"), ("professionnel", "professionnelles"),
        ("difficulty", "difficulties"), ("homeless", "homelessness"), ("niveau", "niveaux"),
    ],
)  # fmt: skip
def test_forms_of_one_word(one, other):
    """Forms of one word have one stem."""
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("sos", "so"), ("1993", "1992"), ("mission", "misere"), ("foyer", "forme")])
def test_forms_of_two_words(one, other):
    """Words that are not forms of one another keep different stems, and short words and numbers stay as they are."""
    assert stem(one) != stem(other)


def test_small_words_count_only_where_there_are_no_others():
    """Small words count for nothing unless there are no others, and no word counts twice."""
    assert drop_stopwords(["la", "maille", "et", "la", "maille"]) == ["maille"]
    assert drop_stopwords(["le", "la"]) == ["le", "la"]


def test_the_words_sought_are_marked_in_the_text():
    """The words that are sought are marked in the text as it stands, and the pieces give the text again."""
    text = "À l’école, résident⋅e⋅s <b>"
    pieces = mark_words(text, {"ecole", "residents"}.__contains__)

    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, is_met in pieces if is_met] == ["école", "résident⋅e⋅s"]


@pytest.mark.parametrize(
    ("search", "thing", "role", "how", "score"),
    [
        ("corniche", "house", "label", "exact", 100),
        ("LHSS", "beds", "notation", "exact", 100),
        ("lits halte soins sante", "beds", "label", "exact", 100),
        ("mille cafés", "cafes", "alternative", "exact", 99),
        ("Lits Haltes Soins Santé", "beds", "mention", "exact", 98),
        ("exil", "beds", "hidden", "exact", 94),
        ("soins halte", "beds", "label", "words", 85),
        ("toxicom", "house", "alternative", "prefix", 70),
        ("cornniche", "house", "label", "approximate", 85),
        ("réhabilitation mineurs ville", "house", None, "text", 30),
    ],
)
def test_scores_are_explained(search, thing, role, how, score):
    """A hit tells which name met the search, how, and by which score from 0 to 100."""
    hit = next(hit for hit in SearchIndex(EXPLAINED).search(search).hits if hit.entry.id == thing)

    assert hit.how == how
    assert role is None or hit.name.role == role
    assert score <= hit.score <= 100


def test_better_names_score_higher():
    """The whole name comes before a longer name with it, a nearer spelling before a farther one, all in any order."""
    index = SearchIndex(named("Centre de soins", "Centre de soins de Lyon", "Centre de bains", "Soins"))

    assert ids(index.search("centre de soins"))[:2] == ["0", "1"]
    assert ids(index.search("soins centre lyon"))[0] == "1"
    assert ids(index.search("centr de soin"))[0] == "0"
    scores = [hit.score for hit in index.search("centre de soins").hits]
    assert scores == sorted(scores, reverse=True)


def test_a_search_can_be_narrowed_to_a_kind_and_keeps_its_counts():
    """A search can be narrowed to a kind or a class above it; the counts by kind stay those of the whole search."""
    classes = {"crisis": ("Crisis", "Situation"), "problem": ("SocialProblem", "Situation"), "help": ("Initiative",)}
    index = SearchIndex(
        IndexEntry(f"http://ex.org/{name}", name, tuple(SR + kind for kind in kinds), (IndexedName(f"crue {name}"),))
        for name, kinds in classes.items()
    )
    whole, crises = index.search("crue"), index.search("crue", [SR + "Crisis"])

    assert sum(whole.kinds.values()) == whole.total == 3
    assert crises.kinds == whole.kinds == {SR + "Crisis": 1, SR + "SocialProblem": 1, SR + "Initiative": 1}
    assert ids(crises) == ["crisis"]
    assert sorted(ids(index.search("crue", [SR + "Situation"]))) == ["crisis", "problem"]
    assert ids(index.search("crue", [SR + "Situation"], is_first=True)) == []
    assert index.search("crue", [SKOS + "Nothing"]).total == 0


@pytest.mark.parametrize(
    "search",
    ["", " ", "?", "le la les", "\x00", "a" * 100_000, "mot " * 20_000, "😀", "ﬁn", "(" * 5_000, "1" * 5_000, "\ud800"],
)
def test_any_search_is_answered(index, search):
    """Whatever is typed, there is an answer with scores between 0 and 100."""
    assert all(0 <= hit.score <= 100 for hit in index.search(search, is_typed=True).hits)


def test_all_things_found_are_counted_and_the_best_given():
    """Of many things that a search finds all are counted and the best ones given, whole names first."""
    index = SearchIndex(named(*(f"Maison {place} du quartier" for place in range(3 * MAX_HITS)), "Maison"))
    found = index.search("maison")

    assert (found.total, len(found.hits)) == (3 * MAX_HITS + 1, MAX_HITS)
    assert found.hits[0].entry.label("fr").text == "Maison"
    assert ids(index.search("maison 700"), 1) == ["700"]


def test_a_search_without_results_is_told_words_that_find_some(index):
    """A search that finds nothing is told words that find something."""
    near = index.near("jrdn")

    assert not index.search("jrdn").total
    assert near
    assert all(index.search(word).total for word in near)


def test_headings_come_after_things():
    """A heading of a classification comes after a thing of the same name, unless its kind is asked for."""
    thing, heading = named("Accueil", "Accueil")
    heading = IndexEntry("http://ex.org/h", "h", (SKOS + "Concept",), heading.names, weight=0.9)
    index = SearchIndex([heading, thing])

    assert ids(index.search("accueil")) == ["0", "h"]
    assert index.search("accueil", [SKOS + "Concept"]).hits[0].score == 100


def test_things_with_a_label_are_found_without_our_ontology(odd):
    """Whatever has an IRI and a label is found, by any usual property, without our ontology."""
    index = SearchIndex(odd.values())

    assert set(odd) == {f"http://ex.org/{name}" for name in ("a", "b", "c", "e", "Thing")}
    assert ids(index.search("oeuvre du coeur"), 1) == ["http://ex.org/a"]
    assert ids(index.search("eleonore"), 1) == ["http://ex.org/c"]
    assert ids(index.search("العربية"), 1) == ["http://ex.org/e"]
    assert odd["http://ex.org/b"].kind == ""
    assert odd["http://ex.org/c"].label("fr").text == "Eleonora"


DESCRIPTIONS = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix void: <http://rdfs.org/ns/void#> .
@prefix ex: <http://ex.org/> .
ex:trees a dcat:Dataset ; dct:title "Trees of a town"@en .
ex:links a void:Linkset ; dct:title "Links to gardens"@en .
ex:Stop a rdfs:Class ; rdfs:label "Stop of a bus"@en .
ex:Person a owl:Class ; rdfs:label "Person"@en .
ex:near a owl:ObjectProperty ; rdfs:label "is near"@en .
ex:shape a sh:NodeShape ; rdfs:label "Shape of a stop"@en .
ex:colours a skos:ConceptScheme ; skos:prefLabel "Colours"@en .
"""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("trees town", "trees"),
        ("links gardens", "links"),
        ("bus stop", "Stop"),
        ("person", "Person"),
        ("is near", "near"),
        ("shape stop", "shape"),
        ("colours", "colours"),
    ],
)
def test_catalogues_and_vocabularies_are_searched_where_no_text_speaks(words, name):
    """Data sets, classes, properties and schemes are what one looks for in a file that holds nothing else."""
    store = Store()
    store.load(DESCRIPTIONS, RdfFormat.TURTLE)
    service = SearchService(asker(store), BASE)

    assert ids(service.index.search(words), 1) == [f"http://ex.org/{name}"]
    assert len(service.catalogue.types.terms) == 7


def test_what_describes_the_description_is_not_searched_among_statements():
    """Beside statements of texts, classes and data sets are not what people look for."""
    store = Store()
    store.load(DESCRIPTIONS + f"ex:a a <{SR}Assertion> . ex:b rdfs:label 'a thing' .", RdfFormat.TURTLE)

    assert [entry.iri for entry in read_entries(asker(store), BASE)] == ["http://ex.org/b"]


def test_a_low_limit_of_rows_gives_the_same_index(index):
    """Where an answer may hold few rows only, the index is asked for in more parts and stays the same."""
    few = list(read_entries(asker(load([GOLDEN]), Limits(rows=20)), BASE))

    assert few == list(index.entries)


def test_threads_that_search_at_once_share_one_index(ask):
    """Threads that search at once share one index, which is read from the graph once."""
    asked = []
    service = SearchService(lambda request: asked.append(request.query) or ask(request), BASE)
    found = []
    threads = [threading.Thread(target=lambda: found.append(service.index)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(one) for one in found}) == 1
    assert len(asked) == len(set(asked))


def test_index_under_way(ask, monkeypatch):
    """Whoever searches while the index is still made is told to come again, and then finds."""
    monkeypatch.setattr("kg.pages.search.search_service.PATIENCE", 0.01)
    may_go_on = threading.Event()
    service = SearchService(lambda request: may_go_on.wait(10) and ask(request), BASE)
    making = threading.Thread(target=lambda: service.index)
    making.start()

    with pytest.raises(ProblemError, match="being made"):
        _ = service.index
    may_go_on.set()
    making.join()
    assert service.index.search("table commune").total


def test_index_after_a_refusal(ask):
    """Where the graph did not answer, the next search makes the index."""
    refusals = [ProblemError("busy", retry_after=2)]

    def busy_at_first(request):
        if refusals:
            raise refusals.pop()
        return ask(request)

    service = SearchService(busy_at_first, BASE)
    with pytest.raises(ProblemError):
        _ = service.index
    assert service.index.search("table commune").hits[0].score == 100


@pytest.mark.parametrize(("typed", "first"), [("pers", "1"), ("vers", "0"), ("personnes a", "1"), ("perssonnes", "1")])
def test_beginnings_come_before_errors(typed, first):
    """While one types, a word that begins so comes before one that looks like it; errors are allowed for after."""
    index = SearchIndex(named("aller-vers", "personnes âgées"))

    assert ids(index.search(typed, is_typed=True), 1) == [first]
