"""The JSON Schema of the records, derived from their types."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from .record_types import OPEN, RECORDS

_TYPES = {str: "string", int: "integer", bool: "boolean", dict: "object"}


def records_schema() -> dict[str, Any]:
    """Return a JSON Schema that every line of `--json` matches."""
    definitions: dict[str, Any] = {}
    references = [_schema(record, definitions) for record in RECORDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What zjr prints with --json",
        "description": "Each line is one object, and `kind` says which. Fields that Zuora has a name for keep that "
        "name; amounts are text, exact to the digit; null means that something is not known or does not apply. A later "
        "version may add fields.",
        "oneOf": references,
        "$defs": definitions,
    }


def _schema(annotation: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - one for each form
    """Return the schema of a type, and add the schemas of the records it uses to `definitions`."""
    if is_typeddict(annotation):
        return _reference(annotation, definitions)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is NotRequired:
        return _schema(arguments[0], definitions)
    if origin is Annotated:
        notes = ({"description": note} if isinstance(note, str) else note for note in arguments[1:])
        schema = _schema(arguments[0], definitions)
        for note in notes:
            schema |= note
        return schema
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin in (Union, UnionType):
        (only,) = (each for each in arguments if each is not NoneType)
        return _nullable(_schema(only, definitions))
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    return {"type": _TYPES[origin or annotation]}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _reference(record: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Define a record, and return a reference to its definition."""
    name = record.__name__.removesuffix("Record")
    name = name[0].lower() + name[1:]
    if name not in definitions:
        definition: dict[str, Any] = {"description": record.__doc__, "type": "object"}
        definitions[name] = definition
        fields = get_type_hints(record, include_extras=True)
        definition["properties"] = {field: _schema(annotation, definitions) for field, annotation in fields.items()}
        # `__required_keys__` does not see NotRequired in annotations that are evaluated late.
        required = fields if record.__total__ else {}
        definition["required"] = [field for field in required if get_origin(required[field]) is not NotRequired]
        definition["additionalProperties"] = record in OPEN
    return {"$ref": f"#/$defs/{name}"}
