"""What the emulator takes from the contract: its operations, and the form of what they are sent."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable

    from jsonschema_rs import Validator

FILE = "journal-runs.yaml"
_METHODS = ("get", "put", "post", "delete", "patch")
_MISSING, _UNKNOWN, _VALUE = 22, 21, 20
_CATEGORY = {"required": _MISSING, "additionalProperties": _UNKNOWN, "unevaluatedProperties": _UNKNOWN}
_MOST_FINDINGS = 20
_LONGEST_MESSAGE = 300
# Without `properties` the validator does not name those that are too many.
_NO_FIELDS: Any = {"additionalProperties": False, "properties": {}}
_NO_BODY: Any = {"content": {"application/json": {"schema": {}}}}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A header or query parameter of an operation."""

    name: str
    place: Literal["header", "query"]
    integer: bool
    default: Any
    validator: Validator

    def read(self, value: str) -> Any:
        """The value as its schema wants it; text that is no integer stays text, and is refused as such."""
        return int(value) if self.integer and re.fullmatch(r"-?[0-9]{1,100}", value) else value


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the contract."""

    id: str
    path: str
    headers: tuple[Parameter, ...]
    query: Mapping[str, Parameter]
    media_type: str
    """That of the request body; JSON where none is documented, which PUT needs all the same."""
    body: Validator
    strict_body: Validator
    """The same, without fields that are not documented."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path, with what may be done there."""

    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class Contract:
    """The operations of an OpenAPI document by path, and what a schema of it has to say."""

    text: str
    routes: tuple[Route, ...]
    schema: Callable[[str], Validator]
    """The validator of the schema with a name."""

    def route(self, path: str) -> tuple[Route, str] | None:
        """The route of a path and the run number in it, still encoded; None for an unknown path."""
        for route in self.routes:
            if match := route.pattern.fullmatch(path):
                return route, match[1] if match.lastindex else ""
        return None


@functools.cache
def contract() -> Contract:
    """Read the fragment, once per process."""
    installed = resources.files(__package__.partition(".")[0]) / FILE
    checkout = Path(__file__).parents[3] / "openapi" / FILE
    return _read(installed if installed.is_file() else checkout)


@functools.cache
def control() -> Contract:
    """Read the document of the emulator's own control interface, once per process."""
    return _read(resources.files(__package__) / "control.yaml")


def _read(file: Traversable) -> Contract:
    text = file.read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(text, loader)  # noqa: S506 - both are safe, and the one in C is ten times as fast
    closed = {"components": {"schemas": _closed(document["components"]["schemas"])}}
    return Contract(
        text=text,
        routes=tuple(_route(document, closed, path, item) for path, item in document["paths"].items()),
        schema=functools.cache(lambda name: _validator(document, {"$ref": f"#/components/schemas/{name}"})),
    )


def _validator(document: Any, schema: Any) -> Validator:
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return Draft202012Validator(root, validate_formats=True, mask="the value")


def _route(document: Any, closed: Any, path: str, item: Any) -> Route:
    operations = {
        method.upper(): _operation(document, closed, path, item[method]) for method in _METHODS if method in item
    }
    return Route(re.compile(re.sub(r"\{[^}]+\}", "([^/]+)", path)), operations)


def _operation(document: Any, closed: Any, path: str, item: Any) -> Operation:
    parameters = [_parameter(document, each) for each in item.get("parameters", ())]
    content = _resolved(document, item.get("requestBody", _NO_BODY))["content"]
    media_type, body = next(iter(content.items()))
    return Operation(
        id=item["operationId"],
        path=path,
        headers=tuple(p for p in parameters if p.place == "header" and p.name != "zuora-track-id"),
        query={p.name: p for p in parameters if p.place == "query"},
        media_type=media_type,
        body=_validator(document, body["schema"]),
        strict_body=_validator(closed, _closed(body["schema"]) or _NO_FIELDS),
    )


def _closed(schema: Any) -> Any:
    """A schema in which objects have no fields but those that it names."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    return _NO_FIELDS | closed if closed.get("type") == "object" else closed


def _parameter(document: Any, item: Any) -> Parameter:
    item = _resolved(document, item)
    schema = item["schema"]
    return Parameter(
        name=item["name"].lower() if item["in"] == "header" else item["name"],
        place=item["in"],
        integer=schema.get("type") == "integer",
        default=schema.get("default"),
        validator=_validator(document, schema),
    )


def _resolved(document: Any, item: Any) -> Any:
    if "$ref" not in item:
        return item
    _, _, room, name = item["$ref"].split("/")
    return document["components"][room][name]


def schema_errors(validator: Validator, value: Any, name: str = "") -> list[tuple[int, str]]:
    """What a schema has against a value, as Zuora's error category and a message.

    20 is a wrong value, 21 a field that may not be there, 22 one that is missing.
    """
    where = name or "request body"
    try:
        if validator.is_valid(value):
            return []
        errors = islice(validator.iter_errors(value), _MOST_FINDINGS)
    except ValueError:  # how the validator says so
        return [(_VALUE, f"{where}: it is nested too deeply")]
    # `not` is a rule about several fields: the tenant knows it as well, and can say it.
    return [_finding(error, where) for error in errors if not isinstance(error.kind, ValidationErrorKind.Not)]


def _finding(error: ValidationError, where: str) -> tuple[int, str]:
    path, message = [*map(str, error.instance_path)], error.message
    if isinstance(error.kind, ValidationErrorKind.Required):
        path.append(error.kind.property)
        message = "it is required"
    category = _CATEGORY.get(error.kind.name, _VALUE)
    return category, f"{'.'.join(path) or where}: {message}"[:_LONGEST_MESSAGE]


def undocumented_fields(operation: Operation, value: Any) -> tuple[str, ...]:
    """The fields in the body of a call that are not documented."""
    try:
        if operation.strict_body.is_valid(value):
            return ()
        errors = [*islice(operation.strict_body.iter_errors(value), _MOST_FINDINGS)]
    except ValueError:  # nested too deeply, which is found and refused in the body as it is
        return ()
    return tuple(
        ".".join([*map(str, error.instance_path), name])[:_LONGEST_MESSAGE]
        for error in errors
        if isinstance(error.kind, ValidationErrorKind.AdditionalProperties)
        for name in error.kind.unexpected
    )[:_MOST_FINDINGS]
