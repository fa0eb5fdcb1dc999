"""Reads the fields of a query string or of a form (https://url.spec.whatwg.org/#application/x-www-form-urlencoded)."""

from __future__ import annotations

from binascii import a2b_qp
from urllib.parse import unquote_to_bytes

from kg.endpoint.problems import ProblemError

MAX_FIELDS = 1_000
"""Most fields of one request."""


def decode_form(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values in the order in which they stand, percent-decoded exactly once.

    Errors: ProblemError where there are too many, or where they are not UTF-8 before or after that.
    """
    demand_text(encoded)
    if encoded.count(b"&") >= MAX_FIELDS:
        raise ProblemError("too-large.fields", limit=MAX_FIELDS)
    try:
        parted = [field.partition(b"=") for field in encoded.split(b"&") if field]
        return [(percent_decoded(name).decode(), percent_decoded(value).decode()) for name, _, value in parted]
    except UnicodeDecodeError:
        raise ProblemError("encoding.percent") from None


def demand_text(body: bytes) -> str:
    """Bytes of a request as text.

    Errors: ProblemError where they are not UTF-8.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProblemError("encoding", byte=error.start + 1) from None


def percent_decoded(value: bytes) -> bytes:
    """A name or a value with ``+`` as a space and each ``%`` with two hexadecimal digits as the byte that they mean.

    The decoder of "quoted-printable" does the same at ``=`` in C; urllib, in Python, takes a tenth of all the time
    that the HTTP process spends on a query. It is left the values with a ``%`` that begins no byte: those are not
    shorter by two bytes for each, unless a line ends somewhere, which that other decoder may drop (RFC 2045, 6.7).
    """
    value = value.replace(b"+", b" ")
    marks = value.count(b"%")
    if not marks:
        return value
    decoded = a2b_qp(value.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(decoded) != len(value) - 2 * marks or b"\n" in value or b"\r" in value:
        return unquote_to_bytes(value)
    return decoded
