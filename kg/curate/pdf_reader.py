"""Read PDF into lines that know where paragraphs begin.

A PDF knows letters at places and neither paragraphs nor notes: room above a line, its size and its indent tell where
one begins. The order of the lines is that of the file, as pypdf gives it.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from kg.curate.file_content import FileContent
from kg.curate.text_cleaning import MARKER, Kind, Line, note_mark
from kg.model.errors import FileError
from kg.model.messages import N_

MOST_PAGES = 2_000
_TOO_LONG = N_("{name}: the file has {pages} pages, more than {most}. Divide it, and add the parts.")

_MARK = re.compile(r"\s*(\d{1,3}|[*†‡])\s*\Z")
_NOTE = re.compile(r"\[?(\d{1,3}|[*†‡])[.)\]]?\s*(?=\S)")
_UNIT = re.compile(r"\b(?:[kcdm]?m)\Z")
_ENDED = re.compile(r"[.!?…:;][\"'”’»)]*\Z")
_LEADERS = re.compile(r"(?:[.…] ?){4,} ?\w{1,5}\Z")
"""What a line of a table of contents ends with."""

_JUNK_TITLE = re.compile(
    r"(?:microsoft word|untitled|sans titre|powerpoint)|\.(?:docx?|odt|indd|pdf|pptx?)\Z", re.IGNORECASE
)


_DAMAGED = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError, RecursionError,
            TypeError, ValueError)  # fmt: skip
"""What a damaged file may raise anywhere in pypdf."""


@dataclass
class _Printed:
    """A printed line: pieces with place and size, y upwards."""

    page: int
    pieces: list[tuple[str, float, float, float]] = field(default_factory=list)
    text: str = ""
    is_note: bool = False
    is_row: bool = False

    @property
    def x(self) -> float:
        """The place of its first letter."""
        return self.pieces[0][1]

    @property
    def y(self) -> float:
        """The height of its first letter."""
        return self.pieces[0][2]

    @property
    def size(self) -> float:
        """The size of most of its letters."""
        return max(self.pieces, key=lambda piece: len(piece[0].strip()))[3]


def read_pdf(data: bytes, name: str, library: Any) -> FileContent:
    """Return the lines of a PDF.

    Errors: FileError where it is locked, damaged or longer than MOST_PAGES.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it makes good is no news for the reader of our report
    try:
        reader = library.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not _opens(reader, library):
            raise FileError("{name}: the file is locked with a password. Save it without one, and add that.", name=name)
        if len(reader.pages) > MOST_PAGES:
            count, most = f"{len(reader.pages):,}", f"{MOST_PAGES:,}"
            raise FileError(_TOO_LONG, name=name, pages=count, most=most)
        pages = [_page_lines(page, number) for number, page in enumerate(reader.pages, 1)]
        pictures = sum(_pictures(page) for page in reader.pages)
        told = _told(reader)
    except (library.errors.PyPdfError, *_DAMAGED) as error:
        raise FileError(
            "{name}: the file is damaged ({kind}). Print it to a new PDF, and add that.",
            name=name,
            kind=type(error).__name__,
        ) from None
    printed = [line for page in pages for line in page]
    blank = tuple(number for number, page in enumerate(pages, 1) if not page)
    return FileContent("PDF", tuple(_as_lines(printed)), told, len(pages), pictures, blank)


def _opens(reader: Any, library: Any) -> bool:
    """Return whether a locked file opens without a password."""
    try:
        return bool(reader.decrypt(""))
    except (library.errors.DependencyError, NotImplementedError):
        return False


def _told(reader: Any) -> dict[str, str]:
    """Return what the file tells of itself."""
    information: Any = reader.metadata or {}
    title = str(information.get("/Title") or "").strip()
    told = {
        "title": "" if _JUNK_TITLE.search(title) else title,
        "author": str(information.get("/Author") or "").strip(),
    }
    day = re.match(r"D:(\d{4})(\d\d)(\d\d)", str(information.get("/CreationDate") or ""))
    told["date"] = "-".join(day.groups()) if day else ""
    told["language"] = str(reader.trailer["/Root"].get("/Lang") or "")
    return {key: value for key, value in told.items() if value}


def _pictures(page: Any) -> int:
    """Return how many pictures a page shows."""
    resources: Any = page.get("/Resources")
    objects: Any = resources.get_object().get("/XObject") if resources else None
    entries = [entry.get_object() for entry in objects.get_object().values()] if objects else []
    return sum(entry.get("/Subtype") == "/Image" for entry in entries)


def _page_lines(page: Any, number: int) -> list[_Printed]:
    """Return the lines of a page, with headers first and footers last."""
    lines = [_Printed(number)]

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], _font: object, size: float) -> None:
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        height = abs(size * math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3]))
        for count, part in enumerate(text.split("\n")):
            if count:
                lines.append(_Printed(number))
            if part and (part.strip() or lines[-1].pieces):
                lines[-1].pieces.append((part, x, y, height))

    page.extract_text(visitor_text=visit)
    return _edges_outside([line for line in lines if "".join(piece[0] for piece in line.pieces).strip()])


def _edges_outside(lines: list[_Printed]) -> list[_Printed]:
    """Return lines with those set apart above and below in their places.

    Programs write headers and footers before or after the text, wherever they stand.
    """
    inner, head, foot = list(lines), list[_Printed](), list[_Printed]()
    for _ in range(3):
        for end, sign in ((head, 1), (foot, -1)):
            heights = sorted((sign * line.y for line in inner), reverse=True)
            if len(heights) > 3 and heights[0] - heights[1] > 1.7 * inner[0].size:
                edge = next(line for line in inner if sign * line.y == heights[0])
                end.append(edge)
                inner.remove(edge)
    return [*head, *inner, *reversed(foot)]


def _as_lines(printed: Sequence[_Printed]) -> list[Line]:
    """Return printed lines as lines that know where paragraphs begin."""
    letters: Counter[float] = Counter()
    for line in printed:
        letters[round(line.size * 2) / 2] += sum(len(piece[0]) for piece in line.pieces)
    usual = letters.most_common(1)[0][0] if letters else 0.0
    _write(printed, usual)
    lines = [line for line in _columns(_rows(printed)) if line.text]
    leading = _leading(lines)
    widest = max((len(line.text) for line in lines), default=0)
    found: list[Line] = []
    for before, line in zip([None, *lines], lines, strict=False):
        starts = None if before is None or before.page != line.page else _begins(before, line, leading, widest)
        is_heading = line.size > 1.15 * usual and not line.is_note
        kind: Kind = "note" if line.is_note else "row" if line.is_row else "heading" if is_heading else "text"
        together = kind == "row" or MARKER.match(line.text)
        found.append(Line(line.text, line.page, kind, starts, not together, line.size))
    return found


def _write(printed: Sequence[_Printed], usual: float) -> None:
    """Write the words of each line, with marks of notes as [1].

    A note begins with the mark of its page, in small letters at the foot. Numbers that begin anew on each page go on.
    """
    used: dict[str, int] = {}
    labels: dict[tuple[int, str], str] = {}
    for page, lines in groupby(printed, key=lambda line: line.page):
        is_note = False
        for line in lines:
            words, before = "", 0.0
            for piece, _, _, size in line.pieces:
                mark = _MARK.match(piece)
                if mark and words.strip() and size < 0.85 * before and not words.rstrip()[-1].isupper():
                    words += "²³"[int(mark[1]) - 2] if _UNIT.search(words) and mark[1] in "23" else note_mark(
                        words.rstrip(), _label(page, mark[1], used, labels)) + " " * piece.endswith(" ")  # fmt: skip
                else:
                    words, before = words + piece, size if piece.strip() else before
            line.text = " ".join(words.split(" ")).strip()
            begins = _NOTE.match(line.text)
            small = line.size < 0.93 * usual
            if small and begins and (page, begins[1]) in labels:
                line.text = f"[{labels[page, begins[1]]}] {line.text[begins.end() :]}"
                is_note = True
            elif not small:
                is_note = False
            line.is_note = is_note


def _label(page: int, mark: str, used: dict[str, int], labels: dict[tuple[int, str], str]) -> str:
    """Return the number of a note in the whole text."""
    if (page, mark) not in labels:
        label = mark if mark not in used else str(len(labels) + 1)
        labels[page, mark] = label
        used[label] = page
    return labels[page, mark]


def _cells(line: _Printed) -> list[str]:
    """Return the words of a line, divided where much room is left."""
    cells, end = [""], math.inf
    for text, x, _, size in line.pieces:
        if x > end:
            cells.append("")
        cells[-1] += text
        count = len(text.strip())
        width = count * (0.55 if count > 20 else 0.75)  # of few letters all may be wide
        end = x + (width + 2) * size if count else end
    return [" ".join(cell.split(" ")).strip() for cell in cells if cell.strip()]


def _rows(printed: Sequence[_Printed]) -> list[_Printed]:
    """Mark the rows of tables: neighbours with as many cells."""
    lines = list(printed)
    counts = [(line.page, len(_cells(line)), line.is_note) for line in lines]
    for number, line in enumerate(lines):
        if counts[number][1] > 1 and counts[number] in (counts[number - 1 : number] + counts[number + 1 : number + 2]):
            line.is_row = not line.is_note
    return lines


def _columns(lines: Sequence[_Printed]) -> list[_Printed]:
    """Return rows of long cells as columns, others as rows."""
    found: list[_Printed] = []
    for (is_row, _), group in groupby(lines, key=lambda line: (line.is_row, line.page)):
        rows = list(group)
        table = [_cells(line) for line in rows] if is_row else []
        if is_row and len(rows) > 2 and all(len(cells) == 2 for cells in table):
            lengths = [median(len(cells[column]) for cells in table) for column in (0, 1)]
            if min(lengths) > 25:
                for column in (0, 1):
                    found += [
                        replace(line, text=cells[column], is_row=False) for line, cells in zip(rows, table, strict=True)
                    ]
                continue
        for line, cells in zip(rows, table, strict=False):
            line.text = " | ".join(cells)
        found += rows
    return found


def _leading(lines: Sequence[_Printed]) -> dict[int, float]:
    """Return the usual distance of two lines for each size of letters."""
    steps: dict[int, list[float]] = defaultdict(list)
    for one, other in pairwise(lines):
        step = one.y - other.y
        if one.page == other.page and abs(one.size - other.size) < 0.5 and 0 < step < 2.5 * max(one.size, 1):
            steps[round(other.size)].append(step)
    return {size: median(sorted(found)[: max(1, 2 * len(found) // 3)]) for size, found in steps.items()}


def _has_room(before: _Printed, line: _Printed, leading: dict[int, float]) -> bool:
    """Return whether more room than usual is left above a line."""
    return before.y - line.y > 1.25 * leading.get(round(line.size), 1.3 * line.size)


def _begins(before: _Printed, line: _Printed, leading: dict[int, float], widest: int) -> bool | None:
    """Return whether a line begins a paragraph, None if unknown."""
    if line.is_row or before.is_row or _LEADERS.search(before.text):
        return True
    if before.y <= line.y:  # the next column
        return None
    if abs(before.size - line.size) > 0.08 * max(before.size, line.size) or _has_room(before, line, leading):
        return True
    ended, is_point = bool(_ENDED.search(before.text)), bool(MARKER.match(before.text))
    if is_point and line.x < before.x - 0.5 * line.size:
        return True
    if ended and not is_point and 0.8 * line.size < line.x - before.x < 6 * line.size:
        return True
    return ended and len(before.text) < 0.55 * widest and not line.text[:1].islower()
