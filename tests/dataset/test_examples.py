"""Each example query has its expected answer, which depends on what it is about."""

import csv
import importlib.util
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, QueryBoolean, QuerySolutions, RdfFormat, Store, serialize

from kg.model.project import Project
from kg.model.query_files import QueryFile, read_queries
from kg.pages.examples.data import set_of
from kg.pages.lists.selection import STATEMENT_SETS

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "dataset" / "examples"
PROJECT = Project.open(ROOT)
QUERIES = read_queries(PROJECT.examples)
SETS = {"as-stated", "with-inferences", "with-derived"}
"""Tags of the examples that show one of the three sets."""

each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


def _package(name: str, folder: Path):
    """The modules of a folder of tests, imported from their place."""
    here = [str(folder)]
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=here)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return (importlib.import_module(f"{name}.{module}") for module in ("oracle", "reading", "removal"))


ORACLE, READING, REMOVAL = _package("expected_answers", EXPECTED)


@pytest.fixture(scope="module")
def graph(built):
    """The graph of the real project, from which facts can be taken away."""
    return REMOVAL.Graph(PROJECT, built.quads)


@pytest.fixture(scope="module")
def whole(graph) -> Store:
    """The whole graph."""
    return graph.store()


@pytest.fixture(scope="module")
def stated(graph) -> Store:
    """The graph without the editors' inferences."""
    return graph.store("inferences")


@pytest.fixture(scope="module")
def direct(graph) -> Store:
    """The graph without derived triples."""
    return graph.store("derived")


def cell(term) -> str:
    """A term as the tables have it: a short name, the words of a literal, nothing where it is unbound."""
    words = "" if term is None else READING.short(str(term) if isinstance(term, rdflib.term.Node) else term.value)
    return " | ".join(sorted(words.split(" | ")))


def marked(term) -> str:
    """A term of a triple: as in a table, a literal with its language."""
    language = term.language if isinstance(term, Literal) else None
    return f"{term.value}@{language}" if language else READING.short(term.value)


def answer(store: Store, query: QueryFile) -> object:
    """The answer of a query: rows in their order, a set of triples, or a row with true or false."""
    result = store.query(query.text)
    if isinstance(result, QuerySolutions):
        return [tuple(cell(row[variable]) for variable in result.variables) for row in result]
    if isinstance(result, QueryBoolean):
        return [("true" if result else "false",)]
    return {tuple(marked(term) for term in (triple.subject, triple.predicate, triple.object)) for triple in result}


def expected(query: QueryFile) -> object:
    """The expected answer of a query: its table, or what the oracle computes."""
    table = EXPECTED / f"{query.name}.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as lines:
            rows = [tuple(" | ".join(sorted(word.split(" | "))) for word in row) for row in csv.reader(lines)]
        return rows[1:]
    return getattr(ORACLE, f"answer_{query.number}")()


@each_query
def test_each_example_gives_its_expected_answer(whole, query):
    """Each example gives the answer that was read from the text or computed from the annotations."""
    assert answer(whole, query) == expected(query)


@each_query
def test_an_example_for_english_readers_finds_as_much(whole, query):
    """An example that asks for labels asks for English ones too, and finds as many rows as in French."""
    english = replace(query, text=query.in_language("en"))

    assert 'LANG(?label) = "fr"' not in english.text
    assert len(answer(whole, english)) == len(answer(whole, query))


@each_query
def test_the_page_of_an_example_names_the_set_that_the_query_asks(query):
    """A query that asks the graph of what is stated is told to do so, unless its tag names another set."""
    tags, asked = SETS & set(query.header.get("tags", ())), set_of(query)

    assert asked in STATEMENT_SETS
    assert (asked == "stated") == (tags == {"as-stated"} or (not tags and "/graph/things>" in query.text))


@each_query
def test_one_expected_answer(query):
    """Each example has a table with its variables as header, or a function of the oracle, and not both."""
    table, function = EXPECTED / f"{query.name}.csv", hasattr(ORACLE, f"answer_{query.number}")

    assert table.exists() != function, "write tests/dataset/examples/<name of the query>.csv or answer_NNN in oracle.py"
    if table.exists():
        header = table.read_text(encoding="utf-8").partition("\n")[0].split(",")
        named = re.findall(r"\?(\w+)(?=\s|\))", _projection(query)) or ["answer"]
        assert header == named


def _projection(query: QueryFile) -> str:
    """What a query selects, each expression as its variable."""
    selected = re.search(r"^SELECT(.*?)^WHERE", query.text, re.DOTALL | re.MULTILINE)
    return re.sub(r"\((?:[^()]|\([^()]*\))* AS (\?\w+)\)", r"\1", selected[1]) if selected else ""


def test_no_answer_without_query():
    """No table and no function of the oracle is left over from a query that is gone."""
    names, numbers = {query.name for query in QUERIES}, {query.number for query in QUERIES}

    assert {path.stem for path in EXPECTED.glob("*.csv")} <= names
    assert {name.removeprefix("answer_") for name in dir(ORACLE) if name.startswith("answer_")} <= numbers


@each_query
def test_answer_is_not_empty(whole, query):
    """Each example finds something in the real graph."""
    assert answer(whole, query) not in ([], set(), [("false",)])


@pytest.mark.parametrize("name", sorted({name for query in QUERIES for name in query.header["about"]}))
def test_answer_depends_on_its_subject(graph, whole, name):
    """Without the facts about any one class or property that an example is about, its answer is another."""
    without = graph.store(name)

    about = [query for query in QUERIES if name in query.header["about"]]
    assert [query.name for query in about if answer(without, query) == answer(whole, query)] == []


@each_query
def test_only_tagged_examples_depend_on_derived_triples(whole, stated, direct, query):
    """Only the examples tagged so depend on derived triples; those "as stated" do not depend on inferences."""
    tags, found = SETS & set(query.header["tags"]), answer(whole, query)

    assert (answer(direct, query) != found) == ("with-derived" in tags or "DESCRIBE" in query.text)
    if "as-stated" in tags:
        assert answer(stated, query) == found
    if "with-inferences" in tags:
        assert answer(stated, query) != found


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
def test_each_header_asks_in_two_languages_and_has_known_tags(query):
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


def test_examples_are_numbered_without_a_gap():
    """The examples are numbered from 001 on, three digits each, without a gap, and named by an English question."""
    assert [query.number for query in QUERIES] == [f"{number:03}" for number in range(1, len(QUERIES) + 1)]
    assert all(re.fullmatch(r"\d{3}(-[a-z0-9]+){3,}", query.name) for query in QUERIES)


def _names(query: QueryFile) -> set[str]:
    """The prefixed names that a query uses, its comments and words left out."""
    code = re.sub(r'"[^"\n]*"|<[^>\s]*>|#.*', "", query.text)
    return set(re.findall(r"(?<![?\w])[a-z-]+:[A-Za-z][\w-]*", code))


def test_every_class_and_property_in_use_is_asked_for():
    """Every class, every property that annotations use, and every term of the evidence is asked for."""
    used = set().union(*map(_names, QUERIES))
    classes = {f"sr:{entry['type']}" for entry in READING.entries().values()}
    evidence = ["sr:Assertion", "sr:modality", "sr:inferred", "sr:evidence", "sr:quote", "sr:statedIn", "sr:inSentence",
                "oa:SpecificResource", "oa:TextQuoteSelector", "oa:TextPositionSelector", "oa:hasSource",
                "oa:hasSelector", "oa:exact", "oa:prefix", "oa:suffix", "oa:start", "oa:end", "skos:note"]  # fmt: skip

    assert used >= classes | {"sr:Situation", "sr:Outcome"} | set(evidence)
    assert used >= {one.predicate for one in READING.statements()}


def test_examples_show_each_technique_that_the_readme_lists():
    """The examples show each form of query and each technique of SPARQL 1.1 that the README lists."""
    code = "\n".join(re.sub(r"#.*", "", query.text) for query in QUERIES)
    words = ["SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "OPTIONAL", "NOT EXISTS", "MINUS", "VALUES", "BIND", "HAVING",
             "GROUP_CONCAT", "COUNT", "GRAPH", "LIMIT", "COALESCE", "skos:broader\\*", "sr:hasAspect\\+"]  # fmt: skip

    assert [word for word in words if not re.search(rf"{word}", code)] == []
    assert "SERVICE" not in code


@each_query
def test_each_example_declares_its_prefixes_and_sorts_its_rows(query):
    """Each example declares the prefixes that it uses and no other, and sorts its rows."""
    declared = set(re.findall(r"^PREFIX ([\w-]*):", query.text, re.MULTILINE))

    assert declared == {name.split(":")[0] for name in _names(query)}
    if "SELECT" in query.text:
        assert re.search(r"^ORDER BY", query.text, re.MULTILINE)


@each_query
def test_each_example_takes_a_tenth_of_a_second_at_most(whole, query):
    """Each example is answered within a tenth of a second of processor time."""
    took = []
    for _ in range(3):
        start = time.process_time()
        answer(whole, query)
        took.append(time.process_time() - start)

    assert min(took) < 0.1


@pytest.fixture(scope="module")
def other_store(whole) -> rdflib.Dataset:
    """The same graph in another SPARQL engine, with the union as default graph."""
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=serialize(REMOVAL.named(whole), format=RdfFormat.N_QUADS), format="nquads")
    return dataset


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its own code calls what it deprecates
@each_query
def test_each_example_gives_the_same_in_another_engine(whole, other_store, query):
    """Each SELECT and ASK gives the same answer in another SPARQL 1.1 engine, and the others run there."""
    result = other_store.query(query.text)
    if result.type == "SELECT":
        assert [tuple(map(cell, row)) for row in result] == answer(whole, query)
    elif result.type == "ASK":
        assert result.askAnswer
    else:
        assert len(result.graph) >= len(answer(whole, query))
