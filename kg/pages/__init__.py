"""The pages for people and programs, a folder a feature.

A folder has the routes, data, template, style and script of its feature.

``create_app`` makes the Flask application of all features. ``pages_service`` runs it beside the SPARQL endpoint; it
is not imported here, since it needs Linux and the static site does not. What several features use is in ``shared``.
"""

from kg.pages.app import create_app, limits_of, prepare

__all__ = ["create_app", "limits_of", "prepare"]
