"""Functions that checks call where SPARQL has none.

A query writes ``PREFIX f: <https://w3id.org/social-response/functions#>`` and calls:

=============================  =====================================================================
``f:textAt(?doc, ?from, ?to)`` the text of a document from a code point to another, cut at its ends
``f:isEdtf(?edtf)``            whether a literal is EDTF and every date of it exists
``f:isOrdered(?edtf)``         whether no interval of it ends before it begins
``f:earliestYear(?edtf)``      the first year that it can mean, unbound for an open or unknown one
``f:latestYear(?edtf)``        the last year
``f:hasWord(?words, ?list)``   whether a word or phrase of a list, parted by ``|``, stands in a text; with a third
                               text, one that does not stand there too
``f:shareStem(?one, ?other)``  whether two texts have a word stem in common
=============================  =====================================================================

``textAt`` takes as long for a long text as for a short one; SUBSTR on ``schema:text`` reads all that comes before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.graph.time_spans import year_bounds
from kg.model.iris import HOME, SCHEMA, XSD, integer

FUNCTIONS = HOME + "functions#"
"""The namespace of the functions that checks may call."""

Value = NamedNode | BlankNode | Literal | Triple
Function = Callable[..., Value | None]

_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans({"'": "’", "\u00a0": " ", "\u202f": " "})
_SHORTEST_STEM = 4
_LONG_WORD = 7
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def check_functions(store: Store) -> dict[NamedNode, Function]:
    """Return the functions by IRI; ``textAt`` reads the texts of the store."""
    found = store.quads_for_pattern(None, NamedNode(SCHEMA + "text"), None)
    texts = {quad.subject: quad.object.value for quad in found if isinstance(quad.object, Literal)}

    def text_at(document: NamedNode, start: Literal, end: Literal) -> Literal:
        return Literal(texts.get(document, "")[max(int(start.value), 0) : max(int(end.value), 0)])

    table: dict[str, Function] = {
        "textAt": text_at,
        "isEdtf": lambda edtf: _boolean(year_bounds(edtf.value) is not None),
        "isOrdered": lambda edtf: _boolean((bounds := year_bounds(edtf.value)) is None or bounds.is_ordered),
        "earliestYear": lambda edtf: _year((bounds := year_bounds(edtf.value)) and bounds.earliest),
        "latestYear": lambda edtf: _year((bounds := year_bounds(edtf.value)) and bounds.latest),
        "hasWord": lambda words, *listed: _boolean(has_word(words.value, *(one.value for one in listed))),
        "shareStem": lambda one, other: _boolean(share_stem(one.value, other.value)),
    }
    return {NamedNode(FUNCTIONS + name): function for name, function in table.items()}


_TRUE, _FALSE = (Literal(word, datatype=NamedNode(XSD + "boolean")) for word in ("true", "false"))


def _boolean(value: bool) -> Literal:
    return _TRUE if value else _FALSE


def _year(year: int | None) -> Literal | None:
    return None if year is None else integer(year)


def _plain(words: str) -> str:
    """Return words with one form of apostrophe, space and case."""
    return words.translate(_APOSTROPHES).casefold()


@lru_cache(maxsize=100)
def _pattern(listed: str) -> re.Pattern[str]:
    """Return what finds one of the listed phrases as whole words.

    ``…`` at the end of a phrase stands for the rest of a word.
    """
    phrases = [re.escape(_plain(phrase.strip())) for phrase in listed.split("|")]
    whole = [phrase.removesuffix("…") if phrase.endswith("…") else rf"{phrase}\b" for phrase in phrases]
    return re.compile(rf"\b(?:{'|'.join(whole)})")


def has_word(words: str, listed: str, but: str = "") -> bool:
    """Return whether a listed phrase stands in a text.

    One that stands in the text ``but`` too does not count.
    """
    pattern = _pattern(listed)
    if not but:
        return pattern.search(_plain(words)) is not None
    return bool({*pattern.findall(_plain(words))} - {*pattern.findall(_plain(but))})


def share_stem(one: str, other: str) -> bool:
    """Return whether two texts share a word, but for its ending.

    No language is known here: a stem is how a word of four letters or more begins. Acronyms and numbers count whole.
    """
    stems = _stems(one), _stems(other)
    return any(a.startswith(b) or b.startswith(a) for a in stems[0] for b in stems[1])


@lru_cache(maxsize=10_000)
def _stems(words: str) -> frozenset[str]:
    """Return the stems of a text, without accents and case."""
    stems = set()
    for word in _WORD.findall(words):
        plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
        if _UNSPACED.search(word):
            stems |= {word[at : at + 2] for at in range(max(len(word) - 1, 1))}
        elif len(plain) >= _SHORTEST_STEM:
            stems.add(plain[: _SHORTEST_STEM if len(plain) < _LONG_WORD else _SHORTEST_STEM + 1])
        elif plain.isdigit() or (word.isupper() and len(word) > 1):
            stems.add(f"{plain} ")
    return frozenset(stems)
