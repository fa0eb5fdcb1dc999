"""Clean lines of a file into what a person would type.

A paragraph, a heading, a point of a list and a row of a table each become one line, so that no sentence is cut. What
is taken out or joined is counted and named, for the curator to look at.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from kg.curate.line_hyphens import Hyphens

Kind = Literal["text", "heading", "item", "row", "note"]

MARKER = re.compile(r"(?:[-–—•▪◦‣⁃∙●○■□➢✓✔*]|\[\d{1,3}\]|\(?(?:\d{1,2}|[a-z])[.)])[ \u00a0](?=\S)")
"""What a point of a list, or a note, begins with."""

_SURE_MARKER = re.compile(r"[•▪◦‣⁃∙●○■□➢✓✔]|\[\d{1,3}\][ \u00a0]")
_BARE_MARKER = re.compile(r"(?:[-–•▪◦‣⁃∙●○■□➢✓✔]|\d{1,2}[.)])\Z")
_ENDED = re.compile(r"[.!?…:;。！？؟][\"'”’»›)\]}]*(?:[ \u00a0\u202f]»)?(?: ?\[\d{1,3}\])?\Z")
_LIGATURES = re.compile(r"[\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdcf\ufe70-\ufefc]")
_REMOVED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\u1680\u2000-\u200a\u205f\u3000]+")
_BREAKS = re.compile(r"\r\n|[\n\r\x0b\x1c-\x1e\x85\u2028\u2029]")
_PAGE_NUMBER = re.compile(r"(?:\w{1,6}\.? )?[-–—|/ ]*#0[-–—|/ ]*(?:(?:\w{1,4} )?\d+[-–—|/ ]*)?", re.IGNORECASE)
_LEAST_WIDTH = 40
"""Characters below which lines are short because they are, and not because somebody broke them."""

_DEEPEST = 3
"""Most lines of a running header or footer."""


@dataclass(frozen=True)
class Line:
    """A line or block as a file has it.

    ``page`` is 0 where the file has no pages. ``starts`` tells whether a paragraph begins here; None leaves it to the
    words. ``gap`` tells that room is left before it, and ``size`` is that of its letters, 0 where nobody knows.
    """

    text: str
    page: int = 0
    kind: Kind = "text"
    starts: bool | None = None
    gap: bool = False
    size: float = 0


@dataclass
class CleaningReport:
    """What was done to a text, and what to look at."""

    joined: int = 0
    unhyphenated: list[str] = field(default_factory=list)
    kept_hyphens: list[str] = field(default_factory=list)
    running: dict[str, int] = field(default_factory=dict)
    page_numbers: int = 0
    notes: int = 0
    rows: int = 0
    ligatures: int = 0
    suspicious: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of lines, with a word for what is odd there."""


def clean(lines: Iterable[Line], language: str = "") -> tuple[str, CleaningReport]:
    """Return the cleaned text of some lines, and what was done.

    A text that is clean comes back as it is. ``language`` says how its words are divided at the ends of lines.
    """
    report = CleaningReport()
    kept = _without_running(_normal(lines, report), report)
    body = [line for line in kept if line.kind != "note"]
    notes = [line for line in kept if line.kind == "note"]
    hyphens = Hyphens((line.text for line in kept), language)
    blocks = _blocks(body, hyphens, report)
    end = _blocks(notes, hyphens, report)
    blocks += [replace(note, gap=not number) for number, note in enumerate(end)]
    report.unhyphenated, report.kept_hyphens = hyphens.joined, hyphens.kept
    report.notes = sum(MARKER.match(block.text) is not None for block in end)
    report.rows = sum(block.kind == "row" for block in blocks)
    text = "".join(
        f"{'' if not number else chr(10) * (2 if block.gap else 1)}{block.text}" for number, block in enumerate(blocks)
    )
    text = unicodedata.normalize("NFC", f"{text}\n") if text else ""
    report.suspicious = _suspicious(text, [*hyphens.unsure])
    return text, report


def spaced(lines: Iterable[Line]) -> list[Line]:
    """Return blocks with room before each, but inside lists and tables."""
    found: list[Line] = []
    for line in lines:
        together = bool(found) and line.kind == found[-1].kind and line.kind in ("item", "row", "note")
        found.append(replace(line, gap=not together))
    return found


def forced(words: str, line: Line) -> list[Line]:
    """Return a block as lines where its author forced line feeds.

    A sentence that goes on in small letters goes on in the block.
    """
    pieces = [piece.strip() for piece in words.split("\n") if piece.strip()]
    found: list[Line] = []
    for piece in pieces:
        same = bool(found) and _goes_on_in_small(found[-1], Line(piece))
        kind: Kind = line.kind if same or not found or line.kind == "row" else "text"
        found.append(replace(line, text=piece, starts=not same, kind=found[-1].kind if same else kind))
    return found


def note_mark(before: str, mark: str) -> str:
    """Return the mark of a note, apart from words."""
    return f" [{mark}]" if before[-1:].isalnum() else f"[{mark}]"


def plain_lines(text: str) -> list[Line]:
    """Return the lines of a plain text.

    A form feed begins a page.
    """
    pages = text.split("\f")
    numbered = len(pages) > 1
    found = []
    for number, page in enumerate(pages, 1):
        gap = False
        for words in _BREAKS.split(page):
            if not words.strip():
                gap = True
                continue
            found.append(Line(words, number if numbered else 0, gap=gap))
            gap = False
    return found


def _normal(lines: Iterable[Line], report: CleaningReport) -> list[Line]:
    """Return lines in NFC, with whole letters and plain spaces.

    No-break spaces stay. A soft hyphen at the end of a line stays for the one who joins it to the next.
    """
    found = []
    gap = False
    for line in lines:
        text, count = _LIGATURES.subn(lambda match: unicodedata.normalize("NFKC", match[0]), line.text)
        report.ligatures += count
        text = _SPACES.sub(" ", _BREAKS.sub(" ", _REMOVED.sub("", text.replace("\f", " "))))
        text = text.replace("\uf0b7", "•").replace("\uf0a7", "▪").strip(" ")
        soft = text.endswith("\u00ad")
        text = _SPACES.sub(" ", unicodedata.normalize("NFC", text.replace("\u00ad", ""))).strip(" ") + "\u00ad" * soft
        if text.strip("\u00ad").strip():
            found.append(replace(line, text=text, gap=line.gap or gap))
            gap = False
        else:
            gap = True
    return found


def _without_running(lines: Sequence[Line], report: CleaningReport) -> list[Line]:
    """Return lines without running headers, footers and page numbers.

    Such a line is the first or last of its page, and the same, but for the number of the page, on other pages; or it
    is nothing but the number of its page. It is looked for from the edge of the page inwards.
    """
    by_page: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        if line.page:
            by_page.setdefault(line.page, []).append(index)
    dropped: set[int] = set()
    for edge in (0, -1):
        for _ in range(_DEEPEST):
            left = {page: [i for i in indexes if i not in dropped] for page, indexes in by_page.items()}
            at_edge = [rest[edge] for rest in left.values() if rest]
            keys = Counter(key for index in at_edge for key in _running_keys(lines[index]))
            least = max(2, len(by_page) // 5)
            new = {i for i in at_edge if any(keys[key] >= least or _is_number(key) for key in _running_keys(lines[i]))}
            dropped |= new
            for index in new:
                _tell_running(lines[index], keys, least, report)
    return [line for index, line in enumerate(lines) if index not in dropped]


def _tell_running(line: Line, keys: Counter[tuple[str, int]], least: int, report: CleaningReport) -> None:
    """Count a running line; # stands for a number of pages."""
    if any(_is_number((re.sub(r"#-?\d+", "#0", words), 0)) for words, _ in _running_keys(line)):
        report.page_numbers += 1
        return
    words = line.text
    for number in re.finditer(r"\d{1,4}", line.text):
        key = f"{words[: number.start()]}#{int(number[0]) - line.page}{words[number.end() :]}".casefold()
        if keys[key, round(line.size)] >= least:
            words = f"{words[: number.start()]}#{words[number.end() :]}"
            break
    report.running[words] = report.running.get(words, 0) + 1


def _running_keys(line: Line) -> set[tuple[str, int]]:
    """Return what a line is compared by; #0 is its page."""
    words, size = line.text.casefold(), round(line.size)
    keys = {(words, size)}
    for number in re.finditer(r"(?<!\d)\d{1,4}(?!\d)", words):
        offset = int(number[0]) - line.page
        keys.add((f"{words[: number.start()]}#{offset}{words[number.end() :]}", size))
    return keys


def _is_number(key: tuple[str, int]) -> bool:
    """Return whether a line is nothing but the number of its page."""
    return _PAGE_NUMBER.fullmatch(key[0]) is not None


def _blocks(lines: Sequence[Line], hyphens: Hyphens, report: CleaningReport) -> list[Line]:
    """Return lines joined to paragraphs, headings, points and rows."""
    width = _wrap_width(lines)
    blocks: list[Line] = []
    last: Line | None = None
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        if last and _continues(blocks[-1], last, line, following, width):
            blocks[-1] = replace(blocks[-1], text=hyphens.join(blocks[-1].text, line.text))
            report.joined += 1
        else:
            kind: Kind = "item" if _is_item(line) else line.kind
            another = line.size > 0 and bool(blocks) and kind != blocks[-1].kind
            blocks.append(replace(line, kind=kind, gap=line.gap or another))
        last = line
    return [replace(block, text=block.text.replace("\u00ad", "")) for block in blocks]


def _is_item(line: Line) -> bool:
    """Return whether a line has the mark of a list."""
    return line.kind == "text" and MARKER.match(line.text) is not None


def _continues(block: Line, last: Line, line: Line, following: Line | None, width: int) -> bool:
    """Return whether a line goes on with the block before it."""
    if line.kind != last.kind or line.kind == "row" or (line.kind == "item" and line.starts is not False):
        return False
    if _BARE_MARKER.match(block.text) and not line.gap:
        return not MARKER.match(line.text)
    if (line.starts and line.page == last.page) or _begins_item(block, last, line, following):
        return False
    if line.starts is False:
        return True
    if line.page != last.page:
        return line.kind != "heading" and _flows(last, line, width or _LEAST_WIDTH)
    if line.gap or not width:
        return False
    return _goes_on_in_small(last, line) or _fills(last, line, width)


def _begins_item(block: Line, last: Line, line: Line, following: Line | None) -> bool:
    """Return whether a line begins a point of a list.

    A dash or a number may stand at the beginning of a line by chance: it counts after a point, after the end of a
    sentence, and where the next line has one too.
    """
    mark = MARKER.match(line.text)
    if not mark:
        return False
    if _SURE_MARKER.match(line.text) or line.gap or _is_item(block) or _ENDED.search(last.text):
        return True
    return following is not None and MARKER.match(following.text) is not None


def _flows(last: Line, line: Line, width: int) -> bool:
    """Return whether a sentence goes on over the end of a page."""
    if _ENDED.search(last.text):
        return False
    return _goes_on_in_small(last, line) or len(last.text) > 0.7 * width


def _goes_on_in_small(last: Line, line: Line) -> bool:
    """Return whether a sentence goes on in small letters."""
    letter = re.search(r"[^\W\d_]", line.text)
    is_small = letter is not None and letter[0].islower() and letter.start() <= 2
    return is_small and not _ENDED.search(re.sub(r"[:;]\Z", "", last.text))


def _fills(last: Line, line: Line, width: int) -> bool:
    """Return whether a line's first word had no room before."""
    return len(last.text) + 1 + len(line.text.split()[0]) > 0.85 * width


def _wrap_width(lines: Sequence[Line]) -> int:
    """Return the width that lines were broken at, or 0.

    Lines were broken where many end inside a sentence that goes on in small letters, each near the same width.
    """
    pairs = [
        (one, other)
        for one, other in pairwise(lines)
        if other.starts is None and not other.gap and other.page == one.page and not MARKER.match(other.text)
    ]
    cut = sorted(len(one.text) for one, other in pairs if _goes_on_in_small(one, other))
    if not cut or len(cut) < 0.2 * len(pairs):
        return 0
    width = cut[int(0.95 * (len(cut) - 1))]
    full = sum(_fills(one, other, width) for one, other in pairs if _goes_on_in_small(one, other))
    return width if width >= _LEAST_WIDTH and full >= 0.6 * len(cut) else 0


def _suspicious(text: str, unsure: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines worth a look, and why."""
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines, 1):
        after = next((other for other in lines[number:] if other), "")
        if "\ufffd" in line or re.search("[\ue000-\uf8ff]", line):
            found.append((number, "letter"))
        if after[:1].islower() and (line[-1:].isalpha() or line[-1:] in "-,") and not MARKER.match(after):
            found.append((number, "cut"))
        if re.search(r"(?:\b\w ){5,}", line):
            found.append((number, "spread"))
        found += [(number, f"hyphen:{word}") for word in unsure if word in line]
    return found
