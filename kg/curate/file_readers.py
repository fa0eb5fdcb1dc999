"""Find out what a file is, and hand it to its reader.

A file is data: nothing in it is run, and nothing that it names is fetched.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from importlib import import_module
from pathlib import PurePath
from typing import Any

from kg.curate.file_content import FileContent
from kg.curate.markup_readers import read_html, read_markdown
from kg.curate.office_readers import read_docx, read_odt
from kg.curate.pdf_reader import read_pdf
from kg.curate.text_cleaning import plain_lines
from kg.model.errors import FileError
from kg.model.messages import N_, worded

MOST_BYTES = 100_000_000
"""Most bytes of a file; a year's report with all its pictures has 20 million."""

MOST_UNPACKED = 200_000_000
"""Most bytes that the parts of a packed file may have when unpacked."""

MOST_CHARACTERS = 5_000_000
"""Most characters of a text, some 2,000 pages."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", N_("this is an old Office file: save it as DOCX, ODT or PDF, and add that")),
    (b"{\\rtf", N_("this is RTF: save it as DOCX, ODT or PDF, and add that")),
    (b"\x89PNG", N_("this is a picture: let a program for text recognition (OCR) make a PDF with text of it")),
    (b"\xff\xd8\xff", N_("this is a picture: let a program for text recognition (OCR) make a PDF with text of it")),
    (b"GIF8", N_("this is a picture: let a program for text recognition (OCR) make a PDF with text of it")),
    (b"\x1f\x8b", N_("this is packed: unpack it, and add what is inside")),
)
"""How files begin that no reader takes, and what to do with them."""

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,100}charset|<\?xml[^>]{0,100}encoding)\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE
)
"""How a page says its encoding."""

_ODT = b"application/vnd.oasis.opendocument.text"


def read_file(data: bytes, name: str, encoding: str = "") -> FileContent:
    """Return what a file holds.

    Its bytes say more of its kind than its name.

    Errors: FileError, one line that says what to do, where it is empty, too large, locked, of a kind that is not
    read, without text, or where a library is missing.
    """
    if not data.strip(b"\x00\t\n\r\x0b\x0c "):
        raise FileError("{name}: the file is empty. Choose another.", name=name)
    if len(data) > MOST_BYTES:
        raise FileError(
            "{name}: the file has {size} bytes, more than {most}. Divide it, and add the parts.",
            name=name,
            size=f"{len(data):,}",
            most=f"{MOST_BYTES:,}",
        )
    content = _read(data, name, encoding)
    if sum(len(line.text) for line in content.lines) > MOST_CHARACTERS:
        raise FileError(
            "{name}: the text has more than {most} characters. Divide it, and add the parts.",
            name=name,
            most=f"{MOST_CHARACTERS:,}",
        )
    if not any(line.text.strip() for line in content.lines):
        raise FileError("{name}: there is no text in this file. {todo}", name=name, todo=_without_text(content))
    return content


def _without_text(content: FileContent) -> str:
    """Return what to do about a file without text."""
    if content.format == "PDF":
        return worded("If it was scanned, let a program for text recognition (OCR) put text into it, and add that.")
    return worded("Choose another, or type what is to be seen into a text file.")


def _read(data: bytes, name: str, encoding: str) -> FileContent:
    """Return what a file of a known kind holds."""
    suffix = PurePath(name).suffix.lower()
    if b"%PDF-" in data[:1024]:
        return read_pdf(data, name, library("pypdf", name))
    if data[:4] == b"PK\x03\x04":
        return _read_packed(data, name)
    for start, words in _FOREIGN:
        if data.startswith(start):
            raise FileError("{name}: {words}.", name=name, words=worded(words))
    if suffix in (".html", ".htm", ".xhtml") or _HTML.match(data[:4096]):
        declared = _DECLARED.search(data[:4096])
        text, guessed = decode(data, name, encoding, declared[1].decode() if declared else "")
        return read_html(text, library("trafilatura", name), guessed)
    text, guessed = decode(data, name, encoding)
    if suffix in (".md", ".markdown"):
        return read_markdown(text, guessed)
    return FileContent("text", tuple(plain_lines(text)), pages=text.count("\f") + ("\f" in text), encoding=guessed)


def _read_packed(data: bytes, name: str) -> FileContent:
    """Return what an office file holds, if its parts are small.

    Errors: FileError also where it is damaged, or is a bomb.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sizes = {part.filename: part.file_size for part in parts.infolist()}
            locked = any(part.flag_bits & 1 for part in parts.infolist())
            kind = parts.read("mimetype")[:100].strip() if sizes.get("mimetype", 101) <= 100 and not locked else b""
            manifest = b"META-INF/manifest.xml"
            locked |= kind == _ODT and b"encryption-data" in _read_part(parts, manifest.decode())
    except (zipfile.BadZipFile, KeyError, NotImplementedError, OSError, ValueError, RuntimeError, EOFError):
        raise FileError(
            "{name}: the file is damaged. Open it in its program, save it again, and add that.", name=name
        ) from None
    unpacked = sum(sizes.values())
    if unpacked > MOST_UNPACKED:
        raise FileError(
            "{name}: unpacked it has {unpacked} bytes, more than {most}. Choose another.",
            name=name,
            unpacked=f"{unpacked:,}",
            most=f"{MOST_UNPACKED:,}",
        )
    if locked:
        raise FileError("{name}: the file is locked with a password. Save it without one, and add that.", name=name)
    if "word/document.xml" in sizes:
        return read_docx(data, name, library("docx", name))
    if kind == _ODT:
        return read_odt(data, name, library("odf.opendocument", name).load)
    raise FileError(
        "{name}: this kind of file is not read. Save it as DOCX, ODT, PDF, HTML or text, and add that.", name=name
    )


def _read_part(parts: zipfile.ZipFile, name: str) -> bytes:
    """Return the beginning of a part of a packed file."""
    if name not in parts.namelist():
        return b""
    with parts.open(name) as part:
        return part.read(1_000_000)


def library(module: str, name: str) -> Any:
    """Return a library of the extra, imported where it is needed.

    Errors: FileError where it is not installed, with the words that install it.
    """
    try:
        return import_module(module)
    except ImportError:
        raise FileError(
            "{name}: a library that reads it is missing: pip install 'social-response-kg[add]'", name=name
        ) from None


def decode(data: bytes, name: str, encoding: str = "", declared: str = "") -> tuple[str, str]:
    """Return the text of bytes, and the encoding if guessed.

    It is the one named, else that of the byte order mark, else UTF-8, else the one that a page declares, else the
    likeliest.

    Errors: FileError where nothing fits.
    """
    if encoding:
        try:
            return data.decode(encoding).removeprefix("\ufeff"), ""
        except (LookupError, UnicodeError):
            raise FileError(
                "{name}: the text is not in {encoding}. Name another with --encoding, as in cp1252.",
                name=name,
                encoding=encoding,
            ) from None
    for mark, marked in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(marked), ""
            except UnicodeError:
                raise FileError(
                    "{name}: the text is damaged: it begins as {marked} and is not. Save it as UTF-8.",
                    name=name,
                    marked=marked,
                ) from None
    try:
        text = data.decode("utf-8")
        guess = ""
    except UnicodeDecodeError:
        text, guess = _declared(data, declared) or _guess(data, name)
    if "\x00" in text or sum(text.count(chr(code)) for code in range(1, 9)) > len(text) / 100:
        raise FileError("{name}: this is no text. Save it as text, HTML, DOCX, ODT or PDF, and add that.", name=name)
    return text, guess


def _declared(data: bytes, declared: str) -> tuple[str, str] | None:
    """Return the text in the encoding that a page declares."""
    latin = declared.lower() in ("iso-8859-1", "latin1", "us-ascii", "ascii")  # as browsers read it
    try:
        return (data.decode("cp1252" if latin else declared), "") if declared else None
    except (LookupError, UnicodeError):
        return None


def _guess(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of bytes in the likeliest encoding."""
    try:
        found = import_module("charset_normalizer").from_bytes(data).best()
    except ImportError:
        found = None
    if found is None:
        raise FileError("{name}: the text is not UTF-8. Name its encoding with --encoding, as in cp1252.", name=name)
    return str(found), str(found.encoding)
