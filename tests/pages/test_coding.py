"""The coding of pages and other texts, and the ETags that go with it."""

import gzip

import pytest

from kg.endpoint.gateway.responses import zstd  # from wherever this Python has it

DECODE = {"gzip": gzip.decompress, "zstd": zstd.decompress}

CODED = [
    ("/?lang=fr", "gzip", "gzip"),
    ("/?lang=fr", "zstd", "zstd"),
    ("/?lang=fr", "gzip, deflate, br, zstd", "zstd"),
    ("/?lang=fr", "zstd;q=0.5, gzip", "gzip"),
    ("/?lang=fr", "br", ""),
    ("/?lang=fr", "gzip;q=0", ""),
    ("/?lang=fr", "", ""),
    ("/static/style.css", "gzip", "gzip"),
    ("/openapi.json", "zstd", "zstd"),
    ("/download/graph.nq", "gzip", ""),
    ("/health", "gzip", ""),
]
"""Address, Accept-Encoding, and the coding that is sent: none of small texts and of files to download."""


@pytest.mark.parametrize(("path", "accepted", "coding"), CODED)
def test_a_text_is_sent_in_the_coding_that_the_client_likes_best(client, path, accepted, coding):
    """A text is sent in the coding that the client likes best, and is the same when decoded."""
    plain = client.get(path)
    sent = client.get(path, headers={"Accept-Encoding": accepted})

    assert sent.headers.get("Content-Encoding", "") == coding
    assert "Accept-Encoding" in sent.headers.get("Vary", "") or path.startswith("/download/")
    assert DECODE[coding](sent.data) == plain.data if coding else sent.data == plain.data
    assert len(sent.data) < len(plain.data) or not coding


@pytest.mark.parametrize("path", ["/en/", "/static/style.css", "/openapi.json"])
def test_each_coding_has_an_etag_of_its_own(client, path):
    """Each coding has an ETag of its own, and a client that has it is not sent the text again."""
    tags = {}
    for coding in ("identity", "gzip", "zstd"):
        tags[coding] = client.get(path, headers={"Accept-Encoding": coding}).headers["ETag"]
        again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": tags[coding]})

        assert again.status_code == 304
        assert again.headers["ETag"] == tags[coding]
    other = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tags["zstd"]})

    assert len(set(tags.values())) == 3
    assert other.status_code == 200


def test_a_part_of_a_file_is_not_coded(client):
    """A range is a range of the bytes of the file."""
    part = client.get("/static/style.css", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})

    assert (part.status_code, len(part.data), part.headers.get("Content-Encoding")) == (206, 10, None)
