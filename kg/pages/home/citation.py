"""Citations of the data: BibTeX, Citation File, and schema.org."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from kg.model.languages import Language
from kg.pages.shared.app_context import AppContext
from kg.pages.shared.release_info import FIRST_FILES, ReleaseFile
from kg.pages.shared.served_files import file_media_type

_BIBTEX_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: "\\" + character for character in "{}%&$#_"
}
"""The characters that BibTeX reads as commands, each with its escape."""

_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


def bibtex(context: AppContext, language: Language) -> str:
    """Return the release as a BibTeX entry.

    It is a ``@misc``, which every style knows. Doubled braces keep BibTeX from splitting names and changing case.
    """
    version, issued = context.release_info.version, context.release_info.issued
    fields = {
        "author": f"{{{_tex(context.project['publisher.name'])}}}" if context.project["publisher.name"] else "",
        "title": f"{{{_tex(context.project[f'title.{language}'])}}}",
        "year": issued[:4],
        "note": f"Version {_tex(version)}" if version else "",
        "url": context.public_url,
    }
    key = _NOT_IN_KEYS.sub("-", f"{context.project['publisher.name'] or 'data'} {issued[:4]}".lower()).strip("-")
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}}}\n"


def citation_file(context: AppContext) -> str:
    """Return the release in the Citation File Format 1.2.0.

    That is YAML; its values are written as JSON, which YAML reads too.
    """
    version, issued = context.release_info.version, context.release_info.issued
    project = context.project
    keys = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them with their version.",
        "type": "dataset",
        "title": project["title.en"],
        "abstract": project["description.en"],
        "authors": [{"name": project["publisher.name"] or project["title.en"]}],
        "version": version,
        "date-released": issued,
        "url": context.public_url,
        "license-url": project["licence"],
    }
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items() if value)


def dataset(context: AppContext, language: Language) -> dict[str, Any]:
    """Return the data set in schema.org terms, for dataset search engines."""
    project, release_info = context.project, context.release_info
    name, homepage = project["publisher.name"], project["publisher.homepage"]
    publisher = _present({"@type": "Organization", "name": name, "url": homepage}) if name else None
    return _present(
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": project.minter.dataset.value,
            "name": project[f"title.{language}"],
            "description": project[f"description.{language}"],
            "url": context.public_url,
            "license": project["licence"],
            "version": release_info.version,
            "datePublished": release_info.issued,
            "isAccessibleForFree": True,
            "creator": publisher,
            "publisher": publisher,
            "distribution": [_download(context, file) for file in release_info.files if file.name in FIRST_FILES],
        }
    )


def _download(context: AppContext, file: ReleaseFile) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file.name,
        "encodingFormat": file_media_type(file.name).partition(";")[0],
        "contentSize": f"{file.size} B",
        "contentUrl": f"{context.public_url}download/{quote(file.name)}",
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are not empty."""
    return {name: value for name, value in values.items() if value}


def _tex(text: str) -> str:
    """Escape a text for BibTeX."""
    return "".join(_BIBTEX_ESCAPES.get(character, character) for character in text)
