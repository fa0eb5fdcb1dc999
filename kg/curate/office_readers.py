"""Read DOCX and ODT into the lines of a text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from xml.sax import SAXException

from kg.curate.file_content import FileContent
from kg.curate.text_cleaning import Kind, Line, forced, note_mark, spaced
from kg.model.errors import FileError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BULLETS = ("bullet", "none")


def read_docx(data: bytes, name: str, library: Any) -> FileContent:
    """Return the lines of a DOCX file.

    Headers and footers are no part of it.

    Insertions that nobody has accepted yet are read, deletions are not.

    Errors: FileError where it is damaged.
    """
    try:
        document = library.Document(io.BytesIO(data))
        reader = _DocxReader(document)
        lines = [*reader.blocks(document.element.body), *reader.notes()]
    except (ValueError, KeyError, SyntaxError, AttributeError, OSError, TypeError):
        raise FileError(
            "{name}: the file is damaged. Open it in its program, save it again, and add that.", name=name
        ) from None
    core = document.core_properties
    told = {"title": core.title, "author": core.author, "language": core.language or reader.language()}
    told["date"] = core.created.date().isoformat() if core.created else ""
    return FileContent(
        "DOCX", tuple(spaced(lines)), {key: str(v) for key, v in told.items() if v}, pictures=reader.pictures
    )


class _DocxReader:
    """Walks through the paragraphs of a DOCX file."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}
        self._numbers: dict[tuple[str, str], int] = {}
        self._marks: list[tuple[str, str]] = []
        self.pictures = 0

    def language(self) -> str:
        """Return the language of the styles, empty where there is none."""
        found = self._document.styles.element.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr/{_W}lang")
        return "" if found is None else str(found.get(f"{_W}val") or "")

    def blocks(self, parent: Any) -> Iterator[Line]:
        """Return the lines of the paragraphs and tables of a part."""
        for block in parent:
            if block.tag == f"{_W}p":
                yield from self._paragraph(block)
            elif block.tag == f"{_W}tbl":
                yield from self._table(block)
            elif block.tag == f"{_W}sdt":
                content = block.find(f"{_W}sdtContent")
                yield from self.blocks(() if content is None else content)
            elif block.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml", f"{_W}smartTag"):
                yield from self.blocks(block)

    def notes(self) -> Iterator[Line]:
        """Return the notes that the text has marks of, in their order."""
        from docx.oxml import parse_xml

        parts = {
            rel.reltype.rsplit("/", 1)[-1]: rel.target_part
            for rel in self._document.part.rels.values()
            if not rel.is_external
        }
        texts: dict[tuple[str, str], str] = {}
        for kind in ("footnote", "endnote"):
            if f"{kind}s" in parts:
                for note in parse_xml(parts[f"{kind}s"].blob):
                    words = " ".join(self._words(p) for p in note.iter(f"{_W}p"))
                    texts[kind, str(note.get(f"{_W}id"))] = " ".join(words.split())
        for number, mark in enumerate(list(self._marks), 1):
            yield Line(f"[{number}] {texts.get(mark, '')}", kind="note", starts=True)

    def _paragraph(self, block: Any) -> Iterator[Line]:
        """Return the lines of a paragraph, then those of frames in it."""
        style = self._style(block)
        words = self._words(block)
        listed = self._list_mark(block, style)
        is_heading = style.lower().startswith(("heading", "title", "titre", "überschrift"))
        kind: Kind = "heading" if is_heading else "item" if listed else "text"
        if words.strip():
            yield from forced((listed if kind == "item" else "") + words.strip(), Line("", kind=kind))
        for frame in block.iter(f"{_W}txbxContent"):
            if not any(above.tag == _FALLBACK for above in frame.iterancestors()):
                yield from self.blocks(frame)

    def _table(self, table: Any) -> Iterator[Line]:
        """Return the rows of a table; one column is a frame."""
        rows = [row.findall(f"{_W}tc") for row in table.iter(f"{_W}tr")]
        if all(len(cells) == 1 for cells in rows):
            for (cell,) in rows:
                yield from self.blocks(cell)
            return
        for cells in rows:
            words = [" ".join(" ".join(self._words(p) for p in cell.iter(f"{_W}p")).split()) for cell in cells]
            yield Line(" | ".join(words), kind="row", starts=True)

    def _style(self, block: Any) -> str:
        """Return the name of a paragraph's style."""
        style = self._styles.get(block.style) if block.style else None
        return str(style.name) if style is not None else ""

    def _list_mark(self, block: Any, style_name: str) -> str:
        """Return what a point of a list begins with, if any."""
        found = block.find(f"{_W}pPr/{_W}numPr")
        style = self._styles.get(block.style) if block.style else None
        if found is None and style is not None:
            found = style.element.find(f"{_W}pPr/{_W}numPr")
        if found is None:
            return "- " if style_name.lower().startswith("list bullet") else ""
        values = [found.find(f"{_W}{key}") for key in ("numId", "ilvl")]
        number, level = (("0" if value is None else str(value.get(f"{_W}val"))) for value in values)
        if number == "0":
            return ""
        if self._format(number, level) in _BULLETS:
            return "- "
        self._numbers = {key: count for key, count in self._numbers.items() if key[0] != number or key[1] <= level}
        self._numbers[number, level] = self._numbers.get((number, level), 0) + 1
        return f"{self._numbers[number, level]}. "

    def _format(self, number: str, level: str) -> str:
        """Return how the points of a list are numbered."""
        try:
            root = self._document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return "bullet"
        abstract = root.xpath(f"./w:num[@w:numId='{number}']/w:abstractNumId/@w:val") if number.isdigit() else []
        path = (
            f"./w:abstractNum[@w:abstractNumId='{abstract[0]}']/w:lvl[@w:ilvl='{level}']/w:numFmt/@w:val"
            if abstract
            else ""
        )
        return str(next(iter(root.xpath(path)), "bullet")) if path and level.isdigit() else "bullet"

    def _words(self, element: Any, before: str = "") -> str:
        """Return the words of a paragraph, with forced breaks.

        ``before`` are those that stand before the element.
        """
        words = ""
        for child in element:
            tag = child.tag
            if tag in (f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}txbxContent", _FALLBACK):
                continue
            if tag == f"{_W}t":
                words += child.text or ""
            elif tag in (f"{_W}br", f"{_W}cr"):
                words += " " if child.get(f"{_W}type") in ("page", "column") else "\n"
            elif tag in (f"{_W}tab", f"{_W}noBreakHyphen"):
                words += " " if tag == f"{_W}tab" else "\u2011"
            elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
                self._marks.append((tag.removeprefix(_W).removesuffix("Reference"), str(child.get(f"{_W}id"))))
                words += note_mark(before + words, str(len(self._marks)))
            else:
                if tag == f"{_WP}docPr" and not child.get("descr"):
                    self.pictures += 1
                words += self._words(child, before + words)
        return words


_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
_LEFT_OUT = {"tracked-changes", "annotation", "table-of-content", "alphabetical-index", "bibliography",
             "sequence-decls", "forms", "variable-decls", "user-field-decls", "illustration-index"}  # fmt: skip


def read_odt(data: bytes, name: str, load: Any) -> FileContent:
    """Return the lines of an ODT file.

    Headers, footers and indexes are left out.

    Errors: FileError where it is damaged or names entities of its own.
    """
    try:
        document = load(io.BytesIO(data))
        reader = _OdtReader(document)
        lines = [*reader.blocks(document.text), *reader.notes]
    except (ValueError, KeyError, AttributeError, OSError, TypeError, AssertionError, SAXException):
        raise FileError(
            "{name}: the file is damaged. Open it in its program, save it again, and add that.", name=name
        ) from None
    return FileContent("ODT", tuple(spaced(lines)), reader.told(), pictures=reader.pictures)


class _OdtReader:
    """Walks through the paragraphs of an ODT file."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._numbered = self._numbered_styles()
        self.notes: list[Line] = []
        self.pictures = 0

    def told(self) -> dict[str, str]:
        """Return what the file tells of itself."""
        metas = {
            child.qname[1]: "".join(map(str, child.childNodes)).strip() for child in self._document.meta.childNodes
        }
        date = metas.get("creation-date") or metas.get("date") or ""
        told = {"title": metas.get("title"), "author": metas.get("initial-creator") or metas.get("creator")}
        told |= {"date": date[:10], "language": metas.get("language") or self._language()}
        return {key: value for key, value in told.items() if value}

    def _language(self) -> str:
        """Return the language of the default style, empty where there is none."""
        for style in self._document.styles.childNodes:
            for properties in style.childNodes if style.qname[1] == "default-style" else ():
                by_name = {key[1]: value for key, value in (properties.attributes or {}).items()}
                if by_name.get("language", "none") != "none":
                    return "-".join(
                        part for part in (by_name["language"], by_name.get("country")) if part and part != "none"
                    )
        return ""

    def _numbered_styles(self) -> set[str]:
        """Return the names of the list styles that number their points."""
        found = set()
        for styles in (self._document.automaticstyles, self._document.styles):
            for style in styles.childNodes:
                levels = style.childNodes if style.qname == (_TEXT, "list-style") else ()
                if levels and levels[0].qname[1] == "list-level-style-number":
                    found.add(str(style.getAttribute("name") or ""))
        return found

    def blocks(self, parent: Any, numbered: bool = False) -> Iterator[Line]:
        """Return the lines of what stands below an element."""
        number = 0
        for block in parent.childNodes:
            kind = block.qname[1] if block.nodeType == block.ELEMENT_NODE else ""
            if kind in ("h", "p"):
                yield from forced(self._words(block).strip(), Line("", kind="heading" if kind == "h" else "text"))
                yield from self._frames(block)
            elif kind == "list":
                style = str(block.getAttribute("stylename") or "")
                yield from self.blocks(block, style in self._numbered if style else numbered)
            elif kind in ("list-item", "list-header"):
                number += 1
                yield from self._point(block, f"{number}. " if numbered else "- ", numbered)
            elif block.nodeType == block.ELEMENT_NODE and block.qname == (_TABLE, "table"):
                yield from self._table(block)
            elif kind and kind not in _LEFT_OUT:
                yield from self.blocks(block)

    def _point(self, item: Any, mark: str, numbered: bool) -> Iterator[Line]:
        """Return a point of a list, its further paragraphs and lists."""
        for child in item.childNodes:
            if child.qname[1] in ("p", "h"):
                words = self._words(child).strip()
                yield from forced(mark + words if words else "", Line("", kind="item" if mark else "text"))
                mark = "" if words else mark
            elif child.qname[1] == "list":
                style = str(child.getAttribute("stylename") or "")
                yield from self.blocks(child, style in self._numbered if style else numbered)

    def _table(self, table: Any) -> Iterator[Line]:
        """Return the rows of a table; one column is a frame."""
        rows = [[cell for cell in row.childNodes if cell.qname[1] == "table-cell"] for row in _all(table, "table-row")]
        for cells in rows:
            if max(map(len, rows)) == 1:
                yield from self.blocks(cells[0]) if cells else ()
                continue
            words = [" ".join(" ".join(self._words(p) for p in _all(cell, "p")).split()) for cell in cells]
            if any(words):
                yield Line(" | ".join(words), kind="row", starts=True)

    def _frames(self, block: Any) -> Iterator[Line]:
        """Return the lines of the frames that hang on a paragraph."""
        for frame in _all(block, "text-box"):
            yield from self.blocks(frame)

    def _words(self, element: Any, before: str = "") -> str:
        """Return the words of a paragraph, with forced breaks.

        ``before`` are those that stand before the element.
        """
        words = ""
        for child in element.childNodes:
            if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE):
                words += str(child.data).replace("\n", " ")
                continue
            kind = child.qname[1]
            if kind == "note":
                self.notes.append(Line("", kind="note", starts=True))
                number = len(self.notes)
                body = " ".join(" ".join(self._words(p) for p in _all(child, "p")).split())
                self.notes[number - 1] = Line(f"[{number}] {body}", kind="note", starts=True)
                words += note_mark(before + words, str(number))
            elif kind in ("s", "tab", "line-break"):
                words += "\n" if kind == "line-break" else " "
            elif child.qname == (_DRAW, "frame"):
                self.pictures += bool(_all(child, "image")) and not _all(child, "desc")
            elif kind not in _LEFT_OUT:
                words += self._words(child, before + words)
        return words


def _all(element: Any, name: str) -> list[Any]:
    """Return the elements of a name below another one, in order."""
    found = []
    for child in element.childNodes:
        if child.nodeType == child.ELEMENT_NODE:
            found += [child] if child.qname[1] == name else _all(child, name)
    return found
