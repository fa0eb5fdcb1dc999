"""Queries that are refused are told with what is wrong and what to do."""

import contextlib
import csv
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, Limits, Request, evaluate, is_repeatable
from kg.endpoint.evaluation.query_scanner import calls_service
from kg.endpoint.evaluation.regex_dialect import spell_expressions
from kg.endpoint.problems import ProblemError


@pytest.fixture(scope="module")
def store():
    store = Store()
    store.add(Quad(NamedNode("http://ex/a"), NamedNode("http://ex/p"), Literal(1), DefaultGraph()))
    return store


@pytest.fixture(scope="module")
def numbers():
    store = Store()
    store.extend(Quad(NamedNode(f"http://ex/{i}"), NamedNode("http://ex/p"), Literal(i)) for i in range(50))
    return store


def refusal(store, query, limits=None, **given):
    with pytest.raises(ProblemError) as caught:
        evaluate(store, Request(query, **given), limits)
    return caught.value


# Limits.


@pytest.mark.parametrize("media_type", RESULT_TYPES)
@pytest.mark.parametrize("value", ["?s", '"},{\\n<result>,\\r\\n"'])
def test_more_rows_than_the_limit_are_refused(numbers, media_type, value):
    """An answer with as many rows as the limit is given, one with more is refused, whatever its literals hold."""
    query = f"SELECT ({value} AS ?x) WHERE {{ ?s ?p ?o }}"

    assert evaluate(numbers, Request(query, results=media_type), Limits(rows=50)).kind == "rows"
    error = refusal(numbers, query, Limits(rows=49), results=media_type)
    assert (error.code, error.values["limit"]) == ("rows", 49)
    assert "LIMIT" in error.remedy


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_more_triples_than_the_limit_are_refused(numbers, media_type):
    """The limit of rows holds for triples, too."""
    query = "CONSTRUCT WHERE { ?s ?p ?o }"

    assert evaluate(numbers, Request(query, graph=media_type), Limits(rows=50)).kind == "graph"
    assert refusal(numbers, query, Limits(rows=49), graph=media_type).code == "rows"


@pytest.mark.parametrize(
    "query", ["SELECT * { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "CONSTRUCT WHERE { ?s ?p ?o }"]
)
def test_more_bytes_than_the_limit_are_refused(numbers, query):
    """An answer over the limit of bytes ends its evaluation and is refused whole."""
    error = refusal(numbers, query, Limits(bytes=1000))

    assert (error.code, error.values["limit"]) == ("bytes", 1000)


# What is closed.

SERVICES = [
    "SELECT * { SERVICE <http://ex/> { ?s ?p ?o } }",
    "SELECT * { service silent<http://ex/>{ ?s ?p ?o } }",
    "SELECT * { SERVICE ?x { ?s ?p ?o } }",
    "PREFIX e: <http://ex/> SELECT * { SERVICE e:x { ?s ?p ?o } }",
    "PREFIX : <http://ex/> SELECT * { SERVICE:x{ ?s ?p ?o } }",
    "SELECT * { SERVICE # a comment {\n <http://ex/> # another\n { ?s ?p ?o } }",
    "SELECT * { ?s ?p trueSERVICE<http://ex/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE<http://ex/>{ ?s ?p ?o } }",
    "SELECT * { ?s ?p <x:x>SERVICE<http://ex/>{ ?s ?p ?o } }",
    "SELECT * { FILTER(?a<5)SERVICE<http://ex/>{}FILTER(?b>5) }",
    'SELECT * { FILTER(?a<?b#>"""\n) SERVICE <http://ex/> {} #"""\n }',
    "SELECT * { FILTER(?a<'#>'\n) SERVICE <http://ex/> {} #'\n }",
    "PREFIX e: <http://ex/> SELECT * { FILTER(e:GRAPH<'#>'\n) SERVICE <http://ex/> {} #'\n }",
    "SELECT * { FILTER(?graph<'#>'\n) SERVICE <http://ex/> {} #'\n }",
    "SELECT * { GRAPH <http://ex/service/x> { SERVICE <http://ex/> {} } }",
    "SELECT * { { SELECT * { OPTIONAL { SERVICE <http://ex/> { ?s ?p ?o } } } } }",
]
NO_SERVICES = [
    'SELECT * { ?s ?p "SERVICE <http://ex/> { ?s ?p ?o }" }',
    "SELECT * { ?s ?p '''a\nSERVICE <http://ex/> { ?s ?p ?o }''' }",
    "SELECT * { ?s ?p ?o } # SERVICE <http://ex/> { ?s ?p ?o }",
    "SELECT * { ?s <http://ex/SERVICE> ?o }",
    "PREFIX service: <http://ex/> SELECT * { ?s service:x ?o . ?o a service:y }",
    "PREFIX e: <http://ex/> SELECT * { ?s e:SERVICE ?service . { ?service e:service1 $SERVICE } }",
    'SELECT * { ?s <http://ex/#p> "SERVICE" . { ?s ?p "a \\" SERVICE <http://ex/> {" } }',
    "SELECT * { ?s ?p ?service . { ?a ?b ?c } }",
    "SELECT * { GRAPH <http://ex/service/x> { ?a ?b ?c } }",
    "SELECT * { graph # a comment\n <http://ex/SERVICE>{} }",
]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_refused(store, query):
    """A SERVICE clause is found however it is spelled, and no server is called."""
    error = refusal(store, query)

    assert error.code == "service"
    assert "never calls another server" in error.detail


@pytest.mark.parametrize("query", NO_SERVICES)
def test_the_word_service_elsewhere_is_no_clause(store, query):
    """The word in strings, comments, IRIs, variables and prefixed names is no SERVICE clause."""
    assert not calls_service(query)
    assert evaluate(store, Request(query)).kind == "rows"


@pytest.mark.parametrize(
    "query",
    ["INSERT DATA { <a:a> <a:b> 1 }", "PREFIX a: <http://a/> DELETE WHERE { ?s ?p ?o }", "LOAD <http://ex/>"],
)
def test_update_is_refused(store, query):
    """An update is refused as one, and changes nothing."""
    assert refusal(store, query).code == "update"
    assert len(store) == 1


@pytest.mark.parametrize("brackets", ["()", "{}", "[]"])
@pytest.mark.parametrize("depth", [201, 40_000])
def test_deep_nesting_is_refused(store, brackets, depth):
    """Nesting that would exhaust the parser's stack is refused with the limit."""
    error = refusal(store, f"SELECT * {{ {brackets[0] * depth}{brackets[1] * depth} }}")

    assert (error.code, error.values["limit"]) == ("nesting", 200)


# What is wrong with a query.


@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("SELECT * { foo:a ?p ?o }", "The prefix 'foo:' is not declared; begin with PREFIX foo: <...>."),
        ("SELECT * { ?s skos:prefLabel ?o }", "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"),
        ("SELEC * { ?s ?p ?o }", "A query begins, after its prefixes, with SELECT"),
        ("", "A query begins, after its prefixes, with SELECT"),
        ("SELECT * { ?s ?p ?o ", "There is no '}' for the last '{'."),
        ("SELECT * { ?s ?p ?o } }", "The '}' in line 1, column 23 closes nothing"),
        ("SELECT *\n{ ?s ?p (1] }", "The ']' in line 2, column 11 closes nothing"),
        ("SELECT *\n{ ?s ?p 'l'eau' }", "The string that begins in line 2, column 15 does not end."),
        ("SELECT ?s { ?s ?p ?o } GROUP BY ?p", "The SELECT contains a variable that is unbound."),
        ("SELECT (1 AS ?x) (2 AS ?x) {}", "Duplicated variable name in SELECT."),
        ("SELECT * { ?s ?p }", "Look at what stands just before that place."),
    ],
)
def test_a_malformed_query_is_refused_with_its_likely_mistake(store, query, remedy):
    """A malformed query is refused with what is most likely wrong with it."""
    error = refusal(store, query)

    assert error.code == "syntax"
    assert remedy in error.remedy


def test_an_unknown_function_is_refused_with_its_name(store):
    """A function that does not exist is refused with its name."""
    error = refusal(store, "SELECT (<http://ex/f>(1) AS ?x) {}")

    assert error.code == "function"
    assert "http://ex/f" in error.detail


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * { ?s <http://xmlns.com/foaf/0.1/knows> ?now }", True),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", True),
        ("SELECT * { [] ?p ?o }", True),
        ("SELECT (NOW() AS ?x) {}", False),
        ("SELECT (rand ( ) AS ?x) {}", False),
        ("SELECT (STRUUID() AS ?x) {}", False),
        ("SELECT * {} ORDER BY UUID()", False),
        ("SELECT (BNODE() AS ?x) {}", False),
        ("CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { _:b ?p ?o } WHERE { ?s ?p ?o }", False),
        ("CONSTRUCT { ?s ?p (1 2) } WHERE { ?s ?p ?o }", False),
    ],
)
def test_only_queries_that_always_give_the_same_may_be_kept(query, expected):
    """Queries whose answer differs each time are told from those whose answer may be kept."""
    assert is_repeatable(query) is expected


WORDS = st.sampled_from(
    ["SELECT", "ASK", "*", "{", "}", "?s", "<http://ex/p>", '"a"', "'", '"""', "#", "\n", "<", "FILTER(", ")",
     "SERVICE",
     "1", "ex:b", "PREFIX ex: <http://ex/>", "[", "]", ".", "LIMIT 1", "\\", "\u0000", "é", "CONSTRUCT", "WHERE"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_is_answered_or_refused(text):
    """Whatever the text of a query, it is answered or refused; nothing else is raised."""
    outcome = ""
    try:
        outcome = evaluate(Store(), Request(text)).media_type
    except ProblemError as error:
        outcome = error.remedy

    assert outcome


# Regular expressions, which the engine has of another kind.


@pytest.mark.parametrize(
    ("expression", "part", "instead"),
    [
        (r'REGEX("a", "^[a-z-[aeiou]]$")', "-[", "[a-z--[aeiou]]"),
        (r'REGEX("a", "[a[b]")', "a[", r"\\["),
        (r'REGEX("a&b", "[&&b]")', "&&", "once"),
        (r'REGEX("aa", "(a)\\1")', r"\1", "SUBSTR"),
        (r'regex(?x, """\\i\\c*""")', r"\i", r"[\p{L}_:]"),
        (r"REGEX('x', '\\p{IsBasicLatin}')", r"\p{IsBasicLatin}", r"\\p{Greek}"),
        (r'REGEX("a b", "a[ ]b", "x")', " ", r"\\s"),
        (r'REGEX("a#b", "a#b", "ix")', "#", r"\\#"),
        (r'REPLACE("abc", "b", "\\$1")', r"\$", "$$"),
        (r'REPLACE("abc", "(b)", "$11")', "$11", "${1}1"),
        (r'REPLACE("abc", "(b)", "$1x")', "$1x", "${1}x"),
        (r'REPLACE("abc", "\\1", "d", "i")', r"\1", "SUBSTR"),
    ],
)
def test_an_expression_that_is_read_otherwise_here_is_refused(store, expression, part, instead):
    """A constant expression that the engine reads otherwise than SPARQL is refused, with what to write."""
    error = refusal(store, f"SELECT ({expression} AS ?y) {{ BIND('a' AS ?x) }}")

    assert (error.code, error.values["part"]) == ("regex", part)
    assert instead in error.remedy


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (r'REGEX("b", "^[a-z--[aeiou]]$")', "true"),
        (r'REGEX("a", "^[a-z--[aeiou]]$")', "false"),
        (r'REGEX("]", "[\\[\\]]")', "true"),
        (r'REGEX("-", "^[a-]$")', "true"),
        (r'REGEX("é", "^\\p{Ll}\\d*$")', "true"),
        (r'REGEX("x\\1y", "\\1", "q")', "true"),
        (r'REGEX("ab", "a b", "x")', "true"),
        (r'REPLACE("abc", "b", "$$1")', "a$1c"),
        (r'REPLACE("abc", "(b)", "${1}1-$1")', "ab1-bc"),
        (r'REPLACE("abc", "b", "[$0]")', "a[b]c"),
        (r'REPLACE("a,b", ",", ";")', "a;b"),
        (r'CONCAT("REGEX", "(a, \\1)")', r"REGEX(a, \1)"),
        (r'REGEX("\u00A0", "\\s")', "false"),
        (r'REGEX("\u202F\u2003", "^\\S+$")', "true"),
        (r'REGEX("\t \n\r", "^\\s{4}$")', "true"),
        (r'REGEX(" ", "^\\s$", "x")', "true"),
        (r'REGEX("_", "\\w")', "false"),
        (r'REGEX("+", "^\\w$")', "true"),
        (r'REGEX("-é€", "^[\\w-]+$")', "true"),
        (r'REGEX("_ .", "^[\\W\\s]+$")', "true"),
        (r'REGEX("\u00A0", "^[^\\s]$")', "true"),
        (r'REGEX("\\s", "^\\\\s$")', "true"),
        (r'REGEX("\\s", "\\s", "q")', "true"),
        (r'REPLACE("5\u00A0000 m", "\\s", "")', "5\u00a0000m"),
    ],
)
def test_an_expression_that_means_the_same_is_evaluated(store, expression, value):
    """What means the same in both kinds, and what the remedies say, is evaluated."""
    request = Request(f"SELECT ({expression} AS ?y) {{}}", results="text/csv")

    assert next(csv.reader(evaluate(store, request).body.decode().splitlines()[1:])) == [value]


def xml_schema(name: str) -> str:
    """The characters that an escape matches by XML Schema, of those below U+3000."""
    others = {"s": "\t\n\r "}
    plain = [chr(code) for code in range(0x3000)]
    if name in "sS":
        found = [character for character in plain if character in others["s"]]
    else:
        found = [character for character in plain if unicodedata.category(character)[0] not in "PZC"]
    return "".join(found if name in "sw" else [character for character in plain if character not in set(found)])


@pytest.mark.parametrize("form", ["\\{}", "[\\{}]", "[^\\{}]", "[\\{}a]"])
@pytest.mark.parametrize("name", "sSwW")
def test_escapes_match_what_xml_schema_says(store, name, form):
    """The escapes for spaces and words match the characters that XML Schema lists, alone and in classes.

    Characters that Unicode has added since are left out: the two libraries may know different versions of it.
    """
    known = [chr(code) for code in range(1, 0x3000) if unicodedata.category(chr(code)) not in {"Cn", "Cs"}]
    expected = {*xml_schema(name)} | ({"a"} if "a" in form else set())
    if "^" in form:
        expected = {*known} - expected
    rows = " ".join(str(Literal(character)) for character in known)
    pattern = str(Literal(form.replace("{}", name)))
    answer = evaluate(store, Request(f"SELECT ?c {{ VALUES ?c {{ {rows} }} FILTER(REGEX(?c, {pattern})) }}"))
    found = {row["c"]["value"] for row in json.loads(answer.body)["results"]["bindings"]}

    assert found ^ (expected & {*known}) == set()


def test_the_place_of_a_mistake_is_that_in_the_query_as_it_was_sent(store):
    """Expressions that are written out for the engine do not move the place of a mistake."""
    query = r'SELECT ?x { FILTER(REGEX(?x, "\\s\\w")) ?x ?y ]'

    assert int(refusal(store, query).values["column"]) == query.index("]") + 1


@given(st.text(max_size=40), st.sampled_from(["", "x", "i"]))
def test_every_expression_is_looked_at_or_refused(pattern, flags):
    """No expression makes the look at it fail."""
    literal = str(Literal(pattern))
    with contextlib.suppress(ProblemError):
        spell_expressions(f'SELECT * {{ FILTER(REGEX(?x, {literal}, "{flags}")) }}')
        spell_expressions(f'SELECT (REPLACE(?x, "a", {literal}) AS ?y) {{}}')
