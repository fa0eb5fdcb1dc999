"""Make PDF, DOCX and ODT files of blocks, as other programs do.

A block is ``h`` (a heading), ``p`` (a paragraph), ``ul`` or ``ol`` (lists) or ``table``. In words, ``^[…]`` is a note
and · a place where a word may be divided.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
import matplotlib as mpl
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from fpdf import FPDF
from odf import dc, meta, style, table, text
from odf.opendocument import OpenDocumentText

FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
NOTE = re.compile(r"\^\[([^\]]*)\]")


def broken(words: str, width: int) -> list[str]:
    """The words as lines of at most ``width`` characters, divided at · where one does not fit."""
    lines = [""]
    for word in words.split(" "):
        rest = word
        while True:
            room = width - len(lines[-1]) - bool(lines[-1])
            plain = rest.replace("·", "")
            if len(plain) <= room:
                lines[-1] += " " * bool(lines[-1]) + plain
                break
            parts = re.split("(?<=-)|·", rest)
            fitting = [n for n in range(1, len(parts)) if len("".join(parts[:n])) + 1 <= room]
            if fitting:
                head = "".join(parts[: fitting[-1]])
                lines[-1] += " " * bool(lines[-1]) + head + "-" * (not head.endswith("-"))
                rest = rest[len("·".join(parts[: fitting[-1]])) :].lstrip("·") if "·" in rest else rest[len(head) :]
            lines.append("")
    return lines


class _Pdf(FPDF):
    """A PDF with a running header, page numbers, and notes at the foot of each page."""

    def __init__(self, header: str, footer: str) -> None:
        super().__init__(format=(150, 120))
        self.add_font("text", "", FONT)
        self.set_auto_page_break(False)
        self.head, self.foot = header, footer
        self.notes: list[tuple[str, str]] = []
        self.waiting: dict[str, str] = {}

    def letters(self, size: float) -> None:
        """Choose the size of letters, so that the file says it each time."""
        self.set_font("text", size=size + 0.01)
        self.set_font("text", size=size)

    def header(self) -> None:
        self.letters(7)
        self.set_xy(15, 6)
        self.cell(text=self.head or " ")
        self.set_xy(15, 18)

    def footer(self) -> None:
        self.letters(7)
        for row, (number, words) in enumerate(self.notes):
            self.set_xy(15, 98 + 3.2 * row)
            self.cell(text=f"{number} {words}")
        self.notes = []
        self.set_xy(70, 112)
        self.cell(text=self.foot.replace("#", str(self.page_no())) or " ")

    def row(self, words: str, size: float, before: float, x: float = 15) -> None:
        """Print a line; a raised digit is written as ⟨1⟩."""
        if self.get_y() + before > 92:
            self.add_page()
            before = 0
        self.set_xy(x, self.get_y() + before)
        for piece in re.split("(⟨.*?⟩)", words):
            self.letters(size * 0.6 if piece.startswith("⟨") else size)
            if piece in self.waiting:
                self.notes.append((piece.strip("⟨⟩"), self.waiting[piece]))
            if piece.strip("⟨⟩"):
                self.cell(text=piece.strip("⟨⟩"), h=4)
        self.ln(0)


def make_pdf(
    blocks: list[dict], header: str = "", footer: str = "", width: int = 52, gap: int = 45, **told: str
) -> bytes:
    """A PDF of blocks, its lines broken at ``width`` characters."""
    pdf = _Pdf(header, footer)
    pdf.set_title(told.get("title", ""))
    pdf.set_author(told.get("author", ""))
    pdf.set_lang(told.get("language", ""))
    pdf.add_page()
    count, notes = 0, pdf.waiting

    def noted(words: str) -> str:
        nonlocal count
        for found in NOTE.findall(words):
            count += 1
            notes[f"⟨{count}⟩"] = found
            words = words.replace(f"^[{found}]", f"⟨{count}⟩")
        return words

    for block in blocks:
        ((kind, value),) = block.items()
        if kind == "table":
            for number, cells in enumerate(value):
                y = pdf.get_y() + (7 if not number else 4.6)
                for column, cell in enumerate(cells):
                    pdf.letters(9)
                    pdf.set_xy(15 + gap * column, y)
                    pdf.cell(text=cell)
                pdf.set_y(y)
            continue
        for number, words in enumerate([value] if isinstance(value, str) else value):
            mark = {"ul": "• ", "ol": f"{number + 1}. "}.get(kind, "")
            size = 14 if kind == "h" else 9
            for row, line in enumerate(broken(mark + noted(words), 40 if kind == "h" else width)):
                room = (7 if not number else 4.6) if not row else size / 9 * 4.6
                pdf.row(line, size, room)
    return bytes(pdf.output())


def _docx_note(paragraph: object, number: int) -> None:
    """Put the mark of a note into a paragraph."""
    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), str(number))
    paragraph.add_run()._r.append(mark)


def make_docx(blocks: list[dict], header: str = "", footer: str = "", **told: str) -> bytes:  # noqa: C901  a case for each kind
    """A DOCX of blocks, with real lists, notes, header and footer."""
    document = docx.Document()
    core = document.core_properties
    core.title, core.author, core.language = (told.get(key, "") for key in ("title", "author", "language"))
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    notes: list[str] = []

    def fill(paragraph: object, words: str) -> None:
        for number, piece in enumerate(NOTE.split(words.replace("·", ""))):
            if number % 2:
                notes.append(piece)
                _docx_note(paragraph, len(notes))
            else:
                paragraph.add_run(piece)

    for block in blocks:
        ((kind, value),) = block.items()
        if kind == "h":
            document.add_heading(value, 1)
        elif kind == "table":
            rows = document.add_table(len(value), len(value[0]))
            for row, cells in zip(rows.rows, value, strict=True):
                for cell, words in zip(row.cells, cells, strict=True):
                    cell.text = words
        else:
            name = {"ul": "List Bullet", "ol": "List Number"}.get(kind, "Normal")
            for words in [value] if isinstance(value, str) else value:
                fill(document.add_paragraph(style=name), words)
    if notes:
        space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        said = "".join(
            f'<w:footnote w:id="{n}"><w:p><w:r><w:t xml:space="preserve"> {words}</w:t></w:r></w:p></w:footnote>'
            for n, words in enumerate(notes, 1)
        )
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        part = Part(PackURI("/word/footnotes.xml"), kind, f"<w:footnotes {space}>{said}</w:footnotes>".encode())
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def make_odt(blocks: list[dict], header: str = "", footer: str = "", **told: str) -> bytes:  # noqa: C901  a case for each kind
    """An ODT of blocks, with real lists and notes."""
    document = OpenDocumentText()
    for element, key in ((dc.Title, "title"), (meta.InitialCreator, "author"), (dc.Language, "language")):
        if told.get(key):
            document.meta.addElement(element(text=told[key]))
    for name, level in (
        ("dots", text.ListLevelStyleBullet(level=1, bulletchar="•")),
        ("numbers", text.ListLevelStyleNumber(level=1, numformat="1", numsuffix=".")),
    ):
        listed = text.ListStyle(name=name)
        listed.addElement(level)
        document.automaticstyles.addElement(listed)
    layout = style.PageLayout(name="layout")
    document.automaticstyles.addElement(layout)
    master = style.MasterPage(name="Standard", pagelayoutname=layout)
    for place, words in ((style.Header, header), (style.Footer, footer)):
        part = place()
        part.addElement(text.P(text=words))
        master.addElement(part)
    document.masterstyles.addElement(master)
    count = 0

    def filled(words: str) -> object:
        nonlocal count
        paragraph = text.P()
        for number, piece in enumerate(NOTE.split(words.replace("·", ""))):
            if number % 2:
                count += 1
                note = text.Note(id=f"n{count}", noteclass="footnote")
                note.addElement(text.NoteCitation(text=str(count)))
                body = text.NoteBody()
                body.addElement(text.P(text=piece))
                note.addElement(body)
                paragraph.addElement(note)
            else:
                paragraph.addText(piece)
        return paragraph

    for block in blocks:
        ((kind, value),) = block.items()
        if kind == "h":
            document.text.addElement(text.H(outlinelevel=1, text=value))
        elif kind == "p":
            document.text.addElement(filled(value))
        elif kind == "table":
            rows = table.Table()
            for cells in value:
                row = table.TableRow()
                for words in cells:
                    cell = table.TableCell()
                    cell.addElement(text.P(text=words))
                    row.addElement(cell)
                rows.addElement(row)
            document.text.addElement(rows)
        else:
            points = text.List(stylename={"ul": "dots", "ol": "numbers"}[kind])
            for words in value:
                item = text.ListItem()
                item.addElement(filled(words))
                points.addElement(item)
            document.text.addElement(points)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


MAKERS = {"pdf": make_pdf, "docx": make_docx, "odt": make_odt}
