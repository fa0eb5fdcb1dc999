"""What the service serves: RDF files, or an unchanged release."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kg.endpoint.serving.service import ServiceSettings
from kg.endpoint.worker_pool import PoolSettings
from kg.model import release_files
from kg.model.errors import KgError, ReleaseError
from kg.model.iris import is_iri
from kg.model.messages import N_, worded
from kg.model.project import Project
from kg.model.settings import SETTINGS, SETTINGS_FILE
from kg.pages.app import limits_of
from kg.pages.releases.data import version_and_date

_REMEDY = N_("Run 'kg build' again.")


@dataclass(frozen=True)
class ReleaseSource:
    """RDF files, or else the release in ``folder``.

    ``root`` is the project's folder and ``folder`` its ``dist/`` unless given. ``public_url`` ends with a slash.
    ``proxies`` is how many proxies stand before the service and are trusted.
    """

    root: Path
    files: tuple[Path, ...]
    folder: Path | None
    public_url: str | None
    access_log: bool = False
    proxies: int = 0

    @property
    def release(self) -> Path | None:
        """The folder of the release, if one is served."""
        return None if self.files else self.folder or self.root / "dist"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that the store is loaded from."""
        return self.files or ((self.release or self.root) / release_files.GRAPH,)

    def project(self) -> Project:
        """Open the project, or one of default settings for RDF files alone."""
        if not self.files or (self.root / SETTINGS_FILE).exists():
            return Project.open(self.root)
        title = ", ".join(path.name for path in self.files)
        settings = {setting.key: setting.default for setting in SETTINGS}
        return Project(self.root, {**settings, "title.fr": title, "title.en": title, "version": "", "licence": ""})

    def settings(self, project: Project) -> ServiceSettings:
        """Return what the endpoint serves, with the limits of the project."""
        return ServiceSettings(
            paths=self.paths,
            base=f"{self.public_url or project.public_url}sparql",
            limits=limits_of(project),
            pool=PoolSettings(seconds=project["limits.seconds"], memory=project["limits.memory"]),
            # The checksums are written last, so that a release is whole when they change.
            watched=(self.release / release_files.CHECKSUMS,) if self.release else (),
            tagged=self.release is not None,
            access_log=self.access_log,
            proxies=self.proxies,
        )

    def demand_release(self) -> None:
        """Demand that there is a release, if one is to be served.

        Errors: ReleaseError.
        """
        if self.release and not self.paths[0].is_file():
            todo = worded("Run 'kg build' first, or name RDF files to serve.")
            raise ReleaseError("{release}: there is no release yet. {todo}", release=self.release, todo=todo)

    def release_address(self, project: Project) -> str:
        """Return the public address of the release; empty for RDF files."""
        if not self.release:
            return ""
        version, _ = version_and_date(self.release / release_files.GRAPH, project.minter.dataset.value)
        address = self.public_url or project.public_url
        return f"{address}releases/{quote(version or project['version'], safe='')}"


def public_address(url: str | None) -> str | None:
    """Return the public address with a slash at its end.

    All links begin with it. It is None if none is given.

    Errors: KgError if it is not an http or https address.
    """
    if not url:
        return None
    address = url if url.endswith("/") else f"{url}/"
    if not re.fullmatch(r"https?://[^/?#]+/[^?#]*", address) or not is_iri(address):
        raise KgError(
            "--public-url is {url}. Give an http or https address, as in https://data.example.org/path/.", url=repr(url)
        )
    return address


def demand_graph(folder: Path, digest: str) -> None:
    """Demand that a release names the graph with this SHA-256.

    Errors: ReleaseError.
    """
    if _checksums(folder).get(release_files.GRAPH) != digest:
        raise _changed(folder / release_files.GRAPH)


def demand_files(folder: Path) -> None:
    """Demand that each file of a release is as it was released.

    Reads every file: some milliseconds for 10,000 triples, some seconds for millions.

    Errors: ReleaseError for the first that is missing or has changed.
    """
    for name, checksum in _checksums(folder).items():
        path = folder / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ReleaseError(
                "{path}: this file of the release cannot be read: {reason}. {remedy}",
                path=path,
                reason=worded(str(error.strerror)),
                remedy=worded(_REMEDY),
            ) from None
        if digest != checksum:
            raise _changed(path)


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksums of a release's files by their paths."""
    path = folder / release_files.CHECKSUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReleaseError(
            "{path}: cannot be read: {reason}. {remedy}",
            path=path,
            reason=worded(str(error.strerror)),
            remedy=worded(_REMEDY),
        ) from None
    except UnicodeDecodeError:
        raise ReleaseError(
            "{path}: this is no list of checksums. {remedy}", path=path, remedy=worded(_REMEDY)
        ) from None
    rows = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in rows if name}


def _changed(path: Path) -> ReleaseError:
    """Return the error for a file with another checksum."""
    noun = worded("the graph") if path.name == release_files.GRAPH else worded("the file")
    reason = worded("its checksum is not that in {name}", name=release_files.CHECKSUMS)
    return ReleaseError(
        "{path}: this is not {noun} that was released: {reason}. {remedy}",
        path=path,
        noun=noun,
        reason=reason,
        remedy=worded(_REMEDY),
    )
