"""The pages for people and programs: one folder a feature, with its routes, data, template, style and script.

``create_app`` makes the Flask application of all features; ``serve`` runs it behind uvicorn, with the SPARQL endpoint.
What several features use is in ``shared``.
"""

from kg.pages.app import create_app, limits_of, prepare
from kg.pages.serving.pages_service import serve

__all__ = ["create_app", "limits_of", "prepare", "serve"]
