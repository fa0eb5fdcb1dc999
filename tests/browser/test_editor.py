"""The SPARQL editor in the browser, and the plain form without JavaScript."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from browser.chromium import DESK, PHONE
from browser.visiting import axe

from kg.pages.query.routes import EDITOR
from kg.pages.shared.served_files import has_asset

EXAMPLE = "sparql?example=012-which-crises-and-when"
CRISES = """PREFIX sr: <https://w3id.org/social-response/ontology#>
SELECT ?crisis WHERE { ?crisis a sr:Crisis } ORDER BY ?crisis"""
SCRIPT = "<script>document.title = 'taken'</script>"
ROWS = ".yasr table.dataTable tbody tr"


@pytest.fixture(scope="module", autouse=True)
def editor(require):
    require(has_asset(EDITOR), "browser: editor", "what 'make' fetches from npm")


def written(page):
    """The query that stands in the editor."""
    return page.evaluate("document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue()")


def write(page, query):
    """Put a query in the editor, with the cursor at its end."""
    page.evaluate(
        """(query) => {
          const editor = document.querySelector('.tabPanel.active .CodeMirror').CodeMirror;
          editor.setValue(query);
          editor.focus();
          editor.setCursor(editor.lineCount(), 0);
        }""",
        query,
    )


def run(page):
    page.locator(".tabPanel.active .yasqe_queryButton").click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_example_is_loaded_and_run(visitor, language, size):
    """The editor opens with the example of the address, runs it and shows its rows, in French and in English."""
    page = visitor.open(f"{'en/' if language == 'en' else ''}{EXAMPLE}", language=language, size=size)

    assert "sr:hasTimeSpan" in written(page)
    assert page.locator("form.query").is_hidden()
    run(page)
    page.locator(ROWS).first.wait_for()
    assert page.locator(ROWS).count() == 6
    assert page.get_by_text({"fr": "6 lignes en", "en": "6 results in"}[language]).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_query_in_the_address_is_run(visitor):
    """A link to a query shows its answer at once, and IRIs of the answer lead to their pages here."""
    page = visitor.open(f"sparql?query={quote(CRISES)}")
    page.locator(ROWS).first.wait_for()
    link = page.locator(f"{ROWS} a.iri").first

    assert page.locator(ROWS).count() == 6
    assert link.get_attribute("href").startswith(f"{visitor.served}doc/situation/")
    assert "migratoire" in link.inner_text()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_things_in_an_answer_are_named_found_and_opened_with_one_click(visitor, language):
    """The table is simple at first; a thing has its label there, is filtered by it, and opens with one click."""
    label = {"fr": "prise de pouvoir des talibans", "en": "Taliban takeover"}[language]
    start = "en/" if language == "en" else ""
    page = visitor.open(f"{start}sparql?query={quote(CRISES)}", language=language)
    page.locator(f"{ROWS} a.iri", has_text=label).wait_for()
    page.locator(".tableFilter").press_sequentially(label[:7])
    page.wait_for_function("(rows) => document.querySelectorAll(rows).length === 1", arg=ROWS)
    link = page.locator(f"{ROWS} a.iri")

    assert page.locator(".yasr .rowNumber").count() == 0
    assert link.get_attribute("title").startswith("https://w3id.org/social-response/id/situation/")
    link.click()
    page.wait_for_url(f"{visitor.served}{start}doc/situation/prise-de-pouvoir-des-talibans")


def test_the_table_keeps_the_view_that_was_chosen(visitor):
    """Who leaves the simple view sees row numbers and datatypes, also of the next answer."""
    page = visitor.open(f"sparql?query={quote('SELECT (1 AS ?n) {}')}")
    page.locator(ROWS).first.wait_for()
    page.locator(".tableControls .switch input").first.uncheck()
    page.locator(".yasr .rowNumber").wait_for()
    run(page)
    page.locator(".yasr .rowNumber").wait_for()

    assert "integer" in page.locator(ROWS).inner_text()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_mark_of_an_error_leaves_the_run_button_free(visitor, size):
    """The mark of a query that cannot be read stands beside the button that runs it."""
    page = visitor.open("sparql", size=size)
    write(page, "SELECT ?x {{ ?x ] ")
    mark = page.locator(".tabPanel.active .warningIcon svg")
    mark.wait_for()
    box, button = mark.bounding_box(), page.locator(".tabPanel.active .queryIcon svg").bounding_box()

    assert (
        box["y"] >= button["y"] + button["height"]
        or box["x"] + box["width"] <= button["x"]
        or box["x"] >= button["x"] + button["width"]
    )


def test_the_list_of_examples_leads_into_the_editor(visitor):
    """A click on an example puts it into a tab of its own, beside those that were there."""
    page = visitor.open("sparql")
    page.locator(".questions a").nth(1).click()
    page.wait_for_load_state()

    assert page.locator(".yasgui .tab").count() == 2
    assert "sr:Initiative" in written(page)
    page.reload()
    assert page.locator(".yasgui .tab").count() == 2


def test_what_was_written_is_still_there(visitor):
    """A query that was written and not run stands there again on the next visit; an answer does not."""
    page = visitor.open("sparql")
    write(page, CRISES)
    run(page)
    page.locator(ROWS).first.wait_for()
    page.goto(f"{visitor.served}sparql")

    assert written(page) == CRISES
    assert page.locator(ROWS).count() == 0


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("SELECT * { ?s sr:tar", "sr:targets · s’adresse à"),
        ("SELECT * { ?s a sr:Init", "sr:Initiative · initiative"),
        ("SELECT * { ?s sr:adresse", "sr:targets · s’adresse à"),
        ("SELECT * { ?s skos:prefL", "skos:prefLabel"),
    ],
)
def test_terms_are_offered_by_name_and_label_while_typing(visitor, typed, offered):
    """Classes and properties of the vocabulary are offered while typing, by name and by label."""
    page = visitor.open("sparql")
    write(page, "")
    page.keyboard.type(typed)
    hint = page.locator(".CodeMirror-hints li", has_text=offered).first
    hint.wait_for()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("SELECT * { ?s sr:re", ["sr:reportedQuantity", "sr:respondsTo"]),
        ("SELECT * { ?s sr:respo", ["sr:respondsTo"]),
        ("SELECT * { ?s sr:aim", ["sr:hasAim"]),
        ("SELECT * { ?s sr:res", ["sr:respondsTo", "sr:hasOutcome"]),
    ],
)
def test_terms_that_begin_as_typed_are_offered_first(visitor, typed, first):
    """What is typed is looked for in names and labels, not in the namespace, and beginnings come first."""
    page = visitor.open("sparql")
    write(page, "")
    page.keyboard.type(typed)
    page.locator(".CodeMirror-hints li", has_text=first[-1]).wait_for()
    hints = page.locator(".CodeMirror-hints li").all_inner_texts()

    assert [hint.partition(" ")[0] for hint in hints][: len(first)] == first
    assert len(hints) < 15


def test_a_completion_brings_its_prefix(visitor):
    """A chosen term stands in the query by its short name, and the prefix is declared."""
    page = visitor.open("sparql")
    write(page, "")
    page.keyboard.type("SELECT * { ?s sr:targ")
    page.locator(".CodeMirror-hints li", has_text="sr:targets").first.click()

    assert "PREFIX sr: <https://w3id.org/social-response/ontology#>" in written(page)
    assert written(page).endswith("?s sr:targets")


def test_the_link_to_share_is_citable(visitor, served):
    """The link to share and the one under the answer have the query and the release, at an address that answers."""
    page = visitor.open("sparql")
    write(page, CRISES)
    run(page)
    page.locator(ROWS).first.wait_for()
    page.locator(".tabPanel.active .yasqe_share").click()
    link = page.locator(".yasqe_sharePopup input").input_value()
    parameters = parse_qs(urlsplit(link).query)

    assert link.startswith(f"{served}sparql?")
    assert parameters["query"] == [CRISES]
    assert parameters["release"][0].count(".") == 2
    assert page.locator("#cite a").get_attribute("href") == link
    assert parse_qs(urlsplit(page.url).query)["query"] == [CRISES]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT WHERE {", "La requête n’est pas du SPARQL 1.1 valide."),
        ("SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }", "ce service n’appelle jamais un autre serveur"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_page(visitor, query, words):
    """A query that is refused gets the page's words: what is wrong and what to change."""
    page = visitor.open("sparql")
    write(page, query)
    run(page)
    page.locator(".editor .refusal").wait_for()

    assert words in page.locator(".editor .refusal").inner_text().replace("\u00a0", " ")
    assert [each for each in visitor.complaints if "400" not in each] == []
    visitor.complaints.clear()  # the browser itself logs the status 400


def test_nothing_in_an_answer_is_taken_for_markup(visitor):
    """Markup in literals, in IRIs and in the query is shown as it is written."""
    value = SCRIPT.replace("'", "\\'")
    page = visitor.open(f"sparql?query={quote(f'SELECT ({chr(39)}{value}{chr(39)} AS ?x) (IRI(?x) AS ?y) {{}}')}")
    page.locator(ROWS).first.wait_for()

    assert SCRIPT in page.locator(ROWS).first.inner_text()
    assert page.title() != "taken"


def test_a_graph_and_a_truth_value_are_shown(visitor):
    """CONSTRUCT shows Turtle, and ASK shows yes or no."""
    page = visitor.open(f"sparql?query={quote('CONSTRUCT { <urn:a> <urn:b> 1 } {}')}")
    page.locator(".yasr_results").get_by_text("urn:a").first.wait_for()
    write(page, "ASK {}")
    run(page)
    page.locator(".booleanResult", has_text="Oui").wait_for()


def test_the_keyboard_runs_a_query_and_leaves_the_editor(visitor):
    """Ctrl + Enter runs the query, and Escape gives Tab back, which leads on through the page."""
    page = visitor.open("sparql")
    write(page, CRISES)
    page.keyboard.press("Control+Enter")
    page.locator(ROWS).first.wait_for()
    page.keyboard.press("Escape")
    inside = "Boolean(document.activeElement.closest('.yasgui'))"
    stops = 0
    while page.evaluate(inside) or not stops:
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 60, "the editor keeps the keyboard"

    assert page.evaluate("document.activeElement.closest('#cite, #main, footer') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_readers_of_screens_are_told_in_the_editor(visitor, scheme):
    """axe-core finds nothing on the page with the editor and an answer: what YASGUI lacks is mended after its start."""
    page = visitor.open(f"sparql?query={quote(CRISES)}", scheme=scheme)
    page.locator(ROWS).first.wait_for()

    assert axe(page) == []


def test_the_plain_form_works_without_javascript(visitor):
    """Without JavaScript the form asks, the answer stands below, and its things are links."""
    page = visitor.open(EXAMPLE, javascript=False)
    page.get_by_role("button", name="Exécuter").click()
    page.wait_for_load_state()

    assert page.locator("#answer tbody tr").count() == 6
    assert page.locator("#answer tbody a").first.get_attribute("href").startswith("./doc/situation/")
    assert "release=" in page.locator("#cite a").get_attribute("href")
    assert page.locator("#editor").is_hidden()


def test_a_query_cited_with_another_release(visitor):
    """A link that names another release than the one that answers says so."""
    page = visitor.open("sparql?query=ASK%7B%7D&release=0.0.9", javascript=False)

    assert "citée avec la version 0.0.9" in page.locator("main").inner_text()
