"""The files that hosts of static sites read: media types, the page of what is not there, what is no page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kg.pages.shared.served_files import file_media_type

_ENDINGS = ("csv", "json", "jsonld", "nq", "nt", "rdf", "trig", "ttl")
_OTHERS = {"wasm": "application/wasm", "xml": "application/xml; charset=utf-8", "bib": "application/x-bibtex"}


def hosting(typed: Mapping[str, str]) -> dict[str, bytes]:
    """``.nojekyll`` for GitHub Pages, ``_headers`` for hosts that read it, ``.htaccess`` for Apache.

    ``typed`` has the media types of the files whose names do not tell them.
    """
    endings = {each: file_media_type(f"a.{each}") for each in _ENDINGS} | _OTHERS
    return {
        ".nojekyll": b"",
        "_headers": _lines(_headers(endings, typed)),
        ".htaccess": _lines(_apache(endings, typed)),
    }


def _headers(endings: Mapping[str, str], typed: Mapping[str, str]) -> Iterable[str]:
    yield from ("/*", "  Access-Control-Allow-Origin: *")
    for ending, value in sorted(endings.items()):
        yield from (f"/*.{ending}", f"  Content-Type: {value}")
    for file, value in sorted(typed.items()):
        yield from (f"/{file}", f"  Content-Type: {value}")


def _apache(endings: Mapping[str, str], typed: Mapping[str, str]) -> Iterable[str]:
    yield "# Addresses without an ending: the page, or the format that is asked for (mod_negotiation)."
    yield "Options +MultiViews -Indexes"
    yield "DirectoryIndex index.html"
    yield "DirectorySlash Off"
    yield "AddDefaultCharset utf-8"
    for ending, value in sorted(endings.items()):
        yield f"AddType '{value}' .{ending}"
    for file, value in sorted(typed.items()):
        name = file.rpartition("/")[2]
        yield from (f'<Files "{name}">', f"  ForceType '{value}'", "</Files>")
    yield "<IfModule mod_rewrite.c>"
    yield "  RewriteEngine On"
    yield "  # A thing is not the page about it."
    yield "  RewriteCond %{IS_SUBREQ} false"
    yield r'  RewriteCond %{REQUEST_URI} "^(.*)/id/(.+?)(?:\.html)?$"'
    yield r'  RewriteRule "^id/" "%1/doc/%2" [R=303,L]'
    yield "  # A page that has others below it stands beside the folder of these."
    yield "  RewriteCond %{REQUEST_FILENAME} -d"
    yield "  RewriteCond %{REQUEST_FILENAME}.html -f"
    yield r'  RewriteRule "^(.*[^/])$" "$1.html" [END]'
    yield "  RewriteCond %{REQUEST_FILENAME}/index.html -f"
    yield '  RewriteCond %{REQUEST_URI} "^(.*[^/])$"'
    yield '  RewriteRule "[^/]$" "%1/" [R=301,L]'
    yield "</IfModule>"
    yield "<IfModule mod_headers.c>"
    yield '  Header set Access-Control-Allow-Origin "*"'
    yield "</IfModule>"


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
