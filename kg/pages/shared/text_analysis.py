"""Text analysis for search and sorting: tokens, accents, stop words, stems.

French and English are treated alike, since a query does not say its language. The stemmer removes few endings, so
that the forms of one word meet (plural, feminine, verb and noun); it needs no dictionary.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})
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
"""Matches a text that needs _TOKEN; _PLAIN is much faster for all others."""

_INCLUSIVE = re.compile(r"[·⋅•‧∙(]|(?<=\w\w\w)\.")
_ENDINGS = (
    "issement", "ations", "ation", "atoire", "ement", "ment", "ness", "ings", "ing", "ante", "ant", "isme", "ism",
    "iste", "ist", "ions", "ion", "er", "ee",
)  # fmt: skip
_MIN_STEM = 4
"""Fewest letters that remain when an ending is removed."""

STOPWORDS = frozenset((
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
"""Words that a search ignores unless the query has no others."""


class Token(NamedTuple):
    """A word of a text: normalised form, code points (end exclusive)."""

    form: str
    start: int
    end: int


def strip_accents(text: str) -> str:
    """Return the text without accents, ligatures and case."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


@lru_cache(maxsize=65_536)
def _normalise(word: str) -> str:
    """Normalise one word: digits without group separators, inclusive spellings as masculine."""
    if word[0].isdigit():
        return strip_accents(re.sub(r"[\s.,]", "", word))
    if re.fullmatch(r"(?:[^\W\d_]\.){2,}[^\W\d_]?", word):
        return strip_accents(word.replace(".", ""))
    parts = _INCLUSIVE.split(word)
    plural = "s" if len(parts) > 1 and word.endswith("s") else ""
    return strip_accents(parts[0] + plural)


def tokenize(text: str) -> list[Token]:
    """Return the words of a text in order, with their places."""
    return [Token(_normalise(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def normalise_words(text: str) -> list[str]:
    """Return the normalised words of a text in order."""
    pattern = _TOKEN if _NOT_PLAIN.search(text) else _PLAIN
    return list(map(_normalise, pattern.findall(text)))


def drop_stopwords(words: Iterable[str]) -> list[str]:
    """Return the distinct words without stop words, unless none is left."""
    distinct = list(dict.fromkeys(words))
    return [word for word in distinct if word not in STOPWORDS] or distinct


@lru_cache(maxsize=65_536)
def stem(form: str) -> str:
    """Return the word without plural, feminine and the most frequent endings."""
    if len(form) < _MIN_STEM or not form.isalpha():
        return form
    word = form
    if word.endswith("aux") and len(word) > 5:
        word = word[:-1] if word[-4] == "e" else word[:-3] + "al"
    elif word[-1] in "sx" and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            word = word[: -len(ending)]
            break
    while word[-1] in "eiy" and len(word) > 3:
        word = word[:-1]
    if word[-1] == "f":
        word = word[:-1] + "v"
    return word[:-1] if len(word) > _MIN_STEM and word[-1] == word[-2] else word


def mark_words(text: str, is_wanted: Callable[[str], bool]) -> list[tuple[str, bool]]:
    """Split the text into pieces that are or are not wanted words.

    The pieces joined are the text again.
    """
    pieces: list[tuple[str, bool]] = []
    done = 0
    for token in tokenize(text):
        if is_wanted(token.form):
            if token.start > done:
                pieces.append((text[done : token.start], False))
            pieces.append((text[token.start : token.end], True))
            done = token.end
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def collation_key(text: str) -> str:
    """Return the text as dictionaries sort it.

    It has no accents, capitals and initial punctuation; numbers go by size, so that 10 follows 9.
    """
    letters = re.sub(r"\d+", lambda number: number[0].zfill(12), strip_accents(text))
    return letters.lstrip(" \t\n«»“”\"'’()[]-–—.…") or letters
