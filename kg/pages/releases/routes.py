"""The releases: each at its address for good, what changed between any two of them, and the Atom feed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request

from kg.endpoint import protocol
from kg.endpoint.problems import ProblemError
from kg.model import release_files
from kg.model.iris import is_iri
from kg.model.languages import typeset
from kg.pages.releases.data import Release, read_releases, told_by
from kg.pages.releases.differences import MOST, Differences, changes, differences, names_of
from kg.pages.shared.app_context import AppContext, render_page, translators
from kg.pages.shared.caching import is_held, labelled
from kg.pages.shared.graph_queries import fetch_labels
from kg.pages.shared.language import request_language
from kg.pages.shared.page_request import page_or_first
from kg.pages.shared.problem_pages import PageError
from kg.pages.shared.release_info import ReleaseInfo
from kg.pages.shared.served_files import send_release_file

SHOWN = 100
"""How many changes a page shows at once."""

NEAR = 10
"""How many releases before and after one its page compares it with."""

ENTRIES = 50
"""How many releases the feed tells of."""

PATCH_TYPE = "application/rdf-patch"
FOR_GOOD = "public, max-age=31536000, immutable"

_NO_DATA = {"static", "pages.health", "pages.live", "harvest.openapi", "harvest.robots"}
"""The routes whose responses are not made from the data of the release."""


def releases(context: AppContext) -> Blueprint:
    """The routes of the releases and of their feed; every response that is made from data names its release."""
    routes = Blueprint("releases", __name__)

    @routes.get("/releases")
    @routes.get("/en/releases")
    def index() -> Response:
        told = {release.version: told_by(release) for release in releases_of(context)}
        return render_page(context, "releases/page.html", releases=releases_of(context), told=told)

    @routes.get("/releases/<version>")
    @routes.get("/en/releases/<version>")
    def release(version: str) -> Response:
        return _release(context, _known(context, version))

    @routes.get("/releases/<old>/changes/<new>")
    @routes.get("/en/releases/<old>/changes/<new>")
    def between(old: str, new: str) -> Response:
        is_chosen = new.endswith(".rdfp")
        return _between(context, _known(context, old), _known(context, new.removesuffix(".rdfp")), is_chosen=is_chosen)

    @routes.get("/releases/<version>/<path:name>")
    def file(version: str, name: str) -> Response:
        found = _known(context, version)
        response = send_release_file(found.folder, name)
        if found.is_kept:
            response.headers["Cache-Control"] = FOR_GOOD
        return _from(response, address_of(context, version))

    @routes.get("/feed")
    @routes.get("/en/feed")
    def feed() -> Response:
        return _feed(context)

    _name_the_release(routes, context)
    return routes


def releases_of(context: AppContext) -> list[Release]:
    """The releases that can be had, the newest first; none where files are served that are no release."""
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
    """The public address of a release."""
    return f"{context.public_url}releases/{quote(version, safe='')}"


def _name_the_release(routes: Blueprint, context: AppContext) -> None:
    """Have every response that is made from the data name the release they come from, as its source.

    The link relation is ``via``, registered by RFC 4287 (section 4.2.7.2); ``/sparql`` for programs does so itself.
    """

    @lru_cache(maxsize=1)
    def current() -> str:
        return next((address_of(context, each.version) for each in releases_of(context) if each.is_current), "")

    @routes.after_app_request
    def name(response: Response) -> Response:
        is_of_data = request.endpoint not in _NO_DATA and request.blueprint != routes.name
        if is_of_data and (response.status_code < 400 or response.status_code == 410) and context.tag:
            try:
                return _from(response, current())
            except ProblemError:  # the version cannot be asked for now; the response holds without it
                return response
        return response


def _from(response: Response, release: str) -> Response:
    """The response with a link to the release that it comes from."""
    if release:
        response.headers.add("Link", f'<{release}>; rel="via"')
    return response


def _known(context: AppContext, version: str) -> Release:
    """The release of a version; 404 where there is none."""
    return next((each for each in releases_of(context) if each.version == version), None) or abort(404)


def _release(context: AppContext, release: Release) -> Response:
    """The page of a release, which names the one before and the current one (RFC 5829)."""
    every = releases_of(context)
    newer, older = every[: every.index(release)], every[every.index(release) + 1 :]
    before = older[0] if older else None
    current = next((each for each in every if each.is_current), None)
    told = told_by(release)
    shown = list(told.lines[:SHOWN]) if told else []
    response = render_page(
        context,
        "releases/release.html",
        release=release,
        before=before,
        current=current,
        newer=newer[-NEAR:],
        older=older[:NEAR],
        told=told,
        shown=shown,
        names=fetch_labels(context.evaluate, (line.thing for line in shown if is_iri(line.thing))),
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


def _between(context: AppContext, old: Release, new: Release, *, is_chosen: bool) -> Response:
    """What changed between two releases: a page for people, an RDF patch for programs."""
    wanted = PATCH_TYPE if is_chosen else _wanted()
    found = differences(old.graph, new.graph)
    if wanted != protocol.PAGE:
        response = _patch(found, old, new, "text/plain" if is_chosen else wanted)
        if old.is_kept and new.is_kept and is_chosen:
            response.headers["Cache-Control"] = FOR_GOOD
        return response
    every = changes(found)
    last = max(1, -(-len(every) // SHOWN))
    at = min(page_or_first(), last)
    shown = every[(at - 1) * SHOWN : at * SHOWN]
    response = render_page(
        context,
        "releases/changes.html",
        old=old,
        new=new,
        found=found,
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


def _wanted() -> str:
    """The media type that the request would rather have for differences."""
    offered = [PATCH_TYPE, "text/plain", protocol.PAGE]
    accepted = protocol.accepts(request.headers.get("Accept", ""))
    found = accepted.best_match(offered)
    if found is None:
        accept = request.headers.get("Accept", "")
        raise PageError("accept.differences", given=accept, types=", ".join(offered))
    return found


def _patch(found: Differences, old: Release, new: Release, media_type: str) -> Response:
    """The differences as an RDF Patch.

    Errors: ProblemError where there are more than are held.
    """
    if not found.is_whole:
        words: dict[str, str | int] = {"count": found.total, "old": old.version, "new": new.version}
        raise PageError("rows.patch", words, limit=MOST)
    body = found.patch()
    tag = hashlib.sha256(media_type.encode() + body).hexdigest()[:32]
    content_type = f"{media_type}; charset=utf-8"
    return labelled(Response(status=304) if is_held(tag) else Response(body, content_type=content_type), tag)


def _feed(context: AppContext) -> Response:
    """The Atom feed (RFC 4287) of the releases, which tells what each one changed."""
    every = releases_of(context)[:ENTRIES]
    tongue = request_language()

    def summary(release: Release) -> str:
        told = told_by(release)
        lines = [line.words[tongue] for line in [*told.lines, *told.graphs][:SHOWN]] if told else []
        return "\n".join(lines)

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
    tag = hashlib.sha256(body.encode()).hexdigest()[:32]
    content_type = "application/atom+xml; charset=utf-8"
    response = labelled(Response(status=304) if is_held(tag) else Response(body, content_type=content_type), tag)
    response.vary.clear()
    return response
