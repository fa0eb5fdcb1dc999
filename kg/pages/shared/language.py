"""The language that a request is answered in."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from kg.model.languages import LANGUAGES, Language


def request_language() -> Language:
    """Return the language of the page that is asked for.

    English has the same paths under ``/en``.
    """
    return "en" if request.path == "/en" or request.path.startswith("/en/") else "fr"


def prefers_english(header: str) -> bool:
    """Return whether an Accept-Language header puts English before French."""
    return parse_accept_header(header, LanguageAccept).best_match(LANGUAGES) == "en"
