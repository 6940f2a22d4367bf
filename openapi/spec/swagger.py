"""Swagger 2.0, as far as its operations differ from OpenAPI 3.

The one converter on the registries that is in wide use, swagger2openapi, is a program for Node that has had no release
for years; all that is wanted here is parameters, bodies and headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What describes a parameter rather than its value.
ABOUT = {"name", "in", "required", "description", "collectionFormat"}


def converted(
    operation: Mapping[str, Any], shared: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> dict[str, Any]:
    """An operation, with the parameters of its path, as OpenAPI 3 has it. References stay as they are."""
    listed = [_resolved(each, document) for each in [*shared, *operation.get("parameters", ())]]
    result = {name: value for name, value in operation.items() if name not in {"consumes", "produces"}}
    result["parameters"] = [
        {"name": each["name"], "in": each["in"], "required": each.get("required", False), "schema": _schema(each)}
        for each in listed
        if each["in"] not in {"body", "formData"}
    ]
    consumed = operation.get("consumes", document.get("consumes", ["application/json"]))
    produced = operation.get("produces", document.get("produces", ["application/json"]))
    if bodies := [each for each in listed if each["in"] == "body"]:
        content = {consumed[0]: {"schema": bodies[0].get("schema", {})}}
        result["requestBody"] = {"required": bodies[0].get("required", False), "content": content}
    elif form := [each for each in listed if each["in"] == "formData"]:
        schema = {
            "type": "object",
            "properties": {each["name"]: _schema(each) for each in form},
            "required": [each["name"] for each in form if each.get("required")],
        }
        media_type = next((each for each in consumed if "form" in each), "application/x-www-form-urlencoded")
        result["requestBody"] = {"required": bool(schema["required"]), "content": {media_type: {"schema": schema}}}
    result["responses"] = {
        status: _answer(_resolved(answer, document), produced[0])
        for status, answer in operation.get("responses", {}).items()
    }
    return result


def _answer(answer: Mapping[str, Any], media_type: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "headers": {name: {"schema": _schema(header)} for name, header in answer.get("headers", {}).items()}
    }
    if "schema" in answer:
        result["content"] = {media_type: {"schema": answer["schema"]}}
    return result


def _schema(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in holder.items() if name not in ABOUT}


def _resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
