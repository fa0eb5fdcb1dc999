"""What shapes and checks demand, case by case, with a case for each constraint.

A case is a file of ``shapes/``, ``checks/`` or ``hints/`` beside this module: its header says what it is about and
which results it expects; its graphs ``add:…`` and ``remove:…`` change the small valid graph of ``shapes/base.trig``.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from public_suites import missing, suite_folder
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.graph.constraints import ValidationResult, check_iri, hints, run_checks, without_hints
from kg.graph.validator import native_results, read_shapes, shacl_results, validate_triples
from kg.model.errors import InputError, QueryError
from kg.model.iris import RDF, RDFS, SH, SKOS, SR
from kg.model.ontology import DOMAINS, RANGES, read_turtle
from kg.model.query_files import QueryFile, read_queries

TESTS = Path(__file__).parent
ROOT = TESTS.parents[1]
SHAPE = "https://w3id.org/social-response/shapes#"
FILES = sorted((ROOT / "shapes").glob("*.ttl"))
CHECKS = read_queries(ROOT / "queries" / "checks")
SHACL_SHACL = suite_folder("shacl") / "core" / "complex" / "shacl-shacl.ttl"

NIL = NamedNode(RDF + "nil")
FIRST = NamedNode(RDF + "first")
REST = NamedNode(RDF + "rest")
TARGETS = {SH + "targetClass", SH + "targetSubjectsOf", SH + "targetObjectsOf"}
NO_CONSTRAINT = {SH + name for name in ("path", "name", "description", "message", "severity")}

Found = Counter[tuple[str, str, str, str]]


@dataclass(frozen=True)
class Case:
    """A case file: what it is about, its graph, and the results that it expects."""

    name: str
    about: str
    quads: tuple[Quad, ...]
    expected: tuple[tuple[str, str, str], ...]

    @property
    def triples(self) -> list[Triple]:
        unseen = ("/derived>", "/metadata>")
        return [quad.triple for quad in self.quads if not str(quad.graph_name).endswith(unseen)]


@cache
def prefixes() -> tuple[str, dict[str, str]]:
    text = (TESTS / "shapes" / "prefixes.ttl").read_text(encoding="utf-8")
    parser = parse(text, RdfFormat.TURTLE)
    list(parser)
    return text, dict(parser.prefixes)


def trig(text: str) -> list[Quad]:
    return list(parse(f"{prefixes()[0]}\n{text}", RdfFormat.TRIG))


@cache
def base() -> tuple[Quad, ...]:
    return tuple(trig((TESTS / "shapes" / "base.trig").read_text(encoding="utf-8")))


def expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return prefixes()[1][prefix] + local


def read_case(path: Path) -> Case:
    lines = path.read_text(encoding="utf-8").splitlines()
    header = yaml.safe_load("\n".join(line[3:] for line in lines if line.startswith("#+ ")))
    quads = dict.fromkeys(base())
    for change in trig("\n".join(line for line in lines if not line.startswith("#+"))):
        kind, _, graph = change.graph_name.value.removeprefix("https://example.org/").partition("/")
        quad = Quad(*change.triple, NamedNode(f"https://example.org/graph/{graph}"))
        if kind == "remove":
            assert quad in quads, f"{path}: base.trig has no {quad}"
            del quads[quad]
        else:
            assert kind == "add", f"{path}: the graph {change.graph_name} is neither add:… nor remove:…"
            quads[quad] = None
    name = path.relative_to(TESTS).with_suffix("").as_posix()
    assert header.get("conforms", False) != ("expect" in header), f"{name} expects results, or conforms"
    return Case(name, header["about"], tuple(quads), tuple(map(_expected, header.get("expect", ()))))


def _expected(row: dict[str, str]) -> tuple[str, str, str]:
    if "check" in row:
        return expand(row["focus"]), f"{SHAPE}check-{row['check']}", "sPARQL"
    return expand(row["focus"]), SHAPE + row["shape"], row["constraint"]


def cases(folder: str) -> list[Case]:
    return [read_case(path) for path in sorted((TESTS / folder).rglob("*.trig")) if path.name != "base.trig"]


SHAPE_CASES = cases("shapes")
CHECK_CASES = cases("checks")
HINT_CASES = cases("hints")


def shown(result: ValidationResult) -> tuple[str, str, str]:
    component = result.component.removeprefix(SH).removesuffix("ConstraintComponent")
    return result.focus.value, result.source, component[0].lower() + component[1:]


def found(results: list[ValidationResult]) -> Found:
    return Counter((*shown(result), result.severity) for result in results)


@cache
def shape_triples() -> tuple[Triple, ...]:
    return tuple(read_shapes(FILES))


def shape_iris() -> list[str]:
    kinds = {SH + "NodeShape", SH + "PropertyShape"}
    named = [t.subject.value for t in shape_triples() if isinstance(t.object, NamedNode) and t.object.value in kinds]
    return sorted(set(named))


# ─── The cases ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_base_graph_is_valid():
    """The graph that cases start from breaks no shape and no check, so that what a case finds is its own."""
    case = Case("base", "", base(), ())
    store = Store()
    store.extend(base())
    assert shacl_results(case.triples, shape_triples()) == []
    assert run_checks(store, without_hints(CHECKS)) == []


@pytest.mark.parametrize("case", SHAPE_CASES, ids=lambda case: case.name)
def test_shapes_find_what_a_case_expects(case):
    """The shapes find in each case exactly the results that its header lists."""
    results = shacl_results(case.triples, shape_triples())
    assert sorted(shown(result) for result in results) == sorted(case.expected), case.about
    natively = native_results(case.triples, shape_triples())
    assert sorted(result.order for result in natively) == sorted(result.order for result in results), case.about


@pytest.mark.parametrize("case", CHECK_CASES, ids=lambda case: case.name)
def test_checks_find_what_a_case_expects(case):
    """The checks find in each case exactly the results that its header lists."""
    store = Store()
    store.extend(case.quads)
    results = run_checks(store, without_hints(CHECKS))
    assert sorted(shown(result) for result in results) == sorted(case.expected), case.about
    report = validate_triples(case.quads, (), read_queries(ROOT / "queries" / "checks"), {}, lambda *_: [])
    assert sorted(report.results, key=lambda result: result.order) == sorted(results, key=lambda result: result.order)


@pytest.mark.parametrize("case", HINT_CASES, ids=lambda case: case.name)
def test_hints_are_what_a_case_expects(case):
    """Hints are told apart from breaches, and each case has exactly those that its header lists."""
    store = Store()
    store.extend(case.quads)
    assert sorted(shown(result) for result in hints(store, CHECKS)) == sorted(case.expected), case.about


# ─── Each constraint is needed ───────────────────────────────────────────────────────────────────────────────────────


@cache
def by_subject() -> dict[object, list[Triple]]:
    index: dict[object, list[Triple]] = {}
    for triple in shape_triples():
        index.setdefault(triple.subject, []).append(triple)
    return index


def reached_from(shape: object) -> frozenset[object]:
    """The shape, and the lists and shapes that it is made of."""
    seen: set[object] = set()
    waiting = [shape]
    while waiting:
        node = waiting.pop()
        if node in seen or node not in by_subject():
            continue
        seen.add(node)
        waiting += [triple.object for triple in by_subject()[node]]
    return frozenset(seen)


@cache
def tops() -> dict[object, frozenset[object]]:
    """What is reached from each shape that has targets."""
    with_target = {t.subject for t in shape_triples() if t.predicate.value in TARGETS}
    return {shape: reached_from(shape) for shape in with_target}


@cache
def users(node: object) -> frozenset[object]:
    """Everything of the shapes that have targets and are made of this one, among others."""
    return frozenset().union(*(reached for reached in tops().values() if node in reached))


def run(nodes: frozenset[object], case: Case, without: Triple | None = None, instead: tuple[Triple, ...] = ()) -> Found:
    """What part of the shapes finds, without one of its triples."""
    part = [t for t in shape_triples() if t.subject in nodes and t != without]
    return found(shacl_results(case.triples, [*part, *instead]))


@cache
def whole(nodes: frozenset[object], case: Case) -> Found:
    return run(nodes, case)


def mutations(shape: str) -> list[tuple[str, Triple, tuple[Triple, ...]]]:
    """Each way to take something out of a shape: what is said, the triple to remove, what stands in its place."""
    result = []
    for triple in by_subject()[NamedNode(shape)]:
        name = triple.predicate.value
        is_warning = triple.object == NamedNode(SH + "Warning") and NamedNode(shape) in tops()
        if name.startswith(SH) and (name not in NO_CONSTRAINT or is_warning):
            result.append((f"without {triple}", triple, ()))
        if isinstance(triple.object, BlankNode):
            result += [(f"{triple.predicate} without {member}", *change) for member, change in members(triple)]
    return result


def members(triple: Triple) -> list[tuple[object, tuple[Triple, tuple[Triple, ...]]]]:
    """Each member of the list that is the object of a triple, with the change that takes it out."""
    result = []
    link, node = triple, triple.object
    while node != NIL:
        cell = {t.predicate: t for t in by_subject()[node]}
        rest = cell[REST].object
        result.append((cell[FIRST].object, (link, (Triple(link.subject, link.predicate, rest),))))
        link, node = cell[REST], rest
    return result


def relevant(nodes: frozenset[object]) -> list[Case]:
    """The cases, first those that expect something of these shapes, then those that expect nothing."""
    sources = {node.value for node in nodes if isinstance(node, NamedNode)}

    def rank(case: Case) -> int:
        return 0 if any(source in sources for _, source, _ in case.expected) else 1 if not case.expected else 2

    return sorted(SHAPE_CASES, key=rank)


@pytest.mark.parametrize("shape", shape_iris(), ids=lambda iri: iri.removeprefix(SHAPE))
def test_every_constraint_of_a_shape_is_needed(shape):
    """Whatever is taken out of a shape, a target, a constraint or a member of a list, some case then ends otherwise."""
    nodes = users(NamedNode(shape))
    assert nodes, f"{shape} has no target and no shape uses it"
    unneeded = [
        what
        for what, triple, instead in mutations(shape)
        if not any(differs(nodes, case, triple, instead) for case in relevant(nodes))
    ]
    assert unneeded == []


def differs(nodes: frozenset[object], case: Case, without: Triple, instead: tuple[Triple, ...]) -> bool:
    try:
        return run(nodes, case, without, instead) != whole(nodes, case)
    except InputError:
        return True  # without the triple the shapes are no SHACL any more


def test_every_check_is_needed():
    """Whichever check is taken out, some case then ends otherwise."""
    expected = {source for case in (*CHECK_CASES, *HINT_CASES) for _, source, _ in case.expected}
    assert {check_iri(check) for check in CHECKS} == expected


CONDITION = re.compile(r"(?:FILTER\(.*\)|MINUS \{.*\}|OPTIONAL \{.*\})")
ROWS = re.compile(r"\((?:[^()\"]|\"(?:[^\"\\]|\\.)*\")*\)")
NAMES = re.compile(r"[\w-]+:[\w-]+")


def check_mutations(check: QueryFile) -> list[tuple[str, QueryFile]]:
    """Each way to take a condition, a row or a name of its VALUES out of a check."""
    lines = check.text.split("\n")
    result = []
    for at, line in enumerate(lines):
        words = line.strip()
        if CONDITION.fullmatch(words):
            parts = [line]
        elif words.startswith("(") and words.endswith(")"):
            parts = [part[0] for part in ROWS.finditer(line) if not part[0].startswith("(?")]
        elif words.startswith("VALUES") and "(" not in words:
            parts = NAMES.findall(words)
        else:
            parts = []
        for part in parts:
            without = re.sub(rf"(?<![\w:-]){re.escape(part)}(?![\w:-])", "", line, count=1)
            text = "\n".join([*lines[:at], without, *lines[at + 1 :]])
            result.append((part.strip(), dataclasses.replace(check, text=text)))
    return result


@cache
def store_of(case: Case) -> Store:
    store = Store()
    store.extend(case.quads)
    return store


def shown_by(check: QueryFile, case: Case) -> list[tuple[str, str, str]]:
    return sorted(shown(result) for result in run_checks(store_of(case), [check]))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.slug)
def test_every_condition_of_a_check_is_needed(check):
    """Whatever is taken out of a check, a condition, a row or a name, some case then ends otherwise."""
    iri = check_iri(check)
    cases = sorted((*CHECK_CASES, *HINT_CASES), key=lambda case: iri not in {source for _, source, _ in case.expected})

    def differs(without: QueryFile) -> bool:
        try:
            return any(shown_by(without, case) != shown_by(check, case) for case in cases)
        except QueryError:
            return True  # without the part it is no SPARQL any more

    assert [part for part, without in check_mutations(check) if not differs(without)] == []


# ─── The form of the shapes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", shape_iris(), ids=lambda iri: iri.removeprefix(SHAPE))
def test_a_shape_speaks_both_languages(shape):
    """Every shape has one name, one description and one message in French and in English."""
    triples = by_subject()[NamedNode(shape)]
    for name in ("name", "description", "message"):
        words = [t.object for t in triples if t.predicate.value == SH + name]
        assert sorted(word.language for word in words) == ["en", "fr"], name
        assert all(word.value.strip() for word in words), name


def test_every_shape_has_an_iri_of_its_own():
    """A shape is named in one file only, and nothing that is not named holds a constraint."""
    named = [
        {t.subject for t in read_turtle(path.read_bytes(), path.name)[0] if isinstance(t.subject, NamedNode)}
        for path in FILES
    ]
    assert sum(map(len, named)) == len(frozenset().union(*named))
    anonymous = {t.predicate for t in shape_triples() if isinstance(t.subject, BlankNode)}
    assert anonymous <= {FIRST, REST}


def test_the_shapes_are_shacl_core():
    """No shape is written in SPARQL or in an extension, and every path is one property."""
    core = {"Core" if t.predicate.value.startswith(SH) else "other" for t in shape_triples()}
    assert core <= {"Core", "other"}
    used = {t.predicate.value.removeprefix(SH) for t in shape_triples() if t.predicate.value.startswith(SH)}
    assert not used & {"sparql", "select", "ask", "rule", "target", "expression", "js", "prefixes", "declare"}
    assert all(isinstance(t.object, NamedNode) for t in shape_triples() if t.predicate.value == SH + "path")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_its_scope_and_has_one_severity(path):
    """A file of shapes opens with a comment on its scope; recommended.ttl alone holds warnings."""
    text = path.read_text(encoding="utf-8")
    comment = text.split("\n\n", 1)[0]
    assert comment.startswith("# ")
    assert "# Scope: " in comment
    triples = read_turtle(path.read_bytes(), path.name)[0]
    severities = {t.object.value.removeprefix(SH) for t in triples if t.predicate.value == SH + "severity"}
    assert severities == {"Warning" if path.stem == "recommended" else "Violation"}
    assert sum(t.predicate.value == SH + "severity" for t in triples) == sum(
        t.predicate.value == RDF + "type" for t in triples
    )


def test_the_shapes_are_valid_by_the_rules_of_pyshacl():
    """The shapes are well-formed as pySHACL's own copy of shacl-shacl sees it."""
    import pyshacl
    from rdflib import Graph

    shapes = Graph()
    for path in FILES:
        shapes.parse(path)
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_the_shapes_are_valid_by_the_w3c_suite(require):
    """The shapes are valid data for the shapes of shapes in the W3C test suite (shacl-shacl)."""
    require(SHACL_SHACL.exists(), "W3C suite of SHACL", missing("shacl"))
    import pyshacl
    from rdflib import Graph

    shapes = Graph()
    for path in FILES:
        shapes.parse(path)
    conforms, _, text = pyshacl.validate(shapes, shacl_graph=Graph().parse(SHACL_SHACL))
    assert conforms, text


# ─── The shapes and the ontology say the same ────────────────────────────────────────────────────────────────────────

CONCEPT_KINDS = ("PopulationGroup", "Situation", "Offering", "Approach", "Outcome", "AdvocacyTheme", "Value", "Setting")


def classes(iris: set[str]) -> set[str]:
    """Classes as shapes name them: the eight kinds that are concepts are together skos:Concept."""
    eight = {SR + name for name in CONCEPT_KINDS}
    return iris - eight | {SKOS + "Concept"} if eight <= iris else iris


def demanded(shape: str) -> set[str]:
    """The classes or the datatype that a shape demands."""
    result = set()
    for triple in by_subject().get(NamedNode(SHAPE + shape), ()):
        if triple.predicate.value in (SH + "class", SH + "datatype"):
            result.add(triple.object.value)
        elif triple.predicate.value == SH + "or":
            for member, _ in members(triple):
                result |= demanded(member.value.removeprefix(SHAPE))
    return result


def annotated_properties() -> list[str]:
    triples = read_turtle((ROOT / "ontology" / "social-response.ttl").read_bytes(), "ontology")[0]
    return sorted(t.subject.value for t in triples if t.predicate.value == SR + "needsEvidence")


@pytest.mark.parametrize("iri", annotated_properties(), ids=lambda iri: iri.rsplit("/", 1)[-1].rsplit("#", 1)[-1])
def test_shapes_demand_what_the_ontology_says(iri):
    """For every property of annotations the shapes hold the domain and the range that the ontology declares."""
    triples = read_turtle((ROOT / "ontology" / "social-response.ttl").read_bytes(), "ontology")[0]

    def values(*names: str) -> set[str]:
        return {t.object.value for t in triples if t.subject.value == iri and t.predicate.value in names}

    kinds = {t.subject.value for t in triples if t.predicate.value == SR + "idSegment"}
    kinds -= {SR + "Assertion", SR + "Sentence"}
    tops_of_kinds = kinds - {
        t.subject.value for t in triples if t.predicate.value == RDFS + "subClassOf" and t.object.value in kinds
    }
    local = iri.rsplit("/", 1)[-1].rsplit("#", 1)[-1]
    fix = f"add shape:{local} and shape:{local}-value to shapes/core.ttl"
    domain = values(*DOMAINS)
    assert demanded(local) == (set() if domain == tops_of_kinds else classes(domain)), fix
    assert demanded(f"{local}-value") == classes(values(*RANGES)), fix


def test_shapes_name_only_what_is_declared():
    """Classes and properties of our vocabulary that a shape or check names are in the ontology or the concepts."""
    known = set()
    for name in ("social-response", "concepts"):
        known |= {t.subject.value for t in read_turtle((ROOT / "ontology" / f"{name}.ttl").read_bytes(), name)[0]}
    named = {t.object.value for t in shape_triples() if isinstance(t.object, NamedNode)}
    assert {iri for iri in named if iri.startswith((SR, "https://w3id.org/social-response/id/"))} <= known
