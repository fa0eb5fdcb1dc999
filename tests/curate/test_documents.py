"""Texts are split into sentences, and documents are read byte for byte."""

import hashlib
from datetime import date

import pytest

from kg.curate.documents import Document, parse_document
from kg.model.sentences import split_sentences


@pytest.mark.parametrize(("position", "number"), [(0, 1), (2, 1), (3, 1), (4, 2), (9, 2), (99, 2)])
def test_sentence_at_a_position(position, number):
    """A position lies in the sentence that holds it, or in the last one that begins before it."""
    text = "Un. Deux."
    document = Document("d", text, "", {}, "fr", "", {}, {}, sentences=split_sentences(text))

    assert document.sentence_at(position).number == number


def describe(text: bytes, more: str = "") -> bytes:
    """A document.toml for a text."""
    return (
        f'title = "Titre"\nlanguage = "fr"\nsha256 = "{hashlib.sha256(text).hexdigest()}"\n'
        f'{more}rights = "À nous."\n[label]\nfr = "Texte"\nen = "Text"\n'
    ).encode()


def test_a_document_keeps_its_text_as_it_is():
    """Line ends, spaces and final blanks stay as they are in the file, so that offsets hold."""
    data = "Un.\r\n\r\n  Deux…\t\n".encode()
    document, problems = parse_document("ici", data, describe(data), "data/ici")

    assert not problems
    assert document.text.encode() == data
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert (document.title, document.language, document.labels) == ("Titre", "fr", {"fr": "Texte", "en": "Text"})
    assert document.rights == {"fr": "À nous."}
    assert document.full_text


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("date = 2021\n", "date", "2021"),
        ('date = "2021-05"\n', "date", "2021-05"),
        ("date = 2021-05-04\n", "date", date(2021, 5, 4).isoformat()),
        ('text = "quotes"\n', "full_text", False),
        ('source = "https://example.org/page"\n', "source", {"": "https://example.org/page"}),
        ('source = {fr = "Page", en = "Page"}\n', "source", {"fr": "Page", "en": "Page"}),
    ],
)
def test_optional_keys_of_a_document(line, name, value):
    """Date, source and the choice of text are taken from the description."""
    document, problems = parse_document("ici", b"Un.", describe(b"Un.", line), "data/ici")

    assert not problems
    assert getattr(document, name) == value


def test_abbreviations_are_read_from_the_description():
    """The list of abbreviations in document.toml changes where sentences end."""
    data = b"Assoc. Adam part."
    document, _ = parse_document("ici", data, describe(data, 'abbreviations = ["Assoc."]\n'), "data/ici")

    assert len(document.sentences) == 1


def test_a_changed_text_is_refused_and_still_read():
    """A text that is not the one described is a problem, and its quotes can be looked at all the same."""
    document, problems = parse_document("ici", b"Deux.", describe(b"Un."), "data/ici")

    assert [(problem.file, problem.code) for problem in problems] == [("data/ici/document.toml", "sha256")]
    assert document.text == "Deux."
