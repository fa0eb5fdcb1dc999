"""Routes of the releases, of their differences, and of the Atom feed."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request

from kg.endpoint import protocol
from kg.endpoint.problems import ProblemError
from kg.model import release_files
from kg.model.iris import is_iri
from kg.model.languages import typeset
from kg.pages.releases.data import (
    MAX_LINES,
    Differences,
    PublishedRelease,
    changes_by_subject,
    compare_graphs,
    names_of,
    notes_of,
    read_releases,
)
from kg.pages.shared.app_context import AppContext, render_page, translators
from kg.pages.shared.graph_queries import fetch_labels
from kg.pages.shared.page_requests import PageError, page_or_first, request_language
from kg.pages.shared.page_responses import content_response
from kg.pages.shared.release_info import ReleaseInfo
from kg.pages.shared.served_files import send_release_file

PAGE = 100
"""Changes on a page."""

NEIGHBOURS = 10
"""Releases before and after one that its page compares it with."""

MAX_ENTRIES = 50
"""Most releases in the feed."""

PATCH_TYPE = "application/rdf-patch"
IMMUTABLE = "public, max-age=31536000, immutable"

_NO_DATA = {"static", "pages.health", "pages.live", "harvest.openapi", "harvest.robots"}
"""Endpoints whose responses do not depend on the release."""


def releases(context: AppContext) -> Blueprint:
    """Return the routes of the releases.

    Responses of all other routes get a link to the release that they are made from.
    """
    routes = Blueprint("releases", __name__)

    @routes.get("/releases")
    @routes.get("/en/releases")
    def index() -> Response:
        every = releases_of(context)
        notes = {release.version: notes_of(release) for release in every}
        return render_page(context, "releases/page.html", releases=every, notes=notes)

    @routes.get("/releases/<version>")
    @routes.get("/en/releases/<version>")
    def release(version: str) -> Response:
        return _release(context, _find(context, version))

    @routes.get("/releases/<old>/changes/<new>")
    @routes.get("/en/releases/<old>/changes/<new>")
    def between(old: str, new: str) -> Response:
        is_chosen = new.endswith(".rdfp")
        return _between(context, _find(context, old), _find(context, new.removesuffix(".rdfp")), is_chosen=is_chosen)

    @routes.get("/releases/<version>/<path:name>")
    def file(version: str, name: str) -> Response:
        release = _find(context, version)
        response = send_release_file(release.folder, name)
        if release.is_kept:
            response.headers["Cache-Control"] = IMMUTABLE
        return _from(response, address_of(context, version))

    @routes.get("/feed")
    @routes.get("/en/feed")
    def feed() -> Response:
        return _feed(context)

    _add_release_link(routes, context)
    return routes


def releases_of(context: AppContext) -> list[PublishedRelease]:
    """Return the releases, the newest first; none if other files are served."""
    if context.release_info.folder is None:
        return []
    dataset = context.project.minter.dataset.value
    return read_releases(
        context.project.releases,
        context.release_info.folder,
        (context.release_info.version, context.release_info.issued),
        dataset,
    )


def address_of(context: AppContext, version: str) -> str:
    """Return the public address of a release."""
    return f"{context.public_url}releases/{quote(version, safe='')}"


def _add_release_link(routes: Blueprint, context: AppContext) -> None:
    """Add a link to the release to every response from its data.

    The link relation is ``via`` (RFC 4287, section 4.2.7.2); ``/sparql`` for programs adds it itself.
    """

    @lru_cache(maxsize=1)
    def current() -> str:
        return next(
            (address_of(context, release.version) for release in releases_of(context) if release.is_current), ""
        )

    @routes.after_app_request
    def add_link(response: Response) -> Response:
        is_of_data = request.endpoint not in _NO_DATA and request.blueprint != routes.name
        if is_of_data and (response.status_code < 400 or response.status_code == 410) and context.tag:
            try:
                return _from(response, current())
            except ProblemError:  # the version is not available now; the response is valid without the link
                return response
        return response


def _from(response: Response, release: str) -> Response:
    """Return the response with a link to its release."""
    if release:
        response.headers.add("Link", f'<{release}>; rel="via"')
    return response


def _find(context: AppContext, version: str) -> PublishedRelease:
    """Return the release of a version, or answer 404."""
    return next((release for release in releases_of(context) if release.version == version), None) or abort(404)


def _release(context: AppContext, release: PublishedRelease) -> Response:
    """Answer with a release, linked to predecessor and latest (RFC 5829)."""
    every = releases_of(context)
    newer, older = every[: every.index(release)], every[every.index(release) + 1 :]
    before = older[0] if older else None
    current = next((other for other in every if other.is_current), None)
    notes = notes_of(release)
    shown = list(notes.things[:PAGE]) if notes else []
    response = render_page(
        context,
        "releases/release.html",
        release=release,
        before=before,
        current=current,
        newer=newer[-NEIGHBOURS:],
        older=older[:NEIGHBOURS],
        notes=notes,
        shown=shown,
        names=fetch_labels(context.evaluate, (note.thing for note in shown if is_iri(note.thing))),
        files=ReleaseInfo(context.project, context.evaluate, release.folder).files,
        sums=release.sums(),
        patch=release_files.PATCH if release.has(release_files.PATCH) else "",
        changes=release_files.CHANGES,
        address=address_of(context, release.version),
    )
    for relation, other in (("predecessor-version", before), ("latest-version", current)):
        if other:
            response.headers.add("Link", f'<{address_of(context, other.version)}>; rel="{relation}"')
    response.headers.add("Link", f'<{context.public_url}releases>; rel="version-history"')
    return _from(response, address_of(context, release.version))


def _between(context: AppContext, old: PublishedRelease, new: PublishedRelease, *, is_chosen: bool) -> Response:
    """Answer with the differences as a page or an RDF Patch."""
    media_type = PATCH_TYPE if is_chosen else _negotiated_type()
    differences = compare_graphs(old.graph, new.graph)
    if media_type != protocol.PAGE:
        response = _patch(differences, old, new, "text/plain" if is_chosen else media_type)
        if old.is_kept and new.is_kept and is_chosen:
            response.headers["Cache-Control"] = IMMUTABLE
        return response
    every = changes_by_subject(differences)
    last = max(1, -(-len(every) // PAGE))
    at = min(page_or_first(), last)
    shown = every[(at - 1) * PAGE : at * PAGE]
    response = render_page(
        context,
        "releases/changes.html",
        old=old,
        new=new,
        differences=differences,
        shown=shown,
        count=len(every),
        names=names_of(context.evaluate, shown),
        at_page=at,
        last=last,
    )
    response.vary.add("Accept")
    address = f"{address_of(context, old.version)}/changes/{quote(new.version, safe='')}.rdfp"
    response.headers.add("Link", f'<{address}>; rel="alternate"; type="{PATCH_TYPE}"')
    return response


def _negotiated_type() -> str:
    """Return the media type of differences that the request prefers."""
    offered = [PATCH_TYPE, "text/plain", protocol.PAGE]
    accepted = protocol.accepts(request.headers.get("Accept", ""))
    media_type = accepted.best_match(offered)
    if media_type is None:
        accept = request.headers.get("Accept", "")
        raise PageError("accept.differences", given=accept, types=", ".join(offered))
    return media_type


def _patch(differences: Differences, old: PublishedRelease, new: PublishedRelease, media_type: str) -> Response:
    """Answer with the differences as an RDF Patch.

    Errors: PageError if there are more than MAX_LINES.
    """
    if not differences.is_whole:
        words: dict[str, str | int] = {"count": differences.total, "old": old.version, "new": new.version}
        raise PageError("rows.patch", words, limit=MAX_LINES)
    return content_response(differences.patch(), f"{media_type}; charset=utf-8")


def _feed(context: AppContext) -> Response:
    """Answer with the Atom feed (RFC 4287) of the releases."""
    every = releases_of(context)[:MAX_ENTRIES]
    tongue = request_language()

    def summary(release: PublishedRelease) -> str:
        notes = notes_of(release)
        return "\n".join(note.words[tongue] for note in [*notes.things, *notes.graphs][:PAGE]) if notes else ""

    body = render_template(
        "releases/feed.xml",
        site=context,
        releases=every,
        summary=summary,
        lang=tongue,
        title=typeset(context.project[f"title.{tongue}"], tongue),
        home=f"{context.public_url}{'en/' if tongue == 'en' else ''}",
        address=f"{context.public_url}{'en/' if tongue == 'en' else ''}feed",
        **translators(tongue),
    )
    response = content_response(body.encode(), "application/atom+xml; charset=utf-8")
    response.vary.clear()
    return response
