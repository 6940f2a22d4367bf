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
    from collections.abc import Mapping

    from jsonschema_rs import Validator

FILE = "journal-runs.yaml"
_METHODS = ("get", "put", "post", "delete", "patch")
_MISSING, _UNKNOWN, _VALUE = 22, 21, 20
_CATEGORY = {"required": _MISSING, "additionalProperties": _UNKNOWN, "unevaluatedProperties": _UNKNOWN}
_MOST_FINDINGS = 20
_LONGEST_MESSAGE = 300


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


@dataclass(frozen=True, slots=True)
class Route:
    """A path, with what may be done there."""

    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class Contract:
    """The operations by path, and the rule for track ids, which holds for every call."""

    routes: tuple[Route, ...]
    track_id: Validator

    def route(self, path: str) -> tuple[Route, str] | None:
        """The route of a path and the run number in it, still encoded; None for an unknown path."""
        for route in self.routes:
            if match := route.pattern.fullmatch(path):
                return route, match[1] if match.lastindex else ""
        return None


@functools.cache
def contract() -> Contract:
    """Read the fragment, once per process."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(_text(), loader)  # noqa: S506 - both are safe, and the one in C is ten times as fast
    return Contract(
        routes=tuple(_route(document, path, item) for path, item in document["paths"].items()),
        track_id=_validator(document, {"$ref": "#/components/schemas/TrackId"}),
    )


def _text() -> str:
    installed = resources.files(__package__.partition(".")[0]) / FILE
    checkout = Path(__file__).parents[3] / "openapi" / FILE
    return (installed if installed.is_file() else checkout).read_text(encoding="utf-8")


def _validator(document: Any, schema: Any) -> Validator:
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return Draft202012Validator(root, validate_formats=True, mask="the value")


def _route(document: Any, path: str, item: Any) -> Route:
    operations = {method.upper(): _operation(document, path, item[method]) for method in _METHODS if method in item}
    return Route(re.compile(re.sub(r"\{[^}]+\}", "([^/]+)", path)), operations)


def _operation(document: Any, path: str, item: Any) -> Operation:
    parameters = [_parameter(document, each) for each in item.get("parameters", ())]
    content = item.get("requestBody", {"content": {"application/json": {"schema": {}}}})["content"]
    media_type, body = next(iter(content.items()))
    return Operation(
        id=item["operationId"],
        path=path,
        headers=tuple(p for p in parameters if p.place == "header" and p.name != "zuora-track-id"),
        query={p.name: p for p in parameters if p.place == "query"},
        media_type=media_type,
        body=_validator(document, body["schema"]),
    )


def _parameter(document: Any, item: Any) -> Parameter:
    if "$ref" in item:
        item = document["components"]["parameters"][item["$ref"].rpartition("/")[2]]
    schema = item["schema"]
    return Parameter(
        name=item["name"].lower() if item["in"] == "header" else item["name"],
        place=item["in"],
        integer=schema.get("type") == "integer",
        default=schema.get("default"),
        validator=_validator(document, schema),
    )


def findings(validator: Validator, value: Any, name: str = "") -> list[tuple[int, str]]:
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
