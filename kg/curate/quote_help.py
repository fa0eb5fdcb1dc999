"""Help a curator whose quote is not in the text."""

from __future__ import annotations

from kg.curate.documents import Document
from kg.curate.yaml_nodes import yaml_scalar
from kg.model.quotes import Passage, differences, nearest_passage, occurrences, visible

_MOST_DIFFERENCES = 4


def describe_nearest(document: Document, quote: str) -> str:
    """Return what to do about a quote that the text lacks.

    That is the nearest passage and how it differs.
    """
    match = nearest_passage(document.text, quote)
    if match is None:
        return "Nothing in the text comes near it: copy the words from the text."
    passage, _ = match
    words = document.text[passage.start : passage.end]
    lines = [f"Nearest passage ({_place(document, passage)}): “{visible(words)}”"]
    details = differences(quote, words)
    lines += details[:_MOST_DIFFERENCES]
    if len(details) > _MOST_DIFFERENCES:
        lines.append(f"and {len(details) - _MOST_DIFFERENCES} more differences")
    return "\n".join([*lines, "Copy the passage into the quote; 'kg find' prints it as a fact."])


def find_fact(document: Document, quote: str) -> tuple[str, float] | None:
    """Return the nearest passage as a fact, and its likeness.

    The fact is text for an annotation file; the likeness goes from 0 to 100.
    """
    quote = quote.strip()
    start = document.text.find(quote) if quote else -1
    match = (Passage(start, start + len(quote)), 100.0) if start >= 0 else nearest_passage(document.text, quote)
    if match is None:
        return None
    passage, likeness = match
    words = document.text[passage.start : passage.end]
    starts = occurrences(document.text, words)
    lines = [
        f"  # {document.id}, {_place(document, passage)}",
        "  - property: ",
        "    value: ",
        f"    quote: {yaml_scalar(words)}",
        "    modality: reported",
    ]
    if len(starts) > 1:
        lines.append(f"    occurrence: {starts.index(passage.start) + 1}")
    return "\n".join(lines), likeness


def _place(document: Document, passage: Passage) -> str:
    """Return where a passage stands, for people."""
    sentence = document.sentence_at(passage.start).number
    return f"sentence {sentence}, characters {passage.start}–{passage.end}"
