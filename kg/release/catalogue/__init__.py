"""Descriptions of a release for others: VoID with counted figures, and a DCAT-AP 3 catalogue.

``counts`` counts with SPARQL and ``void`` writes it down; ``files`` says what each file is, ``distributions``,
``services``, ``coverage`` and ``authority`` describe the parts that ``dcat`` puts together; ``harvest`` says what is
missing.
"""

from __future__ import annotations

from kg.release.catalogue.dcat import catalogue_turtle
from kg.release.catalogue.harvesters import missing_for_harvesters
from kg.release.catalogue.void import void_turtle

__all__ = ["catalogue_turtle", "missing_for_harvesters", "void_turtle"]
