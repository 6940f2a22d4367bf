"""Operations and schemas of an OpenAPI document, prepared for routing and validation.

The emulator serves two such documents: the contract of Zuora's API, and `control.yaml` for its own control API.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from zuora_journal_runs import spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable

    from jsonschema_rs import Validator

_METHODS = ("get", "put", "post", "delete", "patch")
_MISSING, _UNKNOWN, _WRONG_VALUE = 22, 21, 20
_CATEGORY = {"required": _MISSING, "additionalProperties": _UNKNOWN, "unevaluatedProperties": _UNKNOWN}
_MAX_ERRORS = 20
_MAX_MESSAGE_LENGTH = 300
# Without `properties`, the validator does not name the unexpected fields.
_NO_FIELDS: Any = {"additionalProperties": False, "properties": {}}
_NO_BODY: Any = {"content": {"application/json": {"schema": {}}}}


class Schema:
    """A schema of a document. Its validator is made when it is first needed: most processes need only a few."""

    def __init__(self, document: Mapping[str, Any], schema: Any) -> None:
        self._document = document
        self._schema = schema

    @functools.cached_property
    def validator(self) -> Validator:
        """The validator of the schema."""
        root = {"components": {"schemas": self._document["components"]["schemas"]}, "allOf": [self._schema]}
        return Draft202012Validator(root, validate_formats=True, mask="the value")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A header or query parameter of an operation."""

    name: str
    """The name; that of a header is in lower case."""
    place: Literal["header", "query"]
    integer: bool
    default: Any
    schema: Schema

    def parse(self, value: str) -> Any:
        """Convert a value to the type in its schema; text that is not an integer stays text and fails validation."""
        return int(value) if self.integer and re.fullmatch(r"-?[0-9]{1,100}", value) else value


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the document."""

    id: str
    path: str
    headers: tuple[Parameter, ...]
    query: Mapping[str, Parameter]
    media_type: str
    """The media type of the request body; JSON if no body is documented, because Zuora requires it for PUT."""
    body: Schema
    strict_body: Schema
    """Like `body`, but rejects undocumented fields."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path and its operations by HTTP method."""

    pattern: str
    """A regular expression with one group, for the path parameter, or empty."""
    operations: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class OpenApi:
    """An OpenAPI document: its routes and schemas."""

    text: str
    routes: tuple[Route, ...]
    pattern: re.Pattern[str]
    """The patterns of all routes."""
    schema: Callable[[str], Schema]
    """Return a named schema."""

    def route(self, path: str) -> tuple[Route, str] | None:
        """Return the route of a path and its path parameter, still percent-encoded; None for an unknown path."""
        match = self.pattern.fullmatch(path)
        if match is None or match.lastindex is None:
            return None
        return self.routes[match.lastindex - 1], match[match.lastindex]


@functools.cache
def contract() -> OpenApi:
    """Load the contract of Zuora's API, once per process."""
    return _prepare(spec.contract_file(), spec.contract_document())


@functools.cache
def control_api() -> OpenApi:
    """Load the document of the emulator's control API, once per process."""
    file = resources.files(__package__) / "control.yaml"
    return _prepare(file, spec.read_openapi(file))


def _prepare(file: Traversable, document: Mapping[str, Any]) -> OpenApi:
    strict = {"components": {"schemas": _strict(document["components"]["schemas"])}}
    routes = tuple(_route(document, strict, path, item) for path, item in document["paths"].items())
    return OpenApi(
        text=file.read_text(encoding="utf-8"),
        routes=routes,
        pattern=re.compile("|".join(route.pattern for route in routes)),
        schema=functools.cache(lambda name: Schema(document, {"$ref": f"#/components/schemas/{name}"})),
    )


def _route(document: Mapping[str, Any], strict: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> Route:
    operations = {
        method.upper(): _operation(document, strict, path, item[method]) for method in _METHODS if method in item
    }
    pattern, parameters = re.subn(r"\{[^}]+\}", "([^/]+)", path)
    return Route(pattern if parameters else f"{pattern}()", operations)


def _operation(document: Mapping[str, Any], strict: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> Operation:
    parameters = [_parameter(document, each) for each in item.get("parameters", ())]
    content = spec.resolve_ref(document, item.get("requestBody", _NO_BODY))["content"]
    media_type, body = next(iter(content.items()))
    return Operation(
        id=item["operationId"],
        path=path,
        headers=tuple(p for p in parameters if p.place == "header" and p.name != "zuora-track-id"),
        query={p.name: p for p in parameters if p.place == "query"},
        media_type=media_type,
        body=Schema(document, body["schema"]),
        strict_body=Schema(strict, _strict(body["schema"]) or _NO_FIELDS),
    )


def _strict(schema: Any) -> Any:
    """Return a copy of a schema in which objects allow only the fields that it names."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(value) for name, value in schema.items()}
    return _NO_FIELDS | strict if strict.get("type") == "object" else strict


def _parameter(document: Mapping[str, Any], item: Mapping[str, Any]) -> Parameter:
    item = spec.resolve_ref(document, item)
    schema = item["schema"]
    return Parameter(
        name=item["name"].lower() if item["in"] == "header" else item["name"],
        place=item["in"],
        integer=schema.get("type") == "integer",
        default=schema.get("default"),
        schema=Schema(document, schema),
    )


def schema_errors(schema: Schema, value: Any, name: str = "") -> list[tuple[int, str]]:
    """Validate a value; return each error as Zuora's error category and a message.

    The categories are 20 for a wrong value, 21 for a field that is not allowed, and 22 for a missing field.
    """
    where = name or "request body"
    try:
        if schema.validator.is_valid(value):
            return []
        errors = islice(schema.validator.iter_errors(value), _MAX_ERRORS)
    except ValueError:  # raised by the validator for deep nesting
        return [(_WRONG_VALUE, f"{where}: it is nested too deeply")]
    # `not` is a rule about several fields. The tenant checks it too, with a better message.
    return [_schema_error(error, where) for error in errors if not isinstance(error.kind, ValidationErrorKind.Not)]


def _schema_error(error: ValidationError, where: str) -> tuple[int, str]:
    path, message = [*map(str, error.instance_path)], error.message
    if isinstance(error.kind, ValidationErrorKind.Required):
        path.append(error.kind.property)
        message = "it is required"
    category = _CATEGORY.get(error.kind.name, _WRONG_VALUE)
    return category, f"{'.'.join(path) or where}: {message}"[:_MAX_MESSAGE_LENGTH]


def undocumented_fields(operation: Operation, value: Any) -> tuple[str, ...]:
    """Return the fields of a request body that are not documented."""
    try:
        strict = operation.strict_body.validator
        if strict.is_valid(value):
            return ()
        errors = [*islice(strict.iter_errors(value), _MAX_ERRORS)]
    except ValueError:  # nested too deeply; `schema_errors` reports that
        return ()
    return tuple(
        ".".join([*map(str, error.instance_path), name])[:_MAX_MESSAGE_LENGTH]
        for error in errors
        if isinstance(error.kind, ValidationErrorKind.AdditionalProperties)
        for name in error.kind.unexpected
    )[:_MAX_ERRORS]
