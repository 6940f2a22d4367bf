"""Ways through the fragment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema_rs import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class Operation(NamedTuple):
    """An operation, with the parameters of its path among its own."""

    method: str
    path: str
    definition: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]
    """By place and name."""
    responses: Mapping[str, Mapping[str, Any]]
    """By status."""

    @property
    def id(self) -> str:
        """Its id."""
        identifier: str = self.definition["operationId"]
        return identifier


def resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a node stands for, if it is a reference."""
    while "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def operations(document: Mapping[str, Any]) -> dict[str, Operation]:
    """All operations, by their ids."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                listed = [
                    resolved(document, each)
                    for each in (*item.get("parameters", ()), *item[method].get("parameters", ()))
                ]
                found[item[method]["operationId"]] = Operation(
                    method.upper(),
                    path,
                    item[method],
                    {(each["in"], each["name"]): each for each in listed},
                    {status: resolved(document, each) for status, each in item[method].get("responses", {}).items()},
                )
    return found


def nodes(node: Any, place: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object in the fragment, with its place."""
    if isinstance(node, dict):
        yield place, node
        for name, value in node.items():
            yield from nodes(value, f"{place}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{place}/{index}")


def validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator of a schema, which may refer to others; formats count."""
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return Draft202012Validator(root, validate_formats=True)


def schema_named(document: Mapping[str, Any], name: str) -> Draft202012Validator:
    """A validator of the schema with this name."""
    return validator(document, {"$ref": f"#/components/schemas/{name}"})
