"""What the pages tell about the data: counts from the store, the files of the release, its validation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kg.endpoint.evaluation import asker
from kg.endpoint.problems import ProblemError
from kg.model import release_files
from kg.model.iris import DCAT, DCT, OA, OWL, SKOS, SR, XSD
from kg.model.languages import Language, number
from kg.model.project import Project
from kg.pages.home.sample_sentence import Sample, sample
from kg.pages.lists.list_config import prefixed
from kg.pages.shared.graph_queries import Evaluate, format_iris, select_strings
from kg.pages.shared.kinds import KINDS

FIRST_FILES = (
    release_files.THINGS,
    release_files.EVIDENCE,
    release_files.GRAPH,
    release_files.THINGS_JSONLD,
    release_files.ASSERTIONS_TABLE,
    release_files.GRAPH_RDF12,
)
"""The files of a release that people want most, in that order."""

_OWN_TITLES = {
    release_files.CATALOGUE: {"fr": "Catalogue DCAT en Turtle", "en": "DCAT catalogue as Turtle"},
    release_files.CHECKSUMS: {"fr": "Sommes de contrôle", "en": "Checksums"},
}
"""Titles of the files that a catalogue does not list: itself and the checksums."""

_COUNT = "SELECT ?kind (COUNT(DISTINCT ?thing) AS ?n) WHERE { VALUES ?kind { %s } ?thing a ?kind } GROUP BY ?kind"
_SEGMENTS = f"SELECT ?kind ?segment WHERE {{ VALUES ?kind {{ %s }} ?kind <{SR}idSegment> ?segment }}"
_LIST = f"""PREFIX skos: <{SKOS}>

SELECT ?thing ?label
WHERE {{
  ?thing a <%s> .
  OPTIONAL {{ ?thing skos:prefLabel ?label . FILTER(LANG(?label) = "%s") }}
}}
ORDER BY ?label ?thing"""
_RELEASE = f"""SELECT ?version ?issued WHERE {{ GRAPH ?g {{
  ?dataset a <{DCAT}Dataset> ; <{OWL}versionInfo> ?version .
  OPTIONAL {{ ?dataset <{DCT}issued> ?issued . FILTER(DATATYPE(?issued) = <{XSD}date>) }} }} }} LIMIT 1"""

_DOCUMENTS = f"SELECT ?document WHERE {{ ?document a <{SR}Document> }} ORDER BY ?document LIMIT %d"
MANY_DOCUMENTS = 3
"""How many documents the start page shows; one more is asked for, to know whether there are more."""

_DISTRIBUTIONS = f"""SELECT ?url ?title (LANG(?title) AS ?language)
WHERE {{ ?file <{DCAT}downloadURL> ?url ; <{DCT}title> ?title }}"""


@dataclass(frozen=True)
class KindCount:
    """How many things of a kind there are, the part of their ids that names it, and the query that lists them.

    ``segment`` is empty where the data do not say it; then there is no page that lists the things. ``shares`` tells
    that this page lists other kinds too.
    """

    kind: str
    count: int
    segment: str = ""
    shares: bool = False

    @property
    def filters(self) -> Mapping[str, str]:
        """The parameters of the page that leave the things of this kind only."""
        return {"class": prefixed(self.kind)} if self.shares else {}

    def words(self, language: Language) -> str:
        """The number and the kind, without the number."""
        return KINDS[self.kind][language == "en"][self.count != 1]

    def query(self, language: Language) -> str:
        """The query that lists the things."""
        return _LIST % (self.kind, language)

    def figure(self, language: Language) -> str:
        """The number as the language writes it."""
        return number(self.count, language)


@dataclass(frozen=True)
class DocumentLink:
    """A document that can be read here: its IRI, and the part of the IRI after ``id/document/``."""

    iri: str
    slug: str


@dataclass(frozen=True)
class ReleaseFile:
    """A file of the release: its path in the folder, its bytes, and its title by language where it has one."""

    name: str
    size: int
    titles: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The part of the name up to its last slash; empty for a file that stands in no folder."""
        return "".join(self.name.rpartition("/")[:2])


class ReleaseInfo:
    """What is served: asked of the data and the release folder once, when a page first needs it."""

    def __init__(self, project: Project, evaluate: Evaluate, folder: Path | None) -> None:
        self._project = project
        self._ask = evaluate
        self.folder = folder

    @cached_property
    def triples(self) -> int:
        """The number of triples in the default graph, which is the union of the named graphs."""
        (row,) = self._rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
        return int(row["n"])

    @cached_property
    def counts(self) -> list[KindCount]:
        """The kinds of which there are any, in the order of KINDS."""
        found = {row["kind"]: int(row["n"]) for row in self._rows(_COUNT % format_iris(KINDS))}
        segments = {row["kind"]: row["segment"] for row in self._rows(_SEGMENTS % format_iris(KINDS))}
        if segments:
            segments[OA + "TextQuoteSelector"] = "passage"
        kinds = Counter(segments[kind] for kind in found if kind in segments)
        return [
            KindCount(kind, found[kind], segments.get(kind, ""), kinds[segments.get(kind, "")] > 1)
            for kind in KINDS
            if found.get(kind)
        ]

    @cached_property
    def release(self) -> tuple[str, str]:
        """Version and date of the data, as the data say; of the settings where they say nothing."""
        for row in self._rows(_RELEASE):
            return row["version"], row.get("issued", "")
        return self._project["version"], self._project["released"]

    @cached_property
    def documents(self) -> list[DocumentLink]:
        """The first documents of the project, one more of them than the start page shows."""
        start = f"{self._project['base']}id/document/"
        found = [row["document"] for row in self._rows(_DOCUMENTS % (MANY_DOCUMENTS + 1))]
        return [DocumentLink(iri, iri.removeprefix(start)) for iri in found if iri.startswith(start)]

    @cached_property
    def samples(self) -> list[Sample]:
        """For each of the first documents a statement with its sentence; none where they take too long to find."""
        try:
            found = [sample(self._ask, document.iri) for document in self.documents[:MANY_DOCUMENTS]]
        except ProblemError as error:
            if error.code == "busy":
                raise
            return []
        return [each for each in found if each]

    @cached_property
    def validation(self) -> tuple[int, int] | None:
        """The numbers of violations and warnings in the release's report; None where there is none."""
        if self.folder is None:
            return None
        try:
            report = json.loads((self.folder / release_files.REPORT_JSON).read_text(encoding="utf-8"))
            return int(report["violations"]), int(report["warnings"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @cached_property
    def files(self) -> list[ReleaseFile]:
        """The files of the release, those that people want most first."""
        if self.folder is None or not self.folder.is_dir():
            return []
        paths = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        titles = _titles(self.folder / release_files.CATALOGUE)
        rank = {name: place for place, name in enumerate(FIRST_FILES)}
        names = sorted(paths, key=lambda name: (rank.get(name, len(rank)), name))
        return [ReleaseFile(name, paths[name].stat().st_size, titles.get(name, {})) for name in names]

    def _rows(self, query: str) -> list[dict[str, str]]:
        """The rows of a SELECT; see ``words``."""
        return select_strings(self._ask, query)


def _titles(catalogue: Path) -> dict[str, dict[str, str]]:
    """The titles of files by language, as the release's catalogue gives them to its distributions."""
    store = Store()
    try:
        store.load(path=str(catalogue), format=RdfFormat.TURTLE)
    except (OSError, SyntaxError, ValueError):
        return {}
    titles: dict[str, dict[str, str]] = {name: dict(given) for name, given in _OWN_TITLES.items()}
    for row in select_strings(asker(store), _DISTRIBUTIONS):
        titles.setdefault(row["url"].rpartition("/download/")[2], {})[row["language"]] = row["title"]
    return titles
