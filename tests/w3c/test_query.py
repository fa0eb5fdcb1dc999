"""SPARQL 1.1 Query: the suite's queries, put by the protocol to the application."""

from __future__ import annotations

import json
import re

import pytest

from .manifests import WEB, Entry, cases, manifests, triples_in
from .results import RESULT_TYPES, Table, read_result, same
from .service import Application, Applications, Reply, filled

LEFT_OUT = {
    "entailment": "the store answers what is stated, under simple entailment only",
    "service": "the service never calls another server",
    "syntax-fed": "the service never calls another server",
}
"""Folders of the suite that are left out as a whole, and why."""

_GRAPH_VARIABLE = (
    "the engine adds the graph to each pattern of GRAPH ?g {…} instead of evaluating the group once a graph"
)
_ZERO_LENGTH = "the engine finds no path of length zero at a term that is not in the data"
_GROUP_CONCAT = "the engine gives a GROUP_CONCAT the language that all its strings share, where a plain string is due"

EXCEPTIONS = {
    "aggregates/agg-empty-group-count-graph": _GRAPH_VARIABLE,
    "aggregates/agg-groupconcat-04": _GROUP_CONCAT,
    "aggregates/agg-groupconcat-06": _GROUP_CONCAT,
    "bindings/graph": _GRAPH_VARIABLE,
    "csv-tsv-res/tsv03": "the store keeps the integer -3, but not that the data call it an xsd:negativeInteger",
    "functions/bnode01": "the engine's BNODE gives a string one blank node in all solutions, not a fresh one in each",
    "negation/graph-minus": _GRAPH_VARIABLE,
    "property-path/zero_or_more_set_end": _ZERO_LENGTH,
    "property-path/zero_or_more_set_start": _ZERO_LENGTH,
    "property-path/zero_or_one_set_end": _ZERO_LENGTH,
    "property-path/zero_or_one_set_start": _ZERO_LENGTH,
    "syntax-query/test_4": "the engine refuses a call of an unknown function, instead of leaving its variable unbound",
}
"""Tests that the application does not pass, and why; each of them must fail."""

EVALUATED = {"QueryEvaluationTest", "CSVResultFormatTest"}
SYNTAX = {"PositiveSyntaxTest11": True, "NegativeSyntaxTest11": False}
MEDIA_TYPES = {**RESULT_TYPES, "ttl": "text/turtle"}
"""What is asked for, by the extension of the file that holds the expected result."""

QUERIES = [
    entry
    for manifest in manifests()
    for entry in manifest.entries
    if entry.kind in {*EVALUATED, *SYNTAX} and entry.query.suffix == ".rq"
]
"""The tests of queries that the suite has, those left out too; the other tests of syntax are of updates."""

RUN = [entry for entry in QUERIES if entry.folder not in LEFT_OUT]
EVALUATION = [entry for entry in RUN if entry.kind in EVALUATED and entry.id not in EXCEPTIONS]
POSITIVE = [entry for entry in RUN if SYNTAX.get(entry.kind) is True and entry.id not in EXCEPTIONS]
NEGATIVE = [entry for entry in RUN if SYNTAX.get(entry.kind) is False and entry.id not in EXCEPTIONS]
EXCEPTED = [entry for entry in RUN if entry.id in EXCEPTIONS]


@pytest.fixture(scope="session")
def application_for(applications: Applications):
    """The application with the data of a test; kept for the tests that share them.

    Its public address lies in the folder of the suite, so that relative IRIs of a query mean what they
    mean to the suite: the application resolves them against its own address.
    """
    made: dict[tuple, Application] = {}

    def find(entry: Entry) -> Application:
        data = (entry.folder, entry.data, entry.named) if entry.kind in EVALUATED else (entry.folder,)
        if data not in made:
            made[data] = applications.over(_store(entry), public_url=f"{WEB}{entry.folder}/")
        return made[data]

    return find


def _store(entry: Entry):
    """The store with the data of a test; an empty one for tests of syntax."""
    if entry.kind not in EVALUATED:
        return filled()
    default = [triple for iri in entry.data for triple in triples_in(iri)]
    return filled(default, {iri: triples_in(iri) for iri in entry.named})


def _ask(application: Application, entry: Entry, accept: str) -> Reply:
    """The reply to the query of a test."""
    headers = [("Content-Type", "application/sparql-query"), ("Accept", accept)]
    return application.send("POST", "/sparql", headers, entry.query.read_bytes())


def _complaint(application: Application, entry: Entry) -> str:
    """What is wrong with the answer to a test; empty where nothing is."""
    if entry.kind in SYNTAX:
        reply = _ask(application, entry, "*/*")
        wanted = 200 if SYNTAX[entry.kind] else 400
        return "" if reply.status == wanted else f"status {reply.status} instead of {wanted}: {reply.body.decode()}"
    kind = entry.result.suffix[1:]
    expected = read_result(entry.result.read_bytes(), kind, WEB + entry.manifest.path)
    if isinstance(expected, Table) and kind not in RESULT_TYPES:
        kind = "srj"
    reply = _ask(application, entry, MEDIA_TYPES[kind])
    if reply.status != 200 or reply.media_type != MEDIA_TYPES[kind]:
        return f"{reply.status} {reply.media_type}: {reply.body.decode()}"
    found = read_result(reply.body, kind, WEB)
    ordered = isinstance(expected, Table) and _is_ordered(entry)
    return "" if same(found, expected, ordered=ordered) else f"found {found}\nexpected {expected}"


def _is_ordered(entry: Entry) -> bool:
    """Whether the answer to a query has an order, that is whether ORDER BY stands outside all its braces."""
    return bool(re.search(r"ORDER\s+BY[^{}]*\Z", entry.query.read_text(), re.IGNORECASE))


@pytest.mark.parametrize("entry", cases(EVALUATION))
def test_the_answer_is_the_result_of_the_suite(entry, application_for):
    """The application answers the query of the test with the suite's result."""
    complaint = _complaint(application_for(entry), entry)

    assert not complaint, complaint


@pytest.mark.parametrize("entry", cases(POSITIVE))
def test_a_query_with_right_syntax_is_answered(entry, application_for):
    """The application answers a query whose syntax is right."""
    complaint = _complaint(application_for(entry), entry)

    assert not complaint, complaint


@pytest.mark.parametrize("entry", cases(NEGATIVE))
def test_a_query_with_wrong_syntax_is_refused(entry, application_for):
    """The application refuses a query whose syntax is wrong, because of its syntax."""
    reply = _ask(application_for(entry), entry, "*/*")

    assert reply.status == 400, reply.body.decode()
    assert json.loads(reply.body)["code"] == "syntax", reply.body.decode()


@pytest.mark.parametrize("entry", cases(EXCEPTED))
def test_a_test_in_the_table_of_exceptions_does_fail(entry, application_for):
    """A test in the table of exceptions does fail, so that the table cannot hide that it was mended."""
    assert _complaint(application_for(entry), entry), f"it passes now: {EXCEPTIONS[entry.id]}"


def test_all_are_accounted_for():
    """Every query test of the suite is run, left out with its folder, or an exception by a name that exists."""
    assert {entry.folder for entry in QUERIES} >= set(LEFT_OUT)
    assert {entry.id for entry in EXCEPTED} == set(EXCEPTIONS)
    assert len(EVALUATION) + len(POSITIVE) + len(NEGATIVE) + len(EXCEPTED) == len(RUN) > 300
