"""Helpers of page tests: the small project, pages and their words."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import html5rdf

TESTS = Path(__file__).resolve().parent
MINI = TESTS / "mini"
GOLDEN = TESTS / "golden" / "mini.nq"
"""The graph of the small project."""

ONTOLOGY = TESTS.parent / "ontology" / "social-response.ttl"
HTML = {"Accept": "text/html"}


class ParsedPage(HTMLParser):
    """A parsed page: its elements, its words, its scripts' data.

    The elements have their attributes.

    ``words`` are the pieces of text outside of code, ``text`` is all text outside of scripts.
    """

    CODE = frozenset({"textarea", "pre", "code", "script"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.text = self.data = ""
        self._code_depth = 0
        self._is_script = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self._code_depth += tag in self.CODE
        self._is_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        self._code_depth -= tag in self.CODE
        self._is_script = False

    def handle_data(self, data: str) -> None:
        """Note a piece of text."""
        if self._is_script:
            self.data += data
        else:
            self.text += data
        if not self._code_depth:
            self.words.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements with one of the tags."""
        return [attributes for tag, attributes in self.elements if tag in tags]


def main_of(client, path: str) -> str:
    """Return what a page has between its header and its footer.

    The page must be HTML to a strict parser.
    """
    response = client.get(path, headers=HTML)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    html5rdf.HTMLParser(strict=True).parse(response.text)
    return response.text.split("<main", 1)[1].split("</main>")[0]


def words(markup: str) -> str:
    """Return the words of a piece of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", markup))).strip()


def results(client, path: str) -> list[str]:
    """Return the names of the results of a search."""
    return [words(each) for each in re.findall(r"<h2><a .*?</a></h2>", main_of(client, path), re.DOTALL)]
