"""The pages of a test, behind the gateway that serves them.

Both run in this process, without a server.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask

from kg.endpoint.gateway.asgi_gateway import Gateway
from kg.endpoint.gateway.sparql_route import SparqlEndpoint
from kg.endpoint.worker_pool.pool import Outcome
from kg.pages import create_app


def served_app(*arguments: Any, **settings: Any) -> Flask:
    """Return the application of these pages behind a gateway.

    Its client asks the gateway as a client of the service does.
    """
    app = create_app(*arguments, **settings)
    app.wsgi_app = BehindGateway(app)  # type: ignore[method-assign]
    return app


def endpoint_of(app: Flask) -> SparqlEndpoint:
    """Return an endpoint over the data of the pages."""
    context = app.extensions["app_context"]

    async def evaluate(request: Any) -> Outcome:
        return Outcome(context.evaluate(request), context.tag, 0.0, "quick")

    return SparqlEndpoint(
        evaluate,
        lambda: context.tag,
        f"{context.public_url}sparql",
        tagged=bool(context.tag),
        source=lambda _: f"{context.public_url}releases/{context.release_info.version}",
    )


class BehindGateway:
    """A WSGI application that sends each request through a gateway.

    What the gateway leaves goes to the pages.
    """

    def __init__(self, app: Flask) -> None:
        self._pages = app.wsgi_app
        self._gateway = Gateway(self._leave, endpoint_of(app))

    async def _leave(self, scope: Any, _receive: Any, _send: Any) -> None:
        scope["test.left"].append(scope)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        left: list[Any] = []
        sent: list[Any] = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self._gateway({**scope_of(environ), "test.left": left}, receive, send))
        if left:
            return self._pages({**environ, "asgi.scope": left[0], "wsgi.input": io.BytesIO(body)}, start_response)
        start, *parts = sent
        status = HTTPStatus(start["status"])
        headers = [(name.decode("latin-1").title(), value.decode("latin-1")) for name, value in start["headers"]]
        start_response(f"{status.value} {status.phrase}", headers)
        return [part["body"] for part in parts]


def scope_of(environ: dict[str, Any]) -> dict[str, Any]:
    """Return a request as an ASGI server tells it."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value not in {"", "0"})
    }
    return {
        "type": "http",
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        "query_string": environ["QUERY_STRING"].encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
