"""The redirects of https://w3id.org/social-response/, run by Apache, lead somewhere."""

import http.client
import shutil
from pathlib import Path

import pytest
from behind_gateway import served_app

from kg.endpoint.evaluation import asker
from kg.model.project import Project
from kg.pages import limits_of

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "deploy" / "w3id" / ".htaccess"
PROGRAM = next((found for name in ("apache2", "httpd") if (found := shutil.which(name))), None)
MODULES = next(
    (
        folder
        for folder in map(Path, ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2"))
        if (folder / "mod_rewrite.so").is_file()
    ),
    None,
)
TO = "https://social-response.example.org/"
CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{folder}/pid"
ErrorLog "{folder}/log"
LoadModule mpm_event_module "{modules}/mod_mpm_event.so"
LoadModule authz_core_module "{modules}/mod_authz_core.so"
LoadModule rewrite_module "{modules}/mod_rewrite.so"
LoadModule headers_module "{modules}/mod_headers.so"
User nobody
DocumentRoot "{folder}/www"
<Directory "{folder}/www">
AllowOverride FileInfo
Require all granted
</Directory>
"""
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SEVERAL = "text/turtle;q=0.9,application/rdf+xml,text/html;q=0.5"
CASES = [
    ("", BROWSER, 302, ""),
    ("id/initiative/lhss", BROWSER, 303, "doc/initiative/lhss"),
    ("id/initiative/lhss", "", 303, "doc/initiative/lhss"),
    ("id/initiative/lhss", "*/*", 303, "doc/initiative/lhss"),
    ("id/initiative/lhss", "text/turtle", 303, "doc/initiative/lhss.ttl"),
    ("id/initiative/lhss", "application/ld+json;q=0.9", 303, "doc/initiative/lhss.jsonld"),
    ("id/initiative/lhss", "application/n-triples", 303, "doc/initiative/lhss.nt"),
    ("id/initiative/lhss", "application/rdf+xml", 303, "doc/initiative/lhss.rdf"),
    ("id/initiative/lhss", SEVERAL, 303, "doc/initiative/lhss"),
    ("id/passage/groupe-sos/1004-1010.quote", "text/turtle", 303, "doc/passage/groupe-sos/1004-1010.quote.ttl"),
    ("id/type-initiative/etablissement", BROWSER, 303, "doc/type-initiative/etablissement"),
    ("ontology", BROWSER, 303, "ontology"),
    ("ontology", "text/turtle", 303, "ontology.ttl"),
    ("ontology", "application/rdf+xml", 303, "ontology.rdf"),
    ("ontology.ttl", "", 302, "ontology.ttl"),
    ("ontology/0.1.0", "text/turtle", 302, "ontology/0.1.0"),
    ("shapes", BROWSER, 303, "shapes"),
    ("shapes", "application/ld+json", 303, "shapes.jsonld"),
    ("context.jsonld", "application/ld+json", 302, "context.jsonld"),
    ("graph/things", "text/turtle", 302, "graph/things"),
    ("sparql?query=ASK%20%7B%7D", "", 307, "sparql?query=ASK%20%7B%7D"),
    ("en/", BROWSER, 302, "en/"),
    ("download/things.ttl", "", 302, "download/things.ttl"),
]


@pytest.fixture(scope="module")
def apache(require, apache_with):
    """The port of an Apache that answers as w3id.org does, in a folder of its own."""
    require(PROGRAM is not None and MODULES is not None, "the redirects of w3id.org", "Apache (apache2)")

    def prepare(folder, port):
        (folder / "www" / "social-response").mkdir(parents=True)
        shutil.copy(RULES, folder / "www" / "social-response")
        (folder / "conf").write_text(CONFIGURATION.format(folder=folder, port=port, modules=MODULES), encoding="utf-8")

    with apache_with(PROGRAM, prepare) as port:
        yield port


@pytest.fixture(scope="module")
def served(store, release, tmp_path_factory):
    """A client of the service of this release, where the redirects lead."""
    folder = tmp_path_factory.mktemp("release")
    for name, data in release.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    project = Project.open(ROOT)
    return served_app(project, asker(store, limits_of(project)), folder=folder).test_client()


def ask(port, path, accept, method="GET"):
    """The status and headers of a response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, f"/social-response/{path}", headers={"Accept": accept} if accept else {})
        response = connection.getresponse()
        response.read()
        return response.status, response.headers
    finally:
        connection.close()


@pytest.mark.parametrize(("path", "accept", "status", "target"), CASES)
def test_each_address_redirects_to_something_that_exists(apache, served, path, accept, status, target):
    """Each address leads where it should, readable from any site, and there is something there."""
    found, headers = ask(apache, path, accept)
    there = served.get(f"/{target}", headers={"Accept": accept} if accept else {}, buffered=True)

    assert (found, headers["Location"]) == (status, f"{TO}{target}")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert there.status_code in {200, 302}


def test_posted_query_stays_one(apache):
    """A redirect of a query keeps its method."""
    assert ask(apache, "sparql", "", "POST")[0] == 307


def test_negotiated_redirects_say_so(apache):
    """A cache is told that the redirect depends on what is accepted."""
    assert "Accept" in ask(apache, "id/initiative/lhss", "text/turtle")[1]["Vary"]


def test_the_place_of_the_publication_is_written_once():
    """The place of the publication is written once."""
    assert RULES.read_text(encoding="utf-8").count(TO) == 1
