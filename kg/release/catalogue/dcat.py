"""The DCAT-AP 3 catalogue, for data.gouv.fr, data.europa.eu and other harvesters.

DCAT-AP 3.0.1: https://semiceu.github.io/DCAT-AP/releases/3.0.1/. No node is blank: what has no IRI of its
own has one under ``catalog#``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import DCAT, DCT, FOAF, OWL, PREFIXES, PROV, RDFS, SKOS, SPDX, SR, TYPE, VCARD
from kg.model.languages import LANGUAGES
from kg.model.messages import N_, N_plural, in_all_languages, translate_plural, translations
from kg.release.catalogue import harvesters
from kg.release.catalogue.data_services import FORMATS, service_iris, services
from kg.release.catalogue.distributions import DCATAP, Scope, distribution, file_of, fragment, rights_statements
from kg.release.catalogue.harvesters import Pair, Value, describe, is_address, is_email, typed, words
from kg.release.formats.arrangement import Arrangement, Section
from kg.release.formats.turtle import write_turtle

Group = list[Triple]


def catalogue_turtle(
    arrangement: Arrangement,
    files: Mapping[str, tuple[int, str]],
    *,
    previous_version: str = "",
    first_issued: str = "",
) -> bytes:
    """Return ``catalog.ttl`` with a distribution for each file.

    Args:
        arrangement: the graph of the release.
        files: size in bytes and sha256 in hex of the other files of the release, by name.
        previous_version: the version of the release before this one, if there is one.
        first_issued: the date of the first release, YYYY-MM-DD; without it, that of this one.
    """
    scope = Scope(arrangement)
    names = sorted(files)
    located, covered = places(arrangement), period(arrangement, scope.iri("period"))
    dataset = _dataset(scope, names, [located, covered], first_issued, previous_version)
    described = [file_of(scope, name).format for name in names]
    media_types, file_types = [f.media_type for f in described], [f.file_type for f in described]
    terms = harvesters.terms(scope.languages(), media_types, [*file_types, *FORMATS])
    distributions = [group for name in names for group in distribution(scope, name, *files[name])]
    rights = [*harvesters.licence(scope.project["licence"]), *rights_statements(scope, names)]
    sections = [
        Section(in_all_languages("Catalogue"), [_catalogue(scope, located)]),
        Section(in_all_languages("Data set"), [dataset]),
        Section(in_all_languages("Services"), services(scope, lambda titles, texts: _common(scope, titles, texts))),
        Section(in_all_languages("Files"), distributions),
        Section(in_all_languages("Who"), _agents(scope)),
        Section(in_all_languages("Rights"), rights),
        Section(in_all_languages("Where and when"), [*located, *covered]),
        Section(in_all_languages("Linked documents"), _documents(scope)),
        Section(in_all_languages("Terms of the EU’s lists"), terms),
    ]
    project = scope.project
    header = [project["title.fr"], project["title.en"], "", f"DCAT-AP 3 · {project['version']}"]
    return write_turtle(header, sections, _prefixes(scope))


_PREFIXES = ("dcat", "dct", "foaf", "owl", "prov", "rdfs", "skos", "xsd")


def _prefixes(scope: Scope) -> dict[str, str]:
    others = {
        "adms-licence": "http://purl.org/adms/licencetype/",
        "catalog": scope.iri("").value,
        "dcatap": DCATAP,
        "eu-file": harvesters.FILE_TYPES,
        "eu-language": f"{harvesters.EU}language/",
        "spdx": SPDX,
        "vcard": VCARD,
    }
    return {name: PREFIXES[name] for name in _PREFIXES} | others


def _catalogue(scope: Scope, located: list[Group]) -> Group:
    released = scope.project["released"]
    return describe(
        scope.iri("catalog"),
        [DCAT + "Catalog"],
        (
            DCT + "title",
            words({tag: f"{name} · {_title(scope, tag)}" for tag, name in translations("Catalogue").items()}),
        ),
        (DCT + "description", words(_description(scope))),
        (DCT + "publisher", _publisher(scope)),
        (DCT + "license", NamedNode(scope.project["licence"])),
        (DCT + "language", list(map(NamedNode, scope.languages()))),
        (DCT + "issued", typed(released, "date") if released else None),
        (DCT + "modified", typed(released, "date") if released else None),
        (DCT + "spatial", [_subject(group) for group in located]),
        (FOAF + "homepage", scope.page()),
        (DCAT + "themeTaxonomy", NamedNode(harvesters.DATA_THEMES)),
        (DCAT + "dataset", scope.dataset),
        (DCAT + "service", service_iris(scope)),
    )


def _dataset(
    scope: Scope, names: list[str], coverage: list[list[Group]], first_issued: str, previous_version: str
) -> Group:
    project, released = scope.project, scope.project["released"]
    issued = first_issued or released
    located, covered = ([_subject(group) for group in groups] for groups in coverage)
    homepage = project["homepage"]
    return describe(
        scope.dataset,
        [DCAT + "Dataset"],
        *_common(scope, scope.setting("title"), _description(scope)),
        (DCT + "identifier", Literal(scope.dataset.value)),
        (DCAT + "version", Literal(project["version"])),
        (DCAT + "previousVersion", scope.page(f"releases/{previous_version}/") if previous_version else None),
        (DCT + "issued", typed(issued, "date") if issued else None),
        (DCT + "modified", typed(released, "date") if released else None),
        (DCT + "accrualPeriodicity", NamedNode(harvesters.FREQUENCY)),
        (DCT + "language", list(map(NamedNode, scope.languages()))),
        (DCT + "spatial", located),
        (DCT + "temporal", covered),
        (DCT + "provenance", scope.iri("provenance")),
        (DCT + "conformsTo", _ontologies(scope)),
        (PROV + "wasDerivedFrom", [scope.arrangement.minter.document(name) for name in scope.arrangement.documents]),
        (FOAF + "page", NamedNode(homepage) if is_address(homepage) else None),
        (DCAT + "landingPage", scope.page("things")),
        (RDFS + "seeAlso", [scope.page(path) for path in ("releases", "feed")]),
        (DCAT + "distribution", [scope.iri(fragment(name)) for name in names]),
    )


def _common(scope: Scope, titles: Mapping[str, str], descriptions: Mapping[str, str]) -> list[Pair]:
    """Return the properties that the data set and services share."""
    contact = scope.iri("contact") if _contact(scope) else None
    return [
        (DCT + "title", words(titles)),
        (DCT + "description", words(descriptions)),
        (DCT + "publisher", _publisher(scope)),
        (DCAT + "contactPoint", contact),
        (DCAT + "theme", NamedNode(harvesters.THEME)),
        (DCAT + "keyword", keywords(scope.arrangement)),
        (DCAT + "landingPage", scope.page()),
        (DCT + "accessRights", NamedNode(harvesters.PUBLIC)),
    ]


def _agents(scope: Scope) -> list[Group]:
    """Return the descriptions of the publisher and the contact."""
    groups = []
    publisher = _publisher(scope)
    if publisher:
        homepage = scope.project["publisher.homepage"]
        page = NamedNode(homepage) if is_address(homepage) else None
        name = Literal(scope.project["publisher.name"])
        groups.append(describe(publisher, [FOAF + "Agent"], (FOAF + "name", name), (FOAF + "homepage", page)))
    contact = _contact(scope)
    return [*groups, contact] if contact else groups


def _contact(scope: Scope) -> Group:
    """Return the contact; empty where neither name nor e-mail is set."""
    name, email = scope.project["contact.name"], scope.project["contact.email"]
    if not name and not is_email(email):
        return []
    mailbox = NamedNode(f"mailto:{quote(email, safe='@.+-_')}") if is_email(email) else None
    return describe(
        scope.iri("contact"),
        [VCARD + "Kind"],
        (VCARD + "fn", Literal(name or scope.project["publisher.name"] or email)),
        (VCARD + "hasEmail", mailbox),
    )


_PAGES = {
    "things": N_("Browse things by kind"),
    "releases": N_("Releases and what changed between them"),
    "feed": N_("Atom feed of releases"),
}
"""Pages of the data set, besides the start page, with their titles."""


def _documents(scope: Scope) -> list[Group]:
    """Return the descriptions of pages, standards and provenance."""
    count = len(scope.arrangement.documents)
    singular, plural = N_plural(
        "Taken from {count} document: each statement comes with the exact quote that says it and its place "
        "in the text; triples derived by rules are in a graph of their own.",
        "Taken from {count} documents: each statement comes with the exact quote that says it and its place "
        "in the text; triples derived by rules are in a graph of their own.",
    )
    provenance: dict[str, str] = {tag: translate_plural(singular, plural, count, tag, count=count) for tag in LANGUAGES}
    pages = {scope.page(path).value: translations(title) for path, title in _PAGES.items()}
    pages[scope.page().value] = scope.setting("title")
    if is_address(scope.project["homepage"]):
        pages.setdefault(scope.project["homepage"], {})
    return [
        describe(scope.iri("provenance"), [DCT + "ProvenanceStatement"], (RDFS + "label", words(provenance))),
        *(describe(NamedNode(iri), [FOAF + "Document"], (DCT + "title", words(pages[iri]))) for iri in sorted(pages)),
        *(
            describe(iri, [DCT + "Standard"], (DCT + "title", words(scope.arrangement.labels.get(iri, {}))))
            for iri in _ontologies(scope)
        ),
    ]


def _ontologies(scope: Scope) -> list[NamedNode]:
    ontology = NamedNode(OWL + "Ontology")
    subjects = scope.arrangement.graphs.get("ontology", {})
    return [s for s, triples in subjects.items() if any(t.predicate == TYPE and t.object == ontology for t in triples)]


def _publisher(scope: Scope) -> NamedNode | None:
    return scope.iri("publisher") if scope.project["publisher.name"] else None


def _title(scope: Scope, tag: str) -> str:
    return str(scope.project[f"title.{tag}"])


def _description(scope: Scope) -> dict[str, str]:
    """Return the description by language, or the title in its place.

    DCAT-AP demands one.
    """
    described = scope.setting("description")
    return described if any(described.values()) else scope.setting("title")


def _subject(group: Group) -> NamedNode:
    subject = group[0].subject
    return subject if isinstance(subject, NamedNode) else NamedNode(str(subject))


_KEYWORDS = 20
_LONGEST = 60
"""How many keywords are given, and the longest that a label may be to serve as one."""

_TOPICS = {SR + name for name in ("Organization", "PopulationGroup", "Situation", "Offering")}
"""The classes whose things serve as keywords: who, for whom, in answer to what, and what is offered."""

_GEONAMES = "https://sws.geonames.org/"


def keywords(arrangement: Arrangement) -> list[Value]:
    """Return the labels of the topics with the most statements.

    They are given in all languages.
    """
    things = arrangement.graphs.get("things", {})
    kinds = {kind.iri for kind in arrangement.ontology.classes.values() if kind.ancestors & _TOPICS}
    led_to = Counter(
        triple.object
        for triples in things.values()
        for triple in triples
        if isinstance(triple.object, NamedNode) and arrangement.classes.get(triple.object) in kinds
    )
    ranked = sorted(led_to, key=lambda thing: (-led_to[thing], thing.value))
    labels = [arrangement.labels.get(thing, {}) for thing in ranked]
    short = [label for label in labels if label and all(len(text) <= _LONGEST for text in label.values())]
    return [word for label in short[:_KEYWORDS] for word in words(label)]


def places(arrangement: Arrangement) -> list[list[Triple]]:
    """Return the places where initiatives are.

    A place has its GeoNames IRI where the alignments give one.
    """
    things, alignments = (arrangement.graphs.get(name, {}) for name in ("things", "alignments"))
    located = {
        triple.object
        for subject, triples in things.items()
        if arrangement.classes.get(subject) == SR + "Initiative"
        for triple in triples
        if isinstance(triple.object, NamedNode) and arrangement.classes.get(triple.object) == SR + "Place"
    }
    groups = []
    for place in sorted(located, key=lambda place: place.value):
        same = [t.object for t in alignments.get(place, []) if t.predicate.value == OWL + "sameAs"]
        geonames = [iri for iri in same if isinstance(iri, NamedNode) and iri.value.startswith(_GEONAMES)]
        labels = words(arrangement.labels.get(place, {}))
        groups.append(describe([*geonames, place][0], [DCT + "Location"], (SKOS + "prefLabel", labels)))
    return groups


def period(arrangement: Arrangement, iri: NamedNode) -> list[list[Triple]]:
    """Return the period of all time spans, open where one is open."""
    earliest: list[int] = []
    latest: list[int] = []
    is_open = False
    for subject, triples in arrangement.graphs.get("things", {}).items():
        if arrangement.classes.get(subject) != SR + "TimeSpan":
            continue
        first, last = _years(triples, "earliestYear"), _years(triples, "latestYear")
        is_open = is_open or bool(first and not last)
        earliest, latest = earliest + first, latest + last
    if not earliest:
        return []
    end = typed(f"{max(latest):04}", "gYear") if latest and not is_open else None
    start = (DCAT + "startDate", typed(f"{min(earliest):04}", "gYear"))
    return [describe(iri, [DCT + "PeriodOfTime"], start, (DCAT + "endDate", end))]


def _years(triples: list[Triple], name: str) -> list[int]:
    values = [triple.object for triple in triples if triple.predicate.value == SR + name]
    return [int(value.value) for value in values if isinstance(value, Literal)]
