"""Projects: folders with a ``kg.toml``, whose paths are spelled here alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.model.errors import ProjectError
from kg.model.folders import reason
from kg.model.iris import IriMinter
from kg.model.messages import worded
from kg.model.release_files import GRAPH
from kg.model.settings import read_settings
from kg.model.shared_files import CONTEXT, ONTOLOGY, SHARED, own_files, shared_files


@dataclass(frozen=True)
class Project:
    """A project folder: its settings and where its files are."""

    root: Path
    settings: dict[str, Any]
    shared: Path = SHARED
    """Where the files are that every project has: ontology, shapes, rules and checks."""

    @classmethod
    def open(cls, root: Path, shared: Path = SHARED) -> Project:
        """Read the settings of the project in ``root``.

        Errors: ProjectError where there is no ``kg.toml`` or a setting is missing, unknown or wrong.
        """
        return cls(root, read_settings(root), shared)

    def __getitem__(self, key: str) -> Any:
        return self.settings[key]

    @property
    def minter(self) -> IriMinter:
        """The IRIs that this project mints."""
        return IriMinter(self["base"])

    @property
    def public_url(self) -> str:
        """Where the service stands in public, with a slash at the end."""
        return str(self["public_url"] or self["base"])

    @property
    def data(self) -> Path:
        """The folder of documents, one folder each."""
        return self.root / "data"

    @property
    def withdrawn(self) -> Path:
        """The list of ids that are gone."""
        return self.data / "withdrawn.yaml"

    @property
    def annotation_schema(self) -> Path:
        """The JSON Schema of the form of annotations, for editors."""
        return self.data / "annotations.schema.json"

    @property
    def ontology(self) -> Path:
        """The shared ontology in Turtle."""
        return self.shared / "ontology" / ONTOLOGY[0]

    @property
    def concepts(self) -> Path:
        """The shared SKOS schemes."""
        return self.shared / "ontology" / ONTOLOGY[1]

    @property
    def alignments(self) -> Path:
        """Links from the shared terms to those of others."""
        return self.shared / "ontology" / ONTOLOGY[2]

    @property
    def own_terms(self) -> list[Path]:
        """The project's own Turtle files: terms, concepts, names and alignments."""
        return own_files(self.root, self.shared, "ontology")

    @property
    def context(self) -> Path:
        """The JSON-LD context."""
        return self.shared / "ontology" / CONTEXT

    @property
    def shapes(self) -> list[Path]:
        """The SHACL files: the shared ones, then the project's own."""
        return [*shared_files(self.shared, "shapes"), *self.own_shapes]

    @property
    def own_shapes(self) -> list[Path]:
        """The SHACL files that are not those of the package."""
        return own_files(self.root, self.shared, "shapes")

    @property
    def rules(self) -> list[Path]:
        """The CONSTRUCT queries that derive triples: shared, then own."""
        return self._queries("queries/rules")

    @property
    def checks(self) -> list[Path]:
        """The queries that must return nothing: shared, then own."""
        return self._queries("queries/checks")

    def _queries(self, part: str) -> list[Path]:
        return [*shared_files(self.shared, part), *own_files(self.root, self.shared, part)]

    @property
    def examples(self) -> Path:
        """The folder of example queries."""
        return self.root / "queries" / "examples"

    @property
    def dist(self) -> Path:
        """The folder of the last good release."""
        return self.root / "dist"

    @property
    def releases(self) -> Path:
        """The folder of kept releases, one folder a version."""
        return self.root / "releases"

    def documents(self) -> list[Path]:
        """Return the folders of documents, sorted by name."""
        if not self.data.is_dir():
            return []
        return sorted(path for path in self.data.iterdir() if path.is_dir() and not path.name.startswith("."))

    def kept_graphs(self) -> dict[str, bytes]:
        """Return the N-Quads of each kept release, by version."""
        return {path.parent.name: self.read(path) for path in sorted(self.releases.glob(f"[!.]*/{GRAPH}"))}

    def sources(self) -> list[Path]:
        """Return the files in which people write ids.

        They are annotations, ontology, example queries and the list of withdrawn ids.
        """
        annotations = [path for folder in self.documents() if (path := folder / "annotations.yaml").exists()]
        folders = [(self.root / "ontology", "[!.]*.ttl"), (self.examples, "[!.]*.rq")]
        files = [path for folder, pattern in folders for path in sorted(folder.glob(pattern))]
        return [*annotations, *files, *([self.withdrawn] if self.withdrawn.exists() else [])]

    def released_ids(self, thing_ids: Iterable[str]) -> set[str]:
        """Return which of some ids a kept release holds."""
        names = {thing_id: f"<{self.minter.thing(thing_id).value}>".encode() for thing_id in thing_ids}
        graphs = self.kept_graphs().values()
        return {thing_id for thing_id, name in names.items() if any(name in graph for graph in graphs)}

    def write_all(self, files: Mapping[Path, bytes]) -> None:
        """Write files, all of them or none; each is whole whatever happens.

        A link is followed. Only a process that is killed between two files leaves some new and some old.

        Errors: ProjectError where one cannot be written; all are as they were then.
        """
        places = {path.resolve(): path for path in files}
        drafts = {place: place.with_name(f".{place.name}.{os.getpid()}") for place in places}
        copies = {place: draft.with_suffix(".old") for place, draft in drafts.items()}
        replaced, place = [], self.root
        try:
            for place, path in places.items():
                drafts[place].write_bytes(files[path])
                if place.exists():
                    shutil.copy2(place, copies[place])
                    shutil.copymode(place, drafts[place])
            for place, draft in drafts.items():
                draft.replace(place)
                replaced.append(place)
        except OSError as error:
            for done in replaced:
                with suppress(OSError):
                    copies[done].replace(done) if copies[done].exists() else done.unlink()
            name = self.relative(places.get(place, place))
            raise ProjectError(
                "{name}: cannot be written: {error} Nothing was changed.", name=name, error=reason(error)
            ) from None
        finally:
            for leftover in (*drafts.values(), *copies.values()):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)

    def read(self, path: Path) -> bytes:
        """Return the bytes of a file of the project.

        Errors: ProjectError where it is missing or cannot be read.
        """
        try:
            return path.read_bytes()
        except FileNotFoundError:
            name = self.relative(path)
            raise ProjectError(
                "{name}: the file is missing. Put it there; the README says what it holds.", name=name
            ) from None
        except OSError as error:
            raise ProjectError(
                "{path}: cannot be read: {reason}.", path=self.relative(path), reason=worded(str(error.strerror))
            ) from None

    def relative(self, path: Path) -> str:
        """Return the path below project or package, for messages."""
        for folder, start in ((self.root, ""), (self.shared, "<package>/")):
            if path.absolute().is_relative_to(folder.absolute()):
                return start + path.absolute().relative_to(folder.absolute()).as_posix()
        return path.as_posix()
