"""The OpenAPI description of the routes of the service."""

import re

import pytest
from jsonschema import Draft202012Validator

METHODS = {"get", "post"}


@pytest.fixture(scope="module")
def document(app):
    """The description, as it is served."""
    response = app.test_client().get("/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return response.json


@pytest.fixture(scope="module")
def operations(document):
    """Each operation with its method and path."""
    return [(method, path, item[method]) for path, item in document["paths"].items() for method in METHODS & set(item)]


def follow(document, node):
    """What a node means: itself, or what it refers to."""
    while "$ref" in node:
        target = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def everywhere(node):
    """All mappings of a document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from everywhere(child)


def test_the_description_is_valid_openapi(document, require):
    """The description is valid OpenAPI 3.1."""
    try:
        from openapi_spec_validator import validate
    except ImportError:
        require(False, "OpenAPI's own schema", "the package openapi-spec-validator")
    validate(document)


def test_references_and_schemas(document):
    """Every reference leads somewhere, every schema is valid, and no two operations have one name."""
    for node in everywhere(document):
        assert follow(document, node) is not None
        if "schema" in node:
            Draft202012Validator.check_schema(node["schema"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = [node["operationId"] for node in everywhere(document) if "operationId" in node]
    assert len(set(names)) == len(names)


def test_title_and_address(document):
    """The description has the title of the project and the address of the service."""
    assert document["info"]["title"] == "A trial"
    assert document["servers"] == [{"url": "https://mini.example.org"}]


FOR_PEOPLE = {"/", "/things", "/things/{segment}", "/text/{slug}", "/examples", "/examples/{name}", "/timeline",
              "/validation/{number}", "/download/"}  # fmt: skip
"""Pages that say nothing to a program that another route does not say better."""


def test_each_path_is_a_route(document, app):
    """Each path is a route and each route a path, but for pages; the numbers alone are told before any route."""
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules if not rule.startswith("/en/")}
    endings = {route for route in routes if ".<any(" in route}  # their paths are told of without the ending

    assert set(document["paths"]) - routes == {"/metrics"}
    assert routes - set(document["paths"]) - endings == FOR_PEOPLE
    assert {route.partition(".<any(")[0] for route in endings} <= set(document["paths"])


def sent_by(operation):
    """What the example of an operation sends: a form, or a query as it is."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if "example" in content:
            return {"data": content["example"], "content_type": media_type}
    return {}


def test_operations_answer_as_described(document, operations, client):
    """Each operation, asked with its example, answers with a status and a media type that it lists."""
    for method, path, operation in operations:
        if path == "/metrics":
            continue
        parameters = [follow(document, parameter) for parameter in operation.get("parameters", [])]
        query = {parameter["name"]: parameter["example"] for parameter in parameters if "example" in parameter}
        query |= {name: "1.1.0" for name in ("version", "old", "new") if f"{{{name}}}" in path}
        target = path.format(**query)
        query = {name: value for name, value in query.items() if f"{{{name}}}" not in path}
        if path == "/rdf-graph-store":
            query["default"] = ""
        response = client.open(target, method=method.upper(), query_string=query, **sent_by(operation))

        (status,) = {"200", "303"} & set(operation["responses"])
        assert response.status_code == int(status), (target, response.text)
        assert response.mimetype in follow(document, operation["responses"][status])["content"], target


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sparql?query=x", 400), ("/sparql?query=ASK%7B%7D&timeout=x", 400), ("/graph/none", 404),
     ("/download/none", 404), ("/rdf-graph-store", 400)],
)  # fmt: skip
def test_problems_are_as_described(document, client, path, status):
    """What is refused has the described form, with a status that the operation lists."""
    template = path.split("?")[0].replace("none", "{name}")
    response = client.get(path)

    assert response.status_code == status
    assert str(status) in document["paths"][template]["get"]["responses"]
    Draft202012Validator(document["components"]["schemas"]["Problem"]).validate(response.json)
