"""What every address answers to HEAD, to OPTIONS and to methods that write."""

import re

import pytest

FILLED = {
    "kind": "initiative",
    "segment": "initiative",
    "slug": "essai",
    "document": "essai",
    "number": "1",
    "version": "1.1.0",
    "old": "1.1.0",
    "new": "1.1.0",
    "file": "things.ttl",
    "filename": "style.css",
    "ending": ".ttl",
}
NAMES = {"/id/": "initiative/abri", "/doc/": "initiative/abri", "/graph/": "things", "/download/": "things.ttl",
         "/examples/": "001-initiatives"}  # fmt: skip
"""What stands in the place of the parts of an address; ``name`` is another thing on each route."""

WRITES = ("PUT", "POST", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def addresses(app):
    """An address for each route, with the methods that it has; some of these addresses lead to nothing."""
    found = {}
    for rule in app.url_map.iter_rules():
        start = next((each for each in NAMES if rule.rule.removeprefix("/en").startswith(each)), "")
        values = {**FILLED, "name": NAMES.get(start, "x")}
        path = re.sub(r"<any\(([^),]*)[^)]*\):\w+>", lambda part: part[1].strip("'\" "), rule.rule)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part, values=values: values.get(part[1], "x"), path)
        found.setdefault(path, set()).update(rule.methods)
    return found


def test_head_has_the_status_and_headers_of_get_everywhere(addresses, client):
    """HEAD has the status and the headers of GET everywhere, and no body."""
    seen = set()
    for path in addresses:
        got, head = client.get(path), client.head(path)
        seen.add(got.status_code)

        assert head.data == b"", path
        assert head.status_code == got.status_code, path
        assert {**head.headers, "Date": ""} == {**got.headers, "Date": ""}, path
    assert seen >= {200, 303, 404}


def test_a_preflight_request_is_answered_everywhere(addresses, client):
    """A browser's preflight request from another site is answered everywhere, with the methods that are allowed."""
    asked = {"Origin": "https://else.example", "Access-Control-Request-Method": "GET"}
    for path, methods in addresses.items():
        answer = client.options(path, headers=asked)

        assert (answer.status_code, answer.data) == (204, b""), path
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == methods, path
        assert set(answer.headers["Allow"].split(", ")) == methods, path
        assert "Access-Control-Allow-Credentials" not in answer.headers, path


def test_a_request_that_would_write_gets_405_everywhere(addresses, client):
    """A request that would write gets 405 everywhere, the allowed methods, and that the service only reads."""
    for path, methods in addresses.items():
        for method in set(WRITES) - methods:
            answer = client.open(path, method=method)

            assert (answer.status_code, answer.mimetype) == (405, "application/problem+json"), (method, path)
            assert answer.json["code"] == "read-only", (method, path)
            assert set(answer.headers["Allow"].split(", ")) == methods, (method, path)
            assert answer.headers["Access-Control-Allow-Origin"] == "*", (method, path)
    assert {path for path, methods in addresses.items() if "POST" in methods} == {
        f"{start}{path}" for start in ("", "/en") for path in ("/sparql", "/reconcile")
    }
