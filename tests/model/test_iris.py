"""IRIs: which texts are IRIs, and how people and queries write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from kg.model.iris import HOME, PREFIXES, PROV, SCHEMA, SR, curie, expand_curie, is_iri, shorten_iri


@given(st.text(alphabet=st.characters(), max_size=30))
def test_an_iri_cannot_leave_its_place_in_a_query(text):
    """Whatever counts as an IRI stands between < and > as one token of a query."""
    if is_iri(f"http://ex/{text}"):
        assert not set(text) & set('<>"{}|^`\\ \n\r\t')


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        (SR + "targets", "sr:targets"),
        (SCHEMA + "répond_à", "schema:répond_à"),
        (SCHEMA + "3.14", "schema:3.14"),
        (PROV, None),
        (PROV + "a/b", None),
        (PROV + "a.", None),
        (PROV + "-a", None),
        (PROV + "a%20b", None),
        ("https://example.org/x", None),
    ],
)
def test_curie_has_a_name_that_turtle_takes_as_it_is(iri, expected):
    """The bare namespace and names with a slash have no CURIE; letters of other languages have."""
    assert curie(iri) == expected


def test_longest_namespace_gives_the_prefix():
    """Where one namespace begins with another, the longer one is used."""
    prefixes = {"short": "https://ex.org/", "long": "https://ex.org/v#", "": ""}
    assert curie("https://ex.org/v#x", prefixes) == "long:x"
    assert curie("https://ex.org/x", prefixes) == "short:x"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("aé_-.:/#·1")), max_size=8))
def test_a_curie_means_its_iri_in_a_query(name):
    """SPARQL reads a CURIE as the IRI that it was made of, and so does ``expand_curie``."""
    short = curie(SR + name)
    if short is not None and is_iri(SR + name):
        answer = Store().query(f"PREFIX sr: <{SR}> SELECT ?iri {{ VALUES ?iri {{ {short} }} }}")
        assert [row["iri"].value for row in answer] == [SR + name]
        assert expand_curie(short) == SR + name


def test_unknown_prefix_is_not_expanded():
    """A text without a known prefix is no CURIE."""
    assert [expand_curie(text) for text in ("nope:x", "targets", "https://ex.org/")] == [None] * 3
    assert expand_curie("sr:x", {"sr": PREFIXES["prov"]}) == PROV + "x"


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://ex.org/id/lieu/gare", "lieu/gare"),
        (HOME + "id/type-lieu/pays", "type-lieu/pays"),
        (SR + "targets", "sr:targets"),
        (PROV + "a/b", PROV + "a/b"),
        ("https://other.org/id/lieu/gare", "https://other.org/id/lieu/gare"),
    ],
)
def test_iri_is_shortened_for_people(iri, expected):
    """Things of the project and of the shared schemes are their ids, terms CURIEs, others whole."""
    assert shorten_iri(iri, "https://ex.org/") == expected
