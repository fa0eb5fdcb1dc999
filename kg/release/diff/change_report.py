"""Reports of changes between releases: words, JSON, RDF Patch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.model import release_files
from kg.model.iris import SR
from kg.model.languages import LANGUAGES
from kg.model.messages import N_, N_plural, translate, translate_plural
from kg.release.diff.comparison import Changes, Snapshot, ThingChanges, Triple, compare, take_snapshot


class _ChangeWriter:
    """Finds words in one language, first in the newer release."""

    def __init__(self, changes: Changes, language: str) -> None:
        self.changes, self.language = changes, language

    def text(self, message: str, /, **values: object) -> str:
        """Return a message in the language."""
        return translate(message, self.language, **values)

    def label(self, iri: str) -> str:
        """Return a label, or the end of the IRI."""
        for snapshot in (self.changes.new, self.changes.old):
            words = snapshot.labels.get(iri, {})
            if self.language in words or words:
                return words.get(self.language) or next(iter(words.values()))
        return iri.removeprefix(SR).rsplit("/id/", 1)[-1]

    def quoted(self, words: str) -> str:
        return self.text(N_("“{words}”"), words=words)

    def labels(self, iris: Iterable[str]) -> str:
        """Return the labels of several, each between quotation marks."""
        return self.text(N_(" and ")).join(self.quoted(self.label(iri)) for iri in iris)

    def phrase(self, triple: Triple) -> dict[str, str]:
        predicate = triple[1].strip("<>")
        for snapshot in (self.changes.new, self.changes.old):
            words = snapshot.phrases.get(predicate, {}).get(self.language)
            if words:
                return {"phrase": words, "value": self.quoted(self.value(triple[2]))}
        return {"phrase": self.label(predicate), "value": self.quoted(self.value(triple[2]))}

    def value(self, term: str) -> str:
        """Return the words of an object, an N-Triples term."""
        line = f"<x:s> <x:p> {term} ."
        value = next(iter(parse(line, RdfFormat.N_TRIPLES))).object
        if isinstance(value, NamedNode):
            return self.label(value.value)
        return value.value if isinstance(value, Literal) else term

    def added(self, iri: str) -> str:
        """Return the line about a new thing."""
        return self.text(N_("{name}: new ({kind})"), **self._thing(iri, self.changes.new))

    def removed(self, iri: str) -> str:
        """Return the line about a thing that is gone, with its successor."""
        line = self.text(N_("{name}: removed ({kind})"), **self._thing(iri, self.changes.old))
        successor = self.changes.new.gone.get(iri)
        return line + (self.text(N_(", replaced by {successor}"), successor=self.label(successor)) if successor else "")

    def _thing(self, iri: str, snapshot: Snapshot) -> dict[str, str]:
        name = snapshot.labels.get(iri, {}).get(self.language) or self.label(iri)
        return {"name": name, "kind": self.label(snapshot.kinds[iri])}


def changes_text(changes: Changes, language: str = "fr") -> str:
    """Return the changes in words, a line a thing.

    For example: “LHSS: the effect “…” is no longer stated; 3 quotes moved”.
    """
    return (
        "\n".join(line for _, line in _lines(changes, language))
        if changes
        else translate("Both releases say the same.", language)
    )


def _lines(changes: Changes, language: str) -> list[tuple[str, str]]:
    """Return each line of the changes with its thing's IRI.

    A line about a graph has none.
    """
    writer = _ChangeWriter(changes, language)
    lines = [(iri, writer.added(iri)) for iri in changes.added]
    lines += [(iri, writer.removed(iri)) for iri in changes.removed]
    for group in changes.groups:
        sentences = writer.text(N_("; ")).join(_sentences(group, writer))
        line = writer.text(N_("{subject}: {changes}"), subject=writer.label(group.subject), changes=sentences)
        lines.append((group.subject, line))
    for name, (come, gone) in changes.graphs.items():
        lines.append(("", writer.text(N_("Graph {name}: +{come} −{gone} triples"), name=name, come=come, gone=gone)))
    return lines


def _sentences(group: ThingChanges, writer: _ChangeWriter) -> list[str]:
    text = writer.text
    lines = []
    if group.kind:
        lines.append(text(N_("{old} becomes {new}"), old=writer.label(group.kind[0]), new=writer.label(group.kind[1])))
    if group.text_changed:
        lines.append(text(N_("the text changed")))
    for language, old, new in group.labels:
        lines.append(
            text(
                N_("{language} label {old} → {new}"), language=language, old=writer.quoted(old), new=writer.quoted(new)
            )
        )
    lines += [text(N_("{language} definition changed"), language=language) for language, _, _ in group.definitions]
    lines += [text(N_("{phrase} {value} is new"), **writer.phrase(triple)) for triple in group.added]
    lines += [text(N_("{phrase} {value} is no longer stated"), **writer.phrase(triple)) for triple in group.removed]
    for triple, before, after in group.modality:
        modalities = {"old": writer.labels(before), "new": writer.labels(after)}
        lines.append(text(N_("{phrase} {value} changes from {old} to {new}"), **writer.phrase(triple), **modalities))
    for (singular, plural), number in (
        (N_plural("{count} quote moved", "{count} quotes moved"), group.quotes_moved),
        (N_plural("{count} quote changed", "{count} quotes changed"), group.quotes_changed),
        (N_plural("{count} note changed", "{count} notes changed"), group.notes_changed),
    ):
        if number:
            lines.append(translate_plural(singular, plural, number, writer.language, count=number))
    return lines


def changes_json(changes: Changes) -> str:
    """Return the changes as JSON, with IRIs and N-Triples terms.

    ``words`` has each line in every language.
    """
    lines = zip(*(_lines(changes, language) for language in LANGUAGES), strict=True)
    rows: dict[str, Any] = {
        "old": changes.old.version,
        "new": changes.new.version,
        "added": list(changes.added),
        "removed": [{"id": iri, "successor": changes.new.gone.get(iri) or None} for iri in changes.removed],
        "changed": [vars(group) | {"modality": _modality_rows(group)} for group in changes.groups],
        "graphs": {name: {"added": come, "removed": gone} for name, (come, gone) in changes.graphs.items()},
        "words": [
            {"id": line[0][0] or None} | dict(zip(LANGUAGES, (text for _, text in line), strict=True)) for line in lines
        ],
    }
    return json.dumps(rows, ensure_ascii=False, indent=2)


def _modality_rows(group: ThingChanges) -> list[tuple[Triple, object, object]]:
    """Return each statement with both modalities, a list for several."""

    def one_or_all(modalities: tuple[str, ...]) -> object:
        return modalities[0] if len(modalities) == 1 else modalities

    return [(triple, one_or_all(before), one_or_all(after)) for triple, before, after in group.modality]


def rdf_patch(old: Iterable[str], new: Iterable[str]) -> str:
    """Return an RDF Patch between two sets of N-Quads lines.

    Removals come before additions.
    """
    before, after = set(old), set(new)
    gone = [f"D {line}" for line in sorted(before - after)]
    come = [f"A {line}" for line in sorted(after - before)]
    return "\n".join(["TX .", *gone, *come, "TC .", ""])


def change_files(old: Collection[Quad], new: Collection[Quad]) -> dict[str, bytes]:
    """Return ``changes.json`` and ``changes.rdfp``."""
    report = changes_json(compare(take_snapshot(old), take_snapshot(new)))
    patch = rdf_patch(*([f"{quad} ." for quad in quads] for quads in (old, new)))
    return {release_files.CHANGES: f"{report}\n".encode(), release_files.PATCH: patch.encode()}
