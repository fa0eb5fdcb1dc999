"""The sample sentence and statement that the start page shows of each document."""

import pytest
from page_helpers import GOLDEN

from kg.endpoint.evaluation import asker, load
from kg.pages.home.data import AROUND, find_sample

BASE = "https://example.org/mini/id/"

WORDS = """
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sr: <https://w3id.org/social-response/ontology#> .
@prefix : <https://example.org/mini/id/> .

:abri skos:prefLabel "L’abri"@fr .
:a1 rdf:subject :abri ; rdf:predicate %(predicate)s ; rdf:object :froid ; sr:modality sr:%(modality)s ;
  sr:evidence :p1 ; sr:statedIn :doc ; sr:quote "%(quote)s"@fr .
:p1 oa:hasSource :doc ; sr:inSentence 1 ; oa:hasSelector :w1 , :n1 .
:w1 oa:exact "%(quote)s" ; oa:prefix "as avant " ; oa:suffix " après mo" .
:n1 oa:start %(start)d ; oa:end %(end)d .
"""


def told(tmp_path, text, quote, *, predicate="sr:respondsTo", modality="reported", with_text=True, sentence=""):
    """The sample of a document with this text and one statement that the quote says, in a sentence if given."""
    start = text.index(quote)
    turtle = WORDS % {"quote": quote, "predicate": predicate, "modality": modality, "start": start,
                      "end": start + len(quote)}  # fmt: skip
    if with_text:
        escaped = text.replace("\n", "\\n")
        turtle += f':doc schema:text "{escaped}" .\n'
    if sentence:
        begin = text.index(sentence)
        turtle += (
            f"<{BASE}doc/1> sr:sentenceOf :doc ; sr:number 1 ; sr:begin {begin} ; sr:end {begin + len(sentence)} .\n"
        )
    file = tmp_path / "graph.ttl"
    file.write_text(turtle, encoding="utf-8")
    return find_sample(asker(load([file])), f"{BASE}doc")


@pytest.mark.parametrize(
    ("document", "subject", "sentence"),
    [
        (
            "atelier-du-canal",
            "initiative/velotheque",
            "[Face à la disparition des trains de nuit, il a créé en 2020 la Vélothèque], un service de prêt de vélos.",
        ),
        (  # the graph has no text of this one, and nothing of it but its quotes
            "jardin-des-ponts",
            "initiative/table-commune",
            "[Lors de la crue de 2019, nous avons ouvert la Table commune] …",
        ),
    ],
)
def test_sample_of_each_document(document, subject, sentence):
    """Each document has a statement about what it answers to, in the sentence of a quote that names the subject."""
    found = find_sample(asker(load([GOLDEN])), f"{BASE}document/{document}")

    assert found.statement.subject == BASE + subject
    assert f"{found.before}[{found.quote.text}]{found.after}" == sentence
    assert found.quote.language == "fr"
    assert set(found.names) >= {found.statement.subject, found.statement.predicate, found.statement.object}


@pytest.mark.parametrize(
    ("text", "quote", "sentence"),
    [
        ("Un. Deux trois quatre. Cinq.", "trois", ("Deux ", " quatre.")),
        ("Titre\nUn deux\nTrois", "deux", ("Un ", "")),
        ("Avec M. Adam, deux. Trois.", "deux", ("Avec M. Adam, ", ".")),
        ("« Un ! » Deux ? Trois", "Deux", ("", " ?")),
        ("Un deux", "Un deux", ("", "")),
        ("x" * 500 + " deux " + "y" * 500, "deux", ("… ", " …")),
        ("a. " + "mot " * 200 + "deux" + " mot" * 200, "deux", ("… " + "mot " * 99, " mot" * 99 + " …")),
    ],
)
def test_borders_of_the_sentence(tmp_path, text, quote, sentence):
    """A sentence goes from stop or line to stop or line; one that is too long is cut between words, with marks."""
    found = told(tmp_path, text, quote)

    assert (found.before, found.after) == sentence
    assert max(map(len, sentence)) <= AROUND + 2


@pytest.mark.parametrize(
    ("text", "quote", "sentence", "shown"),
    [
        ("Un. Le xyz. Martin anime. Fin.", "Martin", "Le xyz. Martin anime.", ("Le xyz. ", " anime.")),
        ("Un deux trois quatre", "deux", "deux trois", ("", " trois")),
        ("Un.\nDeux trois…", "Deux", "Deux trois…", ("", " trois…")),
    ],
)
def test_the_sentence_is_that_of_the_release(tmp_path, text, quote, sentence, shown):
    """A page shows the sentence that the release tells, with the document's abbreviations, and splits none anew."""
    found = told(tmp_path, text, quote, sentence=sentence)

    assert (found.before, found.after) == shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Pas avant deux après mot", ("… avant ", " après …")),
        ("as avant deux après mo", ("as avant ", " après mo")),
        ("avant deux", ("avant ", "")),
    ],
)
def test_a_sentence_known_by_its_quote_has_marks_where_it_goes_on(tmp_path, sentence, shown):
    """Without the text a sentence has an ellipsis where the release tells that it goes on, and only there."""
    found = told(tmp_path, "Pas avant deux après mot", "deux", with_text=False, sentence=sentence)

    assert (found.before, found.after) == shown


def test_without_the_text(tmp_path):
    """Where the graph has only the quotes of a document, a few words around them stand for the sentence."""
    found = told(tmp_path, "Pas avant deux après mot", "deux", with_text=False)

    assert (found.before, found.quote.text, found.after) == ("… avant ", "deux", " après …")


@pytest.mark.parametrize(
    ("predicate", "modality", "is_shown"),
    [("sr:targets", "reported", True), ("sr:offers", "reported", True), ("sr:respondsTo", "inferred", False),
     ("sr:respondsTo", "self-claim", False)],
)  # fmt: skip
def test_only_what_is_reported(tmp_path, predicate, modality, is_shown):
    """Any property will do where no statement answers to something; what the editors infer is never the example."""
    found = told(tmp_path, "Un deux.", "deux", predicate=predicate, modality=modality)

    assert (found is not None) is is_shown


def test_a_document_without_statements_has_no_sample():
    """A document that the graph does not describe has no sample."""
    assert find_sample(asker(load([GOLDEN])), f"{BASE}document/none") is None
