"""The properties that name and define things, in order of preference."""

from __future__ import annotations

from kg.model.iris import DCT, FOAF, RDFS, SCHEMA, SKOS

LABELS = (SKOS + "prefLabel", RDFS + "label", DCT + "title", SCHEMA + "name", FOAF + "name")
"""The properties that name a thing, whatever vocabulary a graph uses."""

DEFINITIONS = (SKOS + "definition", DCT + "description", SCHEMA + "description", RDFS + "comment")
"""The properties that say what a thing is."""
