"""THREAT_MODEL.md names tests that exist and limits that the program has."""

import ast
import re

import pytest
from faults.service import ROOT

from kg.endpoint.gateway.client_limits import BODY_SECONDS, MAX_ADDRESS, MAX_BODY, MAX_HEADERS, MAX_UNREAD, READ_SECONDS
from kg.endpoint.gateway.response_cache import MAX_BYTES
from kg.endpoint.protocol.request import MAX_QUERY
from kg.endpoint.serving.connection import CONNECTIONS, HEAD_SECONDS, MAX_HEAD

MODEL = (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")
_, *PROMISES = re.findall(
    r"^\| ([A-Z][^|]*) \| [^|]* \| ([^|]*) \|$", MODEL.partition("## The limits")[0], re.MULTILINE
)


@pytest.fixture(scope="module")
def tests():
    """The names of all tests."""
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        if "node_modules" not in path.parts
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(("promise", "held"), PROMISES, ids=[promise[:40] for promise, _ in PROMISES])
def test_each_promise_is_tested(tests, promise, held):
    """Each promise names tests, and each that it names is there."""
    names = re.findall(r"`([^`]+)`", held)

    assert names, promise
    for name in names:
        assert (ROOT / name).exists() if "/" in name else name in tests, name


@pytest.mark.parametrize(
    "value",
    [
        f"{MAX_QUERY:,} characters",
        f"{MAX_ADDRESS:,}, {MAX_HEADERS:,} and {MAX_BODY:,} bytes",
        f"{CONNECTIONS:,}",
        f"{MAX_HEAD:,} bytes",
        f"{MAX_BYTES // 2**20} MiB",
        f"{MAX_UNREAD // 2**20} MiB; {READ_SECONDS} s for a large one",
    ],
)
def test_limits_are_those_of_the_program(value):
    """The table of limits has the numbers of the program."""
    assert f"| {value} |" in MODEL


def test_heads_and_bodies_have_the_same_time():
    """Heads and bodies have the time that the table gives to both."""
    assert f"| {HEAD_SECONDS} s each |" in MODEL
    assert HEAD_SECONDS == BODY_SECONDS
