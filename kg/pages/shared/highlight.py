"""SPARQL queries in HTML, their parts marked by CSS classes."""

from __future__ import annotations

from markupsafe import Markup, escape

from kg.endpoint.evaluation.query_scanner import tokens

_CLASSES = {"comment": "q-comment", "string": "q-string", "iri": "q-iri", "variable": "q-variable", "word": "q-word"}


def highlight(query: str) -> Markup:
    """Return the query in HTML, with spans for its parts."""
    parts = []
    for token in tokens(query):
        name = _CLASSES.get(token.lastgroup or "")
        text = escape(token[0])
        parts.append(Markup('<span class="{}">{}</span>').format(name, text) if name else text)
    return Markup("").join(parts)
