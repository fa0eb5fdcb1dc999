"""Make a large graph by copying the things of a small one.

Each copy has names of its own.

What many documents of one kind would bring: the vocabulary once, and each thing, statement and passage again
and again. The same graph gives the same copies, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
