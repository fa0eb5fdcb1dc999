"""The languages, and how each writes numbers, dates and text."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")
"""The languages that texts for people are written in; the first is the default."""

# fmt: off
EU_CODES = {
    "aa": "AAR", "ab": "ABK", "af": "AFR", "am": "AMH", "ar": "ARA", "as": "ASM", "az": "AZE", "be": "BEL", "bg": "BUL",
    "bn": "BEN", "bo": "BOD", "br": "BRE", "bs": "BOS", "ca": "CAT", "co": "COS", "cs": "CES", "cy": "CYM", "da": "DAN",
    "de": "DEU", "dz": "DZO", "el": "ELL", "en": "ENG", "eo": "EPO", "es": "SPA", "et": "EST", "eu": "EUS", "fa": "FAS",
    "fi": "FIN", "fj": "FIJ", "fo": "FAO", "fr": "FRA", "fy": "FRY", "ga": "GLE", "gd": "GLA", "gl": "GLG", "gu": "GUJ",
    "ha": "HAU", "he": "HEB", "hi": "HIN", "hr": "HRV", "ht": "HAT", "hu": "HUN", "hy": "HYE", "id": "IND", "ig": "IBO",
    "is": "ISL", "it": "ITA", "ja": "JPN", "jv": "JAV", "ka": "KAT", "kk": "KAZ", "km": "KHM", "kn": "KAN", "ko": "KOR",
    "ku": "KUR", "ky": "KIR", "la": "LAT", "lb": "LTZ", "ln": "LIN", "lo": "LAO", "lt": "LIT", "lv": "LAV", "mg": "MLG",
    "mi": "MRI", "mk": "MKD", "ml": "MAL", "mn": "MON", "mr": "MAR", "ms": "MSA", "mt": "MLT", "my": "MYA", "ne": "NEP",
    "nl": "NLD", "nb": "NOB", "nn": "NNO", "no": "NOR", "oc": "OCI", "or": "ORI", "pa": "PAN", "pl": "POL", "ps": "PUS",
    "pt": "POR", "ro": "RON", "ru": "RUS", "rw": "KIN", "sa": "SAN", "sc": "SRD", "sd": "SND", "si": "SIN", "sk": "SLK",
    "sl": "SLV", "sm": "SMO", "sn": "SNA", "so": "SOM", "sq": "SQI", "sr": "SRP", "st": "SOT", "su": "SUN", "sv": "SWE",
    "sw": "SWA", "ta": "TAM", "te": "TEL", "tg": "TGK", "th": "THA", "ti": "TIR", "tk": "TUK", "tl": "TGL", "tr": "TUR",
    "tt": "TAT", "ug": "UIG", "uk": "UKR", "ur": "URD", "uz": "UZB", "vi": "VIE", "wo": "WOL", "xh": "XHO", "yi": "YID",
    "yo": "YOR", "zh": "ZHO", "zu": "ZUL",
}
# fmt: on
"""Codes of the EU's list of languages, by language tag."""

LANGUAGE_AUTHORITY = "http://publications.europa.eu/resource/authority/language/"
"""What the IRIs of that list begin with."""

_RIGHT_TO_LEFT = frozenset(
    {"ae", "ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ks", "mzn", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
"""Languages that are written from right to left unless the tag names another script."""

_RIGHT_TO_LEFT_SCRIPTS = {"adlm", "arab", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa"}

NARROW = "\u202f"
WIDE = "\u00a0"


def is_right_to_left(tag: str) -> bool:
    """Return whether a language is written from right to left."""
    first, *more = tag.lower().split("-")
    scripts = [part for part in more if len(part) == 4 and part.isalpha()]  # RFC 5646, section 2.2.3
    return bool(_RIGHT_TO_LEFT_SCRIPTS.intersection(scripts)) if scripts else first in _RIGHT_TO_LEFT


def number(value: int, language: Language) -> str:
    """Return the number with its thousands set apart as the language does."""
    return f"{value:,}".replace(",", NARROW if language == "fr" else ",")


def size(count: int, language: Language) -> str:
    """Return a number of bytes in a unit for people."""
    units = ("octets", "ko", "Mo", "Go") if language == "fr" else ("bytes", "kB", "MB", "GB")
    amount, step = float(count), 0
    while amount >= 1000 and step < len(units) - 1:
        amount, step = amount / 1000, step + 1
    text = f"{amount:.1f}" if step and amount < 10 else f"{amount:.0f}"
    return f"{text.replace('.', ',') if language == 'fr' else text}{WIDE}{units[step]}"


def date(iso: str, language: Language) -> str:
    """Return a date YYYY-MM-DD in words; anything else as it is."""
    parts = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", iso)
    if not parts or not 1 <= int(parts[2]) <= 12:
        return iso
    month, day = _MONTHS[language][int(parts[2]) - 1], int(parts[3])
    first = f"1er{WIDE}" if day == 1 and language == "fr" else f"{day}{WIDE}"
    return f"{first}{month} {parts[1]}"


def typeset(text: str, language: Language) -> str:
    """Return the text as the language prints it.

    The apostrophe is ’, and French has spaces that do not break before its punctuation.
    """
    text = text.replace("'", "’").replace("SPARQL 1.1", f"SPARQL{WIDE}1.1")
    if language == "en":
        return text
    text = re.sub(r" ([;!?])(?=\s|$)", NARROW + r"\1", text)
    text = re.sub(r" :(?=\s|$)", WIDE + ":", text)
    return text.replace("« ", f"«{WIDE}").replace(" »", f"{WIDE}»")


_MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip
