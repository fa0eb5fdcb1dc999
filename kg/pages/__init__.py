"""The service over HTTP: pages for people, the SPARQL endpoint, the files of the release.

``create_app`` makes the Flask application from what it is handed; ``serve`` runs it behind uvicorn.

``reading``, ``vocabulary``, ``linked``, ``querying`` and ``harvesting`` have the routes, which ``app`` puts together;
``serving`` runs the whole.
"""

from kg.pages.app import create_app, limits_of, prepare
from kg.pages.serving.server import serve

__all__ = ["create_app", "limits_of", "prepare", "serve"]
