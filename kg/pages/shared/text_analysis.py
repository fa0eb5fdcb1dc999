"""Words without what people leave out when they type or sort them."""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


def strip_accents(text: str) -> str:
    """The text without accents, ligatures and case."""
    spread = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(sign for sign in spread if not unicodedata.combining(sign)).casefold()
