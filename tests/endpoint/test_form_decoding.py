"""Query strings and forms are decoded as the standard library decodes them."""

from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol.request import MAX_FIELDS, decode_form

PIECES = st.sampled_from(
    ["%", "%4", "%41", "%C3%A9", "%c3", "%a9", "%zz", "=", "==", "&", "+", " ", "a", "é", "\n", "\r", "%0A", "%00"]
)
ENCODED = st.lists(PIECES, max_size=12).map("".join)


def by_the_library(text):
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None


def by_us(text):
    try:
        return decode_form(text.encode())
    except ProblemError as error:
        return None if error.code == "encoding" else error


@given(ENCODED)
@example("a=%3D%3d=&b")
@example("%3D=%25%33%44")
@example("a=%\n41&b=%=41")
def test_any_text_has_the_fields_that_urllib_finds(text):
    """Any text, well encoded or not, has the fields that urllib finds in it, or is refused where urllib fails."""
    assert by_us(text) == by_the_library(text)


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_what_clients_encode_is_decoded_to_what_it_was(pairs):
    """What clients encode is decoded to what it was."""
    encoded = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)

    assert decode_form(encoded.encode()) == pairs


def test_one_field_too_many_is_refused():
    """So many fields are read, and one more is refused with the limit."""
    assert len(decode_form(b"&".join([b"a=1"] * MAX_FIELDS))) == MAX_FIELDS
    with pytest.raises(ProblemError) as caught:
        decode_form(b"&".join([b"a=1"] * (MAX_FIELDS + 1)))
    assert (caught.value.code, caught.value.values["limit"]) == ("too-large", MAX_FIELDS)


def test_bytes_that_are_no_text():
    """Bytes that are not UTF-8 are refused, and told where the first of them stands."""
    with pytest.raises(ProblemError, match="byte 3 cannot be read"):
        decode_form(b"a=\xff")
