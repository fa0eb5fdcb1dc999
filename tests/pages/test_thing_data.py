"""What pages show of a graph: names, statements, sentences and things."""

import re

import pytest
from pyoxigraph import Literal, RdfFormat, Store
from pyoxigraph import parse as parse_rdf

from kg.endpoint.evaluation import Request, asker
from kg.model.iris import OA, RDF, SCHEMA, SKOS, SR
from kg.model.sentences import sentence_around, split_sentences
from kg.pages.shared.graph_queries import LangString, fetch_labels
from kg.pages.shared.statements import (
    QuotedPassage,
    fetch_excerpts,
    quote_in_context,
    read_sentences,
    statements_of_document,
)
from kg.pages.thing.data import (
    LINKS_PER_PAGE,
    STATEMENTS_PER_PAGE,
    Link,
    links_in_language,
    passage_of_selector,
    read_passage_page,
    read_statement_page,
    read_thing_page,
    statements_in_language,
    texts_in_language,
)
from kg.pages.thing.lookup import look_up, nearest_iris
from kg.pages.thing.rdf import description_query

BASE = "https://w3id.org/social-response/"
LHSS = f"{BASE}id/initiative/lhss"
SOS = f"{BASE}id/organisation/groupe-sos"
TEXT = "Titre\n\nM. Dupont dort. Il a 1,5 m. de neige ! « Vraiment ? » Oui… et puis non."


@pytest.fixture(scope="module")
def ask(store):
    """Answers from the release."""
    return asker(store)


@pytest.fixture
def counted(ask):
    """Answers from the release, and the list of the queries so far."""
    queries = []

    def answer(request):
        queries.append(request.query)
        return ask(request)

    return answer, queries


def graph(turtle):
    """Answers from a graph of its own, which has no named graphs."""
    store = Store()
    store.load(turtle, RdfFormat.TURTLE)
    return asker(store)


def test_sentences_are_those_of_the_release(ask, built):
    """Sentences are read from the release: all of a document, or those with some numbers."""
    (document,) = built.documents
    iri = f"{BASE}id/document/{document.id}"

    assert tuple(read_sentences(ask, iri).values()) == document.sentences
    assert read_sentences(ask, iri, [7, 3]) == {number: document.sentences[number - 1] for number in (3, 7)}
    assert read_sentences(ask, f"{BASE}id/document/aucun") == {}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Titre", "Titre"),
        ("Dupont", "M. Dupont dort."),
        ("1,5", "Il a 1,5 m. de neige !"),
        ("Vraiment", "« Vraiment ? »"),
        ("puis", "Oui… et puis non."),
        ("dort. Il", "M. Dupont dort. Il a 1,5 m. de neige !"),
    ],
)
def test_a_sentence_ends_at_a_stop_before_a_capital_or_line_break(words, expected):
    """The sentence of some words ends at a stop before a capital or a line break, and an initial ends none."""
    at = TEXT.index(words)
    start, end = sentence_around(TEXT, at, at + len(words))

    assert TEXT[start:end] == expected


def passage(prefix, words, suffix, start=50, bounds=None):
    """A passage whose selector has some words around it."""
    return QuotedPassage("ex:p", "ex:d", start, start + len(words), 1, words, "fr", prefix, suffix, bounds)


def shown(pieces):
    """The pieces as text, with what is marked in brackets."""
    return "".join(f"[{text}]" if is_marked else text for text, is_marked in pieces)


@pytest.mark.parametrize(
    ("prefix", "suffix", "expected"),
    [
        ("", "", "… [mot] …"),
        ("er les établissements ", " qui offrent un hébe", "… les établissements [mot] qui offrent un …"),
        ("fin. Un deux ", " trois. Quatre cin", "Un deux [mot] trois."),
        ("Titre\nUn deux ", " trois\nQuatre", "Un deux [mot] trois"),
        ("is donc le prof. Martin ", " trois quat", "… donc le prof. Martin [mot] trois …"),
        ("un deux trois ", " est la fin.\n", "… deux trois [mot] est la fin."),
        ("un deux trois ", " est la fin. ", "… deux trois [mot] est la fin."),
        ("un deux trois ", " est la fin.", "… deux trois [mot] est la fin."),
        ("un deux trois ", " avec le prof.", "… deux trois [mot] avec le …"),
        ("n deux et donc encore trois fois ", " est la fin", "… deux et donc encore trois fois [mot] est la fin"),
        ("u de l’", "s", "… de l’[mot] …"),
        ("l’", "s", "… [mot] …"),
        ("é (", "), p", "… ([mot]), …"),
        ("ée , dont « ", " » de « la", "… dont « [mot] » de …"),
        (" ", " ", "… [mot] …"),
        ("là… et ", " puis… deux… tr", "… et [mot] puis… deux …"),
        ("là, … ", " … tr", "… [mot] …"),
        ("协会帮助", "它成立于", "… 协会帮助[mot]它成立于 …"),
        ("家庭。协会帮助", "家庭。它", "协会帮助[mot]家庭。"),
    ],
)
def test_words_around_a_quote_are_those_of_its_sentence(prefix, suffix, expected):
    """Words around a quote end with its sentence, else with a whole word and one ellipsis; page and list agree."""
    quote = passage(prefix, "mot", suffix)

    assert shown(quote_in_context(quote)) == expected
    assert shown(fetch_excerpts(graph(""), [quote])["ex:p"].pieces) == expected


@pytest.mark.parametrize(
    ("start", "prefix", "suffix", "expected"),
    [
        (0, "", " est à dire", "[mot] est à …"),
        (3, "Un ", " est à dire", "Un [mot] est à …"),
        (4, "Un ", " est à dire", "… [mot] est à …"),
        (12, "Titre.\nUn ", " est.\n", "Un [mot] est."),
    ],
)
def test_a_text_begins_where_the_place_says(start, prefix, suffix, expected):
    """Whether a text goes on before the words is told by their place, however short the selector is."""
    assert shown(quote_in_context(passage(prefix, "mot", suffix, start))) == expected


ENDS = [
    "Titre\nUn deux trois.\nFin",
    "Titre\nUn deux trois.\nFin\n",
    "Un deux trois quatre cinq six sept huit neuf dix onze douze treize.\nLa fin… est là\nOui",
    "Un… deux trois quatre cinq six sept huit neuf… dix onze douze\n\n\nLa fin\n\nest\nlà…\n",
    "Ligne une\r\nLigne deux et la suite de la ligne deux, longue\r\nX",
    "Un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
]


@pytest.mark.parametrize("text", ENDS)
@pytest.mark.parametrize("context", [0, 1, 2, 5, 8, 13, 32])
@pytest.mark.parametrize("is_told", [True, False])
def test_an_ellipsis_stands_where_and_only_where_a_sentence_goes_on(text, context, is_told):
    """However near to the end of a text and however short the selector, a cut sentence has one mark at each cut."""
    for word in re.finditer(r"[^\W\d]+", text):
        start, end = word.span()
        prefix, suffix = text[max(start - context, 0) : start], text[end : end + context]
        sentence = next(each for each in split_sentences(text) if each.start <= start < each.end)
        found = shown(quote_in_context(passage(prefix, word[0], suffix, start, sentence if is_told else None)))
        whole = text[sentence.start : sentence.end]
        is_cut = sentence.start < start - len(prefix), sentence.end > end + len(suffix)
        plain = found.replace("[", "").replace("]", "")

        assert not any(twice in found for twice in ("… …", "……", "\n"))
        assert f"[{word[0]}]" in found
        assert plain.removeprefix("… ").removesuffix(" …") in whole
        if is_told or context == 32:
            assert plain.startswith("… ") is is_cut[0]
        if is_told or (len(prefix) == 32 and not suffix.endswith("…")):
            assert plain.endswith(" …") is is_cut[1]
        if not any(is_cut):
            assert plain == whole or not is_told


@pytest.mark.parametrize("text", ENDS)
def test_a_whole_text_shows_whole_sentences(text):
    """Where the graph has the text, a sentence is shown whole, in a release without sentences too."""
    answer = graph(f"<ex:d> <{SCHEMA}text> {Literal(text)} .")
    for word in re.finditer(r"[^\W\d]+", text):
        quote = QuotedPassage("ex:p", "ex:d", *word.span(), 1, word[0], "fr")
        sentence = next(each for each in split_sentences(text) if each.start <= quote.start < each.end)
        (found,) = fetch_excerpts(answer, [quote]).values()

        assert shown(found.pieces).replace("[", "").replace("]", "") == text[sentence.start : sentence.end]


def test_sentences_of_all_passages(ask):
    """Each passage of the release stands in one sentence of its text, whole and marked, without a line break."""
    statements = statements_of_document(ask, f"{BASE}id/document/groupe-sos")
    quotes = list({quote.iri: quote for each in statements for quote in each.quotes}.values())
    found = fetch_excerpts(ask, quotes)

    assert len(quotes) > 300
    for quote in quotes:
        pieces = found[quote.iri].pieces
        assert "".join(text for text, marked in pieces if marked) == quote.text
        assert "\n" not in "".join(text for text, _ in pieces)


def test_sentence_on_a_page_is_that_of_the_release():
    """An abbreviation of the language ends no sentence, and passages of one sentence stand in one."""
    text = "Un. Le prof. Martin anime l’atelier. Il vient de l’ass. Alpha. Fin."
    answer = graph(f'<ex:d> <{SCHEMA}text> "{text}" .')
    quotes = [
        QuotedPassage(f"ex:{words}", "ex:d", at, at + len(words), number, words, "fr")
        for words, number in (("Martin", 2), ("vient", 3), ("Alpha", 3))
        for at in [text.index(words)]
    ]
    excerpts = fetch_excerpts(answer, quotes, quotes)

    assert ["".join(text for text, _ in excerpts[quote.iri].pieces) for quote in quotes] == [
        "Le prof. Martin anime l’atelier.",
        "Il vient de l’ass. Alpha.",
        "Il vient de l’ass. Alpha.",
    ]


def test_names_in_one_query(counted):
    """Names come in one query, with labels by language and the class that readers know first; others get their IRI."""
    answer, queries = counted
    found = fetch_labels(answer, [LHSS, SR + "offers", "http://example.org/x"])

    assert len(queries) == 1
    assert found[LHSS].labels["fr"] == "Lits halte soins santé (LHSS)"
    assert found[LHSS].kind == SR + "Initiative"
    assert found[SR + "offers"].label("en", BASE).text == "offers"
    assert found["http://example.org/x"].label("fr", BASE).text == "http://example.org/x"


def test_a_thing_has_its_statements_by_property_and_its_links(ask):
    """A thing has its statements by property, those inferred apart, what leads to it, and what rules add."""
    thing = read_thing_page(ask, LHSS, BASE)

    assert list(thing.stated)[:2] == [SR + "mentionedAs", SKOS + "notation"]
    assert {each.object for each in thing.stated[SR + "hasEffect"]} == {
        f"{BASE}id/effet/lits-d-hopitaux-liberes",
        f"{BASE}id/effet/economies-significatives",
    }
    assert [each.object for each in thing.inferred[SR + "offers"]] == [f"{BASE}id/offre/soins"]
    assert not any(each.modality == SR + "inferred" for group in thing.stated.values() for each in group)
    assert list(thing.incoming) == [SR + "claimAbout"]
    assert SR + "hasOutcome" in thing.derived
    assert not set(thing.stated) & set(thing.others)
    assert thing.is_last
    assert [text.text for text in thing.texts([SKOS + "altLabel"], "fr")] == ["lits halte soins santé"]


def test_every_iri_of_a_thing_has_a_name(ask):
    """Everything that the page of a thing calls by a name is among its names."""
    thing = read_thing_page(ask, SOS, BASE)
    groups = [*thing.stated.values(), *thing.inferred.values(), *thing.incoming.values()]
    told = {iri for group in groups for each in group for iri in (each.subject, each.predicate, each.modality)}
    told |= {each.object for group in groups for each in group if each.object}
    told |= {link.object for link in (*thing.links, *thing.referring) if link.object}

    assert told <= set(thing.names)


def test_the_page_of_a_thing_takes_four_queries(counted):
    """The page of a thing takes four queries, however much there is."""
    answer, queries = counted
    read_thing_page(answer, SOS, BASE)

    assert len(queries) == 4


@pytest.mark.parametrize(
    ("thing", "words", "marked"),
    [
        ("initiative/lhss", "Face à la fragilisation de l’état de santé", ["Lits Haltes Soins Santé"]),
        ("lieu/marseille", "La Corniche à Marseille", ["Marseille"]),
        ("type-initiative/etablissement", "centre d’hébergement", None),
    ],
)
def test_a_thing_opens_with_the_sentence_that_tells_most(ask, thing, words, marked):
    """A thing opens with the sentence that tells most about it, the words that name it marked."""
    opening = read_thing_page(ask, f"{BASE}id/{thing}", BASE).lead

    assert words in "".join(text for text, _ in opening.pieces)
    assert marked is None or [text for text, is_marked in opening.pieces if is_marked] == marked


def test_long_lists_come_in_pages():
    """What leads to a thing comes in pages that together have everything once; the last one says so."""
    count = 2 * LINKS_PER_PAGE + 1
    lines = "".join(f"<http://ex/{n}> <http://ex/p> <http://ex/hub> .\n" for n in range(count))
    answer = graph(lines)
    pages = [read_thing_page(answer, "http://ex/hub", BASE, number) for number in (1, 2, 3)]

    assert [len(page.referring) for page in pages] == [LINKS_PER_PAGE, LINKS_PER_PAGE, 1]
    assert [page.is_last for page in pages] == [False, False, True]
    assert len({link.object for page in pages for link in page.referring}) == count


def test_statements_come_in_pages():
    """Statements about a thing come in pages too, each with at most as many as a page shows."""
    count = STATEMENTS_PER_PAGE + 3
    answer = graph("".join(assertion(n) for n in range(count)))
    first, second = (read_thing_page(answer, "http://ex/hub", BASE, number) for number in (1, 2))

    assert [sum(map(len, each.stated.values())) for each in (first, second)] == [STATEMENTS_PER_PAGE, 3]
    assert (first.is_last, second.is_last) == (False, True)


def assertion(number):
    """A statement about the hub with its passage, in Turtle."""
    return f"""
        <http://ex/a{number}> <{RDF}subject> <http://ex/hub> ; <{RDF}predicate> <http://ex/p> ;
          <{RDF}object> <http://ex/{number}> ; <{SR}modality> <{SR}reported> ; <{SR}evidence> <http://ex/e{number}> .
        <http://ex/e{number}> <{OA}hasSource> <http://ex/d> ; <{SR}inSentence> 1 ;
          <{OA}hasSelector> <http://ex/q{number}> , <http://ex/s{number}> .
        <http://ex/q{number}> <{OA}exact> "mot" . <http://ex/s{number}> <{OA}start> {number} ; <{OA}end> {number + 3} .
    """


def test_graph_of_others():
    """A graph without our ontology is told as plain triples, blank nodes and all; its foaf:name names it."""
    answer = graph("""
        @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        <http://ex/a> a foaf:Person ; foaf:name "A" ; foaf:nick "a" ; foaf:knows [ foaf:name "B" ] , <http://ex/c> .
        <http://ex/c> foaf:knows <http://ex/a> .
    """)
    thing = read_thing_page(answer, "http://ex/a", BASE)

    assert thing.lead is None
    assert thing.name.label("fr", BASE).text == "A"
    assert set(thing.others) == {"http://xmlns.com/foaf/0.1/nick", "http://xmlns.com/foaf/0.1/knows"}
    assert [link.object for link in thing.back["http://xmlns.com/foaf/0.1/knows"]] == ["http://ex/c"]
    assert not thing.stated
    assert not thing.incoming
    assert not thing.derived


@pytest.mark.parametrize(
    ("given", "language", "expected"),
    [
        ([("un", "fr"), ("one", "en")], "en", ["one"]),
        ([("un", "fr"), ("1", "")], "en", ["1"]),
        ([("ein", "de"), ("un", "fr")], "en", ["ein"]),
        ([("un", "fr"), ("1", ""), ("deux", "fr")], "fr", ["1", "deux", "un"]),
        ([("", "")], "fr", []),
    ],
)
def test_in_one_language(given, language, expected):
    """Of words in several languages those in the page's are told, with those in none; else those in one other."""
    assert [words.text for words in texts_in_language([LangString(*each) for each in given], language)] == expected


def test_links_of_one_language():
    """Triples that lead to things stay where words are told in one language."""
    links = [
        Link("ex:p", {"type": "uri", "value": "http://ex/a"}),
        Link("ex:p", {"type": "literal", "value": "un", "xml:lang": "fr"}),
        Link("ex:p", {"type": "literal", "value": "one", "xml:lang": "en"}),
    ]

    assert links_in_language(links, "en") == [links[0], links[2]]


def test_editors_words_are_told_in_one_language(ask):
    """What the editors say of a passage in both languages is told once, in that of the page."""
    notes = read_thing_page(ask, f"{BASE}id/document/groupe-sos", BASE).stated[SKOS + "scopeNote"]
    french = statements_in_language(notes, "fr")

    assert len(notes) == 2 * len(french) > 0
    assert {each.value["xml:lang"] for each in french} == {"fr"}


def test_a_statement_is_told_with_its_sentences_and_its_speaker(ask):
    """A statement is told with its sentences, how to read its modality, and who speaks."""
    effect = read_thing_page(ask, LHSS, BASE).stated[SR + "hasEffect"][0]
    told = read_statement_page(ask, effect.iri)

    assert told.sentence("fr", BASE).startswith("Lits halte soins santé (LHSS) a pour effet ")
    assert [each.quote.iri for each in told.sentences] == [quote.iri for quote in effect.quotes]
    assert told.modality_definition("fr").language == "fr"
    assert told.speakers == (SOS,)
    assert read_statement_page(ask, LHSS) is None


def test_a_passage_has_all_statements_that_rest_on_it(ask):
    """A passage has all statements that rest on it, and is found from its selectors."""
    quote = read_thing_page(ask, LHSS, BASE).stated[SR + "mentionedAs"][0].quotes[0]
    passage = read_passage_page(ask, quote.iri)

    assert passage.sentence.quote == quote
    assert LHSS in {each.subject for each in passage.statements}
    assert {passage_of_selector(ask, f"{quote.iri}{ending}") for ending in (".quote", ".position")} == {quote.iri}
    assert passage_of_selector(ask, quote.iri) == ""
    assert read_passage_page(ask, LHSS) is None


def test_the_first_iri_that_the_graph_tells_of_is_found():
    """The first IRI that the graph tells of is found; one that is withdrawn with its reasons and its successor."""
    answer = graph("""
        @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix dct: <http://purl.org/dc/terms/> .
        <http://ex/a> a <http://ex/K> .  <http://ex/s> <http://ex/p> <http://ex/only-a-value> .
        <http://ex/gone> owl:deprecated true ; dct:isReplacedBy <http://ex/a> ;
          skos:changeNote "en double"@fr , "a duplicate"@en .
        <http://ex/old> owl:deprecated true ; a <http://ex/K> .
    """)

    assert look_up(answer, ["http://ex/none", "http://ex/a"]).iri == "http://ex/a"
    assert look_up(answer, ["http://ex/a"]).kinds == {"http://ex/K"}
    assert look_up(answer, ["http://ex/only-a-value"]).kinds == frozenset()
    assert look_up(answer, ["http://ex/none"]) is look_up(answer, []) is None
    gone = look_up(answer, ["http://ex/gone"])
    assert (gone.is_gone, gone.successor) == (True, "http://ex/a")
    assert gone.reasons == {"fr": "en double", "en": "a duplicate"}
    assert not look_up(answer, ["http://ex/old"]).is_gone


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("initiative/lhs", ["initiative/lhss"]),
        ("public/personne-agee", ["public/personnes-agees"]),
        ("initiative/xxxxxxxxxxxxxxxx", []),
        ("nothing/lhss", []),
        ("initiative", []),
        ('initiative"/lhss', []),
    ],
)
def test_ids_spelled_much_alike_are_offered_nearest_first(ask, typed, expected):
    """For an id that does not exist, ids of the same kind that are spelled much like it are offered, nearest first."""
    found = [iri.removeprefix(f"{BASE}id/") for iri in nearest_iris(ask, typed, BASE)]

    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def describe_with(ask, iri):
    """The triples that describe a thing."""
    body = ask(Request(description_query(iri), graph="application/n-triples")).body
    return [(one.subject.value, one.predicate.value, one.object.value) for one in parse_rdf(body, RdfFormat.N_TRIPLES)]


def test_a_description_has_triples_statements_and_names(ask, store):
    """The description of a thing has its triples, its statements down to their selectors, and names."""
    triples = describe_with(ask, LHSS)
    told = {(s, p) for s, p, _ in triples}
    own = {(LHSS, p) for p in {one["p"].value for one in store.query(f"SELECT ?p {{ <{LHSS}> ?p ?o }}")}}
    evidence = [value for _, predicate, value in triples if predicate == SR + "evidence"]
    selectors = [value for _, predicate, value in triples if predicate == OA + "hasSelector"]

    assert own <= told
    assert all((iri, OA + "hasSource") in told for iri in evidence)
    assert set(selectors) == {s for s, p in told if p in {OA + "exact", OA + "start"}}
    assert (f"{BASE}id/public/personnes-sans-domicile-fixe", SKOS + "prefLabel") in told


@pytest.mark.parametrize("kind", ["assertion", "passage"])
def test_description_of_a_part(ask, kind):
    """The description of an assertion or a passage has the statement with all its parts."""
    statement = read_thing_page(ask, LHSS, BASE).stated[SR + "offers"][0]
    iri = statement.iri if kind == "assertion" else statement.quotes[0].iri
    predicates = {predicate for _, predicate, _ in describe_with(ask, iri)}

    assert {SR + "modality", RDF + "subject", OA + "exact", OA + "start", OA + "hasSource"} <= predicates
