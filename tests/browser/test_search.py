"""The search field, its suggestions and the results, in the browser."""

import pytest
from browser.chromium import DESK, PHONE
from browser.visiting import axe

LANGUAGES = pytest.mark.parametrize(
    ("start", "words"), [("", "Lits halte"), ("en/", "Medical respite")], ids=["fr", "en"]
)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def suggested(page, typed):
    """The list of suggestions, shown for what is typed."""
    page.get_by_role("combobox").press_sequentially(typed, delay=20)
    options = page.locator(f'[role=listbox][data-typed="{typed}"]').get_by_role("option")
    options.first.wait_for()  # the list for the first letters may stand there before
    return options


@LANGUAGES
@SIZES
def test_suggestions_are_walked_through_by_the_arrow_keys(visitor, start, words, size):
    """Suggestions come as one types, are told to screen readers, and are walked through by the arrow keys."""
    page = visitor.open(f"{start}search", size=size, language="en" if start else "fr")
    field = page.get_by_role("combobox")
    options = suggested(page, "lits infir")

    assert words in options.first.text_content()
    assert field.get_attribute("aria-expanded") == "true"
    assert page.locator("#search [role=status]").text_content().startswith(f"{options.count()} suggestions.")
    assert axe(page) == []
    for key, place in (
        ("ArrowDown", 0),
        ("ArrowUp", None),
        ("ArrowUp", options.count() - 1),
        ("ArrowDown", None),
        ("ArrowDown", 0),
    ):
        field.press(key)
        active = None if place is None else options.nth(place).get_attribute("id")
        assert field.get_attribute("aria-activedescendant") == active
        chosen = [option.get_attribute("aria-selected") == "true" for option in options.all()]
        assert chosen == [each == place for each in range(options.count())]
    with page.expect_navigation():
        field.press("Enter")
    assert page.url.endswith(f"{start}doc/initiative/lhss")


def test_a_click_on_a_suggestion_opens_it(visitor):
    """A click on a suggestion opens it."""
    page = visitor.open("search")
    options = suggested(page, "egal")
    with page.expect_navigation():
        options.first.click()

    assert page.url.endswith("doc/initiative/egaldia")


def test_escape_closes_the_suggestions_and_keeps_the_words(visitor):
    """Escape closes the suggestions and keeps what is typed; so does leaving the field; Enter then searches."""
    page = visitor.open("search")
    field = page.get_by_role("combobox")
    suggested(page, "egal")
    field.press("Escape")

    assert page.get_by_role("listbox").count() == 0
    assert (field.input_value(), field.get_attribute("aria-expanded")) == ("egal", "false")
    field.press("ArrowDown")
    assert page.get_by_role("listbox").count() == 1
    field.press("Tab")
    assert page.get_by_role("listbox").count() == 0
    field.focus()
    with page.expect_navigation():
        field.press("Enter")
    assert page.url.endswith("search?q=egal")


def test_suggestions_asked_for_before_escape_stay_closed(visitor):
    """Suggestions that were asked for before Escape do not open after it."""
    page = visitor.open("search")
    field = page.get_by_role("combobox")
    suggested(page, "egal")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/suggest?q=egald", hold)
    with page.expect_request("**/suggest?q=egald"):
        field.press("d")
    field.press("Escape")
    for route in held:
        route.continue_()
    page.wait_for_timeout(500)  # the answer takes a few milliseconds where nothing stops it

    assert page.get_by_role("listbox").count() == 0


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
@SIZES
def test_the_form_searches_with_and_without_scripts(visitor, size, javascript):
    """The form searches with and without scripts, the kinds narrow the results, and a quote leads into the text."""
    page = visitor.open("", size=size, javascript=javascript)
    field = page.locator("#q")
    field.fill("hébergement")
    with page.expect_navigation():
        field.press("Enter")

    assert page.locator("h1").text_content().startswith("10 résultats")
    with page.expect_navigation():
        page.locator(".facets a", has_text="initiatives").click()
    assert page.locator(".results > li").count() == 3
    with page.expect_navigation():
        page.locator(".results .said a").first.click()
    assert "/text/groupe-sos#" in page.url


@pytest.mark.parametrize(("start", "size", "scheme"), [("", PHONE, "light"), ("en/", DESK, "dark")], ids=["fr", "en"])
@pytest.mark.parametrize(
    "path", ["search", "search?q=sdf", "search?q=xyzzy", "search?q=personnes&kind=PopulationGroup"]
)
def test_everyone_can_use_it(visitor, start, size, scheme, path):
    """The pages of the search have no fault that axe-core finds and are no wider than the window."""
    page = visitor.open(start + path, size=size, scheme=scheme, language="en" if start else "fr")

    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
