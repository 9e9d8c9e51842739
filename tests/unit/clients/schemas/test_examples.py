"""The OpenAPI document has an example of every question and answer, and the errors of each route."""

import importlib
import pkgutil
from typing import Any

import pytest
from pydantic import BaseModel

from matinee.clients import schemas
from matinee.serving.app import create_app
from matinee.serving.problems import ANY_ROUTE


@pytest.fixture
def document(settings) -> dict[str, Any]:
    return create_app(settings).openapi()


def classes() -> dict[str, set[type[BaseModel]]]:
    """Every model that `clients/schemas` declares, by name."""
    found: dict[str, set[type[BaseModel]]] = {}
    for module in pkgutil.iter_modules(schemas.__path__, f"{schemas.__name__}."):
        for name, each in vars(importlib.import_module(module.name)).items():
            if isinstance(each, type) and issubclass(each, BaseModel):
                found.setdefault(name, set()).add(each)
    return found


def operations(document):
    return [(f"{method} {path}", each) for path, of in document["paths"].items() for method, each in of.items()]


def shapes_of(schema):
    """Names of the shapes that a schema refers to."""
    choices = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [each["$ref"].rsplit("/", 1)[1] for each in choices if "$ref" in each]


def test_an_example_is_exactly_what_its_shape_says(document):
    shapes, declared = document["components"]["schemas"], classes()
    shown = [name for name, shape in shapes.items() if "examples" in shape]
    assert len(shown) > 25
    for name in shown:
        (cls,) = declared[name]
        (example,) = shapes[name]["examples"]
        read = cls.model_validate(example)
        assert read.model_dump(mode="json", exclude_unset=True) == example, name
        assert set(shapes[name].get("required", [])) <= example.keys(), name


def test_every_question_and_every_answer_has_an_example(document):
    shapes = document["components"]["schemas"]
    for route, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        answer = next(each for code, each in operation["responses"].items() if code.startswith("2"))
        answer = answer.get("content", {}).get("application/json")
        for message in (body, answer):
            if message:
                (name, *_) = shapes_of(message["schema"])
                assert "examples" in shapes[name], f"{route}: {name}"


def test_every_route_tells_its_errors_as_problem_documents(document):
    assert "Problem" in document["components"]["schemas"]
    for route, operation in operations(document):
        errors = {int(code): each for code, each in operation["responses"].items() if not code.startswith("2")}
        assert errors.keys() >= ANY_ROUTE.keys(), route
        assert (422 in errors) == bool(operation.get("parameters") or "requestBody" in operation), route
        assert (401 in errors) == ("security" in operation), route
        for error in errors.values():
            assert list(error["content"]) == ["application/problem+json"], route
