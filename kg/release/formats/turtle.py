"""Turtle and TriG for people: header, prefixes, and titled sections.

No serialiser groups Turtle by kind; pyoxigraph keeps the order that it is given, so each group of triples
is written by it and the prefix lines that it repeats are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kg.model.iris import HOME, PREFIXES, RDF, TYPE, XSD
from kg.model.messages import N_, translations
from kg.release.formats.arrangement import Arrangement, Section, sections

_WIDTH = 110
_VALUES = re.compile(rb'"(?:[^"\\]|\\.)*"| , ')
"""Strings whole, so that a comma is only found between values."""
_UNWRITTEN = {RDF + "langString", *(XSD + name for name in ("string", "integer", "boolean", "decimal", "double"))}
"""Datatypes that Turtle shows by the form of the literal."""

_SUBJECT = re.compile(rb"\n(?!\t)")
_NAMESPACE = re.compile(r".*[/#]", re.DOTALL)


def namespaces(triples: Iterable[Triple]) -> set[str]:
    """Return the namespaces of all IRIs that Turtle will write."""
    terms: set[object] = set()
    for triple in triples:
        terms.update((triple.subject, triple.predicate, triple.object))
    terms.discard(TYPE)  # written as a
    nested = [term for term in terms if isinstance(term, Triple)]
    spaces = namespaces(nested) if nested else set()
    for term in terms:
        iri = term.datatype.value if isinstance(term, Literal) else term.value if isinstance(term, NamedNode) else ""
        match = None if iri in _UNWRITTEN else _NAMESPACE.match(iri)
        if match:
            spaces.add(match[0])
    return spaces


def write_turtle(
    header: Sequence[str], sections: Iterable[Section], prefixes: Mapping[str, str], *, directive: str = ""
) -> bytes:
    """Write a Turtle file: comment lines, prefixes, and sections in order.

    Sections that hold nothing are left out.
    """
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
    """Return the groups of a section in Turtle, without prefix lines.

    The section is written in one go and cut where a subject begins: a line without a tab.
    """
    written = [group for group in section.groups if group]
    if not written:
        return []
    all_prefixes = {**prefixes, **section.prefixes}
    blocks = _SUBJECT.split(_written([triple for group in written for triple in group], all_prefixes))
    sizes = [len(list(groupby(triple.subject for triple in group))) for group in written]
    cuts = zip(sizes, accumulate(sizes), strict=True)  # a subject that goes on in the next group stays in one block
    return [b"\n".join(blocks[end - size : end]) + b"\n" for size, end in cuts if blocks[end - size : end]]


def _written(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Triples in Turtle, without prefix lines and the last line's end."""
    data = serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    last = data.rfind(b"\n@prefix ")  # a line break inside a literal is escaped: this is a prefix line
    body = data[data.index(b"\n", last + 1) + 1 : -1] if prefixes else data[:-1]
    return b"\n".join(map(_wrapped, body.split(b"\n")))


def _wrapped(line: bytes) -> bytes:
    """Return a line of Turtle, cut at its values if long."""
    if len(line) <= _WIDTH:
        return line
    return _VALUES.sub(lambda match: b" ,\n\t\t" if match[0] == b" , " else match[0], line)


def comment_lines(lines: Sequence[str]) -> bytes:
    """Return comment lines, with spaces for line breaks inside them."""
    return "".join(f"# {' '.join(line.split())}".rstrip() + "\n" for line in lines).encode()


def rule(title: str) -> bytes:
    """Return the comment line over a section."""
    line = f"# ─── {' '.join(title.split())} "
    return (line + "─" * max(_WIDTH - len(line), 3) + "\n").encode()


def prefix_lines(prefixes: Mapping[str, str]) -> bytes:
    """Return the @prefix block, in the order given."""
    return "".join(f"@prefix {prefix}: <{ns}> .\n" for prefix, ns in prefixes.items()).encode()


_SEGMENT = re.compile(r"[a-z][a-z0-9-]*\Z")

_ABOUT = {
    "things": N_("What the texts say: things, their labels and their statements, one section for each class."),
    "evidence": N_("The evidence: for each document, its assertions in their order, its passages, its sentences."),
    "inferred": N_("What the editors conclude from the words; no text says it. The evidence tells from which words."),
    "concepts": N_("The schemes of types and what the editors add to things: other names, relations of concepts."),
    "alignments": N_("Links from our terms, concepts and things to those of others."),
    "derived": N_("What the rules add to what the texts state, and nothing that stands elsewhere."),
    "trig": N_("The whole graph, one named graph after the other."),
    "rdf12": N_("The whole graph in Turtle 1.2: each assertion reifies its statement with rdf:reifies."),
}
"""What each file holds, as messages."""

_STATEMENT = tuple(NamedNode(RDF + part) for part in ("subject", "predicate", "object"))

_GRAPH_ORDER = ("things", "inferred", "derived", "", "concepts", "alignments", "ontology", "metadata")
"""The order of the graphs in files that hold all of them; the documents stand at the empty name."""


def one_graph_turtle(arrangement: Arrangement, name: str) -> bytes:
    """``<name>.ttl``: one graph in its sections."""
    return _turtle(arrangement, name, sections(arrangement, name))


def evidence_turtle(arrangement: Arrangement) -> bytes:
    """``evidence.ttl``: documents, assertions and passages, in the order of the texts."""
    parts = (section for document in arrangement.documents for section in sections(arrangement, document))
    return _turtle(arrangement, "evidence", parts)


def rdf12_turtle(arrangement: Arrangement) -> bytes:
    """``graph-rdf12.ttl``: the whole graph, with reifiers in place of rdf:subject, rdf:predicate, rdf:object.

    RDF 1.2 Turtle, section 2.11: https://www.w3.org/TR/rdf12-turtle/#reifying-triples
    """
    parts = (
        Section(section.title, [_reified(group) for group in section.groups], section.prefixes)
        for graph in graph_names(arrangement)
        for section in sections(arrangement, graph)
    )
    return _turtle(arrangement, "rdf12", parts, directive='VERSION "1.2"\n')


def graph_trig(arrangement: Arrangement) -> bytes:
    """``graph.trig``: the named graphs one after the other, each in its sections."""
    listed = {graph: list(sections(arrangement, graph)) for graph in graph_names(arrangement)}
    prefixes = _prefixes(arrangement, [section for parts in listed.values() for section in parts])
    prefixes["graph"] = f"{arrangement.minter.base}graph/"
    out = [comment_lines(_header(arrangement, "trig")) + prefix_lines(prefixes)]
    for graph, parts in listed.items():
        iri = arrangement.graph_iri(graph)
        name = f"graph:{graph}" if iri == arrangement.minter.graph(graph) else str(iri)
        own = prefix_lines({prefix: ns for section in parts for prefix, ns in section.prefixes.items()})
        out.append(own + rule(arrangement.words(iri) or graph) + f"{name} {{\n".encode())
        for section in parts:
            out += [rule(section.title)] if section.title and any(section.groups) else []
            out += groups(section, prefixes)
        out.append(b"}\n")
    return b"\n".join(out)


def graph_names(arrangement: Arrangement) -> list[str]:
    """Return the names of non-empty graphs: things first, metadata last."""
    names: list[str] = []
    for name in _GRAPH_ORDER:
        names += [name] if name in arrangement.graphs else []
        names += arrangement.documents if not name else []
    return names


def _turtle(arrangement: Arrangement, name: str, parts: Iterable[Section], *, directive: str = "") -> bytes:
    listed = list(parts)
    return write_turtle(_header(arrangement, name), listed, _prefixes(arrangement, listed), directive=directive)


def _header(arrangement: Arrangement, name: str) -> list[str]:
    """Return a file's header: title, contents, version and licence."""
    project = arrangement.project
    titles = dict.fromkeys((project["title.fr"], project["title.en"]))
    version = " · ".join(part for part in (project["version"], project["released"], project["licence"]) if part)
    return [*titles, "", *translations(_ABOUT[name]).values(), "", version]


def _prefixes(arrangement: Arrangement, parts: Sequence[Section]) -> dict[str, str]:
    """Return the prefixes of vocabularies and kinds that sections use.

    Vocabularies come first.
    """
    used = namespaces(triple for section in parts for group in section.groups for triple in group)
    all_prefixes = {**arrangement.ontology.prefixes, **PREFIXES}
    prefixes = {prefix: ns for prefix, ns in sorted(all_prefixes.items()) if ns in used and prefix}
    for start in dict.fromkeys((f"{arrangement.minter.base}id/", f"{HOME}id/")):
        for ns in sorted(used):
            segment = ns.removeprefix(start).removesuffix("/")
            if ns.startswith(start) and _SEGMENT.match(segment):
                prefixes.setdefault(segment if segment not in prefixes else f"shared-{segment}", ns)
    return prefixes


def _reified(group: Sequence[Triple]) -> Sequence[Triple]:
    """Return an assertion's triples with its statement as a triple term.

    Other groups come back as they are.
    """
    parts = {t.predicate: t.object for t in group if t.predicate in _STATEMENT}
    subject, predicate, value = (parts.get(part) for part in _STATEMENT)
    if not isinstance(subject, NamedNode) or not isinstance(predicate, NamedNode) or value is None:
        return group
    reified = Triple(group[0].subject, NamedNode(RDF + "reifies"), Triple(subject, predicate, value))
    rest = [t for t in group if t.predicate not in _STATEMENT]
    kind = sum(1 for t in rest if t.predicate == TYPE)
    return [*rest[:kind], reified, *rest[kind:]]
