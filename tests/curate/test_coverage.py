"""The report of the words of a text that no fact quotes."""

from time import process_time

import pytest

from kg.curate.documents import Document
from kg.curate.quoting import measure_coverage, word_count
from kg.model.quotes import Passage
from kg.model.sentences import split_sentences

TEXT = "Le Foyer accueille. Il vend l’été des fruits."


def covered(*quotes: str, text: str = TEXT):
    """The coverage of the text by quotes."""
    document = Document("ici", text, "", {}, "fr", "", {}, {}, sentences=split_sentences(text))
    return measure_coverage(document, [Passage(text.index(quote), text.index(quote) + len(quote)) for quote in quotes])


@pytest.mark.parametrize(
    ("words", "count"),
    [("Le Foyer", 2), ("l’été", 2), ("", 0), ("« … »", 0), ("2018/2019", 2), ("360°", 1), ("chacun⋅e", 2), ("CO₂", 1)],
)
def test_what_a_word_is(words, count):
    """A word is a run of letters and digits; punctuation and spaces count nothing."""
    assert word_count(words) == count


def test_each_sentence_has_its_facts_and_its_uncovered_words():
    """Facts are counted in each sentence, and the words that none quotes are listed with their places."""
    result = covered("Le Foyer", "Foyer accueille", "vend l’été")
    first, second = result.sentences

    assert (first.facts, first.words, first.uncovered) == (2, 3, ())
    assert (second.facts, second.words) == (1, 6)
    assert [TEXT[word.start : word.end] for word in second.uncovered] == ["Il", "des", "fruits"]
    assert (result.words, result.covered) == (9, 6)
    assert result.share == pytest.approx(6 / 9)


def test_a_word_that_is_cut_is_not_covered():
    """A word is covered only where all its letters lie within quotes, of one fact or of several that touch."""
    assert [TEXT[w.start : w.end] for w in covered("Le Foy").sentences[0].uncovered] == ["Foyer", "accueille"]
    assert [TEXT[w.start : w.end] for w in covered("Le Foy", "er").sentences[0].uncovered] == ["accueille"]


def test_quotes_are_listed_longest_first():
    """Each quote is listed once, by its number of words, with the median over all."""
    result = covered("Le", "Le", "Il vend l’été", "accueille")

    assert result.quotes == ("Il vend l’été", "Le", "accueille")
    assert result.median_quote == 1


def test_a_document_without_facts():
    """Without facts nothing is covered; a text without words is covered whole."""
    assert covered().share == 0
    assert covered().median_quote == 0
    assert covered(text="…").share == 1


def test_the_words_of_a_long_text_are_counted_in_linear_time():
    """Eight times the sentences and quotes take about eight times as long, not sixty-four times."""

    def seconds(count: int) -> float:
        text = "Le Foyer accueille. " * count
        document = Document("ici", text, "", {}, "fr", "", {}, {}, sentences=split_sentences(text))
        passages = [Passage(20 * number, 20 * number + 8) for number in range(count)]
        begin = process_time()
        assert measure_coverage(document, passages).covered == 2 * count
        assert all(document.sentence_at(passage.start).number == 1 + passage.start // 20 for passage in passages)
        return process_time() - begin

    short = min(seconds(1_000) for _ in range(3))
    assert min(seconds(8_000) for _ in range(2)) < 24 * short + 0.05
