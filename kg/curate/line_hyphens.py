"""Join lines whose hyphens may belong to the word or the line.

No dictionary is asked: the text itself shows most words a second time, and what a language always writes with a hyphen
is a short list. A word that neither tells of is joined, and named for the curator to look at.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_WORD = re.compile(r"\w+(?:[-‐‑]\w+)*")
_END = re.compile(r"(?P<head>\w[\w'’]*(?:[-‐‑]\w+)*)(?P<hyphen>[-‐\u00ad])\Z")
_OPEN_ADDRESS = re.compile(r"https?://\S*[/\-_.=&?]\Z")


class Hyphens:
    """Joins the lines of one text, and remembers what it did.

    ``joined`` are the words that lost a hyphen, ``kept`` those that have theirs, ``unsure`` those of both that the
    text has in no other place.
    """

    def __init__(self, lines: Iterable[str], language: str) -> None:
        self._language = language.partition("-")[0].lower()
        self._seen: Counter[str] = Counter()
        for line in lines:
            words = [_plain(word) for word in _WORD.findall(line)]
            self._seen.update(words[:-1] if _END.search(line) else words)
        self.joined: list[str] = []
        self.kept: list[str] = []
        self.unsure: list[str] = []

    def join(self, one: str, other: str) -> str:
        """Return two lines as one, with or without the hyphen between them."""
        end, begin = _END.search(one), _WORD.match(other)
        if _OPEN_ADDRESS.search(one) and not other[:1].isupper():
            return one + other
        if not end or not begin:
            return f"{one} {other}"
        head, tail = end["head"], begin[0]
        if end["hyphen"] == "\u00ad":
            self.joined.append(head + tail)
            return one[:-1] + other
        if tail in self._words("suspended") and f"{_plain(head)}-{tail}" not in self._seen:
            return f"{one} {other}"
        if self._belongs(head, tail):
            self.kept.append(f"{head}-{tail}")
            return one + other
        self.joined.append(head + tail)
        return one[:-1] + other

    def _belongs(self, head: str, tail: str) -> bool:
        """Return whether the hyphen between two halves is the word's own.

        The text's other places tell first, then what cannot be the half of a word, then the language.
        """
        last = re.split("'", _plain(head))[-1]
        whole, divided = self._seen[last + _plain(tail)], self._seen[f"{last}-{_plain(tail)}"]
        if whole != divided:
            return divided > whole
        if not tail[0].islower() or not head[-1].isalpha() or len(last) == 1 or "-" in last or "-" in tail:
            return True
        if len(last) > 1 and head.isupper():
            return True
        if last in self._words("heads") or tail in self._words("tails"):
            self.unsure.append(f"{head}-{tail}")
            return True
        self.unsure.append(head + tail)
        return False

    def _words(self, kind: str) -> frozenset[str]:
        """Return the words of a kind in the text's language."""
        return frozenset(_data().get(self._language, {}).get(kind, "").split())


@cache
def _data() -> dict[str, dict[str, str]]:
    """Return the words of each language."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _plain(word: str) -> str:
    """Return a word as it is compared."""
    return word.casefold().replace("‐", "-").replace("‑", "-").replace("’", "'")
