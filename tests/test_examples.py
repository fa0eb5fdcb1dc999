"""The example queries: each has an expected answer, and its answer depends on what it is about."""

import csv
import importlib.util
import re
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, RdfFormat, Store, serialize

from kg.project import Project
from kg.queries import Query, read_queries
from kg.rules import derive
from kg.terms import OWL, PREFIXES, RDF, RDFS, SR

ROOT = Path(__file__).parents[1]
EXPECTED = ROOT / "tests" / "examples"
PROJECT = Project.open(ROOT)
QUERIES = read_queries(PROJECT.examples)
SETS = {"as-stated", "with-inferences", "with-derived"}
"""Tags of the examples that show one of the three sets."""

TYPE, SUBJECT, PREDICATE, OBJECT = (NamedNode(RDF + name) for name in ("type", "subject", "predicate", "object"))
MODALITY, INFERRED = NamedNode(SR + "modality"), NamedNode(SR + "inferred")

each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


def _package(name: str, folder: Path):
    """The modules of a folder of tests, imported from their place."""
    here = [str(folder)]
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=here)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return importlib.import_module(f"{name}.oracle"), importlib.import_module(f"{name}.reading")


ORACLE, READING = _package("expected_answers", EXPECTED)


@dataclass(frozen=True)
class Graph:
    """The graph of the real project: what is built, and what the rules add to it."""

    built: tuple[Quad, ...]

    @cache  # noqa: B019  one graph a session
    def store(self, without: str = "") -> Store:
        """A store with the graph, each quad in the default graph too; ``without`` says what is left out."""
        quads, predicate = list(self.built), None
        if without == "inferences":
            quads = _without_assertions(quads, _inferred(quads))
        elif without != "derived" and without:
            quads, predicate = _without(quads, without)
        if without != "derived":
            quads += derive(quads, read_queries(PROJECT.rules), PROJECT.names.graph("derived"))
        kept = [quad for quad in quads if quad.predicate != predicate]
        store = Store()
        store.extend(kept)
        store.extend(Quad(*quad.triple, DefaultGraph()) for quad in kept)
        return store


def _without(quads: list[Quad], name: str) -> tuple[list[Quad], NamedNode | None]:
    """The quads without the facts about a class or a property, and that property."""
    prefix, local = name.split(":")
    term = NamedNode(PREFIXES[prefix] + local)
    if Quad(term, TYPE, NamedNode(OWL + "Class"), PROJECT.names.graph("ontology")) not in quads:
        gone = {quad.subject for quad in quads if quad.predicate == PREDICATE and quad.object == term}
        return [quad for quad in quads if quad.subject not in gone and quad.predicate != term], term
    below = {term}
    for _ in range(3):
        below |= {q.subject for q in quads if q.predicate.value == RDFS + "subClassOf" and q.object in below}
    members = {quad.subject for quad in quads if quad.predicate == TYPE and quad.object in below}
    gone = {q.subject for q in quads if q.predicate in (SUBJECT, OBJECT) and q.object in members} | members
    return [quad for quad in quads if quad.subject not in gone and quad.object not in gone], None


def _inferred(quads: list[Quad]) -> set:
    """The assertions that are the editors' inferences."""
    return {quad.subject for quad in quads if quad.predicate == MODALITY and quad.object == INFERRED}


def _without_assertions(quads: list[Quad], gone: set) -> list[Quad]:
    """The quads without some assertions and their statements."""
    parts = {(quad.subject, quad.predicate): quad.object for quad in quads if quad.subject in gone}
    said = {tuple(parts[one, part] for part in (SUBJECT, PREDICATE, OBJECT)) for one in gone}
    return [quad for quad in quads if quad.subject not in gone and tuple(quad.triple) not in said]


@pytest.fixture(scope="module")
def graph(built) -> Graph:
    """The graph of the real project."""
    return Graph(tuple(built.quads))


def cell(term) -> str:
    """A term as the tables have it: a short name, the words of a literal, nothing where it is unbound."""
    words = "" if term is None else READING.short(str(term) if isinstance(term, rdflib.term.Node) else term.value)
    return " | ".join(sorted(words.split(" | ")))


def marked(term) -> str:
    """A term of a triple: as in a table, a literal with its language."""
    language = term.language if isinstance(term, Literal) else None
    return f"{term.value}@{language}" if language else READING.short(term.value)


def answer(store: Store, query: Query) -> object:
    """The answer of a query: rows in their order, a set of triples, or a row with true or false."""
    result = store.query(query.text)
    if isinstance(result, QuerySolutions):
        return [tuple(cell(row[variable]) for variable in result.variables) for row in result]
    if isinstance(result, QueryBoolean):
        return [("true" if result else "false",)]
    return {tuple(marked(term) for term in (triple.subject, triple.predicate, triple.object)) for triple in result}


def expected(query: Query) -> object:
    """The expected answer of a query: its table, or what the oracle computes."""
    table = EXPECTED / f"{query.name}.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            rows = [tuple(" | ".join(sorted(word.split(" | "))) for word in row) for row in csv.reader(lines)]
        return rows[1:]
    return getattr(ORACLE, f"answer_{query.number}")()


@each_query
def test_answer(graph, query):
    """Each example gives the answer that was read from the text or computed from the annotations."""
    assert answer(graph.store(), query) == expected(query)


@each_query
def test_one_expected_answer(query):
    """Each example has a table with its variables as header, or a function of the oracle, and not both."""
    table, function = EXPECTED / f"{query.name}.csv", hasattr(ORACLE, f"answer_{query.number}")

    assert table.exists() != function, "write tests/examples/<name of the query>.csv or answer_NNN in oracle.py"
    if table.exists():
        header = table.read_text(encoding="utf-8").partition("\n")[0].split(",")
        named = re.findall(r"\?(\w+)(?=\s|\))", _projection(query)) or ["answer"]
        assert header == named


def _projection(query: Query) -> str:
    """What a query selects, each expression as its variable."""
    selected = re.search(r"^SELECT(.*?)^WHERE", query.text, re.DOTALL | re.MULTILINE)
    return re.sub(r"\((?:[^()]|\([^()]*\))* AS (\?\w+)\)", r"\1", selected[1]) if selected else ""


def test_no_answer_without_query():
    """No table and no function of the oracle is left over from a query that is gone."""
    names, numbers = {query.name for query in QUERIES}, {query.number for query in QUERIES}

    assert {path.stem for path in EXPECTED.glob("*.csv")} <= names
    assert {name.removeprefix("answer_") for name in dir(ORACLE) if name.startswith("answer_")} <= numbers


@each_query
def test_answer_is_not_empty(graph, query):
    """Each example finds something in the real graph."""
    assert answer(graph.store(), query) not in ([], set(), [("false",)])


@pytest.mark.parametrize(
    ("query", "name"), [(query, name) for query in QUERIES for name in query.header["about"]],
    ids=lambda value: value.name[:3] if isinstance(value, Query) else value,
)  # fmt: skip
def test_answer_depends_on_its_subject(graph, query, name):
    """Without the facts about any one class or property that an example is about, its answer is another."""
    assert answer(graph.store(name), query) != answer(graph.store(), query)


@each_query
def test_three_sets(graph, query):
    """Only the examples tagged so depend on derived triples; one as stated does not depend on inferences."""
    tags, whole = SETS & set(query.header["tags"]), answer(graph.store(), query)

    assert (answer(graph.store("derived"), query) != whole) == ("with-derived" in tags or "DESCRIBE" in query.text)
    if "as-stated" in tags:
        assert answer(graph.store("inferences"), query) == whole
    if "with-inferences" in tags:
        assert answer(graph.store("inferences"), query) != whole


def test_sets_in_readme():
    """The table of the sets in the README of the queries names the examples that show them, and no other."""
    readme = (PROJECT.examples.parent / "README.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(" *"): line for line in readme.splitlines() if line.startswith("| **")}

    shown = {name: set(re.findall(r"\b\d{3}\b", line)) for name, line in rows.items()}
    tagged = {name: {query.number for query in QUERIES if name in query.header["tags"]} for name in SETS}
    assert shown == {name.replace("-", " "): numbers for name, numbers in tagged.items()}


def test_list_in_readme():
    """The README of the queries lists each example with its question, and names no number that is none."""
    readme = (PROJECT.examples.parent / "README.md").read_text(encoding="utf-8")

    rows = [
        f"| [{one.number}](examples/{one.name}.rq) | {one.summary['en']} | {one.summary['fr']} |" for one in QUERIES
    ]
    assert [line for line in readme.splitlines() if line.startswith("| [")] == rows
    assert set(re.findall(r"\b\d{3}\b", readme)) == {query.number for query in QUERIES}


@each_query
def test_header(query):
    """Each header asks its question in good French and English and has tags and subjects that exist."""
    french, english = query.summary["fr"], query.summary["en"]
    written = [query.header[key]["fr"] for key in ("summary", "description") if key in query.header]

    assert french.endswith("\u202f?")
    assert english.endswith("?")
    assert not english.endswith((" ?", "\u202f?"))
    slips = r"'|(?<!\u202f)[;!?]|(?<!\u00a0):(?= )|«(?!\u00a0)|(?<!\u00a0)»|[·⋅]"
    assert [words for words in written if re.search(slips, words)] == []
    assert query.header["tags"]
    assert query.header["about"]
    assert set(query.header) <= {"summary", "description", "tags", "about"}


def test_numbers():
    """The examples are numbered from 001 on, three digits each, without a gap, and named by an English question."""
    assert [query.number for query in QUERIES] == [f"{number:03}" for number in range(1, len(QUERIES) + 1)]
    assert all(re.fullmatch(r"\d{3}(-[a-z0-9]+){3,}", query.name) for query in QUERIES)


def _names(query: Query) -> set[str]:
    """The prefixed names that a query uses, its comments and words left out."""
    code = re.sub(r'"[^"\n]*"|<[^>\s]*>|#.*', "", query.text)
    return set(re.findall(r"(?<![?\w])[a-z-]+:[A-Za-z][\w-]*", code))


def test_coverage():
    """Every class, every property that annotations use, and every term of the evidence is asked for."""
    used = set().union(*map(_names, QUERIES))
    classes = {f"sr:{entry['type']}" for entry in READING.entries().values()}
    evidence = ["sr:Assertion", "sr:modality", "sr:inferred", "sr:evidence", "sr:quote", "sr:statedIn", "sr:inSentence",
                "oa:SpecificResource", "oa:TextQuoteSelector", "oa:TextPositionSelector", "oa:hasSource",
                "oa:hasSelector", "oa:exact", "oa:prefix", "oa:suffix", "oa:start", "oa:end", "skos:note"]  # fmt: skip

    assert used >= classes | {"sr:Situation", "sr:Outcome"} | set(evidence)
    assert used >= {one.predicate for one in READING.statements()}


def test_techniques():
    """The examples show each form of query and each technique of SPARQL 1.1 that the README lists."""
    code = "\n".join(re.sub(r"#.*", "", query.text) for query in QUERIES)
    words = ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "OPTIONAL", "NOT EXISTS", "MINUS", "VALUES", "BIND", "HAVING",
             "GROUP_CONCAT", "COUNT", "GRAPH", "LIMIT", "COALESCE", "skos:broader\\*", "sr:hasAspect\\+"]  # fmt: skip

    assert [word for word in words if not re.search(rf"{word}", code)] == []
    assert "SERVICE" not in code


@each_query
def test_form(query):
    """Each example declares the prefixes that it uses and no other, and sorts its rows."""
    declared = set(re.findall(r"^PREFIX ([\w-]*):", query.text, re.MULTILINE))

    assert declared == {name.split(":")[0] for name in _names(query)}
    if "SELECT" in query.text:
        assert re.search(r"^ORDER BY", query.text, re.MULTILINE)


@each_query
def test_fast(graph, query):
    """Each example is answered within a tenth of a second."""
    took = []
    for _ in range(3):
        start = time.perf_counter()
        answer(graph.store(), query)
        took.append(time.perf_counter() - start)

    assert min(took) < 0.1


@pytest.fixture(scope="module")
def other_store(graph) -> rdflib.Dataset:
    """The same graph in another SPARQL engine, with the union as default graph."""
    dataset = rdflib.Dataset(default_union=True)
    named = [quad for quad in graph.store() if quad.graph_name != DefaultGraph()]
    dataset.parse(data=serialize(named, format=RdfFormat.N_QUADS), format="nquads")
    return dataset


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its own code calls what it deprecates
@each_query
def test_portable(graph, other_store, query):
    """Each SELECT and ASK gives the same answer in another SPARQL 1.1 engine, and the others run there."""
    result = other_store.query(query.text)
    if result.type == "SELECT":
        assert [tuple(map(cell, row)) for row in result] == answer(graph.store(), query)
    elif result.type == "ASK":
        assert result.askAnswer
    else:
        assert len(result.graph) >= len(answer(graph.store(), query))
