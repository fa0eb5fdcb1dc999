"""docs/service.md says what the service does."""

import re
from pathlib import Path
from typing import get_args

import pytest

from kg.cli import program
from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES, ProblemError
from kg.endpoint.evaluation.query_request import Code
from kg.endpoint.evaluation.query_scanner import MAX_NESTING
from kg.endpoint.gateway import MAX_BODY
from kg.endpoint.gateway.request_limits import BODY_SECONDS, MAX_ADDRESS
from kg.endpoint.protocol import FORMATS, status
from kg.endpoint.protocol.request import MAX_QUERY
from kg.model.project import SETTINGS

OTHER_CODES = {"not-found", "read-only"}
"""Codes of errors that are none of the protocol's."""


@pytest.fixture(scope="module")
def document() -> str:
    """The text of the page."""
    return (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")


def test_every_route_is_documented(document, app):
    """Each route of the service stands on the page, and each that stands there is one; the edge adds one."""
    shown = set(re.findall(r"`(/[^`?]*)(?:\?[^`]*)?`", document))
    routes = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"}

    assert {re.sub(r"<[^>]+>", "<>", path) for path in shown} == routes | {"/metrics"}


def test_every_option_is_documented(document):
    """Each option of ``kg serve`` stands on the page, and each that stands there is one."""
    options = {name for option in program.commands["serve"].params for name in option.opts if name.startswith("--")}

    assert set(re.findall(r"^\| (`--[^|]*) \|", document, re.MULTILINE)) == {
        "`--host`, `--port`", *(f"`{name}`" for name in options - {"--host", "--port"})
    }  # fmt: skip


def test_every_code_is_documented_with_its_status(document):
    """Each code of a refusal stands in the table beside the status that it is sent with."""
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", document, re.MULTILINE)
    shown = {code: int(number) for number, codes in rows for code in re.findall(r"`([\w-]+)`", codes)}

    assert set(shown) == set(get_args(Code)) | OTHER_CODES
    for code in get_args(Code):
        assert shown[code] == status(ProblemError(code, "", "")), code


def test_formats_and_limits_are_documented(document):
    """The media types, the formats that exist and the numbers of the limits are those of the program."""
    (row,) = [line for line in document.splitlines() if line.startswith("| `format`")]
    settings = {setting.key: setting.default for setting in SETTINGS if setting.key.startswith("limits.")}

    assert all(f"`{media_type}`" in document for media_type in [*RESULT_TYPES, *GRAPH_TYPES])
    assert set(re.findall(r"`(\w+)`", row)) - {"format", "output"} <= set(FORMATS)
    assert re.findall(r"`(limits\.\w+)`", document) == list(settings)
    assert list(settings.values()) == [10, 1024**3, 100_000, 64 * 1024**2]
    for number in (MAX_ADDRESS, MAX_BODY, BODY_SECONDS, MAX_NESTING, MAX_QUERY):
        assert re.search(rf"\b{number:,}\b", document), number
