"""The reader in the browser, by pointer, by keyboard and without scripts."""

import pytest
from browser.chromium import DESK, PHONE
from browser.visiting import axe

TEXT = "text/groupe-sos"
PASSAGES = 425
CARD = ".card .words q"

ANCHORS = """() => [...document.querySelectorAll(".notes .note")].map((note) => note.id.slice(1))"""

CLICK_ALL = """async () => {
  const chosen = new Set();
  for (const link of document.querySelectorAll(".m a:not(.n)")) {
    const here = [];
    for (let mark = link.closest(".m"); mark; mark = mark.parentElement.closest(".m")) here.push(mark.dataset.p);
    for (let clicks = here.length; clicks && !here.every((each) => chosen.has(each)); clicks -= 1) {
      link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      const card = document.querySelector(".card");
      const on = [...document.querySelectorAll(".m.on")].map((mark) => mark.dataset.p);
      const anchor = location.hash.slice(1);
      const entry = document.getElementById(`n${anchor}`);
      const said = (within) => [...within.querySelectorAll(":scope > ul > li")].map((li) => li.textContent);
      const shown = said(card.querySelector(".note"));
      if (on.every((each) => each === anchor) && on.length && shown.length && `${shown}` === `${said(entry)}`) {
        chosen.add(anchor);
      }
    }
  }
  return [...chosen];
}"""

RECORD = """() => {
  window.reached = [];
  const replace = history.replaceState.bind(history);
  history.replaceState = (...given) => { replace(...given); reached.push(location.hash.slice(1)); };
}"""

PRESSED = 30
"""How many keys at the beginning and the end come from the keyboard; those between are events of the page's own."""

PRESS = """(times) => {
  const pressed = { key: "ArrowRight", bubbles: true, cancelable: true };
  while (times--) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", pressed));
}"""

languages = pytest.mark.parametrize("path", [TEXT, f"en/{TEXT}"], ids=["fr", "en"])


def chosen(page):
    """The passage that the address names, which must be the one that is lifted and on the card."""
    anchor = page.evaluate("location.hash.slice(1)")
    on = page.evaluate("[...new Set([...document.querySelectorAll('.m.on')].map((mark) => mark.dataset.p))]")
    words = page.locator(CARD).text_content() if page.locator(".card").count() else ""
    assert on == ([anchor] if anchor else [])
    assert words == (page.locator(f"[id='n{anchor}'] q").text_content() if anchor else "")
    return anchor


@languages
def test_clicks_choose_every_passage(visitor, path):
    """Clicks in the text choose every passage and show all that it says, also where several begin at one place."""
    page = visitor.open(path)
    anchors = page.evaluate(ANCHORS)

    assert len(anchors) == PASSAGES
    assert sorted(page.evaluate(CLICK_ALL)) == sorted(anchors)


@languages
def test_the_arrow_key_goes_through_every_passage(visitor, path):
    """From the first link of the text the arrow key goes through every passage, in the order of the text, and back."""
    page = visitor.open(path)
    anchors = page.evaluate(ANCHORS)
    page.evaluate(RECORD)
    page.locator(".m a[tabindex='0']").focus()
    for _ in range(PRESSED):
        page.keyboard.press("ArrowRight")
    page.evaluate(PRESS, len(anchors) - 2 * PRESSED)
    for _ in range(PRESSED):
        page.keyboard.press("ArrowRight")

    assert page.evaluate("reached") == anchors
    assert chosen(page) == anchors[-1]
    page.keyboard.press("ArrowLeft")
    assert chosen(page) == anchors[-2]
    assert page.evaluate("document.activeElement.closest('.m.on') !== null")
    page.keyboard.press("Escape")
    assert chosen(page) == ""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_click_opens_the_shortest_passage_then_the_one_around_it(visitor, size):
    """A click opens the shortest passage, a second one the passage around it; the card tells all at that place."""
    page = visitor.open(TEXT, size=size)
    page.locator("a[href='#n70-76']").click()

    assert chosen(page) == "70-76"
    here = page.locator(".here a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert here[0] == "#70-76"
    assert "#15-61" not in here
    page.locator("a[href='#n70-76']").click()
    assert "#" + chosen(page) == here[1]
    page.locator(".here a").last.click()
    assert "#" + chosen(page) == here[-1]
    page.locator(".card [data-step='1']").click()
    assert "#" + chosen(page) not in ("", here[-1])
    page.locator(".card [data-close]").click()
    assert chosen(page) == ""


@languages
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_address_with_a_passage_opens_on_it(visitor, path, size):
    """An address with a passage opens on that passage, and its card is in view, on a narrow screen too."""
    page = visitor.open(f"{path}#4232-4288", size=size, language=path[:2] if path.startswith("en") else "fr")

    assert chosen(page) == "4232-4288"
    for place in (".m.on", ".card"):
        box = page.locator(place).first.bounding_box()
        assert 0 < box["y"] < size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_axe_finds_nothing_with_a_passage_chosen_and_the_list_open(visitor):
    """With a passage chosen and the list unfolded, axe-core finds nothing on the page, in light and in dark."""
    page = visitor.open(f"{TEXT}#4232-4288")
    page.locator(".notes > button").click()

    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe(page, only="color-contrast") == []


def test_going_back_goes_to_the_passage_chosen_before(visitor):
    """Going back goes to the passage chosen before, and in the end to the text with no passage chosen."""
    page = visitor.open(TEXT)
    for anchor in ("3-13", "70-76"):
        page.locator(f"a[href='#n{anchor}']").click()
    page.go_back()
    assert chosen(page) == "3-13"
    page.go_back()
    assert chosen(page) == ""
    page.go_forward()
    assert chosen(page) == "3-13"


@languages
def test_the_switch_shows_the_passages_of_one_family_only(visitor, path):
    """The switch shows one family, at the server's own address for it; the keyboard reaches its passages only."""
    page = visitor.open(path)
    switch = page.locator("[data-family='temps']")
    count = int(switch.locator("small").inner_text())
    switch.click()

    assert page.url.endswith("?kind=temps")
    assert switch.get_attribute("aria-current") == "true"
    drawn = "getComputedStyle(mark).backgroundImage !== 'none'"
    kinds = page.locator(".m").evaluate_all(
        f"(marks) => [...new Set(marks.filter((mark) => {drawn}).map((mark) => mark.className.split(' ')[1]))]"
    )
    assert kinds == ["k-temps"]
    seen = set()
    page.locator(".m a[tabindex='0']").focus()
    for _ in range(count + 2):
        page.keyboard.press("ArrowRight")
        seen.add(chosen(page))
    assert len(seen) == count
    page.reload()
    assert page.locator(".notes .note").count() == count
    assert chosen(page) in seen
    page.locator("[data-family='']").click()
    page.wait_for_url("**/groupe-sos*")
    assert page.locator(".notes .note").count() == PASSAGES


def test_a_passage_of_another_family_opens_the_whole_text(visitor):
    """An address that names a passage that the family shown does not have opens the whole text on it."""
    page = visitor.open(f"{TEXT}?kind=temps#3-13")
    page.wait_for_selector(".card")

    assert chosen(page) == "3-13"
    assert "kind" not in page.url


def test_listeners_are_told_what_a_passage_says(visitor):
    """Someone who only listens is told what a passage says as it is chosen, and the list of all unfolds by a button."""
    page = visitor.open(TEXT)
    page.locator("a[href='#n70-76']").click()

    assert page.locator("#told").inner_text().startswith("audace audace mention dans le texte")
    button = page.locator(".notes > button")
    assert not page.locator("[id='n3-13']").is_visible()
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    assert page.locator("[id='n3-13']").is_visible()


def test_the_margin_has_the_language_of_the_page(visitor):
    """In the English page the margin of a French text is English, and quotes its French words as English does."""
    page = visitor.open("en/text/groupe-sos#70-76", language="en")
    page.wait_for_selector(".card")

    assert page.locator(".edition").get_attribute("lang") == "fr"
    assert page.locator(".card").evaluate("(card) => card.matches(':lang(en)')")
    words = page.locator(".card .note q")
    assert words.get_attribute("lang") == "fr"
    assert words.evaluate("(q) => getComputedStyle(q).quotes").startswith('"“"')


def test_without_scripts_a_click_leads_to_the_entry_and_back(visitor):
    """Without scripts a click in the text leads to the passage's entry, whose words lead back to the text."""
    page = visitor.open(TEXT, javascript=False)
    page.locator("a[href='#n70-76']").click()
    entry = page.locator("[id='n70-76']")

    assert page.url.endswith("#n70-76")
    assert entry.evaluate("(element) => getComputedStyle(element).position") == "fixed"
    assert entry.is_visible()
    entry.locator(".words a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#70-76")
    assert page.locator("[id='70-76']").evaluate("(mark) => mark.matches(':target')")
