"""Words as a search compares them: folded, without endings, and with their place in the text that they come from.

French and English at once, since a searcher writes either and says nothing of it. The endings taken off are few and
only bring forms of one word together (plural, feminine, verb and noun); no dictionary is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from kg.pages.shared.text_analysis import strip_accents

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}[^\W\d_]?(?![^\W_])"  # E.H.P.A.D.
    r"|(?<!\w)\d{1,3}(?:[\s.,]\d{3})+(?!\w)"  # 1 000, 1,000
    r"|[^\W\d_]+(?:[·⋅•‧∙][^\W\d_]{1,4})+"  # résident⋅e⋅s
    r"|[^\W\d_]{3,}(?:\.(?:e|s|es|le|les|ne|nes|te|tes))+(?!\w)"  # résident.e.s
    r"|[^\W\d_]{3,}\((?:e|s|es|le|ne)\)s?(?!\w)"  # résident(e)s
    r"|[^\W_]+"
)
_PLAIN = re.compile(r"[^\W_]+")
_NOT_PLAIN = re.compile(r"[·⋅•‧∙.(\d]")
"""What a text has where it needs more than _PLAIN, which is much quicker."""

_INCLUSIVE = re.compile(r"[·⋅•‧∙(]|(?<=\w\w\w)\.")
_ENDINGS = (
    "issement", "ations", "ation", "atoire", "ement", "ment", "ness", "ings", "ing", "ante", "ant", "isme", "ism",
    "iste", "ist", "ions", "ion", "er", "ee",
)  # fmt: skip
_LEFT = 4
"""Letters that are left at least where an ending is taken off."""

SILENT = frozenset((
    "a", "au", "aux", "avec", "ce", "ces", "cet", "cette", "chez", "d", "dans", "de", "des", "dont", "du", "elle",
    "elles", "en", "entre", "est", "et", "eux", "il", "ils", "j", "je", "l", "la", "le", "les", "leur", "leurs", "lui",
    "m", "mais", "me", "mes", "mon", "n", "ne", "nos", "notre", "nous", "on", "ont", "ou", "par", "pas", "plus", "pour",
    "qu", "que", "quel", "quelle", "quelles", "quels", "qui", "quoi", "s", "sa", "se", "ses", "si", "son", "sont",
    "sur", "t", "ta", "te", "tes", "ton", "tu", "un", "une", "vos", "votre", "vous", "y", "c", "comment", "pourquoi",
    "etre", "an", "and", "are", "as", "at", "be", "been", "by", "do", "does", "for", "from", "has", "have", "her",
    "his", "how", "in", "into", "is", "it", "its", "of", "or", "our", "that", "the", "their", "them", "these", "they",
    "this", "those", "to", "was", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will",
    "with", "you", "your",
))  # fmt: skip
"""Words that carry nothing in a search, unless there is no other."""


class Token(NamedTuple):
    """A word of a text: its folded form, and the code points that it takes, the end exclusive."""

    form: str
    start: int
    end: int


@lru_cache(maxsize=65_536)
def _form(word: str) -> str:
    """The folded form of one word: digits without their groups, the masculine of an inclusive spelling."""
    if word[0].isdigit():
        return strip_accents(re.sub(r"[\s.,]", "", word))
    if re.fullmatch(r"(?:[^\W\d_]\.){2,}[^\W\d_]?", word):
        return strip_accents(word.replace(".", ""))
    parts = _INCLUSIVE.split(word)
    plural = "s" if len(parts) > 1 and word.endswith("s") else ""
    return strip_accents(parts[0] + plural)


def tokens(text: str) -> list[Token]:
    """The words of a text in order."""
    return [Token(_form(found[0]), found.start(), found.end()) for found in _TOKEN.finditer(text)]


def forms(text: str) -> list[str]:
    """The folded words of a text in order."""
    pattern = _TOKEN if _NOT_PLAIN.search(text) else _PLAIN
    return list(map(_form, pattern.findall(text)))


def telling(words: Iterable[str]) -> list[str]:
    """The words that carry something, each once; all of them where none does."""
    every = list(dict.fromkeys(words))
    return [word for word in every if word not in SILENT] or every


@lru_cache(maxsize=65_536)
def stem(form: str) -> str:
    """What the forms of a word have in common: without plural, feminine and the most frequent endings."""
    if len(form) < _LEFT or not form.isalpha():
        return form
    word = form
    if word.endswith("aux") and len(word) > 5:
        word = word[:-1] if word[-4] == "e" else word[:-3] + "al"
    elif word[-1] in "sx" and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEFT:
            word = word[: -len(ending)]
            break
    while word[-1] in "eiy" and len(word) > 3:
        word = word[:-1]
    if word[-1] == "f":
        word = word[:-1] + "v"
    return word[:-1] if len(word) > _LEFT and word[-1] == word[-2] else word


def mark(text: str, is_wanted: Callable[[str], bool]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a word that is wanted; pieces joined give the text."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for token in tokens(text):
        if is_wanted(token.form):
            if token.start > done:
                pieces.append((text[done : token.start], False))
            pieces.append((text[token.start : token.end], True))
            done = token.end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces
