"""Documents are read into paragraphs, woven text, lanes and passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_helpers import GOLDEN
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCT, OA, RDF, SCHEMA, SKOS, SR, integer
from kg.pages.reader.data import PART_LENGTH, PART_PASSAGES, list_documents, read_document, read_part
from kg.pages.reader.marks import TextRun, assign_lanes, merge_quotes, split_paragraphs, weave

BASE = "https://example.org/mini/id/document/"


@pytest.fixture(scope="module")
def ask():
    """Answers from the graph of two documents, one of which shows only its quotes."""
    return asker(load([GOLDEN]), Limits())


def asker_of(text, spans, kinds=("Initiative",), a_sentence=3):
    """Answers from a graph with one document: each passage says one thing of a thing of each kind."""
    store, document = Store(), NamedNode("https://example.org/d")

    def add(subject, predicate, value):
        store.add(Quad(subject, NamedNode(predicate), value))

    if text:
        add(document, SCHEMA + "text", Literal(text))
    add(document, DCT + "title", Literal("Titre", language="fr"))
    for kind in kinds:
        thing = NamedNode(f"https://example.org/{kind}")
        add(thing, RDF + "type", NamedNode(SR + kind))
        add(thing, SKOS + "prefLabel", Literal(kind, language="fr"))
    for number, (start, end) in enumerate(spans):
        passage, place, words = (NamedNode(f"https://example.org/p{start}-{end}{what}") for what in ("", ".p", ".q"))
        add(passage, OA + "hasSource", document)
        add(passage, OA + "hasSelector", place)
        add(passage, OA + "hasSelector", words)
        add(passage, SR + "inSentence", integer(number // a_sentence + 1))
        add(place, OA + "start", integer(start))
        add(place, OA + "end", integer(end))
        add(words, OA + "exact", Literal((text or "." * end)[start:end]))
        for kind in kinds:
            said = NamedNode(f"https://example.org/a{start}-{end}-{kind}")
            add(said, RDF + "subject", NamedNode(f"https://example.org/{kind}"))
            add(said, RDF + "predicate", NamedNode(SR + "mentionedAs"))
            add(said, RDF + "object", Literal(f"{start}-{end}"))
            add(said, SR + "modality", NamedNode(SR + "reported"))
            add(said, SR + "evidence", passage)
    return asker(store, Limits())


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("Un.\n\nDeux\ntrois.\n \n\nQuatre. \n", 99, [(0, "Un."), (5, "Deux\ntrois."), (20, "Quatre.")]),
        ("\n\n  Seul", 99, [(4, "Seul")]),
        ("un deux trois quatre", 10, [(0, "un deux "), (8, "trois "), (14, "quatre")]),
        ("a" * 25, 10, [(0, "a" * 10), (10, "a" * 10), (20, "a" * 5)]),
        (" \n ", 99, []),
    ],
    ids=["blank lines", "space before", "long", "long without a space", "nothing"],
)
def test_blank_lines_part_paragraphs_and_long_ones_are_cut(text, longest, expected):
    """Blank lines part paragraphs, which keep their place in the text; a long one is cut, at a space if it can be."""
    assert split_paragraphs(text, longest) == [TextRun(start, words) for start, words in expected]


def test_quotes_that_overlap_or_touch_are_put_together():
    """Quotes that overlap or touch are put together as they stand in the text; others stay apart."""
    quotes = [(10, "cde"), (8, "abc"), (13, "fg"), (20, "xyz"), (21, "y")]

    assert merge_quotes(quotes) == [TextRun(8, "abcdefg"), TextRun(20, "xyz")]


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 30), st.sampled_from(["lieu", "temps"])).map(
        lambda span: (span[0], span[0] + span[1], span[2])
    ),
    max_size=25,
)


@given(SPANS)
def test_no_two_passages_of_a_lane_overlap_or_touch(spans):
    """Each passage has one lane along its whole length, and no two passages of a lane overlap or touch."""
    marks = assign_lanes(spans)

    assert sorted((mark.start, mark.end, mark.family) for mark in marks) == sorted(set(spans))
    for mark in marks:
        for other in marks:
            if other is not mark and other.start <= mark.end and mark.start <= other.end:
                assert other.lane != mark.lane
                assert other.alone != mark.alone or other.family != mark.family


@given(SPANS, st.integers(0, 20))
def test_woven_text_is_the_text_with_its_lines_nested(spans, start):
    """Woven text is the text: each code point lies in just the lines that hold it, and lines nest as elements must."""
    run = TextRun(start, "abcdefghij" * 5)
    marks = assign_lanes(spans)
    place, opened, words = run.start, [], ""
    for piece in weave(run, marks, {start + 7: 2}):
        assert piece.closing <= len(opened)
        opened = opened[: len(opened) - piece.closing] + list(piece.opening)
        words += piece.text
        if not piece.text:
            continue
        over = [mark for mark in marks if mark.start <= place and place + len(piece.text) <= mark.end]
        assert {id(mark) for mark in opened} == {id(mark) for mark in over}
        others = [mark for mark in marks if mark not in over and mark.start < mark.end]
        assert all(mark.end <= place or place + len(piece.text) <= mark.start for mark in others)
        shortest = min((mark.end - mark.start for mark in over), default=None)
        assert shortest is None or piece.anchor in {m.anchor for m in over if m.end - m.start == shortest}
        assert bool(piece.anchor) == bool(over)
        assert (piece.sentence == 2) == (place == start + 7)
        place += len(piece.text)

    assert words == run.text
    assert opened == []


def test_a_document_has_its_description_text_and_passages(ask):
    """A document has its description in its languages, its text, its passages and the words that they cover."""
    document = read_document(ask, BASE + "atelier-du-canal")

    assert document.description("title", "en").text == "L’Atelier du Canal"
    assert document.description("source", "fr").text == "https://example.org/mini/atelier-du-canal.html"
    assert document.description("date", "fr").text == "2021"
    assert (document.language, document.has_text, len(document.parts)) == ("fr", True, 1)
    assert list(document.spans) == sorted(document.spans, key=lambda span: (span.start, -span.end))
    assert 0 < document.word_counts[0] <= document.word_counts[1]


def test_a_withheld_text_is_told_by_its_quotes_alone(ask):
    """Of a document whose text is not to be shown, each sentence is what its quotes say together."""
    document = read_document(ask, BASE + "jardin-des-ponts")
    reading = read_part(ask, document, "fr")
    shown = ["|".join("".join(piece.text for piece in run) for run in block) for block in reading.paragraphs]

    assert not document.has_text
    assert document.word_counts == (0, 0)
    assert shown[3] == "La Table commune est toujours ouverte|les habitants y mangent ensemble"
    assert len(shown) == len({passage.quote.sentence for passage in reading.passages})


def test_only_iris_that_the_graph_knows_are_documents(ask):
    """There is no document of an IRI that the graph does not know; those that it knows are listed by name."""
    assert read_document(ask, BASE + "nulle-part") is None
    assert [name.iri.removeprefix(BASE) for name in list_documents(ask)] == ["atelier-du-canal", "jardin-des-ponts"]


@pytest.mark.parametrize("slug", ["atelier-du-canal", "jardin-des-ponts"])
def test_everything_is_marked(ask, slug):
    """Every passage of a document lies under the words that it quotes, in the manner of its families."""
    reading = read_part(ask, read_document(ask, BASE + slug), "fr")
    under = {}
    for run in [run for block in reading.paragraphs for run in block]:
        opened = []
        for piece in run:
            opened = opened[: len(opened) - piece.closing] + list(piece.opening)
            for mark in opened:
                under[mark.anchor, mark.family] = under.get((mark.anchor, mark.family), "") + piece.text

    quoted = {(each.quote.anchor, name): each.quote.text for each in reading.passages for name in each.families}
    assert under == quoted


def test_a_chosen_family_shows_its_passages_and_counts_the_others(ask):
    """A chosen family shows its passages only, with lines of its own look, and still counts those of the others."""
    document = read_document(ask, BASE + "atelier-du-canal")
    every, some = read_part(ask, document, "fr"), read_part(ask, document, "fr", only="public")
    marks = [mark for block in some.paragraphs for run in block for piece in run for mark in piece.opening]

    assert 0 < len(some.passages) == every.families["public"] < len(every.passages)
    assert {mark.family for mark in marks} == {"public"}
    assert some.families == every.families


@pytest.mark.parametrize(
    ("kinds", "families"),
    [
        (("Initiative",), ("initiative",)),
        (("TimeSpan", "Crisis"), ("situation", "temps")),
        (("Aim", "Effect"), ("resultat",)),
        (("Document",), ("autre",)),
    ],
)
def test_a_passage_has_the_families_of_what_it_is_about(kinds, families):
    """A passage has the families of what its statements are about, in their order, or else a place of its own."""
    ask = asker_of("Un mot.", [(0, 6)], kinds)
    reading = read_part(ask, read_document(ask, "https://example.org/d"), "fr")

    assert reading.passages[0].families == families


def test_a_page_tells_what_editors_say_in_its_own_language_only(ask):
    """Of what the editors say in two languages a page tells only its own; words of the text stay."""
    document = read_document(ask, BASE + "jardin-des-ponts")
    told = {}
    for language in ("fr", "en"):
        every = [s for passage in read_part(ask, document, language).passages for s in passage.statements]
        told[language] = {s.value["xml:lang"] for s in every if s.predicate == SKOS + "scopeNote"}
        assert {s.value["xml:lang"] for s in every if s.predicate == SR + "mentionedAs"} == {"fr"}

    assert told == {"fr": {"fr"}, "en": {"en"}}


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        ("Un mot.", []),
        ("Un mot.", [(3, 99), (50, 60), (2, 2)]),
        ("Un.\n\nDeux.", [(0, 9)]),
        ("𝔘n ⋅ « é » <b>", [(0, 2), (5, 14)]),
    ],
    ids=["nothing", "no passage", "beyond the text", "over two paragraphs", "beyond the first plane"],
)
def test_odd_places_in_a_text_never_hide_text_or_passages(text, spans):
    """Whatever a graph says of places in a text, the text is shown whole and every passage is told."""
    ask = asker_of(text, spans)
    reading = read_part(ask, read_document(ask, "https://example.org/d"), "fr")
    shown = "\n\n".join(piece.text for block in reading.paragraphs for run in block for piece in run if piece.text)

    assert shown.replace("\n", "") == text.replace("\n", "")
    assert [(each.quote.start, each.quote.end) for each in reading.passages] == sorted(spans)


def test_a_large_document_is_read_whole_in_bounded_parts():
    """A text of 500,000 code points with 20,000 passages is read in parts of bounded size that leave out nothing."""
    text = ("Une phrase qui dit quelque chose. " * 30 + "\n\n") * 490
    spans = [(at, at + 15 + at % 20) for at in range(0, len(text) - 40, len(text) // 20_000)][:20_000]
    ask = asker_of(text, spans)
    document = read_document(ask, "https://example.org/d")
    first, middle, last = (read_part(ask, document, "fr", part) for part in (1, 30, len(document.parts)))

    assert len(document.parts) > 50
    assert [run.text for part in document.parts for block in part for run in block] == text.strip().split(" \n\n")
    for reading in (first, middle, last):
        words = sum(len(piece.text) for block in reading.paragraphs for run in block for piece in run)
        assert 0 < words <= PART_LENGTH
        assert 0 < len(reading.passages) <= PART_PASSAGES + 50
    assert first.passages[0].quote.start == 0
    assert last.passages[-1].quote.start == spans[-1][0]
    assert read_part(ask, document, "fr", len(document.parts) + 1) is None
    assert read_part(ask, document, "fr", 0) is None


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("Le mot. Un autre mot.", [(3, 6), (11, 16)], {0: 1, 8: 2}),
        ("« Le mot ! » Un autre mot.", [(5, 8), (16, 21)], {0: 1, 13: 2}),
        ("M. Le mot", [(0, 2), (3, 5)], {0: 1, 3: 2}),
        ("Un mot, un autre.", [(0, 2), (11, 16)], {0: 1, 11: 2}),
    ],
    ids=["stop", "quotation mark", "abbreviation", "no stop between"],
)
def test_the_number_of_a_sentence_stands_where_it_begins(text, spans, expected):
    """The number of a sentence stands where it begins, else at its first passage, whichever family is shown."""
    ask = asker_of(text, spans, a_sentence=1)
    document = read_document(ask, "https://example.org/d")
    for only in ("", "temps"):
        place, found = 0, {}
        for piece in read_part(ask, document, "fr", only=only).paragraphs[0][0]:
            if piece.sentence:
                found[place] = piece.sentence
            place += len(piece.text)
        assert found == expected
