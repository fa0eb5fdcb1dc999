"""What the search in the browser reads: the entries of the index, in both languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kg.model.iris import SKOS, shorten_iri
from kg.model.languages import LANGUAGES
from kg.pages.search.entries import IndexEntry
from kg.pages.search.search_service import SearchService
from kg.pages.shared.app_context import AppContext, page_path
from kg.pages.shared.graph_queries import fetch_labels
from kg.pages.shared.kinds import KINDS, family_of
from kg.pages.shared.text_analysis import STOPWORDS

FILE = "search.json"


def search_data(context: AppContext, service: SearchService, files: Mapping[str, str]) -> bytes:
    """The entries with their names, definitions and quotes, as ``browser/find.js`` reads them.

    ``files`` has the file of each address; what has no page is left out, but for its name.
    """
    entries = service.index.entries
    kinds = sorted({entry.kind for entry in entries if entry.kind})
    data = {
        "silent": sorted(STOPWORDS),
        "kinds": _kinds(context, kinds),
        "entries": [_entry(context, entry, kinds, files) for entry in entries],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _kinds(context: AppContext, kinds: list[str]) -> list[dict[str, Any]]:
    """The kinds in their order: key in addresses, family, what one and several are called by language."""
    names = fetch_labels(context.evaluate, [kind for kind in kinds if kind not in KINDS])
    return [
        {"key": shorten_iri(kind).removeprefix("sr:"), "family": family_of(kind), **_called(context, kind, names)}
        for kind in kinds
    ]


def _called(context: AppContext, kind: str, names: Mapping[str, Any]) -> dict[str, list[str]]:
    if kind in KINDS:
        french, english = KINDS[kind]
        return {"fr": list(french), "en": list(english)}
    if kind == SKOS + "Concept":
        return {"fr": ["terme d’un classement"] * 2, "en": ["classification term"] * 2}
    return {tongue: [names[kind].label(tongue, context.base).text] * 2 for tongue in LANGUAGES}


def _entry(context: AppContext, entry: IndexEntry, kinds: list[str], files: Mapping[str, str]) -> dict[str, Any]:
    path = page_path(context, entry.iri)
    return {
        "id": entry.id,
        "page": files.get(f"/{path}", "") if path else "",
        "kind": kinds.index(entry.kind) if entry.kind else -1,
        "weight": entry.weight,
        "names": [[name.text, name.role, name.language] for name in entry.names],
        "definitions": [[name.text, name.language] for name in entry.definitions],
        "quotes": [
            [quoted.text, quoted.language, _place(context, quoted.document, files), f"{quoted.start}-{quoted.end}"]
            for quoted in entry.quotes
        ],
    }


def _place(context: AppContext, document: str, files: Mapping[str, str]) -> str:
    """The file in which a document is read; empty where there is none."""
    slug = document.removeprefix(f"{context.base}id/document/")
    return files.get(f"/text/{quote(slug)}", "")
