"""Annotations are read into entries, and entries give statements."""

import pytest
from pyoxigraph import Literal, NamedNode

from kg.curate.documents import Document
from kg.curate.parser import parse_entries, suggest
from kg.curate.resolver import collect_things, resolve
from kg.model.iris import SR, XSD, IriMinter
from kg.model.ontology import read_ontology
from kg.model.sentences import split_sentences
from kg.model.yaml_loader import MAX_DEPTH

TEXT = "Le Foyer accueille. En 2016, la Corbeille vend 20 fruits, 20 légumes."
MINTER = IriMinter("https://example.org/")


@pytest.fixture(scope="module")
def ontology(project):
    """The vocabulary of the repository."""
    return read_ontology(project)


def entries_of(text: str, language: str = "fr"):
    """The entries of an annotation file that must have no problem."""
    entries, problems = parse_entries(text.encode(), "annotations.yaml", language)
    assert not problems
    return entries


def told(text: str, ontology) -> list:
    """The statements of an annotation file about TEXT, which must have no problem."""
    document = Document("ici", TEXT, "", {"fr": "Ici", "en": "Here"}, "fr", "", {}, {}, sentences=split_sentences(TEXT))
    entries = entries_of(text)
    things, wrong = collect_things([document], {"ici": entries}, ontology, MINTER)
    statements, unresolved = resolve(document, entries, things, ontology, MINTER)
    assert not [*wrong, *unresolved]
    return statements


HEAD = "- id: temps/t\n  type: TimeSpan\n  label: {fr: t, en: t}\n  facts:\n"


def values_of(facts: str, ontology) -> list:
    """The values of facts about a time span."""
    return [statement.value for statement in told(HEAD + facts, ontology)]


def test_an_entry_with_everything():
    """Each key of an entry is read, with the place of its value."""
    entry = entries_of(
        "\n- id: initiative/corbeille\n  type: Initiative\n  label: {fr: la Corbeille, en: the Basket}\n"
        "  definition: {fr: Une épicerie., en: A grocery.}\n  note: Une note.\n  facts:\n"
        "  - property: offers\n    value: offre/fruits\n    quote: la Corbeille\n    modality: reported\n"
        "    occurrence: 2\n    note: {fr: Oui., en: Yes.}\n"
    )[0]
    fact = entry.facts[0]

    assert (entry.id, entry.type) == ("initiative/corbeille", "Initiative")
    assert entry.labels == {"fr": "la Corbeille", "en": "the Basket"}
    assert entry.definition == {"fr": "Une épicerie.", "en": "A grocery."}
    assert entry.note == {"fr": "Une note."}
    assert (fact.property, fact.value, fact.quote) == ("offers", "offre/fruits", "la Corbeille")
    assert (fact.modality, fact.occurrence, fact.note) == ("reported", 2, {"fr": "Oui.", "en": "Yes."})
    assert (entry.location("id").line, entry.location("id").column) == (2, 7)
    assert (fact.location("quote").line, fact.location("quote").column) == (10, 12)
    assert fact.location("nothing") == fact.location()


@pytest.mark.parametrize("text", ["", "[]", "# nothing\n", "---\n", "---\n...\n"])
def test_a_file_without_entries(text):
    """An empty file has no entries and no problem."""
    assert entries_of(text) == []


def test_a_file_of_json():
    """The form can be written as JSON."""
    entries = entries_of('[{"id": "lieu/un", "type": "Place", "label": {"fr": "Un", "en": "One"}, "facts": []}]')

    assert [(entry.id, entry.facts) for entry in entries] == [("lieu/un", ())]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016", 2016),
        ("-5", -5),
        ("0", 0),
        ("007", "007"),
        ("+7", "+7"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("'2016'", "2016"),
        ("2016.0", "2016.0"),
        ("9" * 40, "9" * 40),
        ('!!int "²"', "²"),
        ('!!int "--5"', "--5"),
        ("no", "no"),
        ("2016-01-01", "2016-01-01"),
        ("~", None),
        ("null", None),
        ('""', None),
        ("'null'", "null"),
        ("{fr: un, en: one}", {"fr": "un", "en": "one"}),
    ],
)
def test_values_as_written(written, read):
    """Whole numbers are numbers; every other scalar is the text as it is written, whatever YAML makes of it."""
    text = f"{HEAD}  - {{property: edtf, value: {written}, quote: '2016', modality: reported}}\n"

    assert entries_of(text)[0].facts[0].value == read


def test_nesting_has_a_limit():
    """Nesting of any depth is a problem and does not end the process."""
    for depth in (MAX_DEPTH * 2, 300_000):
        for opening in ("[", "- ", "{a: ", "? "):
            entries, problems = parse_entries((opening * depth).encode(), "a.yaml")

            assert entries == []
            assert [problem.code for problem in problems] == ["yaml"]


def test_aliases_stand_for_their_anchors(ontology):
    """A value written once with an anchor can be used again."""
    facts = "  - {property: &p edtf, value: &y '2016', quote: *y, modality: &m reported}\n"
    facts += "  - {property: mentionedAs, quote: *y, modality: *m}\n"

    assert [value.value for value in values_of(facts, ontology)] == ["2016", "2016"]


def test_the_datatype_comes_from_the_ontology(ontology):
    """Numbers are xsd:integer, other literals have the range of their property, text has the document's language."""
    facts = (
        "  - {property: edtf, value: 2016, quote: En 2016, modality: reported}\n"
        "  - {property: earliestYear, value: 2016, quote: En 2016, modality: reported}\n"
        "  - {property: 'time:hasXSDDuration', value: P1Y, quote: En 2016, modality: reported}\n"
        "  - {property: 'skos:scopeNote', value: {fr: Une année., en: A year.}, quote: En 2016, modality: reported}\n"
        "  - {property: 'skos:scopeNote', value: une année, quote: En 2016, modality: reported}\n"
        "  - {property: mentionedAs, quote: En 2016, modality: reported}\n"
        "  - {property: mentionedAs, value: 2016, quote: En 2016, modality: reported}\n"
    )

    assert values_of(facts, ontology) == [
        Literal("2016", datatype=NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")),
        Literal("2016", datatype=NamedNode(XSD + "integer")),
        Literal("P1Y", datatype=NamedNode(XSD + "duration")),
        Literal("Une année.", language="fr"),
        Literal("A year.", language="en"),
        Literal("une année", language="fr"),
        Literal("En 2016", language="fr"),
        Literal("2016", language="fr"),
    ]


@pytest.mark.parametrize(
    ("word", "modality"),
    [
        *((name, name) for name in ("reported", "context", "intended", "presented", "self-claim", "inferred")),
        ("aim", "intended"),
        ("effect", "presented"),
    ],
)
def test_words_of_modalities(ontology, word, modality):
    """Each modality is written by its name; aim and effect are other words for intended and presented."""
    facts = f"  - {{property: mentionedAs, quote: En 2016, modality: {word}}}\n"

    assert told(HEAD + facts, ontology)[0].modality == NamedNode(SR + modality)


def test_the_occurrence_chooses_the_place(ontology):
    """Of a quote that recurs, the occurrence says which one is meant."""
    facts = "  - {property: mentionedAs, quote: '20', occurrence: 3, modality: reported}\n"
    passage = told(HEAD + facts, ontology)[0].passage

    assert (passage.start, passage.end) == (58, 60)
    assert TEXT[58:].startswith("20 légumes")


def test_values_are_things_or_concepts(ontology):
    """An id stands for a thing of the project, with its base, or for a concept of the shared schemes."""
    text = (
        "- id: initiative/corbeille\n  type: Initiative\n  label: {fr: la Corbeille, en: the Basket}\n  facts:\n"
        "  - {property: dct:type, value: type-initiative/service, quote: la Corbeille, modality: inferred}\n"
        "  - {property: operatedBy, value: organisation/foyer, quote: la Corbeille, modality: inferred}\n"
        "- id: organisation/foyer\n  type: Organization\n  label: {fr: Le Foyer, en: Le Foyer}\n"
    )

    assert [statement.value.value for statement in told(text, ontology)] == [
        "https://w3id.org/social-response/id/type-initiative/service",
        "https://example.org/id/organisation/foyer",
    ]


def test_notes_in_the_language_of_the_document(ontology):
    """A plain note has the document's language, one by language is the editors' in both."""
    facts = (
        "  - {property: mentionedAs, quote: En 2016, modality: reported, note: Une note.}\n"
        "  - {property: edtf, value: '2016', quote: En 2016, modality: reported, note: {fr: Une note., en: A note.}}\n"
    )

    assert [statement.notes for statement in told(HEAD + facts, ontology)] == [
        {"fr": "Une note."},
        {"fr": "Une note.", "en": "A note."},
    ]


def test_the_nearest_name_is_suggested_where_one_is_near():
    """A name is suggested where one is near."""
    assert suggest("mentionnedAs", ["mentionedAs", "offers"]) == "Did you mean 'mentionedAs'? "
    assert suggest("xyz", ["mentionedAs", "offers"]) == ""
