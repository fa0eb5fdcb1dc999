"""Helpers of page tests: the small project and a parser of pages."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

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
