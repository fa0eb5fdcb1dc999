"""Every page in the browser: accessible, small, usable by keyboard, without foreign requests."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path
from shutil import which

import pytest
from browser.chromium import DESK, PHONE
from browser.routes import PAGES
from browser.visiting import axe

VNU = Path(__file__).resolve().parent / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
LARGEST = 150_000
"""Most bytes of a page as sent, with all that it loads but the editor."""

EDITOR = re.compile(r"/static/(vendor/yasgui/|editor\.)")
STOPS = 60
"""How many times Tab is pressed on a page; what follows is focused one by one."""

LANDMARKS = """() => [...document.querySelectorAll("main, nav, footer, h1, h2")]
  .filter((element) => element.checkVisibility() && !element.closest(".yasgui"))
  .map((element) => `${element.tagName} ${/^H/.test(element.tagName) ? element.textContent.trim() : ""}`)"""

REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)
  .filter((element) => !element.closest(".yasgui, [tabindex='-1']"))"""
"""What Tab is to reach; where one stop stands for many with tabindex -1, that page has keys and tests of its own."""

every_page = pytest.mark.parametrize("page", PAGES, ids=[page.path or "home" for page in PAGES])


@every_page
@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_on_a_page_in_light_and_in_dark(visitor, page, language):
    """A page has its heading and its language, and axe-core finds nothing on it, in light or dark, in any language."""
    opened = visitor.open(page.way(language), language=language)

    assert opened.locator("h1").inner_text().startswith(getattr(page, language))
    assert opened.locator("html").get_attribute("lang") == language
    assert axe(opened) == []
    if language == "fr":
        opened.emulate_media(color_scheme="dark")
        assert axe(opened, only="color-contrast") == []


@every_page
def test_a_page_is_small_and_fits_a_phone(visitor, page):
    """On a phone a page need not be scrolled sideways, and it is small as sent, with all that it loads."""
    opened = visitor.open(page.way(), size=PHONE, first=True)
    opened.wait_for_load_state("networkidle")
    sent = {url: size for url, size in visitor.weigh().items() if not EDITOR.search(url)}

    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert 0 < min(sent.values()) <= sum(sent.values()) <= LARGEST, sent


@every_page
def test_landmarks_and_headings_are_the_same_without_javascript(visitor, page):
    """Without JavaScript a page has the same landmarks and headings."""
    plain = visitor.open(page.way(), javascript=False)
    script = visitor.open(page.way())
    there = plain.evaluate(LANDMARKS)

    assert len(there) > 3
    assert [each for each in there if each not in ANSWERS] == script.evaluate(LANDMARKS)


ANSWERS = {"H2 20 lignes"}
"""Headings that the editor replaces by what it shows itself."""


@every_page
def test_tab_reaches_every_control_and_shows_where_it_is(visitor, page):
    """Tab reaches every link, button and field of a page, one after the other, and shows where it is."""
    opened = visitor.open(page.way(), size=DESK)
    count = opened.evaluate(f"() => {{ window.all = ({REACHABLE})(); return all.length; }}")
    reached = []
    for _ in range(min(count, STOPS)):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate("all.indexOf(document.activeElement)"))
        if reached[-1] < 0 and opened.evaluate("Boolean(document.activeElement.closest('.yasgui'))"):
            break  # the editor is tested with its own keys
    own = [place for place in reached if place >= 0]
    after = opened.evaluate(
        """(from) => all.slice(from).filter((element) => {
          element.focus();
          return element !== document.activeElement || element.tabIndex < 0;
        }).map((element) => element.outerHTML)""",
        len(own),
    )

    assert own == list(range(len(own)))
    assert after == []
    assert own


FOCUS_LINE = """() => {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1.5 && outlineColor !== "rgba(0, 0, 0, 0)";
}"""
"""Whether the element that has the focus has a line around it that can be seen."""


def test_the_skip_link_shows_itself_and_leads_to_the_content(visitor):
    """The first stop of Tab is the skip link: it shows itself, and the stop after it is in the page's content."""
    opened = visitor.open("things/initiative", size=DESK)
    opened.keyboard.press("Tab")
    first = opened.locator(":focus")
    box = first.bounding_box()

    assert first.get_attribute("href") == "#main"
    assert box["x"] >= 0
    assert box["y"] >= 0
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    assert opened.evaluate("Boolean(document.activeElement.closest('main'))")


@pytest.mark.parametrize("path", ["", "things/initiative", "doc/initiative/lhss", "ontology"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_seen(visitor, path, scheme):
    """What has the focus by keyboard has a line around it, in light and in dark, wherever it stands on the page."""
    opened = visitor.open(path or "?lang=fr", size=DESK, scheme=scheme)
    lines = []
    for _ in range(25):
        opened.keyboard.press("Tab")
        lines.append(opened.evaluate(FOCUS_LINE))

    assert lines == [True] * 25


@pytest.mark.parametrize("path", ["things/initiative", "en/things/initiative", "things/public", "timeline"])
def test_on_a_desk_no_column_of_a_table_is_cut_off(visitor, path):
    """A table fits a window of 1280 pixels, in both languages, without being scrolled sideways."""
    opened = visitor.open(path, size=DESK)

    assert opened.locator("main table").count() > 0
    assert opened.locator(".scroll:has(table)").evaluate_all(
        "all => all.every(one => one.scrollWidth <= one.clientWidth)"
    )
    assert opened.evaluate("document.documentElement.scrollWidth") <= DESK["width"]


@pytest.mark.parametrize("path", ["", "text/groupe-sos", "doc/initiative/lhss", "things/situation", "timeline"])
def test_on_paper_nothing_is_cut_off_and_the_marks_are_kept(visitor, path):
    """On paper nothing is cut off at the right, marks are kept, and what only serves the screen is left out."""
    opened = visitor.open(path or "?lang=fr", size={"width": 660, "height": 930})
    opened.emulate_media(media="print", color_scheme="light")

    assert opened.evaluate("document.documentElement.scrollWidth") <= 660
    assert opened.locator(".scroll, .edition").evaluate_all(
        "all => all.every(one => one.scrollWidth <= one.clientWidth)"
    )
    assert opened.locator(".ways, .skip, .filters, .families, .switch").evaluate_all(
        "all => all.every(one => !one.checkVisibility())"
    )
    assert opened.locator("mark, .m").evaluate_all(
        "all => all.every(one => getComputedStyle(one).printColorAdjust === 'exact')"
    )


@pytest.fixture(scope="module")
def checked(served, require, tmp_path_factory):
    """What the Nu Html Checker says of each page in both languages, by file; one run for all."""
    require(which("java") is not None and VNU.is_file(), "browser: valid HTML", "Java, 'npm ci --prefix tests/browser'")
    folder = tmp_path_factory.mktemp("html")
    for page in PAGES:
        for language in ("fr", "en"):
            request = urllib.request.Request(served + page.way(language), headers={"Accept": "text/html"})
            with urllib.request.urlopen(request, timeout=30) as response:
                (folder / f"{page.name}-{language}.html").write_bytes(response.read())
    command = ["java", "-jar", VNU, "--format", "json", "--stdout", "--exit-zero-always", *sorted(folder.iterdir())]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)["messages"]


@every_page
def test_the_html_checker_finds_no_error_in_french_or_english(checked, page):
    """The Nu Html Checker finds no error in a page, in French and in English."""
    names = tuple(f"/{page.name}-{language}.html" for language in ("fr", "en"))
    said = [
        f"{each['url'][-30:]}:{each.get('lastLine')}: {each['message']}: {each.get('extract', '')}"
        for each in checked
        if each["type"] == "error" and each["url"].endswith(names)
    ]

    assert said == []
