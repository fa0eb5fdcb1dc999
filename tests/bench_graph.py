"""Makes a large graph of the small one: as many copies of its things as it takes, each under names of its own.

What many documents of one kind would bring: the vocabulary once, and each thing, statement and passage again
and again. The same graph gives the same copies, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_THING = re.compile(rb"(<[^<>\s]+/id/[^/<>\s]+/)(?=[^<>\s]+>)")
"""The beginning of the IRI of a thing, up to its slug."""


def enlarge(graph: bytes, triples: int) -> Iterator[bytes]:
    """The N-Quads of a release, so many lines of them: the graph itself, then its things renamed.

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
