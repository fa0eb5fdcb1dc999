"""What there is to list, and what a list of each kind shows: asked of the graph and of its ontology, not fixed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.model.iris import DCT, OA, PROV, RDF, RDFS, SCHEMA, SKOS, SR
from kg.model.labels import LABELS
from kg.pages.shared.graph_queries import Evaluate, format_iris, select_strings, sparql_iri
from kg.pages.shared.kinds import KINDS

COLUMNS = 4
"""How many columns a list has at most between the type and the time of its things."""

FACETS = 6
"""How many properties of a kind its lists can be filtered by, besides class, type and time."""

SAMPLE = 1_000
"""How many things of a kind are looked at to find out what its lists show."""

TIMES = (SR + "startedDuring", SR + "hasTimeSpan")
"""The properties whose values are time spans."""

_ANSWERED = SR + "respondsTo"
_TYPE = DCT + "type"
_CLASS = RDF + "type"
_PASSAGE = OA + "SpecificResource"
_TELL_LITTLE = {SR + "mentionedAs", SKOS + "scopeNote", SKOS + "notation"}
_NO_COLUMNS = (RDF, RDFS, OA, SKOS)

_COUNTS = """SELECT ?class (COUNT(DISTINCT ?thing) AS ?n) (SAMPLE(?thing) AS ?one) WHERE { ?thing a ?class }
GROUP BY ?class ORDER BY DESC(?n) LIMIT 500"""
_SEGMENTS = f"""SELECT ?class ?segment ?above WHERE {{
  ?class <{SR}idSegment> ?segment OPTIONAL {{ ?class <{RDFS}subClassOf> ?above }} }}"""
_EVIDENT = f"SELECT ?property WHERE {{ ?property <{SR}needsEvidence> true }}"
_USE = """SELECT ?property (COUNT(DISTINCT ?thing) AS ?n) (COUNT(DISTINCT ?value) AS ?values)
  (SUM(IF(isIRI(?value), 1, 0)) AS ?iris)
WHERE { { SELECT DISTINCT ?thing WHERE { VALUES ?class { %s } ?thing a ?class } LIMIT %d } %s } GROUP BY ?property"""
_TONGUES = """SELECT ?language (COUNT(*) AS ?n) WHERE {
  { SELECT DISTINCT ?thing WHERE { VALUES ?class { %s } ?thing a ?class } LIMIT %d } ?thing <%s> ?label
  BIND(LANG(?label) AS ?language) } GROUP BY ?language ORDER BY DESC(?n) ?language"""


@dataclass(frozen=True)
class Kind:
    """What has one list: the segment of its address, its classes, and how many things there are of each."""

    segment: str
    counts: Mapping[str, int]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, those that readers know first."""
        return tuple(self.counts)

    @property
    def count(self) -> int:
        """How many things there are; one that has two of the classes counts twice."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Way:
    """The way from a thing to what stands beside it in a list: one property or two, backwards where ``inverse``.

    ``is_thing`` tells that it leads to things and not to words or numbers.
    """

    path: tuple[str, ...]
    inverse: bool = False
    is_thing: bool = True

    @property
    def is_time(self) -> bool:
        """Whether it leads to time spans."""
        return self.path[-1] in TIMES

    @property
    def key(self) -> str:
        """Its name in addresses: names of properties, those of our own vocabulary without a prefix."""
        return ("~" if self.inverse else "") + "/".join(_short(property_) for property_ in self.path)


@dataclass(frozen=True)
class Frame:
    """What the lists of a kind show: what names a thing and in which languages, columns, and what they filter by.

    ``times`` lead to the time spans by whose years the things may be chosen.
    """

    kind: Kind
    label: tuple[str, ...]
    languages: tuple[str, ...]
    columns: tuple[Way, ...]
    facets: tuple[Way, ...]
    times: tuple[tuple[str, ...], ...] = ()


def _frame_of_statements(kind: Kind) -> Frame:
    columns = (Way((RDF + "subject",)), Way((RDF + "predicate",)), Way((RDF + "object",)), Way((SR + "modality",)))
    facets = (Way((SR + "modality",)), Way((RDF + "predicate",)), Way((SR + "statedIn",)))
    return Frame(kind, (SR + "quote",), (), columns, facets)


def _frame_of_passages(kind: Kind) -> Frame:
    columns = (
        Way((OA + "hasSource",)),
        Way((SR + "inSentence",), is_thing=False),
        Way((SR + "evidence",), inverse=True),
    )
    return Frame(kind, (OA + "hasSelector", OA + "exact"), (), columns, (Way((OA + "hasSource",)),))


def _frame_of_documents(kind: Kind) -> Frame:
    columns = (
        Way((PROV + "wasAttributedTo",)),
        Way((DCT + "date",), is_thing=False),
        Way((SCHEMA + "inLanguage",), is_thing=False),
        Way((SR + "statedIn",), inverse=True),
    )
    return Frame(kind, (DCT + "title",), (), columns, (Way((PROV + "wasAttributedTo",)),))


_OWN_FRAMES = {
    SR + "Assertion": _frame_of_statements,
    SR + "Document": _frame_of_documents,
    _PASSAGE: _frame_of_passages,
}
"""The kinds that describe texts and not the world: what their lists show is fixed with the form of evidence."""


def read_kinds(evaluate: Evaluate) -> dict[str, Kind]:
    """The kinds of which there are things, by the segment of their address, in the order that readers meet them.

    A class above others that have a segment stands for these: its list is theirs together. Where the
    graph holds no ontology, each class has a list, under its own name.
    """
    counted = [row for row in select_strings(evaluate, _COUNTS) if "class" in row]
    counts = {row["class"]: int(row["n"]) for row in counted}
    rows = select_strings(evaluate, _SEGMENTS)
    segments = {row["class"]: row["segment"] for row in rows} or _named(counted)
    if _PASSAGE in counts and rows:
        segments[_PASSAGE] = "passage"
    below: dict[str, set[str]] = {}
    for row in rows:
        if row.get("above") in segments:
            below.setdefault(row["above"], set()).add(row["class"])
    leaves = {one: _leaves(one, below) for one in segments}
    grouped: dict[str, set[str]] = {}
    for one, segment in segments.items():
        grouped.setdefault(segment, set()).update(leaf for leaf in leaves[one] if leaf in counts)
    found = [(segment, sorted(classes, key=_rank)) for segment, classes in grouped.items() if classes]
    ordered = sorted(found, key=lambda each: (_rank(each[1][0]), -len(each[1]), each[0]))
    return {segment: Kind(segment, {one: counts[one] for one in classes}) for segment, classes in ordered}


def is_whole(kind: Kind, kinds: Iterable[Kind]) -> bool:
    """Whether a kind is no mere sum of other kinds, so that it has its own line in a list of kinds."""
    return not any(
        set(kind.classes) & set(one.classes) and one.segment != kind.segment and len(one.classes) < len(kind.classes)
        for one in kinds
    )


def read_frame(evaluate: Evaluate, kind: Kind) -> Frame:
    """What the lists of a kind show, from what its things say: a look at SAMPLE of them, whatever their number."""
    for one, make in _OWN_FRAMES.items():
        if one in kind.classes:
            return make(kind)
    evident = {row["property"] for row in select_strings(evaluate, _EVIDENT)}
    ahead, back = (
        _use(evaluate, kind, evident, "?thing ?property ?value"),
        _use(evaluate, kind, evident, "?value ?property ?thing"),
    )
    ways = [Way((each["property"],), is_thing=bool(int(each["iris"]))) for each in ahead]
    into = [Way((each["property"],), inverse=True) for each in back]
    own = {way.path[0] for way in ways}
    score = {way: _told(each) for way, each in zip(ways + into, ahead + back, strict=True)}
    telling = [way for way in sorted(score, key=lambda way: (-score[way], way.key)) if score[way] > 0]
    typed = [Way((_TYPE,))] if _TYPE in own else []
    times = [way for way in ways if way.is_time]
    chosen = [way for way in telling or ways + into if way not in typed and way not in times]
    links = [way for way in chosen if way in telling and way.is_thing and not way.inverse][:FACETS]
    facets = ([Way((_CLASS,))] if len(kind.classes) > 1 else []) + typed + _with_types(evaluate, links) + times
    spans = [way.path for way in times] + ([(_ANSWERED, SR + "hasTimeSpan")] if _ANSWERED in own else [])
    label, tongues = _label(evaluate, kind)
    return Frame(kind, label, tongues, (*typed, *chosen[:COLUMNS], *times), tuple(facets), tuple(spans))


def _use(evaluate: Evaluate, kind: Kind, evident: set[str], pattern: str) -> list[dict[str, str]]:
    """The properties that a sample of the things has, with how many have it and how many values there are.

    Only what needs evidence says something of a thing; where no property is marked so, whatever is not
    about terms and types.
    """
    rows = select_strings(evaluate, _USE % (format_iris(kind.classes), SAMPLE, pattern))
    if evident:
        return [row for row in rows if row.get("property") in evident - _TELL_LITTLE]
    told = [row for row in rows if row.get("property") not in {None, *LABELS, *_TELL_LITTLE}]
    return [row for row in told if not row["property"].startswith(_NO_COLUMNS)]


def _told(use: Mapping[str, str]) -> float:
    """How much a property tells the things of a kind apart: nothing where all have one value."""
    return int(use["n"]) * (1 - 1 / int(use["values"])) if int(use["values"]) else 0.0


def _with_types(evaluate: Evaluate, ways: list[Way]) -> list[Way]:
    """The ways, each followed by that to the types of its values, where these have types."""
    found: list[Way] = []
    for way in ways:
        further = Way((*way.path, _TYPE))
        typed = select_strings(
            evaluate, f"SELECT ?type WHERE {{ ?thing <{way.path[0]}> ?value . ?value <{_TYPE}> ?type }} LIMIT 1"
        )
        found += [way, further] if typed else [way]
    return found


def _label(evaluate: Evaluate, kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The property that names the things of a kind, and the languages of these names, the commonest first."""
    for label in LABELS:
        rows = select_strings(evaluate, _TONGUES % (format_iris(kind.classes), SAMPLE, label))
        if tongues := tuple(row.get("language", "") for row in rows if row["n"] != "0"):
            return (label,), tongues
    return (), ()


def path(properties: Iterable[str], *, bare: bool = False) -> str:
    """The property path, as SPARQL writes it; ``bare`` for a query that declares no prefix."""
    return "/".join(f"<{each}>" if bare else sparql_iri(each) for each in properties)


def _short(iri: str) -> str:
    written = sparql_iri(iri)
    return written.removeprefix("sr:").strip("<>") if iri != _CLASS else "class"


def _leaves(one: str, below: Mapping[str, set[str]], seen: frozenset[str] = frozenset()) -> set[str]:
    """The classes below a class that have none below them; itself where there is none."""
    under = below.get(one, set()) - seen
    return set().union(*(_leaves(each, below, seen | {one}) for each in under)) if under else {one}


_ORDER = {kind: place for place, kind in enumerate((*KINDS, _PASSAGE))}


def _rank(iri: str) -> tuple[int, str]:
    return _ORDER.get(iri, len(_ORDER)), iri


def _named(counted: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """A segment for each class where no ontology gives it: that in the id of a thing, else the class's name."""
    found = {}
    for row in counted:
        if row["class"].startswith(OA) and row["class"] != _PASSAGE:
            continue  # parts of a passage, which has the list
        in_id = re.search(r"/id/([a-z0-9-]+)/[^/]", row.get("one", ""))
        local = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", re.split(r"[#/:]", row["class"])[-1]).lower()
        if segment := in_id[1] if in_id else re.sub(r"[^a-z0-9]+", "-", local).strip("-"):
            found[row["class"]] = segment
    return found
