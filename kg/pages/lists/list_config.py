"""What there is to list, and what the lists show.

Both are read from the graph and its ontology.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kg.model.iris import DCT, INTENDED, OA, PROV, RDF, RDFS, SCHEMA, SKOS, SR, shorten_iri
from kg.model.labels import LABELS
from kg.model.languages import Language
from kg.model.messages import N_, N_plural, translate, translate_plural
from kg.pages.shared.graph_queries import (
    KINDS,
    Evaluate,
    LabelledNode,
    format_iris,
    kind_words,
    pick_language,
    select_strings,
    sparql_iri,
)

MAX_COLUMNS = 4
"""Most columns of a list between the type and the time of its things."""

MAX_FACETS = 6
"""Most properties that are filters of a list, besides class, type and time."""

SAMPLE_SIZE = 1_000
"""Things of a kind that are read to decide what its lists show."""

TIME_PROPERTIES = (SR + "startedDuring", SR + "hasTimeSpan")
"""The properties whose values are time spans."""

_RESPONDS_TO = SR + "respondsTo"
_TYPE = DCT + "type"
_CLASS = RDF + "type"
_PASSAGE = OA + "SpecificResource"
_SENTENCE = SR + "Sentence"
_SENTENCES = N_plural("sentence of a text", "sentences of the texts")
_UNINFORMATIVE = {SR + "mentionedAs", SKOS + "scopeNote", SKOS + "notation"}
_NO_COLUMNS = (RDF, RDFS, OA, SKOS)

_CONCEPT = SKOS + "Concept"
_COUNTS = """SELECT ?class (COUNT(DISTINCT ?thing) AS ?n) (SAMPLE(?thing) AS ?one) WHERE { ?thing a ?class }
GROUP BY ?class ORDER BY DESC(?n) LIMIT 500"""
_SEGMENTS = f"""SELECT ?class ?segment ?above WHERE {{
  ?class <{SR}idSegment> ?segment OPTIONAL {{ ?class <{RDFS}subClassOf> ?above }} }}"""
_INTENDED_ONLY = f"""SELECT DISTINCT ?property WHERE {{
  ?assertion <{SR}modality> <{INTENDED}> ; <{RDF}subject> ?thing ; <{RDF}predicate> ?property ; <{RDF}object> ?value .
  FILTER NOT EXISTS {{ ?thing ?property ?value }} }}"""
_NEED_EVIDENCE = f"SELECT ?property WHERE {{ ?property <{SR}needsEvidence> true }}"
_USAGE = """SELECT ?property (COUNT(DISTINCT ?thing) AS ?n) (COUNT(DISTINCT ?value) AS ?values)
  (SUM(IF(isIRI(?value), 1, 0)) AS ?iris)
WHERE { { SELECT DISTINCT ?thing WHERE { VALUES ?class { %s } ?thing a ?class } LIMIT %d } %s } GROUP BY ?property"""
_LABEL_LANGUAGES = """SELECT ?language (COUNT(*) AS ?n) WHERE {
  { SELECT DISTINCT ?thing WHERE { VALUES ?class { %s } ?thing a ?class } LIMIT %d } ?thing <%s> ?label
  BIND(LANG(?label) AS ?language) } GROUP BY ?language ORDER BY DESC(?n) ?language"""


@dataclass(frozen=True)
class ListedKind:
    """A kind with a list: its address and its classes' counts."""

    segment: str
    counts: Mapping[str, int]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, the most familiar first."""
        return tuple(self.counts)

    @property
    def count(self) -> int:
        """The number of things; one of two classes counts twice."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class PropertyPath:
    """The path from a thing to a column or filter.

    It is one property or two.

    ``inverse`` tells that the property points at the thing, ``is_thing`` that the values are things and not literals.
    ``is_intended`` tells that some values of the first property are only intended: they stand in assertions, and in no
    triple.
    """

    properties: tuple[str, ...]
    inverse: bool = False
    is_thing: bool = True
    is_intended: bool = field(default=False, compare=False)

    @property
    def is_time(self) -> bool:
        """Whether the values are time spans."""
        return self.properties[-1] in TIME_PROPERTIES

    @property
    def key(self) -> str:
        """Its name in addresses: CURIEs, those of our own vocabulary without prefix."""
        return ("~" if self.inverse else "") + "/".join(_short_name(iri) for iri in self.properties)

    def pattern(self, thing: str, value: str, *, with_intended: bool = False) -> str:
        """Return the SPARQL pattern that leads from a thing to a value.

        ``with_intended`` adds what only assertions say, in a subquery: the engine evaluates it once, where it would
        evaluate a union for each thing.
        """
        ways = self.patterns(thing, value, with_intended=with_intended)
        if len(ways) == 1:
            return ways[0]
        variables = " ".join(term for term in (thing, value) if term.startswith("?"))
        return f"{{ SELECT DISTINCT {variables} WHERE {{ {' UNION '.join(f'{{ {way} }}' for way in ways)} }} }}"

    def patterns(self, thing: str, value: str, *, bare: bool = False, with_intended: bool = False) -> list[str]:
        """Return the patterns that lead from a thing to a value.

        ``bare`` is for a query without prefixes. The engine looks an assertion up by its thing only where the
        modality is no constant.
        """
        whole = sparql_path(self.properties, bare=bare)
        ways = [f"{value} {whole} {thing}" if self.inverse else f"{thing} {whole} {value}"]
        if self.is_intended and with_intended:
            end = "?via" if len(self.properties) > 1 else value
            subject, object_ = (end, thing) if self.inverse else (thing, end)
            terms = (RDF + "subject", RDF + "predicate", RDF + "object", SR + "modality", INTENDED)
            said, about, of, how, intended = (sparql_path([iri], bare=bare) for iri in terms)
            name = sparql_path(self.properties[:1], bare=bare)
            assertion = f"?assertion {said} {subject} ; {about} {name} ; {of} {object_} ; {how} ?how"
            rest = f" . {end} {sparql_path(self.properties[1:], bare=bare)} {value}" if end != value else ""
            ways.append(f"{assertion}{rest} FILTER(?how = {intended})")
        return ways


@dataclass(frozen=True)
class ListConfig:
    """What the lists of a kind show: names, columns and filters.

    ``languages`` are those of the names, the commonest first. ``times`` are paths to the time spans by whose years the
    things can be filtered. ``evidenced`` are the properties of columns whose statements have assertions.
    """

    kind: ListedKind
    label: tuple[str, ...]
    languages: tuple[str, ...]
    columns: tuple[PropertyPath, ...]
    facets: tuple[PropertyPath, ...]
    times: tuple[tuple[str, ...], ...] = ()
    evidenced: frozenset[str] = frozenset()


def _fixed_config(
    label: tuple[str, ...], columns: tuple[PropertyPath, ...], facets: tuple[str, ...]
) -> Callable[[ListedKind], ListConfig]:
    """Return a function that makes a config which is always the same."""
    paths = tuple(PropertyPath((iri,)) for iri in facets)
    return lambda kind: ListConfig(kind, label, (), columns, paths)


_FIXED_CONFIGS = {
    SR + "Assertion": _fixed_config(
        (SR + "quote",),
        tuple(PropertyPath((iri,)) for iri in (RDF + "subject", RDF + "predicate", RDF + "object", SR + "modality")),
        (SR + "modality", RDF + "predicate", SR + "statedIn"),
    ),
    SR + "Document": _fixed_config(
        (DCT + "title",),
        (
            PropertyPath((PROV + "wasAttributedTo",)),
            PropertyPath((DCT + "date",), is_thing=False),
            PropertyPath((SCHEMA + "inLanguage",), is_thing=False),
            PropertyPath((SR + "statedIn",), inverse=True),
        ),
        (PROV + "wasAttributedTo",),
    ),
    _PASSAGE: _fixed_config(
        (OA + "hasSelector", OA + "exact"),
        (
            PropertyPath((OA + "hasSource",)),
            PropertyPath((SR + "inSentence",), is_thing=False),
            PropertyPath((SR + "evidence",), inverse=True),
        ),
        (OA + "hasSource",),
    ),
    _SENTENCE: _fixed_config(
        (),
        (
            PropertyPath((SR + "sentenceOf",)),
            *(PropertyPath((SR + name,), is_thing=False) for name in ("number", "begin", "end")),
        ),
        (SR + "sentenceOf",),
    ),
}
"""The kinds that describe texts and not the world: the form of evidence fixes their columns."""


def read_kinds(evaluate: Evaluate) -> dict[str, ListedKind]:
    """Return the kinds that have things, the most familiar first.

    They are by the segment of their address. The list of a class above others that have segments holds the things
    of these. Where the graph holds no ontology, each class has a list under its own name.
    """
    class_rows = [row for row in select_strings(evaluate, _COUNTS) if "class" in row]
    counts = {row["class"]: int(row["n"]) for row in class_rows}
    rows = select_strings(evaluate, _SEGMENTS)
    segments = {row["class"]: row["segment"] for row in rows} or _segments_without_ontology(class_rows)
    if _PASSAGE in counts and rows:
        segments[_PASSAGE] = "passage"
    below: dict[str, set[str]] = {}
    for row in rows:
        if row.get("above") in segments:
            below.setdefault(row["above"], set()).add(row["class"])
    grouped: dict[str, set[str]] = {}
    for iri, segment in segments.items():
        grouped.setdefault(segment, set()).update(leaf for leaf in _leaves(iri, below) if leaf in counts)
    kinds = [(segment, sorted(classes, key=_rank)) for segment, classes in grouped.items() if classes]
    kinds.sort(key=lambda kind: (_rank(kind[1][0]), -len(kind[1]), kind[0]))
    return {segment: ListedKind(segment, {iri: counts[iri] for iri in classes}) for segment, classes in kinds}


def has_own_list(kind: ListedKind, kinds: Iterable[ListedKind]) -> bool:
    """Return whether a kind is more than the sum of others."""
    return not any(
        set(kind.classes) & set(other.classes)
        and other.segment != kind.segment
        and len(other.classes) < len(kind.classes)
        for other in kinds
    )


def read_intended(evaluate: Evaluate) -> frozenset[str]:
    """Return the properties of statements that are only intended.

    Such a statement has an assertion and no triple.
    """
    return frozenset(row["property"] for row in select_strings(evaluate, _INTENDED_ONLY))


def read_list_config(evaluate: Evaluate, kind: ListedKind, intended: frozenset[str] = frozenset()) -> ListConfig:
    """Return what the lists of a kind show.

    It depends on what a sample of SAMPLE_SIZE things have. ``intended`` are the properties of ``read_intended``.
    """
    for iri, config_of in _FIXED_CONFIGS.items():
        if iri in kind.classes:
            return config_of(kind)
    need_evidence = {row["property"] for row in select_strings(evaluate, _NEED_EVIDENCE)}
    forward = _property_usage(evaluate, kind, need_evidence, "?thing ?property ?value")
    inverse = _property_usage(evaluate, kind, need_evidence, "?value ?property ?thing")
    paths = [_usage_path(usage, intended) for usage in forward]
    scores = dict(zip(paths, map(_distinctiveness, forward), strict=True))
    scores |= {_usage_path(usage, intended, inverse=True): _distinctiveness(usage) for usage in inverse}
    telling = [path for path in sorted(scores, key=lambda path: (-scores[path], path.key)) if scores[path] > 0]
    properties = {path.properties[0] for path in paths}
    types = [PropertyPath((_TYPE,))] if _TYPE in properties else []
    times = [path for path in paths if path.is_time]
    columns = [path for path in telling or scores if path not in types and path not in times]
    links = [path for path in columns if path in telling and path.is_thing and not path.inverse][:MAX_FACETS]
    classes = [PropertyPath((_CLASS,))] if len(kind.classes) > 1 else []
    spans = [path.properties for path in times]
    spans += [(_RESPONDS_TO, SR + "hasTimeSpan")] if _RESPONDS_TO in properties else []
    label, languages = _naming_property(evaluate, kind)
    return ListConfig(
        kind,
        label,
        languages,
        (*types, *columns[:MAX_COLUMNS], *times),
        (*classes, *types, *_with_types(evaluate, links), *times),
        tuple(spans),
        frozenset(need_evidence),
    )


def _usage_path(usage: Mapping[str, str], intended: frozenset[str], *, inverse: bool = False) -> PropertyPath:
    """Return the path of a property that things of a sample use."""
    iri = usage["property"]
    return PropertyPath((iri,), inverse, inverse or bool(int(usage["iris"])), iri in intended)


def _property_usage(
    evaluate: Evaluate, kind: ListedKind, need_evidence: set[str], pattern: str
) -> list[dict[str, str]]:
    """Return the properties of a sample, with their counts.

    These are the numbers of things and of values. Only properties that need evidence count; where the graph marks
    none so, all that are not about terms and types.
    """
    rows = select_strings(evaluate, _USAGE % (format_iris(kind.classes), SAMPLE_SIZE, pattern))
    if need_evidence:
        return [row for row in rows if row.get("property") in need_evidence - _UNINFORMATIVE]
    others = [row for row in rows if row.get("property") not in {None, *LABELS, *_UNINFORMATIVE}]
    return [row for row in others if not row["property"].startswith(_NO_COLUMNS)]


def _distinctiveness(usage: Mapping[str, str]) -> float:
    """Return how well a property tells things apart.

    0 where all have one value.
    """
    return int(usage["n"]) * (1 - 1 / int(usage["values"])) if int(usage["values"]) else 0.0


def _with_types(evaluate: Evaluate, paths: list[PropertyPath]) -> list[PropertyPath]:
    """Return the paths, each followed by that to its values' types.

    Values without types have no such path.
    """
    extended: list[PropertyPath] = []
    for path in paths:
        to_type = PropertyPath((*path.properties, _TYPE), is_intended=path.is_intended)
        typed = select_strings(
            evaluate, f"SELECT ?type WHERE {{ ?thing <{path.properties[0]}> ?value . ?value <{_TYPE}> ?type }} LIMIT 1"
        )
        extended += [path, to_type] if typed else [path]
    return extended


def _naming_property(evaluate: Evaluate, kind: ListedKind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the property that names the things, and its languages.

    The most frequent language is first.
    """
    for label in LABELS:
        rows = select_strings(evaluate, _LABEL_LANGUAGES % (format_iris(kind.classes), SAMPLE_SIZE, label))
        if languages := tuple(row.get("language", "") for row in rows if row["n"] != "0"):
            return (label,), languages
    return (), ()


def sparql_path(properties: Iterable[str], *, bare: bool = False) -> str:
    """Return the property path in SPARQL; ``bare`` for a query without prefixes."""
    return "/".join(f"<{iri}>" if bare else sparql_iri(iri) for iri in properties)


def _short_name(iri: str) -> str:
    return sparql_iri(iri).removeprefix("sr:").strip("<>") if iri != _CLASS else "class"


def _leaves(iri: str, below: Mapping[str, set[str]], seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the lowest classes below a class; itself where there are none."""
    under = below.get(iri, set()) - seen
    return set().union(*(_leaves(lower, below, seen | {iri}) for lower in under)) if under else {iri}


_ORDER = {kind: place for place, kind in enumerate((*KINDS, _PASSAGE))}


def _rank(iri: str) -> tuple[int, str]:
    return _ORDER.get(iri, len(_ORDER)), iri


def _segments_without_ontology(class_rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return a segment for each class, without an ontology.

    It is from the id of a thing, else from the name of the class.
    """
    segments = {}
    for row in class_rows:
        if row["class"].startswith(OA) and row["class"] != _PASSAGE:
            continue  # parts of passages have no list of their own
        in_id = re.search(r"/id/([a-z0-9-]+)/[^/]", row.get("one", ""))
        local = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", re.split(r"[#/:]", row["class"])[-1]).lower()
        if segment := in_id[1] if in_id else re.sub(r"[^a-z0-9]+", "-", local).strip("-"):
            segments[row["class"]] = segment
    general = segments.pop(_CONCEPT, None)
    if general and general not in segments.values():  # else each concept is listed under a class of its own
        segments[_CONCEPT] = general
    return segments


_FORWARD_HEADINGS: dict[tuple[str, ...], str] = {
    (DCT + "type",): N_("type"),
    (RDF + "type",): N_("kind"),
    (RDF + "subject",): N_("subject"),
    (RDF + "predicate",): N_("what is said"),
    (RDF + "object",): N_("object"),
    (DCT + "date",): N_("date"),
    (DCT + "language",): N_("language"),
    (SCHEMA + "inLanguage",): N_("language"),
    (OA + "hasSource",): N_("text"),
    (SR + "statedIn",): N_("text"),
    (SR + "sentenceOf",): N_("text"),
    (SR + "inSentence",): N_("sentence"),
    (SR + "modality",): N_("way of saying it"),
    (PROV + "wasAttributedTo",): N_("who speaks"),
    (SR + "hasTimeSpan",): N_("period"),
    (SR + "startedDuring",): N_("start"),
    (SR + "offers", DCT + "type"): N_("type of offering"),
    (SR + "respondsTo", DCT + "type"): N_("type of situation"),
    (SR + "locatedIn", DCT + "type"): N_("type of place"),
}
_INVERSE_HEADINGS: dict[str, str] = {
    SR + "respondsTo": N_("responses"),
    SR + "targets": N_("served by"),
    SR + "involves": N_("takes part in"),
    SR + "affects": N_("affected by"),
    SR + "benefits": N_("benefits from"),
    SR + "offers": N_("offered by"),
    SR + "usesApproach": N_("used by"),
    SR + "hasAim": N_("aim of"),
    SR + "hasEffect": N_("effect of"),
    SR + "hasAspect": N_("aspect of"),
    SR + "concerns": N_("concerned by"),
    SR + "claimAbout": N_("claims about it"),
    SR + "operatedBy": N_("operator of"),
    SR + "openedBy": N_("opened"),
    SR + "launchedBy": N_("launched"),
    SR + "developedBy": N_("developed"),
    SR + "introducedBy": N_("introduced"),
    SR + "runBy": N_("runs"),
    SR + "coOriginatedBy": N_("originator of"),
    SR + "pioneeredBy": N_("pioneer of"),
    SR + "partner": N_("partner in"),
    SR + "holdsValue": N_("claimed by"),
    SR + "advocatesFor": N_("argued for by"),
    SR + "locatedIn": N_("place of"),
    SR + "hasTimeSpan": N_("period of"),
    SR + "startedDuring": N_("start of"),
    SR + "statedIn": N_("statements"),
    SR + "evidence": N_("statements"),
    DCT + "isPartOf": N_("includes"),
    SKOS + "broader": N_("narrower terms"),
    SKOS + "related": N_("related to"),
}


def path_heading(path: PropertyPath, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """Return the heading of a column or filter.

    By default the labels of its properties.
    """
    message = _INVERSE_HEADINGS.get(path.properties[0]) if path.inverse else _FORWARD_HEADINGS.get(path.properties)
    if message:
        return translate(message, language)
    words = [_display_label(iri, names, language, base) for iri in path.properties]
    if path.inverse:
        return f"… {words[0]}"
    if len(words) > 1 and path.properties[-1] == DCT + "type":
        words[-1] = translate("type", language)
    return " · ".join(words)


def list_title(kind: ListedKind, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    """Return the name of a list, for example “crises and social problems”."""
    *others, last = [class_name(iri, names, language, base, is_plural=kind.count != 1) for iri in kind.classes]
    return translate("{others} and {last}", language, others=", ".join(others), last=last) if others else last


def class_name(
    iri: str, names: Mapping[str, LabelledNode], language: Language, base: str, *, is_plural: bool = True
) -> str:
    """Return the name of one thing, or several, of a class."""
    kind = OA + "TextQuoteSelector" if iri == _PASSAGE else iri
    if kind == _SENTENCE:
        return translate_plural(*_SENTENCES, 2 if is_plural else 1, language)
    if kind in KINDS:
        return kind_words(kind, language, is_plural=is_plural)
    return _display_label(iri, names, language, base)


def _display_label(iri: str, names: Mapping[str, LabelledNode], language: Language, base: str) -> str:
    label = pick_language(names[iri].labels, language) if iri in names else None
    return label.text if label else shorten_iri(iri, base)
