"""Facts about the data that are served: counts, documents, files and validation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kg.endpoint.evaluation import asker
from kg.model import release_files
from kg.model.iris import DCAT, DCT, OA, OWL, SKOS, SR, XSD
from kg.model.languages import Language
from kg.model.messages import N_, translations
from kg.model.project import Project
from kg.pages.shared.graph_queries import KINDS, Evaluate, format_iris, kind_words, select_strings, sparql_iri

FIRST_FILES = (
    release_files.THINGS,
    release_files.EVIDENCE,
    release_files.GRAPH,
    release_files.THINGS_JSONLD,
    release_files.ASSERTIONS_TABLE,
    release_files.GRAPH_RDF12,
)
"""The most wanted files of a release, in that order."""

_OWN_TITLES = {
    release_files.CATALOGUE: N_("DCAT catalogue as Turtle"),
    release_files.CHECKSUMS: N_("Checksums"),
}
"""Titles of the files that a catalogue cannot list: itself and the checksums."""

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
"""Documents on the start page; one more is asked for, to know whether there are more."""

_DISTRIBUTIONS = f"""SELECT ?url ?title (LANG(?title) AS ?language)
WHERE {{ ?file <{DCAT}downloadURL> ?url ; <{DCT}title> ?title }}"""


@dataclass(frozen=True)
class KindCount:
    """The number of things of a kind, and where they are listed.

    ``segment`` is the part of ids that names the kind; where the data have none it is empty, and no page lists the
    things. ``shares_list`` tells that this page lists other kinds too.
    """

    kind: str
    count: int
    segment: str = ""
    shares_list: bool = False

    @property
    def filters(self) -> Mapping[str, str]:
        """The parameters that restrict the list to this kind."""
        return {"class": sparql_iri(self.kind)} if self.shares_list else {}

    def name(self, language: Language) -> str:
        """Return the name of the kind, plural as the number needs."""
        return kind_words(self.kind, language, is_plural=self.count != 1)

    def query(self, language: Language) -> str:
        """Return the query that lists the things."""
        return _LIST % (self.kind, language)


@dataclass(frozen=True)
class DocumentLink:
    """A document of the project, with the end of its IRI."""

    iri: str
    slug: str


@dataclass(frozen=True)
class ReleaseFile:
    """A file of the release: path, size in bytes, titles by language."""

    name: str
    size: int
    titles: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The name up to its last slash.

        Empty for a file in no folder.
        """
        return "".join(self.name.rpartition("/")[:2])


class ReleaseInfo:
    """Facts about the data and the release folder, each read once."""

    def __init__(self, project: Project, evaluate: Evaluate, folder: Path | None) -> None:
        self._project = project
        self._evaluate = evaluate
        self.folder = folder

    @cached_property
    def triples(self) -> int:
        """The number of triples in the union of the named graphs."""
        (row,) = self._rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
        return int(row["n"])

    @cached_property
    def counts(self) -> list[KindCount]:
        """The kinds that have things, in the order of KINDS."""
        counts = {row["kind"]: int(row["n"]) for row in self._rows(_COUNT % format_iris(KINDS))}
        segments = {row["kind"]: row["segment"] for row in self._rows(_SEGMENTS % format_iris(KINDS))}
        if segments:
            segments[OA + "TextQuoteSelector"] = "passage"
        kinds = Counter(segments[kind] for kind in counts if kind in segments)
        return [
            KindCount(kind, counts[kind], segments.get(kind, ""), kinds[segments.get(kind, "")] > 1)
            for kind in KINDS
            if counts.get(kind)
        ]

    @cached_property
    def _version_and_date(self) -> tuple[str, str]:
        for row in self._rows(_RELEASE):
            return row["version"], row.get("issued", "")
        return self._project["version"], self._project["released"]

    @property
    def version(self) -> str:
        """The version that the data name, else that of the settings."""
        return self._version_and_date[0]

    @property
    def issued(self) -> str:
        """The date of that version, YYYY-MM-DD; empty where it is unknown."""
        return self._version_and_date[1]

    @cached_property
    def documents(self) -> list[DocumentLink]:
        """The first documents, one more than the start page shows."""
        start = f"{self._project['base']}id/document/"
        iris = [row["document"] for row in self._rows(_DOCUMENTS % (MANY_DOCUMENTS + 1))]
        return [DocumentLink(iri, iri.removeprefix(start)) for iri in iris if iri.startswith(start)]

    @cached_property
    def validation(self) -> tuple[int, int] | None:
        """The numbers of violations and warnings in the release's report.

        None without one.
        """
        if self.folder is None:
            return None
        try:
            report = json.loads((self.folder / release_files.REPORT_JSON).read_text(encoding="utf-8"))
            return int(report["violations"]), int(report["warnings"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @cached_property
    def files(self) -> list[ReleaseFile]:
        """The files of the release, the most wanted first."""
        if self.folder is None or not self.folder.is_dir():
            return []
        paths = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        titles = _titles(self.folder / release_files.CATALOGUE)
        rank = {name: place for place, name in enumerate(FIRST_FILES)}
        names = sorted(paths, key=lambda name: (rank.get(name, len(rank)), name))
        return [ReleaseFile(name, paths[name].stat().st_size, titles.get(name, {})) for name in names]

    def _rows(self, query: str) -> list[dict[str, str]]:
        return select_strings(self._evaluate, query)


def _titles(catalogue: Path) -> dict[str, dict[str, str]]:
    """Return titles of files by language from a catalogue."""
    store = Store()
    try:
        store.load(path=str(catalogue), format=RdfFormat.TURTLE)
    except (OSError, SyntaxError, ValueError):
        return {}
    titles: dict[str, dict[str, str]] = {name: translations(title) for name, title in _OWN_TITLES.items()}
    for row in select_strings(asker(store), _DISTRIBUTIONS):
        titles.setdefault(row["url"].rpartition("/download/")[2], {})[row["language"]] = row["title"]
    return titles
