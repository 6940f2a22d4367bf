"""OpenAPI files of our own making."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openapi.spec.model import Field, Fields, Operation

Json = dict[str, Any]


def openapi(operation: Operation) -> Json:
    """An OpenAPI 3.0 file with an operation, whose parameters and schemas are referred to."""
    components: dict[str, Json] = {"schemas": {}, "parameters": {}, "responses": {}}

    def schema(field: Field) -> Json:
        result = _schema(field, schema)
        name = f"Schema{len(components['schemas'])}"
        components["schemas"][name] = result
        return {"$ref": f"#/components/schemas/{name}"}

    item: Json = {"summary": operation.title, "tags": list(operation.tags), "responses": {}}
    if operation.security is not None:
        item["security"] = [{name: []} for name in operation.security]
    item["parameters"] = []
    for place, fields in operation.parameters.items():
        for name, field in fields.items():
            key = f"Parameter{len(components['parameters'])}"
            components["parameters"][key] = {
                "name": name, "in": place, "description": "Prose.", "required": field.required, "schema": schema(field),
            }  # fmt: skip
            item["parameters"].append({"$ref": f"#/components/parameters/{key}"})
    if operation.request:
        item["requestBody"] = {
            "required": operation.request.required,
            "content": {operation.request.media_type: {"schema": _whole(operation.request.fields, schema)}},
        }
    for status, response in operation.responses.items():
        made: Json = {"description": "Prose."}
        if response.headers:
            made["headers"] = {
                name: {"required": field.required, "schema": schema(field)} for name, field in response.headers.items()
            }
        if response.body:
            made["content"] = {response.body.media_type: {"schema": _whole(response.body.fields, schema)}}
        components["responses"][f"Response{status}"] = made
        item["responses"][status] = {"$ref": f"#/components/responses/Response{status}"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "All", "version": "2026-09-11"},
        "paths": {operation.path: {operation.method.lower(): item}, "/v1/others": {"get": {"tags": ["Others"]}}},
        "components": components,
    }


def _whole(fields: Fields, schema: Any) -> Json:
    """An object, in two parts."""
    names = list(fields)
    parts: list[Json] = [{"type": "object", "properties": {}}, {"properties": {}}]
    for index, name in enumerate(names):
        part = parts[index % 2]
        part["properties"][name] = schema(fields[name])
        if fields[name].required:
            part.setdefault("required", []).append(name)
    return {"allOf": parts}


def _schema(field: Field, schema: Any) -> Json:
    types = [name for name in field.types if name != "null"]
    result: Json = {"description": "Prose.", **field.rules}
    if types:
        result["type"] = types[0]
    if "null" in field.types:
        result["nullable"] = True
    if field.enum:
        result["enum"] = list(field.enum)
    inner: Json = {
        "properties": {name: schema(each) for name, each in field.fields.items()},
    }
    if required := [name for name, each in field.fields.items() if each.required]:
        inner["required"] = required
    if field.element:
        result["items"] = schema(field.element)
    elif field.fields and types == ["array"]:
        result["items"] = {"type": "object", **inner}
    elif field.fields:
        result |= inner
    return result
