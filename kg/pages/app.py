"""The Flask application of all features."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from kg.endpoint.evaluation import GRAPH_TYPES, Limits
from kg.endpoint.gateway.client_limits import MAX_BODY
from kg.endpoint.gateway.responses import ALLOWED_HEADERS, COMMON_HEADERS
from kg.endpoint.problems import ProblemError
from kg.endpoint.protocol import METHODS
from kg.model import release_files
from kg.model.project import Project
from kg.model.query_files import QueryFile
from kg.pages.examples.routes import examples as example_pages
from kg.pages.harvest.data import describe_routes
from kg.pages.harvest.routes import harvest
from kg.pages.home.routes import pages
from kg.pages.lists.routes import lists
from kg.pages.query.routes import endpoint, graphs
from kg.pages.query.service_description import describe_service
from kg.pages.reader.routes import reader
from kg.pages.reconcile.routes import reconcile
from kg.pages.releases.routes import releases
from kg.pages.search.routes import search
from kg.pages.search.search_service import SearchService
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.graph_queries import Evaluate
from kg.pages.shared.page_responses import of_http_error, respond, send_coded
from kg.pages.shared.release_info import ReleaseInfo
from kg.pages.shared.served_files import PAGES, add_assets
from kg.pages.thing.routes import things
from kg.pages.timeline.routes import timeline
from kg.pages.validation.routes import validation
from kg.pages.vocabulary.routes import vocabulary

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_BLUEPRINTS = (
    *(endpoint, graphs, pages, things, reader, vocabulary, validation, example_pages, lists, timeline),
    *(releases, harvest),
)
"""The features whose routes need the application context only."""


def create_app(
    project: Project,
    evaluate: Evaluate,
    *,
    folder: Path | None = None,
    examples: Sequence[QueryFile] = (),
    public_url: str | None = None,
    limits: Limits | None = None,
) -> Flask:
    """Return the application whose pages query the graph by ``evaluate``.

    ``evaluate`` is called from the threads of requests. ``folder`` is the release that is served: its files are the
    downloads, and the hash of its graph goes into ETags; without a folder there are neither downloads nor such ETags.
    ``limits`` are those that ``evaluate`` keeps to, for pages to tell; by default those of the settings.
    """
    app = Flask(__name__, static_folder=None, template_folder=PAGES)
    add_assets(app)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, SEND_FILE_MAX_AGE_DEFAULT=31_536_000)
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    context = AppContext(
        project=project,
        evaluate=evaluate,
        release_info=ReleaseInfo(project, evaluate, folder and folder.resolve()),
        limits=limits or limits_of(project),
        examples=examples,
        public_url=public_url or project.public_url,
        tag=hashlib.sha256((folder / release_files.GRAPH).read_bytes()).hexdigest() if folder else "",
    )
    app.extensions["app_context"] = context
    app.extensions["search"] = service = SearchService(evaluate, context.base)
    send_coded(app)
    for blueprint_of in _BLUEPRINTS:
        app.register_blueprint(blueprint_of(context))
    app.register_blueprint(search(context, service))
    app.register_blueprint(reconcile(context, service))
    _handle_errors(app, context)
    app.after_request(_finish)
    return app


def prepare(app: Flask) -> None:
    """Fill the caches of start page, service description and search.

    Not to be called from the thread that ``evaluate`` waits for.
    """
    context: AppContext = app.extensions["app_context"]
    for media_type in GRAPH_TYPES:
        describe_service(context, media_type)
    describe_routes(context)
    release_info = context.release_info
    _ = release_info.counts, release_info.version, release_info.files, release_info.documents
    app.extensions["search"].prepare()


def limits_of(project: Project) -> Limits:
    """Return the limits on answers that the project sets."""
    return Limits(project["limits.rows"], project["limits.bytes"], project["limits.seconds"])


def _handle_errors(app: Flask, context: AppContext) -> None:
    """Answer errors with pages or problem documents, here and nowhere else."""

    @app.errorhandler(ProblemError)
    def refused(error: ProblemError) -> Response:
        return respond(context, error)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        if error.code is not None and error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        response = respond(context, of_http_error(error))
        response.headers.extend(
            (name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
        )
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
        return failed(InternalServerError())


def _finish(response: Response) -> Response:
    """Add the headers of every response.

    They are those of CORS, and the policy of what a page may load.
    """
    headers = response.headers
    headers.update(COMMON_HEADERS)
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.pop("Date", None)  # uvicorn adds it; two would be an error
    if request.method == "OPTIONS":
        response.status_code = HTTPStatus.NO_CONTENT
        headers.pop("Content-Type", None)
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", ", ".join(METHODS))
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = "86400"
    if response.status_code >= 400:
        response.vary.add("Accept")
        headers["Cache-Control"] = "no-store"
    return response
