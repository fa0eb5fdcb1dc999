"""Turtle as people read it: a header, prefixes, sections with a comment line, blank lines between subjects.

No serialiser groups Turtle by kind; pyoxigraph keeps the order that it is given, so each group of triples
is written by it and the prefix lines that it repeats are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.model.iris import RDF, TYPE, XSD
from kg.release.formats.ordering import Section

_WIDTH = 110
_VALUES = re.compile(rb'"(?:[^"\\]|\\.)*"| , ')
"""Strings whole, so that a comma is only found between values."""
_UNWRITTEN = {RDF + "langString", *(XSD + name for name in ("string", "integer", "boolean", "decimal", "double"))}
"""Datatypes that Turtle shows by the form of the literal."""

_SUBJECT = re.compile(rb"\n(?!\t)")
_NAMESPACE = re.compile(r".*[/#]", re.DOTALL)


def namespaces(triples: Iterable[Triple]) -> set[str]:
    """The IRIs that are written in the triples, up to their last # or /."""
    terms: set[object] = set()
    for triple in triples:
        terms.update((triple.subject, triple.predicate, triple.object))
    terms.discard(TYPE)  # written as a
    nested = [term for term in terms if isinstance(term, Triple)]
    found = namespaces(nested) if nested else set()
    for term in terms:
        iri = term.datatype.value if isinstance(term, Literal) else term.value if isinstance(term, NamedNode) else ""
        match = None if iri in _UNWRITTEN else _NAMESPACE.match(iri)
        if match:
            found.add(match[0])
    return found


def write_turtle(
    header: Sequence[str], sections: Iterable[Section], prefixes: Mapping[str, str], *, directive: str = ""
) -> bytes:
    """A Turtle file: comment lines, prefixes, then the sections that hold anything, in the order given."""
    parts = [comment_lines(header) + directive.encode() + prefix_lines(prefixes)]
    written = dict(prefixes)
    for section in sections:
        if not any(section.groups):
            continue
        own = {prefix: ns for prefix, ns in section.prefixes.items() if prefix not in written}
        written |= own
        if own:
            parts.append(prefix_lines(own))
        if section.title:
            parts.append(rule(section.title))
        parts += groups(section, prefixes)
    return b"\n".join(parts)


def groups(section: Section, prefixes: Mapping[str, str]) -> list[bytes]:
    """The groups of a section in Turtle, without prefix lines.

    The section is written in one go and cut where a subject begins: a line without a tab.
    """
    told = [group for group in section.groups if group]
    if not told:
        return []
    known = {**prefixes, **section.prefixes}
    blocks = _SUBJECT.split(_written([triple for group in told for triple in group], known))
    sizes = [len(list(groupby(triple.subject for triple in group))) for group in told]
    cuts = zip(sizes, accumulate(sizes), strict=True)  # a subject that goes on in the next group stays in one block
    return [b"\n".join(blocks[end - size : end]) + b"\n" for size, end in cuts if blocks[end - size : end]]


def _written(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Triples in Turtle, without prefix lines and the last line's end."""
    data = serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    last = data.rfind(b"\n@prefix ")  # a line break inside a literal is escaped: this is a prefix line
    body = data[data.index(b"\n", last + 1) + 1 : -1] if prefixes else data[:-1]
    return b"\n".join(map(_wrapped, body.split(b"\n")))


def _wrapped(line: bytes) -> bytes:
    """A line of Turtle, with each of its values on a line of its own where it is long."""
    if len(line) <= _WIDTH:
        return line
    return _VALUES.sub(lambda match: b" ,\n\t\t" if match[0] == b" , " else match[0], line)


def comment_lines(lines: Sequence[str]) -> bytes:
    """Comment lines; a line break inside one would end the comment and is written as a space."""
    return "".join(f"# {' '.join(line.split())}".rstrip() + "\n" for line in lines).encode()


def rule(title: str) -> bytes:
    """The comment line over a section."""
    line = f"# ─── {' '.join(title.split())} "
    return (line + "─" * max(_WIDTH - len(line), 3) + "\n").encode()


def prefix_lines(prefixes: Mapping[str, str]) -> bytes:
    """The @prefix block, in the order given."""
    return "".join(f"@prefix {prefix}: <{ns}> .\n" for prefix, ns in prefixes.items()).encode()
