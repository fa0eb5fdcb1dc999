"""Quotes are found where they stand, and the nearest passage where they do not."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg.curate.documents import Document
from kg.curate.parser import yaml_scalar
from kg.curate.quoting import describe_nearest, find_fact
from kg.model.quotes import LONGEST_COMPARED, Passage, QuoteIndex, context_of, differences, nearest_passage, visible
from kg.model.sentences import split_sentences

TEXTS = st.text(alphabet="aab é’1 .\u00a0_", max_size=40)
NB, NARROW = "\u00a0", "\u202f"
TEXT = f"Le Foyer accueille. Il vend des fruits «{NB}de saison{NB}», et des légumes{NARROW}; l’été, il ferme."


def document(text: str = TEXT) -> Document:
    """A document of a text."""
    return Document("ici", text, "", {}, "fr", "", {}, {}, sentences=split_sentences(text))


@pytest.mark.parametrize(
    ("text", "quote", "places"),
    [("abcabc", "abc", [0, 3]), ("aaa", "aa", [0, 1]), ("abc", "d", []), ("abc", "", []), ("Abc", "abc", [])],
)
def test_a_quote_is_found_at_each_place_where_it_stands(text, quote, places):
    """A quote is found at each place where it stands, overlaps included, letter by letter."""
    assert QuoteIndex(text).occurrences(quote) == places


@given(text=TEXTS, data=st.data())
def test_the_index_finds_what_reading_the_whole_text_finds(text, data):
    """Whatever the words, in mid-word or across signs, the index finds each place of them and no other."""
    start = data.draw(st.integers(0, len(text)))
    quote = data.draw(st.one_of(st.just(text[start : start + data.draw(st.integers(1, 12))]), TEXTS)) or "a"
    places = [place for place in range(len(text)) if text.startswith(quote, place)]
    assert QuoteIndex(text).occurrences(quote) == places


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("Le chat dort.", 3, 7, ("", "")),
        ("un chat, le chat", 3, 7, ("", ",")),
        ("un chat, le chat", 12, 16, ("e ", "")),
        ("chat chat chat", 5, 9, (" ", " ")),
        ("chat chat chat", 0, 4, ("", " chat ")),
        ("aXb aXc dXb", 1, 2, ("", "b ")),
    ],
    ids=[
        "once",
        "told by what follows",
        "told by what precedes",
        "between two",
        "told by the end of the text",
        "one side rather than two",
    ],
)
def test_a_quote_keeps_what_tells_its_place_and_no_more(text, start, end, expected):
    """Where only what is needed is kept, a quote has the fewest signs around it that tell its place from others."""
    before, after = context_of(QuoteIndex(text), Passage(start, end), only_needed=True)

    assert (text[before.start : before.end], text[after.start : after.end]) == expected


@given(st.text("ab \n", min_size=1, max_size=30), st.data())
def test_a_needed_context_finds_one_place_wherever_one_can(text, data):
    """The words with their needed context stand once in the text, wherever any context within it stands once."""
    start = data.draw(st.integers(0, len(text) - 1))
    passage = Passage(start, data.draw(st.integers(start + 1, len(text))))
    before, after = context_of(QuoteIndex(text), passage, only_needed=True)
    whole = QuoteIndex(text).occurrences(text[before.start : after.end])

    assert before.end == passage.start
    assert after.start == passage.end
    assert whole == [before.start] or QuoteIndex(text).occurrences(text[max(start - 32, 0) : passage.end + 32]) != [0]


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("vend des fruits", "vend des fruits"),
        ("vend les fruits", "vend des fruits"),
        ("VEND DES FRUITS", None),
        ("end des frui", "vend des fruits"),
        ("l'été, il ferme", "l’été, il ferme"),
        (f" fruits « de saison », et des légumes{NARROW}", f"fruits «{NB}de saison{NB}», et des légumes"),
        ("zzzz qqqq", None),
        ("   ", None),
        ("", None),
        (TEXT + TEXT, None),
    ],
)
def test_the_nearest_passage_ends_where_words_end(quote, passage):
    """The nearest passage ends where words end; words that come near nothing have none."""
    found = nearest_passage(TEXT, quote)

    assert (TEXT[found[0].start : found[0].end] if found else None) == passage


def test_invisible_characters_are_spelled_out():
    """No-break spaces, spaces of other widths, signs of no width and lone accents are shown by their number."""
    words = f"a{NB}b{NARROW}c\u2009d\u200be\u00adf\u2028g\tè\u0301 ’"

    assert visible(words) == ("a‹U+00A0›b‹U+202F›c‹U+2009›d‹U+200B›e‹U+00AD›f‹U+2028›g‹U+0009›è‹U+0301› ’")


def test_differences_name_each_sign():
    """A difference of a sign or two is told with Unicode names, a longer one in its words."""
    apostrophe = "at character 2 the quote has “'” (U+0027 APOSTROPHE), the text has “’” "
    letter = "at character 4 the quote has “a” (U+0061 LATIN SMALL LETTER A), the text has “à” "

    assert differences("l'xa", "l’xà") == [
        f"{apostrophe}(U+2019 RIGHT SINGLE QUOTATION MARK)",
        f"{letter}(U+00E0 LATIN SMALL LETTER A WITH GRAVE)",
    ]
    assert differences("un chat", "un") == ["at character 3 the quote has “ chat”, the text has nothing"]
    assert differences("un", "un") == []


def test_nearest_is_described_with_its_place():
    """What to do about a wrong quote names sentence and characters of the nearest passage and how it differs."""
    told = describe_nearest(document(), "l'été, il ferme")

    assert told.splitlines()[0] == "Nearest passage (sentence 2, characters 71–86): “l’été, il ferme”"
    assert TEXT[71:86] == "l’été, il ferme"
    assert "U+0027 APOSTROPHE" in told
    assert told.endswith("Copy the passage into the quote; 'kg find' prints it as a fact.")


def test_a_very_long_quote_is_not_compared_sign_by_sign():
    """The differences of a quote of thousands of signs are left out: they would take minutes."""
    text = " ".join(f"Mot{number}" for number in range(20_000))
    told = describe_nearest(document(text), text[: LONGEST_COMPARED + 50_000].replace("Mot7 ", "Mot 7 "))

    assert told.startswith("Nearest passage")
    assert "at character" not in told


def test_find_prints_a_fact_that_reads_back():
    """The nearest passage is given as YAML of the form, with the quote character by character."""
    fact, likeness = find_fact(document(), "fruits « de saison »")
    read = yaml.safe_load(fact)

    assert read == [{"property": None, "value": None, "quote": f"fruits «{NB}de saison{NB}»", "modality": "reported"}]
    assert fact.splitlines()[0] == "  # ici, sentence 2, characters 32–52"
    assert 80 < likeness < 100


def test_find_of_an_exact_quote():
    """Words that stand in the text are found with a likeness of 100, with their occurrence where they recur."""
    fact, likeness = find_fact(document("Un chat. Un chien. Un chat."), "Un chat")

    assert likeness == 100
    assert yaml.safe_load(fact)[0]["occurrence"] == 1
    assert "occurrence" not in find_fact(document(), "Le Foyer")[0]


def test_find_of_a_near_quote_that_recurs():
    """The occurrence of a near passage is counted among those of its own words."""
    fact, _ = find_fact(document("Le chat dort. Une souris. Le chat dort encore."), "Le chat dor encore")

    assert yaml.safe_load(fact)[0]["quote"] == "Le chat dort encore"


def test_find_of_nothing():
    """Words that come near nothing give no fact."""
    assert find_fact(document(), "zzzz qqqq xxxx") is None
    assert find_fact(document(), "  ") is None


AWKWARD = ["simple", "2015", "a: b", "# a", "- a", "yes", "null", "~", "«\u00a0a\u00a0»", "a 'b' \"c\"", "a\u202f; b"]
AWKWARD += ["a #b", "[a]", "{a}", "*a", "&a", "!a", "%a", "@a", "`a", "a\nb", "😀", "1e3", "0x1", "a\u0085b", "\ufeffa"]


@pytest.mark.parametrize("words", [*AWKWARD, "é" * 300])
def test_words_as_yaml_read_back(words):
    """Any words become a YAML scalar on one line that reads back to them."""
    line = yaml_scalar(words)

    assert yaml.safe_load(line) == words
    assert "\n" not in line


def test_passages_compare_by_place():
    """A passage is its span of code points."""
    assert Passage(1, 2) == Passage(1, 2)
    assert Passage(1, 2) != Passage(1, 3)
