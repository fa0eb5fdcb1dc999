"""Passages are found for curators and given as facts that need no typing."""

import pytest
import yaml

from kg.curate.parser import parse_entries
from kg.curate.quoting import find_fact
from kg.curate.resolver import collect_things, resolve
from kg.model.ontology import read_ontology

HEAD = "- id: organisation/x\n  type: Organization\n  label: {fr: x, en: x}\n  facts:\n"


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        (
            "Cela permet non seulement de libérer des lits d’hôpitaux",
            "Cela permet non seulement de libérer des lits d’hôpitaux",
        ),
        ("cela permet de liberer des lits d'hopitaux", None),
        ("le projet d'ampleur « 1000 cafés »", "le projet d’ampleur «\u202f1000 cafés\u202f»"),
        ("chacun.e de vieillir dignement", "chacun⋅e de vieillir dignement"),
        ("professionnels, sur le terrain", None),
        ("le Groupe SOS", "le Groupe SOS"),
    ],
)
def test_found_in_the_real_text(built, words, quote):
    """Words typed by hand give a quote that stands in the text, character by character."""
    document = built.documents[0]
    fact, likeness = find_fact(document, words)
    found = yaml.safe_load(fact)[0]["quote"]

    assert found in document.text
    assert quote is None or found == quote
    assert likeness > 60


@pytest.mark.parametrize("number", range(1, 31, 4))
def test_a_found_fact_can_be_pasted(built, project, number):
    """A found fact, given a property, is accepted: its occurrence says which place is meant."""
    document = built.documents[0]
    sentence = document.sentences[number - 1]
    words = document.text[sentence.start : sentence.end].replace("’", "'").replace("\u00a0", " ")
    fact, _ = find_fact(document, " ".join(words.split()[:4]))
    text = HEAD + fact.replace("  - property: ", "  - property: mentionedAs").replace("    value: \n", "") + "\n"
    entries, problems = parse_entries(text.encode(), "a.yaml", "fr")
    vocabulary = read_ontology(project)
    things, _ = collect_things([document], {document.id: entries}, vocabulary, project.minter)
    statements, unresolved = resolve(document, entries, things, vocabulary, project.minter)

    assert not problems
    assert [problem for problem in unresolved if problem.code != "sentence"] == []
    assert len(statements) == 1


def test_words_far_from_the_text_find_nothing(built):
    """Words that the text has nothing near to find nothing."""
    assert find_fact(built.documents[0], "zygomorphe quetsche wagon") is None
