"""The static site in the browser, below a path of a plain file server."""

import contextlib
import functools
import http.server
import threading
from urllib.parse import quote

import pytest
from browser.chromium import DESK, PHONE
from browser.visiting import axe
from faults.service import make_root

from kg.pages.query.routes import EDITOR
from kg.pages.shared.served_files import has_asset
from kg.static_site.crawl import SiteSource
from kg.static_site.site_builder import build_site
from kg.static_site.site_links import is_wanted

EXAMPLE = "012-which-crises-and-when"
CRISES = """PREFIX sr: <https://w3id.org/social-response/ontology#>
SELECT ?crisis WHERE { ?crisis a sr:Crisis } ORDER BY ?crisis"""
GRAPHS = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
UNION = "ASK { ?initiative a <https://w3id.org/social-response/ontology#Initiative> }"
HEAVY = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d && ?d != ?g) }"
ROWS = ".yasr table.dataTable tbody tr"
CHOICES = ("/things/initiative?respondsTo", "/sparql?", "/text/")
VISITED = ("/doc/initiative/", "/doc/public/", "/doc/situation/")
DATA = (".ttl", ".jsonld", ".nt", ".rdf")
"""The documents that the site has here, and what it lacks of them: the other three quarters of it nobody visits."""

both = pytest.mark.parametrize("language", ["fr", "en"])
sizes = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


class Silent(http.server.SimpleHTTPRequestHandler):
    """Sends files and prints nothing."""

    def log_message(self, *_):
        """Nothing."""

    def copyfile(self, source, outputfile):
        """Send a file, or what a browser takes of it before it leaves."""
        with contextlib.suppress(ConnectionError):
            super().copyfile(source, outputfile)


@pytest.fixture(scope="module")
def served(tmp_path_factory, release, require):
    """The address of the site below a path, which ends with a slash."""
    require(has_asset(EDITOR) and has_asset("vendor/oxigraph/web.js"), "browser: site", "what 'make' fetches from npm")
    root = make_root(tmp_path_factory.mktemp("site") / "project", dict(release.files), "\n[limits]\nseconds = 3\n")
    folder = tmp_path_factory.mktemp("host")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kg.static_site.crawl.is_wanted", is_small)
        build_site(SiteSource(root, root / "dist"), folder / "below")
    handler = functools.partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/below/"
        server.shutdown()
        thread.join(10)


def is_small(address):
    """Whether the site here has an address: lists have one choice only where that is of initiatives."""
    path = address.removeprefix("/en")
    is_choice = "?" in address and not path.startswith(CHOICES)
    is_other = path.startswith(("/doc/", "/id/")) and not path.startswith(VISITED)
    return is_wanted(address) and not is_choice and not is_other and not path.endswith(DATA)


def way(path, language):
    return f"{'en/' if language == 'en' else ''}{path}"


@both
@sizes
def test_an_example_is_answered(visitor, language, size):
    """An example of the list is opened, run and answered in the browser, in French and in English."""
    page = visitor.open(way("sparql.html", language), language=language, size=size)
    page.locator(f"a[href*='{EXAMPLE}']").click()
    page.locator("h1", has_text={"fr": "De quelles crises", "en": "Which crises"}[language]).wait_for()
    page.locator(".tabPanel.active .yasqe_queryButton").click()
    page.locator(ROWS).first.wait_for()

    assert page.locator(ROWS).count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(page) == []


def test_a_link_to_a_query_shows_its_answer(visitor):
    """A link to a query shows its answer, and its things lead to their pages."""
    page = visitor.open(f"sparql.html?query={quote(CRISES)}")
    page.locator(ROWS).first.wait_for()
    assert page.locator(ROWS).count() == 6
    page.locator(f"{ROWS} a.iri").first.click()
    page.wait_for_url("**/doc/situation/*.html")
    assert page.locator("h1").inner_text()


def ask(page, query):
    """The answer of the engine in the page, as a script is given it."""
    return page.evaluate(
        """async (query) => {
          const response = await fetch(`sparql?query=${encodeURIComponent(query)}`);
          return [response.status, await response.json()];
        }""",
        query,
    )


def test_same_graphs_as_the_service(visitor, release):
    """The graphs are those of the release, and the default graph is their union."""
    page = visitor.open("sparql.html")
    status, answer = ask(page, GRAPHS)
    counts = {row["g"]["value"]: int(row["n"]["value"]) for row in answer["results"]["bindings"]}

    assert status == 200
    assert sum(counts.values()) == len(release.quads)
    assert ask(page, UNION) == [200, {"head": {}, "boolean": True}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT WHERE {", "syntax"),
        ("SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }", "service"),
        ("INSERT DATA { <x:a> <x:b> <x:c> }", "syntax"),
    ],
)
def test_the_site_refuses_with_the_words_of_the_service(visitor, query, code):
    """What is no query, asks another server or would change the graph is refused with the words of the service."""
    status, answer = ask(visitor.open("sparql.html"), query)

    assert (status, answer["code"]) == (400, code)


def test_a_heavy_query_is_ended(visitor):
    """A query that takes too long is ended with its worker, and the next one is answered."""
    page = visitor.open("sparql.html")
    status, answer = ask(page, HEAVY)

    assert (status, answer["code"], answer["limit"]) == (400, "timeout", 3)
    assert ask(page, UNION)[0] == 200


def test_a_link_to_an_answer_as_csv_saves_a_file(visitor):
    """A link to an answer as CSV saves it as a file."""
    page = visitor.open("things/initiative.html")
    with page.expect_download() as saving:
        page.locator(".seethequery a", has_text="CSV").click()
    text = saving.value.path().read_text(encoding="utf-8")

    assert saving.value.suggested_filename == "answer.csv"
    assert "initiative/lhss" in text


@both
@sizes
def test_another_name_finds_the_thing_from_any_page(visitor, language, size):
    """A search for another name of a thing finds it from any page and leads to it."""
    page = visitor.open(way("timeline.html", language), language=language, size=size)
    page.locator("#q").fill("sdf")
    page.locator("#q").press("Enter")
    page.locator(".results li").first.wait_for()

    assert page.locator("h1").inner_text().replace("\u00a0", " ").endswith({"fr": "« sdf »", "en": "“sdf”"}[language])
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(page) == []
    page.locator(".results h2 a").first.click()
    page.wait_for_url("**/doc/public/personnes-sans-domicile-fixe.html")


def test_search_that_finds_nothing(visitor):
    """What is not there is told, and what was typed is not taken for markup."""
    page = visitor.open(f"search.html?q={quote('<b>qxyzzyq</b>')}")
    page.locator("h1", has_text="Rien pour").wait_for()

    assert "<b>qxyzzyq</b>" in page.locator("h1").inner_text()


@both
def test_suggestions_come_from_the_index_and_lead_to_pages(visitor, language):
    """Suggestions appear while typing, come from the index of the site, and lead to the pages of things."""
    page = visitor.open(way("doc/initiative/lhss.html", language), language=language)
    page.locator("#q").press_sequentially("cornic")
    page.locator("[data-typed=cornic] [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/below/{way('doc/initiative/la-corniche.html', language)}")


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("text/groupe-sos.html?kind=temps", "text/groupe-sos.kind=temps.html"),
        ("things/initiative.html?respondsTo=situation/gilets-jaunes", "respondsTo=situation_2Fgilets-jaunes.html"),
        (f"sparql.html?example={EXAMPLE}", f"sparql.example={EXAMPLE}.html"),
    ],
)
def test_an_address_with_parameters_leads_to_its_file(visitor, path, end):
    """An address with parameters, as the service has it, leads to the file made for those parameters."""
    page = visitor.open(path)
    page.wait_for_url(f"**{end}")
    assert page.locator("h1").inner_text()


def test_a_list_is_sorted(visitor):
    """A list is sorted the other way by a click on the heading that it is sorted by, and so again as it was."""
    page = visitor.open("things/situation.html")
    names = page.locator("main tbody th")
    head = page.locator("thead th").first
    before = names.all_inner_texts()
    head.locator("button").click()
    assert names.all_inner_texts() == before[::-1]
    assert head.get_attribute("aria-sort") == "descending"
    head.locator("button").click()
    assert names.all_inner_texts() == before


@pytest.mark.parametrize("path", ["", "things/initiative.html", "doc/initiative/lhss.html", "text/groupe-sos.html"])
def test_pages_without_scripts(visitor, path):
    """Pages read without JavaScript, and what needs a service or a script is not offered as if it worked."""
    page = visitor.open(path, javascript=False)

    assert page.locator("h1").inner_text()
    assert page.get_by_text("OpenAPI").is_hidden()


@pytest.mark.parametrize("path", ["sparql.html", "search.html"])
def test_pages_that_need_scripts_say_so(visitor, path):
    """Without JavaScript the pages that need it say so."""
    page = visitor.open(path, javascript=False)
    assert page.locator("noscript p", has_text="JavaScript").is_visible()
