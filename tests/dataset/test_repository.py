"""The real data, ontology, shapes and queries, tested like code."""

import hashlib
import re
import tomllib
import unicodedata

import pytest
import yaml
from pyoxigraph import Literal

from kg.cli.curator_commands import create_project
from kg.curate.quoting import LONGEST_QUOTE, word_count
from kg.graph.builder import build, read_documents
from kg.model.errors import InputError
from kg.model.iris import DCT, OA, PREF_LABEL, RDF, RDFS, SKOS, SR, TYPE
from kg.model.ontology import read_ontology, read_turtle
from kg.model.project import Project
from kg.model.query_files import read_queries

NB, NARROW = "\u00a0", "\u202f"
CHECK = "Run .venv/bin/kg check"
COVERAGE = "Run .venv/bin/kg check --coverage"

INITIATIVES = {
    *("la-corniche", "act", "accueil-personnes-en-exil", "suivi-hors-de-prison", "1000-cafes", "cpca", "egaldia"),
    *("surloyer-solidaire", "prepapp", "dispositifs-jeunes-majeurs", "la-maille"),
    *("service-appartements-educatifs-78", "lhss", "saje", "plaidoyer"),
}
CRISES = {
    *("epidemie-vih-sida", "crise-migratoire", "prise-de-pouvoir-des-talibans", "invasion-de-l-ukraine"),
    *("multiplication-des-attentats", "gilets-jaunes"),
}


def things_of_class(built, name: str) -> set[str]:
    """The slugs of the things of a class."""
    return {thing.id.split("/")[1] for thing in built.things.values() if thing.kind.name == name}


def test_the_text_is_the_one_described(project):
    """The text is, byte for byte, the one whose sha256 stands beside it."""
    for folder in project.documents():
        described = tomllib.loads((folder / "document.toml").read_text(encoding="utf-8"))
        data = (folder / "text.txt").read_bytes()

        assert hashlib.sha256(data).hexdigest() == described["sha256"], f"{folder.name} changed. {CHECK}"
        assert unicodedata.is_normalized("NFC", data.decode())
    seed = project.data / "groupe-sos" / "text.txt"
    digest = "4591b7cb16afc16901732f74f78e6d0aa2375346912e9ba3c124bae20e44919b"
    assert hashlib.sha256(seed.read_bytes()).hexdigest() == digest


def test_texts_annotations_and_ontology_fit_together(project):
    """Texts, annotations and ontology fit together."""
    try:
        build(project)
    except InputError as error:
        pytest.fail(f"{error}\n{CHECK}", pytrace=False)


def test_quotes_cover_99_percent_of_the_words(built):
    """At least 99 % of the words of the text lie within a quote."""
    for covered in built.coverage:
        assert covered.share >= 0.99, f"{covered.document}: {covered.share:.1%} covered. {COVERAGE}"


def test_quotes_are_short(built):
    """A quote has 14 words at most at the median and never over 60."""
    for covered in built.coverage:
        longest = max(covered.quotes, key=word_count)

        assert covered.median_quote <= 14, f"{covered.document}: {covered.median_quote}. {COVERAGE}"
        assert word_count(longest) <= LONGEST_QUOTE, f"quote less: {longest}. {COVERAGE}"


def test_every_quote_lies_within_one_sentence(built):
    """Each passage begins and ends in the sentence that the graph names."""
    numbers = {
        quad.subject.value: int(quad.object.value) for quad in built.quads if quad.predicate.value == SR + "inSentence"
    }
    for document in built.documents:
        start = f"/id/passage/{document.id}/"
        for iri, number in numbers.items():
            if start not in iri:
                continue
            first, last = map(int, iri.split(start)[1].split("-"))
            sentence = document.sentences[number - 1]
            assert sentence.start <= first < last <= sentence.end, f"{iri}. {CHECK}"


def test_every_sentence_is_annotated(built):
    """No sentence of the source is left out."""
    for covered in built.coverage:
        bare = [row.sentence.number for row in covered.sentences if not row.facts]

        assert not bare, f"{covered.document}: no fact quotes from sentences {bare}. {COVERAGE}"


def test_every_label_is_in_both_languages(built):
    """Each thing, concept, scheme, class and property has one label in French and one in English."""
    labels: dict[tuple[str, str], list[str]] = {}
    for quad in built.quads:
        if quad.predicate == PREF_LABEL or quad.predicate.value == RDFS + "label":
            labels.setdefault((quad.subject.value, quad.predicate.value), []).append(quad.object.language)
    wrong = {subject: found for (subject, _), found in labels.items() if sorted(found) != ["en", "fr"]}
    typed = {quad.subject.value for quad in built.quads if quad.predicate == TYPE and quad.object.value.startswith(SR)}
    named = {subject for subject, _ in labels}
    bare = {iri for iri in typed - named if not re.search("/id/(assertion|sentence)/", iri)}

    assert not wrong, f"{wrong}. {CHECK}"
    assert not bare, f"{bare}. {CHECK}"
    assert len(labels) > 250


def test_every_initiative_of_the_text_keeps_its_id(built):
    """Every initiative of the text is there, under the id that it keeps."""
    assert things_of_class(built, "Initiative") == INITIATIVES


def test_the_text_dates_six_crises_and_events(built):
    """The text dates six crises and events."""
    assert things_of_class(built, "Crisis") == CRISES


def test_three_crises_of_one_initiative(built, project):
    """The hosting of people in exile answers three crises."""
    minter = project.minter
    subject = minter.thing("initiative/accueil-personnes-en-exil")
    answered = {
        quad.object for quad in built.quads if quad.subject == subject and quad.predicate.value == SR + "respondsTo"
    }

    exile = ("crise-migratoire", "prise-de-pouvoir-des-talibans", "invasion-de-l-ukraine")
    assert answered == {minter.thing(f"situation/{slug}") for slug in exile}


def test_every_class_is_used(built):
    """The seed text has things of every class but the two that are only above others."""
    used = {thing.kind.name for thing in built.things.values()}

    assert set(built.ontology.classes) - used == {"Situation", "Outcome", "Assertion", "Sentence"}


def test_every_property_is_used(built):
    """The seed text has facts of every property that annotations may use but the one that is only above others."""
    used = {quad.object.value for quad in built.quads if quad.predicate.value == RDF + "predicate"}
    unused = {prop.name for prop in built.ontology.properties.values() if prop.iri not in used}

    assert unused == {"operatedBy"}


def test_every_modality_is_used(built):
    """The seed text has assertions of each of the six modalities."""
    used = {quad.object.value for quad in built.quads if quad.predicate.value == SR + "modality"}

    assert used == set(built.ontology.modalities.values())


def test_no_self_claim_as_fact(built):
    """A self-claim is said only of a claim or a value, or with holdsValue or mentionedAs."""
    parts: dict[str, dict[str, str]] = {}
    for quad in built.quads:
        parts.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    claims = [part for part in parts.values() if part.get(SR + "modality") == SR + "self-claim"]

    assert claims
    for part in claims:
        kind = parts[part[RDF + "subject"]][RDF + "type"]
        allowed = kind in (SR + "Claim", SR + "Value") or part[RDF + "predicate"] in (
            SR + "holdsValue",
            SR + "mentionedAs",
        )
        assert allowed, part


def test_open_spans_have_no_year(built):
    """A bound that the text leaves open has no year, and a closed one has both years in order."""
    spans: dict[str, dict[str, str]] = {}
    for quad in built.quads:
        if quad.subject.value.startswith("https://w3id.org/social-response/id/temps/"):
            spans.setdefault(quad.subject.value, {})[quad.predicate.value.removeprefix(SR)] = quad.object.value
    assert len(spans) > 5
    for iri, span in spans.items():
        notation = span.get("edtf", "")
        assert ("latestYear" in span) == bool(notation and not notation.endswith("..")), iri
        assert int(span.get("earliestYear", 0)) <= int(span.get("latestYear", 9999)), iri


def test_notes_are_in_both_languages(project):
    """What the editors write on a fact or a thing is in French and in English."""
    _, entries = read_documents(project, [])
    for entry in (entry for found in entries.values() for entry in found):
        for note in [entry.note, *(fact.note for fact in entry.facts)]:
            assert not note or note.keys() == {"fr", "en"}, f"{entry.id}: {note}"


# French typography: every French text that people of this project wrote, with where it stands.

INCLUSIVE = re.compile(r"\w[·⋅•.‧](?:e|s|es|ne|nes|le|les|rice|euse|trice)(?:[·⋅•.‧]s)?\b")


def wrong_typography(words: str) -> list[str]:
    """What breaks French typography in a text."""
    rules = {
        "’ and not '": "'",
        "U+00A0 inside « »": f"«(?!{NB})|(?<!{NB})»",
        "U+202F before ; ! ?": f"(?<!{NARROW})[;!?]",
        "U+00A0 before :": f"(?<!{NB}):(?=\\s|$)",
        "… and not ...": r"\.\.\.",
        "no two spaces": "[ \u00a0\u202f]{2}",
    }
    words = re.sub(r"\{\?\w+\}", "x", words)  # the place of a variable in a message
    return [name for name, pattern in rules.items() if re.search(pattern, words)]


def french_of_turtle(root) -> list[tuple[str, str]]:
    """The French texts of ontology, concepts, alignments, examples of the ontology and shapes."""
    files = [
        path for pattern in ("ontology/*.ttl", "ontology/examples/*.ttl", "shapes/*.ttl") for path in root.glob(pattern)
    ]
    found = []
    for path in sorted(files):
        for triple in read_turtle(path.read_bytes(), path.name)[0]:
            value = triple.object
            is_quote = triple.predicate.value in (SR + "quote", SR + "mentionedAs", OA + "exact", DCT + "title")
            if isinstance(value, Literal) and value.language == "fr" and not is_quote:
                found.append((f"{path.name} {triple.subject} {triple.predicate}", value.value))
    return found


def french_of_annotations(project) -> list[tuple[str, str]]:
    """The French labels, definitions, notes and values in both languages of annotations; quotes are the text's."""
    problems: list = []
    _, entries = read_documents(project, problems)
    found = []
    for entry in (entry for described in entries.values() for entry in described):
        texts = [entry.labels, entry.definition, entry.note, *(fact.note for fact in entry.facts)]
        texts += [fact.value for fact in entry.facts if isinstance(fact.value, dict)]
        found += [(entry.id, text["fr"]) for text in texts if "fr" in text]
    return found


def french_of_settings(root) -> list[tuple[str, str]]:
    """The French texts of kg.toml and of the descriptions of documents."""
    found = []
    for path in [root / "kg.toml", *root.glob("data/*/document.toml")]:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [
            (f"{path.name} {key}", value["fr"])
            for key, value in table.items()
            if "fr" in (value if isinstance(value, dict) else {})
        ]
    return found


def french_of_queries(*folders) -> list[tuple[str, str]]:
    """The French texts of the headers of query files."""
    queries = [query for folder in folders for query in read_queries(folder)]
    return [
        (f"{query.path} {key}", value["fr"])
        for query in queries
        for key, value in query.header.items()
        if isinstance(value, dict) and "fr" in value
    ]


def french_texts(root) -> list[tuple[str, str]]:
    """Every French text of the repository's project and of the starter, with where it stands."""
    project, starter = Project.open(root), Project.open(root / "kg" / "starter")
    return [
        *french_of_turtle(root),
        *french_of_annotations(project),
        *french_of_annotations(starter),
        *french_of_settings(root),
        *french_of_settings(starter.root),
        *french_of_queries(project.rules, project.checks, project.examples, starter.examples),
    ]


def test_all_french_of_the_project_has_the_right_typography(root):
    """’ and not ', no-break spaces inside « » and before :, narrow ones before ; ! ? in all French of the project."""
    texts = french_texts(root)
    wrong = [f"{place}: {', '.join(found)}: {words}" for place, words in texts if (found := wrong_typography(words))]

    assert len(texts) > 1500
    assert not wrong, "\n".join(wrong)


def test_typography_of_the_text_of_the_starter(root):
    """The made-up text of a new project keeps to French typography too."""
    text = (root / "kg" / "starter" / "data" / "exemple" / "text.txt").read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if wrong_typography(line)] == []


def test_no_inclusive_points_in_labels(built, root):
    """Labels are in generic French without inclusive points, whatever the text writes."""
    labels = [
        quad.object.value for quad in built.quads if quad.predicate == PREF_LABEL or "Label" in quad.predicate.value
    ]
    labels += [words for place, words in french_of_turtle(root) if "abel" in place or SKOS + "altLabel" in place]

    assert [label for label in labels if INCLUSIVE.search(label) or set("·⋅•") & set(label)] == []


RIGHT = [
    "l’été",
    f"«{NB}a{NB}»",
    f"a{NARROW};",
    f"a{NB}: b",
    "sr:Claim",
    "https://a.org/",
    "1:30",
    f"«{NB}{{?value}}{NB}»",
]
WRONG = ["l'été", "« a »", "a ;", "a?", "a : b", "a...", "a  b"]
TYPOGRAPHY = [*((words, 0) for words in RIGHT), *((words, 1) for words in WRONG)]


@pytest.mark.parametrize(("words", "count"), TYPOGRAPHY)
def test_the_rules_of_typography_themselves(words, count):
    """The rules find what is wrong and leave what is right."""
    assert len(wrong_typography(words)) == count


def test_inclusive_points_are_found():
    """The pattern of inclusive points finds the forms of the seed text, and leaves acronyms and ends of sentences."""
    for word in ("chacun⋅e", "résident⋅e⋅s", "professionnel·le·s", "majeur·e·s", "usager.es"):
        assert INCLUSIVE.search(word), word
    for word in ("S.O.S", "1000 cafés", "fin. Le", "a.b"):
        assert not INCLUSIVE.search(word), word


def test_ids_are_told_apart(built):
    """No two things of a class have the same label in a language."""
    seen: dict[tuple[str, str, str], str] = {}
    for thing in built.things.values():
        for language, label in thing.labels.items():
            other = seen.setdefault((thing.kind.segment, language, label), thing.id)
            assert other == thing.id, f"{thing.id} and {other} are both “{label}” in {language}"


def test_annotations_are_yaml_that_any_reader_takes(project):
    """The files are plain YAML lists without anchors, tabs or trailing blanks."""
    for path in project.data.glob("*/annotations.yaml"):
        text = path.read_text(encoding="utf-8")

        assert isinstance(yaml.safe_load(text), list)
        assert "\t" not in text
        assert not re.search(r"[ \u00a0]$", text, re.MULTILINE), "trailing blanks"
        assert text.endswith("\n")


def test_the_starter_builds(tmp_path):
    """A new project builds at once: ten lines of text, every word of them in a quote."""
    create_project(tmp_path / "new")
    project = Project.open(tmp_path / "new")
    built = build(project)
    text = (project.data / "exemple" / "text.txt").read_text(encoding="utf-8")

    assert len(text.splitlines()) == 10
    assert built.coverage[0].share > 0.95
    assert things_of_class(built, "Initiative")
    assert read_queries(project.examples)


def test_alignments_and_names_are_of_things_that_exist(project, built):
    """Other names and identifiers stand only for things, concepts and terms that the graph has."""
    ontology = read_ontology(project)
    described = {quad.subject.value for quad in built.quads if quad.predicate == TYPE}
    triples = (*ontology.concept_triples, *ontology.alignments)

    assert {triple.subject.value for triple in triples} - described == set()
