"""What harvesters of catalogues look for: settings, and the EU's lists.

Harvesters and the DCAT-AP shapes look at the class of each value; the lists themselves are not at hand
when the file is checked, so the file says what it needs of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.model.iris import DCT, SKOS, SPDX, TYPE, XSD
from kg.model.messages import N_, translations, worded
from kg.model.project import Project

EXAMPLE = "https://example.org/"
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+\Z")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+\Z")
_SHORTEST = 50
"""Dataset search engines leave out a description with fewer characters."""

EU = "http://publications.europa.eu/resource/authority/"
FILE_TYPES = EU + "file-type/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
DATA_THEMES = EU + "data-theme"
THEME = f"{DATA_THEMES}/SOCI"
FREQUENCY = EU + "frequency/IRREG"
PUBLIC = EU + "access-right/PUBLIC"
AVAILABLE = EU + "planned-availability/AVAILABLE"
SHA256 = SPDX + "checksumAlgorithm_sha256"
SPARQL = "https://www.w3.org/TR/sparql11-protocol/"
RECONCILIATION = "https://reconciliation-api.github.io/specs/0.2/"
OPENAPI = "https://spec.openapis.org/oas/v3.1.0"

_LICENCE_TYPES = "http://purl.org/adms/licencetype/"
_LICENCES = {
    "https://creativecommons.org/licenses/by/4.0/": ("CC BY 4.0", "CC_BY_4_0", "Attribution"),
    "https://creativecommons.org/licenses/by-sa/4.0/": ("CC BY-SA 4.0", "CC_BYSA_4_0", "ViralEffect-ShareAlike"),
    "https://creativecommons.org/publicdomain/zero/1.0/": ("CC0 1.0", "CC0", "PublicDomain"),
}
"""Name, code in the EU's list and ADMS type of the licences that harvesters know, by address."""

_TERMS = {
    THEME: (SKOS + "Concept", DATA_THEMES, N_("Population and society")),
    FREQUENCY: (DCT + "Frequency", EU + "frequency", N_("irregular")),
    PUBLIC: (DCT + "RightsStatement", EU + "access-right", N_("public")),
    AVAILABLE: (SKOS + "Concept", EU + "planned-availability", N_("available")),
}


def is_known_licence(iri: str) -> bool:
    """Return whether harvesters know a licence by its address."""
    return iri in _LICENCES


def is_address(value: str) -> bool:
    """Return whether a setting holds an address that can be an IRI."""
    return _ADDRESS.match(value) is not None


def is_email(value: str) -> bool:
    """Return whether a setting holds an e-mail address."""
    return _EMAIL.match(value) is not None


def missing_for_harvesters(project: Project) -> list[str]:
    """Return what data portals will miss, with the remedy for ``kg.toml``.

    These are data.gouv.fr, data.europa.eu and dataset search engines.
    """
    missing = []
    if EXAMPLE in (project["base"], project.public_url):
        missing.append(
            worded(
                "the addresses of things and files begin with https://example.org/ and lead nowhere; "
                'set base = "https://…/" (and public_url, where the service stands elsewhere)'
            )
        )
    missing += _missing_descriptions(project)
    missing += _missing_agents(project)
    if not project["released"]:
        missing.append(worded("there is no date of issue: portals sort by it; set released = YYYY-MM-DD"))
    if project["homepage"] and not is_address(project["homepage"]):
        missing.append(
            worded(
                "'homepage' is {value}, which is no address; give one that begins with https://",
                value=repr(project["homepage"]),
            )
        )
    if not is_known_licence(project["licence"]):
        missing.append(
            worded(
                "the licence {licence} is none that portals know by its address; "
                'set licence = "https://creativecommons.org/licenses/by/4.0/" or another of Creative Commons',
                licence=project["licence"],
            )
        )
    return missing


def _missing_descriptions(project: Project) -> list[str]:
    missing = []
    for tag, language in (("fr", N_("French")), ("en", N_("English"))):
        if len(project[f"description.{tag}"]) < _SHORTEST:
            missing.append(
                worded(
                    "there is no description of {number} characters or more in {language}: search engines leave the "
                    'data set out; set [description] {tag} = "…"',
                    number=_SHORTEST,
                    language=worded(language),
                    tag=tag,
                )
            )
    return missing


def _missing_agents(project: Project) -> list[str]:
    missing = []
    if not project["publisher.name"]:
        missing.append(worded('there is no publisher, which DCAT-AP demands; set [publisher] name = "…"'))
    if not is_address(project["publisher.homepage"]):
        missing.append(worded('the publisher has no home page; set [publisher] homepage = "https://…"'))
    if not project["contact.name"]:
        missing.append(worded('there is nobody to ask; set [contact] name = "…"'))
    if not is_email(project["contact.email"]):
        missing.append(worded('there is no e-mail address to ask at, which portals show; set [contact] email = "…"'))
    return missing


def licence_name(iri: str) -> str:
    """Return the name of a licence, or its address where unknown."""
    return _LICENCES[iri][0] if iri in _LICENCES else iri


def licence(iri: str) -> list[list[Triple]]:
    """Return the triples of a licence and of its ADMS type."""
    if iri not in _LICENCES:
        return [describe(NamedNode(iri), [DCT + "LicenseDocument"])]
    name, code, kind = _LICENCES[iri]
    scheme, of_kind = NamedNode("http://purl.org/adms/licencetype/1.0"), NamedNode(_LICENCE_TYPES + kind)
    label: list[Value] = words({"en": kind})
    return [
        describe(
            NamedNode(iri),
            [DCT + "LicenseDocument"],
            (DCT + "title", Literal(name)),
            (DCT + "type", of_kind),
            (SKOS + "exactMatch", NamedNode(f"{EU}licence/{code}")),
        ),
        describe(of_kind, [SKOS + "Concept"], (SKOS + "prefLabel", label), (SKOS + "inScheme", scheme)),
    ]


def terms(languages: Iterable[str], media_types: Iterable[str], file_types: Iterable[str]) -> list[list[Triple]]:
    """Return the triples of the lists' terms that a catalogue uses."""
    return [
        describe(NamedNode(DATA_THEMES), [SKOS + "ConceptScheme"], (DCT + "title", words(translations(_THEMES_TITLE)))),
        *(
            describe(NamedNode(iri), [kind], (SKOS + "prefLabel", words(translations(label))), _in(scheme))
            for iri, (kind, scheme, label) in _TERMS.items()
        ),
        *(describe(NamedNode(iri), [DCT + "LinguisticSystem"], _in(EU + "language")) for iri in sorted(set(languages))),
        *(
            describe(NamedNode(FILE_TYPES + code), [DCT + "MediaTypeOrExtent"], _in(EU + "file-type"))
            for code in sorted(set(file_types))
        ),
        *(describe(NamedNode(MEDIA_TYPES + name), [DCT + "MediaType"]) for name in sorted(set(media_types))),
        describe(NamedNode(SHA256), [SPDX + "ChecksumAlgorithm"]),
        *(describe(NamedNode(iri), [DCT + "Standard"], (DCT + "title", Literal(title))) for iri, title in _STANDARDS),
    ]


_STANDARDS = (
    (SPARQL, "SPARQL 1.1 Protocol"),
    (RECONCILIATION, "Reconciliation Service API 0.2"),
    (OPENAPI, "OpenAPI 3.1"),
)
_THEMES_TITLE = N_("Data themes")


def _in(scheme: str) -> tuple[str, Value]:
    return (SKOS + "inScheme", NamedNode(scheme))


Value = NamedNode | Literal
Pair = tuple[str, Value | Iterable[Value] | None]


def describe(subject: NamedNode, classes: Iterable[str], *pairs: Pair) -> list[Triple]:
    """Return the triples of a subject in order, without None values."""
    types = [Triple(subject, TYPE, NamedNode(iri)) for iri in classes]
    statements = [Triple(subject, NamedNode(p), value) for p, values in pairs for value in _listed(values)]
    return list(dict.fromkeys([*types, *statements]))


def _listed(values: Value | Iterable[Value] | None) -> Iterator[Value]:
    if isinstance(values, NamedNode | Literal):
        yield values
    elif values is not None:
        yield from values


def words(by_language: Mapping[str, str]) -> list[Value]:
    """Return the texts that are not empty as literals by language."""
    return [Literal(text, language=tag) for tag, text in by_language.items() if text]


def typed(value: str, datatype: str) -> Literal:
    """Return a literal of an XML Schema datatype."""
    return Literal(value, datatype=NamedNode(XSD + datatype))


def node(iri: str) -> NamedNode | None:
    """Return the IRI as a node; None where it is empty."""
    return NamedNode(iri) if iri else None
