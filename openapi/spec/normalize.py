"""Normalize the contract: keys in an order that reads well, and no component that nothing refers to."""

from __future__ import annotations

from typing import Any

from .compare import reached
from .model import METHODS

TOP = ("openapi", "info", "servers", "tags", "security", "paths", "components")
INFO = ("title", "version", "summary", "description", "license")
OPERATION = (
    "operationId", "tags", "summary", "description", "deprecated", "x-sources", "x-decision", "x-beyond-schema",
    "security", "parameters", "requestBody", "responses",
)  # fmt: skip
RESPONSE = ("$ref", "description", "x-decision", "x-beyond-schema", "headers", "content", "links")
SCHEMA = ("$ref", "name", "in", "type", "const", "format", "required", "description")
COMPONENTS = ("securitySchemes", "parameters", "headers", "responses", "schemas")
METHOD_ORDER = ("summary", "description", "parameters", *map(str.lower, METHODS))


def normalized(document: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the contract.

    Args:
        document: What the documents state, with all corrections.
        version: The version of the newest source of the corrections.
    """
    result = _ordered(document, TOP)
    result["info"] = _ordered({**result["info"], "version": max(version, result["info"]["version"])}, INFO)
    result["paths"] = {path: _item(item) for path, item in result["paths"].items()}
    components = _ordered(result["components"], COMPONENTS)
    for kind in ("parameters", "headers"):
        components[kind] = {name: _ordered(each, SCHEMA) for name, each in components.get(kind, {}).items()}
    components["responses"] = {name: _ordered(each, RESPONSE) for name, each in components.get("responses", {}).items()}
    components["schemas"] = {name: _schema(each) for name, each in sorted(components.get("schemas", {}).items())}
    result["components"] = components
    settled: dict[str, Any] = _settled(result)
    _drop_unreached(settled)
    return settled


def _drop_unreached(document: dict[str, Any]) -> None:
    """Drop what a correction has left without a use."""
    references = reached(document)
    for kind in ("parameters", "headers", "responses", "schemas"):
        components = document["components"][kind]
        document["components"][kind] = {
            name: each for name, each in components.items() if f"#/components/{kind}/{name}" in references
        }


def _item(item: dict[str, Any]) -> dict[str, Any]:
    result = _ordered(item, METHOD_ORDER)
    for method in map(str.lower, METHODS):
        if method in result:
            operation = _ordered(result[method], OPERATION)
            # 4XX after 200 and before 500.
            operation["responses"] = {
                status: _ordered(each, RESPONSE) for status, each in sorted(operation.get("responses", {}).items())
            }
            result[method] = operation
    return result


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the components: type, description, properties, what is required of them."""
    result = _ordered(schema, ("type", "const", "format", "description", "properties", "required"))
    if "properties" in result:
        result["properties"] = {
            name: _ordered(each, ("$ref", "type", "const", "format", "description"))
            for name, each in result["properties"].items()
        }
    return result


def _settled(value: Any) -> Any:
    """Return a value with plain text for text of kinds, and one alternative for a choice of one."""
    if isinstance(value, dict):
        if isinstance(choices := value.get("oneOf"), list) and len(choices) == 1 and len(value) == 1:
            return _settled(choices[0])
        return {str(name): _settled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_settled(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _ordered(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    known = {name: value[name] for name in names if name in value}
    return {**known, **value}
