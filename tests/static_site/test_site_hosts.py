"""The site's configuration for Apache: media types, negotiation, redirects and folders."""

import http.client
import shutil
from pathlib import Path

import pytest

from kg.static_site.site_builder import host_files

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authz_core", "mime", "dir", "negotiation", "rewrite", "headers")
CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{folder}/pid"
ErrorLog "{folder}/log"
{modules}
TypesConfig "{folder}/types"
User nobody
DocumentRoot "{folder}/www"
<Directory "{folder}/www">
AllowOverride All
Require all granted
</Directory>
"""
FILES = (
    *("index.html", "en/index.html", "404.html", ".well-known/void", "feed.xml", "things.html", "things/x.html"),
    *(f"doc/initiative/x.{ending}" for ending in ("html", "ttl", "jsonld", "nt", "rdf")),
    *("id/initiative/x.html", "download/index.html", "download/SHA256SUMS", "things/x.a=b_2Fc.html"),
)
HTML, TURTLE = "text/html; charset=utf-8", "text/turtle; charset=utf-8"


@pytest.fixture(scope="module")
def apache(require, apache_with):
    """The port of an Apache with a site below a path."""
    program = shutil.which("apache2")
    require(program is not None and MODULES.is_dir(), "site: Apache", "Apache (apache2)")

    def prepare(folder, port):
        lay_out(folder / "www" / "below")
        (folder / "types").write_text("text/html html\n")
        modules = "\n".join(f'LoadModule {each}_module "{MODULES}/mod_{each}.so"' for each in LOADED)
        (folder / "conf").write_text(CONFIGURATION.format(folder=folder, port=port, modules=modules))

    with apache_with(program, prepare) as port:
        yield port


def lay_out(folder):
    """Write a site whose files hold their names."""
    typed = {".well-known/void": "text/turtle", "download/SHA256SUMS": "text/plain"}
    for name, data in {**{file: file.encode() for file in FILES}, **host_files(typed)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


CASES = [
    ("", "text/html", HTML, "index.html"),
    ("en/", "text/html", HTML, "en/index.html"),
    ("doc/initiative/x", "text/html,*/*;q=0.8", HTML, "doc/initiative/x.html"),
    ("doc/initiative/x", "text/turtle", TURTLE, "doc/initiative/x.ttl"),
    ("doc/initiative/x", "application/ld+json", "application/ld+json", "doc/initiative/x.jsonld"),
    ("doc/initiative/x.rdf", "*/*", "application/rdf+xml", "doc/initiative/x.rdf"),
    ("feed", "*/*", "application/xml; charset=utf-8", "feed.xml"),
    ("things", "text/html", HTML, "things.html"),
    ("things/x", "text/html", HTML, "things/x.html"),
    ("things/x.a=b_2Fc.html", "text/html", HTML, "things/x.a=b_2Fc.html"),
    (".well-known/void", "*/*", "text/turtle", ".well-known/void"),
    ("download/SHA256SUMS", "*/*", "text/plain; charset=utf-8", "download/SHA256SUMS"),
]


@pytest.mark.parametrize(("path", "accept", "media_type", "file"), CASES)
def test_apache_sends_the_format_that_is_asked_for(apache, path, accept, media_type, file):
    """Apache sends the file of an address of the service, in the format that is asked for, with its media type."""
    status, headers, body = get(apache, path, accept)

    assert (status, body) == (200, file)
    assert headers["Content-Type"] == media_type
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("path", "status", "to"),
    [
        ("id/initiative/x", 303, "doc/initiative/x"),
        ("id/initiative/x.html", 303, "doc/initiative/x"),
        ("en", 301, "en/"),
        ("download", 301, "download/"),
    ],
)
def test_apache_leads_from_a_thing_to_its_document(apache, path, status, to):
    """A thing leads to the document about it, and a folder without its slash to the one with it."""
    answered, headers, _ = get(apache, path, "text/html")

    assert (answered, headers["Location"]) == (status, f"http://127.0.0.1:{apache}/below/{to}")


def test_apache_finds_nothing_that_the_site_lacks(apache):
    """What the site does not have is not found, and folders are not listed."""
    assert get(apache, "doc/initiative/y", "text/html")[0] == 404
    assert get(apache, "doc/initiative/", "text/html")[0] in {403, 404}


def get(port, path, accept):
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/below/{path}", headers={"Accept": accept})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()
