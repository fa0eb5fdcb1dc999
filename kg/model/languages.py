"""The languages, and how each writes numbers, dates and text."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")
"""The languages that texts for people are written in; the first is the default."""

# fmt: off
_THREE_LETTERS = {
    "aa": "AAR", "ab": "ABK", "ae": "AVE", "af": "AFR", "ak": "AKA", "am": "AMH", "an": "ARG", "ar": "ARA",
    "as": "ASM", "av": "AVA", "ay": "AYM", "az": "AZE", "ba": "BAK", "be": "BEL", "bg": "BUL", "bi": "BIS",
    "bm": "BAM", "bn": "BEN", "bo": "BOD", "br": "BRE", "bs": "BOS", "ca": "CAT", "ce": "CHE", "ch": "CHA",
    "co": "COS", "cr": "CRE", "cs": "CES", "cu": "CHU", "cv": "CHV", "cy": "CYM", "da": "DAN", "de": "DEU",
    "dv": "DIV", "dz": "DZO", "ee": "EWE", "el": "ELL", "en": "ENG", "eo": "EPO", "es": "SPA", "et": "EST",
    "eu": "EUS", "fa": "FAS", "ff": "FUL", "fi": "FIN", "fj": "FIJ", "fo": "FAO", "fr": "FRA", "fy": "FRY",
    "ga": "GLE", "gd": "GLA", "gl": "GLG", "gn": "GRN", "gu": "GUJ", "gv": "GLV", "ha": "HAU", "he": "HEB",
    "hi": "HIN", "ho": "HMO", "hr": "HRV", "ht": "HAT", "hu": "HUN", "hy": "HYE", "hz": "HER", "ia": "INA",
    "id": "IND", "ie": "ILE", "ig": "IBO", "ii": "III", "ik": "IPK", "in": "IND", "io": "IDO", "is": "ISL",
    "it": "ITA", "iu": "IKU", "iw": "HEB", "ja": "JPN", "ji": "YID", "jv": "JAV", "jw": "JAV", "ka": "KAT",
    "kg": "KON", "ki": "KIK", "kj": "KUA", "kk": "KAZ", "kl": "KAL", "km": "KHM", "kn": "KAN", "ko": "KOR",
    "kr": "KAU", "ks": "KAS", "ku": "KUR", "kv": "KOM", "kw": "COR", "ky": "KIR", "la": "LAT", "lb": "LTZ",
    "lg": "LUG", "li": "LIM", "ln": "LIN", "lo": "LAO", "lt": "LIT", "lu": "LUB", "lv": "LAV", "mg": "MLG",
    "mh": "MAH", "mi": "MRI", "mk": "MKD", "ml": "MAL", "mn": "MON", "mo": "RON", "mr": "MAR", "ms": "MSA",
    "mt": "MLT", "my": "MYA", "na": "NAU", "nb": "NOB", "nd": "NDE", "ne": "NEP", "ng": "NDO", "nl": "NLD",
    "nn": "NNO", "no": "NOR", "nr": "NBL", "nv": "NAV", "ny": "NYA", "oc": "OCI", "oj": "OJI", "om": "ORM",
    "or": "ORI", "os": "OSS", "pa": "PAN", "pi": "PLI", "pl": "POL", "ps": "PUS", "pt": "POR", "qu": "QUE",
    "rm": "ROH", "rn": "RUN", "ro": "RON", "ru": "RUS", "rw": "KIN", "sa": "SAN", "sc": "SRD", "sd": "SND",
    "se": "SME", "sg": "SAG", "sh": "HBS", "si": "SIN", "sk": "SLK", "sl": "SLV", "sm": "SMO", "sn": "SNA",
    "so": "SOM", "sq": "SQI", "sr": "SRP", "ss": "SSW", "st": "SOT", "su": "SUN", "sv": "SWE", "sw": "SWA",
    "ta": "TAM", "te": "TEL", "tg": "TGK", "th": "THA", "ti": "TIR", "tk": "TUK", "tl": "TGL", "tn": "TSN",
    "to": "TON", "tr": "TUR", "ts": "TSO", "tt": "TAT", "tw": "TWI", "ty": "TAH", "ug": "UIG", "uk": "UKR",
    "ur": "URD", "uz": "UZB", "ve": "VEN", "vi": "VIE", "vo": "VOL", "wa": "WLN", "wo": "WOL", "xh": "XHO",
    "yi": "YID", "yo": "YOR", "za": "ZHA", "zh": "ZHO", "zu": "ZUL",
}
"""Codes of ISO 639-3 for tags of two letters, those out of use included (ISO 639-1, BCP 47)."""

_BIBLIOGRAPHIC = {
    "alb": "SQI", "arm": "HYE", "baq": "EUS", "bur": "MYA", "chi": "ZHO", "cze": "CES", "dut": "NLD", "fre": "FRA",
    "geo": "KAT", "ger": "DEU", "gre": "ELL", "ice": "ISL", "mac": "MKD", "mao": "MRI", "may": "MSA", "per": "FAS",
    "rum": "RON", "slo": "SLK", "tib": "BOD", "wel": "CYM",
}
"""Codes of ISO 639-3 for the codes of libraries (ISO 639-2/B), which are no tags and are met all the same."""
# fmt: on

_NO_LANGUAGE = """
    aav afa alg alv apa aqa aql art ath auf aus awd azc bad bai bat ber bih bnt btk cai cau cba ccn ccs cdc cdd cel
    cmc cpe cpf cpp crp csu cus day dmn dra egx esx euq fiu fox gem gme gmq gmw grk hmx hok hyx iir ijo inc ine ira
    iro itc jpx kar kdo khi kro map mkh mno mun myn nah nai ngf nic nub omq omv oto paa phi plf poz pqe pqw pra qwe
    roa sai sal sdv sem sgn sio sit sla smi son sqj ssa syd tai tbq trk tup tut tuw urj wak wen xgn xnd ypk zhx zle
    zls zlw znd mis und zxx
"""
"""Codes of groups of languages (ISO 639-5) and of no language in particular, which are not in ISO 639-3."""

_LANGUAGES_OF_THE_EU = "http://publications.europa.eu/resource/authority/language/"


def eu_language(tag: str) -> str:
    """Return the IRI in the EU's list of a language tag's language.

    The list has the codes of ISO 639-3 in capitals. A language told more exactly by a second part (``zh-yue``, BCP 47,
    section 2.2.2) is meant itself. Empty where the tag names no single language: a group, or a code for private use.
    """
    parts = tag.lower().split("-")
    code = parts[1] if re.fullmatch("[a-z]{2,3}-[a-z]{3}", "-".join(parts[:2])) else parts[0]
    if re.fullmatch("[a-z]{2}", code):
        code = _THREE_LETTERS.get(code, "")
    elif not re.fullmatch("[a-z]{3}", code) or code in _NO_LANGUAGE.split() or "qaa" <= code <= "qtz":
        return ""
    code = _BIBLIOGRAPHIC.get(code, code).upper()
    return _LANGUAGES_OF_THE_EU + code if code else ""


_RIGHT_TO_LEFT = frozenset(
    {"ae", "ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ks", "mzn", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
"""Languages that are written from right to left unless the tag names another script."""

_RIGHT_TO_LEFT_SCRIPTS = {"adlm", "arab", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa"}

NARROW = "\u202f"
WIDE = "\u00a0"


@cache
def _language_names() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("language_names.toml").read_text(encoding="utf-8"))


def language_name(tag: str, reader: Language) -> str:
    """Return the name of a language for a reader of another.

    Parts of the tag that have no name of their own follow in brackets; a tag without a name stands for itself.
    """
    parts = tag.lower().split("-")
    names = _language_names()[reader]
    for known in range(len(parts), 0, -1):
        name = names.get("-".join(parts[:known]))
        if name:
            more = "-".join(tag.split("-")[known:])
            return f"{name} ({more})" if more else name
    return tag


def is_right_to_left(tag: str) -> bool:
    """Return whether a language is written from right to left."""
    first, *more = tag.lower().split("-")
    scripts = [part for part in more if len(part) == 4 and part.isalpha()]  # RFC 5646, section 2.2.3
    return bool(_RIGHT_TO_LEFT_SCRIPTS.intersection(scripts)) if scripts else first in _RIGHT_TO_LEFT


def number(value: int, language: Language) -> str:
    """Return the number with its thousands set apart as the language does."""
    return f"{value:,}".replace(",", NARROW if language == "fr" else ",")


def decimal(value: float, language: Language) -> str:
    """Return a number with the decimal mark of the language."""
    return f"{value:g}".replace(".", "," if language == "fr" else ".")


def percent(share: float, language: Language) -> str:
    """Return a share from 0 to 1 in percent, with one decimal."""
    return f"{share * 100:.1f}".replace(".", ",") + f"{NARROW}%" if language == "fr" else f"{share:.1%}"


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
