"""Languages are told as lists, readers and harvesters know them."""

import pytest
from babel import Locale

from kg.model.languages import LANGUAGES, eu_language, language_name

LIST = "http://publications.europa.eu/resource/authority/language/"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("fr", "FRA"),
        ("fr-CA", "FRA"),
        ("EN-gb", "ENG"),
        ("zh-Hant-TW", "ZHO"),
        ("sr-Latn", "SRP"),
        ("cu", "CHU"),
        ("rm-sursilv", "ROH"),
        ("gsw", "GSW"),
        ("gsw-CH", "GSW"),
        ("arz", "ARZ"),
        ("prs-AF", "PRS"),
        ("ckb-Arab", "CKB"),
        ("fil", "FIL"),
        ("tlh", "TLH"),
        ("mul", "MUL"),
        # A language told more exactly by a second part is meant itself (BCP 47, section 2.2.2).
        ("zh-yue", "YUE"),
        ("ar-arz", "ARZ"),
        ("zh-cmn-Hans-CN", "CMN"),
        ("sgn-ase", "ASE"),
        # Tags out of use, and codes that are no tags but are written.
        ("iw", "HEB"),
        ("in", "IND"),
        ("sh", "HBS"),
        ("no", "NOR"),
        ("fra", "FRA"),
        ("fre", "FRA"),
        ("ger-AT", "DEU"),
        # Groups, private use, no language, no tag.
        ("ber", None),
        ("roa", None),
        ("sgn", None),
        ("qaa", None),
        ("qtx-FR", None),
        ("x-chti", None),
        ("i-klingon", None),
        ("und", None),
        ("zxx", None),
        ("xx", None),
        ("bh", None),
        ("french", None),
        ("zh-qaa", None),
        ("f", None),
        ("", None),
        ("-fr", None),
        ("ﬁ", None),
        ("été", None),
    ],
)
def test_a_tag_leads_to_its_language_in_the_list_of_the_eu(tag, code):
    """A tag of BCP 47 leads to the EU's IRI of its language; what names no single language leads nowhere."""
    assert eu_language(tag) == (LIST + code if code else "")


def test_the_languages_of_the_interface_are_in_the_list():
    """Catalogues name each language of the interface."""
    assert all(eu_language(tag) for tag in LANGUAGES)


@pytest.mark.parametrize(
    ("tag", "fr", "en"),
    [
        ("fr", "français", "French"),
        ("DE", "allemand", "German"),
        ("pt-BR", "portugais brésilien", "Brazilian Portuguese"),
        ("fr-FR", "français (FR)", "French (FR)"),
        ("ckb-Arab-IQ", "sorani (Arab-IQ)", "Central Kurdish (Arab-IQ)"),
        ("zh-Hant", "chinois traditionnel", "Traditional Chinese"),
        ("x-ours", "x-ours", "x-ours"),
        ("qqq", "qqq", "qqq"),
        ("", "", ""),
    ],
)
def test_a_language_is_named_in_the_language_of_the_reader(tag, fr, en):
    """Any language has its name in that of the reader, else its tag."""
    assert (language_name(tag, "fr"), language_name(tag, "en")) == (fr, en)


@pytest.mark.parametrize("reader", LANGUAGES)
def test_names_of_languages_are_those_of_cldr(reader):
    """The names that ship with the program are those that Babel has."""
    for tag, name in Locale.parse(reader).languages.items():
        assert language_name(tag.replace("_", "-"), reader) == name.replace("'", "’")
