"""Read Markdown and HTML into the lines of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kg.curate.file_content import FileContent
from kg.curate.text_cleaning import Kind, Line, forced, note_mark, spaced

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_NOTE = re.compile(r"^\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:[ \t]{2,}.*))*)", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_TELLING = {"title": "title", "lang": "language", "language": "language", "date": "date", "author": "author",
            "rights": "rights", "copyright": "rights", "url": "url", "canonical": "url"}  # fmt: skip


def read_markdown(text: str, encoding: str = "") -> FileContent:
    """Return the lines of a Markdown text: CommonMark with tables and notes.

    Emphasis and addresses of links are left out, their words stay. What stands before the text between two lines
    ``---`` tells title, author, date and language.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    told = _front_matter(front[1]) if front else {}
    text = text[front.end() :] if front else text
    notes = [(match[1], " ".join(match[2].split())) for match in _NOTE.finditer(text)]
    numbers = {name: str(number) for number, (name, _) in enumerate(notes, 1)}
    body = _NOTE.sub("", text)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    reader = _MarkdownReader(tokens, numbers)
    lines = [
        *reader.lines(),
        *(Line(f"[{numbers[name]}] {_inline(words)}", kind="note", starts=True) for name, words in notes),
    ]
    if "title" not in told and reader.title:
        told = {**told, "title": reader.title}
    return FileContent("Markdown", tuple(spaced(lines)), told, pictures=reader.pictures, encoding=encoding)


def _inline(words: str) -> str:
    """Return the words of a line of Markdown without its marks."""
    tokens = MarkdownIt("commonmark").parseInline(words)
    return "".join(child.content for token in tokens for child in token.children or ())


def _front_matter(words: str) -> dict[str, str]:
    """Return what the head of a Markdown file tells."""
    try:
        table = yaml.safe_load(words)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(table, dict):
        return {}
    return {
        _TELLING[key]: str(value)
        for key, value in table.items()
        if key in _TELLING and (isinstance(value, str | int) or hasattr(value, "isoformat"))
    }


def _as_it_stands(token: Token) -> Iterator[Line]:
    """Return the lines of code, and the words of HTML, in Markdown."""
    if token.type in ("fence", "code_block"):
        yield from (Line(line, starts=True) for line in token.content.split("\n") if line.strip())
    elif token.type == "html_block":
        words = re.sub(r"<!--.*?-->|<[^>]*>", " ", token.content, flags=re.DOTALL)
        if words.strip():
            yield Line(words, starts=True)


class _MarkdownReader:
    """Walks through the blocks of a Markdown text."""

    def __init__(self, tokens: list[Token], numbers: dict[str, str]) -> None:
        self._tokens = tokens
        self._numbers = numbers
        self._lists: list[int | None] = []
        self.title = ""
        self.pictures = 0

    def lines(self) -> Iterator[Line]:
        """Return the lines of the blocks in order."""
        mark, heading, row = "", "", list[str]()
        in_row = False
        for token in self._tokens:
            kind = token.type
            if kind in ("heading_open", "heading_close"):
                heading = token.tag if kind == "heading_open" else ""
            elif kind in ("tr_open", "tr_close"):
                in_row = kind == "tr_open"
                if not in_row:
                    yield Line(" | ".join(row), kind="row", starts=True)
                row = []
            elif kind == "inline" and in_row:
                row.append(" ".join(self._words(token).split()))
            elif kind == "inline":
                yield from self._paragraph(token, mark, heading)
                mark = ""
            else:
                mark = self._list_mark(token) or mark
                yield from _as_it_stands(token)

    def _list_mark(self, token: Token) -> str:
        """Return what a point begins with where one begins."""
        if token.type in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            number = self._lists[-1]
            self._lists[-1] = None if number is None else number + 1
            return "- " if number is None else f"{number}. "
        return ""

    def _paragraph(self, token: Token, mark: str, heading: str) -> list[Line]:
        """Return the lines of a paragraph, a heading or a point."""
        words = self._words(token)
        if heading == "h1" and not self.title:
            self.title = " ".join(words.split())
        kind: Kind = "item" if mark else "heading" if heading else "text"
        found = []
        for piece in forced(f"{mark}{words}", Line("", kind=kind)):
            first, *others = piece.text.split("\v")  # a break that is none to a reader
            found += [replace(piece, text=first), *(replace(piece, text=other, starts=False) for other in others)]
        return found

    def _words(self, token: Token) -> str:
        """Return the words of a block, with forced breaks."""
        words = ""
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                words += "\v" if child.type == "softbreak" else "\n"
            elif child.type == "image":
                self.pictures += not child.content.strip()
                words += child.content
            elif child.type in ("text", "code_inline"):
                before, last = words, 0
                for mark in _NOTE_MARK.finditer(child.content):
                    before += child.content[last : mark.start()]
                    before += note_mark(before, self._numbers.get(mark[1], mark[1]))
                    last = mark.end()
                words = before + child.content[last:]
        return words


def read_html(text: str, library: Any, encoding: str = "") -> FileContent:
    """Return the lines of the main part of a page.

    trafilatura tells what the main part is.
    """
    from lxml import html

    tree = html.document_fromstring(re.sub(r"\A\s*<\?xml[^>]*>", "", text).replace("\x00", ""))
    told = _told_by_page(tree)
    body = tree.find("body")
    pictures = 0 if body is None else len(body.xpath(f".//img[not(normalize-space(@alt))]{_NOT_AROUND}"))
    if body is None or len("".join(body.xpath(f".//text(){_NOT_AROUND}")).split()) < 3:
        return FileContent("HTML", (), told, pictures=pictures)
    _mark_notes(tree)
    found = library.bare_extraction(tree, with_metadata=False, include_comments=False, favor_recall=True)
    lines = [] if found is None or found.body is None else list(_blocks(found.body))
    title = told.setdefault("title", next((line.text for line in lines if line.kind == "heading"), ""))
    is_said = any(title in line.text for line in lines)
    if lines and not is_said and any(title == " ".join(head.text_content().split()) for head in tree.iter("h1")):
        lines.insert(0, Line(title, kind="heading", starts=True))  # trafilatura leaves it out where it stands apart
    return FileContent("HTML", tuple(spaced(lines)), told, pictures=pictures, encoding=encoding)


_NOT_AROUND = (
    "[not(ancestor::a or ancestor::nav or ancestor::header or ancestor::footer or ancestor::aside or ancestor::form "
    "or ancestor::script or ancestor::style or ancestor::noscript or ancestor::button)]"
)
"""What is no link and in nothing that stands around the text of a page, in XPath."""

_METAS = {
    "title": ("dcterms.title", "dc.title", "og:title"),
    "author": ("author", "dcterms.creator", "dc.creator"),
    "date": ("dcterms.issued", "dcterms.date", "dc.date", "date", "article:published_time"),
    "rights": ("dcterms.rights", "dc.rights", "rights", "copyright"),
    "language": ("dcterms.language", "dc.language", "content-language"),
    "url": ("og:url",),
}
"""The names under which pages tell what document.toml asks for, the best first."""


def _told_by_page(tree: Any) -> dict[str, str]:
    """Return what the head of a page tells."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("http-equiv") or ""
        metas.setdefault(name.lower(), " ".join((meta.get("content") or "").split()))
    told = {key: next((metas[name] for name in names if metas.get(name)), "") for key, names in _METAS.items()}
    told["language"] = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or told["language"]
    told["url"] = next(iter(tree.xpath("//link[@rel='canonical']/@href")), "") or told["url"]
    title = " ".join(" ".join(tree.xpath("//head/title//text()")).split())
    heads = [" ".join(head.text_content().split()) for head in tree.iter("h1")]
    told["title"] = next((head for head in heads if head and head in title), "") or told["title"] or title
    told["date"] = told["date"][:10]  # the day of a moment
    return {key: value for key, value in told.items() if value}


def _mark_notes(tree: Any) -> None:
    """Write marks of notes as [1], and before the notes themselves."""
    for raised in list(tree.iter("sup")):
        mark = raised.text_content().strip().strip("[]()")
        if not re.fullmatch(r"\d{1,3}|[*†‡]", mark):
            continue
        target = next(
            (link.get("href", "")[1:] for link in raised.iter("a") if link.get("href", "").startswith("#")), ""
        )
        before = (raised.getprevious().tail if raised.getprevious() is not None else raised.getparent().text) or ""
        words = note_mark(before.rstrip("\n"), mark)
        for child in list(raised):
            raised.remove(child)
        raised.text = words
        raised.drop_tag()
        note = tree.get_element_by_id(target, None) if target else None
        if note is not None:
            for back in [link for link in note.iter("a") if link.text_content().strip() in ("↑", "↩", "↩︎", "^")]:
                back.drop_tree()
            note.text = f"[{mark}] " + re.sub(rf"^\s*\[?{re.escape(mark)}[.)\]]?\s*", "", note.text or "")


def _blocks(body: Any, list_tag: str = "") -> Iterator[Line]:
    """Return the lines of what trafilatura has found."""
    number = 0
    for block in body:
        tag = block.tag
        if tag == "list":
            yield from _blocks(block, block.get("rend", "ul"))
        elif tag == "item":
            number += 1
            yield from _point(block, f"{number}. " if list_tag == "ol" else "- ")
        elif tag == "table":
            for row in block.iter("row"):
                cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iter("cell")]
                yield Line(" | ".join(cells), kind="row", starts=True)
        elif tag in ("quote", "div") and len(block.findall("p")):
            yield from _blocks(block)
        elif isinstance(tag, str):
            yield from _paragraph(block, "heading" if tag == "head" else "text")


def _point(item: Any, mark: str) -> Iterator[Line]:
    """Return a point of a list, then the lists inside it."""
    nested = [
        one
        for one in item.iter("list")
        if not any(
            above.tag == "item" for above in one.iterancestors() if above is not item and item in above.iterancestors()
        )
    ]
    for one in nested:
        tail, one.tail = one.tail, None
        one.getparent().remove(one)
        if tail and tail.strip():
            item.text = f"{item.text or ''} {tail}"
    words = "".join(item.itertext()).strip()
    if words.startswith("["):
        yield from _paragraph(item, "text")
    elif words:
        yield from forced(mark + _spoken(item), Line("", kind="item"))
    for one in nested:
        yield from _blocks(one, one.get("rend", "ul"))


def _spoken(block: Any) -> str:
    """Return the words of a block, with forced breaks."""
    words = " ".join((block.text or "").split("\n"))
    for child in block:
        words += ("\n" if child.tag == "lb" else _spoken(child)) + " ".join((child.tail or "").split("\n"))
    return words


def _paragraph(block: Any, kind: Kind) -> list[Line]:
    """Return the lines of a paragraph, or of a note."""
    words = _spoken(block).strip()
    is_note = re.match(r"\[(?:\d{1,3}|[*†‡])\] ", words)
    return forced(words, Line("", kind="note" if is_note else kind))
