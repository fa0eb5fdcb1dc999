"""Make a large graph by copying the things of a small one.

Each copy has names of its own.

What many documents of one kind would bring: the vocabulary once, and each thing, statement and passage again
and again. The same graph gives the same copies, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

_THING = re.compile(rb"(<[^<>\s]+/id/[^/<>\s]+/)(?=[^<>\s]+>)")
"""The beginning of the IRI of a thing, up to its slug."""


def enlarge(graph: bytes, triples: int) -> Iterator[bytes]:
    """Return so many lines of N-Quads: the graph, then renamed copies.

    Errors: ValueError where the graph has no thing that could be copied.
    """
    lines = graph.splitlines(keepends=True)
    yield from lines[:triples]
    about_things = [line for line in lines if _THING.search(line)]
    if not about_things:
        raise ValueError("The graph names nothing under /id/ that could be copied.")
    made = len(lines)
    copy = 0
    while made < triples:
        copy += 1
        name = rb"\g<1>copy-%d-" % copy
        for line in about_things[: triples - made]:
            yield _THING.sub(name, line)
        made += len(about_things)


_SENTENCE = "L’atelier {n} aide les familles de la rue {n} et leur offre un repas chaud."


def write_long_document(folder: Path, facts: int) -> None:
    """Write a document whose text has a sentence of fourteen words for each fact.

    ``folder`` becomes ``data/<document>/``. Each initiative has ten facts, each with a quote of its own.
    """
    lines = [_SENTENCE.format(n=number) for number in range(1, facts + 1)]
    text = "\n".join(" ".join(lines[at : at + 5]) for at in range(0, facts, 5)) + "\n"
    entries = [
        f"- id: {thing_id}\n  type: {kind}\n  label: {{fr: {label}, en: {label}}}\n"
        for thing_id, kind, label in (
            ("public/familles", "PopulationGroup", "familles"),
            ("offre/repas", "Offering", "repas"),
            ("organisation/atelier", "Organization", "atelier"),
        )
    ]
    properties = [
        ("offers", "offre/repas"),
        ("operatedBy", "organisation/atelier"),
        *[("targets", "public/familles")] * 8,
    ]
    for first in range(1, facts + 1, 10):
        entries.append(
            f"- id: initiative/atelier-{first}\n  type: Initiative\n"
            f"  label: {{fr: atelier {first}, en: workshop {first}}}\n  facts:\n"
        )
        entries += [
            f"  - property: {name}\n    value: {value}\n"
            f"    quote: aide les familles de la rue {number} et leur\n    modality: reported\n"
            for number, (name, value) in zip(range(first, facts + 1), properties, strict=False)
        ]
    folder.mkdir(parents=True)
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "annotations.yaml").write_text("".join(entries), encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / "document.toml").write_text(
        f'title = "Ateliers"\nlabel = {{fr = "Ateliers", en = "Workshops"}}\nlanguage = "fr"\n'
        f'rights = "Texte inventé."\nsource = "inventé"\nsha256 = "{digest}"\n',
        encoding="utf-8",
    )
