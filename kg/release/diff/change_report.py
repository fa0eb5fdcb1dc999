"""Reports of changes between releases: words, JSON, RDF Patch."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.model import release_files
from kg.model.iris import SR
from kg.release.diff.comparison import Changes, Snapshot, ThingChanges, Triple, compare, take_snapshot

_NB, _THIN = "\u00a0", "\u202f"

_TEXT: dict[str, dict[str, str]] = {
    "fr": {
        "same": "Les deux versions disent la même chose.",
        "added": f"{{name}}{_NB}: nouveau ({{kind}})",
        "removed": f"{{name}}{_NB}: retiré ({{kind}})",
        "replaced": ", remplacé par {successor}",
        "colon": f"{_NB}: ",
        "semicolon": f"{_THIN}; ",
        "quote": f"«{_NB}{{}}{_NB}»",
        "statement_added": "{phrase} {value} s’ajoute",
        "statement_removed": "{phrase} {value} n’y figure plus",
        "modality": "{phrase} {value} passe de {old} à {new}",
        "label": "libellé {language} {old} → {new}",
        "definition": "définition {language} modifiée",
        "kind": "{old} devient {new}",
        "moved": "{count} citation déplacée|{count} citations déplacées",
        "changed": "{count} citation changée|{count} citations changées",
        "notes": "{count} note changée|{count} notes changées",
        "graphs": f"Graphe {{name}}{_NB}: +{{come}} −{{gone}} triplets",
    },
    "en": {
        "same": "Both releases say the same.",
        "added": "{name}: new ({kind})",
        "removed": "{name}: removed ({kind})",
        "replaced": ", replaced by {successor}",
        "colon": ": ",
        "semicolon": "; ",
        "quote": "“{}”",
        "statement_added": "{phrase} {value} is new",
        "statement_removed": "{phrase} {value} is no longer stated",
        "modality": "{phrase} {value} changes from {old} to {new}",
        "label": "{language} label {old} → {new}",
        "definition": "{language} definition changed",
        "kind": "{old} becomes {new}",
        "moved": "{count} quote moved|{count} quotes moved",
        "changed": "{count} quote changed|{count} quotes changed",
        "notes": "{count} note changed|{count} notes changed",
        "graphs": "Graph {name}: +{come} −{gone} triples",
    },
}


class _ChangeWriter:
    """Finds words in one language, first in the newer release."""

    def __init__(self, changes: Changes, language: str) -> None:
        self.changes, self.language, self.text = changes, language, _TEXT[language]

    def label(self, iri: str) -> str:
        """Return a label, or the end of the IRI."""
        for snapshot in (self.changes.new, self.changes.old):
            words = snapshot.labels.get(iri, {})
            if self.language in words or words:
                return words.get(self.language) or next(iter(words.values()))
        return iri.removeprefix(SR).rsplit("/id/", 1)[-1]

    def quoted(self, words: str) -> str:
        return self.text["quote"].format(words)

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

    def count(self, key: str, number: int) -> str:
        singular, plural = self.text[key].split("|")
        return (singular if number == 1 else plural).format(count=number)

    def thing(self, key: str, iri: str, snapshot: Snapshot) -> str:
        name = snapshot.labels.get(iri, {}).get(self.language) or self.label(iri)
        line = self.text[key].format(name=name, kind=self.label(snapshot.kinds[iri]))
        successor = self.changes.new.gone.get(iri) if key == "removed" else None
        return line + (self.text["replaced"].format(successor=self.label(successor)) if successor else "")


def changes_text(changes: Changes, language: str = "fr") -> str:
    """Return the changes in words, a line a thing.

    For example: « LHSS : l’effet « … » n’y figure plus ; 3 citations déplacées ».
    """
    return "\n".join(line for _, line in _lines(changes, language)) if changes else _TEXT[language]["same"]


def _lines(changes: Changes, language: str) -> list[tuple[str, str]]:
    """Return each line of the changes with its thing's IRI.

    A line about a graph has none.
    """
    writer = _ChangeWriter(changes, language)
    lines = [(iri, writer.thing("added", iri, changes.new)) for iri in changes.added]
    lines += [(iri, writer.thing("removed", iri, changes.old)) for iri in changes.removed]
    for group in changes.groups:
        sentences = writer.text["semicolon"].join(_sentences(group, writer))
        lines.append((group.subject, writer.label(group.subject) + writer.text["colon"] + sentences))
    for name, (come, gone) in changes.graphs.items():
        lines.append(("", writer.text["graphs"].format(name=name, come=come, gone=gone)))
    return lines


def _sentences(group: ThingChanges, writer: _ChangeWriter) -> list[str]:
    say: Callable[..., str] = lambda key, **words: writer.text[key].format(**words)  # noqa: E731  a local short name
    lines = []
    if group.kind:
        lines.append(say("kind", old=writer.label(group.kind[0]), new=writer.label(group.kind[1])))
    for language, old, new in group.labels:
        lines.append(say("label", language=language, old=writer.quoted(old), new=writer.quoted(new)))
    lines += [say("definition", language=language) for language, _, _ in group.definitions]
    lines += [say("statement_added", **writer.phrase(triple)) for triple in group.added]
    lines += [say("statement_removed", **writer.phrase(triple)) for triple in group.removed]
    for triple, old, new in group.modality:
        modalities = {"old": writer.quoted(writer.label(old)), "new": writer.quoted(writer.label(new))}
        lines.append(say("modality", **writer.phrase(triple), **modalities))
    for key, number in (
        ("moved", group.quotes_moved),
        ("changed", group.quotes_changed),
        ("notes", group.notes_changed),
    ):
        if number:
            lines.append(writer.count(key, number))
    return lines


def changes_json(changes: Changes) -> str:
    """Return the changes as JSON, with IRIs and N-Triples terms.

    ``words`` has each line in French and English.
    """
    lines = zip(_lines(changes, "fr"), _lines(changes, "en"), strict=True)
    rows: dict[str, Any] = {
        "old": changes.old.version,
        "new": changes.new.version,
        "added": list(changes.added),
        "removed": [{"id": iri, "successor": changes.new.gone.get(iri) or None} for iri in changes.removed],
        "changed": [vars(group) for group in changes.groups],
        "graphs": {name: {"added": come, "removed": gone} for name, (come, gone) in changes.graphs.items()},
        "words": [{"id": iri or None, "fr": french, "en": english} for (iri, french), (_, english) in lines],
    }
    return json.dumps(rows, ensure_ascii=False, indent=2)


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
