"""What docs/service.md says is what the service does."""

import re
from pathlib import Path

import pytest

from kg.cli import program
from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES
from kg.endpoint.evaluation.query_scanner import MAX_NESTING
from kg.endpoint.gateway.client_limits import BODY_SECONDS, MAX_ADDRESS, MAX_BODY
from kg.endpoint.protocol import FORMATS
from kg.endpoint.protocol.request import MAX_QUERY
from kg.model.settings import SETTINGS
from kg.pages.shared.page_requests import PAGE_PROBLEMS


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

    assert shown == {name: problem.status for name, problem in PAGE_PROBLEMS.items() if "." not in name}


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
