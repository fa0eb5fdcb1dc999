"""Answers computed from the annotations without SPARQL.

There is one function for each query, named ``answer_`` and its number.

A SELECT is a list of rows of strings in the order of its ORDER BY; a CONSTRUCT or DESCRIBE is a set of triples.
"""

import hashlib
from collections import Counter, defaultdict

from .reading import (
    DOCUMENT,
    HOME,
    about_document,
    above,
    climb,
    entries,
    full,
    labels,
    pairs,
    sentence,
    short,
    statements,
    text,
    triples,
)

Rows = list[tuple[str, ...]]
OPERATORS = ("sr:operatedBy", "sr:openedBy", "sr:launchedBy", "sr:developedBy", "sr:introducedBy", "sr:runBy")
GROUPS = ("sr:targets", "sr:involves", "sr:affects", "sr:benefits")


def stands(one) -> bool:
    """Return whether a statement is a direct triple, stated or inferred.

    What is only intended is none, unless it is an aim or is said of one.
    """
    return one.modality != "sr:intended" or one.predicate == "sr:hasAim" or entries()[one.subject]["type"] == "Aim"


def said(*properties: str) -> list:
    """Return the direct statements with one of the properties."""
    return [one for one in statements() if one.predicate in properties and stands(one)]


def of(*types: str) -> list[str]:
    """Return the things of a type, as the annotations give it."""
    return [name for name, entry in entries().items() if entry["type"] in types]


def joined(words) -> str:
    """Join several words in one cell, each once."""
    return " | ".join(sorted(set(words)))


def answer_001() -> Rows:
    """Count things by class and by the classes above it.

    Only classes of the vocabulary are counted.
    """
    count = Counter({"sr:Assertion": len(statements()), "sr:Sentence": 30})  # counted in the text
    for entry in entries().values():
        kind = f"sr:{entry['type']}"
        count.update({kind} | {one for one in above(kind, "rdfs:subClassOf") if one.startswith("sr:")})
    rows = [(kind, labels()[kind], str(number)) for kind, number in count.items()]
    return sorted(rows, key=lambda row: (-int(row[2]), full(row[0])))


def answer_006() -> Rows:
    """Return situations with the number of responses to each."""
    by = Counter(one.value for one in said("sr:respondsTo"))
    rows = [(name, labels()[name], f"sr:{entries()[name]['type']}", str(by[name]))
            for name in of("Crisis", "SocialProblem")]  # fmt: skip
    return sorted(rows, key=lambda row: (-int(row[3]), full(row[0])))


def derived() -> set[tuple[str, str, str]]:
    """Return what the closure adds to what the text states.

    It is the closure over classes, properties and broader concepts. Nothing follows from an inference.
    """
    direct = [one for one in statements() if stands(one)]
    stated = [one for one in direct if one.modality != "sr:inferred"]
    added = set()
    for name, entry in entries().items():
        if entry["type"] not in ("TimeSpan", "Document"):
            kinds = above(f"sr:{entry['type']}", "rdfs:subClassOf") - {"skos:Concept"}  # which is stated
            added |= {(name, "rdf:type", kind) for kind in kinds}
    spans = set(of("TimeSpan"))
    up = defaultdict(set)
    for one in stated:
        if not spans & {one.subject, one.value}:
            for upper in above(one.predicate, "rdfs:subPropertyOf"):
                added.add((one.subject, upper, one.value))
    for lower, upper in [(one.subject, one.value) for one in stated if one.predicate == "skos:broader"] + [
        *pairs("concepts", "skos:broader")
    ]:
        up[lower].add(upper)
    added |= {(lower, "skos:broaderTransitive", upper) for lower in list(up) for upper in climb(lower, up)}
    return added - {(one.subject, one.predicate, one.value) for one in direct}


def answer_008() -> Rows:
    """Count derived triples by property."""
    count = Counter(prop for _, prop, _ in derived())
    rows = [(prop, str(number)) for prop, number in count.items()]
    return sorted(rows, key=lambda row: (-int(row[1]), full(row[0])))


def answer_010() -> Rows:
    """Return groups with their roles and the number of things concerned."""
    roles, things = defaultdict(set), defaultdict(set)
    for one in said(*GROUPS):
        roles[one.value].add(labels()[one.predicate])
        things[one.value].add(one.subject)
    rows = [(name, labels()[name], joined(roles[name]), str(len(things[name]))) for name in roles]
    return sorted(rows, key=lambda row: (-int(row[3]), full(row[0])))


def value_of(thing: str, prop: str) -> str:
    """Return the one value of a property, or an empty text."""
    return next((one.value for one in said(prop) if one.subject == thing), "")


def answer_015() -> Rows:
    """Return time spans with their years and what they date.

    Those without years come last.
    """
    rows = []
    for one in said("sr:hasTimeSpan", "sr:startedDuring"):
        own = ("sr:mentionedAs", "sr:earliestYear", "sr:latestYear", "time:hasXSDDuration")
        rows.append((one.value, *(value_of(one.value, prop) for prop in own), one.predicate, one.subject))
    return sorted(rows, key=lambda row: (not row[2], int(row[2] or 0), full(row[0]), full(row[5]), full(row[6])))


def answer_021() -> Rows:
    """Return types of offerings with the number of initiatives that offer them."""
    initiatives, offered = defaultdict(set), defaultdict(set)
    for one in said("sr:offers"):
        kind = value_of(one.value, "dct:type")
        initiatives[kind].add(one.subject)
        offered[kind].add(labels()[one.value])
    rows = [(kind, labels()[kind], str(len(initiatives[kind])), joined(offered[kind])) for kind in offered]
    return sorted(rows, key=lambda row: (-int(row[2]), full(row[0])))


def answer_025() -> Rows:
    """Return aims with those who have them and those who benefit."""
    rows = []
    for one in said("sr:hasAim"):
        groups = [other.value for other in said("sr:benefits") if other.subject == one.value] or [""]
        rows += [(one.subject, one.value, labels()[one.value], group) for group in groups]
    rows.sort(key=lambda row: (full(row[1]), full(row[0]), full(row[3])))
    return [(*row[:3], labels().get(row[3], "")) for row in rows]


def answer_030() -> Rows:
    """Count the claims about each thing."""
    count = Counter(one.value for one in said("sr:claimAbout"))
    rows = [(name, labels()[name], str(number)) for name, number in count.items()]
    return sorted(rows, key=lambda row: (-int(row[2]), full(row[0])))


def answer_035() -> Rows:
    """Return kinds of places with their wider kind and their count.

    Things that are there and things that are about them are counted.
    """
    things = defaultdict(set)
    for one in said("sr:locatedIn", "sr:concerns"):
        things[one.value].add(one.subject)
    rows = [(name, labels()[name], value_of(name, "skos:broader"), str(len(things[name]))) for name in of("Setting")]
    return sorted(rows, key=lambda row: (-int(row[3]), full(row[0])))


def answer_036() -> Rows:
    """Return things aligned with EuroVoc."""
    found = [(name, labels()[name], match, concept)
             for match in ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:relatedMatch")
             for name, concept in pairs("alignments", match)
             if name in entries() and concept.startswith("http://eurovoc.europa.eu/")]  # fmt: skip
    return sorted(found, key=lambda row: (full(row[0]), full(row[2]), row[3]))


def answer_037() -> Rows:
    """Return names that hold a word, in either language."""
    names = [(one.subject, one.predicate, one.value) for one in said("skos:notation", "sr:mentionedAs")]
    for prop in ("skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:notation"):
        names += [(name, prop, words) for name, words in pairs("concepts", prop)]
    for name, entry in entries().items():
        names += [(name, "skos:prefLabel", words) for words in entry["label"].values()]
    rows = [(word, *name) for word in ("sdf", "homeless") for name in names if word in name[2].lower()]
    return sorted(rows, key=lambda row: (row[0], full(row[1]), full(row[2]), row[3]))


def answer_039() -> Rows:
    """Return the passages that tell the effects of the LHSS.

    Each has 32 characters of text on either side.
    """
    rows = []
    for one in said("sr:hasEffect"):
        for start, end in one.spans if one.subject == "initiative/lhss" else []:
            around = (text()[start - 32 : start], text()[start:end], text()[end : end + 32])
            rows.append((one.value, str(sentence((start, end))), str(start), str(end), *around))
    return sorted(rows, key=lambda row: (int(row[2]), int(row[3])))


def answer_040() -> Rows:
    """Return the statements with a passage in sentence 8."""
    rows = {(one.subject, one.predicate, labels()[one.value] if one.is_thing else one.value, one.modality)
            for one in statements() if 8 in map(sentence, one.spans)}  # fmt: skip
    return sorted(rows, key=lambda row: (full(row[0]), full(row[1]), row[2]))


def answer_041() -> Rows:
    """Return the statements with more than one passage."""
    several = [one for one in statements() if len(set(one.spans)) > 1]
    several.sort(key=lambda one: (-len(set(one.spans)), full(one.subject), full(one.predicate), one.object))
    return [(one.subject, one.predicate, one.value, str(len(set(one.spans))),
             joined(str(sentence(span)) for span in one.spans)) for one in several]  # fmt: skip


def answer_042() -> Rows:
    """Count the statements by modality."""
    count = Counter(one.modality for one in statements())
    rows = [(name, labels()[name], str(number)) for name, number in count.items()]
    return sorted(rows, key=lambda row: (-int(row[2]), full(row[0])))


def answer_043() -> Rows:
    """Return the inferences with a note, once for each quote."""
    found = [(one, quote) for one in statements() if one.modality == "sr:inferred" and one.notes
             for quote in sorted(set(one.quotes))]  # fmt: skip
    found.sort(key=lambda row: (full(row[0].subject), full(row[0].predicate), row[0].object, row[1]))
    return [(one.subject, one.predicate, one.value, quote, one.notes["fr"]) for one, quote in found]


def answer_045() -> Rows:
    """Return the five sentences with the most statements."""
    count = Counter(number for one in statements() for number in set(map(sentence, one.spans)))
    most = sorted(count.items(), key=lambda item: (-item[1], item[0]))[:5]
    return [(f"document/{DOCUMENT}", str(number), str(times)) for number, times in most]


def passages() -> set[tuple[int, int]]:
    """Return all passages, each once."""
    return {span for one in statements() for span in one.spans}


def answer_046() -> Rows:
    """Return the number of passages, all of which are in place."""
    return [(f"document/{DOCUMENT}", str(len(passages())), str(len(passages())))]


def answer_047() -> Rows:
    """Return the document, its author, its earliest year and its rights."""
    described, name = about_document(), f"document/{DOCUMENT}"
    author, year = value_of(name, "prov:wasAttributedTo"), value_of(name, "sr:earliestYear")
    digest = hashlib.sha256(text().encode()).hexdigest()
    return [(name, described["title"], described["language"], author, year, described["rights"]["fr"], digest)]


def answer_048() -> Rows:
    """Return the document with its graph and its counts.

    The counts are those of statements and passages.
    """
    return [(f"{HOME}graph/{DOCUMENT}", f"document/{DOCUMENT}", str(len(statements())), str(len(passages())))]


def answer_050() -> set[tuple[str, str, str]]:
    """Return the initiatives in schema.org, with names, operators and audiences."""
    made = {(one.subject, "schema:provider", one.value) for one in said(*OPERATORS)}
    for name in of("Initiative"):
        made |= {(name, "rdf:type", "schema:Project")}
        made |= {(name, "schema:name", f"{words}@{tag}") for tag, words in entries()[name]["label"].items()}
    for one in said("sr:targets"):
        made |= {(one.subject, "schema:audience", one.value), (one.value, "rdf:type", "schema:PeopleAudience")}
        named = entries()[one.value]["label"].items()
        made |= {(one.value, "schema:audienceType", f"{words}@{tag}") for tag, words in named}
    return made


def answer_051() -> set[tuple[str, str, str]]:
    """Return everything with the LHSS as subject.

    That is what is stated, what is derived, and the editors' words.
    """
    name = "initiative/lhss"
    found = {(name, "rdf:type", "sr:Initiative")} | {triple for triple in derived() if triple[0] == name}
    for one in statements():
        if one.subject == name:
            found.add((name, one.predicate, f"{one.value}@{one.language}" if one.language else one.value))
    for key, prop in (("label", "skos:prefLabel"), ("definition", "skos:definition")):
        found |= {(name, prop, f"{words}@{tag}") for tag, words in entries()[name][key].items()}
    for file in ("concepts", "alignments"):
        for subject, prop, value in triples(file):
            if short(subject.value) == name:
                tag = getattr(value, "language", None)
                found.add((name, short(prop.value), f"{value.value}@{tag}" if tag else short(value.value)))
    return found


def answer_053() -> Rows:
    """Return the five longest passages."""
    longest = sorted(passages(), key=lambda span: (span[0] - span[1], f"{span[0]}-{span[1]}"))[:5]
    return [(str(sentence(span)), str(span[1] - span[0]), text()[slice(*span)]) for span in longest]
