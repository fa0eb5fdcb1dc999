"""Read annotations, text and ontology without the program and without SPARQL.

Names are short: a thing is ``initiative/lhss``, a property ``sr:targets``, a concept ``type-lieu/pays``.
"""

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from pyoxigraph import Literal, RdfFormat, Triple, parse

ROOT = Path(__file__).parents[3]
DOCUMENT = "groupe-sos"
DATA = ROOT / "data" / DOCUMENT
HOME = "https://w3id.org/social-response/"

PREFIXES = {
    "sr": f"{HOME}ontology#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "org": "http://www.w3.org/ns/org#",
    "adms": "http://www.w3.org/ns/adms#",
    "time": "http://www.w3.org/2006/time#",
    "schema": "http://schema.org/",
    "oa": "http://www.w3.org/ns/oa#",
}
MODALITIES = {"aim": "intended", "effect": "presented"}
"""Other words for two modalities."""


def short(iri: str) -> str:
    """Return the short name of an IRI, or else the IRI."""
    if iri.startswith(f"{HOME}id/"):
        return iri.removeprefix(f"{HOME}id/")
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return iri


def full(name: str) -> str:
    """Return the IRI of a short name.

    Other words, such as the value of a literal, stay as they are.
    """
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix] + local
    return f"{HOME}id/{name}" if re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name) else name


@dataclass
class Statement:
    """One statement with everything that the annotations say of it."""

    subject: str
    predicate: str
    value: str
    language: str
    """Language of a literal in a language, else nothing."""
    is_thing: bool
    modality: str
    quotes: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def object(self) -> str:
        """The value as ORDER BY compares it.

        That is the IRI of a thing, or the words of a literal.
        """
        return full(self.value) if self.is_thing else self.value


@cache
def text() -> str:
    """Return the text of the document."""
    return (DATA / "text.txt").read_text(encoding="utf-8")


@cache
def about_document() -> dict:
    """Return the description of the document."""
    return tomllib.loads((DATA / "document.toml").read_text(encoding="utf-8"))


@cache
def triples(name: str) -> tuple[Triple, ...]:
    """Return the triples of a shared Turtle file of ``ontology/``.

    Concepts and alignments are those of the project too, which have a file of their own.
    """
    files = (name,) if name == "social-response" else (name, "groupe-sos")
    paths = (ROOT / "ontology" / f"{file}.ttl" for file in files)
    return tuple(quad.triple for path in paths for quad in parse(path=path, format=RdfFormat.TURTLE))


@cache
def pairs(name: str, predicate: str, language: str = "") -> tuple[tuple[str, str], ...]:
    """Return subjects and objects of the triples with a predicate.

    Where a language is given, only literals of that language.
    """
    return tuple(
        (short(subject.value), value.value if isinstance(value, Literal) else short(value.value))
        for subject, found, value in triples(name)
        if found.value == full(predicate) and (not language or getattr(value, "language", "") == language)
    )


@cache
def entries() -> dict[str, dict]:
    """Return the entries of the annotations by id."""
    listed = yaml.safe_load((DATA / "annotations.yaml").read_text(encoding="utf-8"))
    return {entry["id"]: entry for entry in listed}


@cache
def labels(language: str = "fr") -> dict[str, str]:
    """Return the labels of things, types, modalities, classes and properties."""
    found = {name: entry["label"][language] for name, entry in entries().items()}
    found |= dict(pairs("concepts", "skos:prefLabel", language))
    return found | dict(pairs("social-response", "rdfs:label", language))


@cache
def statements() -> tuple[Statement, ...]:
    """Return all statements.

    Facts with the same subject, property and value are one.
    """
    found: dict[tuple[str, str, str, str], Statement] = {}
    for subject, entry in entries().items():
        for fact in (one for given in entry["facts"] for one in (given, *_years(given))):
            for value, language, is_thing in _values(fact):
                prop = fact["property"] if ":" in fact["property"] else f"sr:{fact['property']}"
                modality = f"sr:{MODALITIES.get(fact['modality'], fact['modality'])}"
                made = Statement(subject, prop, value, language, is_thing, modality)
                statement = found.setdefault((subject, prop, value, language), made)
                start = _find(fact["quote"], fact.get("occurrence", 1))
                statement.quotes.append(fact["quote"])
                statement.spans.append((start, start + len(fact["quote"])))
                statement.notes |= fact.get("note", {})
    return tuple(found.values())


def _years(fact: dict) -> list[dict]:
    """Return the facts of years that an EDTF fact gives, an open end left out."""
    if fact["property"] != "edtf":
        return []
    first, _, last = str(fact["value"]).partition("/")
    years = {"earliestYear": first.replace("X", "0"), "latestYear": (last or first).replace("X", "9")}
    return [{**fact, "property": name, "value": int(year)} for name, year in years.items() if year != ".."]


def _values(fact: dict) -> list[tuple[str, str, bool]]:
    """Return the values of a fact.

    Each has its language and whether it is a thing.
    """
    prop = fact["property"] if ":" in fact["property"] else f"sr:{fact['property']}"
    value = fact.get("value", fact["quote"])
    if prop in objects():
        return [(value, "", True)]
    if isinstance(value, dict):
        return [(words, language, False) for language, words in value.items()]
    in_language = (prop, "rdf:langString") in pairs("social-response", "schema:rangeIncludes")
    return [(str(value), "fr" if in_language else "", False)]


@cache
def objects() -> frozenset[str]:
    """Return the properties whose value is a thing."""
    kinds = pairs("social-response", "rdf:type")
    return frozenset(name for name, kind in kinds if kind == "owl:ObjectProperty")


def _find(quote: str, occurrence: int) -> int:
    """Return the offset in the text where a quote begins."""
    start = -1
    for _ in range(occurrence):
        start = text().index(quote, start + 1)
    return start


@cache
def sentence_starts() -> tuple[int, ...]:
    """Return the offsets where the sentences begin.

    A sentence begins at a line, or after a full stop and a space before a capital.
    """
    lines = [line.start() for line in re.finditer(r"^[^\n]", text(), re.MULTILINE)]
    return tuple(sorted(lines + [stop.end() for stop in re.finditer(r"\. (?=[A-ZÀÉ])", text())]))


def sentence(span: tuple[int, int]) -> int:
    """Return the number of the sentence of a passage, from 1."""
    return sum(1 for start in sentence_starts() if start <= span[0])


@cache
def above(name: str, predicate: str) -> set[str]:
    """Return all classes or properties above one of the ontology."""
    up = defaultdict(set)
    for lower, upper in pairs("social-response", predicate):
        up[lower].add(upper)
    return climb(name, up)


def climb(name: str, up: dict[str, set[str]]) -> set[str]:
    """Return the names reached from a name in one or more steps."""
    reached: set[str] = set()
    todo = set(up.get(name, ()))
    while todo:
        one = todo.pop()
        if one not in reached:
            reached.add(one)
            todo |= up.get(one, set())
    return reached
